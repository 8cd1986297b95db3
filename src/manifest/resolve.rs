//! Value references become values, and what a manifest may carry but not declare is left out.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::overlay::directive;
use super::value::{Declared, Member, Value};
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
    pub(super) findings: Vec<Finding>,
    /// Members that were left out: annotations and read-only properties.
    pub(super) ignored: Vec<(String, Span)>,
}

impl Resolver<'_> {
    /// Returns an object with its references resolved and its read-only members left out.
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
            self.findings.push(
                Finding::error(
                    "manifest/odata-bind",
                    name_span,
                    format!("`{name}` is a link of the wire format"),
                )
                .help(
                    "references between profiles are declared with `$ref`, not with `@odata.bind`",
                ),
            );
            return None;
        }
        if name.contains('@') || name.starts_with('#') {
            self.ignored.push((name, name_span));
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
            self.ignored.push((name, name_span));
            return None;
        }
        if let Shape::Navigation {
            contained, target, ..
        } = &property.shape
        {
            self.navigation(&name, name_span, &value, *contained, target);
            return None;
        }
        let value = self.value(value, property, &property.shape);
        Some(Member {
            name,
            name_span,
            value,
        })
    }

    fn navigation(&mut self, name: &str, span: Span, value: &Value, contained: bool, target: &str) {
        if name == "assignments" || value.declared == Declared::Null {
            self.ignored.push((name.to_owned(), span));
        } else if contained {
            self.findings.push(
                Finding::error(
                    "manifest/contained-navigation",
                    span,
                    format!("`{name}` is not part of the object's body: Graph keeps it under a path of its own"),
                )
                .help("remove it; it is left alone in the tenant"),
            );
        } else {
            self.findings.push(
                Finding::error(
                    "reference/not-managed",
                    span,
                    format!("`{name}` refers to another profile (`{target}`), and references are not managed yet"),
                )
                .help("remove it; the reference in the tenant is left alone"),
            );
        }
    }

    fn value(&mut self, value: Value, property: &Property, shape: &Shape) -> Value {
        if let Some(reference) = directive(&value) {
            return self.reference(reference.clone(), value.span, property, shape);
        }
        let span = value.span;
        match (value.declared, shape) {
            (Declared::Object(members), Shape::Complex(_) | Shape::Poly(_)) => {
                let value = Value {
                    declared: Declared::Object(members),
                    span,
                };
                match self.model.actual(shape, value.odata_type()) {
                    Some(structure) => self.object(value, &structure),
                    None => value,
                }
            }
            (Declared::List(elements), Shape::Collection(element, _)) => {
                let elements = elements
                    .into_iter()
                    .map(|value| self.value(value, property, element))
                    .collect();
                Value {
                    declared: Declared::List(elements),
                    span,
                }
            }
            (Declared::String(text), _) => Value {
                declared: self.literal(text, span, property, shape),
                span,
            },
            (declared, _) => Value { declared, span },
        }
    }

    fn literal(
        &mut self,
        text: String,
        span: Span,
        property: &Property,
        shape: &Shape,
    ) -> Declared {
        if property.facts.readback.is_some() && is_placeholder(&text) {
            self.findings.push(
                Finding::error(
                    "secret/masked-placeholder",
                    span,
                    format!(
                        "`{}` holds the placeholder that Graph shows instead of the value",
                        property.name
                    ),
                )
                .help("write the real value, or take it from the environment: `{ $env: NAME }`"),
            );
        } else if property.facts.sensitive && !text.is_empty() {
            self.findings.push(secret_literal(property, span));
            // Whatever else is said of the value would quote it.
            return Declared::Env("REFUSED".to_owned());
        }
        match shape {
            // Base64 is often wrapped; JSON Schema would call the line breaks malformed.
            Shape::Scalar(Edm::Binary) => Declared::String(text.split_ascii_whitespace().collect()),
            _ => Declared::String(text),
        }
    }

    fn reference(
        &mut self,
        reference: Member,
        span: Span,
        property: &Property,
        shape: &Shape,
    ) -> Value {
        let declared = self
            .referred(&reference, span, property, shape)
            .unwrap_or_else(|finding| {
                self.findings.push(finding);
                Declared::Null
            });
        Value { declared, span }
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
            ("$env", Declared::String(variable)) if is_env_name(variable) => {
                Ok(Declared::Env(variable.clone()))
            }
            ("$env", _) => {
                let message = "`$env` needs the name of an environment variable";
                Err(
                    Finding::error("value/env-name", reference.value.span, message)
                        .help("use letters, digits and `_`, such as `WIFI_PSK`"),
                )
            }
            ("$file" | "$text", _) if property.facts.sensitive => {
                Err(secret_literal(property, span))
            }
            ("$file" | "$text", _) if !holds_text => {
                Err(wrong(format!("`{name}` holds no text")).help("write the value itself"))
            }
            ("$text", Declared::String(text)) => encode(text.clone().into_bytes(), property, span),
            ("$file", Declared::String(path)) => {
                encode(self.file(path, reference.value.span)?, property, span)
            }
            ("$file" | "$text", _) => Err(wrong(format!("`{}` needs a string", reference.name))),
            ("$undeclare" | "$append", _) => {
                let message = format!(
                    "`{}` has nothing beneath it: no base declares `{name}`",
                    reference.name
                );
                Err(Finding::error("overlay/nothing-beneath", span, message)
                    .help("it belongs in a manifest that is laid over a base's"))
            }
            ("$ref", _) => Err(wrong(format!("`{name}` does not refer to another profile"))
                .help("write the value itself")),
            (other, _) => Err(wrong(format!("there is no value reference `{other}`"))
                .help("use `$file`, `$text` or `$env`")),
        }
    }

    fn file(&self, path: &str, span: Span) -> Result<Vec<u8>, Finding> {
        let manifest = self.sources.path(span.file);
        read_inside(self.root, manifest.parent().unwrap_or(Path::new("")), path)
            .map_err(|problem| problem.into_finding(path, span))
    }
}

fn secret_literal(property: &Property, span: Span) -> Finding {
    Finding::error(
        "secret/literal",
        span,
        format!("`{}` is a secret, and this is its value", property.name),
    )
    .help("take it from the environment: `{ $env: NAME }`, and change it if it was ever committed")
    .conceal()
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

fn is_env_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

enum FileProblem {
    Outside,
    TooLarge(u64),
    NotAFile,
    Io(std::io::Error),
}

impl FileProblem {
    fn into_finding(self, path: &str, span: Span) -> Finding {
        match self {
            Self::Outside => Finding::error(
                "file/outside",
                span,
                format!("`{path}` leaves the folder of its manifests"),
            )
            .help("a payload lives below the folder that the manifest came from, links included"),
            Self::TooLarge(size) => Finding::error(
                "file/too-large",
                span,
                format!("`{path}` is {} MiB large", size / 1024 / 1024),
            )
            .help("Graph takes no payload of more than a few megabytes"),
            Self::NotAFile => {
                Finding::error("file/missing", span, format!("`{path}` is not a file"))
                    .help("the path is relative to the manifest")
            }
            Self::Io(error) => Finding::error(
                "file/missing",
                span,
                format!("`{path}` cannot be read: {error}"),
            )
            .help("the path is relative to the manifest"),
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
