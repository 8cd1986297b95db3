//! `moorline fmt`.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value as Json;

use super::failure;
use super::output::{Output, without_markdown};
use super::{Done, Result};
use crate::definitions::SettingCatalogue;
use crate::diagnostic::json::{FindingItem, FindingsDocument};
use crate::diagnostic::{Finding, Sources, text};
use crate::disk;
use crate::error::Error;
use crate::manifest::TENANT_FILE;
use crate::manifest::raw_settings::{self, Rewritten};
use crate::report::json::Document;
use crate::report::phrases;
use crate::text::sanitize;
use crate::ui::Ui;

/// Rewrite settings that stand as Graph's list, or with a catalogue of definitions as plain values, into the readable form.
///
/// All else in a file stays.
#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
pub(super) struct Arguments {
    /// Folder of manifests, or a single one.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Write nothing, and exit with code 2 where a file would change.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The files, and the findings about them.
#[derive(Default)]
struct Formatted {
    sources: Sources,
    findings: Vec<Finding>,
    /// The files that are rewritten, or would be, each with the number of its lists and of its plain values.
    changed: Vec<(PathBuf, [usize; 2])>,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Done> {
    let mut done = Formatted::default();
    match raw_settings::files(&arguments.path) {
        Ok(paths) => ui.watched("the manifests", || {
            paths.iter().try_for_each(|path| done.file(path, arguments.check))
        })?,
        Err(finding) => done.findings.push(finding),
    }
    let text =
        if arguments.output.is_json() { done.as_json() } else { done.as_text(ui, arguments) };
    arguments.output.write(ui, &text)?;
    let failed = failure::kind_of_findings(&done.findings, &[&arguments.path]);
    Ok(match failed {
        Some(kind) => Done::As(kind),
        None if arguments.check && !done.changed.is_empty() => Done::WithDifferences,
        None => Done::Quietly,
    })
}

impl Formatted {
    /// Rewrites a file, or reports that it would be rewritten.
    fn file(&mut self, path: &Path, check: bool) -> Result<(), Error> {
        let catalogue = catalogue_of(path);
        let comment = |id: &str, setting: &Json| named(catalogue.as_ref()?, id, setting);
        let catalogue = catalogue.as_ref();
        let rewritten = raw_settings::rewritten_file(path, &mut self.sources, &comment, catalogue);
        let Rewritten { text, lists, plain, findings } = rewritten;
        self.findings.extend(findings);
        if lists.is_empty() && plain.is_empty() {
            return Ok(());
        }
        self.changed.push((path.to_owned(), [lists.len(), plain.len()]));
        if check {
            let run = format!("`moorline fmt {}` rewrites", path.display());
            let list = |name| {
                let message = "these settings are Graph's list, and not the readable form";
                Finding::warning("fmt/raw-settings", name, message).help(format!("{run} them"))
            };
            let plain_value = |name| {
                let message = "this setting has a plain value, and no word for it";
                Finding::warning("fmt/plain-setting", name, message).help(format!("{run} it"))
            };
            self.findings.extend(lists.into_iter().map(list));
            self.findings.extend(plain.into_iter().map(plain_value));
            return Ok(());
        }
        write(path, &text).map_err(|source| {
            let message = format!("`{}` cannot be written", path.display());
            Error::failed("io/output", message).because(source)
        })
    }

    fn as_text(&self, ui: &Ui, arguments: &Arguments) -> String {
        let palette = arguments.output.palette(ui);
        let mut text = text::render(&self.findings, &self.sources, palette, ui.width);
        if !text.is_empty() {
            text.push('\n');
        }
        for (path, [lists, plain]) in &self.changed {
            let lists = (*lists > 0).then(|| phrases::count(*lists, "list"));
            let plain = (*plain > 0).then(|| phrases::count(*plain, "plain value"));
            let what: Vec<String> = [lists, plain].into_iter().flatten().collect();
            let done = if arguments.check { "Would rewrite" } else { "Rewrote" };
            let what = what.join(" and ");
            text += &format!("{done} {}: {what} of settings.\n", path.display());
        }
        if self.changed.is_empty() && self.findings.is_empty() {
            text += "Nothing to rewrite.\n";
        }
        text
    }

    fn as_json(&self) -> String {
        let items = FindingItem::all(&self.findings, &self.sources);
        Document::Findings.render(&FindingsDocument::new(items))
    }
}

/// Returns the catalogue of setting definitions of a file's tenant. Settings have no names without it, or where it cannot be
/// read, which `validate` reports.
fn catalogue_of(path: &Path) -> Option<SettingCatalogue> {
    for folder in path.parent()?.ancestors() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if let Some(found) = SettingCatalogue::of_folder(folder).ok()? {
            return Some(found);
        }
        if folder.join(TENANT_FILE).exists() {
            return None;
        }
    }
    None
}

/// Returns the comment beside a setting: the portal's name, and that of its option.
fn named(catalogue: &SettingCatalogue, id: &str, setting: &Json) -> Option<String> {
    let name = catalogue.display_name(id).ok()??;
    let suffix = setting.get("choice").and_then(Json::as_str);
    let option = suffix.and_then(|suffix| catalogue.option_name(id, suffix).ok()?);
    let comment = option.map_or(name.clone(), |option| format!("{name}: {option}"));
    Some(sanitize::line(&comment).into_owned())
}

/// Replaces the text of a file, and keeps the byte-order mark that it may begin with.
fn write(path: &Path, text: &str) -> io::Result<()> {
    const MARK: &str = "\u{feff}";
    let mut begins = Vec::new();
    disk::open(path)?.take(MARK.len() as u64).read_to_end(&mut begins)?;
    let mark = if begins == MARK.as_bytes() { MARK } else { "" };
    disk::replace(path, format!("{mark}{text}"))
}
