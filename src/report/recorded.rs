//! Words about the record of a tenant that several formats share.

use serde_json::Value as Json;

use crate::as_built::{AsBuilt, AsBuiltObject, AsBuiltSetting, RecordedValue};
use crate::kinds::portal::Platform;
use crate::plan::reach::{Reach, Reached};
use crate::report::phrases::{self, count, thousands};
use crate::report::view;

/// The most characters of a text that stands on one line.
const LONG: usize = 120;

/// A value as it is shown.
pub(super) enum ShownValue {
    /// Words in its place.
    Words(&'static str),
    /// A value on one line.
    Line(String),
    /// A text of several lines, or a long one.
    Text {
        /// Its size.
        summary: String,
        /// The text.
        text: String,
    },
}

/// Returns the counts as a sentence: `15 objects: 12 managed, 3 not managed.`
pub(super) fn summary(record: &AsBuilt) -> String {
    let summary = &record.summary;
    let others = phrases::above_zero(
        [(summary.missing, "declared and not in the tenant"), (summary.unreadable, "not readable")],
        |number, words| format!(", {} {words}", thousands(number)),
    );
    format!(
        "{}: {} managed, {} not managed{}.",
        count(record.items.len(), "object"),
        thousands(summary.managed),
        thousands(summary.unmanaged),
        others.concat(),
    )
}

/// Returns the numbers of objects of other sorts as a sentence, `None` where there are none.
pub(super) fn not_covered(record: &AsBuilt) -> Option<String> {
    let counted = record.not_covered.iter().filter_map(|other| Some((other, other.count?)));
    let counted = counted.filter(|(_, number)| *number > 0);
    let counted: Vec<String> = counted
        .map(|(other, number)| format!("{} ({})", other.objects, thousands(number)))
        .collect();
    (!counted.is_empty()).then(|| {
        format!(
            "The tenant has other objects, which this record does not hold: {}.",
            counted.join(", ")
        )
    })
}

/// Returns the facts of the record, each with its name.
pub(super) fn facts(record: &AsBuilt) -> Vec<(&'static str, String)> {
    let commit = match &record.commit {
        Some(commit) if commit.dirty => {
            format!("{} with changes that are not committed", commit.id)
        }
        Some(commit) => commit.id.clone(),
        None => "none: the manifests are in no Git repository".to_owned(),
    };
    vec![
        ("Checked", phrases::moment(&record.checked_at)),
        ("Commit", commit),
        ("Moorline", record.version.clone()),
    ]
}

/// Returns the address of an object: of its manifest, or its kind and id.
pub(super) fn address(object: &AsBuiltObject) -> String {
    match &object.address {
        Some(address) => address.to_string(),
        None => format!("{}/{}", object.kind, object.id),
    }
}

/// Returns the name of an object, of a singleton that of its type.
pub(super) fn title(object: &AsBuiltObject) -> &str {
    match object.display_name.as_str() {
        "" => object.portal_name.as_deref().unwrap_or(&object.kind),
        name => name,
    }
}

/// Returns the console's name of the type with the platform, and the type.
pub(super) fn portal(object: &AsBuiltObject) -> String {
    let kind = &object.kind;
    let platform = object.platform.filter(|platform| *platform != Platform::CrossPlatform);
    match (&object.portal_name, platform) {
        (Some(name), Some(platform)) => format!("{name} ({}), {kind}", platform.as_str()),
        (Some(name), None) => format!("{name}, {kind}"),
        (None, _) => kind.clone(),
    }
}

/// Returns the numbers of settings and assignments.
pub(super) fn extent(object: &AsBuiltObject) -> String {
    let set = object.settings.iter().filter(|setting| !setting.default).count();
    let settings = count(set, "setting");
    match &object.assignments {
        Some(targets) => format!("{settings}, {}", count(targets.len(), "assignment")),
        None => settings,
    }
}

/// Returns whom an object reaches, where that was asked for.
pub(super) fn reach(object: &AsBuiltObject) -> Option<String> {
    let after = Some(object.reach.clone()?);
    Some(view::reach_sentence(&Reach { before: None, after, reported: None }))
}

/// Returns the facts of an object, each with its name.
pub(super) fn object_facts(object: &AsBuiltObject) -> Vec<(&'static str, String)> {
    let declared = object.location.as_ref().map(ToString::to_string);
    let modified = object.last_modified.as_deref();
    let modified = modified.filter(|at| !view::tells_time(object.changed.as_ref(), Some(at)));
    let modified = modified.map(phrases::moment);
    let changed = object.changed.as_ref().map(phrases::change);
    let facts = [
        ("Id", Some(object.id.clone())),
        ("Declared at", declared),
        ("Last modified", modified),
        ("Last changed by", changed),
        ("Digest", Some(object.digest.clone())),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Returns when an object was changed last: the time of the record that has the author, else the object's own date.
pub(super) fn modified(object: &AsBuiltObject) -> Option<&str> {
    let changed = object.changed.as_ref().and_then(|changed| changed.at.as_deref());
    changed.or(object.last_modified.as_deref())
}

/// Returns the person or app that changed an object last, where it is known.
pub(super) fn author(object: &AsBuiltObject) -> Option<String> {
    let changed = object.changed.as_ref().filter(|changed| changed.at.is_some())?;
    Some(changed.by.to_string())
}

/// Returns whether a target is included, and by what.
pub(super) fn effect(target: &Reached) -> &'static str {
    match (target.excluded, target.by_policy_set) {
        (false, false) => "included",
        (false, true) => "included by a policy set",
        (true, false) => "excluded",
        (true, true) => "excluded by a policy set",
    }
}

/// Returns the number of members of a target, where they were counted.
pub(super) fn members(target: &Reached) -> String {
    match (target.devices, target.users, &target.unknown) {
        (Some(devices), Some(users), _) => {
            format!("{}, {}", count(devices, "device"), count(users, "user"))
        }
        (_, _, Some(why)) => format!("unknown: {why}"),
        _ => "not counted".to_owned(),
    }
}

/// Returns a value as it is shown.
pub(super) fn shown(setting: &AsBuiltSetting) -> ShownValue {
    let value = match &setting.value {
        RecordedValue::Withheld => {
            return ShownValue::Words("withheld: it is a secret, or may be one");
        }
        RecordedValue::Masked => return ShownValue::Words("masked by the service"),
        RecordedValue::Value(value) => value,
    };
    let named = |text: &str| match setting.names.get(text) {
        Some(name) => format!("{name} ({text})"),
        None => text.to_owned(),
    };
    match value {
        Json::String(text) if text.contains('\n') || text.chars().nth(LONG).is_some() => {
            let lines = text.lines().count();
            let bytes = count(text.len(), "byte");
            let summary =
                if lines > 1 { format!("{}, {bytes}", count(lines, "line")) } else { bytes };
            ShownValue::Text { summary, text: text.clone() }
        }
        Json::String(text) if text.is_empty() => ShownValue::Line("\"\"".to_owned()),
        Json::String(text) => ShownValue::Line(named(text)),
        Json::Array(items) if items.is_empty() => ShownValue::Words("none"),
        Json::Array(items) => {
            let items = items.iter().map(|item| match item {
                // Such a text would read as two, or as none.
                Json::String(text) if text.is_empty() || text.contains(", ") => item.to_string(),
                Json::String(text) => named(text),
                other => other.to_string(),
            });
            ShownValue::Line(items.collect::<Vec<_>>().join(", "))
        }
        other => ShownValue::Line(other.to_string()),
    }
}
