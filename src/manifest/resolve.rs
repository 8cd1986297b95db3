//! Resolves value references, and leaves out members that a manifest may contain but not declare.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::drafts::Drafts;
use super::overlay::nothing_beneath;
use super::reference::{Link, ManifestIndex, ReferenceReader};
use super::value::{Declared, Member, Value};
use super::variable::{READABLE, is_name};
use super::{Presence, payload_file};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{FileId, Finding, Sources, Span, value_or_report};
use crate::kinds::{Family, referred};
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::Edm;
use crate::values::canonical::whole;

/// The folder that the `$file` of each file may not leave: the tenant's, or the base's that it came from.
#[derive(Default)]
pub(super) struct Roots {
    pub(super) folders: BTreeMap<FileId, Arc<Path>>,
    /// The contents of files that are not written yet.
    pub(super) drafts: Drafts,
}

/// Everything that resolving the values of one manifest depends on.
pub(super) struct ResolveContext<'a> {
    pub(super) model: &'static Model,
    pub(super) family: &'static Family,
    pub(super) sources: &'a Sources,
    pub(super) roots: &'a Roots,
    pub(super) manifest_index: &'a ManifestIndex,
    /// Whether the object should exist.
    pub(super) presence: Presence,
    /// Whether the manifest is a part, whose base is not known.
    pub(super) part: bool,
}

/// Resolves one manifest's values.
pub(super) struct Resolver<'a> {
    pub(super) context: ResolveContext<'a>,
    pub(super) resolved: Resolution,
}

/// The results of resolving a manifest, beside its values.
#[derive(Debug, Default)]
pub(super) struct Resolution {
    pub(super) findings: Vec<Finding>,
    /// Members that were left out: annotations and read-only properties.
    pub(super) ignored: Vec<(String, Span)>,
    /// Secrets that are written in the text, with their places.
    pub(super) secrets: Vec<(Span, String)>,
    /// Navigation properties, which are no part of the body.
    pub(super) links: Vec<Link>,
}

impl Resolver<'_> {
    /// Returns an object with its references resolved. Read-only members are left out, and members that have a finding
    /// already, so that no further check reports them.
    pub(super) fn object(&mut self, value: Value, structure: &Structure) -> Value {
        let value = value.with_full_type();
        let Value { declared: Declared::Object(members), span } = value else {
            return value;
        };
        let members =
            members.into_iter().filter_map(|member| self.member(member, structure)).collect();
        Value { declared: Declared::Object(members), span }
    }

    fn member(&mut self, member: Member, structure: &Structure) -> Option<Member> {
        let Member { name, name_span, value } = member;
        if name == "@odata.type" {
            return Some(Member { name, name_span, value });
        }
        if let Some(property) = name.strip_suffix("@odata.bind") {
            let message = format!("`{name}` names an object by its address in one tenant");
            let known = structure.properties.get(property);
            let target = known.and_then(|property| match &property.shape {
                Shape::Navigation { target, .. } => Some(target.as_str()),
                _ => None,
            });
            let help = if target.is_some_and(|target| referred::path_of(target).is_some()) {
                format!("name the object: `{property}: {{ $ref: {{ id: … }} }}`")
            } else {
                format!(
                    "refer to its manifest: `{property}: {{ $ref: kind/name }}`, in a list where it takes several"
                )
            };
            let finding = Finding::error("manifest/odata-bind", name_span, message);
            self.resolved.findings.push(finding.help(help));
            return None;
        }
        let property = structure.properties.get(&name);
        let is_computed = property.is_some_and(|property| property.computed);
        if name.contains('@') || name.starts_with('#') || is_computed {
            self.resolved.ignored.push((name, name_span));
            return None;
        }
        let Some(property) = property else {
            return Some(Member { name, name_span, value });
        };
        if let Shape::Navigation { target, collection, contained } = &property.shape {
            if *contained {
                self.contained(name, name_span, &value);
            } else {
                let (property, many) = (&property.name, *collection);
                let reader = ReferenceReader { context: &self.context, property, many, target };
                let link = reader.link(&value, &mut self.resolved.findings);
                self.resolved.links.extend(link);
            }
            return None;
        }
        let value = self.value(value, property, &property.shape)?;
        Some(Member { name, name_span, value })
    }

    fn contained(&mut self, name: String, span: Span, value: &Value) {
        let assign = self.context.family.assign;
        if assign.is_some_and(|assign| assign.property == name) || value.declared == Declared::Null
        {
            self.resolved.ignored.push((name, span));
            return;
        }
        let message = format!(
            "`{name}` is not part of the object's body: Graph keeps it under a path of its own"
        );
        self.resolved.findings.push(
            Finding::error("manifest/contained-navigation", span, message)
                .help("remove it; it is left alone in the tenant"),
        );
    }

    fn value(&mut self, value: Value, property: &Property, shape: &Shape) -> Option<Value> {
        let resolved = self.resolve(value, property, shape);
        value_or_report(resolved, &mut self.resolved.findings).flatten()
    }

    fn resolve(
        &mut self,
        value: Value,
        property: &Property,
        shape: &Shape,
    ) -> Result<Option<Value>, Finding> {
        if !can_be_read(property) && value.as_str().is_some_and(is_placeholder) {
            return Err(placeholder(property, value.span));
        }
        if property.is_secret() {
            self.refuse_literal(&value, &property.name)?;
        }
        if let Shape::Settings(part) = shape {
            return Ok(Some(self.settings(value, property, *part)));
        }
        if let Some(reference) = value.directive() {
            return self.reference(reference, value.span, property, shape);
        }
        let Value { declared, span } = value;
        let declared = match (declared, shape) {
            (declared @ Declared::Object(_), Shape::Complex(_) | Shape::Poly(_)) => {
                let value = Value { declared, span };
                let structure = self.context.model.actual(shape, value.odata_type());
                return Ok(Some(match structure {
                    Some(structure) => self.object(value, &structure),
                    None => value,
                }));
            }
            (Declared::List(elements), Shape::Collection(element, _)) => {
                let elements = elements.into_iter();
                let elements = elements.filter_map(|value| self.value(value, property, element));
                Declared::List(elements.collect())
            }
            // Rules and comparisons read whole numbers as integers, and so does Graph.
            (Declared::Number(number), Shape::Scalar(Edm::Int32 | Edm::Int64)) => {
                Declared::Number(whole(number))
            }
            // Base64 is often wrapped; JSON Schema would call the line breaks malformed.
            (Declared::String(text), Shape::Scalar(Edm::Binary)) => {
                Declared::String(text.split_ascii_whitespace().collect())
            }
            (declared, _) => declared,
        };
        Ok(Some(Value { declared, span }))
    }

    /// Refuses a secret that is neither unset nor a reference to the environment, and notes its text as a secret.
    pub(super) fn refuse_literal(&mut self, value: &Value, name: &str) -> Result<(), Finding> {
        match value.directive().map(|reference| (reference.name.as_str(), &reference.value)) {
            Some(("$env", name)) => {
                if !is_name(name) {
                    hide(value, &mut self.resolved.secrets);
                }
                return Ok(());
            }
            Some(("$undeclare", _)) => return Ok(()),
            _ if value.declared == Declared::Null || value.as_str() == Some("") => return Ok(()),
            _ => {}
        }
        hide(value, &mut self.resolved.secrets);
        let message = format!("`{name}` is a secret, and no file may hold it");
        Err(Finding::error("secret/literal", value.span, message).help(
            "take it from the environment: `{ $env: NAME }`; change the secret if this was ever committed",
        ))
    }

    pub(super) fn reference(
        &mut self,
        reference: &Member,
        span: Span,
        property: &Property,
        shape: &Shape,
    ) -> Result<Option<Value>, Finding> {
        let holds_text = matches!(shape, Shape::Scalar(Edm::String | Edm::Binary));
        let name = &property.name;
        let declared = match (reference.name.as_str(), &reference.value.declared) {
            ("$undeclare" | "$append", _) if self.context.part => return Ok(None),
            ("$env", _) if holds_text && is_name(&reference.value) => {
                let refused = can_be_read(property).then(|| readable(property, span));
                self.resolved.findings.extend(refused);
                Declared::Env(reference.value.as_str().unwrap_or_default().to_owned())
            }
            ("$env", _) if holds_text && can_be_read(property) => {
                return Err(readable(property, span));
            }
            ("$env", _) if holds_text => {
                let message = "`$env` takes the name of an environment variable";
                return Err(Finding::error("value/env-name", reference.value.span, message)
                    .help("use letters, digits and `_`, such as `WIFI_PSK`"));
            }
            ("$env", _) => {
                let message = format!("`{name}` holds no text, so that it can hold no secret");
                return Err(
                    Finding::error("value/env-type", span, message).help("write the value itself")
                );
            }
            ("$text", Declared::String(text)) if holds_text => {
                encode(text.clone().into_bytes(), property, span)?
            }
            ("$file", Declared::String(path)) if holds_text => {
                encode(self.file(path, reference.value.span)?, property, span)?
            }
            _ => return Err(misused(reference, span, name, holds_text)),
        };
        Ok(Some(Value { declared, span }))
    }

    fn file(&self, path: &str, span: Span) -> Result<Vec<u8>, Finding> {
        let beside = self.context.sources.get(span.file).path.parent();
        let beside = beside.unwrap_or(Path::new(""));
        let root = self.context.roots.folders.get(&span.file).map_or(beside, |root| root);
        payload_file::read(root, beside, path, span, &self.context.roots.drafts)
    }
}

/// Returns the finding of a malformed reference, or of one that does not fit the property.
fn misused(reference: &Member, span: Span, name: &str, holds_text: bool) -> Finding {
    let (message, help) = match (reference.name.as_str(), &reference.value.declared) {
        (used @ ("$file" | "$text"), _) if !holds_text => (
            format!("`{name}` holds no free text, so that `{used}` does not fit"),
            "write the value itself",
        ),
        ("$file", _) => ("`$file` takes a path".to_owned(), "write `{ $file: ./name }`"),
        ("$text", _) => ("`$text` takes a text".to_owned(), "put it in quotes"),
        ("$undeclare", declared) if *declared != Declared::Bool(true) => (
            "`$undeclare` takes `true`".to_owned(),
            "write `{ $undeclare: true }`, or the value itself",
        ),
        ("$append", declared) if !matches!(declared, Declared::List(_)) => (
            "`$append` takes a list".to_owned(),
            "write its elements in brackets: `{ $append: [a, b] }`",
        ),
        (used @ ("$undeclare" | "$append"), _) => return nothing_beneath(used, name, span),
        ("$ref", _) => {
            (format!("`{name}` does not refer to another profile"), "write the value itself")
        }
        (other, _) => {
            let message = format!("there is no value reference `{other}`");
            let finding = Finding::error("value/reference", span, message);
            return match nearest(other, ["$file", "$text", "$env"]) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("use `$file`, `$text` or `$env`"),
            };
        }
    };
    Finding::error("value/reference", span, message).help(help)
}

/// Whether Graph returns the value that was written to a property.
fn can_be_read(property: &Property) -> bool {
    !property.is_secret() && property.facts.readback.is_none()
}

fn readable(property: &Property, span: Span) -> Finding {
    let message = format!(
        "`{}` can be read back, so it cannot hold a value from the environment",
        property.name
    );
    Finding::error(READABLE, span, message)
        .help("write the value itself, or `{ $text: … }` or `{ $file: … }`")
}

/// Notes every scalar of a value as a secret.
pub(super) fn hide(value: &Value, secrets: &mut Vec<(Span, String)>) {
    secrets.extend(value.descendants().filter_map(|value| match &value.declared {
        Declared::String(text) => Some((value.span, text.clone())),
        Declared::Number(number) => Some((value.span, number.to_string())),
        _ => None,
    }));
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
        let message = format!("`{}` holds text, and the file is not UTF-8", property.name);
        Finding::error("value/not-text", span, message).help("save the file as UTF-8")
    })
}

#[cfg(test)]
mod tests;
