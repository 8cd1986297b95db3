//! The rule of quoting: which texts stand as they are, and how others are quoted, so that every reader of YAML 1.1 and 1.2
//! reads the same value.

use serde_json::{Number, Value as Json};

use crate::text::sanitize::is_hazardous;

/// Words that plain scalars of YAML 1.1 or 1.2 are read as something else than text.
const RESERVED: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// Returns a scalar on one line.
pub(super) fn scalar(value: &Json) -> String {
    match value {
        Json::String(text) => string(text),
        Json::Number(number) => self::number(number),
        other => other.to_string(),
    }
}

/// Returns a text on one line.
pub(super) fn string(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Returns a key. Names that begin with `$` are Moorline's own, and no reader takes them for something else.
pub(super) fn key(name: &str) -> String {
    let own = name.strip_prefix('$').filter(|rest| !rest.is_empty());
    let is_own = own.is_some_and(|rest| rest.bytes().all(|letter| letter.is_ascii_alphabetic()));
    let is_simple = |letter: char| letter.is_ascii_alphanumeric() || "_.~-".contains(letter);
    if is_own || (name.chars().all(is_simple) && is_plain(name)) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Whether every reader takes the plain text for this text, also within brackets.
pub(super) fn is_plain(text: &str) -> bool {
    let begins = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | '/');
    let is_path = text.starts_with("./") || text.starts_with("../");
    let goes_on = |letter: char| letter.is_alphanumeric() || "_./-+()~$%;=@\\ ".contains(letter);
    (text.starts_with(begins) || is_path || is_guid(text))
        && text.chars().all(|letter| goes_on(letter) && is_printable(letter))
        && !text.ends_with(' ')
        && !is_reserved(text)
}

/// Whether readers take a plain text of another author for this text. The rule is wider than that of [`is_plain`], so that an
/// edited value keeps its notation.
pub(super) fn may_be_plain(text: &str, in_flow: bool) -> bool {
    let begins = |letter: char| letter.is_alphanumeric() || "_/\\$(<+".contains(letter);
    let is_path = text.starts_with("./") || text.starts_with("../");
    (text.starts_with(begins) || is_path)
        && !text.starts_with("<<")
        && text.chars().all(is_printable)
        && !text.ends_with([' ', ':'])
        && ![": ", " #"].iter().any(|sign| text.contains(sign))
        && !(in_flow && text.contains([',', '[', ']', '{', '}']))
        && !is_reserved(text)
        && (is_guid(text) || is_version(text) || !is_like_number(text))
}

/// Whether a text has the letters of numbers, times and dates of YAML 1.1 alone.
fn is_like_number(text: &str) -> bool {
    let may_be = |letter: char| letter.is_ascii_hexdigit() || "+-._:,xXtTzZoO ".contains(letter);
    text.starts_with(|letter: char| letter.is_ascii_digit() || letter == '+')
        && text.chars().all(may_be)
}

/// Whether a text is a version of three numbers or more.
fn is_version(text: &str) -> bool {
    let is_number =
        |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    text.split('.').count() > 2 && text.split('.').all(is_number)
}

fn is_reserved(text: &str) -> bool {
    RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a text is an id such as templates have, which no reader takes for a number.
fn is_guid(text: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|letter| letter.is_ascii_hexdigit());
    text.len() == 36
        && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.split('-').all(is_hex)
}

/// Returns a text in single quotes where it holds a quote or a backslash, else in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let is_simpler = text.contains(['\\', '"']);
    single_quoted(text).filter(|_| is_simpler).unwrap_or_else(|| double_quoted(text))
}

/// Returns a text in single quotes, where each of its letters stands for itself.
pub(super) fn single_quoted(text: &str) -> Option<String> {
    text.chars().all(is_printable).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// Returns a text in double quotes.
pub(super) fn double_quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            letter if is_printable(letter) => quoted.push(letter),
            letter if u32::from(letter) > 0xffff => {
                quoted += &format!("\\U{:08x}", u32::from(letter));
            }
            letter => quoted += &format!("\\u{:04x}", u32::from(letter)),
        }
    }
    quoted + "\""
}

/// Whether a letter stands for itself in a line of any reader, and is seen.
pub(super) fn is_printable(letter: char) -> bool {
    let is_blank = matches!(letter, '\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    !is_hazardous(letter) && !is_blank && !matches!(letter, '\u{fff0}'..='\u{ffff}')
}

/// Whether a text of several lines can be written as it is, below `|`.
pub(super) fn is_block_scalar(text: &str) -> bool {
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

/// Returns a number. YAML 1.1 has a point and a sign in every power of ten.
fn number(number: &Number) -> String {
    let text = number.to_string();
    let Some((digits, power)) = text.split_once('e') else { return text };
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if power.starts_with(['-', '+']) { "" } else { "+" };
    format!("{digits}{point}e{sign}{power}")
}

/// Returns a text as a comment, on one line and without its `#`: blanks are joined, and what is not printable becomes one.
pub(super) fn comment(text: &str) -> Option<String> {
    let text = comment_line(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Returns a line of a comment with its own blanks.
pub(super) fn comment_line(text: &str) -> String {
    let text = text.chars().map(|letter| if is_printable(letter) { letter } else { ' ' });
    text.collect::<String>().trim_end().to_owned()
}
