//! Rewrites plain values of settings in the text of manifests: `ID: Allowed` becomes `ID: { choice: "1" }`.
//!
//! The text around a value stays, and so does the value itself where it means the same in its new place. A list or a text
//! of several lines moves below its word and is indented with it.

use std::ops::Range;

use serde_json::{Value as Json, json};

use super::raw_settings::{after_colon, keeps_comments, refused, settings_of, unsafe_edit};
use super::settings;
use super::value::{Declared, Member, Value};
use crate::definitions::{self, SettingCatalogue, quoted};
use crate::diagnostic::{FileId, Finding, Span};
use crate::settings_catalog::{MERGE, SettingPart};
use crate::yaml::parse::parse;
use crate::yaml::presentation::presentation;

/// The plain values in a text, and the text with words for them.
#[derive(Debug, Default)]
pub(super) struct PlainSettings {
    /// The names of the settings that have one.
    pub(super) names: Vec<Span>,
    /// The values that it does not allow.
    pub(super) findings: Vec<Finding>,
    /// The text with words in their place.
    pub(super) text: Option<String>,
}

/// A plain value and what stands for it: a word with its value.
struct PlainSetting<'a> {
    member: &'a Member,
    meant: Json,
}

/// A piece of the text that is replaced.
type Replacement = (Range<usize>, String);

/// Rewrites the plain values of settings. Where the new text would not say the same, the text stays.
pub(super) fn in_words(
    text: &str,
    file: FileId,
    documents: &[Value],
    catalogue: &SettingCatalogue,
) -> PlainSettings {
    let mut done = PlainSettings::default();
    let (mut replacements, mut expected) = (Vec::new(), Vec::new());
    let around = presentation(text);
    for document in documents {
        let mut meant = read_as_written(document, SettingPart::Unknown, text);
        if let Some(member) = settings_of(document) {
            let merged = member.value.get(MERGE);
            let value = merged.unwrap_or(&member.value);
            let written = read_as_written(value, SettingPart::ROOT, text);
            let (json, faults) = match definitions::expand(&written, catalogue) {
                Ok(expanded) => expanded,
                Err(error) => {
                    let finding = Finding::error(error.code(), member.name_span, error.to_string());
                    done.findings.push(finding.help(error.remedy()));
                    continue;
                }
            };
            done.findings.extend(faults.into_iter().map(|fault| settings::finding(value, fault)));
            let mut found = Vec::new();
            find(value, SettingPart::ROOT, &written, &json, &mut found);
            let within = member.name_span.range().end..member.value.span.range().end;
            let reference = around.references.iter().find(|place| within.contains(&place.start));
            match reference.filter(|_| !found.is_empty()) {
                Some(reference) => done.findings.push(anchored(Span::new(file, reference.clone()))),
                None => {
                    done.names.extend(found.iter().map(|plain| plain.member.name_span));
                    replacements.extend(found.iter().flat_map(|plain| plain.replacements(text)));
                    let whole = if merged.is_some() { json!({ MERGE: json }) } else { json };
                    meant["spec"][&member.name] = whole;
                }
            }
        }
        expected.push(meant);
    }
    done.findings.sort_by_key(|finding| finding.span);
    if done.names.is_empty() {
        return done;
    }
    let new = replaced(text, replacements);
    let seen = parse(&new, file);
    let says_the_same = seen.documents.len() == expected.len()
        && seen.documents.iter().zip(&expected).all(|(document, expected)| {
            let mut json = read_as_written(document, SettingPart::Unknown, &new);
            if let Some(member) = settings_of(document) {
                json["spec"][&member.name] =
                    read_as_written(&member.value, SettingPart::ROOT, &new);
            }
            json == *expected
        });
    if says_the_same && keeps_comments(text, &new) {
        done.text = Some(new);
    } else {
        let first = done.names.drain(..).next();
        done.findings.extend(first.map(unsafe_edit));
    }
    done
}

fn anchored(place: Span) -> Finding {
    let message = "settings with an anchor, an alias or a tag are not rewritten: it would be lost";
    let help =
        "write the value out in place of the alias, and remove `&…` and `!…`; then run this again";
    refused(place, "fmt/reference", message, help)
}

/// Returns a value with the scalars that are text however they are written as text. A setting that an overlay takes out is
/// null.
fn read_as_written(value: &Value, part: SettingPart, text: &str) -> Json {
    match &value.declared {
        Declared::Number(_) | Declared::Bool(_) if part.is_text() => {
            text[value.span.range()].into()
        }
        Declared::List(elements) => {
            let part = part.element();
            elements.iter().map(|element| read_as_written(element, part, text)).collect()
        }
        Declared::Object(_) if part == SettingPart::Instance && withdraws(value) => Json::Null,
        Declared::Object(members) => {
            let member = |Member { name, value, .. }: &Member| {
                (name.clone(), read_as_written(value, part.member(name), text))
            };
            Json::Object(members.iter().map(member).collect())
        }
        _ => value.to_json(),
    }
}

fn withdraws(value: &Value) -> bool {
    value.directive().is_some_and(|directive| directive.name == "$undeclare")
}

/// Collects the plain values that have become words.
fn find<'a>(
    value: &'a Value,
    part: SettingPart,
    written: &Json,
    meant: &Json,
    found: &mut Vec<PlainSetting<'a>>,
) {
    for member in value.members() {
        let (Some(written), Some(meant)) = (written.get(&member.name), meant.get(&member.name))
        else {
            continue;
        };
        let part = part.member(&member.name);
        let is_plain = part == SettingPart::Instance
            && (!written.is_object() || member.value.directive().is_some());
        if is_plain && written != meant {
            found.push(PlainSetting { member, meant: meant.clone() });
        } else {
            find(&member.value, part, written, meant, found);
        }
    }
    for (at, element) in value.elements().iter().enumerate() {
        if let (Some(written), Some(meant)) = (written.get(at), meant.get(at)) {
            find(element, part.element(), written, meant, found);
        }
    }
}

impl PlainSetting<'_> {
    fn replacements(&self, text: &str) -> Vec<Replacement> {
        let Some((word, meant)) = self.meant.as_object().and_then(|words| words.iter().next())
        else {
            return Vec::new();
        };
        let value = &self.member.value;
        let place = value.span.range();
        let source = &text[place.clone()];
        let elements = value.elements().iter().zip(meant.as_array().into_iter().flatten());
        let mut replacements: Vec<Replacement> =
            elements.filter_map(|(element, meant)| replacement(element, meant, text)).collect();
        let is_below = match value.declared {
            Declared::List(_) => !source.starts_with('['),
            Declared::Object(_) => !source.starts_with('{'),
            _ => block_mark(text, self.member).is_some(),
        };
        if is_below {
            replacements.extend(below(text, self.member, word));
        } else if let Declared::List(_) | Declared::Object(_) = value.declared {
            replacements.push((place.start..place.start, format!("{{ {word}: ")));
            replacements.push((place.end..place.end, " }".to_owned()));
        } else {
            let new = replacement(value, meant, text).map(|(_, new)| new);
            let new = new.unwrap_or_else(|| source.to_owned());
            replacements.push((place, format!("{{ {word}: {new} }}")));
        }
        replacements
    }
}

/// Returns the new text of a scalar, unless its own says the same within braces.
fn replacement(value: &Value, meant: &Json, text: &str) -> Option<Replacement> {
    let place = value.span.range();
    let source = &text[place.clone()];
    let is_quoted = source.starts_with(['"', '\'']);
    let stays = match (&value.declared, meant) {
        (Declared::List(_) | Declared::Object(_), _) => true,
        (_, Json::Number(number)) => source == number.to_string(),
        (Declared::String(own), Json::String(meant)) => {
            own == meant && (is_quoted || !source.contains([',', '[', ']', '{', '}', '\n']))
        }
        _ => false,
    };
    if stays { None } else { Some((place, flow(meant))) }
}

/// Returns a value as it stands within braces.
fn flow(value: &Json) -> String {
    match value {
        Json::String(text) => quoted(text),
        Json::Object(members) => {
            let members = members.iter().map(|(word, value)| format!("{word}: {}", flow(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Returns the place of the mark that begins a text of several lines, whose own place is below it.
fn block_mark(text: &str, member: &Member) -> Option<usize> {
    let (name, place) = (member.name_span.range(), member.value.span.range());
    let colon = after_colon(text, name.end, place.start);
    let between = text.get(colon..place.start)?;
    let mark = between.trim_start();
    mark.starts_with(['|', '>']).then_some(colon + between.len() - mark.len())
}

/// Puts a word on a line of its own between a name and its value, and indents the lines of the value.
fn below(text: &str, member: &Member, word: &str) -> Vec<Replacement> {
    let (name, place) = (member.name_span.range(), member.value.span.range());
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |end| end + 1);
    let indent = name.start - line_of(name.start) + 2;
    let line_end = text[name.end..].find('\n').map_or(text.len(), |end| name.end + end);
    let newline = if text[..line_end].ends_with('\r') { "\r\n" } else { "\n" };
    let (word, from) = match block_mark(text, member) {
        Some(mark) => {
            let colon = after_colon(text, name.end, mark);
            let next = text[mark..].find('\n').map_or(text.len(), |end| mark + end + 1);
            ((colon..mark, format!("{newline}{:indent$}{word}: ", "")), next)
        }
        None => {
            let first = line_of(place.start);
            ((first..first, format!("{:indent$}{word}:{newline}", "")), first)
        }
    };
    let end = place.start + text[place].trim_end().len();
    let mut replacements = vec![word];
    let mut line = from;
    while line < end {
        let length = text[line..].find('\n').map_or(text.len() - line, |end| end + 1);
        if !text[line..line + length].trim().is_empty() {
            replacements.push((line..line, "  ".to_owned()));
        }
        line += length;
    }
    replacements
}

/// Returns the text with all replacements, which do not overlap. Of two at one place, the first one stands first.
fn replaced(text: &str, mut replacements: Vec<Replacement>) -> String {
    replacements.sort_by_key(|(place, _)| (place.start, place.end));
    let (mut new, mut from) = (String::with_capacity(text.len()), 0);
    for (place, replacement) in replacements {
        new.push_str(text.get(from..place.start).unwrap_or_default());
        new.push_str(&replacement);
        from = from.max(place.end);
    }
    new + &text[from..]
}

#[cfg(test)]
mod tests;
