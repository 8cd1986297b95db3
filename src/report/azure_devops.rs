//! Results as logging commands of Azure Pipelines: issues, and variables for the steps that follow (FACTS 13.3, 13.6).

use super::annotations::{Annotation, AnnotationLevel, Annotations};
use super::results::Results;
use crate::ui::ci_log::CiLog;

/// The levels of which Azure DevOps shows a few; notices are lines of the log.
const LIMITED: [AnnotationLevel; 2] = [AnnotationLevel::Error, AnnotationLevel::Warning];

/// Renders results. The exit code decides how the task ends, so that no command completes it.
pub(crate) fn render(results: &Results) -> CiLog {
    let mut log = CiLog::default();
    let Annotations { shown, left_out } = Annotations::of(results, &LIMITED);
    for annotation in &shown {
        match annotation.level {
            AnnotationLevel::Error => issue(&mut log, "error", annotation),
            AnnotationLevel::Warning => issue(&mut log, "warning", annotation),
            // An issue is an error or a warning.
            AnnotationLevel::Notice => log.line(&annotation.line()),
        }
    }
    left_out.iter().for_each(|annotation| log.line(&annotation.line()));
    for (name, value) in results.outputs() {
        let name = format!("moorline_{}", name.replace('-', "_"));
        let properties = [("variable", name), ("isOutput", "true".to_owned())];
        log.azure("task.setvariable", &properties, value);
    }
    log.line(&results.headline);
    log
}

fn issue(log: &mut CiLog, kind: &str, annotation: &Annotation<'_>) {
    let mut properties = vec![("type", kind.to_owned())];
    if let Some(place) = annotation.place {
        properties.push(("sourcepath", place.shown()));
        properties.push(("linenumber", place.line.to_string()));
        properties.push(("columnnumber", place.column.to_string()));
    }
    properties.push(("code", annotation.rule.to_owned()));
    log.azure("task.logissue", &properties, &annotation.text());
}
