//! `moorline kinds`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use comfy_table::Table;
use comfy_table::presets::NOTHING;

use super::output::{Output, without_markdown};
use super::{Done, Result};
use crate::kinds::document::{KindEntry, KindQuery, KindsDocument};
use crate::kinds::portal::{self, Platform};
use crate::report::json::Document;
use crate::report::phrases::count;
use crate::schema::semantics::Lifecycle;
use crate::text::style::Palette;
use crate::text::writer::{LEAST, TextWriter, words_of};
use crate::ui::Ui;

/// List the kinds that manifests can declare, each with its name in Microsoft's console.
///
/// Words select kinds by the beginnings of words in these names, or by their state: `moorline kinds windows wi-fi`,
/// `moorline kinds closed`. A selection also shows Microsoft's page about each kind.
#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
pub(super) struct Arguments {
    /// Beginnings of words in the name of the kind, its platform, its area, the console's name or its state.
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// List only kinds of this platform.
    #[arg(long, value_name = "PLATFORM", value_parser = platforms())]
    platform: Option<Platform>,
    /// List only kinds of this area, such as wi-fi.
    #[arg(long, value_name = "AREA", value_parser = areas(), hide_possible_values = true)]
    area: Option<String>,
    #[command(flatten)]
    pub(super) output: Output,
}

fn platforms() -> impl TypedValueParser<Value = Platform> {
    let names = Platform::ALL.map(Platform::as_str);
    let named = |name: String| Platform::ALL.into_iter().find(|it| it.as_str() == name);
    PossibleValuesParser::new(names).try_map(move |name| named(name).ok_or("no platform"))
}

fn areas() -> PossibleValuesParser {
    PossibleValuesParser::new(portal::areas().iter().map(String::as_str))
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let Arguments { words, platform, area, output } = arguments;
    let query = KindQuery { words, platform: *platform, area: area.as_deref() };
    let found = KindsDocument::found(&query);
    // A file is as wide as its lines, and so is what another program reads.
    let width = ui.known_width.filter(|_| output.output.is_none());
    let text = if output.is_json() {
        Document::Kinds.render(&found)
    } else {
        table(&found.items, width, !query.is_empty())
    };
    output.write(ui, &text)?;
    // As with `grep`, to find nothing is not a success.
    Ok(Done::failed_if(found.items.is_empty()))
}

/// Returns the table, with pages or without. Where it does not fit a width, the words stand beneath the kind's line.
fn table(kinds: &[KindEntry], width: Option<usize>, with_pages: bool) -> String {
    let wide = layout(kinds, width, with_pages, false);
    let fits = |width| wide.lines().all(|line| line.chars().count() <= width);
    let text = if width.is_none_or(fits) { wide } else { layout(kinds, width, with_pages, true) };
    let (number, next) = match kinds.len() {
        0 => ("No kind is like this".to_owned(), "`moorline kinds` lists all."),
        number => (count(number, "kind"), "`moorline schema KIND` prints a kind's properties."),
    };
    text + &format!("{number}. {next}\n")
}

fn layout(kinds: &[KindEntry], width: Option<usize>, with_pages: bool, is_narrow: bool) -> String {
    let mut text = String::new();
    for family in kinds.chunk_by(|one, next| one.path == next.path) {
        text.push_str(&head(&family[0], width));
        let mut table = Table::new();
        table.load_style(NOTHING);
        let mut beneath = Vec::new();
        for kind in family {
            let versions = kind.versions.iter().map(|version| version.as_str());
            let versions = Vec::from_iter(versions).join(", ");
            let lifecycle = kind.lifecycle.as_ref();
            let words = [
                kind.portal_name.clone(),
                kind.place(),
                lifecycle.map(Lifecycle::words).unwrap_or_default(),
                lifecycle.map(Lifecycle::advice).unwrap_or_default(),
            ];
            let page = if with_pages { kind.page.as_str() } else { "" };
            if is_narrow {
                table.add_row([&kind.name[..], &versions]);
                let words = words.into_iter().filter(|words| !words.is_empty());
                beneath.push([Vec::from_iter(words).join("; "), page.to_owned()]);
            } else {
                let [portal_name, place, stands, advice] = &words;
                table.add_row([&kind.name, portal_name, place, &versions, stands, advice]);
                beneath.push([String::new(), page.to_owned()]);
            }
        }
        for (line, beneath) in table.lines().zip(beneath) {
            let mut writer = TextWriter::wrapping_at(Palette::Plain, width.map(|it| it.max(LEAST)));
            for words in beneath.iter().filter(|words| !words.is_empty()) {
                writer.paragraph(4, words_of(words));
            }
            text.push_str(&format!("{}\n{}", line.trim_end(), writer.finish()));
        }
        text.push('\n');
    }
    text
}

/// Returns the line about a family, or lines where there is no room for one.
fn head(kind: &KindEntry, width: Option<usize>) -> String {
    let KindEntry { path, read_permission: read, write_permission: write, .. } = kind;
    let head = format!("{path}   read: {read}   write: {write}\n");
    let narrow = width.is_some_and(|width| head.trim_end().len() > width);
    if narrow { head.replace("   ", "\n  ") } else { head }
}
