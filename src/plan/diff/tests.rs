use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::manifest::AcceptedDrift;
use crate::plan::Shown;
use crate::schema::testing;
use crate::schema::types::GraphVersion;
use crate::tenant::Live;
use crate::tenant::names::Names;
use crate::values::canonical::canonical;

const ZERO: &str = "00000000-0000-0000-0000-000000000000";

/// Compares a work order with its live state, and returns what differs and what is to be sent.
fn compared(declared: &Json, live: Option<&Json>) -> (Vec<FieldChange>, Json) {
    let (fields, send, blocked) = judged(declared, live);
    assert_eq!(blocked, []);
    (fields, send)
}

fn judged(declared: &Json, live: Option<&Json>) -> (Vec<FieldChange>, Json, Vec<Blocked>) {
    judged_in(testing::model(), "workOrder", declared, live)
}

/// Returns a difference as it is accepted.
fn accepted(field: &FieldChange) -> AcceptedDrift {
    let value = |shown: &Shown| match shown {
        Shown::Value(value) => Some(value.clone()),
        _ => None,
    };
    AcceptedDrift {
        property: field.path.to_string(),
        declared: value(&field.after),
        live: value(&field.before),
        reason: "Pilot".to_owned(),
        by: "alice@contoso.com".to_owned(),
        until: jiff::civil::date(2027, 1, 31),
        has_ended: false,
        span: crate::diagnostic::Span::new(Sources::default().next_id(), 0..0),
    }
}

/// As [`compared`], with differences that are accepted; returns also how many of them hold.
fn compared_with(
    declared: &Json,
    live: &Json,
    entries: &[AcceptedDrift],
) -> (Vec<FieldChange>, Json, usize) {
    let model = testing::model();
    let mut sources = Sources::default();
    let span = crate::diagnostic::Span::new(sources.add("order.yaml", String::new()), 0..0);
    let known = Live { names: Names::of_ids(), ..Live::default() };
    let structure = model.get("workOrder").expect("a type");
    let mut differ = Differ::new(model, &sources, known.known());
    differ.acceptances = Acceptances::new(entries);
    let send = differ.root(&structure, &Value::from_json(declared, span), Some(live));
    (differ.fields, send.into(), differ.acceptances.len())
}

fn judged_in(
    model: &'static Model,
    kind: &str,
    declared: &Json,
    live: Option<&Json>,
) -> (Vec<FieldChange>, Json, Vec<Blocked>) {
    let mut sources = Sources::default();
    let span = crate::diagnostic::Span::new(sources.add("order.yaml", String::new()), 0..0);
    let known = Live { names: Names::of_ids(), ..Live::default() };
    let structure = model.get(kind).expect("a type");
    let mut differ = Differ::new(model, &sources, known.known());
    let send = differ.root(&structure, &Value::from_json(declared, span), live);
    (differ.fields, send.into(), differ.blocked)
}

/// A step as it may be declared, with or without what the service adds by default.
fn step() -> impl Strategy<Value = Json> {
    let action = prop::sample::select(vec!["none", "mail", "block"]);
    let hours = prop::option::of(0..3);
    let template = prop::option::of(prop::sample::select(vec!["", ZERO, "t"]));
    let copies =
        prop::option::of(prop::collection::vec(prop::sample::select(vec!["a", "b"]), 0..2));
    let timed = prop::option::of(prop::sample::select(vec!["08:00:00", "09:00:00"]));
    (action, hours, template, copies, timed).prop_map(|(action, hours, template, copies, at)| {
        let mut step = json!({ "action": action });
        step.as_object_mut().expect("an object").extend(
            [
                ("hours", hours.map(Json::from)),
                ("template", template.map(Json::from)),
                ("copies", copies.map(Json::from)),
                ("at", at.map(Json::from)),
                ("@odata.type", at.map(|_| "#microsoft.graph.timedStep".into())),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
        );
        step
    })
}

fn tasks() -> impl Strategy<Value = Json> {
    let label = prop::option::of("[a-c]");
    let steps = prop::collection::vec(step(), 0..4);
    let task = (label, steps).prop_map(|(label, steps)| match label {
        Some(label) => json!({ "label": label, "steps": steps }),
        None => json!({ "steps": steps }),
    });
    prop::collection::vec(task, 0..4).prop_map(Json::from)
}

/// Returns what the service answers for declared tasks: with ids and defaults, in another order.
fn answered(tasks: &Json, order: &[u8]) -> Json {
    let shuffled = |items: Vec<Json>| -> Json {
        let mut items: Vec<(u8, Json)> = order.iter().copied().cycle().zip(items).collect();
        items.sort_by_key(|(at, _)| *at);
        items.into_iter().map(|(_, item)| item).collect()
    };
    let with = |item: &Json, defaults: Json| -> Json {
        let mut members = defaults.as_object().cloned().unwrap_or_default();
        members.extend(item.as_object().cloned().unwrap_or_default());
        members.into()
    };
    let tasks = tasks.as_array().into_iter().flatten().enumerate().map(|(at, task)| {
        let steps = task["steps"].as_array().into_iter().flatten().enumerate();
        let steps = steps.map(|(at, step)| {
            let mut step = with(step, json!({ "id": format!("s{at}"), "hours": 0, "template": ZERO, "copies": [], "pin": null }));
            if step["template"] == "" {
                step["template"] = ZERO.into();
            }
            step
        });
        let steps = shuffled(steps.collect());
        let mut task = with(task, json!({ "id": format!("t{at}"), "steps@odata.context": "x" }));
        (task["label"], task["steps"]) = (Json::Null, steps);
        task
    });
    shuffled(tasks.collect())
}

proptest! {
    #[test]
    fn ids_defaults_and_order_of_contained_entities_are_no_difference(
        tasks in tasks(),
        order in prop::collection::vec(any::<u8>(), 1..8),
    ) {
        let live = json!({ "displayName": "Order", "tasks": answered(&tasks, &order) });
        let (fields, send) = compared(&json!({ "displayName": "Order", "tasks": tasks }), Some(&live));
        prop_assert_eq!(fields, []);
        prop_assert_eq!(send, json!({}));
    }

    #[test]
    fn canonical_form_of_contained_entities_has_neither_ids_nor_order(
        tasks in tasks(),
        orders in prop::array::uniform2(prop::collection::vec(any::<u8>(), 1..8)),
    ) {
        let structure = testing::model().get("workOrder").expect("a type");
        let form = |tasks: &Json| canonical(testing::model(), &structure.properties["tasks"].shape, tasks);
        let [one, other] = orders.map(|order| answered(&tasks, &order));
        prop_assert_eq!(form(&one), form(&other));
        prop_assert!(!form(&one).to_string().contains("\"id\""));
    }
}

proptest! {
    #[test]
    fn accepted_differences_are_neither_reported_nor_sent(
        declared in tasks(),
        live in tasks(),
        order in prop::collection::vec(any::<u8>(), 1..8),
    ) {
        let (declared, live) = (json!({ "tasks": declared }), json!({ "tasks": answered(&live, &order) }));
        let (fields, _) = compared(&declared, Some(&live));
        let entries: Vec<AcceptedDrift> = fields.iter().map(accepted).collect();
        let (left, send, held) = compared_with(&declared, &live, &entries);
        prop_assert_eq!(left, []);
        prop_assert_eq!(send, json!({}));
        prop_assert_eq!(held, entries.len());
    }

    #[test]
    fn writing_the_others_leaves_accepted_differences_as_they_were(
        declared in tasks(),
        live in tasks(),
        order in prop::collection::vec(any::<u8>(), 1..8),
        chosen in prop::collection::vec(any::<bool>(), 1..8),
    ) {
        let (declared, mut live) = (json!({ "tasks": declared }), json!({ "tasks": answered(&live, &order) }));
        let (fields, _) = compared(&declared, Some(&live));
        let chosen = fields.iter().zip(chosen.iter().cycle()).filter(|(_, chosen)| **chosen);
        let entries: Vec<AcceptedDrift> = chosen.map(|(field, _)| accepted(field)).collect();
        let (left, send, held) = compared_with(&declared, &live, &entries);
        prop_assert_eq!(left.is_empty(), send == json!({}));
        if let Some(tasks) = send.get("tasks") {
            live["tasks"] = answered(tasks, &order);
        }
        let (left, send, held_after) = compared_with(&declared, &live, &entries);
        prop_assert_eq!(left, []);
        prop_assert_eq!(send, json!({}));
        prop_assert_eq!(held, held_after);
    }

    #[test]
    fn accepted_difference_is_reported_again_once_the_live_value_moves(hours in 1u32..4, other in 4u32..9) {
        let declared = json!({ "tasks": [{ "steps": [block(0)] }] });
        let live = |hours: u32| json!({ "tasks": answered(&json!([{ "steps": [block(hours)] }]), &[1]) });
        let (fields, _) = compared(&declared, Some(&live(hours)));
        let entries: Vec<AcceptedDrift> = fields.iter().map(accepted).collect();
        prop_assert_eq!(compared_with(&declared, &live(hours), &entries).0, []);
        let (moved, send, _) = compared_with(&declared, &live(other), &entries);
        prop_assert_eq!(moved.len(), 1);
        prop_assert_eq!(send, declared);
    }
}

fn block(hours: u32) -> Json {
    json!({ "action": "block", "hours": hours })
}

fn mail(template: &str) -> Json {
    json!({ "action": "mail", "hours": 1, "template": template })
}

#[test]
fn changed_member_of_a_contained_entity_sends_the_whole_collection_without_ids() {
    let live = answered(&json!([{ "steps": [block(0), mail("t")] }]), &[9, 1]);
    let declared = json!({ "tasks": [{ "label": "a", "steps": [{ "action": "block", "hours": 24 }, mail("t")] }] });
    let (fields, send) = compared(&declared, Some(&json!({ "tasks": live })));
    let [field] = &fields[..] else { panic!("{fields:?}") };
    let names: Vec<&str> = field
        .path
        .0
        .iter()
        .filter_map(|segment| match segment {
            Segment::Name(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["tasks", "steps", "hours"]);
    assert_eq!(field.before, Shown::Value(json!(0)));
    assert_eq!(field.after, Shown::Value(json!(24)));
    assert_eq!(send, declared);
}

#[test]
fn added_and_removed_contained_entities_are_shown_without_ids_and_unset_members() {
    let live =
        json!({ "tasks": answered(&json!([{ "steps": [block(0), mail("t"), mail("u")] }]), &[1]) });
    let declared = json!({ "tasks": [{ "steps": [block(0)] }] });
    let (fields, send) = compared(&declared, Some(&live));
    let removed: Vec<Json> =
        fields.iter().map(|field| json!([field.before, field.after])).collect();
    let shown = |template: &str| {
        let before = json!({ "action": "mail", "hours": 1, "template": template, "copies": [] });
        json!([Shown::Value(before), Shown::Unset])
    };
    assert_eq!(removed, [shown("t"), shown("u")]);
    assert_eq!(send, declared);
    let (fields, send) = compared(&json!({ "tasks": null }), Some(&live));
    assert_eq!(fields.len(), 1);
    assert_eq!(send, json!({ "tasks": [] }));
}

#[test]
fn exact_match_in_a_set_is_found_before_a_partial_one() {
    let declared =
        json!({ "tasks": [{ "steps": [{ "action": "mail" }, { "action": "mail", "hours": 5 }] }] });
    let live = json!([{ "id": "t", "label": null, "steps": [
        { "id": "1", "action": "mail", "hours": 5 }, { "id": "2", "action": "mail", "hours": 8 },
    ] }]);
    assert_eq!(compared(&declared, Some(&json!({ "tasks": live }))).0, []);
}

#[test]
fn equal_contained_entities_are_created_and_compared_each() {
    let declared = json!({ "tasks": [{ "steps": [block(1), block(1)] }] });
    assert_eq!(compared(&declared, None).1, declared);
    let live = |steps: Json| json!({ "tasks": answered(&json!([{ "steps": steps }]), &[1]) });
    let (fields, _) = compared(&declared, Some(&live(json!([block(1), block(1)]))));
    assert_eq!(fields, []);
    let (fields, _) = compared(&declared, Some(&live(json!([block(1)]))));
    assert_eq!(fields.len(), 1);
}

#[test]
fn single_contained_entity_keeps_what_is_not_declared_and_sends_no_id() {
    let live = json!({ "seal": { "id": "1", "color": "red", "size": 3 } });
    let declared = json!({ "seal": { "color": "blue" } });
    let (fields, send) = compared(&declared, Some(&live));
    assert_eq!(fields.len(), 1);
    assert_eq!(send, json!({ "seal": { "color": "blue", "size": 3 } }));
    assert_eq!(compared(&json!({ "seal": { "color": "red" } }), Some(&live)).0, []);
}

#[test]
fn secret_of_a_contained_entity_is_not_compared_and_not_shown() {
    let live = json!({ "tasks": [{ "id": "t", "steps": [{ "id": "s", "action": "block", "hours": 1, "pin": "canary" }] }] });
    let declared = |hours: u32| json!({ "tasks": [{ "steps": [{ "action": "block", "hours": hours, "pin": "other" }] }] });
    let (fields, send) = compared(&declared(1), Some(&live));
    let statuses: Vec<FieldStatus> = fields.iter().map(|field| field.status).collect();
    assert_eq!(statuses, [FieldStatus::Unverifiable]);
    assert_eq!(send, json!({}));
    let (fields, _) = compared(&declared(2), Some(&live));
    assert!(!format!("{fields:?}").contains("canary"), "{fields:?}");
}

#[test]
fn create_without_a_required_property_is_blocked() {
    let codes = |declared: &Json, live: Option<&Json>| -> Vec<String> {
        let (_, _, blocked) = judged(declared, live);
        blocked.into_iter().map(|blocked| blocked.code).collect()
    };
    let named = json!({ "displayName": "Order" });
    assert_eq!(codes(&named, None), ["value/required"]);
    assert_eq!(codes(&named, Some(&named)), [""; 0]);
    assert_eq!(codes(&json!({ "tasks": [{ "steps": [block(1)] }] }), None), [""; 0]);
}

/// A compliance policy as Graph answers it with its scheduled actions expanded (FACTS 14.3).
fn answered_policy(actions: Json) -> Json {
    json!({
        "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
        "id": "1",
        "createdDateTime": "2026-01-01T00:00:00Z",
        "displayName": "Windows",
        "version": 1,
        "passwordMinimumCharacterSetCount": null,
        "passwordRequiredType": "deviceDefault",
        "bitLockerEnabled": true,
        "scheduledActionsForRule@odata.context": "x",
        "scheduledActionsForRule": [{
            "id": "1", "ruleName": null, "scheduledActionConfigurations@odata.context": "x",
            "scheduledActionConfigurations": actions,
        }],
    })
}

fn scheduled(id: &str, action: &str, hours: u32, template: &str, copies: Json) -> Json {
    json!({ "id": id, "actionType": action, "gracePeriodHours": hours, "notificationTemplateId": template,
        "notificationMessageCCList": copies })
}

#[test]
fn scheduled_actions_of_a_compliance_policy_converge() {
    let [template, group] =
        ["426e6351-c6ff-44d3-910d-8b937ee30bdd", "aa856a09-cf0c-4b31-a315-cb53251e54d8"];
    let live = answered_policy(json!([
        scheduled("2", "retire", 1440, ZERO, json!([])),
        scheduled("3", "notification", 24, template, json!([group])),
        scheduled("4", "block", 0, ZERO, json!([])),
    ]));
    let notification = json!({ "actionType": "notification", "gracePeriodHours": 24,
        "notificationTemplateId": template, "notificationMessageCCList": [group] });
    let retire =
        json!({ "actionType": "retire", "gracePeriodHours": 1440, "notificationTemplateId": "" });
    let declared = |block: Json| {
        json!({ "displayName": "Windows", "bitLockerEnabled": true, "scheduledActionsForRule": [
            { "ruleName": "PasswordRequired", "scheduledActionConfigurations": [block, notification, retire] },
        ] })
    };
    let compared = |declared: &Json| {
        let (fields, send, blocked) = judged_in(
            Model::of(GraphVersion::Beta),
            "windows10CompliancePolicy",
            declared,
            Some(&live),
        );
        assert_eq!(blocked, []);
        let paths: Vec<Vec<String>> = fields
            .iter()
            .map(|field| {
                let names = field.path.0.iter().filter_map(|segment| match segment {
                    Segment::Name(name) => Some(name.clone()),
                    _ => None,
                });
                names.collect()
            })
            .collect();
        (paths, send)
    };
    let equal = [
        json!({ "actionType": "block" }),
        json!({ "actionType": "block", "gracePeriodHours": 0, "notificationTemplateId": "", "notificationMessageCCList": [] }),
        json!({ "actionType": "block", "notificationTemplateId": ZERO, "notificationMessageCCList": null }),
    ];
    for block in equal {
        assert_eq!(compared(&declared(block)), (vec![], json!({})));
    }
    let later = declared(json!({ "actionType": "block", "gracePeriodHours": 48 }));
    let path = ["scheduledActionsForRule", "scheduledActionConfigurations", "gracePeriodHours"];
    let (paths, send) = compared(&later);
    assert_eq!(paths, [path.map(str::to_owned)]);
    assert_eq!(send, json!({ "scheduledActionsForRule": later["scheduledActionsForRule"] }));
}
