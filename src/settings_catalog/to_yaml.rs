//! The readable form as YAML: a setting that has nothing below it on one line, others as blocks.

use std::iter;

use serde_json::{Map, Value as Json};

use super::part::SettingPart;

/// The longest line that holds a list. A longer one has each element on a line of its own.
const LONGEST: usize = 120;

/// The order of the words of a setting, the short ones first. Others come in the order of their names.
const ORDER: [&str; 18] = [
    "id",
    "choice",
    "value",
    "string",
    "integer",
    "secret",
    "reference",
    "note",
    "useDefault",
    "template",
    "$template",
    "choices",
    "strings",
    "integers",
    "values",
    "group",
    "groups",
    "children",
];

/// Words that plain scalars of YAML 1.1 or 1.2 are read as something else than text.
const RESERVED: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// Returns the comment for a definition id and its instance.
pub type Comments<'a> = &'a dyn Fn(&str, &Json) -> Option<String>;

/// Returns the text that follows `settings:`, whose lines are indented by so many spaces; it ends its last line. Every
/// reader of YAML 1.1 and 1.2 reads the same value from it.
#[must_use]
pub fn to_yaml(readable: &Json, indent: usize, comments: Comments<'_>) -> String {
    let writer = Writer { comments };
    match writer.inline(SettingPart::ROOT, readable) {
        Some(text) => format!(" {text}\n"),
        None => "\n".to_owned() + &writer.block(SettingPart::ROOT, readable, indent),
    }
}

struct Writer<'a> {
    comments: Comments<'a>,
}

impl Writer<'_> {
    /// Returns a value as it stands within a line, `None` where it needs lines of its own.
    fn inline(&self, part: SettingPart, value: &Json) -> Option<String> {
        match value {
            Json::String(text) if is_block_scalar(text) => None,
            Json::String(text) => Some(scalar(text)),
            Json::Array(elements) if part == SettingPart::Raw => {
                elements.is_empty().then(|| "[]".to_owned())
            }
            Json::Array(elements) => {
                let elements: Option<Vec<String>> =
                    elements.iter().map(|element| self.inline(part.element(), element)).collect();
                Some(format!("[{}]", elements?.join(", ")))
            }
            Json::Object(members) if members.is_empty() => Some("{}".to_owned()),
            Json::Object(_) if part.is_settings() || part == SettingPart::Raw => None,
            Json::Object(members) => {
                let members: Option<Vec<String>> = ordered(part, members)
                    .into_iter()
                    .map(|(name, member)| {
                        Some(format!("{}: {}", key(name), self.inline(part.member(name), member)?))
                    })
                    .collect();
                Some(format!("{{ {} }}", members?.join(", ")))
            }
            other => Some(other.to_string()),
        }
    }

    /// Returns the lines of a mapping or a list.
    fn block(&self, part: SettingPart, value: &Json, indent: usize) -> String {
        match value {
            Json::Object(members) => {
                let members = ordered(part, members).into_iter();
                members.map(|(name, member)| self.member(part, name, member, indent)).collect()
            }
            Json::Array(elements) => elements
                .iter()
                .map(|element| self.element(part.element(), element, indent))
                .collect(),
            _ => String::new(),
        }
    }

    fn member(&self, part: SettingPart, name: &str, value: &Json, indent: usize) -> String {
        let inner = part.member(name);
        let comment =
            if inner == SettingPart::Instance { (self.comments)(name, value) } else { None };
        let lead = format!("{:indent$}{}:", "", key(name));
        self.entry(inner, lead, value, indent, comment.as_deref().map(comment_of).as_deref())
    }

    fn element(&self, part: SettingPart, value: &Json, indent: usize) -> String {
        let lead = format!("{:indent$}-", "");
        let is_inline = self.inline(part, value).is_some_and(|text| is_short(&lead, &text, value));
        match value {
            // The first line of a block stands behind the dash.
            Json::Object(_) | Json::Array(_) if !is_inline => {
                let block = self.block(part, value, indent + 2);
                format!("{lead} {}", block.trim_start_matches(' '))
            }
            _ => self.entry(part, lead, value, indent, None),
        }
    }

    /// Returns a value behind its key or its dash.
    fn entry(
        &self,
        part: SettingPart,
        lead: String,
        value: &Json,
        indent: usize,
        comment: Option<&str>,
    ) -> String {
        let comment = comment.unwrap_or_default();
        if let Some(text) = self.inline(part, value)
            && is_short(&lead, &text, value)
        {
            return format!("{lead} {text}{comment}\n");
        }
        if let Json::String(text) = value {
            let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
            let inner = indent + 2;
            let lines: String = lines
                .map(|line| {
                    if line.is_empty() { "\n".to_owned() } else { format!("{:inner$}{line}\n", "") }
                })
                .collect();
            let chomping = if text.ends_with('\n') { "" } else { "-" };
            return format!("{lead} |{chomping}{comment}\n{lines}");
        }
        format!("{lead}{comment}\n{}", self.block(part, value, indent + 2))
    }
}

/// Whether a value stays on the line: lists do not make lines long.
fn is_short(lead: &str, text: &str, value: &Json) -> bool {
    fn has_list(value: &Json) -> bool {
        match value {
            Json::Array(elements) => elements.len() > 1,
            Json::Object(members) => members.values().any(has_list),
            _ => false,
        }
    }
    lead.len() + 1 + text.chars().count() <= LONGEST || !has_list(value)
}

/// Returns the members of a value in the order in which they are written.
fn ordered(part: SettingPart, members: &Map<String, Json>) -> Vec<(&String, &Json)> {
    let mut members: Vec<(&String, &Json)> = members.iter().collect();
    let is_form = !part.is_settings() && !matches!(part, SettingPart::Raw | SettingPart::RawSecret);
    members.sort_by_key(|(name, _)| {
        let place = ORDER.iter().position(|word| is_form && word == name);
        (place.unwrap_or(ORDER.len()), *name)
    });
    members
}

/// Returns a text as a comment behind a value.
fn comment_of(text: &str) -> String {
    let text = text.chars().map(|letter| if is_printable(letter) { letter } else { ' ' });
    let text: String = text.collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { String::new() } else { format!("  # {}", words.join(" ")) }
}

/// Returns a key.
fn key(name: &str) -> String {
    let is_directive =
        matches!(name, "$raw" | "$template" | "$env" | "$file" | "$ref" | "$secret" | "$withheld");
    let is_simple = |letter: char| letter.is_ascii_alphanumeric() || "_.~-".contains(letter);
    if is_directive || (name.chars().all(is_simple) && is_plain(name)) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Returns a text as a scalar of one line.
fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Whether every reader takes the plain text for this text, also within brackets.
fn is_plain(text: &str) -> bool {
    let begins = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | '/');
    let goes_on = |letter: char| letter.is_alphanumeric() || "_./-+()~$%;=@\\ ".contains(letter);
    (text.starts_with(begins) || is_guid(text))
        && text.chars().all(|letter| goes_on(letter) && is_printable(letter))
        && !text.ends_with(' ')
        && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a text is an id such as templates have, which no reader takes for a number.
fn is_guid(text: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|letter| letter.is_ascii_hexdigit());
    text.len() == 36
        && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.split('-').all(is_hex)
}

fn quoted(text: &str) -> String {
    if text.contains(['\\', '"']) && text.chars().all(is_printable) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let escaped = text.chars().map(|letter| match letter {
        '"' | '\\' => format!("\\{letter}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        letter if is_printable(letter) => letter.to_string(),
        // None of these is beyond four digits.
        letter => format!("\\u{:04x}", u32::from(letter)),
    });
    iter::once("\"".to_owned()).chain(escaped).chain(iter::once("\"".to_owned())).collect()
}

/// Whether a letter stands for itself in a line of any reader.
fn is_printable(letter: char) -> bool {
    let is_invisible = matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff0}'..='\u{ffff}' | '\u{a0}'
    );
    !letter.is_control() && !is_invisible
}

/// Whether a text of several lines can be written as it is.
fn is_block_scalar(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    // A tab, and a first line that is empty or begins with a space, would be taken for a part of the indentation.
    let is_line = |line: &str| {
        line.chars().all(|letter| is_printable(letter) || letter == '\t')
            && !line.starts_with('\t')
            && !line.ends_with([' ', '\t'])
    };
    text.contains('\n')
        && !lines.starts_with([' ', '\n'])
        && !lines.is_empty()
        && !lines.ends_with('\n')
        && lines.split('\n').all(is_line)
}
