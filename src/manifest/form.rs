//! Our own documents against their derived schemas, with words for people.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value as Json;

use super::foreign;
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{FileId, Finding, Span};
use crate::schema::validate::{Problem, Step, Violation, violations_under};
use crate::yaml::{Node, Yaml};

/// The schema of one of our own documents, and what checks it.
pub(super) struct Form {
    schema: Json,
    validator: jsonschema::Validator,
}

impl Form {
    /// Derives the schema of a type.
    pub(super) fn of<T: schemars::JsonSchema>() -> Self {
        let schema = schemars::schema_for!(T).to_value();
        let validator = jsonschema::options()
            .offline()
            .build(&schema)
            .expect("a derived schema is valid, and every load of a manifest uses it");
        Self { schema, validator }
    }

    /// Returns the keys that a mapping may have.
    fn keys(&self, path: &[Step]) -> Vec<String> {
        let mut at = &self.schema;
        for step in path {
            at = match step {
                Step::Member(name) => &at["properties"][name],
                Step::Element(_) => &at["items"],
            };
            let definition = at["$ref"].as_str().and_then(|to| to.strip_prefix("#/$defs/"));
            if let Some(name) = definition {
                at = &self.schema["$defs"][name];
            }
        }
        let properties = at["properties"].as_object();
        properties.map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
    }
}

/// Reads a document as a type, or finds what keeps it from being one.
pub(super) fn typed<T: serde::de::DeserializeOwned>(
    form: &Form,
    file: FileId,
    root: &Node,
    body: Json,
    findings: &mut Vec<Finding>,
) -> Option<T> {
    let violations = violations_under(&form.validator, &body);
    if violations.is_empty() {
        match serde_json::from_value(body) {
            Ok(value) => return Some(value),
            Err(error) => findings.push(Finding::error(
                "manifest/unreadable",
                Span::new(file, root.range.clone()),
                format!("this document cannot be read: {error}"),
            )),
        }
        return None;
    }
    let reader = Reader { form, file, root };
    findings.extend(reader.missing(&violations));
    findings.extend(violations.iter().filter_map(|violation| reader.finding(violation)));
    None
}

/// Puts violations of a document's schema into words.
struct Reader<'a> {
    form: &'a Form,
    file: FileId,
    root: &'a Node,
}

impl Reader<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.file, range.clone())
    }

    /// Returns one finding for all keys that a mapping lacks. A key that was misspelt is not missing.
    fn missing(&self, violations: &[Violation]) -> Vec<Finding> {
        let mut lacking: BTreeMap<&[Step], Vec<String>> = BTreeMap::new();
        for violation in violations {
            if let Problem::Missing(key) = &violation.problem {
                lacking.entry(&violation.path).or_default().push(key.clone());
            }
        }
        let misspelt = |path: &[Step], key: &str| {
            violations.iter().any(|other| {
                matches!(&other.problem, Problem::UnknownProperty(unknown)
                    if other.path == path && self.meant(path, unknown).as_deref() == Some(key))
            })
        };
        let mut findings = Vec::new();
        for (path, mut keys) in lacking {
            keys.retain(|key| !misspelt(path, key));
            if keys.is_empty() {
                continue;
            }
            let place = locate(self.root, path);
            let keys = all_of(&keys.iter().map(|key| format!("{key}:")).collect::<Vec<_>>());
            let message = format!("{} lacks {keys}", place.name);
            let code = "schema/required";
            findings.push(
                Finding::error(code, self.span(place.begin), message).help(format!("add {keys}")),
            );
        }
        findings
    }

    /// Returns the key that was probably meant and is not there yet.
    fn meant(&self, path: &[Step], unknown: &str) -> Option<String> {
        let mapping = locate(self.root, path).node;
        let mut keys = self.form.keys(path);
        keys.retain(|key| mapping.get(key).is_none());
        nearest(unknown, keys.iter().map(String::as_str)).map(str::to_owned)
    }

    fn finding(&self, violation: &Violation) -> Option<Finding> {
        let Place { node, name, .. } = locate(self.root, &violation.path);
        // An element is known by the list that it is in.
        let keys = violation.path.iter().rev();
        let key = keys.into_iter().find_map(|step| match step {
            Step::Member(key) => Some(key.as_str()),
            _ => None,
        });
        let key = key.unwrap_or_default();
        let error = |message: String| {
            Finding::error(format!("schema/{}", violation.keyword), self.span(&node.range), message)
        };
        let value = match node.as_str() {
            Some(text) => format!("`{text}`"),
            None => node.kind().to_owned(),
        };
        Some(match &violation.problem {
            Problem::Missing(_) => return None,
            Problem::UnknownProperty(unknown) => self.unknown(violation, node, &name, unknown),
            Problem::NotAMember(members) => error(format!("{value} is not a value of {name}"))
                .help(format!("use {}", one_of(members))),
            Problem::WrongType(expected) => {
                let message = format!(
                    "{name} must be {}, and this is {}",
                    expected.join(" or "),
                    node.kind()
                );
                error(message).help(match (key, expected.first()) {
                    ("assignments", _) => {
                        "write `[]` to assign to nobody; remove the line to leave the assignments alone"
                    }
                    ("spec", _) => "declare the object's properties below it, each as `name: value`",
                    (_, Some(&"a string")) => "put the value in quotes",
                    (_, Some(&"a list")) => "write it in brackets, `[…]`, or as lines that begin with `- `",
                    (_, Some(&"a mapping")) => "write `key: value` lines below it",
                    _ => "write such a value, without quotes",
                })
            }
            Problem::NotMatching => {
                let (what, help) = match key {
                    "tenantId" => (
                        "names no tenant",
                        "use the tenant's GUID or one of its verified domains, such as contoso.onmicrosoft.com",
                    ),
                    "id" => (
                        "is no object id",
                        "use the live object's GUID, as its page in the portal shows it",
                    ),
                    "allow" => (
                        "is no name of an environment variable",
                        "use letters, digits and `_`, and no digit first",
                    ),
                    _ => (
                        "cannot be a name",
                        "use lower-case letters, digits, `-` and `.`, a letter or digit first and last",
                    ),
                };
                error(format!("{value} {what}")).help(help)
            }
            Problem::TooGreat(limit) => error(format!("{name} is greater than {limit}"))
                .help(format!("use at most {limit}")),
            Problem::TooSmall(limit) => error(format!("{name} is smaller than {limit}"))
                .help(format!("use at least {limit}")),
            Problem::TooMany(limit) => {
                error(format!("{name} has more than {limit} elements")).help("remove some")
            }
            Problem::TooLong(limit) => {
                error(format!("{name} is longer than {limit} characters")).help("shorten it")
            }
            Problem::Malformed(format) => {
                error(format!("{name} is no valid {format}")).help("correct it")
            }
            Problem::Other(words) => {
                error(format!("{name}: {words}")).help("compare it with the examples")
            }
        })
    }

    fn unknown(&self, violation: &Violation, node: &Node, name: &str, unknown: &str) -> Finding {
        let range = node.entry(unknown).map_or(&node.range, |entry| &entry.key_range);
        let message = format!("{name} has no key `{unknown}`");
        let finding =
            Finding::error(format!("schema/{}", violation.keyword), self.span(range), message);
        if let Some(near) = self.meant(&violation.path, unknown) {
            return finding.help(format!("did you mean `{near}`?")).replace_with(near);
        }
        let belongs =
            violation.path.is_empty().then(|| foreign::belongs(self.root, unknown)).flatten();
        finding.help(belongs.unwrap_or_else(|| {
            format!("{name} takes {}", all_of(&self.form.keys(&violation.path)))
        }))
    }
}

/// A value of a document, what it is called, and where it begins.
struct Place<'a> {
    node: &'a Node,
    name: String,
    /// Its key, or its own beginning where it has none.
    begin: &'a Range<usize>,
}

fn locate<'a>(root: &'a Node, path: &[Step]) -> Place<'a> {
    let begin = match &root.value {
        Yaml::Map(entries) if !entries.is_empty() => &entries[0].key_range,
        _ => &root.range,
    };
    let mut place = Place { node: root, name: "the document".to_owned(), begin };
    for step in path {
        match (step, &place.node.value) {
            (Step::Member(name), Yaml::Map(_)) => {
                let Some(entry) = place.node.entry(name) else {
                    break;
                };
                place = Place {
                    node: &entry.value,
                    name: format!("`{name}`"),
                    begin: &entry.key_range,
                };
            }
            (Step::Element(index), Yaml::Seq(items)) => {
                let Some(item) = items.get(*index) else { break };
                let name = format!("an element of {}", place.name);
                place = Place { node: item, name, begin: &item.range };
            }
            _ => break,
        }
    }
    place
}

/// Returns keys as `a`, `b` and `c`.
fn all_of(keys: &[String]) -> String {
    one_of(keys).replacen(" or `", " and `", 1)
}
