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

#[test]
fn overlay_that_is_there_takes_what_differs_from_the_base() {
    let workspace = Workspace::example("contoso");
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let object = "windowsDeliveryOptimizationConfiguration/delivery-optimization";
    let edit = ["sandbox", "edit", "s.json", "--tenant", ".", object];
    let values = [
        "maximumCacheAgeInDays=21",
        "minimumRamAllowedToPeerInGigabytes=8",
        "cacheServerHostNames=[\"cache.contoso.com\",\"cache-cork.contoso.com\"]",
    ];
    let values = values.iter().flat_map(|value| ["--set", value]);
    workspace.run(&edit.into_iter().chain(values).collect::<Vec<_>>()).expect(0);
    let diff = workspace.run(&["drift", "--sandbox=s.json", "--adopt", "--diff"]).expect(0);
    assert_snapshot!(diff.stdout, @"
    --- a/policies/windows/delivery-optimization.yaml
    +++ b/policies/windows/delivery-optimization.yaml
    @@ -5,11 +5,12 @@
       name: delivery-optimization
     spec:
       # A list would replace the base's list; this adds to it.
    -  cacheServerHostNames: { $append: [cache-dublin.contoso.com] }
    +  cacheServerHostNames: [cache.contoso.com, cache-cork.contoso.com]
       # One number of the base, changed. What is not named here stays as the base has it.
    -  maximumCacheAgeInDays: 14
    +  maximumCacheAgeInDays: 21
       # The base has an opinion on this one, and Contoso has none: it is left to the tenant.
       vpnPeerCaching: { $undeclare: true }
    +  minimumRamAllowedToPeerInGigabytes: 8
     assignments:
       - group: Windows laptops
       - group: Shared PCs
    ");
    workspace.run(&["drift", "--sandbox=s.json", "--adopt"]).expect(0);
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
}

#[test]
fn object_of_a_base_that_is_gone_becomes_absent_in_this_tenant() {
    let workspace = tenants();
    let object = "iosGeneralDeviceConfiguration/phones";
    let delete = ["sandbox", "edit", "dublin.json", "--tenant", "dublin", object, "--delete"];
    workspace.run(&delete).expect(0);
    let adopt = ["drift", "dublin", "--sandbox=dublin.json", "--adopt", "--absent"];
    let diff = workspace.run(&[&adopt[..], &["--diff"]].concat()).expect(0);
    assert_snapshot!(diff.stdout, @"
    --- /dev/null
    +++ b/dublin/policies/ios/device-restrictions/phones.yaml
    @@ -0,0 +1,4 @@
    +apiVersion: graph.microsoft.com/beta
    +kind: iosGeneralDeviceConfiguration  # Device restrictions
    +metadata: { name: phones, state: absent }
    +spec: {}
    ");
    workspace.run(&adopt).expect(0);
    for tenant in ["dublin", "cork"] {
        let state = format!("--sandbox={tenant}.json");
        workspace.run(&["plan", tenant, &state, "--detailed-exitcode"]).expect(0);
    }
}
