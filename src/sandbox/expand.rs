//! OData's `$expand`, with expansions inside of expansions.

use super::refusal::Refusal;

/// How deep expansions may nest.
const DEEPEST: usize = 8;

/// A navigation property that an answer shows as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expand {
    /// The property, below a type where the query names one: `microsoft.graph.<type>/<property>`.
    pub(crate) name: String,
    /// What of its targets is shown as well.
    pub(crate) inside: Vec<Expand>,
}

impl Expand {
    /// Reads a `$expand`. Refusals have the words of Microsoft's OData library.
    pub(crate) fn parse(text: &str) -> Result<Vec<Self>, Refusal> {
        Self::parse_at(text, 0)
    }

    fn parse_at(text: &str, depth: usize) -> Result<Vec<Self>, Refusal> {
        if depth > DEEPEST {
            return Err(Refusal::malformed_expand("Recursion depth exceeded allowed limit."));
        }
        let items = split(text, ',')?;
        items.into_iter().map(|item| Self::parse_one(item.trim(), depth)).collect()
    }

    fn parse_one(item: &str, depth: usize) -> Result<Self, Refusal> {
        let (name, options) = match item.split_once('(') {
            Some((name, rest)) => (name.trim_end(), rest.strip_suffix(')')),
            None => (item, Some("")),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_./$-".contains(c);
        let invalid = name.is_empty() || !name.chars().all(is_name);
        let options = options.filter(|_| !invalid).ok_or_else(|| {
            let message = format!("Term '{item}' is not valid in a $select or $expand expression.");
            Refusal::malformed_expand(&message)
        })?;
        if item.ends_with(')') && options.trim().is_empty() {
            return Err(Refusal::malformed_expand(&format!(
                "Missing expand option on navigation property '{name}'. If a parenthesis expression follows an \
                 expanded navigation property, then at least one expand option must be provided."
            )));
        }
        let mut inside = Vec::new();
        for option in split(options, ';')?.into_iter().filter(|option| !option.trim().is_empty()) {
            match option.trim().split_once('=') {
                Some(("$expand", value)) => inside.extend(Self::parse_at(value, depth + 1)?),
                Some((other, _)) if other.starts_with('$') => {
                    return Err(Refusal::not_played(&format!("$expand={name}({other})")));
                }
                _ => {
                    let option = option.trim();
                    let message =
                        format!("Term '{option}' is not valid in a $select or $expand expression.");
                    return Err(Refusal::malformed_expand(&message));
                }
            }
        }
        Ok(Self { name: name.to_owned(), inside })
    }

    /// Refuses options of an expansion that has none here.
    pub(crate) fn is_plain(&self) -> Result<(), Refusal> {
        match self.inside.first() {
            Some(inner) => {
                Err(Refusal::not_played(&format!("$expand={}($expand={})", self.name, inner.name)))
            }
            None => Ok(()),
        }
    }
}

/// Splits at a character that stands in no parentheses.
fn split(text: &str, at: char) -> Result<Vec<&str>, Refusal> {
    let unbalanced = || Refusal::malformed_expand("Found an unbalanced bracket expression.");
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or_else(unbalanced)?,
            _ if c == at && depth == 0 => {
                parts.push(&text[start..index]);
                start = index + c.len_utf8();
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err(unbalanced());
    }
    parts.push(&text[start..]);
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> Expand {
        Expand { name: name.to_owned(), inside: Vec::new() }
    }

    #[test]
    fn expansions_stand_beside_and_inside_each_other() {
        let cast = "microsoft.graph.iosWiFiConfiguration/rootCertificate";
        let text = format!("a($expand=b($expand=c),d;), e ,{cast}");
        let b = Expand { inside: vec![plain("c")], ..plain("b") };
        let a = Expand { inside: vec![b, plain("d")], ..plain("a") };
        let parsed = Expand::parse(&text).expect("an expansion");
        assert_eq!(parsed, [a, plain("e"), plain(cast)]);
    }

    #[test]
    fn malformed_expansions_are_refused_in_the_words_of_odata() {
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
            let refusal = Expand::parse(text).expect_err(text);
            assert_eq!(refusal.status.as_u16(), status, "{text}");
            assert!(refusal.message.contains(words), "{text}: {}", refusal.message);
        }
        let deep = format!("{}a{}", "a($expand=".repeat(50_000), ")".repeat(50_000));
        assert!(Expand::parse(&deep).is_err());
    }
}
