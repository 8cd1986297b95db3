//! `moorline kinds`.

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::NOTHING;

use super::output::{Output, without_markdown};
use super::{Done, Result};
use crate::kinds::document::KindsDocument;
use crate::kinds::{self, Family};
use crate::report::json::Document;
use crate::schema::semantics::Lifecycle;
use crate::ui::Ui;

/// List the kinds that manifests can declare, with their endpoints, versions and permissions.
#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) output: Output,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let output = &arguments.output;
    let text =
        if output.is_json() { Document::Kinds.render(&KindsDocument::built_in()) } else { table() };
    output.write(ui, &text)?;
    Ok(Done::Quietly)
}

fn table() -> String {
    let mut text = String::new();
    for family in kinds::FAMILIES {
        let mut table = Table::new();
        table.load_style(NOTHING);
        for kind in family.kinds() {
            let versions = kind.versions.iter().map(|version| version.as_str());
            let versions = Vec::from_iter(versions).join(", ");
            let lifecycle = kind.lifecycle.as_ref();
            let stands = lifecycle.map(Lifecycle::words).unwrap_or_default();
            let advice = lifecycle.map(Lifecycle::advice).unwrap_or_default();
            table.add_row([&kind.name[..], &versions, &stands, &advice]);
        }
        let Family { path, read_permission: read, write_permission: write, .. } = family;
        text.push_str(&format!("{path}   read: {read}   write: {write}\n"));
        table.lines().for_each(|line| text.push_str(&format!("{}\n", line.trim_end())));
        text.push('\n');
    }
    let number = kinds::all().len();
    text + &format!("{number} kinds. `moorline schema KIND` prints a kind's properties.\n")
}
