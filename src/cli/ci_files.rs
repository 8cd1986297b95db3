//! The files that GitHub Actions reads when a step has ended: values for later steps, and the summary of the run.

use std::path::PathBuf;

use uuid::Uuid;

use crate::report::Results;
use crate::ui::Ui;

/// The size of a step's summary, in bytes: a longer one is not shown at all.
const LARGEST_SUMMARY: u64 = 1 << 20;

/// The files that the environment names.
#[derive(Debug, Default)]
pub(super) struct CiFiles {
    outputs: Option<PathBuf>,
    summary: Option<PathBuf>,
}

impl CiFiles {
    /// Returns the files that the environment names.
    pub(super) fn named(variable: impl Fn(&str) -> Option<String>) -> Self {
        let file = |name: &str| variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { outputs: file("GITHUB_OUTPUT"), summary: file("GITHUB_STEP_SUMMARY") }
    }

    /// Leaves the summary alone.
    pub(super) fn without_summary(self) -> Self {
        Self { summary: None, ..self }
    }

    /// Writes a result. A file that cannot be written changes nothing but a warning.
    pub(super) fn write(
        &self,
        ui: &Ui,
        results: impl FnOnce() -> Results,
        page: impl FnOnce() -> String,
    ) {
        if self.outputs.is_some() {
            let results = results();
            let outputs = results.outputs().iter().map(|(name, value)| output(name, value));
            self.append_outputs(ui, &outputs.collect::<String>());
        }
        let Some(summary) = &self.summary else { return };
        let page = page();
        let size = std::fs::metadata(summary).map_or(0, |metadata| metadata.len());
        if size + page.len() as u64 > LARGEST_SUMMARY {
            ui.warning("the summary of this step is full, so the result is not in it");
            return;
        }
        // A page may follow another one.
        let gap = if size > 0 { "\n" } else { "" };
        self.warn(ui, ui.append(summary, &format!("{gap}{page}")), summary);
    }

    /// Writes the exit code.
    pub(super) fn finish(&self, ui: &Ui, code: u8) {
        self.append_outputs(ui, &output("exit-code", &code.to_string()));
    }

    fn append_outputs(&self, ui: &Ui, text: &str) {
        if let Some(outputs) = &self.outputs {
            self.warn(ui, ui.append(outputs, text), outputs);
        }
    }

    fn warn(&self, ui: &Ui, written: std::io::Result<()>, path: &std::path::Path) {
        if let Err(why) = written {
            ui.warning(&format!("`{}` cannot be written: {why}", path.display()));
        }
    }
}

/// Returns a value with its name. The delimiter is random, so that no value ends itself.
fn output(name: &str, value: &str) -> String {
    let delimiter = format!("ghadelimiter_{}", Uuid::new_v4());
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_with_the_form_of_an_output_is_one_value() {
        let text = output("digest", "a\nEOF\nname=value\nname<<x");
        let (first, rest) = text.split_once('\n').expect("a line");
        let delimiter = first.strip_prefix("digest<<").expect("the name");
        assert_eq!(rest, format!("a\nEOF\nname=value\nname<<x\n{delimiter}\n"));
        assert_ne!(output("a", "b"), output("a", "b"), "the delimiter is random");
    }

    #[test]
    fn empty_variable_names_no_file() {
        let files = CiFiles::named(|name| Some(String::new()).filter(|_| name == "GITHUB_OUTPUT"));
        assert!(files.outputs.is_none() && files.summary.is_none());
    }
}
