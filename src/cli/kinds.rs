//! `moorline kinds`.

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::NOTHING;

use super::Done;
use super::failure::Failure;
use super::output::{Output, without_markdown};
use crate::kinds;
use crate::kinds::document::KindsDocument;
use crate::report;
use crate::ui::Ui;

/// List the kinds that can be declared, with their endpoints, versions and permissions.
#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done, Failure> {
    let text = match arguments.output.is_json() {
        true => report::json::kinds(&KindsDocument::new()),
        false => table(),
    };
    arguments.output.write(ui, &text)?;
    Ok(Done::Quietly)
}

fn table() -> String {
    let mut text = String::new();
    for family in kinds::FAMILIES {
        let mut table = Table::new();
        table.load_style(NOTHING);
        for kind in family.kinds() {
            let versions: Vec<&str> =
                kind.versions.iter().map(|version| version.as_str()).collect();
            table.add_row([
                kind.name,
                versions.join(", "),
                if kind.legacy { "legacy".into() } else { String::new() },
            ]);
        }
        text.push_str(&format!(
            "{}   read: {}   write: {}\n{}\n\n",
            family.path,
            family.read_permission,
            family.write_permission,
            table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
        ));
    }
    text.push_str(&format!(
        "{} kinds. `moorline schema KIND` prints a kind's properties.\n",
        kinds::all().len()
    ));
    text
}
