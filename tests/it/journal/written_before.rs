//! Journals, saved plans and sandbox states that an earlier version wrote are still resumed, taken back, applied and
//! loaded. `fixtures/written-by-77f868a/README.md` says how they were written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};
use crate::support::{Run, Workspace, repository};

const STATES: [&str; 5] =
    ["before.json", "applied.json", "rolled-back.json", "interrupted.json", "waiting.json"];

/// The runs that ended before the answer to a write was noted, each with the object that it is about.
const INTERRUPTED: [(&str, &str); 12] = [
    ("assigned", "Assigned"),
    ("created", "Created"),
    ("created-and-assigned", "Created and assigned"),
    ("deleted", "Deleted"),
    ("linked", "Linked"),
    ("masked", "Masked"),
    ("registration", POLICY),
    ("relinked", "Relinked"),
    ("replaced", "Replaced"),
    ("rewritten", "Rewritten"),
    ("unlinked", "Unlinked"),
    ("updated", "Updated"),
];

const POLICY: &str = "the registration policy";

const ALLOWED: [&str; 10] = [
    "--sandbox=s.json",
    "--yes",
    "--allow",
    "delete",
    "--allow",
    "replace",
    "--allow",
    "unassign-all",
    "--allow",
    "widen-to-all",
];

const SECRETS: [(&str, &str); 2] = [("OMA_KEY", "canary-oma"), ("OFFICE_PSK", "canary-office")];

fn fixture(name: &str) -> PathBuf {
    repository().join("tests/it/fixtures/written-by-77f868a").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).expect("the fixture can be read")
}

fn state(name: &str) -> Value {
    serde_json::from_str(&text(name)).expect("a state is JSON")
}

/// Returns the tenant in one of the states, with a saved plan and journals beside it.
fn tenant(state: &str, journals: &[&str]) -> Workspace {
    let workspace = Workspace::empty();
    for name in ["moorline.yaml", "manifests.yaml", "before.json", "plan.json"] {
        workspace.write(name, text(name));
    }
    workspace.write("s.json", text(state));
    for journal in journals {
        workspace.write(&journal_path(journal), text(journal));
    }
    workspace
}

/// Returns where a journal of the tenant is.
fn journal_path(name: &str) -> String {
    let name = fixture(name);
    let name = name.file_name().and_then(|name| name.to_str()).expect("a name");
    format!(".moorline/journal/{name}")
}

fn run(workspace: &Workspace, arguments: &[&str]) -> Run {
    workspace.run_with(&[arguments, &ALLOWED].concat(), &SECRETS)
}

/// Returns the objects of a state by name, without what tells when, how often and under which id each was written.
fn objects(state: &Value) -> BTreeMap<String, Value> {
    let mut objects = BTreeMap::new();
    let list = state["deviceConfigurations"].as_array().expect("a list");
    let name_of = |id: &Value| {
        let object = list.iter().find(|object| object["id"] == *id);
        object.expect("what is referred to exists")["displayName"].clone()
    };
    for object in list {
        let name = object["displayName"].as_str().expect("a name").to_owned();
        let mut object = object.clone();
        let id = object["id"].as_str().expect("an id").to_owned();
        let mut links = state["references"][&id].clone();
        for ids in links.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
            ids.as_array_mut().expect("a list").iter_mut().for_each(|id| *id = name_of(id));
        }
        object["references"] = links;
        object["withheld"] = state["withheld"][&id].clone();
        without_history(&mut object, state);
        assert_eq!(objects.insert(name, object), None, "each object exists once");
    }
    let mut policy = state["deviceRegistrationPolicy"].clone();
    without_history(&mut policy, state);
    objects.insert(POLICY.to_owned(), policy);
    objects
}

fn without_history(object: &mut Value, state: &Value) {
    let members = object.as_object_mut().expect("an object");
    for name in ["id", "createdDateTime", "lastModifiedDateTime", "version"] {
        members.remove(name);
    }
    let assignments = members.get_mut("assignments").and_then(Value::as_array_mut);
    if let Some(assignments) = assignments {
        assignments.iter_mut().for_each(|assignment| *assignment = assignment["target"].take());
        assignments.sort_by_key(Value::to_string);
    }
    let settings = members.get_mut("omaSettings").and_then(Value::as_array_mut);
    for setting in settings.into_iter().flatten() {
        if let Some(secret) = setting["secretReferenceValueId"].as_str() {
            let secret = state["secrets"][secret].clone();
            setting["secretReferenceValueId"] = secret;
        }
    }
}

/// Expects that the tenant of a workspace has these objects, and no other ones.
#[track_caller]
fn has(workspace: &Workspace, expected: &BTreeMap<String, Value>) {
    let now = objects(&workspace.json("s.json"));
    assert_eq!(now.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, object) in expected {
        assert_eq!(&now[name], object, "{name}");
    }
}

/// Returns the objects of a state with one of them as another state has it.
fn with(
    mut objects: BTreeMap<String, Value>,
    name: &str,
    other: &BTreeMap<String, Value>,
) -> BTreeMap<String, Value> {
    match other.get(name) {
        Some(object) => objects.insert(name.to_owned(), object.clone()),
        None => objects.remove(name),
    };
    objects
}

/// Returns the objects as they were before the apply, but for those whose secrets it wrote: no journal holds any.
fn taken_back() -> BTreeMap<String, Value> {
    let (before, applied) = (objects(&state("before.json")), objects(&state("applied.json")));
    with(with(before, "Masked", &applied), "Rewritten", &applied)
}

/// Expects that a run's journal has its end by now.
#[track_caller]
fn has_its_end(workspace: &Workspace, journal: &str) {
    let text = std::fs::read_to_string(workspace.file(&journal_path(journal))).expect("a journal");
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["line"], "end", "{text}");
}

#[test]
fn states_are_loaded_and_saved_with_all_that_they_hold() {
    for name in STATES {
        let workspace = tenant(name, &[]);
        let object = "windowsIdentityProtectionConfiguration/Assigned";
        let edit = ["sandbox", "edit", "s.json", object, "--set", "pinMinimumLength=9"];
        workspace.run(&edit).expect(0);
        let (before, mut after) = (state(name), workspace.json("s.json"));
        let edited = after["deviceConfigurations"].as_array_mut().expect("a list");
        let edited = edited.iter_mut().find(|object| object["displayName"] == "Assigned");
        let edited = edited.expect("it is there");
        assert_eq!(edited["pinMinimumLength"].take(), 9, "{name}");
        edited["pinMinimumLength"] = 6.into();
        assert_eq!(objects(&after), objects(&before), "{name}");
        for (member, value) in before.as_object().expect("an object") {
            let is_compared = ["deviceConfigurations", "lastChange"].contains(&member.as_str());
            let now = match after[member].as_array() {
                // The edit is one more event.
                Some(events) if member == "auditEvents" => {
                    let all = value.as_array().expect("a list").len();
                    assert_eq!(events.len(), all + 1, "{name}");
                    Value::from(&events[..all])
                }
                _ => after[member].clone(),
            };
            assert!(is_compared || now == *value, "{name}: {member} is {now}, and was {value}");
        }
    }
}

#[test]
fn what_was_applied_needs_no_other_change() {
    let workspace = tenant("applied.json", &["apply.jsonl"]);
    let plan = ["plan", "--sandbox=s.json", "--detailed-exitcode", "--format", "json"];
    let plan = workspace.run_with(&plan, &SECRETS).expect(0).json();
    assert_eq!(plan["summary"]["unchanged"], 12, "{:#}", plan["summary"]);
}

#[test]
fn saved_plan_is_applied() {
    let workspace = tenant("before.json", &[]);
    run(&workspace, &["apply", "plan.json"]).expect(0);
    has(&workspace, &objects(&state("applied.json")));
}

#[test]
fn saved_plan_is_refused_where_an_object_changed_since() {
    let workspace = tenant("before.json", &[]);
    let object = "windowsIdentityProtectionConfiguration/Updated";
    let edit = ["sandbox", "edit", "s.json", object, "--set", "pinMinimumLength=5"];
    workspace.run(&edit).expect(0);
    let changed = workspace.json("s.json");
    run(&workspace, &["apply", "plan.json"]).expect(4);
    assert_eq!(workspace.json("s.json"), changed, "nothing was written");
}

#[test]
fn finished_apply_is_taken_back() {
    let workspace = tenant("applied.json", &["apply.jsonl"]);
    let run = run(&workspace, &["rollback", &journal_path("apply.jsonl")]).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(paragraphs_with(&run.stdout, "cannot be restored"), @r"
    warning: windowsIdentityProtectionConfiguration/deleted: new objects of its kind are closed since
      2024-07 to the console; use deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
    warning: windows10CustomConfiguration/masked: `omaSettings` cannot be restored: it holds a secret,
      which no journal does
    warning: windowsWifiConfiguration/rewritten: `preSharedKey` cannot be restored: the tenant never
      shows whether it is set
    warning: sharedPCConfiguration/replaced: `Replaced` is created again and gets another id: references
      to the deleted object do not find it
    warning: windowsIdentityProtectionConfiguration/deleted: `Deleted` is created again and gets another
      id: references to the deleted object do not find it
    warning: the manifests still declare what is taken back here: revert
      deviceRegistrationPolicy/registration, windows81SCEPCertificateProfile/linked,
      windows81SCEPCertificateProfile/unlinked, windowsIdentityProtectionConfiguration/assigned,
      windowsIdentityProtectionConfiguration/created and 5 more as well, or the next `moorline apply`
      makes these changes again
    Plan: 2 to create, 5 to update, 0 to replace, 3 to delete, 2 assignment changes.
    An apply refuses 4 risks until it is run with `--allow delete --allow unassign-all`.
    Digest sha256:[digest]
    ");
    has(&workspace, &taken_back());
}

#[test]
fn finished_rollback_is_taken_back() {
    let workspace = tenant("rolled-back.json", &["apply.jsonl", "rollback.jsonl"]);
    run(&workspace, &["rollback", &journal_path("rollback.jsonl")]).expect(0);
    has(&workspace, &objects(&state("applied.json")));
}

#[test]
fn interrupted_rollback_is_completed() {
    let workspace = tenant("applied.json", &["apply.jsonl", "interrupted-rollback.jsonl"]);
    let run = run(&workspace, &["rollback", &journal_path("apply.jsonl")]).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(lines_with(&run.stderr, "ended suddenly"), @"warning: an earlier run ended suddenly; its journal is .moorline/journal/interrupted-rollback.jsonl. It had begun to update deviceRegistrationPolicy/registration: it is not as intended: userDeviceQuota was left at 50 and is 20 now. 10 changes were not begun.");
    has_its_end(&workspace, "interrupted-rollback.jsonl");
    has(&workspace, &taken_back());
}

#[test]
fn interrupted_apply_is_resumed_whether_its_write_arrived_or_not() {
    let applied = objects(&state("applied.json"));
    let mut notes = String::new();
    for (name, object) in INTERRUPTED {
        for now in ["interrupted.json", "before.json"] {
            let journal = format!("interrupted/{name}.jsonl");
            let workspace = tenant(now, &[&journal]);
            let resume = ["apply", "--resume", &journal_path(&journal)];
            // The manifest of what is replaced names the id of the object that was deleted.
            let recreate: &[&str] = if name == "replaced" { &["--recreate"] } else { &[] };
            let resumed = run(&workspace, &[&resume, recreate].concat()).expect(0);
            notes += &format!("{now}: {}\n", lines_with(&resumed.stderr, "ended suddenly"));
            has_its_end(&workspace, &journal);
            has(&workspace, &with(objects(&state(now)), object, &applied));
        }
    }
    let _filters = stable_snapshots();
    assert_snapshot!(notes, @r"
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/assigned.jsonl. It had begun to update windowsIdentityProtectionConfiguration/assigned: it is as intended.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/assigned.jsonl. It had begun to update windowsIdentityProtectionConfiguration/assigned: it is not as intended: it is assigned to others.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/created.jsonl. It had begun to create windowsIdentityProtectionConfiguration/created: what was sent is there, the rest of it was not begun.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/created.jsonl. It had begun to create windowsIdentityProtectionConfiguration/created: the tenant has no such object.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/created-and-assigned.jsonl. It had begun to create windowsIdentityProtectionConfiguration/created-and-assigned: it is as intended.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/created-and-assigned.jsonl. It had begun to create windowsIdentityProtectionConfiguration/created-and-assigned: the tenant has no such object.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/deleted.jsonl. It had begun to delete windowsIdentityProtectionConfiguration/deleted: it is as intended.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/deleted.jsonl. It had begun to delete windowsIdentityProtectionConfiguration/deleted: it is not as intended: it still exists.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/linked.jsonl. It had begun to update windows81SCEPCertificateProfile/linked: it is as intended.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/linked.jsonl. It had begun to update windows81SCEPCertificateProfile/linked: it is not as intended: rootCertificate was left at 00000000-0000-4000-8000-000000000006 and is Root one now.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/masked.jsonl. It had begun to update windows10CustomConfiguration/masked: what was written cannot be read back, so whether it was is not known.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/masked.jsonl. It had begun to update windows10CustomConfiguration/masked: what was written cannot be read back, so whether it was is not known.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/registration.jsonl. It had begun to update deviceRegistrationPolicy/registration: it is as intended.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/registration.jsonl. It had begun to update deviceRegistrationPolicy/registration: it is not as intended: userDeviceQuota was left at 20 and is 50 now.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/relinked.jsonl. It had begun to update windowsWifiEnterpriseEAPConfiguration/relinked: it is not as intended: rootCertificatesForServerValidation was left at [00000000-0000-4000-8000-000000000006] and is [Root one,00000000-0000-4000-8000-000000000006] now.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/relinked.jsonl. It had begun to update windowsWifiEnterpriseEAPConfiguration/relinked: it is not as intended: rootCertificatesForServerValidation was left at [00000000-0000-4000-8000-000000000006] and is [Root one] now.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/replaced.jsonl. It had begun to replace windowsIdentityProtectionConfiguration/replaced: what was sent is there, the rest of it was not begun.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/replaced.jsonl. It had begun to replace windowsIdentityProtectionConfiguration/replaced: it is not as intended: it still exists.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/rewritten.jsonl. It had begun to update windowsWifiConfiguration/rewritten: what was written cannot be read back, so whether it was is not known.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/rewritten.jsonl. It had begun to update windowsWifiConfiguration/rewritten: what was written cannot be read back, so whether it was is not known.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/unlinked.jsonl. It had begun to update windows81SCEPCertificateProfile/unlinked: it is as intended.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/unlinked.jsonl. It had begun to update windows81SCEPCertificateProfile/unlinked: it is not as intended: rootCertificate was left at unset and is Root one now.
    interrupted.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/updated.jsonl. It had begun to update windowsIdentityProtectionConfiguration/updated: what was sent is there, the rest of it was not begun.
    before.json: warning: an earlier run ended suddenly; its journal is .moorline/journal/updated.jsonl. It had begun to update windowsIdentityProtectionConfiguration/updated: it is not as intended: pinMinimumLength was left at 6 and is 4 now.
    ");
}

#[test]
fn interrupted_apply_is_taken_back() {
    let (before, interrupted) =
        (objects(&state("before.json")), objects(&state("interrupted.json")));
    for (name, object) in INTERRUPTED {
        let journal = format!("interrupted/{name}.jsonl");
        let workspace = tenant("interrupted.json", &[&journal]);
        run(&workspace, &["rollback", &journal_path(&journal)]).expect(0);
        has_its_end(&workspace, &journal);
        // No journal holds a secret.
        let is_secret = ["masked", "rewritten"].contains(&name);
        let back = if is_secret { &interrupted } else { &before };
        has(&workspace, &with(interrupted.clone(), object, back));
    }
}

#[test]
fn write_that_waited_for_an_approval_is_sent_under_its_code() {
    let workspace = tenant("waiting.json", &["waiting.jsonl"]);
    // A request expires three days after it was asked for.
    let mut waiting = workspace.json("s.json");
    let asked = waiting["approvalRequests"][0]["requested"].take();
    assert!(asked.is_string());
    waiting["approvalRequests"][0]["requested"] = jiff::Timestamp::now().to_string().into();
    workspace.write("s.json", waiting.to_string());
    let why = ["--justification", "longer PINs", "--format", "json"];
    let resume =
        |journal: &str| run(&workspace, &[&["apply", "--resume", journal], &why[..]].concat());
    let journal = journal_path("waiting.jsonl");
    resume(&journal).expect(7);
    let requests = || {
        let requests = workspace.json("s.json")["approvalRequests"].clone();
        let requests = requests.as_array().expect("a list").iter();
        let told = |request: &Value| json!([request["code"], request["status"]]);
        requests.map(told).collect::<Vec<_>>()
    };
    let code = &waiting["approvalRequests"][0]["code"];
    assert_eq!(requests(), [json!([code, "needsApproval"])], "nothing else is asked for");

    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    // What follows the write that was approved has to be approved as well.
    let part = resume(&journal).expect(6).json();
    assert_eq!(requests()[0], json!([code, "completed"]));
    workspace.run(&["sandbox", "approve", "s.json"]).expect(0);
    resume(part["journal"].as_str().expect("a journal")).expect(0);
    let applied = objects(&state("applied.json"));
    has(&workspace, &with(objects(&state("waiting.json")), "Updated", &applied));
}
