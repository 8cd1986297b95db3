//! Matches records of an audit log with the differing properties of an object.
//!
//! What a log calls a property and how it writes a value is not promised: names are compared without case, and a value is
//! shown as the log has it where it does not read as the type of the property.

use std::collections::BTreeSet;
use std::mem::discriminant;

use serde_json::{Value as Json, json};

use super::attribution::Attribution;
use crate::plan::{FieldChange, FieldPath, Segment, Shown};
use crate::schema::model::{Model, Property, Shape};
use crate::schema::types::GraphVersion;
use crate::tenant::audit::{AuditRecord, AuditedProperty};
use crate::values::payload;
use crate::values::secret::{redacted, stands_for_secret};

/// The beginning of the name of an element of a list in Intune's log (FACTS 6.1).
const ELEMENT: &str = "$Collection.";

/// Returns the attribution of a property of an object of a kind to the newest of these records that names it; `None` too where
/// that record gave it another value than the live one, since the log does not have the last write yet, and where it is in an
/// element of a list that several authors changed.
pub(super) fn attribution(
    kind: &str,
    field: &FieldChange,
    records: &[&AuditRecord],
) -> Option<Attribution> {
    if !of_several(field, records).is_empty() {
        return None;
    }
    let record = *naming(field, records).first()?;
    let is_live = !record.properties.iter().any(|entry| yields_another(kind, field, entry));
    is_live.then(|| Attribution::of(record, former(kind, field, &record.properties)))
}

/// Returns the records that name a property; of an element of a list those that gave it its live value, where there are
/// such.
fn naming<'a>(field: &FieldChange, records: &[&'a AuditRecord]) -> Vec<&'a AuditRecord> {
    let naming = records.iter().copied().filter(|record| is_named(&field.path, record));
    let naming: Vec<&AuditRecord> = naming.collect();
    let is_telling = |record: &&&AuditRecord| record.properties.iter().any(|one| tells(one, field));
    let telling: Vec<&AuditRecord> = naming.iter().filter(is_telling).copied().collect();
    if is_of_element(&field.path) && !telling.is_empty() { telling } else { naming }
}

/// Returns whether an entry gave a property a part of its live value that is not declared. The log writes the choice `1` of a
/// setting of the catalog with the id of its definition before it.
fn tells(entry: &AuditedProperty, field: &FieldChange) -> bool {
    let (Some(new), Shown::Value(live)) = (&entry.new, &field.before) else { return false };
    let key = field.path.0.iter().rev().find_map(|segment| match segment {
        Segment::Key { key } => Some(key.as_str()),
        _ => None,
    });
    let is_new = |part: &Json| {
        let part = part.as_str().map_or_else(|| part.to_string(), str::to_owned);
        let is_choice = key.is_some_and(|key| *new == format!("{key}_{part}"));
        is_choice || new.eq_ignore_ascii_case(&part)
    };
    let declared = match &field.after {
        Shown::Value(declared) => declared,
        _ => &Json::Null,
    };
    names(entry, &field.path) && differing(live, declared).into_iter().any(is_new)
}

/// Returns the parts of a value that another one does not have.
fn differing<'v>(value: &'v Json, other: &Json) -> Vec<&'v Json> {
    match value {
        Json::Object(members) => {
            let of_other = |name: &String| other.get(name).unwrap_or(&Json::Null);
            members.iter().flat_map(|(name, part)| differing(part, of_other(name))).collect()
        }
        _ if value == other => Vec::new(),
        _ => vec![value],
    }
}

/// Returns the records that may be of a property, where it is in an element of a list and they are of several authors: a
/// record does not tell which element it changed.
pub(super) fn of_several<'a>(
    field: &FieldChange,
    records: &[&'a AuditRecord],
) -> Vec<&'a AuditRecord> {
    if !is_of_element(&field.path) {
        return Vec::new();
    }
    let naming = naming(field, records);
    let are_alike = naming.windows(2).all(|pair| pair[0].actor == pair[1].actor);
    if are_alike { Vec::new() } else { naming }
}

/// Returns whether older records than these can tell nothing else of a property. Of an element they may be of other authors.
pub(super) fn is_settled(kind: &str, field: &FieldChange, records: &[&AuditRecord]) -> bool {
    !is_of_element(&field.path) && attribution(kind, field, records).is_some()
}

/// Returns whether a record names a property.
pub(super) fn is_named(path: &FieldPath, record: &AuditRecord) -> bool {
    record.properties.iter().any(|one| names(one, path))
}

/// Returns whether a path leads into an element of a list.
fn is_of_element(path: &FieldPath) -> bool {
    steps(path).len() < path.depth()
}

/// Returns whether an entry gave a property another value than the live one, as far as the two can be compared: numbers,
/// booleans and members of enums, and none of them.
fn yields_another(kind: &str, field: &FieldChange, entry: &AuditedProperty) -> bool {
    let path = steps(&field.path);
    let structure = Model::of(GraphVersion::Beta).get(kind);
    let top = structure.as_ref().and_then(|it| it.properties.get(*path.first()?));
    let is_whole = !is_of_element(&field.path) && !is_element(entry);
    let (true, Some(top), Some(text), Some(inner)) =
        (is_whole, top, &entry.new, inner(entry, &path))
    else {
        return false;
    };
    let new =
        if inner.is_empty() { Some(typed(text, field, top, &path)) } else { within(text, inner) };
    let is_top = path.len() == 1;
    let is_comparable = |value: &Json| match value {
        Json::Bool(_) | Json::Number(_) => true,
        Json::String(name) if is_top => {
            matches!(&top.shape, Shape::Enum(def) if def.members.iter().any(|one| one == name))
        }
        _ => false,
    };
    match (new, &field.before) {
        (Some(new), Shown::Unset) => {
            is_top && is_comparable(&new) && !top.facts.unset.contains(&new)
        }
        (Some(new), Shown::Value(live)) => {
            let is_alike = new.is_null() || discriminant(&new) == discriminant(live);
            let are_comparable =
                [&new, live].into_iter().all(|it| it.is_null() || is_comparable(it));
            is_alike && are_comparable && new != *live
        }
        _ => false,
    }
}

/// Returns whether an entry names a property, one within it, or one that holds it and of which that part changed.
fn names(entry: &AuditedProperty, path: &FieldPath) -> bool {
    let (logged, path) = (parts(&entry.name), steps(path));
    let is_its = logged.iter().zip(&path).all(|(one, two)| one.eq_ignore_ascii_case(two));
    let inner = path.get(logged.len()..).filter(|inner| !inner.is_empty());
    !path.is_empty() && is_its && inner.is_none_or(|inner| is_changed(entry, inner))
}

/// Returns whether what stands at these names within the two values of an entry differs, as far as they tell it.
fn is_changed(entry: &AuditedProperty, inner: &[&str]) -> bool {
    let part = |text: &Option<String>| within(text.as_deref()?, inner);
    part(&entry.old).zip(part(&entry.new)).is_none_or(|(old, new)| old != new)
}

/// Returns the names that lead from the property of an entry to one at this path, `None` where it is another one.
fn inner<'a, 'p>(entry: &AuditedProperty, path: &'p [&'a str]) -> Option<&'p [&'a str]> {
    let logged = parts(&entry.name);
    let rest = path.get(logged.len()..)?;
    logged.iter().zip(path).all(|(one, two)| one.eq_ignore_ascii_case(two)).then_some(rest)
}

/// Returns the value at these names of a value in JSON; `null` where an object does not have it.
fn within(text: &str, names: &[&str]) -> Option<Json> {
    let value: Json = serde_json::from_str(text).ok()?;
    let part = names.iter().try_fold(&value, |value, name| match value {
        Json::Object(members) => {
            let found = members.iter().find(|(member, _)| member.eq_ignore_ascii_case(name));
            Some(found.map_or(&Json::Null, |(_, member)| member))
        }
        Json::Null => Some(value),
        _ => None,
    });
    part.cloned()
}

/// Returns the names in a log's name: of `$Collection.Name.Member[0]`, `Name` and `Member`.
fn parts(logged: &str) -> Vec<&str> {
    let logged = logged.strip_prefix(ELEMENT).unwrap_or(logged);
    logged.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect()
}

/// Returns the names of the properties on a path.
fn steps(path: &FieldPath) -> Vec<&str> {
    let names = path.0.iter().filter_map(|segment| match segment {
        Segment::Name(name) => Some(name.as_str()),
        _ => None,
    });
    names.collect()
}

/// Returns the value that a property had, `None` where the entries do not tell it.
fn former(kind: &str, field: &FieldChange, entries: &[AuditedProperty]) -> Option<Shown> {
    let path = steps(&field.path);
    if path.len() < field.path.depth() {
        // Entries do not tell which element they are of.
        return None;
    }
    let structure = Model::of(GraphVersion::Beta).get(kind)?;
    let top = structure.properties.get(*path.first()?)?;
    let told = told(&path, top, field, entries)?;
    if [&field.before, &field.after].into_iter().any(is_withheld) || top.is_secret() {
        return Some(Shown::Withheld);
    }
    Some(told)
        .filter(|value| !value.is_null())
        .map(|value| if stands_for_secret(&value) { Shown::Withheld } else { Shown::Value(value) })
}

fn is_withheld(shown: &Shown) -> bool {
    match shown {
        Shown::Unset => false,
        Shown::Value(value) => stands_for_secret(value),
        Shown::Withheld => true,
    }
}

/// Returns the former value of the property at these names, without secrets.
fn told(
    path: &[&str],
    top: &Property,
    field: &FieldChange,
    entries: &[AuditedProperty],
) -> Option<Json> {
    let is_at = |entry: &&AuditedProperty, path: &[&str]| {
        let parts = parts(&entry.name);
        parts.len() == path.len() && parts.iter().zip(path).all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    let (elements, whole): (Vec<_>, Vec<_>) =
        entries.iter().filter(|entry| is_at(entry, path)).partition(|entry| is_element(entry));
    let shown = |value: Json| redact(top, path, value);
    if let Some(entry) = whole.first() {
        return shown(typed(entry.old.as_deref()?, field, top, path));
    }
    if !elements.is_empty() {
        let before: Vec<Json> =
            elements.iter().filter_map(|entry| Some(json!(entry.old.as_deref()?))).collect();
        return (!before.is_empty()).then(|| shown(before.into())).flatten();
    }
    // The value of a property that holds this one, as JSON.
    (1..path.len()).rev().find_map(|depth| {
        let (outer, inner) = path.split_at(depth);
        let entry = entries.iter().find(|entry| is_at(entry, outer) && !is_element(entry))?;
        let value: Json = serde_json::from_str(entry.old.as_deref()?).ok()?;
        let value = redact(top, outer, value)?;
        inner.iter().try_fold(&value, |value, name| value.get(*name)).cloned()
    })
}

fn is_element(entry: &AuditedProperty) -> bool {
    entry.name.starts_with(ELEMENT) || entry.name.ends_with(']')
}

/// Returns a value without the secrets in it. Below the top, the types are not followed: whether the property is a secret
/// is known from its values on both sides, and secrets within texts are looked for.
fn redact(top: &Property, path: &[&str], value: Json) -> Option<Json> {
    let model = Model::of(GraphVersion::Beta);
    let value = match (path.len(), &value) {
        (1, _) => redacted(model, top, &top.shape, &value, &BTreeSet::new(), true),
        (_, Json::String(text)) => payload::redacted(text).into(),
        (_, Json::Object(_) | Json::Array(_)) => return None,
        _ => value,
    };
    Some(value)
}

/// Returns the text of a log as a value of the type that the property has on either side.
fn typed(text: &str, field: &FieldChange, top: &Property, path: &[&str]) -> Json {
    let sides = [&field.before, &field.after];
    let sides = sides.into_iter().filter_map(|side| match side {
        Shown::Value(value) => Some(value),
        _ => None,
    });
    let sides: Vec<&Json> = sides.collect();
    let is_alike =
        |value: &Json| sides.iter().any(|side| discriminant(*side) == discriminant(value));
    if let Ok(value) = serde_json::from_str::<Json>(text)
        && (is_alike(&value) || value.is_null())
    {
        return value;
    }
    let flag = [true, false].into_iter().find(|flag| text.eq_ignore_ascii_case(&flag.to_string()));
    if let Some(flag) = flag.filter(|flag| is_alike(&json!(flag))) {
        return flag.into();
    }
    let members = match &top.shape {
        Shape::Enum(def) if path.len() == 1 => &def.members[..],
        _ => &[],
    };
    let member = members.iter().find(|member| member.eq_ignore_ascii_case(text));
    member.map_or(text, String::as_str).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::FieldStatus;
    use crate::tenant::audit::AuditActor;

    const HELLO: &str = "windowsIdentityProtectionConfiguration";

    fn field(path: &[&str], before: Json, after: Json) -> FieldChange {
        let path = path.iter().map(|name| Segment::Name((*name).to_owned())).collect();
        FieldChange {
            path: FieldPath(path),
            status: FieldStatus::Change,
            before: Shown::Value(before),
            after: Shown::Value(after),
            ..FieldChange::default()
        }
    }

    fn person(name: &str) -> Option<AuditActor> {
        let name = format!("{name}@contoso.com");
        Some(AuditActor { id: name.clone(), name, is_app: false })
    }

    fn record(entries: &[(&str, Option<&str>)]) -> AuditRecord {
        let entry = |(name, old): &(&str, Option<&str>)| AuditedProperty {
            name: (*name).to_owned(),
            old: old.map(str::to_owned),
            new: None,
        };
        AuditRecord {
            id: "e-1".to_owned(),
            at: "2026-11-30T02:15:01Z".parse().expect("an instant"),
            actor: person("alice"),
            operation: "Patch DeviceConfiguration".to_owned(),
            is_deletion: false,
            is_action: false,
            component: None,
            types: Vec::new(),
            objects: vec!["o-1".to_owned()],
            names: Vec::new(),
            properties: entries.iter().map(entry).collect(),
        }
    }

    fn told_of(kind: &str, field: &FieldChange, entries: &[(&str, Option<&str>)]) -> Option<Shown> {
        let record = record(entries);
        attribution(kind, field, &[&record])?.former
    }

    #[test]
    fn former_value_has_the_type_of_the_property() {
        let value = |value: Json| Some(Shown::Value(value));
        let pin = field(&["pinMinimumLength"], json!(4), json!(6));
        for (name, old) in [("PinMinimumLength", "6"), ("pinMinimumLength", "6")] {
            assert_eq!(told_of(HELLO, &pin, &[(name, Some(old))]), value(json!(6)), "{name}");
        }
        assert_eq!(told_of(HELLO, &pin, &[("PinMinimumLength", Some("six"))]), value(json!("six")));
        let flag = field(&["unlockWithBiometricsEnabled"], json!(true), json!(false));
        let old = [("UnlockWithBiometricsEnabled", Some("False"))];
        assert_eq!(told_of(HELLO, &flag, &old), value(json!(false)));
        let usage = field(&["pinUppercaseCharactersUsage"], json!("allowed"), json!("required"));
        let old = [("PinUppercaseCharactersUsage", Some("NotConfigured"))];
        assert_eq!(told_of(HELLO, &usage, &old), value(json!("notConfigured")));
        let name = field(&["displayName"], json!("Lobby"), json!("6"));
        assert_eq!(told_of(HELLO, &name, &[("DisplayName", Some("7"))]), value(json!("7")));
        let quoted = [("displayName", Some("\"Hall\""))];
        assert_eq!(told_of(HELLO, &name, &quoted), value(json!("Hall")));
        let tags = field(&["roleScopeTagIds"], json!(["0"]), json!(["1"]));
        let old = [
            ("$Collection.RoleScopeTagIds[0]", Some("Default")),
            ("$Collection.RoleScopeTagIds[1]", Some("Berlin")),
        ];
        assert_eq!(told_of(HELLO, &tags, &old), value(json!(["Default", "Berlin"])));
    }

    #[test]
    fn property_within_a_value_that_is_logged_whole_is_found_in_it() {
        let kind = "deviceRegistrationPolicy";
        let on = field(&["localAdminPassword", "isEnabled"], json!(false), json!(true));
        let old = [("localAdminPassword", Some(r#"{"isEnabled":true}"#))];
        assert_eq!(told_of(kind, &on, &old), Some(Shown::Value(json!(true))));
        let no_json = record(&[("localAdminPassword", Some("on"))]);
        let attributed = attribution(kind, &on, &[&no_json]).expect("it is named");
        assert_eq!(attributed.former, None, "the text does not tell");
    }

    /// Returns a record of a person with one entry of two values.
    fn change(name: &str, property: &str, old: &str, new: &str) -> AuditRecord {
        let mut record = record(&[(property, Some(old))]);
        record.properties[0].new = Some(new.to_owned());
        record.actor = person(name);
        record
    }

    fn author(kind: &str, field: &FieldChange, records: &[&AuditRecord]) -> Option<String> {
        attribution(kind, field, records).map(|told| told.by.to_string())
    }

    #[test]
    fn holder_names_a_property_only_if_its_inner_values_differ() {
        let admins = ["azureADJoin", "localAdmins", "enableGlobalAdmins"];
        let admins = field(&admins, json!(true), json!(false));
        let holder = |admins: bool, join: &str| {
            json!({ "localAdmins": { "enableGlobalAdmins": admins }, "allowedToJoin": join })
                .to_string()
        };
        let kind = "deviceRegistrationPolicy";
        let alice = change("alice", "azureADJoin", &holder(false, "a"), &holder(true, "a"));
        let bob = change("bob", "azureADJoin", &holder(true, "a"), &holder(true, "b"));
        assert_eq!(author(kind, &admins, &[&bob, &alice]).as_deref(), Some("alice@contoso.com"));
        // The log does not have the last write yet.
        let carol = change("carol", "azureADJoin", &holder(true, "a"), &holder(false, "a"));
        assert_eq!(author(kind, &admins, &[&carol, &alice]), None);
    }

    #[test]
    fn element_is_attributed_where_one_author_changed_its_list() {
        let mut value = field(&["omaSettings", "value"], json!(1), json!(2));
        value.path.0.insert(1, Segment::Key { key: "./Device".to_owned() });
        let kind = "windows10CustomConfiguration";
        let name = "$Collection.OmaSettings.Value[0]";
        let [alice, bob] = ["alice", "bob"].map(|person| change(person, name, "2", "1"));
        assert_eq!(author(kind, &value, &[&alice, &alice]).as_deref(), Some("alice@contoso.com"));
        assert_eq!(author(kind, &value, &[&bob, &alice]), None);
        assert_eq!(of_several(&value, &[&bob, &alice]).len(), 2);
        assert!(!is_settled(kind, &value, &[&alice]), "an older record may be another's");
    }

    #[test]
    fn element_is_attributed_to_the_record_that_gave_it_its_live_value() {
        let choice = |choice: &str| json!({ "choice": choice, "template": "t" });
        let mut setting = field(&["settings"], choice("0"), choice("1"));
        setting.path.0.push(Segment::Key { key: "defender_realtime".to_owned() });
        let kind = "deviceManagementConfigurationPolicy";
        let value =
            |member: &str| format!("$Collection.Settings.SettingInstance.{member}.Value[3]");
        let choice = value("ChoiceSettingValue");
        let alice = change("alice", &choice, "defender_realtime_1", "defender_realtime_0");
        let bob = change("bob", &value("SimpleSettingValue"), "30", "80");
        let author = |records: &[&AuditRecord]| author(kind, &setting, records);
        assert_eq!(author(&[&bob, &alice]).as_deref(), Some("alice@contoso.com"));
        let carol = AuditRecord { actor: person("carol"), ..alice.clone() };
        assert_eq!(author(&[&bob, &carol, &alice]), None);
    }

    #[test]
    fn record_that_set_what_is_unset_now_is_not_of_its_last_change() {
        let mut pin = field(&["pinMinimumLength"], json!(6), json!(6));
        pin.before = Shown::Unset;
        let mut usage = field(&["pinUppercaseCharactersUsage"], json!("allowed"), json!("allowed"));
        usage.before = Shown::Unset;
        let name = field(&["displayName"], json!("Hall"), json!("Lobby"));
        for (field, property, new, is_its) in [
            (&pin, "PinMinimumLength", "7", false),
            (&pin, "PinMinimumLength", "null", true),
            (&usage, "PinUppercaseCharactersUsage", "Required", false),
            (&name, "DisplayName", "null", true),
        ] {
            let record = change("alice", property, "5", new);
            assert_eq!(author(HELLO, field, &[&record]).is_some(), is_its, "{property} {new}");
        }
        pin.before = Shown::Value(json!(4));
        let unset = change("alice", "PinMinimumLength", "6", "null");
        assert_eq!(author(HELLO, &pin, &[&unset]), None, "another write set the live value");
    }

    #[test]
    fn property_that_no_entry_names_is_not_attributed() {
        let pin = field(&["pinMinimumLength"], json!(4), json!(6));
        let other = record(&[("PinMaximumLength", Some("6")), ("Pin", Some("1"))]);
        assert_eq!(attribution(HELLO, &pin, &[&other]), None);
        let older = record(&[("PinMinimumLength", None)]);
        let attributed = attribution(HELLO, &pin, &[&other, &older]).expect("the older one");
        assert_eq!(attributed.former, None, "the entry has no former value");
    }

    #[test]
    fn record_that_gave_another_value_than_the_live_one_is_not_of_its_last_change() {
        let pin = field(&["pinMinimumLength"], json!(5), json!(6));
        let usage = field(&["pinUppercaseCharactersUsage"], json!("allowed"), json!("required"));
        for (field, name, new, is_its) in [
            (&pin, "PinMinimumLength", "5", true),
            (&pin, "PinMinimumLength", "6", false),
            (&pin, "PinMinimumLength", "six", true),
            (&usage, "PinUppercaseCharactersUsage", "Allowed", true),
            (&usage, "PinUppercaseCharactersUsage", "Required", false),
        ] {
            let mut newest = record(&[(name, Some("4"))]);
            newest.properties[0].new = Some(new.to_owned());
            let older = record(&[(name, Some("4"))]);
            let told = attribution(HELLO, field, &[&newest, &older]);
            assert_eq!(told.is_some(), is_its, "{name} {new}");
        }
    }

    #[test]
    fn former_secret_is_withheld() {
        let mut key = field(&["preSharedKey"], json!("x"), json!("y"));
        (key.before, key.after) = (Shown::Unset, Shown::Withheld);
        let old = [("PreSharedKey", Some("canary"))];
        assert_eq!(told_of("iosWiFiConfiguration", &key, &old), Some(Shown::Withheld));
        // The type says it, whatever the two sides are.
        key.after = Shown::Unset;
        assert_eq!(told_of("iosWiFiConfiguration", &key, &old), Some(Shown::Withheld));
        let text = field(&["description"], json!("a"), json!("b"));
        let old = [("Description", Some("<key>Password</key><string>canary-1</string>"))];
        let former = format!("{:?}", told_of(HELLO, &text, &old));
        assert!(!former.contains("canary"), "{former}");
    }
}
