//! `permissions`: no more than the manifests need.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Workspace;

const POLICY: &str = "apiVersion: graph.microsoft.com/v1.0\nkind: deviceRegistrationPolicy\nmetadata: { name: p }\nspec: { userDeviceQuota: 5 }\n";
const HELLO: &str = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: hello }\nspec: { displayName: Hello, pinMinimumLength: 6 }\n";

fn permissions(workspace: &Workspace, arguments: &[&str]) -> Value {
    let arguments = [&["permissions", "--format", "json"], arguments].concat();
    workspace.run(&arguments).expect(0).json()
}

fn names(needs: &Value) -> Vec<&str> {
    let permissions = needs["permissions"].as_array().expect("a list");
    let names = permissions.iter().filter_map(|need| need["permission"].as_str());
    names.collect()
}

#[test]
fn the_least_set_follows_from_the_manifests() {
    let policy = Workspace::tenant(&[("policy.yaml", POLICY)]);
    let document = permissions(&policy, &["--for", "apply"]);
    assert_eq!(names(&document["items"][0]), ["Policy.ReadWrite.DeviceConfiguration"]);

    let groups = format!(
        "{HELLO}assignments:\n  - group: Windows laptops\n    filter: {{ include: Corporate }}\n"
    );
    let workspace = Workspace::tenant(&[("policy.yaml", POLICY), ("hello.yaml", &groups)]);
    let document = permissions(&workspace, &[]);
    let [plan, drift, apply] = &document["items"].as_array().expect("a list")[..] else {
        panic!("one entry a purpose: {document}");
    };
    assert_eq!(
        names(plan),
        [
            "DeviceManagementConfiguration.Read.All",
            "Policy.Read.DeviceConfiguration",
            "GroupMember.Read.All",
        ]
    );
    assert_eq!(names(plan), names(drift));
    assert_eq!(
        names(apply),
        [
            "DeviceManagementConfiguration.ReadWrite.All",
            "Policy.ReadWrite.DeviceConfiguration",
            "GroupMember.Read.All",
        ]
    );
    // What a filter needs is covered by what writing needs, and so is its reason.
    let reasons = apply["permissions"][0]["reasons"].as_array().expect("a list");
    assert_eq!(reasons.len(), 3);
    assert_eq!(reasons[1]["manifests"], json!(["windowsIdentityProtectionConfiguration/hello"]));
    // It covers what a wait for an approval reads, too, which no manifest asks for.
    assert_snapshot!(reasons[2]["why"].as_str().unwrap_or_default(), @"sees what became of a request for approval, with `--wait-approval` and `--resume`, and which access policies ask for one");
    assert_eq!(reasons[2]["manifests"], json!([]));

    let only = permissions(&workspace, &["--only", "deviceRegistrationPolicy/*", "--for", "plan"]);
    assert_eq!(names(&only["items"][0]), ["Policy.Read.DeviceConfiguration"]);
}

#[test]
fn the_audit_log_of_each_family_is_worth_having() {
    for (manifest, log, of_plan) in
        [(POLICY, "AuditLog.Read.All", false), (HELLO, "DeviceManagementApps.Read.All", true)]
    {
        let workspace = Workspace::tenant(&[("it.yaml", manifest)]);
        let document = permissions(&workspace, &[]);
        for (at, expected) in [(0, of_plan), (1, true), (2, true)] {
            let optional = document["items"][at]["optional"].as_array().expect("a list");
            let is_there = optional.iter().any(|need| need["permission"] == log);
            assert_eq!(is_there, expected, "{at} {log} {document:#}");
        }
    }
}

#[test]
fn what_masked_values_take_is_worth_having_where_there_are_any() {
    let custom = "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\nmetadata: { name: oma }\nspec: { displayName: OMA, omaSettings: [] }\n";
    let write = "DeviceManagementConfiguration.ReadWrite.All";
    for (manifest, masked) in [(HELLO, false), (custom, true)] {
        let workspace = Workspace::tenant(&[("it.yaml", manifest)]);
        let document = permissions(&workspace, &[]);
        let optional = |at: usize| -> Vec<Value> {
            let optional = document["items"][at]["optional"].as_array().expect("a list");
            let mut optional = optional.iter();
            optional.by_ref().filter(|need| need["permission"] == write).cloned().collect()
        };
        assert_eq!(optional(0).len(), usize::from(masked), "{document:#}");
        assert_eq!(optional(0), optional(1), "a drift compares as a plan does");
        assert_eq!(optional(2), [Value::Null; 0], "an apply needs it anyway");
        let granted = &document["items"][0]["requiredResourceAccess"]["application"];
        let granted = granted[0]["resourceAccess"].as_array().expect("a list");
        assert_eq!(granted.len(), 1, "what is optional is not granted unasked");
    }
}

#[test]
fn the_block_of_an_app_registration_has_the_ids() {
    let workspace = Workspace::tenant(&[("policy.yaml", POLICY)]);
    let document = permissions(&workspace, &["--for", "plan"]);
    assert_eq!(
        document["items"][0]["requiredResourceAccess"],
        json!({
            "application": [{
                "resourceAppId": "00000003-0000-0000-c000-000000000000",
                "resourceAccess": [{ "id": "bdba4817-6ba1-4a7c-8a01-be9bc7c242dd", "type": "Role" }],
            }],
            "delegated": [{
                "resourceAppId": "00000003-0000-0000-c000-000000000000",
                "resourceAccess": [{ "id": "3616a4b0-6746-49c4-a678-4c237599074d", "type": "Scope" }],
            }],
        })
    );
    let schema = workspace.run(&["schema", "--document", "permissions"]).expect(0).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&document));
    let text = workspace.run(&["permissions"]).expect(0).stdout;
    assert_snapshot!(text, @r#"
    plan and drift
      Policy.Read.DeviceConfiguration
        application bdba4817-6ba1-4a7c-8a01-be9bc7c242dd  delegated 3616a4b0-6746-49c4-a678-4c237599074d
        - reads /policies/deviceRegistrationPolicy: deviceRegistrationPolicy/p
        - Policy.ReadWrite.DeviceConfiguration works as well

      An app that signs in as itself needs no role. A person needs one of each line:
        reads /policies/deviceRegistrationPolicy: Global Reader (Entra), Cloud Device Administrator
          (Entra), Intune Administrator (Entra), Windows 365 Administrator (Entra)

      To grant them to an app that signs in as itself:
        az ad app permission add --id "$APP_ID" \
          --api 00000003-0000-0000-c000-000000000000 \
          --api-permissions \
          bdba4817-6ba1-4a7c-8a01-be9bc7c242dd=Role
        az ad app permission admin-consent --id "$APP_ID"
      To grant them to an app that people sign in with:
        az ad app permission add --id "$APP_ID" \
          --api 00000003-0000-0000-c000-000000000000 \
          --api-permissions \
          3616a4b0-6746-49c4-a678-4c237599074d=Scope
        az ad app permission admin-consent --id "$APP_ID"

    apply
      Policy.ReadWrite.DeviceConfiguration
        application 230fb2d5-aa21-49c1-bfa7-ae1be179d867  delegated 40b534c3-9552-4550-901b-23879c90bcf9
        - writes /policies/deviceRegistrationPolicy: deviceRegistrationPolicy/p
      AuditLog.Read.All (optional)
        application b0afded3-3588-46d8-8b3d-9842eff778da  delegated e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20
        - reads Entra's audit log, which tells who changed the device registration policy and when, and
          whose write to it an apply replaced
        - Directory.Read.All works as well

      An app that signs in as itself needs no role. A person needs one of each line:
        writes /policies/deviceRegistrationPolicy: Cloud Device Administrator (Entra)

      To grant them to an app that signs in as itself:
        az ad app permission add --id "$APP_ID" \
          --api 00000003-0000-0000-c000-000000000000 \
          --api-permissions \
          230fb2d5-aa21-49c1-bfa7-ae1be179d867=Role
        az ad app permission admin-consent --id "$APP_ID"
      To grant them to an app that people sign in with:
        az ad app permission add --id "$APP_ID" \
          --api 00000003-0000-0000-c000-000000000000 \
          --api-permissions \
          40b534c3-9552-4550-901b-23879c90bcf9=Scope
        az ad app permission admin-consent --id "$APP_ID"
    "#);
}

#[test]
fn who_grants_them_can_be_handed_a_page() {
    let workspace = Workspace::tenant(&[("policy.yaml", POLICY)]);
    let page = workspace.run(&["permissions", "--format", "markdown"]).expect(0).stdout;
    assert_snapshot!(page, @r#"
    ### Permissions of Microsoft Graph

    #### For plan and drift

    | permission | what for | application id | delegated id |
    |---|---|---|---|
    | `Policy.Read.DeviceConfiguration` | reads /policies/deviceRegistrationPolicy: deviceRegistrationPolicy/p | `bdba4817-6ba1-4a7c-8a01-be9bc7c242dd` | `3616a4b0-6746-49c4-a678-4c237599074d` |

    An app that signs in as itself needs no role. A person needs one of each line:

    - reads /policies/deviceRegistrationPolicy: Global Reader &#40;Entra&#41;, Cloud Device Administrator &#40;Entra&#41;, Intune Administrator &#40;Entra&#41;, Windows 365 Administrator &#40;Entra&#41;

    To grant them to an app that signs in as itself:

    ```sh
    az ad app permission add --id "$APP_ID" \
      --api 00000003-0000-0000-c000-000000000000 \
      --api-permissions \
      bdba4817-6ba1-4a7c-8a01-be9bc7c242dd=Role
    az ad app permission admin-consent --id "$APP_ID"
    ```

    To grant them to an app that people sign in with:

    ```sh
    az ad app permission add --id "$APP_ID" \
      --api 00000003-0000-0000-c000-000000000000 \
      --api-permissions \
      3616a4b0-6746-49c4-a678-4c237599074d=Scope
    az ad app permission admin-consent --id "$APP_ID"
    ```

    #### For apply

    | permission | what for | application id | delegated id |
    |---|---|---|---|
    | `Policy.ReadWrite.DeviceConfiguration` | writes /policies/deviceRegistrationPolicy: deviceRegistrationPolicy/p | `230fb2d5-aa21-49c1-bfa7-ae1be179d867` | `40b534c3-9552-4550-901b-23879c90bcf9` |
    | `AuditLog.Read.All` (optional) | reads Entra&#39;s audit log, which tells who changed the device registration policy and when, and whose write to it an apply replaced | `b0afded3-3588-46d8-8b3d-9842eff778da` | `e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20` |

    An app that signs in as itself needs no role. A person needs one of each line:

    - writes /policies/deviceRegistrationPolicy: Cloud Device Administrator &#40;Entra&#41;

    To grant them to an app that signs in as itself:

    ```sh
    az ad app permission add --id "$APP_ID" \
      --api 00000003-0000-0000-c000-000000000000 \
      --api-permissions \
      230fb2d5-aa21-49c1-bfa7-ae1be179d867=Role
    az ad app permission admin-consent --id "$APP_ID"
    ```

    To grant them to an app that people sign in with:

    ```sh
    az ad app permission add --id "$APP_ID" \
      --api 00000003-0000-0000-c000-000000000000 \
      --api-permissions \
      40b534c3-9552-4550-901b-23879c90bcf9=Scope
    az ad app permission admin-consent --id "$APP_ID"
    ```
    "#);
}

#[test]
fn a_tenant_without_manifests_needs_nothing() {
    let workspace = Workspace::tenant(&[]);
    let document = permissions(&workspace, &["--for", "apply"]);
    assert_eq!(document["items"][0]["requiredResourceAccess"]["application"], json!([]));
}

#[test]
fn who_owns_objects_needs_to_find_them() {
    let ownership = |prune: bool| {
        let workspace = Workspace::tenant(&[("policy.yaml", POLICY)]);
        let spec = format!("spec:\n  ownership: {{ scopeTag: Moorline, prune: {prune} }}\n");
        workspace.edit("moorline.yaml", "spec:\n", &spec);
        permissions(&workspace, &[])
    };
    let read = "DeviceManagementConfiguration.Read.All";
    let write = "DeviceManagementConfiguration.ReadWrite.All";
    for (prune, at, expected) in
        [(false, 0, read), (false, 2, read), (true, 0, read), (true, 2, write)]
    {
        let document = ownership(prune);
        let needs = &document["items"][at];
        assert!(names(needs).contains(&expected), "{needs:#}");
        let roles = needs["roles"].as_array().expect("a list").len();
        // Objects of three families are pruned beside the policy that is declared.
        assert_eq!(roles, if prune { 4 } else { 1 }, "{needs:#}");
    }
}

#[test]
fn every_scope_for_intune_is_listed_without_a_tenant_and_explained() {
    let workspace = Workspace::empty();
    let json = workspace.run(&["permissions", "--list", "--format", "json"]).expect(0).json();
    let of = |list: &str, key: &str| -> Vec<String> {
        let items = json[list].as_array().expect("there are items").iter();
        items.map(|item| item[key].as_str().unwrap_or_default().to_owned()).collect()
    };
    let scopes = of("items", "name");
    let partners = of("partnerPermissions", "name");
    assert_eq!((scopes.len(), partners.len()), (11, 6), "{json}");
    let optional = of("optional", "permission");
    assert!(optional.contains(&"AuditLog.Read.All".to_owned()), "{json}");
    for format in ["text", "markdown"] {
        let shown = workspace.run(&["permissions", "--list", "--format", format]).expect(0).stdout;
        for name in scopes.iter().chain(&partners).chain(&optional).chain(&of("items", "label")) {
            assert!(shown.contains(name.as_str()), "{format} lacks {name}");
        }
    }
    for (name, label) in scopes.iter().zip(of("items", "label")) {
        let told = workspace.run(&["explain", &name.to_lowercase()]).expect(0).stdout;
        assert!(told.contains(name.as_str()), "{told}");
        let words: Vec<&str> = told.split_whitespace().collect();
        assert!(words.join(" ").contains(&label), "{told}");
    }
    for name in &partners {
        let told = workspace.run(&["explain", &format!("what is {name}?")]).expect(0).stdout;
        assert!(told.contains("It permits"), "{told}");
    }
    assert_snapshot!(workspace.run(&["explain", "DeviceManagementRBAC.ReadWrite.All"]).expect(0).stdout, @r#"
    DeviceManagementRBAC.ReadWrite.All: In the portal "Read and write Microsoft Intune RBAC settings",
      of Microsoft Graph.
      It permits all that DeviceManagementRBAC.Read.All does; creating, assigning, deleting and changing
      role assignments and role definitions.
      - No manifest of Moorline's needs it, so that its app can do without.
      - An administrator of the tenant has to consent to it. The id is
        e330c4f0-4170-414e-a55a-2f022ec2b57b for an app that signs in as itself, and
        0c5e8a55-87a6-4556-93ab-adc52c4d862d for a person.
      see https://learn.microsoft.com/intune/intune-service/developer/intune-graph-apis
      see https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md, section 9.1
    "#);
}
