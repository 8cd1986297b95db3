//! A manifest's spec against its kind's schema, each violation told with the nearest remedy.

use serde_json::Value as Json;

use super::bounded::MANY;
use super::place::Place;
use super::unknown;
use super::value::{Declared, Value};
use crate::diagnostic::suggest::{nearest, one_of};
use crate::diagnostic::{Finding, Sources};
use crate::schema::model::{Model, Property, Shape};
use crate::schema::types::{GraphVersion, odata_type, type_name};
use crate::schema::validate::{Problem, Violation, violations};

/// How many members of an enum are worth reading in a message.
const READABLE: usize = 12;

/// Members that mean "not set", for properties that cannot be null.
const UNSET: [&str; 4] = ["notConfigured", "userDefined", "deviceDefault", "none"];

/// Returns what is wrong with a resolved spec.
pub(super) fn check(
    version: GraphVersion,
    kind: &str,
    spec: &Value,
    sources: &Sources,
) -> Vec<Finding> {
    let violations = violations(version, kind, &instance(spec));
    let found = violations.iter().take(MANY + 1).map(|violation| {
        let place = Place::of(violation, Model::of(version), kind, spec);
        Told { version, kind, violation, place, sources }.finding()
    });
    found.collect()
}

/// The spec as JSON for validation; a secret is any text.
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

/// A violation that is being put into words.
struct Told<'a> {
    version: GraphVersion,
    kind: &'a str,
    violation: &'a Violation,
    place: Place<'a>,
    sources: &'a Sources,
}

impl Told<'_> {
    fn error(&self, message: String) -> Finding {
        let code = format!("schema/{}", self.violation.keyword);
        Finding::error(code, self.place.value.span, message)
    }

    fn finding(&self) -> Finding {
        let Place { value, name, .. } = &self.place;
        let subject = self.place.subject();
        match &self.violation.problem {
            Problem::UnknownProperty(unknown) => {
                let code = format!("schema/{}", self.violation.keyword);
                let structure = self.place.structure.as_deref();
                unknown::property(self.version, &code, value, structure, unknown)
            }
            Problem::NotAMember(members) if name == "@odata.type" => self.wrong_type_name(members),
            Problem::NotAMember(members) if value.declared == Declared::Null => self.null(members),
            Problem::NotAMember(members) => {
                let error = self.error(format!("{} is not a value of `{name}`", quoted(value)));
                self.choose(error, value.as_str().unwrap_or_default(), members, "use")
            }
            Problem::NotMatching => self.flags(),
            Problem::WrongType(_) if value.declared == Declared::Null => self.null(&[]),
            Problem::WrongType(expected) => {
                let expected_words = expected.join(" or ");
                let message =
                    format!("{subject} must be {expected_words}, and this is {}", kind_of(value));
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
            Problem::Missing(missing) => self.missing_type(missing),
            Problem::Other(words) => self
                .error(format!("{subject}: {words}"))
                .help(format!("`moorline schema {}` says what it takes", self.kind)),
        }
    }

    /// Adds the member that was probably meant, or all to choose from.
    fn choose(&self, error: Finding, written: &str, members: &[String], verb: &str) -> Finding {
        // It stands for what an answer could not say, and is never written.
        let members = members.iter().filter(|member| *member != "unknownFutureValue");
        let members: Vec<String> = members.cloned().collect();
        let near = nearest(written, members.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if members.len() > READABLE => {
                format!("`moorline schema {}` lists all {} values", self.kind, members.len())
            }
            None => format!("{verb} {}", one_of(&members)),
        };
        let error = error.help(help);
        match near.filter(|_| verb == "use") {
            Some(near) => error.replace_with(near),
            None => error,
        }
    }

    /// A set of flags with something else among them.
    fn flags(&self) -> Finding {
        let Place { value, name, property, .. } = &self.place;
        let members = property.as_ref().map(members_of).unwrap_or_default();
        let text = value.as_str().unwrap_or_default();
        let wrong = text.split(',').map(str::trim).find(|flag| !members.iter().any(|m| m == flag));
        let wrong = wrong.unwrap_or(text);
        let error = self.error(format!("`{wrong}` is not a value of `{name}`"));
        self.choose(error, wrong, &members, "join by commas any of")
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
        let code = format!("schema/{}", self.violation.keyword);
        Finding::error(code, *key, message).help(match fitting[..] {
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
        let near = written.and_then(|written| nearest(written, types.iter().map(String::as_str)));
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
        let written = self.sources.text(self.place.value.span);
        if written.starts_with(['&', '*', '!']) {
            return error;
        }
        error.replace_with(how(written))
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
        _ => kind_of(value).to_owned(),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match &value.declared {
        Declared::Null => "null",
        Declared::Bool(_) => "a boolean",
        Declared::Number(number) if number.is_f64() => "a number with a fraction",
        Declared::Number(_) => "a number",
        Declared::String(_) | Declared::Env(_) => "a string",
        Declared::List(_) => "a list",
        Declared::Object(_) => "a mapping",
    }
}
