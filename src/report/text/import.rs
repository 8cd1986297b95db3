//! Writes what was imported, what it needs, and what was not.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr as _;

use crate::import::document::{ImportAction, ImportDocument, ImportItem, UnknownMembers};
use crate::manifest::Address;
use crate::report::phrases::{count, sentence, thousands};
use crate::text::style::{BOLD, CHANGED, CREATED, DIM};
use crate::text::writer::{PLAIN, Piece, TextWriter, words_of};

/// The most manifests that are listed one by one; more are counted by folder.
const LISTED: usize = 30;

/// The most objects that are named for a reason.
const NAMED: usize = 10;

/// Renders the line about objects that were not selected and differ.
pub(crate) fn not_selected(others: &[Address], mut writer: TextWriter) -> String {
    if !others.is_empty() {
        let (are, them) = if others.len() == 1 { ("is", "it") } else { ("are", "them") };
        let objects = count(others.len(), "object");
        let text = format!(
            "{objects} that the import did not select {are} not as the manifests declare: `moorline plan` shows {them}."
        );
        writer.sentences(0, PLAIN, &text);
    }
    writer.finish()
}

/// Renders an import.
pub(crate) fn import(document: &ImportDocument, mut writer: TextWriter, verbose: bool) -> String {
    let writing = &mut writer;
    let of = |action: ImportAction| -> Vec<&ImportItem> {
        document.items.iter().filter(|item| item.action == action).collect()
    };
    let (imported, managed) = (of(ImportAction::Imported), of(ImportAction::Managed));
    let tenant = &document.tenant.tenant_id;
    let source = document.from.as_ref();
    let source = source.map_or_else(|| tenant.clone(), |from| format!("`{}`", from.path));
    let head = match imported.len() {
        0 => format!("Nothing to import from {source}."),
        number => format!("Imported {} from {source}.", count(number, "object")),
    };
    writing.line(0, BOLD, &head);
    if !managed.is_empty() {
        let have = match managed.len() {
            1 => "has its manifest already, which stays as it is",
            _ => "have their manifests already, which stay as they are",
        };
        let objects = count(managed.len(), "object");
        writing.sentences(0, PLAIN, &format!("{objects} {have}."));
        masked_before(writing, &managed);
    }
    paths(writing, &imported, verbose);
    secrets(writing, &imported);
    unmasked(writing, &imported);
    left_out(writing, &imported, &document.unknown_members, verbose);
    of_files(writing, document, verbose);
    not_managed(writing, document, verbose);
    not_covered(writing, document, verbose);
    writing.gap();
    writer.finish()
}

/// Writes which manifests keep variables for values that were asked for in clear.
fn masked_before(writer: &mut TextWriter, managed: &[&ImportItem]) {
    let masked: Vec<&&ImportItem> = managed.iter().filter(|item| item.stays_masked).collect();
    if masked.is_empty() {
        return;
    }
    let have = if masked.len() == 1 { "has" } else { "have" };
    let text = format!(
        "{} of them {have} values that the service masks and that the manifest takes from the environment. To have those in clear that hold no known secret, delete these files, and import again with `--unmask`:",
        thousands(masked.len())
    );
    writer.sentences(0, PLAIN, &text);
    for item in masked {
        writer.unwrapped(4, &Piece::new(PLAIN, &item.path));
    }
}

fn paths(writer: &mut TextWriter, imported: &[&ImportItem], verbose: bool) {
    if imported.is_empty() {
        return;
    }
    writer.gap();
    if imported.len() <= LISTED || verbose {
        let width = imported.iter().map(|item| item.path.width()).max().unwrap_or_default();
        for item in imported {
            let path = Piece::new(CREATED, "+").beside(Piece::new(PLAIN, &pad(&item.path, width)));
            writer.pieces(2, 6, 2, &[path, Piece::new(DIM, &item.display_name)]);
        }
        return;
    }
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for item in imported {
        let folder = item.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        *folders.entry(folder).or_default() += 1;
    }
    let width = folders.keys().map(|folder| folder.width()).max().unwrap_or_default();
    for (folder, number) in folders {
        let folder = Piece::new(CREATED, "+").beside(Piece::new(PLAIN, &pad(folder, width)));
        writer.pieces(2, 6, 2, &[folder, Piece::new(DIM, &count(number, "manifest"))]);
    }
    writer.line(2, DIM, "(-v lists them)");
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn secrets(writer: &mut TextWriter, imported: &[&ImportItem]) {
    let secrets: Vec<_> =
        imported.iter().flat_map(|item| item.secrets.iter().map(move |it| (item, it))).collect();
    if secrets.is_empty() {
        return;
    }
    writer.gap();
    writer.line(0, BOLD, "An apply takes these from the environment; plans run without them:");
    for (item, secret) in &secrets {
        let name = Piece::new(PLAIN, &secret.variable);
        let place = Piece::new(DIM, &format!("{} of {}", secret.path, item.path));
        writer.pieces(2, 6, 2, &[name, place]);
    }
    let masked = secrets.iter().filter(|(_, secret)| secret.masked).count();
    if masked > 0 {
        let are = if masked == 1 { "is a value" } else { "are values" };
        let text = format!(
            "{masked} of these {are} of custom settings, which the service masks whatever they are. To have those in clear that hold no known secret, delete these files, and import again with `--unmask`:"
        );
        writer.sentences(2, PLAIN, &text);
        let holders = imported.iter().filter(|item| item.secrets.iter().any(|it| it.masked));
        for item in holders {
            writer.unwrapped(4, &Piece::new(PLAIN, &item.path));
        }
    }
}

fn unmasked(writer: &mut TextWriter, imported: &[&ImportItem]) {
    let unmasked: Vec<&&ImportItem> =
        imported.iter().filter(|item| !item.unmasked.is_empty()).collect();
    if unmasked.is_empty() {
        return;
    }
    writer.gap();
    let head = "These hold values in clear that the service masks. Read them before you commit:";
    writer.line(0, BOLD, head);
    for item in unmasked {
        let values = format!("{}: {}", item.path, item.unmasked.join(", "));
        writer.labelled(2, Piece::new(CHANGED, "!"), words_of(&values));
    }
}

fn left_out(
    writer: &mut TextWriter,
    imported: &[&ImportItem],
    unknown: &[UnknownMembers],
    verbose: bool,
) {
    let mut reasons: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for item in imported {
        for left_out in &item.left_out {
            let places = reasons.entry((&left_out.why, &left_out.remedy)).or_default();
            places.push(format!("{} of {}", left_out.path, item.path));
        }
    }
    if reasons.is_empty() && unknown.is_empty() {
        return;
    }
    writer.gap();
    writer.line(0, BOLD, "Left out:");
    for unknown in unknown {
        let text = format!("{} of {}", unknown.names.join(", "), unknown.kind);
        writer.labelled(2, Piece::new(CHANGED, "-"), words_of(&text));
    }
    if let Some(first) = unknown.first() {
        let such =
            if unknown.len() == 1 && first.names.len() == 1 { "property" } else { "properties" };
        let text = format!(
            "Graph's type has no such {such}, as far as this version of Moorline knows: left alone in the tenant."
        );
        writer.sentences(6, PLAIN, &text);
    }
    for ((why, remedy), places) in reasons {
        named(writer, CHANGED, places, verbose);
        writer.sentences(6, PLAIN, &format!("{why}: {remedy}."));
    }
}

/// Writes names, as many as are read.
pub(super) fn named(
    writer: &mut TextWriter,
    style: anstyle::Style,
    names: Vec<String>,
    verbose: bool,
) {
    let shown = if verbose { names.len() } else { NAMED };
    for name in names.iter().take(shown) {
        writer.labelled(2, Piece::new(style, "-"), words_of(name));
    }
    if names.len() > shown {
        let more = count(names.len() - shown, "more");
        writer.line(4, DIM, &format!("… and {} (-v lists them)", more.trim_end_matches('s')));
    }
}

/// Writes what else files hold.
fn of_files(writer: &mut TextWriter, document: &ImportDocument, verbose: bool) {
    let Some(from) = &document.from else { return };
    if !from.findings.is_empty() {
        writer.gap();
        writer.line(0, BOLD, "Of the files:");
    }
    let shown = if verbose { from.findings.len() } else { NAMED };
    for finding in from.findings.iter().take(shown) {
        let place = finding.file.as_deref().unwrap_or(&from.path);
        let text = format!("{place}: {}", finding.message);
        writer.labelled(2, Piece::new(CHANGED, "-"), words_of(&text));
        let help = finding.help.iter().map(|help| sentence(help));
        help.for_each(|help| writer.sentences(6, PLAIN, &help));
    }
    if from.findings.len() > shown {
        let more = thousands(from.findings.len() - shown);
        writer.line(4, DIM, &format!("… and {more} more (-v lists them)"));
    }
    if !from.others.is_empty() {
        writer.gap();
        let others = from.others.iter().map(|of| format!("{} ({})", of.what, thousands(of.count)));
        let others: Vec<String> = others.collect();
        let text = format!("Not imported, and left where it is: {}.", others.join(", "));
        writer.sentences(0, PLAIN, &text);
        for other in from.others.iter().filter(|_| verbose) {
            for file in &other.files {
                writer.labelled(
                    2,
                    Piece::new(CHANGED, "-"),
                    words_of(&format!("{file}: {}", other.what)),
                );
            }
        }
        if !verbose {
            writer.line(2, DIM, "(-v lists the files)");
        }
    }
    if document.plan.is_none() && !document.items.is_empty() {
        writer.gap();
        let text = "The tenant was not asked: `moorline plan` compares it with the manifests.";
        writer.sentences(0, PLAIN, text);
    }
}

fn not_managed(writer: &mut TextWriter, document: &ImportDocument, verbose: bool) {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for object in &document.not_managed {
        let kind = object.kind.iter().map(|kind| format!("{kind} "));
        let id = object.id.iter().map(|id| format!(" ({id})"));
        let name = match &object.kind {
            Some(_) => format!("`{}`", object.object),
            None => object.object.clone(),
        };
        let words: String = kind.chain([name]).chain(id).collect();
        reasons.entry(&object.why).or_default().push(words);
    }
    if !reasons.is_empty() {
        writer.gap();
        writer.line(0, BOLD, "Not imported:");
    }
    for (why, objects) in reasons {
        named(writer, CHANGED, objects, verbose);
        writer.sentences(6, PLAIN, &format!("{why}."));
    }
}

fn not_covered(writer: &mut TextWriter, document: &ImportDocument, verbose: bool) {
    let counts = document.not_covered.iter().filter_map(|of| {
        let number = of.count.filter(|number| *number > 0)?;
        Some(format!("{} {}", thousands(number), of.objects))
    });
    let counts: Vec<String> = counts.collect();
    let unread = document.not_covered.iter().filter(|of| of.count.is_none());
    let unread: Vec<&str> = unread.map(|of| of.objects.as_str()).collect();
    if counts.is_empty() && (!verbose || unread.is_empty()) {
        return;
    }
    writer.gap();
    if !counts.is_empty() {
        let text =
            format!("Moorline does not manage what the tenant also has: {}.", counts.join(", "));
        writer.sentences(0, PLAIN, &text);
    }
    if verbose && !unread.is_empty() {
        writer.sentences(
            0,
            DIM,
            &format!("Not counted, since they cannot be read: {}.", unread.join(", ")),
        );
    }
}
