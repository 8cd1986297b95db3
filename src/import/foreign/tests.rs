//! Folders of files, read as a whole.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::*;

/// Makes a folder with these files.
fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

fn bytes(value: &Json) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// Returns the code, the file and the message of each finding.
fn findings(folder: &Path, estate: &ForeignEstate) -> Vec<String> {
    let findings = estate.findings.iter().map(|finding| {
        let file = finding.file.as_deref().expect("a file");
        let file = file.strip_prefix(folder).expect("below the folder").display();
        assert!(finding.help.is_some(), "{} has no remedy", finding.code);
        format!("{} {file}: {}", finding.code, finding.message)
    });
    findings.collect()
}

fn wifi(name: &str, members: Json) -> Json {
    let mut body = json!({
        "@odata.type": "#microsoft.graph.windowsWifiConfiguration", "displayName": name, "ssid": "contoso",
    });
    for (name, value) in members.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

fn apple(name: &str, payload: &str, file: &str) -> Json {
    json!({
        "@odata.type": "#microsoft.graph.macOSCustomConfiguration", "displayName": name,
        "payload": payload, "payloadFileName": file,
    })
}

#[test]
fn objects_are_read_and_everything_else_is_counted() {
    let folder = folder(&[
        ("a/Wi-Fi__57c0140c-4036-5c24-a1ea-f679ea021902.json", bytes(&wifi("A", json!({})))),
        (
            "b.yaml",
            b"'@odata.type': '#microsoft.graph.windowsWifiConfiguration'\ndisplayName: B\nssid: contoso\n"
                .to_vec(),
        ),
        (
            "b copy.json",
            bytes(&json!({ "value": [wifi("B", json!({})), wifi("C", json!({ "id": "c" }))] })),
        ),
        ("Applications/app.json", bytes(&json!({ "@odata.type": "#microsoft.graph.win32LobApp" }))),
        ("Groups/g.json", bytes(&json!({ "id": "g", "displayName": "Macs", "groupTypes": [] }))),
        ("__archive__/2026/old.json", bytes(&wifi("Old", json!({})))),
        (".git/x.json", bytes(&wifi("Hidden", json!({})))),
        ("script.sh", Vec::new()),
        ("README", Vec::new()),
        ("empty.json", Vec::new()),
        ("numbers.json", b"[1, 2]".to_vec()),
        ("mobileconfig/lost.mobileconfig", Vec::new()),
    ]);
    let estate = read(folder.path());
    assert_eq!(findings(folder.path(), &estate), [""; 0]);
    let read: Vec<_> =
        estate.objects.iter().map(|it| (it.display_name(), it.id.as_deref())).collect();
    let id = "57c0140c-4036-5c24-a1ea-f679ea021902";
    assert_eq!(read, [("A", Some(id)), ("B", None), ("C", Some("c"))]);
    assert!(estate.objects.iter().all(|object| object.body.get("id").is_none()));
    assert_eq!(estate.names[&(Named::Group, "g".to_owned())], "Macs");
    let others: Vec<String> =
        estate.others.iter().map(|(called, files)| format!("{} {called}", files.len())).collect();
    assert_eq!(
        others,
        [
            "1 a copy of an object",
            "1 a document without an object",
            "1 a file in IntuneCD's archive of what was deleted",
            "1 a file of another kind",
            "1 a file with the ending .sh",
            "1 a group",
            "1 a payload that no object names",
            "1 an app",
            "1 an empty file",
        ]
    );
}

#[test]
fn what_cannot_be_carried_is_told_with_its_file_and_a_remedy() {
    let group = json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget" } });
    let table = |tenant: &str| bytes(&json!({ "TenantId": tenant, "Objects": [] }));
    let page = json!({
        "name": "P", "platforms": "macOS", "technologies": "mdm", "settingCount": 30, "settings": [{}],
    });
    let folder = folder(&[
        ("1.json", b"\xFF\xFE{".to_vec()),
        ("2.json", b"{\"a\": }".to_vec()),
        ("3.yaml", b"a: 1\na: 2\n".to_vec()),
        ("4.json", ("[".repeat(5000) + &"]".repeat(5000)).into_bytes()),
        ("5.json", bytes(&page)),
        ("6.json", bytes(&wifi("A", json!({ "assignments": [group] })))),
        ("7.json", bytes(&wifi("A", json!({ "ssid": "other" })))),
        ("8.json", bytes(&wifi("B", json!({ "ssid": "%OrganizationName%" })))),
        ("9.ps1", b"Configuration C {\nImport-DscResource -ModuleName 'Microsoft365DSC'\nAADGroup 'x' {\n".to_vec()),
        ("a/MigrationTable.json", table("t1")),
        ("b/MigrationTable.json", table("t2")),
    ]);
    let estate = read(folder.path());
    let told = findings(folder.path(), &estate);
    let begins = [
        "import/encoding 1.json: it is left out: it begins as UTF-16, and ends within a character",
        "import/syntax 2.json: it is left out: it is no valid JSON: expected value at line 1 column 7",
        "import/syntax 3.yaml: it is left out: it is no valid YAML: ",
        "import/syntax 4.json: it is left out: it is no valid JSON: recursion limit exceeded",
        "import/program 9.ps1: it is left out: a configuration of Microsoft365DSC",
        "import/tenants b: the files are of 2 tenants",
        "import/part 5.json: it is left out: it holds 1 of 30 settings",
        "import/assignments 6.json: its assignments are left out: one of them is to a group",
        "import/twice 7.json: it is left out: ",
        "import/placeholder 8.json: `%OrganizationName%` stands in it",
    ];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for (told, begin) in told.iter().zip(begins) {
        assert!(told.starts_with(begin), "{told} does not begin with {begin}");
    }
    assert_eq!(
        estate.others,
        BTreeMap::from([(
            "a resource AADGroup of Microsoft365DSC".to_owned(),
            vec![folder.path().join("9.ps1")]
        )])
    );
    let objects: Vec<&str> = estate.objects.iter().map(ForeignObject::display_name).collect();
    assert_eq!(objects, ["A", "B"]);
    assert_eq!(estate.objects[0].assignments, None);
}

#[test]
fn names_in_files_lead_nowhere() {
    let outside = folder(&[("secret.mobileconfig", b"canary".to_vec())]);
    let secret = outside.path().join("secret.mobileconfig");
    let absolute = secret.to_str().expect("a path").to_owned();
    let relative = format!(
        "../../{}/secret.mobileconfig",
        outside.path().file_name().expect("a name").display()
    );
    let folder = folder(&[
        (
            "a.json",
            bytes(&json!([
                apple("A", "", &absolute),
                apple("B", "", &relative),
                apple("C", "", "..")
            ])),
        ),
        ("b.json", bytes(&json!([apple("D", "", "d.mobileconfig"), apple("E", "ZQ==", "e.xml")]))),
        ("mobileconfig/d.mobileconfig", b"<plist/>".to_vec()),
        ("mobileconfig/e.xml", b"other".to_vec()),
    ]);
    let estate = read(folder.path());
    let payloads: Vec<&str> =
        estate.objects.iter().map(|it| it.body["payload"].as_str().expect("a text")).collect();
    assert_eq!(payloads, ["", "", "", "PHBsaXN0Lz4=", "ZQ=="]);
    let source = folder.path().join("b.json").display().to_string();
    let told = format!(
        "import/payload mobileconfig/e.xml: it is not the payload that is in {source}, which counts"
    );
    assert_eq!(findings(folder.path(), &estate), [told]);
}

#[test]
fn folder_that_is_missing_is_told() {
    let estate = read(&PathBuf::from("/nonexistent/folder"));
    assert_eq!(estate.findings.len(), 1);
    assert_eq!(estate.findings[0].code, "file/missing");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_not_followed_and_long_files_are_not_read() {
    let outside = folder(&[("out.json", bytes(&wifi("Outside", json!({}))))]);
    let folder = folder(&[("in.json", bytes(&wifi("Inside", json!({}))))]);
    let at = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink(outside.path().join("out.json"), at("link.json")).expect("a link");
    std::os::unix::fs::symlink(outside.path(), at("linked")).expect("a link");
    std::os::unix::fs::symlink(folder.path(), at("loop")).expect("a link");
    let made =
        std::process::Command::new("mkfifo").arg(at("pipe.json")).status().expect("mkfifo runs");
    assert!(made.success());
    fs::File::create(at("zeros.json")).expect("a file").set_len(64 << 30).expect("a sparse file");
    let estate = read(folder.path());
    let objects: Vec<&str> = estate.objects.iter().map(ForeignObject::display_name).collect();
    assert_eq!(objects, ["Inside"]);
    let link = "it is left out: it is a link, and a link may lead out of the folder";
    let told = findings(folder.path(), &estate);
    assert_eq!(
        told,
        [
            format!("import/link link.json: {link}"),
            format!("import/link linked: {link}"),
            format!("import/link loop: {link}"),
            "file/unreadable pipe.json: it is left out: it is a pipe or a device, and no file"
                .to_owned(),
            "file/too-large zeros.json: it is left out: it is longer than 16 MiB".to_owned(),
        ]
    );
}
