//! Values that a base declares, which other tenants share.

use insta::assert_snapshot;

use crate::support::Workspace;
use crate::support::snapshots::{paragraphs_with, stable_snapshots};

const BASE: &str = "apiVersion: graph.microsoft.com/beta
kind: iosGeneralDeviceConfiguration
metadata: { name: phones }
spec:
  displayName: Phones
  # Six is what the works council agreed to.
  passcodeMinimumLength: 6
  safariManagedDomains: [contoso.com]
assignments:
  - allDevices: true
";

/// Returns two tenants that build on one base, both applied.
fn tenants() -> Workspace {
    let workspace = Workspace::empty();
    workspace.seed(&serde_json::json!({}));
    workspace.write("baseline/phones.yaml", BASE);
    for tenant in ["dublin", "cork"] {
        workspace.write(
            &format!("{tenant}/moorline.yaml"),
            format!("apiVersion: moorline/v1\nkind: Tenant\nmetadata: {{ name: {tenant} }}\nspec:\n  tenantId: contoso.onmicrosoft.com\n  base: [../baseline]\n  manifests: [policies]\n  sandbox: {{ seed: ../sandbox.json }}\n"),
        );
        workspace.write(&format!("{tenant}/policies/.keep"), "");
        let state = format!("--sandbox={tenant}.json");
        workspace.run(&["apply", tenant, &state, "--yes"]).expect(0);
    }
    let edit = ["sandbox", "edit", "dublin.json", "--tenant", "dublin"];
    let object = "iosGeneralDeviceConfiguration/phones";
    let values =
        ["--set", "passcodeMinimumLength=8", "--set", "safariManagedDomains=[\"contoso.ie\"]"];
    workspace.run(&[&edit[..], &[object], &values].concat()).expect(0);
    workspace
}

#[test]
fn value_of_a_base_is_adopted_by_this_tenant_alone() {
    let workspace = tenants();
    let diff =
        workspace.run(&["drift", "dublin", "--sandbox=dublin.json", "--adopt", "--diff"]).expect(0);
    assert_snapshot!(diff.stdout, @"
    --- /dev/null
    +++ b/dublin/policies/ios/device-restrictions/phones.yaml
    @@ -0,0 +1,6 @@
    +apiVersion: graph.microsoft.com/beta
    +kind: iosGeneralDeviceConfiguration  # Device restrictions
    +metadata: { name: phones }
    +spec:
    +  passcodeMinimumLength: 8
    +  safariManagedDomains: [contoso.ie]
    ");
    workspace.run(&["drift", "dublin", "--sandbox=dublin.json", "--adopt"]).expect(0);
    for tenant in ["dublin", "cork"] {
        let state = format!("--sandbox={tenant}.json");
        workspace.run(&["plan", tenant, &state, "--detailed-exitcode"]).expect(0);
    }
    let base = std::fs::read_to_string(workspace.file("baseline/phones.yaml"));
    assert_eq!(base.expect("it is there"), BASE);
}

#[test]
fn base_is_edited_where_that_is_asked_for_and_its_tenants_are_named() {
    let workspace = tenants();
    let adopt = ["drift", "dublin", "--sandbox=dublin.json", "--adopt", "--into-base"];
    let adopted = workspace.run(&adopt).expect(0);
    let _filters = stable_snapshots();
    assert_snapshot!(paragraphs_with(&adopted.stdout, "serves"), @"
    The base baseline serves these tenants. None of them is planned here; run `moorline plan` for each:
      - [folder]/cork/moorline.yaml
      - [folder]/dublin/moorline.yaml
    ");
    let base = std::fs::read_to_string(workspace.file("baseline/phones.yaml"));
    let expected = BASE.replace("Length: 6", "Length: 8").replace("contoso.com", "contoso.ie");
    assert_eq!(base.expect("it is there"), expected);
    let plan = |tenant: &str, code: i32| {
        let state = format!("--sandbox={tenant}.json");
        workspace.run(&["plan", tenant, &state, "--detailed-exitcode"]).expect(code);
    };
    plan("dublin", 0);
    plan("cork", 2);
}
