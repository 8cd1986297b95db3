//! Whom a change concerns, in one sentence.

use crate::plan::reach::{Audience, Extent, Reach, Reported, Statuses};
use crate::report::words::{count, thousands};
use crate::ui::sanitize;

/// Returns whom an object would reach, whom it reaches until then, and how many devices have it.
pub(super) fn sentence(reach: &Reach) -> String {
    let who = match (&reach.before, &reach.after) {
        (Some(before), Some(after)) if before != after => {
            format!("reaches {}, until now {}", people(after), people(before))
        }
        (_, Some(after)) => format!("reaches {}", people(after)),
        (Some(before), None) => format!("no longer reaches {}", people(before)),
        (None, None) => "reaches nobody".to_owned(),
    };
    let told = reach.reported.as_ref().map(reported);
    let sentence: Vec<String> = std::iter::once(who).chain(told).collect();
    sanitize::line(&sentence.join("; ")).into_owned()
}

/// Returns how many devices and users an audience has: `at most 1,240 devices and 3,100 users (2 groups, filtered)`.
fn people(audience: &Audience) -> String {
    let included = || audience.targets.iter().filter(|target| !target.excluded);
    if included().next().is_none() {
        return "nobody".to_owned();
    }
    let groups = included().filter(|target| target.group_id.is_some());
    let notes = [
        Some(groups.count())
            .filter(|groups| *groups > 0)
            .map(|groups| count(groups, "group")),
        included()
            .any(|target| target.by_policy_set)
            .then(|| "with policy sets".to_owned()),
        included()
            .any(|target| target.filter.is_some())
            .then(|| "filtered".to_owned()),
        audience
            .targets
            .iter()
            .any(|target| target.excluded)
            .then(|| "less those excluded".to_owned()),
    ];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    let numbers = numbers(&audience.devices, &audience.users);
    match notes.is_empty() {
        true => numbers,
        false => format!("{numbers} ({})", notes.join(", ")),
    }
}

/// Returns two numbers, without the one that is none. An exact one comes first: `at most` would seem to be said of it too.
fn numbers(devices: &Extent, users: &Extent) -> String {
    use Extent::{All, AtMost, AtMostAll, Exactly, Unknown};
    match (devices, users) {
        (Exactly(0), Exactly(0)) => "0 devices and 0 users".to_owned(),
        (Exactly(0), users) => number(users, "user"),
        (devices, Exactly(0)) => number(devices, "device"),
        (Unknown(why), Unknown(other)) if why == other => {
            format!("an unknown number of devices and users: {why}")
        }
        (AtMost(devices), AtMost(users)) => {
            format!(
                "at most {} and {}",
                count(*devices, "device"),
                count(*users, "user")
            )
        }
        (AtMost(_) | Unknown(_), Exactly(_) | All | AtMostAll) | (Unknown(_), AtMost(_)) => {
            format!(
                "{} and {}",
                number(users, "user"),
                number(devices, "device")
            )
        }
        (devices, users) => format!(
            "{} and {}",
            number(devices, "device"),
            number(users, "user")
        ),
    }
}

fn number(extent: &Extent, noun: &str) -> String {
    match extent {
        Extent::Exactly(number) => count(*number, noun),
        Extent::AtMost(number) => format!("at most {}", count(*number, noun)),
        // What is taken away stands behind it.
        Extent::All | Extent::AtMostAll => format!("all {noun}s"),
        Extent::Unknown(why) => format!("an unknown number of {noun}s: {why}"),
    }
}

fn reported(reported: &Reported) -> String {
    let Statuses {
        success,
        pending,
        error,
        failed,
        conflict,
        ..
    } = match reported {
        Reported::Devices(statuses) => statuses,
        Reported::Unknown(why) => return format!("how many devices have it is unknown: {why}"),
    };
    let have = match success {
        0 => "no device has it now".to_owned(),
        1 => "1 device has it now".to_owned(),
        many => format!("{} have it now", count(*many, "device")),
    };
    let others = [
        (pending, "pending"),
        (&error.saturating_add(*failed), "failed"),
        (conflict, "in conflict"),
    ];
    let others = others.into_iter().filter(|(number, _)| **number > 0);
    let others: Vec<String> = others
        .map(|(number, word)| format!("{} {word}", thousands(*number)))
        .collect();
    match others.is_empty() {
        true => have,
        false => format!("{have} ({})", others.join(", ")),
    }
}
