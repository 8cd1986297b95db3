//! OData's `$expand`, with expansions inside of expansions.

use super::refusal::{Allowed, ErrorResponse, table};

/// How deep expansions may nest.
const DEEPEST: usize = 8;

/// A navigation property that an answer includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expansion {
    /// The property, below a type where the query names one: `microsoft.graph.<type>/<property>`.
    pub(crate) name: String,
    /// The navigation properties of its targets that the answer includes.
    pub(crate) inside: Vec<Expansion>,
}

impl Expansion {
    /// Reads a `$expand`. Refusals have the texts of Microsoft's OData library.
    pub(crate) fn parse(text: &str) -> Allowed<Vec<Self>> {
        Self::parse_at(text, 0)
    }

    fn parse_at(text: &str, depth: usize) -> Allowed<Vec<Self>> {
        if depth > DEEPEST {
            return Err(table::EXPAND_TOO_DEEP.refusal(&[]));
        }
        let items = split(text, ',')?;
        items.into_iter().map(|item| Self::parse_item(item.trim(), depth)).collect()
    }

    fn parse_item(item: &str, depth: usize) -> Allowed<Self> {
        let invalid = |term: &str| table::INVALID_TERM.refusal(&[&term]);
        let (name, options) = match item.split_once('(') {
            Some((name, rest)) => (name.trim_end(), rest.strip_suffix(')')),
            None => (item, Some("")),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_./$-".contains(c);
        let is_named = !name.is_empty() && name.chars().all(is_name);
        let options = options.filter(|_| is_named).ok_or_else(|| invalid(item))?;
        if item.ends_with(')') && options.trim().is_empty() {
            return Err(table::EXPAND_OPTION_MISSING.refusal(&[&name]));
        }
        let mut inside = Vec::new();
        for option in split(options, ';')?.into_iter().map(str::trim).filter(|o| !o.is_empty()) {
            match option.split_once('=') {
                Some(("$expand", value)) => inside.extend(Self::parse_at(value, depth + 1)?),
                Some((other, _)) if other.starts_with('$') => {
                    let option = format!("$expand={name}({other})");
                    return Err(table::OPTION_NOT_PLAYED.refusal(&[&option]));
                }
                _ => return Err(invalid(option)),
            }
        }
        Ok(Self { name: name.to_owned(), inside })
    }

    /// Refuses options of an expansion that has none here.
    pub(crate) fn is_plain(&self) -> Allowed<()> {
        self.inside.first().map_or(Ok(()), |inner| {
            let option = format!("$expand={}($expand={})", self.name, inner.name);
            Err(table::OPTION_NOT_PLAYED.refusal(&[&option]))
        })
    }

    /// Returns the refusal of an expansion that the sandbox does not support.
    pub(crate) fn not_played(&self) -> ErrorResponse {
        table::OPTION_NOT_PLAYED.refusal(&[&format!("$expand={}", self.name)])
    }
}

/// Splits at a character that stands in no parentheses.
fn split(text: &str, at: char) -> Allowed<Vec<&str>> {
    let mut depth = 0_i32;
    let mut lowest = 0;
    let parts = text.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        lowest = lowest.min(depth);
        c == at && depth == 0
    });
    let parts = parts.collect();
    if (depth, lowest) == (0, 0) { Ok(parts) } else { Err(table::EXPAND_UNBALANCED.refusal(&[])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> Expansion {
        Expansion { name: name.to_owned(), inside: Vec::new() }
    }

    #[test]
    fn sibling_and_nested_expansions_are_parsed() {
        let cast = "microsoft.graph.iosWiFiConfiguration/rootCertificate";
        let text = format!("a($expand=b($expand=c),d;), e ,{cast}");
        let b = Expansion { inside: vec![plain("c")], ..plain("b") };
        let a = Expansion { inside: vec![b, plain("d")], ..plain("a") };
        let parsed = Expansion::parse(&text).expect("an expansion");
        assert_eq!(parsed, [a, plain("e"), plain(cast)]);
    }

    #[test]
    fn malformed_expansions_are_refused_with_odata_texts() {
        for (text, status, words) in [
            ("", 400, "Term '' is not valid"),
            ("a,", 400, "Term '' is not valid"),
            ("a b", 400, "Term 'a b' is not valid"),
            ("a($expand=b", 400, "unbalanced bracket"),
            ("a)", 400, "unbalanced bracket"),
            ("a()", 400, "Missing expand option on navigation property 'a'"),
            ("a($expand=b)c", 400, "Term 'a($expand=b)c' is not valid"),
            ("a(b)", 400, "Term 'b' is not valid"),
            ("($expand=b)", 400, "is not valid"),
            ("a($expand=)", 400, "Term '' is not valid"),
            ("a($select=id)", 501, "$select"),
        ] {
            let refusal = Expansion::parse(text).expect_err(text);
            assert_eq!(refusal.status.as_u16(), status, "{text}");
            assert!(refusal.message.contains(words), "{text}: {}", refusal.message);
        }
        let deep = format!("{}a{}", "a($expand=".repeat(50_000), ")".repeat(50_000));
        assert!(Expansion::parse(&deep).is_err());
    }
}
