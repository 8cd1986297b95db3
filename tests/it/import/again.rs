//! Importing a part, importing more, and going on after an interruption.

use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{files, importing};
use crate::support::{Workspace, repository};

/// Returns the state of a tenant with so many objects.
fn state(objects: usize) -> Value {
    let object = |at: usize| {
        json!({
            "@odata.type": "#microsoft.graph.windowsIdentityProtectionConfiguration",
            "id": format!("{at:08x}-0000-4000-8000-000000000000"),
            "displayName": format!("Hello {at}"),
            "pinMinimumLength": 6,
        })
    };
    let workspace = Workspace::tenant(&[]);
    let objects: Vec<Value> = (0..objects).map(object).collect();
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    workspace.json("sandbox.json")
}

fn addresses(imported: &Value) -> Vec<String> {
    let items = imported["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["address"].as_str().map(str::to_owned)).collect()
}

#[test]
fn only_what_is_asked_for_is_imported() {
    let workspace = importing(&state(3));
    let import = |arguments: &[&str]| {
        let arguments = [&["import", "--sandbox=s.json", "--format", "json"], arguments].concat();
        addresses(&workspace.run(&arguments).expect(0).json())
    };
    let hello = |at: u8| format!("windowsIdentityProtectionConfiguration/hello-{at}");
    assert_eq!(import(&["--only", "*/hello-1"]), [hello(1)]);
    assert_eq!(import(&["--where", "name=Hello 2"]), [hello(2)]);
    assert_eq!(import(&["--unmanaged", "--kind", "windowsIdentity*"]), [hello(0)]);
    let refused = |arguments: &[&str], words: &str| {
        let run = workspace.run(&[&["import", "--sandbox=s.json"], arguments].concat()).expect(64);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    };
    refused(&["--kind", "windowsIdentityProtectionConfig"], "matches no kind");
    refused(&["--kind", "ios"], "`--kind 'ios*'` takes the ");
    refused(&["--kind", "wifi"], "`--kind '*WiFi*'` takes the ");
    refused(&["--only", "*/hello-9"], "matches no object");
    refused(&["--where", "colour=red"], "is no condition");
    refused(&["--where", "name=Helo 1"], "Did you mean `Hello 1`?");
}

#[test]
fn manifest_of_an_object_is_left_alone_wherever_it_is() {
    let workspace = importing(&state(2));
    let mine = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: mine }\nspec: { displayName: Hello 0, pinMinimumLength: 6 }\n";
    workspace.write("policies/mine.yaml", mine);
    let run = workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    assert!(run.stdout.contains("1 object has its manifest already"), "{}", run.stdout);
    let files = files(&workspace);
    assert_eq!(files["policies/mine.yaml"], mine.as_bytes());
    assert!(files.keys().any(|path| path.ends_with("hello-1.yaml")));
    assert!(!files.keys().any(|path| path.ends_with("hello-0.yaml")));
}

#[test]
fn plan_that_is_not_empty_is_shown_and_fails() {
    let workspace = importing(&state(1));
    let mine = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: mine }\nspec: { displayName: Hello 0, pinMinimumLength: 8 }\n";
    workspace.write("policies/mine.yaml", mine);
    let run = workspace.run(&["import", "--sandbox=s.json"]).expect(1);
    assert!(run.stdout.contains("pinMinimumLength"), "{}", run.stdout);
    assert!(run.stderr.contains("1 object would change"), "{}", run.stderr);
    let json = workspace.run(&["import", "--sandbox=s.json", "--format", "json"]).expect(1).json();
    assert_eq!(json["plan"]["differences"][0]["reasons"], json!(["pinMinimumLength"]));
}

#[test]
fn objects_of_a_group_are_those_that_are_assigned_to_it() {
    let target = |kind: &str, id: &str| json!([{ "target": { "@odata.type": format!("#microsoft.graph.{kind}AssignmentTarget"), "groupId": id } }]);
    let (pilot, macs) =
        ("11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa1", "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa2");
    let mut state = state(3);
    state["groups"] = json!([
        { "id": pilot, "displayName": "Windows pilot" },
        { "id": macs, "displayName": "Macs" },
    ]);
    let objects = &mut state["deviceConfigurations"];
    objects[0]["assignments"] = target("group", pilot);
    objects[1]["assignments"] = target("exclusionGroup", pilot);
    objects[2]["assignments"] = target("exclusionGroup", macs);
    let workspace = importing(&state);
    let arguments = |condition: &'static str| {
        ["import", "--sandbox=s.json", "--where", condition, "--format=json"]
    };
    let imported = workspace.run(&arguments("group=windows pilot")).expect(0).json();
    assert_eq!(addresses(&imported), ["windowsIdentityProtectionConfiguration/hello-0"]);
    for (condition, hint) in [
        ("group=Windos pilot", "Did you mean `Windows pilot`?"),
        ("group=Macs", "Write the group's display name"),
    ] {
        let run = workspace.run(&["import", "--sandbox=s.json", "--where", condition]).expect(64);
        assert!(run.stderr.contains("no object is assigned to a group"), "{}", run.stderr);
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
}

#[test]
fn drift_of_what_was_not_selected_is_named_and_does_not_fail() {
    let workspace = importing(&state(2));
    let mine = "apiVersion: graph.microsoft.com/beta\nkind: windowsIdentityProtectionConfiguration\nmetadata: { name: mine }\nspec: { displayName: Hello 0, pinMinimumLength: 8 }\n";
    workspace.write("policies/mine.yaml", mine);
    let run = workspace.run(&["import", "--sandbox=s.json", "--only", "*/hello-1"]).expect(0);
    assert!(!run.stdout.contains("pinMinimumLength"), "{}", run.stdout);
    assert!(run.stdout.contains("No changes."), "{}", run.stdout);
    let line = "1 object that the import did not select is not as the manifests declare";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    let arguments = ["import", "--sandbox=s.json", "--only", "*/hello-1", "--format=json"];
    let json = workspace.run(&arguments).expect(0).json();
    assert_eq!(json["plan"]["isEmpty"], true);
    let mine = "windowsIdentityProtectionConfiguration/mine";
    assert_eq!(json["plan"]["notSelected"], json!([mine]));
}

/// Returns whether every file is whole: the last line of each manifest has its end.
fn are_whole(folder: &Path) -> bool {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml")
                && !std::fs::read_to_string(&path).is_ok_and(|text| {
                    text.ends_with('\n')
                        && text.contains("pinMinimumLength: 6") | text.contains("userDeviceQuota")
                })
            {
                return false;
            }
        }
    }
    true
}

#[test]
fn interrupted_import_leaves_whole_files_and_goes_on() {
    let workspace = importing(&state(150));
    let mut child = workspace
        .command(&["import", "--sandbox=s.json"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let folder = workspace.file("policies/windows");
    let begun = Instant::now();
    while !folder.exists() && begun.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(1));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(are_whole(&folder));
    workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    let whole = importing(&state(150));
    whole.run(&["import", "--sandbox=s.json"]).expect(0);
    let [found, expected] = [files(&workspace), files(&whole)].map(|mut files| {
        files.retain(|path, _| path.ends_with(".yaml"));
        files
    });
    assert_eq!(found, expected);
}

#[test]
fn tenant_of_the_example_is_imported_without_a_difference() {
    let example = Workspace::example("contoso");
    let secrets = [
        ("MAC_REGISTRATION_TOKEN", "canary-registration"),
        ("OFFICE_WIFI_KEY", "canary-office-wifi"),
        ("WINDOWS_ENTERPRISE_KEY", "canary-AAAAA-BBBBB"),
    ];
    let arguments = [
        "apply",
        "--yes",
        "--sandbox=s.json",
        "--allow",
        "assign-all",
        "--allow",
        "registration/laps-off",
        "--allow",
        "registration/opened",
    ];
    example.run_with(&arguments, &secrets).expect(0);
    let workspace = importing(&example.json("s.json"));
    let run = workspace.run(&["import", "--sandbox=s.json"]).expect(0);
    assert!(run.stdout.contains("No changes. 33 objects match"), "{}", run.stdout);
    let before = files(&workspace);
    workspace.run(&["import", "--sandbox=s.json", "--unmanaged"]).expect(0);
    assert_eq!(files(&workspace), before);
    let layout = workspace.run(&["fmt", "--check"]).expect(0);
    assert_eq!(layout.stdout, "Nothing to rewrite.\n");
    let all: String = before.values().map(|content| String::from_utf8_lossy(content)).collect();
    assert!(
        all.contains("rootCertificate: { $ref: windows81TrustedRootCertificate/contoso-root-ca }")
    );
    for name in ["contoso-root-ca.cer", "macos-login.mobileconfig", "service-desk.mobileconfig"] {
        let original = std::fs::read(repository().join("examples/contoso/payloads").join(name));
        let original = original.expect("a payload of the example");
        assert!(before.values().any(|content| *content == original), "{name}");
    }
}
