//! Describes how many devices and users an object reaches: in one sentence, and in a few words.

use crate::plan::reach::{Audience, Extent, Reach};
use crate::report::phrases::{above_zero, count, thousands};
use crate::tenant::reach::{Reported, Statuses};

const NOBODY: &str = "nobody";

/// Returns whom an object would reach, whom the object reaches now, and how many devices have it.
pub(in crate::report) fn sentence(reach: &Reach) -> String {
    let before = reach.before.as_ref().map(people);
    let who = match (before, reach.after.as_ref().map(people)) {
        (Some(before), Some(after)) if before != after => {
            format!("reaches {after}, until now {before}")
        }
        (_, Some(after)) => format!("reaches {after}"),
        (Some(before), None) if before != NOBODY => format!("no longer reaches {before}"),
        (_, None) => format!("reaches {NOBODY}"),
    };
    match reach.reported.as_ref().map(reported) {
        Some(reported) => format!("{who}; {reported}"),
        None => who,
    }
}

/// Returns how many devices and users an object would reach, and reaches now where the number is another one.
pub(super) fn brief(reach: &Reach) -> String {
    let words = |audience: &Audience| match audience.targets.iter().all(|target| target.excluded) {
        true => NOBODY.to_owned(),
        false => numbers(&audience.devices, &audience.users),
    };
    match (reach.before.as_ref().map(words), reach.after.as_ref().map(words)) {
        (Some(before), Some(after)) if before != after => format!("{after}, until now {before}"),
        (Some(before), None) if before != NOBODY => format!("no longer {before}"),
        (_, after) => after.unwrap_or_else(|| NOBODY.to_owned()),
    }
}

/// Returns how many devices and users an audience has: `at most 1,240 devices and 3,100 users (2 groups, filtered)`.
fn people(audience: &Audience) -> String {
    let included = || audience.targets.iter().filter(|target| !target.excluded);
    if included().next().is_none() {
        return NOBODY.to_owned();
    }
    let excludes = audience.targets.iter().any(|target| target.excluded);
    let groups = included().filter(|target| target.group_id.is_some()).count();
    let notes = [
        (groups > 0, count(groups, "group")),
        (included().any(|target| target.by_policy_set), "with policy sets".to_owned()),
        (included().any(|target| target.filter.is_some()), "filtered".to_owned()),
        (excludes, "less those excluded".to_owned()),
    ];
    let notes: Vec<String> =
        notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note).collect();
    let mut words = numbers(&audience.devices, &audience.users);
    if !notes.is_empty() {
        words += &format!(" ({})", notes.join(", "));
    }
    let mut reasons: Vec<&str> = [&audience.devices, &audience.users]
        .into_iter()
        .filter_map(
            |extent| if let Extent::Unknown(why) = extent { Some(why.as_str()) } else { None },
        )
        .collect();
    reasons.dedup();
    if !reasons.is_empty() {
        words += &format!(": {}", reasons.join(", "));
    }
    words
}

/// Returns two numbers, without those that are zero. The exact one comes first: `at most` would seem to apply to both.
fn numbers(devices: &Extent, users: &Extent) -> String {
    use Extent::{All, AtMost, AtMostAll, Exactly, Unknown};
    match (devices, users) {
        (Exactly(0), Exactly(0)) => "0 devices and 0 users".to_owned(),
        (Exactly(0), users) => number(users, "user"),
        (devices, Exactly(0)) => number(devices, "device"),
        (Unknown(_), Unknown(_)) => "an unknown number of devices and users".to_owned(),
        (AtMost(devices), AtMost(users)) => {
            format!("at most {} and {}", count(*devices, "device"), count(*users, "user"))
        }
        (AtMost(_) | Unknown(_), Exactly(_) | All | AtMostAll) | (Unknown(_), AtMost(_)) => {
            format!("{} and {}", number(users, "user"), number(devices, "device"))
        }
        (devices, users) => format!("{} and {}", number(devices, "device"), number(users, "user")),
    }
}

fn number(extent: &Extent, noun: &str) -> String {
    match extent {
        Extent::Exactly(number) => count(*number, noun),
        Extent::AtMost(number) => format!("at most {}", count(*number, noun)),
        // Exclusions are named after it.
        Extent::All | Extent::AtMostAll => format!("all {noun}s"),
        Extent::Unknown(_) => format!("an unknown number of {noun}s"),
    }
}

fn reported(reported: &Reported) -> String {
    let Statuses { success, pending, error, failed, conflict, .. } = match reported {
        Reported::Devices(statuses) if *statuses == Statuses::default() => {
            return "no device has reported it".to_owned();
        }
        Reported::Devices(statuses) => statuses,
        Reported::Unknown(why) => return format!("how many devices have it is unknown: {why}"),
    };
    let have = match success {
        0 => "no device has it now".to_owned(),
        1 => "1 device has it now".to_owned(),
        many => format!("{} have it now", count(*many, "device")),
    };
    let failed = error.saturating_add(*failed);
    let others = [(*pending, "pending"), (failed, "failed"), (*conflict, "in conflict")];
    let others = above_zero(others, |number, word| format!("{} {word}", thousands(number)));
    if others.is_empty() { have } else { format!("{have} ({})", others.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::reach::Extent::{All, AtMost, AtMostAll, Exactly, Unknown};

    #[test]
    fn exact_number_comes_before_an_upper_bound() {
        let unknown = || Unknown("why".to_owned());
        for (devices, users, words) in [
            (Exactly(0), Exactly(0), "0 devices and 0 users"),
            (Exactly(1), Exactly(0), "1 device"),
            (Exactly(0), AtMost(2_000), "at most 2,000 users"),
            (Exactly(7), Exactly(1), "7 devices and 1 user"),
            (AtMost(7), AtMost(2), "at most 7 devices and 2 users"),
            (AtMost(7), Exactly(2), "2 users and at most 7 devices"),
            (Exactly(7), AtMost(2), "7 devices and at most 2 users"),
            (All, AtMost(2), "all devices and at most 2 users"),
            (AtMost(2), AtMostAll, "all users and at most 2 devices"),
            (unknown(), unknown(), "an unknown number of devices and users"),
            (unknown(), AtMost(2), "at most 2 users and an unknown number of devices"),
        ] {
            assert_eq!(numbers(&devices, &users), words);
        }
    }

    #[test]
    fn reported_statuses_are_shown_without_zeros() {
        let told = |success, pending, conflict| {
            reported(&Reported::Devices(Statuses {
                success,
                pending,
                conflict,
                not_applicable: 5,
                ..Statuses::default()
            }))
        };
        assert_eq!(told(1, 0, 0), "1 device has it now");
        assert_eq!(told(0, 2, 0), "no device has it now (2 pending)");
        assert_eq!(told(1_000, 2, 3), "1,000 devices have it now (2 pending, 3 in conflict)");
        let nothing = Reported::Devices(Statuses::default());
        assert_eq!(reported(&nothing), "no device has reported it");
    }
}
