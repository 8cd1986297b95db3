//! IntuneCD, a tool that backs tenants up and restores them, against the sandbox: what the service takes from it, the
//! sandbox takes as well. Skipped where Python or the package is missing; `CONTRIBUTING.md` says how to have them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::served::Served;
use crate::support::{Workspace, repository};

/// The variable that names a Python interpreter which has the package.
const PYTHON: &str = "MOORLINE_TEST_PYTHON";

/// What a backup leaves out: what the sandbox does not hold, and what a new tenant is not without. `APNs` fails in a
/// tenant that has no certificate of Apple's as well (FACTS 11).
const LEFT_OUT: [&str; 13] = [
    "APNs",
    "Applications",
    "CompliancePartner",
    "ConditionalAccess",
    "DeviceManagementSettings",
    "EnrollmentConfigurations",
    "EnrollmentStatusPage",
    "Intents",
    "ManagedGooglePlay",
    "ManagementPartner",
    "ProactiveRemediation",
    "RemoteAssistancePartner",
    "ReusablePolicySettings",
];

/// How many device configurations the example has once it is applied.
const OBJECTS: usize = 28;

/// The tool, and a tenant for it.
struct Bench {
    python: String,
    served: Served,
}

impl Bench {
    /// Applies the example to a tenant of its own; `None` where the tool is missing.
    fn new() -> Option<Self> {
        let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
        let found = Command::new(&python).args(["-c", "import IntuneCD"]).output();
        if !found.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: {python} has no package IntuneCD; {PYTHON} names an interpreter");
            return None;
        }
        let served = Served::new(Workspace::example("contoso"), json!({}));
        let secrets =
            [("OFFICE_WIFI_KEY", "canary-wifi"), ("WINDOWS_ENTERPRISE_KEY", "canary-AAAAA-BBBBB")];
        served.run(&["apply", "--yes"], &secrets).expect(0);
        Some(Self { python, served })
    }

    /// Runs the tool and returns what it logs. An error in that is one of the test.
    fn run(&self, command: &str, options: &[&str]) -> Vec<String> {
        let script = repository().join("tests/it/fixtures/intunecd/run.py");
        let output = Command::new(&self.python)
            .current_dir(self.served.workspace.path())
            .arg(script)
            .args([&self.served.running.url(), command])
            .args(["--mode", "1", "--path", "backup"])
            .args(options)
            .env("NO_PROXY", "127.0.0.1")
            .env("TENANT_NAME", "contoso.onmicrosoft.com")
            .env("CLIENT_ID", "5d3f9a52-0c1e-4d0c-8d0e-2a9c5d2f7b10")
            .env("CLIENT_SECRET", "canary")
            .output()
            .expect("the tool runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (log, errors) = (text(&output.stdout), text(&output.stderr));
        let fails = ["[ERROR]", "Request failed", "Traceback"];
        let failed = fails.iter().any(|fail| log.contains(fail));
        assert!(
            output.status.success() && errors.is_empty() && !failed,
            "{command} {options:?}:\n{log}\n{errors}"
        );
        let messages = log.lines().filter_map(|line| line.split_once("[INFO] "));
        messages.map(|(_, message)| message.to_owned()).collect()
    }

    fn back_up(&self, options: &[&str]) -> usize {
        let options = [&["--exclude"], &LEFT_OUT[..], options].concat();
        let log = self.run("backup", &options);
        let configurations =
            log.iter().filter(|line| line.starts_with("Backing up Device Configuration"));
        configurations.count()
    }

    /// Returns the file of the backup that holds an object.
    fn backed_up(&self, name: &str) -> PathBuf {
        let folder = self.served.workspace.file("backup/Device Configurations");
        let entries = fs::read_dir(folder).expect("there is a backup");
        let mut paths = entries.map(|entry| entry.expect("it can be listed").path());
        let begins = |path: &PathBuf| {
            path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name))
        };
        paths.find(begins).expect("the object is in the backup")
    }

    /// Writes an object of the backup anew, with these members, into a file of this name.
    fn declare(&self, name: &str, members: &Value, file: Option<&str>) {
        let path = self.backed_up(name);
        let text = fs::read_to_string(&path).expect("the file can be read");
        let mut object: Value = serde_json::from_str(&text).expect("the file is JSON");
        for (name, value) in members.as_object().into_iter().flatten() {
            object[name] = value.clone();
        }
        let path = file.map_or(path.clone(), |file| path.with_file_name(file));
        fs::write(path, object.to_string()).expect("the file can be written");
    }

    fn live(&self, name: &str) -> Option<Value> {
        let tenant = self.served.tenant();
        let mut all = tenant["deviceConfigurations"].as_array()?.iter();
        all.find(|object| object["displayName"] == name).cloned()
    }
}

#[test]
fn a_backup_by_intunecd_is_what_the_tenant_holds() {
    let Some(bench) = Bench::new() else { return };
    let before = bench.served.tenant();
    assert_eq!(bench.back_up(&[]), OBJECTS);
    let log = bench.run("update", &["--update-assignments"]);
    let same = |line: &&String| line.starts_with("No changes found for");
    let others: Vec<&String> = log.iter().filter(|line| !same(line)).collect();
    assert!(others.is_empty(), "{others:#?}");
    let of_configurations = |line: &&String| line.contains("for Device Configuration: ");
    assert_eq!(log.iter().filter(of_configurations).count(), OBJECTS);
    assert_eq!(bench.served.tenant(), before, "nothing was written");
}

#[test]
fn what_intunecd_writes_and_asks_of_the_audit_log_is_taken() {
    let Some(bench) = Bench::new() else { return };
    assert_eq!(bench.back_up(&[]), OBJECTS);
    bench.declare("Windows Hello for Business", &json!({ "pinMinimumLength": 9 }), None);
    let everybody = json!([{ "target": {
        "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
        "deviceAndAppManagementAssignmentFilterId": "Corporate owned",
        "deviceAndAppManagementAssignmentFilterType": "include",
    } }]);
    let twin = json!({ "displayName": "Another one", "assignments": everybody });
    bench.declare("Health monitoring", &twin, Some("another.json"));
    fs::remove_file(bench.backed_up("Hybrid join")).expect("the file can be removed");

    let log = bench.run("update", &["--update-assignments", "--remove"]);
    for words in [
        "Updating Device Configuration: Windows Hello for Business",
        "not found, creating: Another one",
        "Updating assignments",
        "Removing Device Configuration: Hybrid join",
    ] {
        assert!(log.iter().any(|line| line.contains(words)), "{words}: {log:#?}");
    }
    let hello = bench.live("Windows Hello for Business").expect("it is there");
    assert_eq!(hello["pinMinimumLength"], 9);
    let another = bench.live("Another one").expect("it was created");
    let target = &another["assignments"][0]["target"];
    assert_eq!(target["deviceAndAppManagementAssignmentFilterType"], "include");
    assert_eq!(bench.live("Hybrid join"), None);

    let log = bench.run("update", &["--update-assignments"]);
    let other = log.iter().find(|line| !line.starts_with("No changes found"));
    assert_eq!(other, None);
    assert_eq!(bench.back_up(&["--audit", "--append-id"]), OBJECTS);
}

#[test]
fn a_backup_by_intunecd_becomes_manifests_that_plan_to_zero() {
    let Some(bench) = Bench::new() else { return };
    for (options, number) in [(&[][..], 32), (&["--output", "yaml", "--append-id"], 32)] {
        fs::remove_dir_all(bench.served.workspace.file("backup")).ok();
        bench.back_up(options);
        let workspace = Workspace::tenant(&[]);
        workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [policies]\n");
        let backup = bench.served.workspace.file("backup").display().to_string();
        let arguments = ["import", "--from", &backup, "--format", "json"];
        let imported = workspace.run(&arguments).expect(0).json();
        assert_eq!(imported["items"].as_array().map(Vec::len), Some(number), "{imported:#}");
        assert_eq!(imported["from"]["findings"], json!([]));
        workspace.run(&["validate"]).expect(0);
        let run = bench.served.run_on(&workspace, &["plan", "--detailed-exitcode"], &[]).expect(0);
        assert!(run.stdout.contains("No changes."), "{}", run.stdout);
    }
}
