//! Results as annotations of GitHub Actions: workflow commands in the log of a step (FACTS 13.2, 13.6).

use super::annotations::{Annotation, AnnotationLevel, Annotations};
use super::results::Results;
use crate::ui::ci_log::CiLog;

/// The levels of which GitHub shows a few.
const LIMITED: [AnnotationLevel; 3] =
    [AnnotationLevel::Error, AnnotationLevel::Warning, AnnotationLevel::Notice];

/// Renders results: the annotations that GitHub shows, then the others as text, then the summary line.
pub(crate) fn render(results: &Results) -> CiLog {
    let mut log = CiLog::default();
    let Annotations { shown, left_out } = Annotations::of(results, &LIMITED);
    for annotation in &shown {
        let command = match annotation.level {
            AnnotationLevel::Error => "error",
            AnnotationLevel::Warning => "warning",
            AnnotationLevel::Notice => "notice",
        };
        log.github(command, &properties(annotation), &annotation.message);
    }
    left_out.iter().for_each(|annotation| log.line(&annotation.line()));
    log.line(&results.headline);
    log
}

/// Returns the place and the title. Columns of several lines are not taken.
fn properties(annotation: &Annotation<'_>) -> Vec<(&'static str, String)> {
    let mut properties = Vec::new();
    if let Some(place) = annotation.place {
        properties.push(("file", place.shown()));
        properties.push(("line", place.line.to_string()));
        match place.end {
            Some((line, column)) if line == place.line => {
                properties.push(("col", place.column.to_string()));
                properties.push(("endColumn", column.to_string()));
            }
            Some((line, _)) => properties.push(("endLine", line.to_string())),
            None => properties.push(("col", place.column.to_string())),
        }
    }
    properties.push(("title", annotation.title.clone()));
    properties
}
