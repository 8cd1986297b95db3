//! Writes which differences manifests took over, and which not: as the body of a pull request, for one.

use super::escape::{SENTENCE, cell_sentence, code, fenced, name, sentence, short, words};
use super::page::{MarkdownPage, TableEntry, WHOLE, cut_lines};
use crate::import::adopt::document::{AdoptDocument, AdoptItem, SharedBase};
use crate::import::left_out::LeftOut;
use crate::report::phrases::{self, count, more};

/// The most columns of an address, a path of a value or a file.
const PATH: usize = 255;
/// The most columns of a display name.
const NAME: usize = 80;
/// The most columns of a reason in a row.
const IN_ROW: usize = 400;
/// The most values of an object that a row names.
const MOST_NAMED: usize = 20;
/// The size limit of the diff in bytes.
const MOST_OF_DIFF: usize = 30_000;

/// Renders an adoption.
pub(crate) fn adopt(document: &AdoptDocument) -> String {
    let mut page = MarkdownPage::new(&format!("{}.", phrases::adopted(document)));
    let tenant = phrases::tenant(&document.tenant, &[]);
    page.block(&format!("Tenant {}", code(&short(&tenant, SENTENCE))));
    let below = below(document);
    let is_shown = |item: &&AdoptItem| !(item.adopted.is_empty() && item.left.is_empty());
    let (refused, others): (Vec<&AdoptItem>, Vec<&AdoptItem>) =
        document.items.iter().filter(is_shown).partition(|item| item.is_refused);
    let entries: Vec<TableEntry> = refused.iter().chain(&others).map(|item| entry(item)).collect();
    let head = ["object", "adopted", "not adopted"];
    page.entries(&head, &entries, refused.len(), "object", below.len());
    page.append(&below);
    page.finish()
}

fn entry(item: &AdoptItem) -> TableEntry {
    let address = name(&item.address.to_string(), PATH);
    let title = words(&short(&item.display_name, NAME));
    let title = if title.is_empty() { title } else { format!("<br>{title}") };
    let adopted = named(item.adopted.iter().map(|path| name(path, PATH)));
    let left = named(item.left.iter().map(left));
    let row = vec![format!("{address}{title}"), adopted, left];
    let brief = [above_zero(item.adopted.len(), "value"), above_zero(item.left.len(), "value")];
    let name = [address].into_iter().chain(brief).collect();
    TableEntry { row, name, block: String::new() }
}

fn above_zero(number: usize, noun: &str) -> String {
    if number == 0 { String::new() } else { count(number, noun) }
}

/// Returns lines of a cell: the first ones, and the number of the others.
fn named(lines: impl ExactSizeIterator<Item = String>) -> String {
    let others = lines.len().saturating_sub(MOST_NAMED);
    let others = (others > 0).then(|| more(others, "value"));
    lines.take(MOST_NAMED).chain(others).collect::<Vec<_>>().join("<br>")
}

/// Returns a value that was not adopted, why, and what to do. The path of the object itself is empty.
fn left(left: &LeftOut) -> String {
    let why = cell_sentence(&format!("{}: {}", left.why, left.remedy), IN_ROW);
    match left.path.as_str() {
        "" => why,
        path => format!("{}: {why}", name(path, PATH)),
    }
}

/// Returns what stands below the objects.
fn below(document: &AdoptDocument) -> MarkdownPage {
    let mut page = MarkdownPage::below();
    if !document.files.is_empty() {
        page.block(phrases::files_of(document));
        page.list(document.files.iter().map(|file| {
            format!("{}{}", name(&file.path, PATH), if file.is_new { " (new)" } else { "" })
        }));
    }
    for base in &document.bases {
        page.block(&sentence(&phrases::shared(base)));
        page.list(tenants(base));
    }
    let secrets = || document.items.iter().flat_map(|item| &item.secrets);
    if secrets().next().is_some() {
        page.block(phrases::NEEDED_SECRETS);
        page.list(secrets().map(|secret| {
            format!("{}: {}", name(&secret.variable, PATH), name(&secret.path, PATH))
        }));
    }
    let diff = document.files.iter().filter_map(|file| file.diff.as_deref());
    let mut diff: Vec<String> = diff.flat_map(str::lines).map(str::to_owned).collect();
    let cut = cut_lines(&mut diff, MOST_OF_DIFF);
    if !diff.is_empty() {
        page.block(&fenced("diff", &diff));
    }
    if cut > 0 {
        page.block(&format!("{} cut. {WHOLE}", count(cut, "line")));
    }
    page
}

fn tenants(base: &SharedBase) -> impl Iterator<Item = String> {
    let unreadable = base.unreadable.iter();
    let unreadable =
        unreadable.map(|tenant| format!("{} {}", name(tenant, PATH), phrases::MAY_BUILD));
    base.tenants.iter().map(|tenant| name(tenant, PATH)).chain(unreadable)
}
