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
use crate::text::style::Palette;
use crate::text::writer::{LEAST, TextWriter, words_of};
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
    // A file is as wide as its lines, and so is what another program reads.
    let width = Some(ui.width).filter(|width| output.output.is_none() && *width < WIDE);
    let text = if output.is_json() {
        Document::Kinds.render(&KindsDocument::built_in())
    } else {
        table(width)
    };
    output.write(ui, &text)?;
    Ok(Done::Quietly)
}

/// The width from which on nothing is wrapped.
const WIDE: usize = 120;

/// Returns the table. At a width, if any, what a kind's line has no room for stands beneath it.
fn table(width: Option<usize>) -> String {
    let mut text = String::new();
    for family in kinds::FAMILIES {
        let Family { path, read_permission: read, write_permission: write, .. } = family;
        let head = format!("{path}   read: {read}   write: {write}\n");
        let narrow = width.is_some_and(|width| head.trim_end().len() > width);
        text.push_str(&if narrow { head.replace("   ", "\n  ") } else { head });
        let mut table = Table::new();
        table.load_style(NOTHING);
        let mut beneath = Vec::new();
        for kind in family.kinds() {
            let versions = kind.versions.iter().map(|version| version.as_str());
            let versions = Vec::from_iter(versions).join(", ");
            let lifecycle = kind.lifecycle.as_ref();
            let stands = lifecycle.map(Lifecycle::words).unwrap_or_default();
            let advice = lifecycle.map(Lifecycle::advice).unwrap_or_default();
            if width.is_some() {
                table.add_row([&kind.name[..], &versions]);
                beneath.push([stands, advice].join("; ").trim_end_matches("; ").to_owned());
            } else {
                table.add_row([&kind.name[..], &versions, &stands, &advice]);
            }
        }
        for (at, line) in table.lines().enumerate() {
            text.push_str(&format!("{}\n", line.trim_end()));
            if let Some((width, words)) =
                width.zip(beneath.get(at)).filter(|(_, words)| !words.is_empty())
            {
                let mut writer = TextWriter::wrapping_at(Palette::Plain, Some(width.max(LEAST)));
                writer.paragraph(4, words_of(words));
                text.push_str(&writer.finish());
            }
        }
        text.push('\n');
    }
    let number = kinds::all().len();
    text + &format!("{number} kinds. `moorline schema KIND` prints a kind's properties.\n")
}
