//! Escapes text from tenants and manifests for GitHub's Markdown and the HTML inside it.
//!
//! GitHub looks for mentions, references and addresses in the rendered page, entities decoded, and leaves
//! code alone. So values stand in code; in prose an invisible space keeps `@name` and `#1` apart.

use crate::report::width::{cut, cut_middle};
use crate::text::sanitize;

/// The number of columns of a text that are shown outside code blocks.
pub(super) const SENTENCE: usize = 600;

/// The invisible character that interrupts a mention, a reference or a link.
const INTERRUPTION: &str = "&#8203;";

/// Returns a text as a code span.
pub(super) fn code(text: &str) -> String {
    let safe = sanitize::line(text);
    if safe.trim().is_empty() {
        // Spaces alone stay as they are.
        return format!("`{}`", if safe.is_empty() { " " } else { &safe });
    }
    let fence = "`".repeat(longest_run(&safe, '`') + 1);
    // One space inside is taken off at both ends where both have one.
    let pad = if safe.starts_with(['`', ' ']) || safe.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", safe)
}

/// Returns a text as code that fits into a table cell, where a pipe ends even a code span: there the pipe is an entity.
pub(super) fn cell_code(text: &str) -> String {
    match text.contains('|') {
        true => format!("<code>{}</code>", plain(&sanitize::line(text))),
        false => code(text),
    }
}

/// Returns a text cut to so many columns and made harmless. However long it is, little of it is looked at.
pub(super) fn short(text: &str, columns: usize) -> String {
    cut(&sanitize::line(&cut(text, columns)), columns)
}

/// Returns a name as a code span for a table cell, cut in its middle to so many columns.
pub(super) fn name(text: &str, columns: usize) -> String {
    cell_code(&cut_middle(&sanitize::line(&cut_middle(text, columns)), columns))
}

/// Returns Markdown as a link where there is an address, which stands in brackets so that nothing in it ends the link.
pub(super) fn linked(markdown: String, address: Option<&str>) -> String {
    let Some(address) = address else {
        return markdown;
    };
    let mut url = String::with_capacity(address.len());
    for character in address.chars() {
        match character {
            // Signs that end the address or the table cell, or that begin an entity or an escape.
            '<' | '>' | '|' | '\\' | '&' | '`' | '(' | ')' | ' ' if !in_query(&url, character) => {
                url.push_str(&format!("%{:02X}", u32::from(character)));
            }
            '&' => url.push_str("&amp;"),
            character if sanitize::is_hazardous(character) => {}
            character => url.push(character),
        }
    }
    format!("[{markdown}](<{url}>)")
}

/// Whether a sign separates the parameters of a query.
fn in_query(url: &str, sign: char) -> bool {
    sign == '&' && url.contains('?')
}

/// Returns a sentence as Markdown: what stands in backticks as such code, the rest as plain text.
fn prose(text: &str, code: impl Fn(&str) -> String) -> String {
    let safe = sanitize::line(text);
    let pieces: Vec<&str> = safe.split('`').collect();
    // An odd backtick opens nothing.
    let closed = pieces.len() - (pieces.len() + 1) % 2;
    let mut markdown = String::with_capacity(safe.len());
    for (at, piece) in pieces.iter().enumerate() {
        match at {
            at if at >= closed => markdown.push_str(&("&#96;".to_owned() + &plain(piece))),
            at if at % 2 == 1 => markdown.push_str(&code(piece)),
            _ => markdown.push_str(&plain(piece)),
        }
    }
    markdown
}

/// Returns a sentence as [`prose`] does, cut to a size that leaves room for others.
pub(super) fn sentence(text: &str) -> String {
    prose(&short(text, SENTENCE), code)
}

/// Returns a sentence for a table cell, cut to so many columns.
pub(super) fn cell_sentence(text: &str, columns: usize) -> String {
    prose(&short(text, columns), cell_code)
}

/// Returns a text without markup, cut like a sentence, for a table cell or any place within a line.
pub(super) fn words(text: &str) -> String {
    plain(&short(text, SENTENCE))
}

/// Returns a text as content of an HTML `code` element.
pub(super) fn html(text: &str) -> String {
    sanitize::line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
        .replace('@', "&#64;")
}

/// Returns lines in a code block whose fence none of them can close.
pub(super) fn fenced(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_run(line, '`')).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    let mut block = format!("{fence}{language}\n");
    for line in lines {
        block.push_str(&sanitize::line(line));
        block.push('\n');
    }
    block + &fence + "\n"
}

fn plain(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len());
    let mut last = ' ';
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map_or(' ', |(_, next)| *next);
        match character {
            // A word like the beginning of a commit's name is a link to the commit, and `GH-1` one to an issue.
            _ if !last.is_ascii_alphanumeric() && last != '-' && is_commit(&text[at..]) => {
                markdown.push_str(&format!("{character}{INTERRUPTION}"));
            }
            '-' if text.as_bytes()[at.saturating_sub(2)..at].eq_ignore_ascii_case(b"GH") => {
                markdown.push_str(&format!("{INTERRUPTION}-"));
            }
            '@' | '#' => markdown.push_str(&format!("&#{};{INTERRUPTION}", u32::from(character))),
            // A colon that opens no `:emoji:` stays one.
            ':' if next == ' ' || last.is_ascii_digit() => markdown.push(':'),
            // `https://` and `www.` become links without any sign of Markdown's.
            '/' if last == ':' => markdown.push_str(&format!("{INTERRUPTION}/")),
            '.' if matches!(last, 'w' | 'W') => markdown.push_str(&format!("{INTERRUPTION}.")),
            // Signs that mean nothing in any flavour of Markdown are few: all others are spelt out.
            sign if sign.is_ascii_punctuation() && !",.;-/+%?".contains(sign) => {
                markdown.push_str(&format!("&#{};", u32::from(sign)));
            }
            character => markdown.push(character),
        }
        last = character;
    }
    markdown
}

/// Whether a text begins with a word that may be the name of a commit. A word before a hyphen is a part of an id.
fn is_commit(text: &str) -> bool {
    let end = text.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (7..=40).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !rest.starts_with('-')
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|character| character != wanted).map(str::len).max().unwrap_or_default()
}
