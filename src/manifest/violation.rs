//! The violations of a schema, each reported with the nearest remedy.

use serde_json::Value as Json;

use super::bounded::MANY;
use super::document_schema::DocumentSchema;
use super::not_a_manifest;
use super::place::Place;
use super::unknown;
use super::value::{Declared, Value};
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{Finding, Sources};
use crate::schema::model::{Model, Property, Shape};
use crate::schema::types::{GraphVersion, odata_type, type_name};
use crate::schema::validate::{Problem, Step, Violation, violations};

/// How many members of an enum are worth reading in a message.
const READABLE: usize = 12;

/// Members that mean "not set", for properties that cannot be null.
const UNSET: [&str; 4] = ["notConfigured", "userDefined", "deviceDefault", "none"];

/// The schema that a value violates.
#[derive(Clone, Copy)]
pub(super) enum Schema<'a> {
    /// A Graph type's.
    Graph(GraphVersion, &'a str),
    /// A document's of Moorline's own.
    Document(&'a DocumentSchema),
}

/// Returns what is wrong with a resolved value of a Graph type.
pub(super) fn check(
    version: GraphVersion,
    kind: &str,
    value: &Value,
    sources: Option<&Sources>,
) -> Vec<Finding> {
    let violations = violations(version, kind, &instance(value));
    report(Schema::Graph(version, kind), value, &violations, sources)
}

/// Reports violations in a value. Where the text of values is at hand, a finding can offer it rewritten.
pub(super) fn report(
    schema: Schema<'_>,
    root: &Value,
    violations: &[Violation],
    sources: Option<&Sources>,
) -> Vec<Finding> {
    let (version, kind) = match schema {
        Schema::Graph(version, kind) => (version, kind),
        Schema::Document(_) => (GraphVersion::Beta, "the document"),
    };
    let findings = violations.iter().take(MANY + 1).filter_map(|violation| {
        let place = Place::of(violation, Model::of(version), kind, root);
        let reporter = ViolationReporter {
            schema,
            version,
            kind,
            root,
            violations,
            violation,
            place,
            sources,
        };
        reporter.finding()
    });
    findings.collect()
}

/// Returns a value as JSON for validation; a secret is any text.
fn instance(value: &Value) -> Json {
    match &value.declared {
        Declared::Env(_) => Json::String(String::new()),
        Declared::List(elements) => elements.iter().map(instance).collect(),
        Declared::Object(members) => {
            members.iter().map(|m| (m.name.clone(), instance(&m.value))).collect()
        }
        _ => value.to_json(),
    }
}

/// Makes the finding of one violation.
struct ViolationReporter<'a> {
    schema: Schema<'a>,
    version: GraphVersion,
    kind: &'a str,
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

    /// Returns what the value is called in a message.
    fn subject(&self) -> String {
        match self.schema {
            Schema::Document(_) if self.violation.path.is_empty() => self.kind.to_owned(),
            _ => self.place.subject(),
        }
    }

    fn finding(&self) -> Option<Finding> {
        let Place { value, name, .. } = &self.place;
        let subject = self.subject();
        let is_null = value.declared == Declared::Null && matches!(self.schema, Schema::Graph(..));
        Some(match &self.violation.problem {
            Problem::UnknownProperty(unknown) => self.unknown_property(unknown),
            Problem::NotAMember(members) if name == "@odata.type" => self.wrong_type_name(members),
            Problem::NotAMember(members) if is_null => self.null(members),
            Problem::NotAMember(members) => {
                let error = self.error(format!("{} is not a value of `{name}`", quoted(value)));
                self.choose(error, value.as_str().unwrap_or_default(), members, "use")
            }
            Problem::NotMatching => self.not_matching(),
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
            Problem::Missing(missing) => match self.schema {
                Schema::Graph(..) => self.missing_type(missing),
                Schema::Document(schema) => self.missing_keys(schema)?,
            },
            Problem::Other(words) => {
                self.error(format!("{subject}: {words}")).help(match self.schema {
                    Schema::Graph(..) => {
                        format!("`moorline schema {}` says what it takes", self.kind)
                    }
                    Schema::Document(_) => "compare it with the examples".to_owned(),
                })
            }
        })
    }

    fn unknown_property(&self, unknown: &str) -> Finding {
        let value = self.place.value;
        let span = value.member(unknown).map_or(value.span, |member| member.name_span);
        let Schema::Document(schema) = self.schema else {
            let structure = self.place.structure.as_deref();
            return unknown::property(self.version, self.code(), span, value, structure, unknown);
        };
        let (subject, path) = (self.subject(), &self.violation.path[..]);
        let error = Finding::error(self.code(), span, format!("{subject} has no key `{unknown}`"));
        let near = meant(schema, path, value, unknown);
        let belongs =
            if path.is_empty() { not_a_manifest::belongs(self.root, unknown) } else { None };
        error.suggest(
            near.as_deref(),
            belongs.unwrap_or_else(|| format!("{subject} takes {}", all_of(&schema.keys(path)))),
        )
    }

    /// Returns one finding for all keys that a mapping of a document lacks, at the first of their violations. A key
    /// that was misspelt is not missing.
    fn missing_keys(&self, schema: &DocumentSchema) -> Option<Finding> {
        let path = &self.violation.path;
        let here = || self.violations.iter().filter(|other| other.path == *path);
        let misspelt = |key: &str| {
            here().any(|other| match &other.problem {
                Problem::UnknownProperty(unknown) => {
                    meant(schema, path, self.place.value, unknown).as_deref() == Some(key)
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
        let keys: Vec<String> =
            lacking.filter(|(_, key)| !misspelt(key)).map(|(_, key)| format!("{key}:")).collect();
        if keys.is_empty() {
            return None;
        }
        let begin = match self.root.members().first() {
            Some(first) if path.is_empty() => first.name_span,
            _ => self.place.key,
        };
        let keys = all_of(&keys);
        let message = format!("{} lacks {keys}", self.subject());
        Some(Finding::error(self.code(), begin, message).help(format!("add {keys}")))
    }

    /// Adds the member that was probably meant, or all to choose from.
    fn choose(&self, error: Finding, written: &str, members: &[String], verb: &str) -> Finding {
        // It stands for what an answer could not say, and is never written.
        let members = members.iter().filter(|member| *member != "unknownFutureValue");
        let members: Vec<String> = members.cloned().collect();
        match nearest(written, &members) {
            // Of a set of flags only one is replaced.
            Some(near) if verb != "use" => error.help(format!("did you mean `{near}`?")),
            None if members.len() > READABLE => error.help(format!(
                "`moorline schema {}` lists all {} values",
                self.kind,
                members.len()
            )),
            near => error.suggest(near, format!("{verb} {}", one_of(&members))),
        }
    }

    /// Reports a set of flags with something else among them, or a text that cannot be a name.
    fn not_matching(&self) -> Finding {
        let Place { value, name, property, .. } = &self.place;
        if let Some(property) = property {
            let members = members_of(property);
            let text = value.as_str().unwrap_or_default();
            let mut flags = text.split(',').map(str::trim);
            let wrong = flags.find(|flag| !members.iter().any(|m| m == flag)).unwrap_or(text);
            let error = self.error(format!("`{wrong}` is not a value of `{name}`"));
            return self.choose(error, wrong, &members, "join by commas any of");
        }
        let (what, help) = match name.as_str() {
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
        self.error(format!("{} {what}", quoted(value))).help(help)
    }

    fn null(&self, members: &[String]) -> Finding {
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
        let help = match self.place.property.as_ref().map(|p| p.range) {
            Some((Some(minimum), Some(maximum))) if (minimum, maximum) == whole => {
                "use a 32-bit whole number".to_owned()
            }
            Some((Some(minimum), Some(maximum))) => format!("use {minimum} to {maximum}"),
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

    /// A value of one of several types that does not say which.
    fn missing_type(&self, missing: &str) -> Finding {
        let Place { value, key, structure, .. } = &self.place;
        let choices = structure.as_ref().map(|s| s.derived.clone()).unwrap_or_default();
        let fits = |name: &&String| {
            let structure = Model::of(self.version).get(name);
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
        let stated = quoted(value);
        if self.violation.path.len() == 1 {
            return self
                .error(format!("{stated} is not the type of this manifest's kind"))
                .help(format!("remove it, or write `\"{}\"`", odata_type(self.kind)));
        }
        let types: Vec<String> = members
            .iter()
            .filter(|member| member.starts_with('#'))
            .filter_map(|member| type_name(member).map(str::to_owned))
            .collect();
        let written = value.as_str().map(|text| type_name(text).unwrap_or(text));
        let near = written.and_then(|written| nearest(written, &types));
        let is_base = written.is_some_and(|name| {
            Model::of(self.version).get(name).is_some_and(|structure| structure.is_abstract)
        });
        let error = self.error(format!("{stated} is not a type that fits here"));
        match near.filter(|_| !is_base) {
            Some(near) => error
                .help(format!("did you mean `{}`?", odata_type(near)))
                .replace_with(format!("\"{}\"", odata_type(near))),
            None => error.help(format!("use `\"#microsoft.graph.…\"` with {}", one_of(&types))),
        }
    }

    /// Adds how to write a value so that it is of the expected type.
    fn mend_type(&self, error: Finding, expected: &[&str]) -> Finding {
        let value = self.place.value;
        let wants = |what: &str| expected.contains(&what);
        match (self.schema, self.place.name.as_str()) {
            (Schema::Document(_), "assignments") => {
                return error.help(
                    "write `[]` to assign to nobody; remove the line to leave the assignments alone",
                );
            }
            (Schema::Document(_), "spec") => {
                return error
                    .help("declare the object's properties below it, each as `name: value`");
            }
            _ => {}
        }
        if wants("`true` or `false`") {
            let word = match &value.declared {
                Declared::String(text) => text.to_ascii_lowercase(),
                Declared::Number(number) => number.to_string(),
                _ => String::new(),
            };
            let meant = match word.as_str() {
                "true" | "yes" | "on" | "y" | "1" => "true",
                "false" | "no" | "off" | "n" | "0" => "false",
                _ => return error.help("write `true` or `false`, without quotes"),
            };
            return error.help(format!("write `{meant}`")).replace_with(meant);
        }
        if wants("a whole number") || wants("a number") {
            return match value.as_str() {
                Some(text) if text.parse::<i64>().is_ok() => {
                    error.help("remove the quotes").replace_with(text)
                }
                _ if wants("a number") => error.help("write a number, without quotes"),
                _ => error.help("write digits alone"),
            };
        }
        if wants("a string") {
            return match &value.declared {
                Declared::Bool(_) | Declared::Number(_) => {
                    let error = error.help("put it in quotes");
                    self.rewrite(error, |written| format!("\"{written}\""))
                }
                _ => error.help("write one text"),
            };
        }
        if wants("a list") {
            return match &value.declared {
                Declared::String(_) | Declared::Bool(_) | Declared::Number(_) => {
                    let error = error.help("put it in brackets: `[…]`");
                    self.rewrite(error, |written| format!("[{written}]"))
                }
                _ => error.help("begin each element with `- `, on a line of its own"),
            };
        }
        error.help("write its members below it, each as `name: value`")
    }

    /// Adds the value as it would be written, unless an anchor, alias or tag is part of how it is.
    fn rewrite(&self, error: Finding, how: impl Fn(&str) -> String) -> Finding {
        let written = self.sources.map(|sources| sources.text(self.place.value.span));
        match written.filter(|written| !written.starts_with(['&', '*', '!'])) {
            Some(written) => error.replace_with(how(written)),
            None => error,
        }
    }
}

fn members_of(property: &Property) -> Vec<String> {
    match &property.shape {
        Shape::Enum(def) => def.members.clone(),
        Shape::Collection(element, _) => match &**element {
            Shape::Enum(def) => def.members.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn quoted(value: &Value) -> String {
    match &value.declared {
        Declared::String(text) if text.chars().count() > 60 => {
            format!("`{}…`", text.chars().take(57).collect::<String>())
        }
        Declared::String(text) => format!("`{text}`"),
        Declared::Bool(value) => format!("`{value}`"),
        Declared::Number(number) => format!("`{number}`"),
        _ => value.kind().to_owned(),
    }
}

/// Returns the key of a document that was probably meant and is not there yet.
fn meant(schema: &DocumentSchema, path: &[Step], mapping: &Value, unknown: &str) -> Option<String> {
    let mut keys = schema.keys(path);
    keys.retain(|key| mapping.get(key).is_none());
    nearest(unknown, &keys).map(str::to_owned)
}

/// Returns keys as `a`, `b` and `c`.
fn all_of(keys: &[String]) -> String {
    one_of(keys).replacen(" or `", " and `", 1)
}
