//! Value references become values, and what a manifest may carry but not declare is left out.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::files;
use super::overlay::directive;
use super::value::{Declared, Member, Value};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Finding, Sources, Span};
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::Edm;

/// The largest file that `$file` reads: Graph refuses bodies of more than 4 MB long before.
const FILE_LIMIT: u64 = 8 * 1024 * 1024;

/// What resolving one manifest's values needs to know.
pub(super) struct Resolver<'a> {
    pub(super) model: &'static Model,
    pub(super) sources: &'a Sources,
    /// The folder that `$file` may not leave.
    pub(super) root: &'a Path,
    /// Whether this is a part of a manifest, and what it is laid over is not known.
    pub(super) part: bool,
    pub(super) resolved: Resolved,
}

/// What came to light beside the values.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) findings: Vec<Finding>,
    /// Members that were left out: annotations and read-only properties.
    pub(super) ignored: Vec<(String, Span)>,
    /// Secrets that stand in the text: where, and what.
    pub(super) secrets: Vec<(Span, String)>,
}

impl Resolver<'_> {
    /// Returns an object with its references resolved and its read-only members left out. So is what has a
    /// finding already: nothing more is to be said of it.
    pub(super) fn object(&mut self, value: Value, structure: &Structure) -> Value {
        let Value {
            declared: Declared::Object(members),
            span,
        } = value
        else {
            return value;
        };
        let members = members
            .into_iter()
            .filter_map(|member| self.member(member, structure))
            .collect();
        Value {
            declared: Declared::Object(members),
            span,
        }
    }

    fn member(&mut self, member: Member, structure: &Structure) -> Option<Member> {
        let Member {
            name,
            name_span,
            value,
        } = member;
        if name == "@odata.type" {
            return Some(Member {
                name,
                name_span,
                value,
            });
        }
        if name.ends_with("@odata.bind") {
            self.resolved.findings.push(
                Finding::error(
                    "manifest/odata-bind",
                    name_span,
                    format!("`{name}` names an object by its address in one tenant"),
                )
                .help("references are not managed yet: remove it"),
            );
            return None;
        }
        if name.contains('@') || name.starts_with('#') {
            self.resolved.ignored.push((name, name_span));
            return None;
        }
        let Some(property) = structure.properties.get(&name) else {
            return Some(Member {
                name,
                name_span,
                value,
            });
        };
        if property.computed {
            self.resolved.ignored.push((name, name_span));
            return None;
        }
        if let Shape::Navigation {
            contained, target, ..
        } = &property.shape
        {
            self.navigation(&name, name_span, &value, *contained, target);
            return None;
        }
        let value = self.value(value, property, &property.shape)?;
        Some(Member {
            name,
            name_span,
            value,
        })
    }

    fn navigation(&mut self, name: &str, span: Span, value: &Value, contained: bool, target: &str) {
        if name == "assignments" || value.declared == Declared::Null {
            self.resolved.ignored.push((name.to_owned(), span));
        } else if contained {
            self.resolved.findings.push(
                Finding::error(
                    "manifest/contained-navigation",
                    span,
                    format!("`{name}` is not part of the object's body: Graph keeps it under a path of its own"),
                )
                .help("remove it; it is left alone in the tenant"),
            );
        } else {
            self.resolved.findings.push(
                Finding::error(
                    "reference/not-managed",
                    span,
                    format!("`{name}` refers to another profile (`{target}`), and references are not managed yet"),
                )
                .help("remove it; the reference in the tenant is left alone"),
            );
        }
    }

    fn value(&mut self, value: Value, property: &Property, shape: &Shape) -> Option<Value> {
        if property.facts.sensitive {
            return self.sensitive(value, property, shape);
        }
        if let Some(reference) = directive(&value) {
            return self.reference(reference, value.span, property, shape);
        }
        let span = value.span;
        let declared = match (value.declared, shape) {
            (declared @ Declared::Object(_), Shape::Complex(_) | Shape::Poly(_)) => {
                let value = Value { declared, span };
                match self.model.actual(shape, value.odata_type()) {
                    Some(structure) => return Some(self.object(value, &structure)),
                    None => return Some(value),
                }
            }
            (Declared::List(elements), Shape::Collection(element, _)) => Declared::List(
                elements
                    .into_iter()
                    .filter_map(|value| self.value(value, property, element))
                    .collect(),
            ),
            (Declared::String(text), _) => {
                if property.facts.readback.is_some() && is_placeholder(&text) {
                    self.resolved.findings.push(placeholder(property, span));
                    return None;
                }
                match shape {
                    // Base64 is often wrapped; JSON Schema would call the line breaks malformed.
                    Shape::Scalar(Edm::Binary) => {
                        Declared::String(text.split_ascii_whitespace().collect())
                    }
                    _ => Declared::String(text),
                }
            }
            (declared, _) => declared,
        };
        Some(Value { declared, span })
    }

    /// A secret is a reference to the environment, or unset. Whatever else stands there is taken for its value.
    fn sensitive(&mut self, value: Value, property: &Property, shape: &Shape) -> Option<Value> {
        let span = value.span;
        match &value.declared {
            Declared::Null => return Some(value),
            Declared::String(text) if text.is_empty() => return Some(value),
            Declared::String(text) if is_placeholder(text) => {
                self.resolved.findings.push(placeholder(property, span));
                return None;
            }
            _ => {}
        }
        let reference = directive(&value)
            .filter(|reference| matches!(reference.name.as_str(), "$env" | "$undeclare"));
        if let Some(reference) = reference {
            if !is_env(&reference.value) && reference.name == "$env" {
                hide(&value, &mut self.resolved.secrets);
            }
            return self.reference(reference, span, property, shape);
        }
        hide(&value, &mut self.resolved.secrets);
        let message = format!("`{}` is a secret, and no file may hold it", property.name);
        self.resolved.findings.push(
            Finding::error("secret/literal", span, message).help(
                "take it from the environment: `{ $env: NAME }`; change the secret if this was ever committed",
            ),
        );
        None
    }

    fn reference(
        &mut self,
        reference: &Member,
        span: Span,
        property: &Property,
        shape: &Shape,
    ) -> Option<Value> {
        if self.part && matches!(reference.name.as_str(), "$undeclare" | "$append") {
            return None;
        }
        match self.referred(reference, span, property, shape) {
            Ok(declared) => Some(Value { declared, span }),
            Err(finding) => {
                self.resolved.findings.push(finding);
                None
            }
        }
    }

    fn referred(
        &self,
        reference: &Member,
        span: Span,
        property: &Property,
        shape: &Shape,
    ) -> Result<Declared, Finding> {
        let holds_text = matches!(shape, Shape::Scalar(Edm::String | Edm::Binary));
        let name = &property.name;
        let wrong = |message: String| Finding::error("value/reference", span, message);
        match (reference.name.as_str(), &reference.value.declared) {
            ("$env", _) if !holds_text => Err(Finding::error(
                "value/env-type",
                span,
                format!("`{name}` holds no text, so it can hold no secret"),
            )
            .help("write the value itself")),
            ("$env", Declared::String(variable)) if is_env(&reference.value) => {
                Ok(Declared::Env(variable.clone()))
            }
            ("$env", _) => {
                let message = "`$env` takes the name of an environment variable";
                Err(
                    Finding::error("value/env-name", reference.value.span, message)
                        .help("use letters, digits and `_`, such as `WIFI_PSK`"),
                )
            }
            ("$file" | "$text", _) if !holds_text => {
                let message = format!(
                    "`{name}` holds no free text, so that `{}` does not fit",
                    reference.name
                );
                Err(wrong(message).help("write the value itself"))
            }
            ("$text", Declared::String(text)) => encode(text.clone().into_bytes(), property, span),
            ("$file", Declared::String(path)) => {
                encode(self.file(path, reference.value.span)?, property, span)
            }
            ("$file", _) => {
                Err(wrong("`$file` takes a path".to_owned()).help("write `{ $file: ./name }`"))
            }
            ("$text", _) => {
                Err(wrong("`$text` takes a text".to_owned()).help("put the text in quotes"))
            }
            ("$undeclare" | "$append", _) => Err(nothing_beneath(&reference.name, name, span)),
            ("$ref", _) => Err(wrong(format!("`{name}` does not refer to another profile"))
                .help("write the value itself")),
            (other, _) => {
                let finding = wrong(format!("there is no value reference `{other}`"));
                Err(match nearest(other, ["$file", "$text", "$env"]) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding.help("use `$file`, `$text` or `$env`"),
                })
            }
        }
    }

    fn file(&self, path: &str, span: Span) -> Result<Vec<u8>, Finding> {
        let manifest = self.sources.path(span.file);
        read_inside(self.root, manifest.parent().unwrap_or(Path::new("")), path)
            .map_err(|problem| problem.into_finding(path, span))
    }
}

/// Returns the finding of an overlay's directive for what no base declares as it would have to.
pub(super) fn nothing_beneath(directive: &str, name: &str, span: Span) -> Finding {
    let message = match directive {
        "$append" => format!(
            "there is no list that `$append` could add to: no base declares `{name}` as one"
        ),
        _ => format!("there is nothing to withdraw: no base declares `{name}`"),
    };
    let finding = Finding::error("overlay/nothing-beneath", span, message);
    match directive {
        "$append" => finding.help("write the list itself"),
        _ => finding
            .help("remove the line, or write `{ $undeclare: true }` where a base declares it"),
    }
}

/// Notes every scalar of a value as a secret.
fn hide(value: &Value, secrets: &mut Vec<(Span, String)>) {
    match &value.declared {
        Declared::List(elements) => elements.iter().for_each(|element| hide(element, secrets)),
        Declared::Object(members) => members
            .iter()
            .for_each(|member| hide(&member.value, secrets)),
        Declared::String(text) => secrets.push((value.span, text.clone())),
        Declared::Number(number) => secrets.push((value.span, number.to_string())),
        Declared::Null | Declared::Bool(_) | Declared::Env(_) => {}
    }
}

fn placeholder(property: &Property, span: Span) -> Finding {
    let name = &property.name;
    let message = format!("`{name}` holds the placeholder that Graph shows instead of the value");
    Finding::error("secret/masked-placeholder", span, message)
        .help("take the real value from the environment: `{ $env: NAME }`; or remove the line")
}

fn encode(bytes: Vec<u8>, property: &Property, span: Span) -> Result<Declared, Finding> {
    if property.is_base64() {
        return Ok(Declared::String(BASE64.encode(bytes)));
    }
    String::from_utf8(bytes).map(Declared::String).map_err(|_| {
        Finding::error(
            "value/not-text",
            span,
            format!("`{}` holds text, and the file is not UTF-8", property.name),
        )
        .help("save the file as UTF-8")
    })
}

/// Returns whether a value is the name of an environment variable.
fn is_env(value: &Value) -> bool {
    value.as_str().is_some_and(|name| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

enum FileProblem {
    Outside,
    TooLarge(u64),
    NotAFile,
    Io(std::io::Error),
}

impl FileProblem {
    fn into_finding(self, path: &str, span: Span) -> Finding {
        let error = |code: &str, message: String| Finding::error(code, span, message);
        match self {
            Self::Outside => error(
                "file/outside",
                format!("`{path}` leads out of the folder of its manifests"),
            )
            .help("keep payloads below that folder; a link may not lead out of it either"),
            Self::TooLarge(size) => {
                let (size, limit) = (size >> 20, FILE_LIMIT >> 20);
                error(
                    "file/too-large",
                    format!("`{path}` is {size} MiB large, and a payload may have {limit} MiB"),
                )
                .help("Graph takes bodies of a few megabytes at most: make it smaller")
            }
            Self::NotAFile => error("file/not-a-file", format!("`{path}` is not a file"))
                .help("name a file in it"),
            Self::Io(error_below) if error_below.kind() == std::io::ErrorKind::NotFound => {
                error("file/missing", format!("there is no file `{path}`"))
                    .help("the path is relative to the manifest that names it")
            }
            Self::Io(error_below) => error(
                "file/unreadable",
                format!("`{path}` cannot be read: {}", files::words(&error_below)),
            )
            .help("give this user the right to read it"),
        }
    }
}

/// Reads a file that is below `root` even after every link is followed.
fn read_inside(root: &Path, beside: &Path, path: &str) -> Result<Vec<u8>, FileProblem> {
    let wanted = Path::new(path);
    if wanted.is_absolute() {
        return Err(FileProblem::Outside);
    }
    let real_root = canonical(root).map_err(FileProblem::Io)?;
    let lexical = lexically(&canonical(beside).map_err(FileProblem::Io)?.join(wanted));
    // The lexical check first: whether a file outside exists must not be told.
    if !lexical.starts_with(&real_root) {
        return Err(FileProblem::Outside);
    }
    let real = lexical.canonicalize().map_err(FileProblem::Io)?;
    if !real.starts_with(&real_root) {
        return Err(FileProblem::Outside);
    }
    let metadata = real.metadata().map_err(FileProblem::Io)?;
    if !metadata.is_file() {
        return Err(FileProblem::NotAFile);
    }
    if metadata.len() > FILE_LIMIT {
        return Err(FileProblem::TooLarge(metadata.len()));
    }
    std::fs::read(real).map_err(FileProblem::Io)
}

fn canonical(path: &Path) -> std::io::Result<PathBuf> {
    if path.as_os_str().is_empty() {
        Path::new(".").canonicalize()
    } else {
        path.canonicalize()
    }
}

fn lexically(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                clean.pop();
            }
            std::path::Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}
