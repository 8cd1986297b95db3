//! Resolves plain scalars by YAML 1.2's core schema, without YAML 1.1's `yes` and `on`.

use serde_json::Number;
use serde_yaml::granit_parser::Tag;

use super::{Declared, Value, tag};
use crate::diagnostic::{Finding, Span};

/// The core types of scalars.
const TYPES: [&str; 5] = ["str", "null", "bool", "int", "float"];

/// The message and the help for a number that cannot be represented.
type NumberFault = (&'static str, &'static str);

/// `.inf` or `.nan`, which JSON does not have.
const NOT_FINITE: NumberFault = (
    "infinity and not-a-number cannot be sent as JSON",
    "write a finite number, or quote the text",
);
/// No 64-bit number holds it without loss.
const OUT_OF_RANGE: NumberFault =
    ("no 64-bit number holds this value exactly", "quote it, if it is text such as an identifier");

/// Returns the value of a scalar by its notation and its tag, if it has one.
pub(super) fn value(
    text: &str,
    plain: bool,
    span: Span,
    tag: Option<(&Tag, Span)>,
) -> Result<Value, Finding> {
    let wanted = check_tag(tag)?;
    let declared = if wanted == Some("str") || (wanted.is_none() && !plain) {
        Declared::String(text.to_owned())
    } else {
        let fault = |(message, help)| Finding::error("yaml/number", span, message).help(help);
        resolve(text).map_err(fault)?
    };
    let fits = match (wanted, &declared) {
        (None | Some("str"), _)
        | (Some("null"), Declared::Null)
        | (Some("bool"), Declared::Bool(_))
        | (Some("float"), Declared::Number(_)) => true,
        (Some("int"), Declared::Number(number)) => !number.is_f64(),
        (Some(_), _) => false,
    };
    let value = Value { declared, span };
    if fits {
        return Ok(value);
    }
    let message = format!("{} does not fit its tag", value.kind());
    Err(Finding::error("yaml/tag", span, message).help("remove the tag"))
}

/// Returns the type that a scalar's tag asks for.
pub(super) fn check_tag(tag: Option<(&Tag, Span)>) -> Result<Option<&str>, Finding> {
    tag.map(|(tag, span)| tag::wanted(tag, span, &TYPES)).transpose()
}

/// Returns the value of a plain scalar.
fn resolve(text: &str) -> Result<Declared, NumberFault> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Declared::Null),
        "true" | "True" | "TRUE" => return Ok(Declared::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Declared::Bool(false)),
        _ => {}
    }
    if matches!(text.as_bytes()[0], b'0'..=b'9' | b'+' | b'-' | b'.')
        && let Some(number) = number(text)
    {
        return number.map(Declared::Number);
    }
    Ok(Declared::String(text.to_owned()))
}

/// Returns a number where the text has a number's form.
fn number(text: &str) -> Option<Result<Number, NumberFault>> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let form = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
            return form.then(|| with_radix(digits, radix));
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Err(NOT_FINITE));
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() {
        return Some(whole(text, unsigned));
    }
    is_fraction(unsigned).then(|| finite(text))
}

fn with_radix(digits: &str, radix: u32) -> Result<Number, NumberFault> {
    let number = u128::from_str_radix(digits, radix).map_err(|_| OUT_OF_RANGE)?.to_string();
    whole(&number, &number)
}

/// Reads decimal digits; beyond 64 bits only numbers that a float represents exactly.
fn whole(text: &str, unsigned: &str) -> Result<Number, NumberFault> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number.into());
    }
    let number = finite(text)?;
    let digits = number.as_f64().map(|number| format!("{:.0}", number.abs()));
    let is_exact = digits.as_deref() == Some(unsigned.trim_start_matches('0'));
    if is_exact { Ok(number) } else { Err(OUT_OF_RANGE) }
}

fn finite(text: &str) -> Result<Number, NumberFault> {
    text.parse().ok().and_then(Number::from_f64).ok_or(OUT_OF_RANGE)
}

/// Whether the text is `1.5`, `.5`, `1.`, `1e3` and the like. Rust's own parser takes more
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
    fn plain_scalars_follow_the_core_schema() {
        let text = |text: &str| Declared::String(text.to_owned());
        let int = |number: i64| Declared::Number(number.into());
        let float = |number| Declared::Number(Number::from_f64(number).expect("finite"));
        for (plain, value) in [
            ("", Declared::Null),
            ("~", Declared::Null),
            ("NULL", Declared::Null),
            ("nUll", text("nUll")),
            ("True", Declared::Bool(true)),
            ("yes", text("yes")),
            ("off", text("off")),
            ("n", text("n")),
            ("0", int(0)),
            ("-12", int(-12)),
            ("+7", int(7)),
            ("007", int(7)),
            ("0xFf", int(255)),
            ("0o17", int(15)),
            ("0o18", text("0o18")),
            ("-0x1", text("-0x1")),
            ("0b1", text("0b1")),
            ("1_000", text("1_000")),
            ("1.5", float(1.5)),
            ("-.5", float(-0.5)),
            ("1.", float(1.0)),
            ("2e3", float(2000.0)),
            (".", text(".")),
            ("-", text("-")),
            ("e3", text("e3")),
            ("1e", text("1e")),
            ("1.2.3", text("1.2.3")),
            ("10.0.22631.0", text("10.0.22631.0")),
            ("2026-01-01", text("2026-01-01")),
            ("infinity", text("infinity")),
            ("9223372036854775807", int(i64::MAX)),
            ("-9223372036854775808", int(i64::MIN)),
            ("9223372036854775808", float(9_223_372_036_854_775_808.0)),
            ("0x8000000000000000", float(9_223_372_036_854_775_808.0)),
        ] {
            assert_eq!(resolve(plain), Ok(value), "{plain}");
        }
    }

    #[test]
    fn numbers_without_an_exact_value_are_refused() {
        for (plain, fault) in [
            (".inf", NOT_FINITE),
            ("-.INF", NOT_FINITE),
            (".nan", NOT_FINITE),
            ("9223372036854775809", OUT_OF_RANGE),
            ("0xFFFFFFFFFFFFFFFFF1", OUT_OF_RANGE),
            ("1e999", OUT_OF_RANGE),
        ] {
            assert_eq!(resolve(plain), Err(fault), "{plain}");
        }
        assert_eq!(resolve(&"9".repeat(400)), Err(OUT_OF_RANGE));
    }
}
