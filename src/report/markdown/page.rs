//! A page of limited size. Blocks that do not fit are left out whole and counted.

use crate::report::phrases::count;

/// The size limit of a page in bytes. A step summary on GitHub takes 1 MiB.
const MOST: usize = 1_000_000;
/// The bytes that are reserved for the end of the page.
const RESERVE: usize = 1_000;
/// The size limit of the lines of one object in bytes.
const MOST_LINES: usize = 32_000;

/// A Markdown page that is being written.
pub(super) struct MarkdownPage {
    text: String,
    left_out: usize,
}

impl MarkdownPage {
    /// Starts a page with its headline.
    pub(super) fn new(headline: &str) -> Self {
        Self { text: format!("### {headline}\n"), left_out: 0 }
    }

    /// Adds a block of its own, if it fits.
    pub(super) fn block(&mut self, block: &str) {
        self.add(&format!("\n{}\n", block.trim_end()));
    }

    /// Adds a line to the block above it, if it fits.
    pub(super) fn line(&mut self, line: &str) {
        self.add(&format!("{}\n", line.trim_end()));
    }

    /// Adds a list, if there are items.
    pub(super) fn list(&mut self, items: impl Iterator<Item = String>) {
        let items: Vec<String> = items.map(|item| format!("- {item}")).collect();
        if !items.is_empty() {
            self.block(&items.join("\n"));
        }
    }

    /// Adds a table, if there are rows.
    pub(super) fn table<const N: usize>(
        &mut self,
        head: &[&str; N],
        rows: impl Iterator<Item = [String; N]>,
    ) {
        for (at, row) in rows.enumerate() {
            if at == 0 {
                let head = format!("| {} |", head.join(" | ")).replace("|  |", "| |");
                self.block(&format!("{head}\n{}|", "|---".repeat(N)));
            }
            self.line(&format!("| {} |", row.join(" | ")));
        }
    }

    fn add(&mut self, text: &str) {
        // What comes after something that was left out is left out too, or the order would mislead.
        if self.left_out > 0 || self.text.len() + text.len() > MOST - RESERVE {
            self.left_out += 1;
        } else {
            self.text.push_str(text);
        }
    }

    /// Ends the page with short lines that always fit.
    pub(super) fn finish(mut self, lines: &[String]) -> String {
        if self.left_out > 0 {
            self.text.push_str(&format!(
                "\n**{} left out: the page would be too long. The text and the JSON report have everything.**\n",
                count(self.left_out, "part")
            ));
        }
        for line in lines {
            self.text.push_str(&format!("\n{line}\n"));
        }
        self.text
    }
}

/// Cuts the lines of an object to the size limit. Returns the number of lines cut.
pub(super) fn cut_lines(lines: &mut Vec<String>) -> usize {
    let mut bytes = 0;
    let fit = lines.iter().take_while(|line| {
        bytes += line.len() + 1;
        bytes <= MOST_LINES
    });
    let fit = fit.count();
    let more = lines.len() - fit;
    lines.truncate(fit);
    more
}
