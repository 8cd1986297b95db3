//! What a plain scalar means: YAML 1.2's core schema, and nothing of YAML 1.1's `yes` and `on`.

use std::ops::Range;

use serde_yaml::granit_parser::{Span, Tag};

use super::{Node, Yaml, YamlError, tag};

/// The core types of scalars.
const TYPES: [&str; 5] = ["str", "null", "bool", "int", "float"];

/// Why a scalar that reads as a number is none that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberFault {
    /// `.inf` or `.nan`, which JSON does not have.
    NotFinite,
    /// No 64-bit number holds it without loss.
    OutOfRange,
}

/// Returns a scalar as its notation and its tag, if it has one, want it to be read.
pub(super) fn node(
    text: &str,
    plain: bool,
    range: Range<usize>,
    tag: Option<(&Tag, Span)>,
) -> Result<Node, YamlError> {
    let wanted = check_tag(tag)?;
    let value = if wanted == Some("str") || (wanted.is_none() && !plain) {
        Yaml::String(text.to_owned())
    } else {
        resolve(text).map_err(|fault| fault.describe(range.clone()))?
    };
    let node = Node { value, range };
    let fits = match (wanted, &node.value) {
        (None | Some("str"), _)
        | (Some("null"), Yaml::Null)
        | (Some("bool"), Yaml::Bool(_))
        | (Some("int"), Yaml::Int(_))
        | (Some("float"), Yaml::Int(_) | Yaml::Float(_)) => true,
        (Some(_), _) => false,
    };
    if fits {
        return Ok(node);
    }
    let message = format!("{} does not fit its tag", node.kind());
    Err(YamlError::new("yaml/tag", node.range, message).help("remove the tag"))
}

/// Returns the type that a scalar's tag wants.
pub(super) fn check_tag(tag: Option<(&Tag, Span)>) -> Result<Option<&str>, YamlError> {
    tag.map(|(tag, span)| tag::wanted(tag, span, &TYPES)).transpose()
}

impl NumberFault {
    fn describe(self, range: Range<usize>) -> YamlError {
        let (message, help) = match self {
            Self::NotFinite => (
                "infinity and not-a-number cannot be sent as JSON",
                "write a finite number, or quote the text",
            ),
            Self::OutOfRange => (
                "no 64-bit number holds this value exactly",
                "quote it, if it is text such as an identifier",
            ),
        };
        YamlError::new("yaml/number", range, message).help(help)
    }
}

/// Returns the value of a plain scalar.
fn resolve(text: &str) -> Result<Yaml, NumberFault> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Yaml::Null),
        "true" | "True" | "TRUE" => return Ok(Yaml::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Yaml::Bool(false)),
        _ => {}
    }
    if matches!(text.as_bytes()[0], b'0'..=b'9' | b'+' | b'-' | b'.')
        && let Some(number) = number(text)
    {
        return number;
    }
    Ok(Yaml::String(text.to_owned()))
}

/// Returns a number where the text has a number's form.
fn number(text: &str) -> Option<Result<Yaml, NumberFault>> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let form = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
            return form.then(|| with_radix(digits, radix));
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Err(NumberFault::NotFinite));
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() {
        return Some(whole(text, unsigned));
    }
    is_fraction(unsigned).then(|| finite(text).map(Yaml::Float))
}

fn with_radix(digits: &str, radix: u32) -> Result<Yaml, NumberFault> {
    if let Ok(number) = i64::from_str_radix(digits, radix) {
        return Ok(Yaml::Int(number));
    }
    let number = u128::from_str_radix(digits, radix).map_err(|_| NumberFault::OutOfRange)?;
    whole(&number.to_string(), &number.to_string())
}

/// Reads decimal digits; beyond 64 bits only what a float holds to the last digit.
fn whole(text: &str, unsigned: &str) -> Result<Yaml, NumberFault> {
    if let Ok(number) = text.parse() {
        return Ok(Yaml::Int(number));
    }
    let number = finite(text)?;
    if format!("{:.0}", number.abs()) == unsigned.trim_start_matches('0') {
        return Ok(Yaml::Float(number));
    }
    Err(NumberFault::OutOfRange)
}

fn finite(text: &str) -> Result<f64, NumberFault> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(NumberFault::OutOfRange),
    }
}

/// Returns whether the text is `1.5`, `.5`, `1.`, `1e3` and the like. Rust's own parser takes more
/// (`infinity`), so the form is tested before it is asked.
fn is_fraction(unsigned: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(before)
        && digits(after)
        && !(before.is_empty() && after.is_empty())
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema() {
        let text = |text: &str| Yaml::String(text.to_owned());
        for (plain, value) in [
            ("", Yaml::Null),
            ("~", Yaml::Null),
            ("NULL", Yaml::Null),
            ("nUll", text("nUll")),
            ("True", Yaml::Bool(true)),
            ("yes", text("yes")),
            ("off", text("off")),
            ("n", text("n")),
            ("0", Yaml::Int(0)),
            ("-12", Yaml::Int(-12)),
            ("+7", Yaml::Int(7)),
            ("007", Yaml::Int(7)),
            ("0xFf", Yaml::Int(255)),
            ("0o17", Yaml::Int(15)),
            ("0o18", text("0o18")),
            ("-0x1", text("-0x1")),
            ("0b1", text("0b1")),
            ("1_000", text("1_000")),
            ("1.5", Yaml::Float(1.5)),
            ("-.5", Yaml::Float(-0.5)),
            ("1.", Yaml::Float(1.0)),
            ("2e3", Yaml::Float(2000.0)),
            (".", text(".")),
            ("-", text("-")),
            ("e3", text("e3")),
            ("1e", text("1e")),
            ("1.2.3", text("1.2.3")),
            ("10.0.22631.0", text("10.0.22631.0")),
            ("2026-01-01", text("2026-01-01")),
            ("infinity", text("infinity")),
            ("9223372036854775807", Yaml::Int(i64::MAX)),
            ("-9223372036854775808", Yaml::Int(i64::MIN)),
            ("9223372036854775808", Yaml::Float(9_223_372_036_854_775_808.0)),
            ("0x8000000000000000", Yaml::Float(9_223_372_036_854_775_808.0)),
        ] {
            assert_eq!(resolve(plain), Ok(value), "{plain}");
        }
    }

    #[test]
    fn numbers_that_cannot_be_kept() {
        for (plain, fault) in [
            (".inf", NumberFault::NotFinite),
            ("-.INF", NumberFault::NotFinite),
            (".nan", NumberFault::NotFinite),
            ("9223372036854775809", NumberFault::OutOfRange),
            ("0xFFFFFFFFFFFFFFFFF1", NumberFault::OutOfRange),
            ("1e999", NumberFault::OutOfRange),
        ] {
            assert_eq!(resolve(plain), Err(fault), "{plain}");
        }
        assert_eq!(resolve(&"9".repeat(400)), Err(NumberFault::OutOfRange));
    }
}
