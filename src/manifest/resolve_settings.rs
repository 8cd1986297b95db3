//! Resolves references within settings of the settings catalog, and reads settings in Graph's form.

use serde_json::Value as Json;

use super::reference::{ReferenceReader, Referent};
use super::resolve::Resolver;
use crate::diagnostic::{Finding, value_or_report};
use crate::manifest::value::{Declared, Member, Value};
use crate::manifest::variable::is_name;
use crate::schema::model::{Property, Shape};
use crate::schema::types::Edm;
use crate::schema::walk::Tree;
use crate::settings_catalog::{self, MERGE, REF, SettingPart};

/// The type of the objects that references of settings lead to.
const REUSABLE_SETTING: &str = "deviceManagementReusablePolicySetting";

impl Resolver<'_> {
    /// Returns settings, or a part of them, with their references resolved.
    pub(super) fn settings(
        &mut self,
        value: Value,
        property: &Property,
        part: SettingPart,
    ) -> Value {
        let value = match value.declared {
            Declared::List(_) if part == SettingPart::ROOT => readable(&value),
            _ => value,
        };
        self.part(value, property, part).unwrap_or_else(|value| value)
    }

    /// Returns a part of settings. A fault is reported, and the part stays as it is.
    fn part(
        &mut self,
        value: Value,
        property: &Property,
        part: SettingPart,
    ) -> Result<Value, Value> {
        let part = part.stating(value.odata_type(), value.get("valueState").is_some());
        if part.is_secret() {
            return Ok(self.secret_of_setting(value));
        }
        let is_of_form = |it: &&Member| ["$raw", "$template", MERGE].contains(&it.name.as_str());
        let reference = value.directive().filter(|it| !is_of_form(it));
        if part == SettingPart::Reference && reference.is_some_and(|it| it.name == REF) {
            return self.reusable_setting(&value).ok_or(value);
        }
        if let Some(reference) = reference.filter(|it| !part.is_text() || it.name == "$env") {
            self.resolved.findings.push(misplaced(reference));
            return Ok(Value { declared: Declared::Null, span: value.span });
        }
        if let Some(reference) = reference {
            let text = Shape::Scalar(Edm::String);
            let resolved = self.reference(reference, value.span, property, &text);
            return value_or_report(resolved, &mut self.resolved.findings).flatten().ok_or(value);
        }
        let Value { declared, span } = value;
        if part.is_text() && matches!(declared, Declared::Number(_) | Declared::Bool(_)) {
            let text = self.context.sources.text(span).to_owned();
            return Ok(Value { declared: Declared::String(text), span });
        }
        let mut below = |value, part| self.part(value, property, part).unwrap_or_else(|it| it);
        let declared = match declared {
            Declared::Object(members) => {
                let member = |member: Member| {
                    let value = match member.value.declared {
                        Declared::List(_) if member.name == MERGE => readable(&member.value),
                        _ => member.value,
                    };
                    Member { value: below(value, part.member(&member.name)), ..member }
                };
                Declared::Object(members.into_iter().map(member).collect())
            }
            Declared::List(elements) => {
                let element = |element| below(element, part.element());
                Declared::List(elements.into_iter().map(element).collect())
            }
            declared => declared,
        };
        Ok(Value { declared, span })
    }

    /// Returns the reference to a reusable setting: its id, or its display name as `{ $ref: { displayName: … } }`.
    fn reusable_setting(&mut self, value: &Value) -> Option<Value> {
        let (context, target) = (&self.context, REUSABLE_SETTING);
        let reader = ReferenceReader { context, property: "reference", many: false, target };
        let link = reader.link(value, &mut self.resolved.findings)?;
        match link.references.into_iter().next()?.to {
            Referent::Id(id) => Some(Value { declared: Declared::String(id), span: value.span }),
            Referent::Named { .. } => Some(value.clone()),
            Referent::Manifest(_) => None,
        }
    }

    /// Returns a secret of a setting, which only the environment may give.
    fn secret_of_setting(&mut self, value: Value) -> Value {
        let Value { span, .. } = value;
        match value.directive().filter(|reference| reference.name == "$env") {
            Some(reference) if is_name(&reference.value) => {
                let name = reference.value.as_str().unwrap_or_default().to_owned();
                return Value { declared: Declared::Env(name), span };
            }
            _ => {}
        }
        let fault = self.refuse_literal(&value, "secret").err();
        let fault = fault.or_else(|| {
            let reference = value.directive()?;
            let message = "`$env` takes the name of an environment variable";
            let finding = Finding::error("value/env-name", reference.value.span, message);
            Some(finding.help("use letters, digits and `_`, such as `SSO_KEY`"))
        });
        self.resolved.findings.extend(fault);
        value
    }
}

/// Returns the finding of a value reference where it means nothing.
fn misplaced(reference: &Member) -> Finding {
    let Member { name, name_span, .. } = reference;
    let message = format!("`{name}` means nothing here");
    let finding = Finding::error("value/reference", *name_span, message);
    finding.help(match name.as_str() {
        "$env" => {
            "a setting takes a secret as `secret: { $env: NAME }`, and everything else as it is"
        }
        _ => "write the value itself",
    })
}

/// Returns settings that are written in Graph's form in the readable form, each with the place of its element.
pub(super) fn readable(list: &Value) -> Value {
    let place = |id: &str| {
        let has_id = |element: &&Value| {
            let instance = element.get("settingInstance");
            instance.and_then(|it| it.get("settingDefinitionId")).and_then(Value::as_str)
                == Some(id)
        };
        list.elements().iter().find(has_id).map_or(list.span, |element| element.span)
    };
    let settings = settings_catalog::read(&list.to_json());
    let member = |(id, setting): (&str, &Json)| {
        let span = place(id);
        let value = Value::from_json(setting, span);
        Member { name: id.to_owned(), name_span: span, value }
    };
    Value { declared: Declared::Object(settings.members().map(member).collect()), span: list.span }
}
