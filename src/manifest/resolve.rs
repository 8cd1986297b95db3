//! Value references become values, and what a manifest may carry but not declare is left out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::overlay::{directive, nothing_beneath};
use super::reference::{Link, Neighbours, Reader};
use super::value::{Declared, Member, Value};
use super::variable::{READABLE, is_name};
use super::{Presence, payload};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{FileId, Finding, Sources, Span};
use crate::kinds::Family;
use crate::schema::model::{Model, Property, Shape, Structure};
use crate::schema::placeholder::is_placeholder;
use crate::schema::types::Edm;

/// The folder that the `$file` of each file may not leave: the tenant's, or the base's that it came from.
pub(super) type Roots = BTreeMap<FileId, Arc<Path>>;

/// What resolving one manifest's values needs to know.
pub(super) struct Resolver<'a> {
    pub(super) model: &'static Model,
    pub(super) family: &'static Family,
    pub(super) sources: &'a Sources,
    pub(super) roots: &'a Roots,
    pub(super) neighbours: &'a Neighbours,
    /// Whether the object should exist.
    pub(super) presence: Presence,
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
    /// Navigation properties, which are no part of the body.
    pub(super) links: Vec<Link>,
}

impl Resolver<'_> {
    /// Returns an object with its references resolved and its read-only members left out. So is what has a
    /// finding already: nothing more is to be said of it.
    pub(super) fn object(&mut self, value: Value, structure: &Structure) -> Value {
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
            self.resolved.findings.push(
                Finding::error(
                    "manifest/odata-bind",
                    name_span,
                    format!("`{name}` names an object by its address in one tenant"),
                )
                .help(format!(
                    "refer to its manifest: `{property}: {{ $ref: kind/name }}`, in a list where it takes several"
                )),
            );
            return None;
        }
        if name.contains('@') || name.starts_with('#') {
            self.resolved.ignored.push((name, name_span));
            return None;
        }
        let Some(property) = structure.properties.get(&name) else {
            return Some(Member { name, name_span, value });
        };
        if property.computed {
            self.resolved.ignored.push((name, name_span));
            return None;
        }
        if let Shape::Navigation { contained, .. } = &property.shape {
            match contained {
                true => self.contained(&name, name_span, &value),
                false => self.link(property, &value),
            }
            return None;
        }
        let value = self.value(value, property, &property.shape)?;
        Some(Member { name, name_span, value })
    }

    fn contained(&mut self, name: &str, span: Span, value: &Value) {
        let is_assignments = self.family.assign.is_some_and(|assign| assign.property == name);
        if is_assignments || value.declared == Declared::Null {
            self.resolved.ignored.push((name.to_owned(), span));
            return;
        }
        self.resolved.findings.push(
            Finding::error(
                "manifest/contained-navigation",
                span,
                format!("`{name}` is not part of the object's body: Graph keeps it under a path of its own"),
            )
            .help("remove it; it is left alone in the tenant"),
        );
    }

    fn link(&mut self, property: &Property, value: &Value) {
        let Shape::Navigation { target, collection, .. } = &property.shape else {
            return;
        };
        let reader = Reader {
            model: self.model,
            neighbours: self.neighbours,
            presence: self.presence,
            part: self.part,
            property: &property.name,
            many: *collection,
            target,
        };
        let link = reader.link(value, &mut self.resolved.findings);
        self.resolved.links.extend(link);
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
            if !is_name(&reference.value) && reference.name == "$env" {
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
        if reference.name == "$env" && can_be_read(property) && holds_text(shape) {
            self.resolved.findings.push(readable(property, span));
            let variable = reference.value.as_str().filter(|_| is_name(&reference.value))?;
            let declared = Declared::Env(variable.to_owned());
            return Some(Value { declared, span });
        }
        match self.referred(reference, span, property, shape) {
            Ok(declared) => Some(Value { declared, span }),
            Err(finding) => {
                self.resolved.findings.push(*finding);
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
    ) -> Result<Declared, Box<Finding>> {
        let holds_text = holds_text(shape);
        let name = &property.name;
        let wrong = |message: String| Finding::error("value/reference", span, message);
        let finding = match (reference.name.as_str(), &reference.value.declared) {
            ("$env", Declared::String(variable)) if holds_text && is_name(&reference.value) => {
                return Ok(Declared::Env(variable.clone()));
            }
            ("$text", Declared::String(text)) if holds_text => {
                return encode(text.clone().into_bytes(), property, span);
            }
            ("$file", Declared::String(path)) if holds_text => {
                return encode(self.file(path, reference.value.span)?, property, span);
            }
            ("$env", _) if !holds_text => {
                let message = format!("`{name}` holds no text, so that it can hold no secret");
                Finding::error("value/env-type", span, message).help("write the value itself")
            }
            ("$env", _) => {
                let message = "`$env` takes the name of an environment variable";
                Finding::error("value/env-name", reference.value.span, message)
                    .help("use letters, digits and `_`, such as `WIFI_PSK`")
            }
            (used @ ("$file" | "$text"), _) if !holds_text => {
                wrong(format!("`{name}` holds no free text, so that `{used}` does not fit"))
                    .help("write the value itself")
            }
            ("$file", _) => {
                wrong("`$file` takes a path".to_owned()).help("write `{ $file: ./name }`")
            }
            ("$text", _) => wrong("`$text` takes a text".to_owned()).help("put it in quotes"),
            ("$undeclare", declared) if *declared != Declared::Bool(true) => {
                wrong("`$undeclare` takes `true`".to_owned())
                    .help("write `{ $undeclare: true }`, or the value itself")
            }
            ("$append", declared) if !matches!(declared, Declared::List(_)) => {
                wrong("`$append` takes a list".to_owned())
                    .help("write its elements in brackets: `{ $append: [a, b] }`")
            }
            (used @ ("$undeclare" | "$append"), _) => nothing_beneath(used, name, span),
            ("$ref", _) => wrong(format!("`{name}` does not refer to another profile"))
                .help("write the value itself"),
            (other, _) => {
                let finding = wrong(format!("there is no value reference `{other}`"));
                match nearest(other, ["$file", "$text", "$env"]) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding.help("use `$file`, `$text` or `$env`"),
                }
            }
        };
        Err(Box::new(finding))
    }

    fn file(&self, path: &str, span: Span) -> Result<Vec<u8>, Box<Finding>> {
        let beside = self.sources.path(span.file).parent();
        let beside = beside.unwrap_or(Path::new(""));
        let root = self.roots.get(&span.file).map_or(beside, |root| root);
        payload::read(root, beside, path)
            .map_err(|problem| Box::new(problem.into_finding(path, span)))
    }
}

/// Whether the tenant gives back what was written to a property.
fn can_be_read(property: &Property) -> bool {
    !property.facts.sensitive && property.facts.readback.is_none()
}

fn holds_text(shape: &Shape) -> bool {
    matches!(shape, Shape::Scalar(Edm::String | Edm::Binary))
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
fn hide(value: &Value, secrets: &mut Vec<(Span, String)>) {
    match &value.declared {
        Declared::List(elements) => elements.iter().for_each(|element| hide(element, secrets)),
        Declared::Object(members) => members.iter().for_each(|member| hide(&member.value, secrets)),
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

fn encode(bytes: Vec<u8>, property: &Property, span: Span) -> Result<Declared, Box<Finding>> {
    if property.is_base64() {
        return Ok(Declared::String(BASE64.encode(bytes)));
    }
    String::from_utf8(bytes).map(Declared::String).map_err(|_| {
        let message = format!("`{}` holds text, and the file is not UTF-8", property.name);
        let finding = Finding::error("value/not-text", span, message);
        Box::new(finding.help("save the file as UTF-8"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{self, Action};
    use crate::schema::testing;

    #[test]
    fn contained_entities_are_resolved_where_they_are_created_inline() {
        let (spec, sources) = Value::from_yaml(
            "displayName: Order
tasks:
  - label: { $text: a }
    steps:
      - { action: block, id: '7', pin: { $env: PIN } }
      - { action: mail, pin: canary-1 }
      - { action: mail, template: { $env: TEMPLATE } }
seal: { color: { $text: red } }
log: []
",
        );
        let mut resolver = Resolver {
            model: testing::model(),
            family: kinds::FAMILIES[0],
            sources: &sources,
            roots: &Roots::new(),
            neighbours: &Neighbours::of([].into_iter(), true),
            presence: Presence::Present,
            part: false,
            resolved: Resolved::default(),
        };
        let structure = testing::model().get("workOrder").expect("a type");
        let value = resolver.object(spec, &structure);
        let expected = serde_json::json!({
            "displayName": "Order",
            "tasks": [{ "label": "a", "steps": [
                { "action": "block", "pin": { "$secret": "env:PIN" } },
                { "action": "mail" },
                { "action": "mail", "template": { "$secret": "env:TEMPLATE" } },
            ] }],
            "seal": { "color": "red" },
        });
        assert_eq!(value.to_json(), expected);
        let Resolved { findings, ignored, secrets, .. } = resolver.resolved;
        let found: Vec<(&str, usize)> = findings
            .iter()
            .filter_map(|finding| Some((&*finding.code, sources.locate(finding.span?).line)))
            .collect();
        assert_eq!(
            found,
            [("secret/literal", 6), (READABLE, 7), ("manifest/contained-navigation", 9)]
        );
        let ignored: Vec<(&str, usize)> = ignored
            .iter()
            .map(|(name, span)| (name.as_str(), sources.locate(*span).line))
            .collect();
        assert_eq!(ignored, [("id", 5)]);
        assert!(secrets.iter().any(|(_, secret)| secret == "canary-1"), "{secrets:?}");
    }

    #[test]
    fn the_property_that_is_assigned_is_ignored_by_the_name_that_its_family_gives_it() {
        let ignored = |family: &'static Family| {
            let (spec, sources) = Value::from_yaml("log: [{ text: a }]\n");
            let mut resolver = Resolver {
                model: testing::model(),
                family,
                sources: &sources,
                roots: &Roots::new(),
                neighbours: &Neighbours::of([].into_iter(), true),
                presence: Presence::Present,
                part: false,
                resolved: Resolved::default(),
            };
            let structure = testing::model().get("workOrder").expect("a type");
            resolver.object(spec, &structure);
            (resolver.resolved.ignored.len(), resolver.resolved.findings.len())
        };
        let family = kinds::FAMILIES[0];
        let assign = family.assign.map(|assign| Action { property: "log", ..assign });
        let other: &Family = Box::leak(Box::new(Family { assign, ..*family }));
        assert_eq!(ignored(family), (0, 1));
        assert_eq!(ignored(other), (1, 0));
    }
}
