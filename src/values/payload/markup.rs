//! Secrets in XML and property lists: in an element or an attribute of a secret's name, and beside such a name.

use std::ops::Range;

use super::name::{can_be_secret, names_secret};

/// The elements that name the value of an element that follows.
const NAMING: [&str; 3] = ["key", "LocURI", "name"];

/// The elements that hold the value that another element names.
const HOLDING: [&str; 6] = ["string", "data", "integer", "Data", "value", "Value"];

/// The attributes that name the value of another one, or of the element.
const IDENTIFYING: [&str; 4] = ["id", "name", "key", "Name"];

/// The payload of Apple whose content is a PFX, and the key of that content.
const PKCS12: (&str, &str) = ("com.apple.security.pkcs12", "PayloadContent");

/// Returns where secrets stand in markup.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    if !text.contains('<') && !text.contains("&lt;") {
        return Vec::new();
    }
    let text = &unescaped(text);
    let holds_pfx = text.contains(PKCS12.0);
    let mut found = Vec::new();
    let mut names_next = false;
    let mut at = 0;
    while let Some(open) = text[at..].find('<').map(|open| at + open) {
        at = open + 1;
        let Some(tag) = Tag::read(text, open) else { continue };
        at = tag.end;
        let content = content(text, tag.end);
        let local = tag.name.rsplit(':').next().unwrap_or(tag.name);
        let mut is_secret = names_secret(local);
        for (name, value) in &tag.attributes {
            let value_text = &text[value.clone()];
            if names_secret(name) && can_be_secret(value_text) {
                found.push(value.clone());
            }
            if IDENTIFYING.contains(name) && names_secret(value_text) {
                is_secret = true;
                let held =
                    tag.attributes.iter().filter(|(name, _)| name.eq_ignore_ascii_case("value"));
                found.extend(held.map(|(_, value)| value.clone()));
            }
        }
        let held = text[content.clone()].trim();
        if NAMING.contains(&local) && !is_secret {
            names_next = names_secret(held) || holds_pfx && held == PKCS12.1;
            continue;
        }
        let is_held = is_secret || names_next && HOLDING.contains(&local);
        if is_held && can_be_secret(held) {
            let start = content.start + text[content.clone()].find(held).unwrap_or(0);
            found.push(start..start + held.len());
        }
        if HOLDING.contains(&local) || matches!(local, "true" | "false" | "array" | "dict") {
            names_next = false;
        }
    }
    found
}

/// Returns the content of an element up to the next tag.
fn content(text: &str, start: usize) -> Range<usize> {
    const OPEN: &str = "<![CDATA[";
    let rest = &text[start..];
    if let Some(inner) = rest.trim_start().strip_prefix(OPEN) {
        let start = text.len() - inner.len();
        return start..inner.find("]]>").map_or(text.len(), |end| start + end);
    }
    start..rest.find('<').map_or(text.len(), |end| start + end)
}

/// Returns a text of the same length in which markup that stands escaped within markup is markup.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "   <").replace("&gt;", ">   ").replace("&quot;", "\"     ")
}

/// The opening tag of an element.
struct Tag<'t> {
    name: &'t str,
    /// The attributes, each with the place of its value.
    attributes: Vec<(&'t str, Range<usize>)>,
    /// The place after it.
    end: usize,
}

impl<'t> Tag<'t> {
    fn read(text: &'t str, open: usize) -> Option<Self> {
        let is_name = |c: char| c.is_alphanumeric() || "_:.-".contains(c);
        let start = open + 1;
        if !text[start..].starts_with(|c: char| c.is_alphabetic()) {
            return None;
        }
        let name_end = start + text[start..].find(|c| !is_name(c))?;
        let mut tag = Self { name: &text[start..name_end], attributes: Vec::new(), end: name_end };
        loop {
            let rest = &text[tag.end..];
            let next = rest.find(|c: char| is_name(c) || c == '>' || c == '<')?;
            tag.end += next;
            if text[tag.end..].starts_with('>') {
                tag.end += 1;
                return Some(tag);
            }
            if text[tag.end..].starts_with('<') {
                return Some(tag);
            }
            let name_start = tag.end;
            tag.end += text[tag.end..].find(|c| !is_name(c))?;
            let name = &text[name_start..tag.end];
            let after = text[tag.end..].trim_start();
            let Some(value) = after.strip_prefix('=').map(str::trim_start) else { continue };
            let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let value_start = text.len() - value.len() + 1;
            let value_end = value_start + text[value_start..].find(quote)?;
            tag.attributes.push((name, value_start..value_end));
            tag.end = value_end + 1;
        }
    }
}
