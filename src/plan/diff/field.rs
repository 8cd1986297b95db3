//! What is said of a field that differs, or that nobody can compare.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::{At, Differ};
use crate::manifest::value::Declared;
use crate::plan::show::{respelled, shown};
use crate::plan::{FieldChange, FieldStatus, Shown};
use crate::schema::model::{Property, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::semantics::Readback;
use crate::schema::types::Edm;
use crate::tenant::masked::Masked;
use crate::tenant::names::{Named, is_guid};
use crate::values::canonical::{canonical, is_unset};
use crate::values::masked as markers;

impl Differ<'_> {
    pub(super) fn canonical(&self, shape: &Shape, value: &Json) -> Json {
        canonical(self.model, shape, value)
    }

    /// Returns whether two values mean the same, not being set among that.
    pub(super) fn same(&self, at: &At<'_>, a: &Json, b: &Json) -> bool {
        self.canonical(at.shape, a) == self.canonical(at.shape, b)
            || is_unset(at.property, at.shape, a) && is_unset(at.property, at.shape, b)
    }

    /// Returns a masked live value in clear, as it would stand on the wire, where it was read and is compared.
    pub(super) fn clear(&mut self, at: &At<'_>, live: &Json) -> Option<Json> {
        let reference = markers::reference(live)?;
        if matches!(at.declared.declared, Declared::Env(_)) {
            return None;
        }
        let (family, object) = self.object?;
        let (object, reference) = (object.to_owned(), reference.to_owned());
        let masked = Masked { family, object, reference };
        let text = self.known.clear.get(&masked).map(ExposeSecret::expose_secret);
        self.masked.insert(masked);
        let text = text?;
        Some(match at.shape {
            Shape::Scalar(Edm::Binary) => BASE64.encode(text).into(),
            _ => text.into(),
        })
    }

    /// Reports that a value differs, `None` standing for one that is not there.
    pub(super) fn differs(&mut self, at: &At<'_>, before: Option<&Json>, after: Option<&Json>) {
        let show = |value: Option<&Json>| match value {
            None => Shown::Unset,
            Some(value) if is_unset(at.property, at.shape, value) => Shown::Unset,
            Some(value) => {
                let value = withhold(&self.withheld, value);
                shown(self.model, at.property, at.shape, &value)
            }
        };
        let respelled =
            before.zip(after).map(|(before, after)| respelled(self.model, at.shape, before, after));
        let (before_shown, after_shown) = (show(respelled.as_ref().or(before)), show(after));
        let fixed = at.property.facts.fixed && before.is_some();
        let status = if fixed { FieldStatus::Blocked } else { FieldStatus::Change };
        let reason = fixed.then(|| "it is fixed when the object is created".to_owned());
        self.push(at, status, before_shown, after_shown, reason);
    }

    /// Reports that nobody can say whether a value differs.
    pub(super) fn unverifiable(&mut self, at: &At<'_>, reason: &str) {
        let (before, after) = (Shown::Withheld, Shown::Withheld);
        if self.rewriting.includes(at.path.top()) {
            return self.push(at, FieldStatus::Change, before, after, None);
        }
        let (status, reason) = (FieldStatus::Unverifiable, Some(reason.to_owned()));
        self.push(at, status, before, after, reason);
    }

    fn push(
        &mut self,
        at: &At<'_>,
        status: FieldStatus,
        before: Shown,
        after: Shown,
        reason: Option<String>,
    ) {
        let mut names = BTreeMap::new();
        for value in [&before, &after] {
            if let Shown::Value(value) = value {
                self.label(at.property, value, &mut names);
            }
        }
        self.fields.push(FieldChange {
            path: at.path.clone(),
            status,
            names,
            before,
            after,
            encoded: at.property.is_base64(),
            reason,
            location: Some(self.sources.locate(at.declared.span)),
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
                let label = sorts.into_iter().find_map(|sort| self.known.names.label(sort, id));
                names.extend(label.map(|label| (id.clone(), label.to_owned())));
            }
            Json::Array(items) => items.iter().for_each(|item| self.label(property, item, names)),
            Json::Object(members) => {
                members.values().for_each(|value| self.label(property, value, names));
            }
            _ => {}
        }
    }
}

/// Returns a value with members of these names withheld, where there are any.
fn withhold<'v>(names: &BTreeSet<String>, value: &'v Json) -> Cow<'v, Json> {
    if names.is_empty() {
        return Cow::Borrowed(value);
    }
    Cow::Owned(match value {
        Json::Object(members) if !members.contains_key("$secret") => members
            .iter()
            .map(|(name, value)| match names.contains(name) && !value.is_null() {
                true => (name.clone(), json!({ "$withheld": true })),
                false => (name.clone(), withhold(names, value).into_owned()),
            })
            .collect(),
        Json::Array(items) => items.iter().map(|item| withhold(names, item).into_owned()).collect(),
        other => other.clone(),
    })
}

/// Returns why a live value says nothing about whether it is the declared one.
pub(super) fn unreadable(at: &At<'_>, live: &Json) -> Option<&'static str> {
    let masked = live.as_str().is_some_and(is_placeholder);
    match (&at.declared.declared, at.property.facts.readback) {
        (Declared::Env(_), _) => Some("a value from the environment is never compared"),
        _ if markers::reference(live).is_some() => {
            Some("the tenant shows it masked, and only an app that may write such objects reads it")
        }
        (_, Some(Readback::Masked | Readback::Partial)) if masked => {
            Some("the tenant shows it masked")
        }
        (_, Some(Readback::Null)) if live.is_null() => Some("the tenant never shows it"),
        _ if at.property.facts.sensitive => Some("a secret is never compared"),
        _ => None,
    }
}
