//! Pages of limited size. What does not fit is left out whole and counted.

use super::fit::{FormSizes, fit};
use crate::report::phrases::{count, thousands};

/// The size limit of a page in bytes.
///
/// GitHub takes 65,536 characters as a comment, and a comment has a head of its own. A text has at least as many bytes
/// as characters or UTF-16 units, so the limit holds however they are counted.
pub(super) const MOST: usize = 60_000;
/// The size limit of a page about a set-up, which is no comment: a step summary on GitHub takes 1 MiB.
const MOST_OF_SET_UP: usize = 1_000_000;
/// The bytes that are reserved for the sentences about what is left out.
const RESERVE: usize = 1_000;
/// The size limit of one list below the objects in bytes.
pub(super) const MOST_OF_LIST: usize = 4_000;

/// The place of everything that a page lacks.
pub(super) const WHOLE: &str = "The text and the JSON report have everything.";

/// A Markdown page that is being written.
pub(super) struct MarkdownPage {
    text: String,
    most: usize,
    left_out: usize,
}

/// An entry of a table, in the forms that it may be shown in.
pub(super) struct TableEntry {
    /// The cells of the row.
    pub(super) row: Vec<String>,
    /// The cells of the row where there is no room for the others.
    pub(super) name: Vec<String>,
    /// The details, which stand below the table.
    pub(super) block: String,
}

impl MarkdownPage {
    /// Starts a page with its headline, which may become a comment.
    pub(super) fn new(headline: &str) -> Self {
        Self { text: format!("### {}\n", headline.trim_end()), most: MOST, left_out: 0 }
    }

    /// Starts a page about a set-up.
    pub(super) fn of_set_up(headline: &str) -> Self {
        Self { most: MOST_OF_SET_UP, ..Self::new(headline) }
    }

    /// Adds a block of its own, if it fits.
    pub(super) fn block(&mut self, block: &str) {
        self.add(&format!("\n{}\n", block.trim_end()));
    }

    /// Adds a line to the block above it, if it fits.
    pub(super) fn line(&mut self, line: &str) {
        self.add(&format!("{}\n", line.trim_end()));
    }

    /// Adds a list, if there are items: as many as a list may have, and the number of the others.
    pub(super) fn list(&mut self, items: impl IntoIterator<Item = String>) {
        let lines = self.limited(items, "- ");
        if !lines.is_empty() {
            self.block(&lines.join("\n"));
        }
    }

    /// Adds a folded list, if there are items.
    pub(super) fn folded(&mut self, title: &str, items: impl IntoIterator<Item = String>) {
        let lines = self.limited(items, "- ");
        if !lines.is_empty() {
            let lines = lines.join("\n");
            let block = format!("<details>\n<summary>{title}</summary>\n\n{lines}\n\n</details>");
            self.block(&block);
        }
    }

    /// Adds an alert of a list, if there are items.
    pub(super) fn alert(&mut self, kind: &str, items: impl IntoIterator<Item = String>) {
        let lines = self.limited(items, "> - ");
        if !lines.is_empty() {
            self.block(&format!("> [!{kind}]\n{}", lines.join("\n")));
        }
    }

    fn limited(&self, items: impl IntoIterator<Item = String>, sign: &str) -> Vec<String> {
        let mut room = if self.most == MOST { MOST_OF_LIST } else { self.most };
        let mut items = items.into_iter().peekable();
        let mut lines = Vec::new();
        while let Some(item) = items.next_if(|item| item.len() + sign.len() < room) {
            room -= item.len() + sign.len() + 1;
            lines.push(format!("{sign}{item}"));
        }
        let more = items.count();
        if more > 0 {
            lines.push(format!("{sign}… and {} more", thousands(more)));
        }
        lines
    }

    /// Adds a table, if there are rows.
    pub(super) fn table<const N: usize>(
        &mut self,
        head: &[&str; N],
        rows: impl Iterator<Item = [String; N]>,
    ) {
        for (at, row) in rows.enumerate() {
            if at == 0 {
                self.block(&head_of(head));
            }
            self.line(&row_of(&row));
        }
    }

    /// Adds a table and the details of its entries, as much of them as fits beside `rest`, what still comes. So many of
    /// the first entries are urgent; `noun` is what an entry is.
    pub(super) fn entries(
        &mut self,
        head: &[&str],
        entries: &[TableEntry],
        urgent: usize,
        noun: &str,
        rest: usize,
    ) {
        if entries.is_empty() {
            return;
        }
        self.block(&head_of(head));
        let lines: Vec<[String; 2]> =
            entries.iter().map(|entry| [row_of(&entry.name), row_of(&entry.row)]).collect();
        let sizes = entries.iter().zip(&lines).map(|(entry, [name, row])| FormSizes {
            name: name.len() + 1,
            row: row.len() + 1,
            block: if entry.block.is_empty() { 0 } else { entry.block.len() + 2 },
        });
        let sizes: Vec<FormSizes> = sizes.collect();
        let room = self.most.saturating_sub(self.text.len() + rest + RESERVE);
        let shown = fit(&sizes, urgent, room);
        for [_, row] in &lines[..shown.rows] {
            self.line(row);
        }
        for [name, _] in &lines[shown.rows..shown.names] {
            self.line(name);
        }
        let unnamed = entries.len() - shown.names;
        if unnamed > 0 {
            let more = format!("more {noun}");
            self.block(&format!("**… and {}.** {WHOLE}", count(unnamed, &more)));
        }
        for entry in entries[..shown.blocks].iter().filter(|entry| !entry.block.is_empty()) {
            self.block(&entry.block);
        }
        let has_details = |entry: &&TableEntry| !entry.block.is_empty();
        let folded = entries[shown.blocks..shown.names].iter().filter(has_details).count();
        if folded > 0 {
            let of = count(folded, noun);
            self.block(&format!("**The details of {of} do not fit.** {WHOLE}"));
        }
    }

    fn add(&mut self, text: &str) {
        // What comes after something that was left out is left out too, or the order would mislead.
        if self.left_out > 0 || self.text.len() + text.len() > self.most - RESERVE / 2 {
            self.left_out += 1;
        } else {
            self.text.push_str(text);
        }
    }

    /// Ends the page.
    pub(super) fn finish(mut self) -> String {
        if self.left_out > 0 {
            let parts = count(self.left_out, "part");
            self.text.push_str(&format!(
                "\n**{parts} left out: the page would be too long.** {WHOLE}\n"
            ));
        }
        self.text
    }

    /// Returns the size of what was written.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Starts what comes below the entries, to be added to another page.
    pub(super) fn below() -> Self {
        Self { text: String::new(), most: MOST, left_out: 0 }
    }

    /// Adds what comes below the entries.
    pub(super) fn append(&mut self, below: &Self) {
        self.text.push_str(&below.text);
        self.left_out += below.left_out;
    }
}

fn head_of(head: &[&str]) -> String {
    let columns = head
        .iter()
        .map(|title| if title.is_empty() { " ".to_owned() } else { format!(" {title} ") });
    let columns: Vec<String> = columns.collect();
    format!("|{}|\n{}|", columns.join("|"), "|---".repeat(head.len()))
}

fn row_of(cells: &[String]) -> String {
    let cells =
        cells.iter().map(|cell| if cell.is_empty() { " ".to_owned() } else { format!(" {cell} ") });
    format!("|{}|", cells.collect::<Vec<_>>().join("|"))
}

/// Cuts lines to a size limit in bytes. Returns the number of lines cut.
pub(super) fn cut_lines(lines: &mut Vec<String>, most: usize) -> usize {
    let mut bytes = 0;
    let fit = lines.iter().take_while(|line| {
        bytes += line.len() + 1;
        bytes <= most
    });
    let fit = fit.count();
    let more = lines.len() - fit;
    lines.truncate(fit);
    more
}
