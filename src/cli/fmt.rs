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
use crate::diagnostic::{FileId, Finding, Severity, Sources, text};
use crate::disk;
use crate::error::Error;
use crate::manifest::raw_settings::{self, Rewritten};
use crate::manifest::{TENANT_FILE, layout};
use crate::report::json::Document;
use crate::report::phrases;
use crate::text::shell::quoted;
use crate::ui::Ui;

/// Lay manifests out in one form, and rewrite settings that stand as Graph's list into the readable form.
///
/// Members come in one order, with two blanks of indentation and quotes where they are needed. With a catalogue of definitions,
/// plain values of settings get their words. Comments and values stay, and so do files that are no manifests.
#[derive(Debug, Args)]
#[command(mut_arg("format", without_markdown))]
pub(super) struct Arguments {
    /// Folder of manifests, or a single one.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Write nothing, and exit with code 2 where a file would change, or 3 where one has an error.
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
    /// The findings of `--check`, in place of which text has one line for each file.
    checked: Vec<Finding>,
    /// The files that are rewritten, or would be, each with the number of its lists and of its plain values; without any, in
    /// their layout alone.
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
        let comment = |id: &str, setting: &Json| catalogue.as_ref()?.comment(id, setting);
        let (catalogue, file) = (catalogue.as_ref(), self.sources.next_id());
        let rewritten = raw_settings::rewritten_file(path, &mut self.sources, &comment, catalogue);
        let Rewritten { text: rewritten, lists, plain, findings } = rewritten;
        // Its errors would be told again.
        let is_broken = findings
            .iter()
            .any(|it| it.severity == Severity::Error && it.code.starts_with("yaml/"));
        self.findings.extend(findings);
        let text =
            if is_broken { rewritten.clone() } else { self.in_layout(&rewritten, file, path) };
        let is_same = lists.is_empty() && plain.is_empty();
        if is_same && text == rewritten {
            return Ok(());
        }
        self.changed.push((path.to_owned(), [lists.len(), plain.len()]));
        if check {
            let run = format!("`{}` rewrites", command(path));
            let list = |name| {
                let message = "these settings are Graph's list, and not the readable form";
                Finding::warning("fmt/raw-settings", name, message).help(format!("{run} them"))
            };
            let plain_value = |name| {
                let message = "this setting has a plain value, and no word for it";
                Finding::warning("fmt/plain-setting", name, message).help(format!("{run} it"))
            };
            self.checked.extend(is_same.then(|| without_layout(path)));
            self.checked.extend(lists.into_iter().map(list));
            self.checked.extend(plain.into_iter().map(plain_value));
            return Ok(());
        }
        write(path, &text).map_err(|source| {
            let message = format!("`{}` cannot be written", path.display());
            Error::failed("io/output", message).because(source)
        })
    }

    /// Returns a text in its layout, or as it is where it has none.
    fn in_layout(&mut self, text: &str, file: FileId, path: &Path) -> String {
        layout::in_layout(text, file, path).unwrap_or_else(|findings| {
            self.findings.extend(findings);
            text.to_owned()
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
            let path = path.display();
            text += &match (what.is_empty(), arguments.check) {
                (true, true) => format!("Would lay out {path}.\n"),
                (true, false) => format!("Laid out {path}.\n"),
                (false, true) => {
                    format!("Would rewrite {path}: {} of settings.\n", what.join(" and "))
                }
                (false, false) => format!("Rewrote {path}: {} of settings.\n", what.join(" and ")),
            };
        }
        if self.changed.is_empty() && self.findings.is_empty() {
            text += "Nothing to rewrite.\n";
        } else if arguments.check && !self.changed.is_empty() {
            text += &format!("Run `{}` to do so.\n", command(&arguments.path));
        }
        text
    }

    fn as_json(&self) -> String {
        let findings = [&*self.findings, &*self.checked].concat();
        let items = FindingItem::all(&findings, &self.sources);
        Document::Findings.render(&FindingsDocument::new(items))
    }
}

/// Returns the command that rewrites a path.
fn command(path: &Path) -> String {
    if path == Path::new(".") {
        return "moorline fmt".to_owned();
    }
    format!("moorline fmt {}", quoted(&path.display().to_string()))
}

/// Returns the warning of a file that would be laid out.
fn without_layout(path: &Path) -> Finding {
    let message = "this file is not in the layout of manifests";
    let finding = Finding::file_error("fmt/layout", path, message);
    let finding = finding.help(format!("`{}` lays it out", command(path)));
    Finding { severity: Severity::Warning, ..finding }
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

/// Replaces the text of a file, and keeps the byte-order mark that it may begin with.
fn write(path: &Path, text: &str) -> io::Result<()> {
    const MARK: &str = "\u{feff}";
    let mut begins = Vec::new();
    disk::open(path)?.take(MARK.len() as u64).read_to_end(&mut begins)?;
    let mark = if begins == MARK.as_bytes() { MARK } else { "" };
    disk::replace(path, format!("{mark}{text}"))
}
