//! References to derived credentials, which manifests name and do not declare.

use serde_json::{Value, json};

use crate::support::{Run, Workspace};

const PUREBRED: &str = "55555555-0000-4000-8000-000000000001";
const PROPERTY: &str = "derivedCredentialSettings";

const KINDS: [&str; 8] = [
    "androidDeviceOwnerDerivedCredentialAuthenticationConfiguration",
    "androidDeviceOwnerEnterpriseWiFiConfiguration",
    "androidDeviceOwnerVpnConfiguration",
    "iosDerivedCredentialAuthenticationConfiguration",
    "iosEasEmailProfileConfiguration",
    "iosEnterpriseWiFiConfiguration",
    "iosVpnConfiguration",
    "iosikEv2VpnConfiguration",
];

/// Returns a tenant with two derived credentials, and a manifest of each kind that refers to one.
fn tenant(kinds: &[&str], reference: &Value) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    for kind in kinds {
        let spec = json!({ "displayName": kind, PROPERTY: { "$ref": reference } });
        let manifest = json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": kind, "metadata": { "name": "it" }, "spec": spec,
        });
        workspace.write(&format!("{kind}.yaml"), manifest.to_string());
    }
    workspace.seed(&json!({ "derivedCredentials": [
        { "id": PUREBRED, "displayName": "Purebred", "issuer": "purebred" },
        { "displayName": "Entrust", "issuer": "entrustDatacard" },
    ] }));
    workspace
}

fn apply(workspace: &Workspace) -> Run {
    workspace.run(&["apply", "--sandbox=s.json", "--yes"])
}

#[test]
fn every_kind_that_takes_one_is_created_with_it_and_plans_to_zero() {
    let workspace = tenant(&KINDS, &json!({ "displayName": "Purebred" }));
    apply(&workspace).expect(0);
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
    let references = workspace.json("s.json")["references"].clone();
    let references = references.as_object().expect("a mapping");
    assert_eq!(references.len(), KINDS.len());
    assert!(references.values().all(|own| own[PROPERTY] == json!([PUREBRED])), "{references:?}");
}

#[test]
fn another_one_is_bound_in_its_place() {
    let kinds = &KINDS[5..6];
    let workspace = tenant(kinds, &json!(PUREBRED));
    apply(&workspace).expect(0);
    workspace.edit(
        &format!("{}.yaml", KINDS[5]),
        &format!("\"{PUREBRED}\""),
        "{ displayName: Entrust }",
    );
    let plan = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
    assert!(plan.contains("Purebred") && plan.contains("Entrust"), "{plan}");
    apply(&workspace).expect(0);
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
}

#[test]
fn one_that_the_tenant_does_not_have_blocks_the_change() {
    for (reference, help) in [
        (json!({ "displayName": "Purebrad" }), "did you mean `Purebred`?"),
        (json!({ "id": "55555555-0000-4000-8000-000000000009" }), "the tenant has no such object"),
    ] {
        let workspace = tenant(&KINDS[..1], &reference);
        let refused = apply(&workspace).expect(5);
        assert!(refused.stdout.contains("reference/unknown"), "{}", refused.stdout);
        assert!(refused.stdout.contains(help), "{}", refused.stdout);
    }
}

#[test]
fn advice_about_the_wire_form_is_accepted() {
    let workspace = tenant(&KINDS[3..4], &json!({ "id": PUREBRED }));
    let file = format!("{}.yaml", KINDS[3]);
    workspace.run(&["validate"]).expect(0);
    let good = format!("{{\"$ref\":{{\"id\":\"{PUREBRED}\"}}}}");
    workspace.edit(
        &file,
        &format!("\"{PROPERTY}\":{good}"),
        &format!("\"{PROPERTY}@odata.bind\":\"https://graph.microsoft.com/beta/x\""),
    );
    let wire = workspace.run(&["validate"]).expect(3).stdout;
    assert!(wire.contains(&format!("`{PROPERTY}: {{ $ref: {{ id: … }} }}`")), "{wire}");
    for wrong in ["{ $ref: iosTrustedRootCertificate/it }", "{ $ref: it }", "it"] {
        workspace.write(
            &file,
            format!("apiVersion: graph.microsoft.com/beta\nkind: {}\nmetadata: {{ name: it }}\nspec: {{ displayName: It, {PROPERTY}: {wrong} }}\n", KINDS[3]),
        );
        let refused = workspace.run(&["validate"]).expect(3).stdout;
        assert!(
            refused.contains("write `{ $ref: { id: … } }` or `{ $ref: { displayName: … } }`"),
            "{refused}"
        );
    }
}
