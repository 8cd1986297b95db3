//! Writes which differences manifests took over, and which not.

use std::collections::BTreeMap;

use super::import::named;
use crate::import::adopt::document::{AdoptDocument, AdoptItem};
use crate::report::phrases;
use crate::text::style::{BOLD, CHANGED, CREATED, DIM};
use crate::text::writer::{PLAIN, Piece, TextWriter, words_of};

/// Renders an adoption.
pub(crate) fn adopt(document: &AdoptDocument, mut writer: TextWriter, verbose: bool) -> String {
    let writing = &mut writer;
    let tenant = &document.tenant.tenant_id;
    let head = format!("{} from {tenant}.", phrases::adopted(document));
    writing.line(0, BOLD, &head);
    items(writing, document);
    files(writing, document);
    bases(writing, document);
    secrets(writing, document);
    left(writing, document, verbose);
    writing.gap();
    writer.finish()
}

fn items(writer: &mut TextWriter, document: &AdoptDocument) {
    let adopted: Vec<&AdoptItem> =
        document.items.iter().filter(|item| !item.adopted.is_empty()).collect();
    if adopted.is_empty() {
        return;
    }
    writer.gap();
    for item in adopted {
        let address = Piece::new(PLAIN, &item.address.to_string());
        writer.pieces(2, 6, 2, &[address, Piece::new(DIM, &item.display_name)]);
        for path in &item.adopted {
            writer.labelled(4, Piece::new(CHANGED, "~"), words_of(path));
        }
    }
}

fn files(writer: &mut TextWriter, document: &AdoptDocument) {
    if document.files.is_empty() {
        return;
    }
    writer.gap();
    writer.line(0, BOLD, phrases::files_of(document));
    for file in &document.files {
        let mark = if file.is_new { Piece::new(CREATED, "+") } else { Piece::new(CHANGED, "~") };
        writer.labelled(2, mark, words_of(&file.path));
    }
}

fn bases(writer: &mut TextWriter, document: &AdoptDocument) {
    for base in &document.bases {
        writer.gap();
        writer.sentences(0, PLAIN, &phrases::shared(base));
        for tenant in &base.tenants {
            writer.labelled(2, Piece::new(CHANGED, "-"), words_of(tenant));
        }
        for tenant in &base.unreadable {
            let text = format!("{tenant} {}", phrases::MAY_BUILD);
            writer.labelled(2, Piece::new(CHANGED, "?"), words_of(&text));
        }
    }
}

fn secrets(writer: &mut TextWriter, document: &AdoptDocument) {
    let secrets = document.items.iter().flat_map(|item| &item.secrets);
    let secrets: Vec<_> = secrets.collect();
    if secrets.is_empty() {
        return;
    }
    writer.gap();
    writer.line(0, BOLD, phrases::NEEDED_SECRETS);
    for secret in secrets {
        let name = Piece::new(PLAIN, &secret.variable);
        writer.pieces(2, 6, 2, &[name, Piece::new(DIM, &secret.path)]);
    }
}

fn left(writer: &mut TextWriter, document: &AdoptDocument, verbose: bool) {
    let mut reasons: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for item in &document.items {
        for left in &item.left {
            let name = match left.path.as_str() {
                "" => item.address.to_string(),
                path => format!("{path} of {}", item.address),
            };
            reasons.entry((&left.why, &left.remedy)).or_default().push(name);
        }
    }
    if reasons.is_empty() {
        return;
    }
    writer.gap();
    writer.line(0, BOLD, "Not adopted:");
    for ((why, remedy), places) in reasons {
        named(writer, CHANGED, places, verbose);
        writer.sentences(6, PLAIN, &format!("{why}: {remedy}."));
    }
}
