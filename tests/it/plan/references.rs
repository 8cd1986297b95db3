//! References between profiles: created in order, compared, changed, taken away, and guarded.

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use crate::support::snapshots::{paragraphs_with, stable_snapshots};
use crate::support::{Run, Workspace};

const ROOT: &str = "windows81TrustedRootCertificate";
const SCEP: &str = "windows81SCEPCertificateProfile";
const WIFI: &str = "windowsWifiEnterpriseEAPConfiguration";

fn manifest(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: {name} }}\nspec:\n  displayName: The {name}\n{spec}"
    )
}

fn root(name: &str) -> String {
    manifest(ROOT, name, "  trustedRootCertificate: b25l\n")
}

fn scep(root: &str) -> String {
    manifest(SCEP, "device", &format!("  rootCertificate: {root}\n"))
}

fn wifi(roots: &str, identity: &str) -> String {
    let spec = format!(
        "  rootCertificatesForServerValidation: {roots}\n  identityCertificateForClientAuthentication: {identity}\n"
    );
    manifest(WIFI, "corporate", &spec)
}

/// A root certificate, a SCEP profile that refers to it, and a Wi-Fi profile that refers to both.
fn chain() -> Workspace {
    Workspace::tenant(&[
        ("root.yaml", &root("root")),
        ("scep.yaml", &scep("{ $ref: root }")),
        ("wifi.yaml", &wifi("[{ $ref: root }]", &format!("{{ $ref: {SCEP}/device }}"))),
    ])
}

/// The chain as the tenant has it.
fn applied() -> Workspace {
    let workspace = chain();
    apply(&workspace, &[]).expect(0);
    workspace
}

fn apply(workspace: &Workspace, more: &[&str]) -> Run {
    let apply = ["apply", "--sandbox=s.json", "--yes", "--format", "json"];
    workspace.run(&[&apply[..], more].concat())
}

fn plan(workspace: &Workspace) -> Value {
    let run = workspace.run(&["plan", "--sandbox=s.json", "--format", "json"]);
    run.expect(0).json()
}

#[track_caller]
fn nothing_is_left(workspace: &Workspace) {
    let arguments = ["plan", "--sandbox=s.json", "--detailed-exitcode"];
    workspace.run(&arguments).expect(0);
}

/// Returns the change of an address.
fn change(plan: &Value, address: &str) -> Value {
    let changes = plan["changes"].as_array().expect("a list").iter();
    let found = changes.clone().find(|change| change["address"] == address);
    found.cloned().unwrap_or_else(|| panic!("{address} is in {plan:#}"))
}

/// Returns the calls of a change as `METHOD end of the path`.
fn calls(change: &Value) -> Vec<String> {
    let requests = change["requests"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let end = |path: &Value| {
        let path = text(path);
        let at = path.find("/microsoft.graph.").unwrap_or_default();
        path[at..].to_owned()
    };
    requests
        .map(|request| format!("{} {}", text(&request["method"]), end(&request["path"])))
        .collect()
}

/// Returns what became of each change, as `address: status`.
fn outcome(run: &Run) -> Vec<String> {
    let document = run.json();
    let items = document["items"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items.map(|item| format!("{}: {}", text(&item["address"]), text(&item["status"]))).collect()
}

/// Returns what became of each change and why, as `address: status: message`.
fn outcome_with_reasons(run: &Run) -> String {
    let document = run.json();
    let items = document["items"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |item: &Value| {
        let parts = ["address", "status", "message"].map(|name| text(&item[name])).join(": ");
        parts.trim_end_matches(": ").to_owned()
    };
    items.map(line).collect::<Vec<_>>().join("\n")
}

/// Returns the only reason why a plan is blocked.
fn blocked(plan: &Value) -> Value {
    let changes = plan["changes"].as_array().expect("a list").iter();
    let reasons: Vec<&Value> =
        changes.flat_map(|change| change["blocked"].as_array().expect("a list")).collect();
    assert_eq!(reasons.len(), 1, "{reasons:#?}");
    reasons[0].clone()
}

/// Returns the id of a live object by its display name.
fn id(workspace: &Workspace, display_name: &str) -> String {
    let state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array().expect("a list");
    let mut objects = objects.iter().filter(|object| object["displayName"] == display_name);
    let object = objects.next().expect("it exists");
    object["id"].as_str().expect("an id").to_owned()
}

/// Returns what a live object refers to.
fn linked(workspace: &Workspace, display_name: &str) -> Value {
    workspace.json("s.json")["references"][id(workspace, display_name)].clone()
}

fn edit(workspace: &Workspace, object: &str, setting: &str) {
    let arguments = ["sandbox", "edit", "s.json", object, "--set", setting];
    workspace.run(&arguments).expect(0);
}

#[test]
fn a_chain_is_created_in_order_by_one_apply() {
    let _stable = stable_snapshots();
    let workspace = chain();
    let first = plan(&workspace);
    let order = [format!("{ROOT}/root"), format!("{SCEP}/device"), format!("{WIFI}/corporate")];
    assert_eq!(first["order"], json!(order));
    let wifi = change(&first, &order[2]);
    assert_eq!(wifi["dependsOn"], json!([&order[1], &order[0]]));
    assert_eq!(
        wifi["requests"][0]["body"]["rootCertificatesForServerValidation@odata.bind"],
        json!([{ "$object": { "$id": &order[0] } }])
    );
    let text = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
    assert_snapshot!(text, @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      + windows81SCEPCertificateProfile/device   "The device"   scep.yaml:2
          + displayName      "The device"
          + rootCertificate  windows81TrustedRootCertificate/root (not created yet)
          reaches nobody

      + windows81TrustedRootCertificate/root   "The root"   root.yaml:2
          + displayName             "The root"
          + trustedRootCertificate  one
          reaches nobody

      + windowsWifiEnterpriseEAPConfiguration/corporate   "The corporate"   wifi.yaml:2
          + displayName                                 "The corporate"
          + rootCertificatesForServerValidation
              [windows81TrustedRootCertificate/root (not created yet)]
          + identityCertificateForClientAuthentication
              windows81SCEPCertificateProfile/device (not created yet)
          reaches nobody

    warning: windowsWifiEnterpriseEAPConfiguration/corporate: the new object has no `networkName` and
      `ssid`, which the console asks for; declare it below `spec:`
    Plan: 3 to create, 0 to update, 0 to replace, 0 to delete, 0 assignment changes.
    Digest sha256:[digest]
    "#);

    let run = apply(&workspace, &[]).expect(0);
    assert_eq!(outcome(&run), order.map(|address| format!("{address}: applied")));
    let bound = json!({
        "rootCertificatesForServerValidation": [id(&workspace, "The root")],
        "identityCertificateForClientAuthentication": [id(&workspace, "The device")],
    });
    assert_eq!(linked(&workspace, "The corporate"), bound);
    nothing_is_left(&workspace);
}

#[test]
fn drift_names_what_somebody_unbound_and_apply_binds_it_again() {
    let _stable = stable_snapshots();
    let workspace = applied();
    edit(&workspace, &format!("{SCEP}/The device"), "rootCertificate=null");
    let arguments = ["drift", "--sandbox=s.json", "--detailed-exitcode"];
    let drift = workspace.run(&arguments).expect(2).stdout;
    assert_snapshot!(drift, @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked [time]

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ~ windows81SCEPCertificateProfile/device   "The device"   scep.yaml:2
          changed by admin@contoso.onmicrosoft.com, [time] (Patch DeviceConfiguration)
          + rootCertificate  windows81TrustedRootCertificate/root (758483bb…)
              changed from [windows81TrustedRootCertificate/root (758483bb…)]  scep.yaml:6

    Drift: 1 drifted, 0 missing, 0 unverifiable, 0 unknown, 2 in sync.
    "#);
    let update = change(&plan(&workspace), &format!("{SCEP}/device"));
    assert_eq!(calls(&update), [format!("PUT /microsoft.graph.{SCEP}/rootCertificate/$ref")]);
    apply(&workspace, &[]).expect(0);
    nothing_is_left(&workspace);
}

#[test]
fn a_reference_moves_to_another_object_and_away() {
    let workspace = applied();
    workspace.write("other.yaml", root("other"));
    workspace.write("scep.yaml", scep("{ $ref: other }"));
    let update = change(&plan(&workspace), &format!("{SCEP}/device"));
    assert_eq!(
        update["requests"][0]["body"],
        json!({ "@odata.id": { "$object": { "$id": format!("{ROOT}/other") } } })
    );
    apply(&workspace, &[]).expect(0);
    assert_eq!(linked(&workspace, "The device")["rootCertificate"][0], id(&workspace, "The other"));
    nothing_is_left(&workspace);

    workspace.write("scep.yaml", scep("null"));
    let update = change(&plan(&workspace), &format!("{SCEP}/device"));
    assert_eq!(calls(&update), [format!("DELETE /microsoft.graph.{SCEP}/rootCertificate/$ref")]);
    apply(&workspace, &[]).expect(0);
    assert_eq!(linked(&workspace, "The device"), Value::Null);
    nothing_is_left(&workspace);
}

#[test]
fn a_collection_gains_and_loses_members() {
    let workspace = applied();
    workspace.write("other.yaml", root("other"));
    let identity = format!("{{ $ref: {SCEP}/device }}");
    workspace.write("wifi.yaml", wifi("[{ $ref: root }, { $ref: other }]", &identity));
    apply(&workspace, &[]).expect(0);
    nothing_is_left(&workspace);

    workspace.write("wifi.yaml", wifi("[{ $ref: other }]", &identity));
    let address = format!("{WIFI}/corporate");
    let path = format!("/microsoft.graph.{WIFI}/rootCertificatesForServerValidation");
    let removal = format!("DELETE {path}/{}/$ref", id(&workspace, "The root"));
    assert_eq!(calls(&change(&plan(&workspace), &address)), [removal]);
    apply(&workspace, &[]).expect(0);

    workspace.write("wifi.yaml", wifi("[{ $ref: root }]", &identity));
    let swap = [
        format!("POST {path}/$ref"),
        format!("DELETE {path}/{}/$ref", id(&workspace, "The other")),
    ];
    assert_eq!(calls(&change(&plan(&workspace), &address)), swap, "it is never without one");
    apply(&workspace, &[]).expect(0);
    workspace.write("wifi.yaml", wifi("[]", "null"));
    apply(&workspace, &[]).expect(0);
    assert_eq!(linked(&workspace, "The corporate"), Value::Null);
    nothing_is_left(&workspace);
}

#[test]
fn what_is_not_declared_is_neither_read_nor_touched() {
    let workspace = applied();
    workspace.write("scep.yaml", manifest(SCEP, "device", "  keySize: size2048\n"));
    apply(&workspace, &[]).expect(0);
    let bound = linked(&workspace, "The device");
    assert_eq!(bound["rootCertificate"][0], id(&workspace, "The root"));
    edit(&workspace, &format!("{SCEP}/The device"), "rootCertificate=null");
    nothing_is_left(&workspace);
}

#[test]
fn references_are_read_together_and_only_where_they_are_declared() {
    let calls = |workspace: &Workspace| {
        let run = workspace.run(&["plan", "--sandbox=s.json", "--log-format=json"]);
        let lines = run.expect(0).stderr;
        let paths = lines.lines().filter_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            let path = line["path"].as_str()?.split('?').next()?.to_owned();
            (!path.contains("openid") && !path.ends_with("/token")).then_some(path)
        });
        paths.collect::<Vec<_>>()
    };
    let list = "/beta/deviceManagement/deviceConfigurations";
    let workspace = applied();
    assert_eq!(calls(&workspace), [list, "/beta/$batch"]);
    workspace.write("wifi.yaml", manifest(WIFI, "corporate", ""));
    workspace.write("scep.yaml", manifest(SCEP, "device", ""));
    assert_eq!(calls(&workspace), [list]);
}

#[test]
fn a_new_name_of_what_is_referred_to_is_no_change_of_what_refers() {
    let workspace = applied();
    workspace.edit("root.yaml", "name: root }", "name: root, formerly: [The root] }");
    workspace.edit("root.yaml", "The root\n", "Renamed\n");
    let summary = plan(&workspace)["summary"].clone();
    assert_eq!((&summary["update"], &summary["unchanged"]), (&json!(1), &json!(2)));
    apply(&workspace, &[]).expect(0);
    nothing_is_left(&workspace);
}

#[test]
fn live_objects_are_referred_to_by_id_or_by_name() {
    let workspace = Workspace::tenant(&[]);
    let live = |id: u8, ty: &str, name: &str| {
        json!({
            "@odata.type": format!("#microsoft.graph.{ty}"),
            "id": format!("00000000-0000-4000-8000-0000000000{id:02}"),
            "displayName": name,
        })
    };
    workspace.seed(&json!({ "deviceConfigurations": [
        live(1, ROOT, "Live root"), live(2, ROOT, "Twin"), live(3, ROOT, "Twin"), live(4, SCEP, "Live device"),
    ] }));
    for good in [
        "{ $ref: { id: 00000000-0000-4000-8000-000000000001 } }".to_owned(),
        "{ $ref: { displayName: Live root } }".to_owned(),
        format!("{{ $ref: {{ displayName: Live root, kind: {ROOT} }} }}"),
    ] {
        workspace.write("scep.yaml", scep(&good));
        let field = change(&plan(&workspace), &format!("{SCEP}/device"))["fields"][1].clone();
        let id = "00000000-0000-4000-8000-000000000001";
        assert_eq!(field["after"]["value"], id);
        assert_eq!(field["names"][id], "Live root", "no bare id is shown");
    }
    apply(&workspace, &[]).expect(0);
    nothing_is_left(&workspace);
    std::fs::remove_file(workspace.file("s.json")).expect("the state was kept");
    let reasons = [
        "{ id: 00000000-0000-4000-8000-000000000009 }",
        "{ displayName: Live rot }",
        "{ displayName: Twin }",
        "{ id: 00000000-0000-4000-8000-000000000004 }",
    ]
    .map(|bad| {
        workspace.write("scep.yaml", scep(&format!("{{ $ref: {bad} }}")));
        let reason = blocked(&plan(&workspace));
        let before = workspace.json("s.json");
        apply(&workspace, &[]).expect(5);
        assert_eq!(workspace.json("s.json"), before, "nothing was written");
        reason
    });
    assert_json_snapshot!(reasons, @r#"
    [
      {
        "code": "reference/unknown",
        "help": "correct it, or declare the object and refer to its manifest",
        "location": {
          "column": 20,
          "file": "scep.yaml",
          "line": 6
        },
        "message": "`rootCertificate` refers to `00000000-0000-4000-8000-000000000009`, and the tenant has no such object"
      },
      {
        "code": "reference/unknown",
        "help": "did you mean `Live root`?",
        "location": {
          "column": 20,
          "file": "scep.yaml",
          "line": 6
        },
        "message": "`rootCertificate` refers to `Live rot`, and the tenant has no such object"
      },
      {
        "code": "reference/ambiguous",
        "help": "write the id of the one that you mean: `{ $ref: { id: … } }`",
        "location": {
          "column": 20,
          "file": "scep.yaml",
          "line": 6
        },
        "message": "2 objects that `rootCertificate` could refer to are called `Twin`: 00000000-0000-4000-8000-000000000002, 00000000-0000-4000-8000-000000000003"
      },
      {
        "code": "reference/type",
        "help": "it takes a `windows81TrustedRootCertificate`",
        "location": {
          "column": 20,
          "file": "scep.yaml",
          "line": 6
        },
        "message": "`rootCertificate` cannot refer to `00000000-0000-4000-8000-000000000004`, which is a `windows81SCEPCertificateProfile`"
      }
    ]
    "#);
}

#[test]
fn what_a_run_leaves_out_must_exist_to_be_referred_to() {
    let workspace = chain();
    let only = format!("{SCEP}/*");
    let arguments = ["plan", "--sandbox=s.json", "--format", "json", "--only"];
    let run = workspace.run(&[&arguments[..], &[&only]].concat()).expect(0);
    assert_json_snapshot!(blocked(&run.json()), @r#"
    {
      "code": "reference/not-selected",
      "help": "create it in the same run: `--only windows81TrustedRootCertificate/root`",
      "location": {
        "column": 20,
        "file": "scep.yaml",
        "line": 6
      },
      "message": "`rootCertificate` refers to `windows81TrustedRootCertificate/root`, which does not exist yet"
    }
    "#);
    apply(&workspace, &["--only", &format!("{ROOT}/*")]).expect(0);
    apply(&workspace, &["--only", &only]).expect(0);
}

#[test]
fn what_depends_on_a_failure_is_not_begun() {
    let workspace = chain();
    workspace.write("other.yaml", root("other"));
    let nth_write = json!({
        "match": { "method": "POST", "path": "/beta/deviceManagement/deviceConfigurations", "nth": 2 },
        "effect": { "status": 400 },
    });
    workspace.write("faults.json", json!({ "faults": [nth_write] }).to_string());
    let run = apply(&workspace, &["--sandbox-faults=faults.json"]).expect(6);
    let expected = [
        format!("{ROOT}/other: applied"),
        format!("{ROOT}/root: failed"),
        format!("{SCEP}/device: notBegun"),
        format!("{WIFI}/corporate: notBegun"),
    ];
    assert_eq!(outcome(&run), expected);
    let items = run.json()["items"].clone();
    let message = |at: usize| items[at]["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(message(2), format!("it depends on {ROOT}/root, which failed"));
    assert_eq!(message(3), format!("it depends on {SCEP}/device, which was not begun"));
    apply(&workspace, &[]).expect(0);
    nothing_is_left(&workspace);
}

#[test]
fn what_depends_on_a_blocked_change_is_left_out_with_it() {
    let workspace = chain();
    workspace.write("root.yaml", root("root") + "assignments: [{ group: Nobody }]\n");
    apply(&workspace, &[]).expect(5);
    let run = apply(&workspace, &["--skip-blocked"]).expect(6);
    assert_snapshot!(outcome_with_reasons(&run), @r"
    windows81TrustedRootCertificate/root: blocked: there is no group `Nobody`
    windows81SCEPCertificateProfile/device: notBegun: it depends on windows81TrustedRootCertificate/root, which is blocked
    windowsWifiEnterpriseEAPConfiguration/corporate: notBegun: it depends on windows81SCEPCertificateProfile/device, which was not begun
    ");
    assert_eq!(workspace.json("s.json")["deviceConfigurations"], json!([]));
}

#[test]
fn a_write_whose_answer_was_lost_is_not_repeated() {
    let workspace = applied();
    workspace.write("other.yaml", root("other"));
    apply(&workspace, &[]).expect(0);
    let identity = format!("{{ $ref: {SCEP}/device }}");
    workspace.write("wifi.yaml", wifi("[{ $ref: root }, { $ref: other }]", &identity));
    workspace.write("scep.yaml", scep("{ $ref: other }"));
    // A 500 that is none has been seen on this path (Microsoft365DSC#5650).
    let faults = json!([
        { "match": { "method": "PUT", "path": "/**/$ref" }, "effect": { "status": 500, "done": true }, "count": 1 },
        { "match": { "method": "POST", "path": "/**/$ref" }, "effect": { "reset": true, "done": true }, "count": 1 },
    ]);
    workspace.write("faults.json", json!({ "faults": faults }).to_string());
    let run = apply(&workspace, &["--sandbox-faults=faults.json"]).expect(0);
    let writes: Vec<Value> = run.json()["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["writes"].clone())
        .collect();
    assert_eq!(writes, [1, 1]);
    nothing_is_left(&workspace);
}

#[test]
fn a_removal_whose_answer_was_lost_is_not_repeated() {
    let workspace = applied();
    workspace.write("scep.yaml", scep("null"));
    workspace.write("wifi.yaml", wifi("[]", &format!("{{ $ref: {SCEP}/device }}")));
    let faults = json!([
        { "match": { "method": "DELETE", "path": "/**/rootCertificate/$ref" }, "effect": { "status": 500, "done": true }, "count": 1 },
        { "match": { "method": "DELETE", "path": "/**/$ref" }, "effect": { "reset": true, "done": true }, "count": 1 },
    ]);
    workspace.write("faults.json", json!({ "faults": faults }).to_string());
    let run = apply(&workspace, &["--sandbox-faults=faults.json", "-vv"]).expect(0);
    let items = run.json()["items"].clone();
    for item in items.as_array().expect("a list") {
        assert_eq!((&item["status"], &item["writes"]), (&json!("applied"), &json!(1)));
    }
    assert_eq!(run.stderr.matches("DELETE").count(), 2, "{}", run.stderr);
    nothing_is_left(&workspace);
}

fn absent(workspace: &Workspace, file: &str, name: &str) {
    workspace.edit(file, &format!("name: {name} }}"), &format!("name: {name}, state: absent }}"));
}

#[test]
fn a_chain_is_deleted_from_its_end() {
    let workspace = applied();
    for (file, name) in [("root.yaml", "root"), ("scep.yaml", "device"), ("wifi.yaml", "corporate")]
    {
        absent(&workspace, file, name);
    }
    let run = apply(&workspace, &["--allow", "delete"]).expect(0);
    let order = [
        format!("{WIFI}/corporate: applied"),
        format!("{SCEP}/device: applied"),
        format!("{ROOT}/root: applied"),
    ];
    assert_eq!(outcome(&run), order);
    let state = workspace.json("s.json");
    assert_eq!(state["deviceConfigurations"], json!([]));
    assert!(state.get("references").is_none());
}

#[test]
fn a_deletion_waits_for_what_lets_go_and_is_left_out_where_that_fails() {
    let workspace = applied();
    workspace.write("new.yaml", root("new"));
    absent(&workspace, "root.yaml", "root");
    workspace.write("scep.yaml", scep("{ $ref: new }"));
    workspace.write("wifi.yaml", wifi("[{ $ref: new }]", &format!("{{ $ref: {SCEP}/device }}")));
    let deletion = change(&plan(&workspace), &format!("{ROOT}/root"));
    let waits = json!([format!("{SCEP}/device"), format!("{WIFI}/corporate")]);
    assert_eq!((&deletion["action"], &deletion["dependsOn"]), (&json!("delete"), &waits));

    let faults =
        json!([{ "match": { "method": "PUT", "path": "/**/$ref" }, "effect": { "status": 403 } }]);
    workspace.write("faults.json", json!({ "faults": faults }).to_string());
    let allow = ["--allow", "delete", "--sandbox-faults=faults.json"];
    let run = apply(&workspace, &allow).expect(6);
    let expected = [
        format!("{ROOT}/new: applied"),
        format!("{SCEP}/device: failed"),
        format!("{WIFI}/corporate: notBegun"),
        format!("{ROOT}/root: notBegun"),
    ];
    assert_eq!(outcome(&run), expected);
    apply(&workspace, &allow[..2]).expect(0);
    nothing_is_left(&workspace);
}

#[test]
fn nothing_is_deleted_that_something_else_still_refers_to() {
    let workspace = applied();
    // Nobody declares the profiles that refer to it any more.
    for file in ["scep.yaml", "wifi.yaml"] {
        std::fs::remove_file(workspace.file(file)).expect("the file can go");
    }
    absent(&workspace, "root.yaml", "root");
    assert_json_snapshot!(blocked(&plan(&workspace)), @r#"
    {
      "code": "reference/in-use",
      "help": "remove the reference first: refer to another profile there, or to none",
      "location": {
        "column": 7,
        "file": "root.yaml",
        "line": 2
      },
      "message": "the windows81SCEPCertificateProfile `The device` (8958af2e-8a39-404a-b479-ec2266c012c8) and the windowsWifiEnterpriseEAPConfiguration `The corporate` (391e9516-b0a7-4780-ac5c-53e07741e174) still refer to it"
    }
    "#);
    let before = workspace.json("s.json");
    apply(&workspace, &["--allow", "delete"]).expect(5);
    assert_eq!(workspace.json("s.json"), before);

    // A manifest that wants to keep the object forbids it as well.
    let by_id = format!("{{ $ref: {{ id: {} }} }}", id(&workspace, "The root"));
    workspace.write("scep.yaml", scep(&by_id));
    assert_json_snapshot!(blocked(&plan(&workspace)), @r#"
    {
      "code": "reference/in-use",
      "help": "remove the reference first: refer to another profile there, or to none",
      "location": {
        "column": 7,
        "file": "root.yaml",
        "line": 2
      },
      "message": "`windows81SCEPCertificateProfile/device` and the windowsWifiEnterpriseEAPConfiguration `The corporate` (391e9516-b0a7-4780-ac5c-53e07741e174) still refer to it"
    }
    "#);
}

#[test]
fn overlays_replace_withdraw_and_extend_references() {
    let base = chain();
    let workspace = Workspace::tenant(&[
        ("base/root.yaml", &root("root")),
        ("base/other.yaml", &root("other")),
        ("base/scep.yaml", &scep("{ $ref: root }")),
        ("base/wifi.yaml", &wifi("[{ $ref: root }]", "{ $ref: device }")),
    ]);
    drop(base);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [own]\n  base: [base]\n");
    workspace
        .write("own/scep.yaml", manifest(SCEP, "device", "  rootCertificate: { $ref: other }\n"));
    workspace
        .write("own/wifi.yaml", wifi("{ $append: [{ $ref: other }] }", "{ $undeclare: true }"));
    let plan = plan(&workspace);
    let body = |address: &str| change(&plan, address)["requests"][0]["body"].clone();
    let object = |name: &str| json!({ "$object": { "$id": format!("{ROOT}/{name}") } });
    assert_eq!(body(&format!("{SCEP}/device"))["rootCertificate@odata.bind"], object("other"));
    let wifi = body(&format!("{WIFI}/corporate"));
    let roots = &wifi["rootCertificatesForServerValidation@odata.bind"];
    assert_eq!(roots, &json!([object("root"), object("other")]));
    assert_eq!(wifi.get("identityCertificateForClientAuthentication@odata.bind"), None);
}

#[test]
fn a_saved_plan_goes_on_where_it_stopped() {
    let workspace = chain();
    let plan = ["plan", "--sandbox=s.json", "--out", "plan.json"];
    workspace.run(&plan).expect(0);
    let second = json!({
        "match": { "method": "POST", "path": "/beta/deviceManagement/deviceConfigurations", "nth": 2 },
        "effect": { "status": 400 },
    });
    workspace.write("faults.json", json!({ "faults": [second] }).to_string());
    let saved = ["plan.json", "--sandbox-faults=faults.json"];
    apply(&workspace, &saved).expect(6);
    // What is referred to exists by now, and the plan is the same one.
    apply(&workspace, &saved[..1]).expect(0);
    nothing_is_left(&workspace);
}

#[test]
fn what_depends_on_a_stale_change_is_left_out_with_it() {
    let workspace = applied();
    workspace.edit("root.yaml", "b25l", "dHdv");
    workspace.edit("scep.yaml", "spec:\n", "spec:\n  keySize: size4096\n");
    workspace.write("other.yaml", root("other"));
    let plan = ["plan", "--sandbox=s.json", "--out", "plan.json"];
    workspace.run(&plan).expect(0);
    edit(&workspace, &format!("{ROOT}/The root"), "description=moved");
    apply(&workspace, &["plan.json"]).expect(4);
    let run = apply(&workspace, &["plan.json", "--skip-stale"]).expect(6);
    assert_snapshot!(outcome_with_reasons(&run), @r"
    windows81TrustedRootCertificate/other: applied
    windows81SCEPCertificateProfile/device: notBegun: it depends on windows81TrustedRootCertificate/root, which is stale
    windows81TrustedRootCertificate/root: stale: a setting that is not declared changed
    ");
}

#[test]
fn pruning_follows_references_as_well() {
    let workspace = Workspace::tenant(&[]);
    workspace.edit(
        "moorline.yaml",
        "spec:\n",
        "spec:\n  ownership: { scopeTag: Moorline, prune: true }\n",
    );
    let live = |id: &str, ty: &str, name: &str, tag: &str| {
        json!({
            "@odata.type": format!("#microsoft.graph.{ty}"), "id": id, "displayName": name, "roleScopeTagIds": [tag],
        })
    };
    let seed = |tag: &str| {
        json!({
            "roleScopeTags": [{ "id": "7", "displayName": "Moorline" }],
            "deviceConfigurations": [live("1", ROOT, "Old root", "7"), live("2", SCEP, "Old device", tag)],
            "references": { "2": { "rootCertificate": ["1"] } },
        })
    };
    workspace.seed(&seed("0"));
    assert_json_snapshot!(blocked(&plan(&workspace)), @r#"
    {
      "code": "reference/in-use",
      "help": "remove the reference first: refer to another profile there, or to none",
      "location": {
        "column": 14,
        "file": "moorline.yaml",
        "line": 5
      },
      "message": "the windows81SCEPCertificateProfile `Old device` (2) still refers to it"
    }
    "#);
    std::fs::remove_file(workspace.file("s.json")).expect("the state was kept");
    workspace.seed(&seed("7"));
    let run = apply(&workspace, &["--allow", "delete"]).expect(0);
    assert_eq!(outcome(&run), [format!("{SCEP}/2: applied"), format!("{ROOT}/1: applied")]);
}

#[test]
fn a_reference_that_left_git_is_told_with_what_stays() {
    let workspace = applied();
    workspace.edit(
        "moorline.yaml",
        "spec:\n",
        "spec:\n  manifests: [root.yaml, scep.yaml, wifi.yaml]\n",
    );
    let copied = ["moorline.yaml", "sandbox.json", "root.yaml", "scep.yaml", "wifi.yaml"];
    for file in copied {
        let text = std::fs::read(workspace.file(file)).expect("it is there");
        workspace.write(&format!("before/{file}"), text);
    }
    workspace.write("scep.yaml", manifest(SCEP, "device", ""));
    workspace.write("wifi.yaml", manifest(WIFI, "corporate", ""));
    let previous = ["plan", "--sandbox=s.json", "--previous", "before"];
    assert_snapshot!(workspace.run(&previous).expect(0).stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 3 objects match what is declared.
    released: windows81SCEPCertificateProfile/device rootCertificate, live stays
      windows81TrustedRootCertificate/root
    released: windowsWifiEnterpriseEAPConfiguration/corporate rootCertificatesForServerValidation, live
      stays windows81TrustedRootCertificate/root
    released: windowsWifiEnterpriseEAPConfiguration/corporate
      identityCertificateForClientAuthentication, live stays windows81SCEPCertificateProfile/device
    ");
    let reset = ["--previous", "before", "--reset-released"];
    apply(&workspace, &reset).expect(0);
    assert_eq!(linked(&workspace, "The device"), Value::Null);
    assert_eq!(linked(&workspace, "The corporate"), Value::Null);
    assert_snapshot!(workspace.run(&previous).expect(0).stdout, @r"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 3 objects match what is declared.
    ");
}

/// Takes the run of an outcome back.
fn roll_back(workspace: &Workspace, run: &Run) -> Run {
    let journal = run.json()["journal"].clone();
    let journal = journal.as_str().expect("a journal");
    let arguments = ["rollback", journal, "--sandbox=s.json", "--yes", "--allow", "delete"];
    workspace.run(&[&arguments[..], &["--format", "json"]].concat())
}

#[test]
fn what_a_run_let_refer_elsewhere_is_taken_back() {
    let workspace = applied();
    let (scep_before, wifi_before) =
        (linked(&workspace, "The device"), linked(&workspace, "The corporate"));
    workspace.write("other.yaml", root("other"));
    workspace.write("scep.yaml", scep("{ $ref: other }"));
    workspace.write("wifi.yaml", wifi("[{ $ref: other }]", "null"));
    let run = apply(&workspace, &[]).expect(0);
    let back = roll_back(&workspace, &run).expect(0);
    let order = [
        format!("{SCEP}/device: applied"),
        format!("{WIFI}/corporate: applied"),
        format!("{ROOT}/other: applied"),
    ];
    assert_eq!(outcome(&back), order, "what is new goes last, once nothing refers to it");
    assert_eq!(linked(&workspace, "The device"), scep_before);
    assert_eq!(linked(&workspace, "The corporate"), wifi_before);
}

#[test]
fn a_chain_that_a_run_made_or_deleted_is_taken_back_whole() {
    let workspace = chain();
    apply(&workspace, &[]).expect(0);
    for (file, name) in [("root.yaml", "root"), ("scep.yaml", "device"), ("wifi.yaml", "corporate")]
    {
        absent(&workspace, file, name);
    }
    let deleted = apply(&workspace, &["--allow", "delete"]).expect(0);
    roll_back(&workspace, &deleted).expect(0);
    let bound = json!({
        "rootCertificatesForServerValidation": [id(&workspace, "The root")],
        "identityCertificateForClientAuthentication": [id(&workspace, "The device")],
    });
    assert_eq!(linked(&workspace, "The corporate"), bound);
    assert_eq!(linked(&workspace, "The device")["rootCertificate"][0], id(&workspace, "The root"));

    let other = chain();
    let run = apply(&other, &[]).expect(0);
    roll_back(&other, &run).expect(0);
    assert_eq!(other.json("s.json")["deviceConfigurations"], json!([]));
}

#[test]
fn a_reference_that_somebody_moved_since_is_not_taken_back() {
    let _stable = stable_snapshots();
    let workspace = applied();
    workspace.write("other.yaml", root("other"));
    workspace.write("third.yaml", root("third"));
    workspace.write("scep.yaml", scep("{ $ref: other }"));
    let run = apply(&workspace, &[]).expect(0);
    edit(&workspace, &format!("{SCEP}/The device"), "rootCertificate=The third");
    let refused = roll_back(&workspace, &run).expect(4);
    assert_snapshot!(paragraphs_with(&refused.stderr, "error["), @r"
    error[rollback/stale]: 1 object changed since that run, so nothing was written:
        windows81SCEPCertificateProfile/device: rootCertificate was left at [id] and is The third now
    ");
}
