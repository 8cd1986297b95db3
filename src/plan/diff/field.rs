//! What is said of a field that differs, or that nobody can compare.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Differ;
use crate::manifest::value::{Declared, Value};
use crate::plan::canonical::{canonical, is_unset};
use crate::plan::show::shown;
use crate::plan::{FieldChange, FieldPath, FieldStatus, Shown};
use crate::schema::model::{Property, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::semantics::Readback;
use crate::tenant::names::{Named, is_guid};

impl Differ<'_> {
    pub(super) fn canonical(&self, property: &Property, shape: &Shape, value: &Json) -> Json {
        canonical(self.model, property, shape, value)
    }

    pub(super) fn differs(
        &mut self,
        path: &FieldPath,
        property: &Property,
        shape: &Shape,
        before: Option<&Json>,
        after: Option<&Json>,
        declared: &Value,
    ) {
        let show = |value: Option<&Json>| match value {
            None => Shown::Unset,
            Some(value) if is_unset(property, shape, value) => Shown::Unset,
            Some(value) => shown(self.model, property, shape, value),
        };
        let (before_shown, after_shown) = (show(before), show(after));
        let fixed = property.facts.fixed && before.is_some();
        let status = if fixed {
            FieldStatus::Blocked
        } else {
            FieldStatus::Change
        };
        let reason = fixed.then(|| "it is fixed when the object is created".to_owned());
        self.push(
            path,
            property,
            status,
            before_shown,
            after_shown,
            reason,
            declared,
        );
    }

    #[allow(clippy::too_many_arguments, reason = "one place builds every field")]
    pub(super) fn push(
        &mut self,
        path: &FieldPath,
        property: &Property,
        status: FieldStatus,
        before: Shown,
        after: Shown,
        reason: Option<String>,
        declared: &Value,
    ) {
        let mut names = BTreeMap::new();
        for value in [&before, &after] {
            if let Shown::Value(value) = value {
                self.label(property, value, &mut names);
            }
        }
        self.fields.push(FieldChange {
            path: path.clone(),
            status,
            names,
            before,
            after,
            encoded: property.is_base64(),
            reason,
            location: Some(self.sources.locate(declared.span)),
        });
    }

    fn label(&self, property: &Property, value: &Json, names: &mut BTreeMap<String, String>) {
        match value {
            Json::String(id) => {
                let sorts = match property.facts.resolves {
                    Some(resolves) => vec![resolves.into()],
                    None if is_guid(id) => vec![Named::Group, Named::User],
                    None => Vec::new(),
                };
                let label = sorts
                    .into_iter()
                    .find_map(|sort| self.names.label(sort, id));
                names.extend(label.map(|label| (id.clone(), label.to_owned())));
            }
            Json::Array(items) => items
                .iter()
                .for_each(|item| self.label(property, item, names)),
            Json::Object(members) => members
                .values()
                .for_each(|value| self.label(property, value, names)),
            _ => {}
        }
    }
}

/// Returns why a live value says nothing about whether it is the declared one.
pub(super) fn unreadable(property: &Property, declared: &Value, live: &Json) -> Option<String> {
    let masked = live.as_str().is_some_and(is_placeholder);
    match (&declared.declared, property.facts.readback) {
        (Declared::Env(_), _) => Some("a value from the environment is never compared".to_owned()),
        (_, Some(Readback::Masked | Readback::Partial)) if masked => {
            Some("the tenant shows it masked".to_owned())
        }
        (_, Some(Readback::Null)) if live.is_null() => Some("the tenant never shows it".to_owned()),
        _ if property.facts.sensitive => Some("a secret is never compared".to_owned()),
        _ => None,
    }
}
