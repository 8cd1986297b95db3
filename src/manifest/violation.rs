//! Turns violations of a schema into findings with a remedy.

use serde_json::Value as Json;

use super::assignment;
use super::bounded::MAX_FINDINGS;
use super::document_schema::DocumentSchema;
use super::place::Place;
use super::unknown;
use super::value::{Declared, Value};
use super::{not_a_manifest, pattern, settings};
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{Finding, Sources, Span};
use crate::schema::model::{Model, Shape};
use crate::schema::types::{GraphVersion, Types, odata_type, type_name};
use crate::schema::validate::{Problem, Violation, violations};
use crate::schema::walk::Tree;

/// The letters of a long text that a message shows.
pub(super) const SHORTENED: usize = 57;

/// The most members of an enum that a message lists.
const MOST_MEMBERS: usize = 12;

/// Members that mean "not set", for properties that cannot be null.
const UNSET: [&str; 4] = ["notConfigured", "userDefined", "deviceDefault", "none"];

/// Checks a resolved value against the schema of its Graph type.
pub(super) fn check(
    version: GraphVersion,
    kind: &str,
    value: &Value,
    sources: Option<&Sources>,
) -> Vec<Finding> {
    // A secret is any text.
    let mut body = value.to_json_with(&|_| Json::String(String::new()));
    let mut findings = Vec::new();
    // The schema has settings in Graph's form.
    for name in settings::properties(version, kind) {
        body.as_object_mut().map(|members| members.remove(&name));
        findings.extend(value.get(&name).into_iter().flat_map(settings::check));
    }
    let violations = violations(version, kind, &body);
    findings.extend(report(Schema { version, kind, document: None }, value, &violations, sources));
    findings
}

/// Returns the findings of violations. With `sources`, a finding can offer the value's text rewritten.
pub(super) fn report(
    schema: Schema<'_>,
    root: &Value,
    violations: &[Violation],
    sources: Option<&Sources>,
) -> Vec<Finding> {
    let findings = violations.iter().take(MAX_FINDINGS + 1).filter_map(|violation| {
        let place = Place::of(violation, Model::of(schema.version), schema.kind, root);
        ViolationReporter { schema, root, violations, violation, place, sources }.finding()
    });
    findings.collect()
}

/// The schema that a value is checked against.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    pub(super) version: GraphVersion,
    /// The Graph type, or the name of the document in messages.
    pub(super) kind: &'a str,
    /// The schema, for a document of Moorline's own format.
    pub(super) document: Option<&'a DocumentSchema>,
}

/// Makes the finding of one violation.
struct ViolationReporter<'a> {
    schema: Schema<'a>,
    root: &'a Value,
    /// All violations of the schema in the value.
    violations: &'a [Violation],
    violation: &'a Violation,
    place: Place<'a>,
    sources: Option<&'a Sources>,
}

impl ViolationReporter<'_> {
    fn code(&self) -> String {
        format!("schema/{}", self.violation.keyword)
    }

    fn error(&self, message: String) -> Finding {
        Finding::error(self.code(), self.place.value.span, message)
    }

    /// Returns the name of the value for a message.
    fn subject(&self) -> String {
        if self.schema.document.is_some() && self.violation.path.is_empty() {
            return self.schema.kind.to_owned();
        }
        self.place.subject()
    }

    fn finding(&self) -> Option<Finding> {
        let Place { value, name, .. } = &self.place;
        let subject = self.subject();
        let is_null = value.declared == Declared::Null && self.schema.document.is_none();
        Some(match &self.violation.problem {
            Problem::UnknownProperty(unknown) => self.unknown_property(unknown),
            Problem::NotAMember(members) if name == "@odata.type" => self.wrong_type_name(members),
            Problem::NotAMember(members) if is_null => self.null(members),
            Problem::NotAMember(members) => {
                let error = self.error(format!("{} is not a value of `{name}`", quoted(value)));
                self.choose(error, value.as_str().unwrap_or_default(), members, "use")
            }
            Problem::NotMatching(pattern) => self.not_matching(pattern),
            Problem::WrongType(_) if is_null => self.null(&[]),
            Problem::WrongType(expected) => {
                let expected_words = expected.join(" or ");
                let message =
                    format!("{subject} must be {expected_words}, and this is {}", value.kind());
                self.mend_type(self.error(message), expected)
            }
            Problem::TooSmall(limit) => self.out_of_range(limit, "smaller", "least"),
            Problem::TooGreat(limit) => self.out_of_range(limit, "greater", "most"),
            Problem::TooMany(limit) => {
                let message =
                    format!("`{name}` has {} elements and takes {limit}", value.elements().len());
                self.error(message).help(format!("keep {limit} of them"))
            }
            Problem::TooLong(limit) => self
                .error(format!("{subject} is longer than {limit} characters"))
                .help(format!("use at most {limit} characters")),
            Problem::Malformed(format) => self.malformed(format),
            Problem::Missing(missing) => match self.schema.document {
                None => self.missing_type(missing),
                Some(document) => self.missing_keys(document)?,
            },
            Problem::Other(words) => {
                let help = match self.schema.document {
                    None => format!("`moorline schema {}` says what it takes", self.schema.kind),
                    Some(_) => "compare it with the examples".to_owned(),
                };
                self.error(format!("{subject}: {words}")).help(help)
            }
        })
    }

    fn unknown_property(&self, unknown: &str) -> Finding {
        let value = self.place.value;
        let span = value.entry(unknown).map_or(value.span, |member| member.name_span);
        let version = self.schema.version;
        let Some(document) = self.schema.document else {
            let structure = self.place.structure.as_deref();
            return unknown::property(version, self.code(), span, value, structure, unknown);
        };
        let (subject, path) = (self.subject(), &self.violation.path[..]);
        let belongs = || not_a_manifest::belongs(self.root, unknown).filter(|_| path.is_empty());
        let takes = || match document.keys(path) {
            keys if keys.is_empty() => "remove it".to_owned(),
            keys => format!("{subject} takes {}", all_of(&keys)),
        };
        Finding::error(self.code(), span, format!("{subject} has no key `{unknown}`")).suggest(
            document.meant(path, value, unknown).as_deref(),
            belongs().unwrap_or_else(takes),
        )
    }

    /// Returns one finding for all keys that a mapping of a document lacks, at the first of the violations. A misspelt
    /// key is not missing.
    fn missing_keys(&self, document: &DocumentSchema) -> Option<Finding> {
        let path = &self.violation.path;
        // No more findings are shown, and each of them is compared with all keys.
        let shown = self.violations.iter().take(MAX_FINDINGS + 1);
        let here = || shown.clone().filter(|other| other.path == *path);
        let misspelt = |key: &str| {
            here().any(|other| match &other.problem {
                Problem::UnknownProperty(unknown) => {
                    document.meant(path, self.place.value, unknown).as_deref() == Some(key)
                }
                _ => false,
            })
        };
        let mut lacking = here()
            .filter_map(|other| match &other.problem {
                Problem::Missing(key) => Some((other, key)),
                _ => None,
            })
            .peekable();
        let (first, _) = lacking.peek()?;
        if !std::ptr::eq(*first, self.violation) {
            return None;
        }
        let keys: Vec<&String> =
            lacking.filter(|(_, key)| !misspelt(key)).map(|(_, key)| key).collect();
        if keys.is_empty() {
            return None;
        }
        let written: Vec<String> = keys.iter().map(|key| document.skeleton(path, key)).collect();
        let help = format!("add {}", all_of(&written));
        let keys: Vec<String> = keys.into_iter().map(|key| format!("{key}:")).collect();
        let begin = match self.root.members().first() {
            Some(first) if path.is_empty() => first.name_span,
            _ => self.place.key,
        };
        let keys = all_of(&keys);
        let message = format!("{} lacks {keys}", self.subject());
        Some(Finding::error(self.code(), begin, message).help(help))
    }

    /// Offers the nearest member, or lists the members to choose from.
    fn choose(&self, error: Finding, written: &str, members: &[String], verb: &str) -> Finding {
        // Graph answers with this member for values that a client may not know; it cannot be written.
        let members = members.iter().filter(|member| *member != "unknownFutureValue");
        let members: Vec<String> = members.cloned().collect();
        // The few choices of a document are all listed.
        let near = nearest(written, &members).filter(|_| self.schema.document.is_none());
        match near {
            // Of a set of flags only one is replaced.
            Some(near) if verb != "use" => error.help(format!("did you mean `{near}`?")),
            None if members.len() > MOST_MEMBERS => error.help(format!(
                "`moorline schema {}` lists all {} values",
                self.schema.kind,
                members.len()
            )),
            near => error.suggest(near, format!("{verb} {}", one_of(&members))),
        }
    }

    /// Reports an unknown flag in a set of flags, or a text that does not match its pattern.
    fn not_matching(&self, pattern: &str) -> Finding {
        let Place { value, name, property, .. } = &self.place;
        if let Some(property) = property {
            let members = members_of(&property.shape);
            let text = value.as_str().unwrap_or_default();
            let mut flags = text.split(',').map(str::trim);
            let wrong = flags.find(|flag| !members.iter().any(|m| m == flag)).unwrap_or(text);
            let error = self.error(format!("`{wrong}` is not a value of `{name}`"));
            return self.choose(error, wrong, members, "join by commas any of");
        }
        let subject = quoted(value);
        pattern::finding(pattern, value, |fault| self.error(format!("{subject} {fault}")))
    }

    /// Returns the finding of a value that YAML takes for a comment, because it begins with `#`.
    fn commented_out(&self) -> Option<Finding> {
        let Place { value, name, .. } = &self.place;
        if value.declared != Declared::Null {
            return None;
        }
        let end = value.span.range().end;
        let rest = self.sources?.text(Span::new(value.span.file, end..usize::MAX));
        let line = rest.lines().next().unwrap_or_default().trim_end();
        let comment = line.trim_start_matches([' ', ':']);
        // One word: a sentence is meant as a comment.
        let is_word = comment.len() > 1 && !comment.contains([' ', '"', '\'', '\\']);
        if !comment.starts_with('#') || !is_word {
            return None;
        }
        let place = end + line.len() - comment.len()..end + line.len();
        let message = format!("`{name}` has no value: `#` begins a comment");
        Some(
            Finding::error(self.code(), Span::new(value.span.file, place), message)
                .help("put the value in quotes")
                .replace_with(format!("\"{comment}\"")),
        )
    }

    fn null(&self, members: &[String]) -> Finding {
        if let Some(finding) = self.commented_out() {
            return finding;
        }
        let unset = UNSET.into_iter().find(|unset| members.iter().any(|member| member == unset));
        let help = match unset {
            _ if self.place.name == "displayName" => {
                "write the name that the portal shows".to_owned()
            }
            _ if self.place.element => "remove the element".to_owned(),
            Some(member) => {
                format!("write `{member}` to unset it, or remove the line to leave it alone")
            }
            None => "remove the line to leave it alone".to_owned(),
        };
        self.error(format!("{} cannot be null", self.place.subject())).help(help)
    }

    fn out_of_range(&self, limit: &Json, than: &str, bound: &str) -> Finding {
        let whole = (i64::from(i32::MIN), i64::from(i32::MAX));
        let property = self.place.property.as_ref();
        let cap = property.and_then(|property| property.facts.capped);
        let help = match (property.map(|property| property.range), cap) {
            (Some((Some(minimum), _)), Some(cap)) => {
                format!("use {minimum} to {}, or {} for no limit", cap.at, cap.unlimited)
            }
            (Some((Some(minimum), Some(maximum))), None) if (minimum, maximum) == whole => {
                "use a 32-bit whole number".to_owned()
            }
            (Some((Some(minimum), Some(maximum))), _) => format!("use {minimum} to {maximum}"),
            _ => format!("use at {bound} {limit}"),
        };
        self.error(format!("{} is {than} than {limit}", self.place.subject())).help(help)
    }

    fn malformed(&self, format: &str) -> Finding {
        let (what, help) = match format {
            "date-time" => ("a date and time", "write it like `2026-03-31T22:00:00Z`"),
            "date" => ("a date", "write it like `2026-03-31`"),
            "time-of-day" => ("a time of day", "write it like `08:00:00`"),
            "duration" => ("a duration", "write it like `PT8H` for 8 hours or `P7D` for 7 days"),
            "uuid" => ("a GUID", "write it like `8d2ac1f8-6b1c-4a53-9a54-0d7f1c8e6b11`"),
            "byte" => {
                ("base64", "have it encoded: `{ $file: … }` for a file, `{ $text: … }` for a text")
            }
            other => (other, "correct it"),
        };
        self.error(format!("{} must be {what}", self.place.subject())).help(help)
    }

    /// Reports a value of a polymorphic property without `@odata.type`.
    fn missing_type(&self, missing: &str) -> Finding {
        let Place { value, key, structure, .. } = &self.place;
        let choices = structure.as_ref().map(|s| s.derived.clone()).unwrap_or_default();
        let fits = |name: &&String| {
            let structure = Model::of(self.schema.version).get(name);
            structure
                .is_some_and(|s| value.members().iter().all(|m| s.properties.contains_key(&m.name)))
        };
        let fitting: Vec<&String> = choices.iter().filter(fits).collect();
        let message = format!(
            "{} can be of several types, and `{missing}` does not say which",
            self.place.subject()
        );
        Finding::error(self.code(), *key, message).help(match fitting[..] {
            [only] => format!(
                "its members are those of one: add `\"{missing}\": \"{}\"`",
                odata_type(only)
            ),
            _ => format!("add `\"{missing}\": \"#microsoft.graph.…\"` with {}", one_of(&choices)),
        })
    }

    fn wrong_type_name(&self, members: &[String]) -> Finding {
        let value = self.place.value;
        if let Some(finding) = self.commented_out() {
            return finding;
        }
        let stated = quoted(value);
        if self.violation.path.len() == 1 {
            return self
                .error(format!("{stated} is not the type of this manifest's kind"))
                .help(format!("remove it, or write `\"{}\"`", odata_type(self.schema.kind)));
        }
        let types: Vec<String> = members
            .iter()
            .filter(|member| member.starts_with('#'))
            .filter_map(|member| type_name(member).map(str::to_owned))
            .collect();
        let error = self.error(format!("{stated} is not a type that fits here"));
        suggest_type(error, value, &types, &types, "use `")
    }

    /// Adds how to write a value of the expected type.
    fn mend_type(&self, error: Finding, expected: &[&str]) -> Finding {
        let declared = &self.place.value.declared;
        let wants = |what: &str| expected.contains(&what);
        let (help, replacement) = match (self.schema.document, self.place.name.as_str()) {
            (Some(_), "assignments") => (assignment::no_list(self.place.value), None),
            (Some(_), "spec") => {
                ("declare the object's properties below it, each as `name: value`", None)
            }
            _ if wants("`true` or `false`") => {
                match self.place.value.text().to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "y" | "1" => ("write `true`", Some("true".to_owned())),
                    "false" | "no" | "off" | "n" | "0" => {
                        ("write `false`", Some("false".to_owned()))
                    }
                    _ => ("write `true` or `false`, without quotes", None),
                }
            }
            _ if wants("a whole number") || wants("a number") => match declared {
                Declared::String(text) if text.parse::<i64>().is_ok() => {
                    ("remove the quotes", Some(text.clone()))
                }
                _ if wants("a number") => ("write a number, without quotes", None),
                _ => ("write digits alone", None),
            },
            _ if wants("a string") => match declared {
                Declared::Bool(_) | Declared::Number(_) => {
                    ("put it in quotes", self.written().map(|text| format!("\"{text}\"")))
                }
                _ => ("write one text", None),
            },
            _ if wants("a list") => match declared {
                Declared::String(_) | Declared::Bool(_) | Declared::Number(_) => {
                    ("put it in brackets: `[…]`", self.written().map(|text| format!("[{text}]")))
                }
                _ => ("begin each element with `- `, on a line of its own", None),
            },
            _ => ("write its members below it, each as `name: value`", None),
        };
        Finding { replacement, ..error.help(help) }
    }

    /// Returns the text of the value, unless it is written with an anchor, alias or tag.
    fn written(&self) -> Option<&str> {
        let text = self.sources?.text(self.place.value.span);
        Some(text).filter(|text| !text.starts_with(['&', '*', '!']))
    }
}

/// Offers the type nearest to the stated one among those that may be offered, or lists the types that fit.
pub(super) fn suggest_type(
    error: Finding,
    stated: &Value,
    offered: &[String],
    types: &[String],
    give: &str,
) -> Finding {
    let name = stated.as_str().map(|stated| type_name(stated).unwrap_or(stated));
    let all = Types::of(GraphVersion::Beta);
    let is_base = |name: &&str| all.get(name).is_some_and(|def| def.is_abstract);
    let near = name.filter(|name| !is_base(name)).and_then(|name| nearest(name, offered));
    match near.map(|near| format!("\"{}\"", odata_type(near))) {
        Some(near) => {
            error.help(format!("did you mean `{}`?", near.trim_matches('"'))).replace_with(near)
        }
        None => error.help(format!("{give}\"#microsoft.graph.…\"` with {}", one_of(types))),
    }
}

fn members_of(shape: &Shape) -> &[String] {
    match shape {
        Shape::Enum(def) => &def.members,
        Shape::Collection(element, _) => members_of(element),
        _ => &[],
    }
}

/// Returns a value for a message. An address may be a secret.
fn quoted(value: &Value) -> String {
    match &value.declared {
        Declared::String(text) if text.contains("://") => "an address".to_owned(),
        Declared::String(text) if text.chars().count() > 60 => {
            format!("`{}…`", text.chars().take(SHORTENED).collect::<String>())
        }
        Declared::String(_) | Declared::Bool(_) | Declared::Number(_) => {
            format!("`{}`", value.text())
        }
        _ => value.kind().to_owned(),
    }
}

/// Returns keys as `a`, `b` and `c`.
fn all_of(keys: &[String]) -> String {
    one_of(keys).replacen(" or `", " and `", 1)
}
