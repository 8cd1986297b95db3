//! Plans of a tenant where one id is that of two objects: an id is unique only within its family.

use serde_json::{Value, json};

use super::{Action, Change, PlanOptions, Planned, Undeclared, plan};
use crate::kinds::{self, Family};
use crate::manifest::{Desired, load};
use crate::tenant::names::Names;
use crate::tenant::{Live, LiveObject};

const ID: &str = "5d2ac1f8-0000-4000-8000-000000000001";
const SCEP_ID: &str = "5d2ac1f8-0000-4000-8000-000000000002";
const ROOT: &str = "windows81TrustedRootCertificate";
const SCEP: &str = "windows81SCEPCertificateProfile";
/// The addresses of its manifests come after those of root certificates.
const POLICY: &str = "windowsPhone81CompliancePolicy";

fn manifest(kind: &str, metadata: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ {metadata} }}\nspec: {{ {spec} }}\n"
    )
}

fn scep(root: &str) -> String {
    manifest(SCEP, "name: scep", &format!("displayName: Scep, rootCertificate: {root}"))
}

fn root(metadata: &str) -> String {
    manifest(ROOT, &format!("name: root{metadata}"), "displayName: Root")
}

fn policy(metadata: &str) -> String {
    manifest(POLICY, &format!("name: phones{metadata}"), "displayName: Phones")
}

fn desired(tenant: &str, manifests: &[String]) -> Desired {
    let folder = tempfile::tempdir().expect("a folder");
    let tenant = format!(
        "apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: contoso }}\nspec:\n  tenantId: contoso.onmicrosoft.com\n  manifests: [all.yaml]\n{tenant}"
    );
    std::fs::write(folder.path().join("moorline.yaml"), tenant).expect("a file");
    std::fs::write(folder.path().join("all.yaml"), manifests.concat()).expect("a file");
    load::load(folder.path()).into_desired().expect("the manifests are valid")
}

fn family(kind: &str) -> &'static Family {
    kinds::family_of(kind).expect("a kind")
}

fn object(family: &'static Family, kind: &str, id: &str, name: &str) -> LiveObject {
    let body = json!({
        "@odata.type": format!("#microsoft.graph.{kind}"), "id": id, "displayName": name,
        "roleScopeTagIds": ["7"],
    });
    LiveObject::from_body(family, body).expect("an object")
}

/// Returns the profile, which refers to a root certificate with this id, or to none.
fn profile(family: &'static Family, root: Option<&str>) -> LiveObject {
    let mut profile = object(family, SCEP, SCEP_ID, "Scep");
    let root = root.map(|id| json!({ "id": id, "displayName": "Root" }));
    let mut body = profile.body.value();
    body["rootCertificate"] = root.unwrap_or(Value::Null);
    profile.body = (&body).into();
    profile.with_links(&["rootCertificate".to_owned()])
}

/// A tenant with a root certificate and a compliance policy of one id, and a profile that refers to the certificate.
fn live() -> Live {
    let mut live = Live { names: Names::of_ids(), ..Live::default() };
    let root = object(family(ROOT), ROOT, ID, "Root");
    live.objects.insert(family(ROOT), vec![root, profile(family(SCEP), Some(ID))]);
    live.objects.insert(family(POLICY), vec![object(family(POLICY), POLICY, ID, "Phones")]);
    live.referrers = vec![profile(family(SCEP), Some(ID))];
    live
}

fn planned(desired: &Desired, live: &Live) -> Planned {
    plan(desired, live, |_| true, &PlanOptions::default())
}

fn change<'a>(planned: &'a Planned, kind: &str) -> &'a Change {
    let mut changes = planned.plan.changes.iter();
    changes.find(|change| change.address.kind == kind).expect("a change of this kind")
}

fn codes(change: &Change) -> Vec<&str> {
    change.blocked.iter().map(|blocked| &*blocked.code).collect()
}

#[test]
fn deletion_is_not_held_by_a_reference_to_the_object_of_another_family() {
    let by_id = scep(&format!("{{ $ref: {{ id: {ID} }} }}"));
    let desired = desired("", &[by_id.clone(), policy(", state: absent")]);
    let planned = planned(&desired, &live());
    let deletion = change(&planned, POLICY);
    assert_eq!(deletion.action, Action::Delete);
    assert_eq!((codes(deletion), &deletion.depends_on[..]), (Vec::new(), &[][..]));
}

#[test]
fn deletion_is_held_by_a_reference_whatever_an_object_of_another_family_refers_to() {
    let mut live = live();
    let others = Box::leak(Box::new(Family { name: "others", ..*family(SCEP) }));
    live.objects.insert(others, vec![profile(others, None)]);
    live.referrers.push(profile(others, None));
    let planned = planned(&desired("", &[root(", state: absent")]), &live);
    assert_eq!(codes(change(&planned, ROOT)), ["reference/in-use"]);
}

#[test]
fn reference_is_named_by_the_manifest_of_the_object_that_it_leads_to() {
    let pinned = format!(", id: {ID}");
    let desired = desired("", &[scep("null"), root(&pinned), policy(&pinned)]);
    let planned = planned(&desired, &live());
    let names = &change(&planned, SCEP).fields[0].names;
    assert_eq!(names.get(ID).map(String::as_str), Some("windows81TrustedRootCertificate/root"));
}

#[test]
fn manifest_keeps_no_object_of_another_family_from_being_pruned() {
    let tenant = "  ownership: { scopeTag: '7', prune: true }\n";
    let pinned = root(&format!(", id: {ID}"));
    let desired = desired(tenant, &[pinned, scep("{ $ref: root }")]);
    let planned = planned(&desired, &live());
    let actions: Vec<(&str, Action)> = planned
        .plan
        .changes
        .iter()
        .filter(|change| change.action != Action::None)
        .map(|change| (change.address.kind.as_str(), change.action))
        .collect();
    assert_eq!(actions, [(POLICY, Action::Delete)]);
}

#[test]
fn object_is_no_longer_managed_though_one_of_another_family_is() {
    let pinned = format!(", id: {ID}");
    let before = desired("", &[root(&pinned), policy(&pinned)]);
    let now = desired("", &[root(&pinned)]);
    let live = live();
    let mut planned = planned(&now, &live);
    Undeclared::between(&before.manifests, &now.manifests).tell(&mut planned, &live);
    let left = planned.plan.no_longer_managed.iter();
    let left: Vec<&str> = left.map(|left| left.address.kind.as_str()).collect();
    assert_eq!(left, [POLICY]);
}
