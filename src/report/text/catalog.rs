//! Writes the catalogue of setting definitions, and what is found in it.

use serde_json::Value;

use crate::definitions::document::{
    CatalogAction, CatalogDocument, CatalogSummary, ChangedEntry, DiffEntry, OptionEntry,
    RelatedEntry, SettingEntry,
};
use crate::report::phrases::{count, thousands};
use crate::text::style::{BOLD, CHANGED, CREATED, DELETED, DIM};
use crate::text::writer::{PLAIN, Piece, TextWriter, words_of};

/// The width of the labels of a setting.
const LABELS: usize = "technologies".len();

/// Renders the catalogue, the settings that were asked for, or what changed.
pub(crate) fn catalog(document: &CatalogDocument, mut writer: TextWriter) -> String {
    let writing = &mut writer;
    match document {
        CatalogDocument { diff: Some(diff), catalog, .. } => write_diff(writing, diff, catalog),
        CatalogDocument { settings: Some(settings), matches: Some(matches), .. } => {
            write_matches(writing, settings, *matches);
        }
        CatalogDocument { settings: Some(settings), .. } => {
            settings.iter().for_each(|setting| write_setting(writing, setting));
        }
        CatalogDocument { catalog, .. } => summary(writing, catalog),
    }
    writer.finish()
}

fn summary(writer: &mut TextWriter, catalog: &CatalogSummary) {
    let platforms = catalog.platforms.iter();
    let platforms: Vec<String> = platforms
        .map(|(platform, number)| format!("{platform} {}", thousands(*number as usize)))
        .collect();
    row(writer, "file", &catalog.file);
    row(writer, "made", &format!("{} from {}", catalog.made, catalog.source));
    row(writer, "definitions", &thousands(catalog.definitions as usize));
    row(writer, "categories", &thousands(catalog.categories as usize));
    if catalog.templates > 0 {
        row(writer, "templates", &thousands(catalog.templates as usize));
    }
    row(writer, "platforms", &platforms.join(", "));
    row(writer, "size", &count(usize::try_from(catalog.bytes).unwrap_or(usize::MAX), "byte"));
    row(writer, "digest", &catalog.digest);
}

fn row(writer: &mut TextWriter, label: &str, text: &str) {
    if !text.is_empty() {
        let label = Piece::new(DIM, &format!("{label:LABELS$}"));
        writer.labelled(0, label, words_of(text));
    }
}

fn write_matches(writer: &mut TextWriter, settings: &[SettingEntry], matches: usize) {
    for setting in settings {
        let mut pieces = vec![Piece::new(BOLD, &setting.display_name)];
        pieces.push(Piece::new(DIM, &setting.platform));
        if !setting.category.is_empty() {
            pieces.push(Piece::new(DIM, &setting.category.join(" / ")));
        }
        writer.pieces(0, 2, 2, &pieces);
        writer.line(2, PLAIN, &setting.id);
    }
    if !settings.is_empty() {
        writer.gap();
    }
    let shown = settings.len();
    let end = match matches {
        0 => "No setting has these words.".to_owned(),
        _ if shown < matches => format!("{shown} of {}.", count(matches, "setting")),
        _ => format!("{}.", count(matches, "setting")),
    };
    writer.line(0, PLAIN, &end);
}

fn write_setting(writer: &mut TextWriter, setting: &SettingEntry) {
    writer.line(0, BOLD, &setting.display_name);
    writer.line(0, PLAIN, &setting.id);
    for text in [&setting.description, &setting.help_text] {
        for paragraph in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            writer.gap();
            writer.paragraph(2, paragraph.split_whitespace());
        }
    }
    writer.gap();
    row(writer, "category", &setting.category.join(" / "));
    row(writer, "platform", &setting.platform);
    row(writer, "technologies", &setting.technologies);
    row(writer, "path", &setting.uri);
    row(writer, "value", setting.kind);
    let bounds =
        [("numbers", setting.bounds), ("characters", setting.length), ("elements", setting.count)];
    for (label, bounds) in bounds {
        row(writer, label, &bounds.map(|bounds| bounds.to_string()).unwrap_or_default());
    }
    row(writer, "format", setting.format.as_deref().unwrap_or_default());
    let default = match &setting.default {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    row(writer, "default", &default);
    for parent in &setting.parents {
        row(writer, "beneath", &related(parent));
    }
    for option in &setting.options {
        write_option(writer, option);
    }
    for child in &setting.children {
        row(writer, if child.required { "needs" } else { "above" }, &related(child));
    }
    writer.gap();
    writer.line(0, DIM, "In `settings` of a manifest:");
    writer.line(2, PLAIN, &setting.form);
}

fn write_option(writer: &mut TextWriter, option: &OptionEntry) {
    let form = match &option.choice {
        Some(choice) => format!("choice: {}", Value::from(choice.as_str())),
        None => format!("value: {}", Value::from(option.value.as_str())),
    };
    let default = if option.default { " (default)" } else { "" };
    row(writer, "option", &format!("`{form}` {}{default}", option.display_name));
    for child in &option.children {
        let needs = if child.required { "needs" } else { "above" };
        writer.labelled(LABELS + 3, Piece::new(DIM, needs), words_of(&related(child)));
    }
}

/// Returns a related setting for people.
fn related(setting: &RelatedEntry) -> String {
    let RelatedEntry { id, display_name, option, .. } = setting;
    let name = display_name.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
    let option = option.as_ref().map(|option| format!(" set to {option}")).unwrap_or_default();
    format!("{name}`{id}`{option}")
}

fn write_diff(writer: &mut TextWriter, diff: &DiffEntry, catalog: &CatalogSummary) {
    for setting in &diff.settings {
        write_change(writer, setting);
    }
    for id in &diff.unknown {
        let text = format!("neither catalogue has `{id}`, which the manifests use");
        writer.labelled(0, Piece::new(CHANGED, "?"), words_of(&text));
    }
    if !diff.settings.is_empty() || !diff.unknown.is_empty() {
        writer.gap();
    }
    let [added, removed, changed] = [diff.added, diff.removed, diff.changed].map(thousands);
    let used = match diff.used {
        None => String::new(),
        // Of no change, none can be of a setting in use.
        Some(0) if diff.added + diff.removed + diff.changed == 0 => String::new(),
        Some(0) => "; the manifests use none of them".to_owned(),
        Some(used) => format!("; the manifests use {} of them", thousands(used)),
    };
    let from = format!("From {} to {}", diff.from.made, catalog.made);
    let counts = format!("{added} added, {removed} removed, {changed} changed");
    writer.sentences(0, PLAIN, &format!("{from}: {counts}{used}."));
}

fn write_change(writer: &mut TextWriter, setting: &ChangedEntry) {
    let (sign, style) = match setting.action {
        CatalogAction::Added => ("+", CREATED),
        CatalogAction::Removed => ("-", DELETED),
        CatalogAction::Changed => ("~", CHANGED),
    };
    let name = Piece::new(style, sign).beside(Piece::new(BOLD, &setting.display_name));
    let used = setting.used.then(|| Piece::new(DIM, "(in use)"));
    writer.pieces(0, 2, 1, &[name].into_iter().chain(used).collect::<Vec<_>>());
    writer.line(2, PLAIN, &setting.id);
    for change in &setting.changes {
        writer.labelled(4, Piece::new(DIM, "-"), words_of(change));
    }
}
