//! The member beside a secret that says whether it is set.

use serde_json::{Value, json};

use crate::support::Workspace;

/// A kind, its secret, and the member that says whether it is set.
const CASES: [(&str, &str, &str); 4] = [
    ("androidDeviceOwnerWiFiConfiguration", "preSharedKey", "preSharedKeyIsSet"),
    ("androidWorkProfileWiFiConfiguration", "preSharedKey", "preSharedKeyIsSet"),
    ("aospDeviceOwnerWiFiConfiguration", "preSharedKey", "preSharedKeyIsSet"),
    ("androidDeviceOwnerGeneralDeviceConfiguration", "kioskModeExitCode", "isKioskModeExitCodeSet"),
];

const SECRET: (&str, &str) = ("KEY", "canary-key");

fn tenant(kind: &str, spec: &str, live: Value) -> Workspace {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: it }}\nspec: {{ displayName: It, {spec} }}\n"
    );
    let workspace = Workspace::tenant(&[("it.yaml", &manifest)]);
    let mut object =
        json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": "It" });
    for (name, value) in live.as_object().into_iter().flatten() {
        object[name] = value.clone();
    }
    workspace.seed(&json!({ "deviceConfigurations": [object] }));
    workspace
}

#[test]
fn a_declared_secret_that_the_tenant_says_is_not_set_is_drift() {
    for (kind, property, twin) in CASES {
        let workspace =
            tenant(kind, &format!("{property}: {{ $env: KEY }}"), json!({ twin: false }));
        let drift = ["drift", "--sandbox=s.json", "--detailed-exitcode"];
        let drifted = workspace.run_with(&drift, &[SECRET]).expect(2).stdout;
        assert!(drifted.contains(property), "{drifted}");
        let apply = ["apply", "--sandbox=s.json", "--yes"];
        workspace.run_with(&apply, &[SECRET]).expect(0);
        assert_eq!(workspace.json("s.json")["deviceConfigurations"][0][twin], true, "{kind}");
        // Whether it is this one cannot be told.
        workspace.run_with(&drift, &[SECRET]).expect(0);
    }
}

#[test]
fn a_secret_that_is_declared_unset_and_is_set_is_drift() {
    for (kind, property, _) in CASES {
        let workspace =
            tenant(kind, &format!("{property}: null"), json!({ property: "canary-live" }));
        let drift = ["drift", "--sandbox=s.json", "--detailed-exitcode"];
        workspace.run(&drift).expect(2);
        workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
        workspace.run(&drift).expect(0);
    }
}

#[test]
fn the_pasted_member_is_ignored() {
    for (kind, property, twin) in CASES {
        let workspace = tenant(
            kind,
            &format!("{property}: {{ $env: KEY }}, {twin}: true"),
            json!({ property: "canary-live" }),
        );
        let valid = workspace.run(&["validate"]).expect(0).stdout;
        assert!(valid.contains("manifest/ignored-properties"), "{valid}");
        workspace
            .run_with(&["drift", "--sandbox=s.json", "--detailed-exitcode"], &[SECRET])
            .expect(0);
    }
}
