//! Reports of fields that differ or cannot be compared.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::ExposeSecret;
use serde_json::Value as Json;

use super::{At, Differ};
use crate::manifest::value::Declared;
use crate::plan::show::{respelled, shown};
use crate::plan::{FieldChange, FieldStatus, Segment, Shown};
use crate::schema::model::{Property, Shape};
use crate::schema::placeholder::is_placeholder;
use crate::schema::semantics::Readback;
use crate::schema::types::Edm;
use crate::schema::walk::any;
use crate::tenant::masked::Masked;
use crate::tenant::names::{Named, is_guid};
use crate::values::canonical::{canonical, is_unset};
use crate::values::masked as markers;
use crate::values::payload::names_secret;
use crate::values::secret::{may_be_from_environment, withheld};

/// Why a value from the environment says nothing about whether it differs.
pub(super) const NEVER_COMPARED: &str = "a value from the environment is never compared";

/// Why a field that is fixed cannot be changed, and what to do.
const FIXED: &str = "it is fixed when the object is created; declare the value that it has, or delete the object and \
                     create it again";

impl Differ<'_> {
    /// Returns whether two values mean the same, not being set among that.
    pub(super) fn same(&self, at: &At<'_>, a: &Json, b: &Json) -> bool {
        let form = |value| canonical(self.model, at.shape, value);
        form(a) == form(b)
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

    /// Reports that a value differs, `None` standing for one that is not there. Returns whether the difference is accepted:
    /// the live value is kept then.
    pub(super) fn differs(
        &mut self,
        at: &At<'_>,
        before: Option<&Json>,
        after: Option<&Json>,
    ) -> bool {
        let show = |value: Option<&Json>, is_live| match value {
            Some(value) if !is_unset(at.property, at.shape, value) => {
                shown(self.model, at.property, at.shape, value, &self.withheld, is_live)
            }
            _ => Shown::Unset,
        };
        let respelled =
            before.zip(after).map(|(before, after)| respelled(self.model, at.shape, before, after));
        let mut field = self.field(at, FieldStatus::Change);
        field.before = show(respelled.as_ref().or(before), true);
        field.after = show(after, false);
        if before.is_none() && field.after == Shown::Unset {
            // A new object gets what leaves the property unset, which is no news.
            return false;
        }
        if at.is_secret_by_key() || may_be_from_environment(at.property) {
            // What the tenant has may be what a manifest took from the environment before.
            withhold(&mut field.before);
        }
        if at.is_secret_by_key() {
            withhold(&mut field.after);
        }
        if field.is_rewritten() {
            // Two secrets that differ, and no value that cannot be compared.
            field.after = Shown::Value(withheld());
        }
        for shown in [&field.before, &field.after] {
            if let Shown::Value(value) = shown {
                self.label(at.property, value, &mut field.names);
                self.name_settings(at, value, &mut field.names);
            }
        }
        let model = self.model;
        let form = |value: &Json| canonical(model, at.shape, value);
        if self.acceptances.accept(&field, |one, other| form(one) == form(other)) {
            return true;
        }
        if at.property.facts.fixed && before.is_some() {
            field.block(FIXED);
        }
        self.fields.push(field);
        false
    }

    /// Returns whether a difference is accepted. One that is not is not reported.
    pub(super) fn is_accepted(
        &mut self,
        at: &At<'_>,
        before: Option<&Json>,
        after: Option<&Json>,
    ) -> bool {
        if self.acceptances.is_empty() {
            return false;
        }
        let (fields, accepted) = (self.fields.len(), self.acceptances.len());
        let is_accepted = self.differs(at, before, after);
        if !is_accepted {
            self.fields.truncate(fields);
            self.acceptances.truncate(accepted);
        }
        is_accepted
    }

    /// Reports that a value that the tenant has and does not show is to be unset.
    pub(super) fn hidden(&mut self, at: &At<'_>) {
        let field = self.field(at, FieldStatus::Change);
        self.fields.push(FieldChange { after: Shown::Unset, ..field });
    }

    /// Reports that a value cannot be compared.
    pub(super) fn unverifiable(&mut self, at: &At<'_>, reason: &str) {
        let is_rewritten = self.rewrite.iter().any(|one| one.includes(at.path.top()));
        let mut field = self.field(at, FieldStatus::Change);
        if !is_rewritten {
            field.status = FieldStatus::Unverifiable;
            field.reason = Some(reason.to_owned());
        }
        self.fields.push(field);
    }

    fn field(&self, at: &At<'_>, status: FieldStatus) -> FieldChange {
        FieldChange {
            path: at.path.clone(),
            status,
            encoded: at.property.is_base64(),
            location: Some(self.sources.locate(at.declared.span)),
            ..FieldChange::default()
        }
    }

    /// Adds the names of ids within a value.
    fn label(&self, property: &Property, value: &Json, names: &mut BTreeMap<String, String>) {
        any(value, &mut |value| {
            let Some(id) = value.as_str() else {
                return false;
            };
            let sorts = match property.facts.resolves {
                Some(resolves) => vec![resolves],
                None if is_guid(id) => vec![Named::Group, Named::User, Named::ReusableSetting],
                None => Vec::new(),
            };
            let label = sorts.into_iter().find_map(|sort| self.known.names.label(sort, id));
            names.extend(label.map(|label| (id.to_owned(), label.to_owned())));
            false
        });
    }
}

impl At<'_> {
    /// Returns whether the key of the element says that its value is a secret.
    fn is_secret_by_key(&self) -> bool {
        let is_named = |segment: &Segment| match segment {
            Segment::Key { key } => names_secret(key),
            _ => false,
        };
        matches!(self.shape, Shape::Scalar(_)) && self.path.0.iter().any(is_named)
    }
}

fn withhold(shown: &mut Shown) {
    if *shown != Shown::Unset {
        *shown = Shown::Withheld;
    }
}

/// Returns why a live value says nothing about whether it is the declared one.
pub(super) fn unreadable(at: &At<'_>, live: &Json) -> Option<&'static str> {
    let masked = live.as_str().is_some_and(is_placeholder);
    match (&at.declared.declared, at.property.facts.readback) {
        (Declared::Env(_), _) => Some(NEVER_COMPARED),
        _ if markers::reference(live).is_some() => {
            Some("the tenant shows it masked, and only an app that may write such objects reads it")
        }
        (_, Some(Readback::Masked | Readback::Partial)) if masked => {
            Some("the tenant shows it masked")
        }
        (_, Some(Readback::Null)) if live.is_null() => Some("the tenant never shows it"),
        _ if at.property.is_secret() => Some("a secret is never compared"),
        _ => None,
    }
}
