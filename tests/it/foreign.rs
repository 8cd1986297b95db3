//! `moorline import --from`: what other tools wrote becomes manifests of the tenant that it came from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Workspace, repository};

/// The folders of one tenant as tools wrote it, and the number of objects in each: IntuneManagement does not export the
/// registration policy, and it was not asked for when the YAML was written.
const FORMS: [(&str, usize); 4] =
    [("intunecd", 8), ("intunecd-yaml", 7), ("intune-management", 7), ("graph", 8)];

/// Makes a folder whose manifests are below `policies`, with this state of the tenant.
fn importing(state: &Value) -> Workspace {
    let workspace = Workspace::tenant(&[]);
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  manifests: [policies]\n");
    workspace.write("s.json", state.to_string());
    workspace
}

/// Returns the files of a folder that an import writes, by their paths.
fn files(workspace: &Workspace) -> BTreeMap<String, Vec<u8>> {
    let below = walkdir::WalkDir::new(workspace.file("policies")).into_iter().flatten();
    let files = below.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let path = entry.path().strip_prefix(workspace.path()).expect("below the folder");
        (path.to_string_lossy().into_owned(), fs::read(entry.path()).expect("the file can be read"))
    });
    files.collect()
}

/// Returns the text of the manifest of a name.
fn text(workspace: &Workspace, name: &str) -> String {
    let end = format!("/{name}.yaml");
    let found = files(workspace).into_iter().find(|(path, _)| path.ends_with(&end));
    String::from_utf8(found.expect("the manifest is there").1).expect("text")
}

/// Returns the variables that imported manifests take secrets from.
fn secrets_of(imported: &Value) -> Vec<&str> {
    let items = imported["items"].as_array().into_iter().flatten();
    let secrets = items.flat_map(|item| item["secrets"].as_array().into_iter().flatten());
    secrets.filter_map(|secret| secret["variable"].as_str()).collect()
}

fn fixture(name: &str) -> std::path::PathBuf {
    repository().join("tests/it/fixtures/foreign").join(name)
}

/// Makes a folder for manifests of the tenant, with `backup` as a tool wrote it and files as a function makes them of its own.
fn folder_of(form: &str, encode: impl Fn(&[u8]) -> Vec<u8>) -> Workspace {
    let tenant = fs::read_to_string(fixture("tenant.json")).expect("the state can be read");
    let workspace = importing(&serde_json::from_str(&tenant).expect("the state is JSON"));
    copy(&fixture(form), &workspace.file("backup"), &encode);
    workspace
}

fn copy(from: &Path, to: &Path, encode: &impl Fn(&[u8]) -> Vec<u8>) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target, encode);
        } else {
            fs::write(target, encode(&fs::read(&path).expect("a file"))).expect("a file");
        }
    }
}

fn as_it_is(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

/// Imports `backup`, and returns what was told.
fn import(workspace: &Workspace, options: &[&str]) -> Value {
    let arguments = [&["import", "--from", "backup", "--format", "json"], options].concat();
    workspace.run(&arguments).expect(0).json()
}

/// Returns the manifests that were imported, by their paths, without what only some tools write: the name of the file of a
/// custom setting, references, and the names of groups in the registration policy.
fn manifests(workspace: &Workspace) -> BTreeMap<String, Value> {
    let files = files(workspace).into_iter().filter(|(path, _)| path.ends_with(".yaml"));
    let read = files.map(|(path, bytes)| {
        let text = String::from_utf8(bytes).expect("text");
        let mut manifest: Value = moorline::yaml::from_str(&text).expect("YAML");
        let spec = manifest["spec"].as_object_mut().expect("an object");
        spec.remove("rootCertificate");
        let settings = spec.get_mut("omaSettings").and_then(Value::as_array_mut);
        for setting in settings.into_iter().flatten().filter_map(Value::as_object_mut) {
            setting.remove("fileName");
        }
        let members = manifest.pointer_mut("/spec/azureADJoin/allowedToJoin");
        members
            .into_iter()
            .filter_map(Value::as_object_mut)
            .for_each(|it| drop(it.remove("groups")));
        (path, manifest)
    });
    read.collect()
}

#[test]
fn what_tools_wrote_is_valid_and_plans_to_zero_against_its_tenant() {
    for (form, number) in FORMS {
        for options in [&[][..], &["--unmask"], &["--all"]] {
            let workspace = folder_of(form, as_it_is);
            let imported = import(&workspace, options);
            let items = imported["items"].as_array().expect("a list");
            assert_eq!(items.len(), number, "{form}");
            assert_eq!(imported.get("plan"), None, "no tenant is asked");
            workspace.run(&["validate"]).expect(0);
            let arguments = ["plan", "--sandbox=s.json", "--detailed-exitcode"];
            let plan = workspace.run(&arguments).expect(0);
            assert!(plan.stdout.contains("No changes."), "{form} {options:?}: {}", plan.stdout);
            let before = files(&workspace);
            import(&workspace, options);
            assert_eq!(files(&workspace), before, "{form}: a second import changes no byte");
        }
    }
}

/// Compares the manifests that folders become, each with those of the others.
fn are_the_same(forms: &[&str], options: &[&str]) {
    let read = forms.iter().map(|form| {
        let workspace = folder_of(form, as_it_is);
        import(&workspace, options);
        manifests(&workspace)
    });
    let read: Vec<_> = read.collect();
    for (manifests, form) in read.iter().zip(forms) {
        for (path, manifest) in manifests {
            let others = read.iter().filter_map(|other| other.get(path));
            assert!(others.clone().count() > 1, "{form} alone has {path}");
            others.for_each(|other| assert_eq!(manifest, other, "{form}: {path}"));
        }
    }
}

#[test]
fn objects_give_the_same_manifests_whatever_the_tool() {
    are_the_same(&FORMS.map(|(form, _)| form), &[]);
}

#[test]
fn values_that_tools_asked_for_in_clear_are_written_with_unmask() {
    let workspace = folder_of("intunecd-yaml", as_it_is);
    import(&workspace, &["--unmask"]);
    let custom = text(&workspace, "custom-settings");
    assert!(custom.contains("value: \"<enabled/>\""), "{custom}");
    are_the_same(&["intunecd-yaml", "intune-management"], &["--unmask"]);
}

#[test]
fn names_of_files_that_a_backup_lacks_stay_in_the_tenant() {
    let workspace = folder_of("intunecd", as_it_is);
    import(&workspace, &["--unmask"]);
    workspace.edit("policies/windows/custom/custom-settings.yaml", "value: 1", "value: 0");
    workspace.run(&["apply", "--yes", "--sandbox=s.json"]).expect(0);
    let tenant = workspace.json("s.json");
    let objects = tenant["deviceConfigurations"].as_array().expect("a list");
    let custom =
        objects.iter().find(|it| it["displayName"] == "Custom settings").expect("it is there");
    assert_eq!(custom["omaSettings"][0]["value"], 0);
    assert_eq!(custom["omaSettings"][2]["fileName"], "administrators.xml");
}

/// Makes the bytes of a file of its text in UTF-8.
type Encoding<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

#[test]
fn encoding_makes_no_difference() {
    let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
        move |bytes: &[u8]| -> Vec<u8> {
            let text = std::str::from_utf8(bytes).expect("text");
            mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect()
        }
    };
    let marked = |bytes: &[u8]| [&[0xEF, 0xBB, 0xBF], bytes].concat();
    let little = utf16([0xFF, 0xFE], u16::to_le_bytes);
    let big = utf16([0xFE, 0xFF], u16::to_be_bytes);
    let encodings: [Encoding<'_>; 4] = [&as_it_is, &marked, &little, &big];
    let imported = encodings.map(|encode| {
        let workspace = folder_of("intune-management", encode);
        import(&workspace, &[]);
        files(&workspace)
    });
    assert!(imported[0].len() > 7);
    for other in &imported[1..] {
        assert_eq!(&imported[0], other);
    }
}

#[test]
fn import_tells_what_it_wrote_and_what_it_left() {
    let workspace = folder_of("intunecd", as_it_is);
    workspace.write("backup/Device Configurations/broken.json", "{");
    let run = workspace.run(&["import", "--from", "backup"]).expect(0);
    assert_snapshot!(run.stdout, @"
    Imported 8 objects from `backup`.

      + policies/cross-platform/device-registration/device-registration-policy.yaml
          Device Registration Policy
      + policies/macos/custom/macos-login-window.yaml                                macOS login window
      + policies/windows/certificates/contoso-root-ca.yaml                           Contoso Root CA
      + policies/windows/certificates/device-certificate.yaml                        Device certificate
      + policies/windows/compliance/windows-compliance.yaml                          Windows compliance
      + policies/windows/custom/custom-settings.yaml                                 Custom settings
      + policies/windows/settings-catalog/windows-hello-for-business.yaml
          Windows - Hello for Business
      + policies/windows/wi-fi/office-wi-fi.yaml                                     Office Wi-Fi

    An apply takes these from the environment; plans run without them:
      INTUNE_CUSTOM_SETTINGS__KFM_OPT_IN_NO_WIZARD
          omaSettings[./User/Vendor/MSFT/Policy/Config/OneDriveNGSC~Policy~OneDriveNGSC/KFMOptInNoWizard].value
          of policies/windows/custom/custom-settings.yaml
      INTUNE_CUSTOM_SETTINGS__CONFIGURE
          omaSettings[./Device/Vendor/MSFT/Policy/Config/LocalUsersAndGroups/Configure].value of
          policies/windows/custom/custom-settings.yaml
      INTUNE_OFFICE_WI_FI__PRE_SHARED_KEY  preSharedKey of policies/windows/wi-fi/office-wi-fi.yaml
      2 of these are values of custom settings, which the service masks whatever they are. To have those
        in clear that hold no known secret, delete these files, and import again with `--unmask`:
        policies/windows/custom/custom-settings.yaml

    Left out:
      - rootCertificate of policies/windows/certificates/device-certificate.yaml
          the file does not say what it refers to: declare it as `{ $ref: kind/name }` where it refers
            to something; until then it is left alone in the tenant.

    Of the files:
      - backup/Device Configurations/broken.json: it is left out: it is no valid JSON: EOF while parsing
        an object at line 1 column 1
          Export it again, or mend it in an editor.

    Not imported, and left where it is: a group in an assignment report of IntuneCD (3), a scope tag
      (2), an assignment filter (1).
      (-v lists the files)

    The tenant was not asked: `moorline plan` compares it with the manifests.
    ");
    assert_snapshot!(run.stderr, @"Reading backup …");
    let wifi = text(&workspace, "office-wi-fi");
    assert_snapshot!(wifi, @r"
    apiVersion: graph.microsoft.com/beta
    kind: windowsWifiConfiguration  # Wi-Fi
    metadata:
      name: office-wi-fi
    spec:
      displayName: Office Wi-Fi
      connectAutomatically: true
      networkName: Contoso Office
      preSharedKey: { $env: INTUNE_OFFICE_WI_FI__PRE_SHARED_KEY }
      roleScopeTagIds: [Europe]
      ssid: contoso-office
      wifiSecurityType: wpa2Personal
    assignments:
      - group: Windows laptops
        filter: { include: Corporate owned }
    ");
}

#[test]
fn names_of_the_tenant_are_used_where_the_folder_has_them() {
    let workspace = folder_of("intune-management", as_it_is);
    import(&workspace, &[]);
    let scep = text(&workspace, "device-certificate");
    assert_snapshot!(scep, @r#"
    apiVersion: graph.microsoft.com/beta
    kind: windows81SCEPCertificateProfile  # SCEP certificate
    metadata:
      name: device-certificate
    spec:
      displayName: Device certificate
      certificateStore: machine
      certificateValidityPeriodScale: years
      certificateValidityPeriodValue: 1
      hashAlgorithm: sha2
      keySize: size2048
      keyStorageProvider: useTpmKspOtherwiseUseSoftwareKsp
      keyUsage: digitalSignature
      renewalThresholdPercentage: 20
      rootCertificate: { $ref: windows81TrustedRootCertificate/contoso-root-ca }
      scepServerUrls: ["https://scep.contoso.com/certsrv/mscep/mscep.dll"]
      subjectAlternativeNameType: none
      subjectNameFormat: custom
      subjectNameFormatString: "CN={{AAD_Device_ID}}"
    assignments:
      - group: Windows laptops  # 6ad0e104-f15f-5466-a4ad-7cec35dc6f32
    "#);
}

#[test]
fn with_a_sandbox_the_import_ends_with_a_plan() {
    let workspace = folder_of("graph", as_it_is);
    let imported = import(&workspace, &["--sandbox=s.json"]);
    assert_eq!(imported["plan"]["isEmpty"], true, "{:#}", imported["plan"]);
    let workspace = folder_of("graph", as_it_is);
    workspace.write("s.json", fs::read_to_string(workspace.file("sandbox.json")).expect("a seed"));
    let arguments = ["import", "--from", "backup", "--sandbox=s.json"];
    let run = workspace.run(&arguments).expect(0);
    assert!(
        run.stdout.contains("would be created") || run.stdout.contains("to create"),
        "{}",
        run.stdout
    );
    assert!(!run.stderr.contains("import/differs"), "{}", run.stderr);
}

#[test]
fn files_without_an_object_are_an_error_that_names_what_they_hold() {
    for (files, told) in [
        (&[][..], "it holds nothing"),
        (&[("broken.json", "{")][..], "it holds 1 file that cannot be imported"),
        (&[("readme.txt", "Read")][..], "it holds a file with the ending .txt (1)"),
    ] {
        let workspace = importing(&json!({}));
        fs::create_dir_all(workspace.file("backup")).expect("a folder");
        files.iter().for_each(|(name, text)| workspace.write(&format!("backup/{name}"), text));
        let run = workspace.run(&["import", "--from", "backup"]).expect(1);
        assert!(run.stdout.starts_with("Nothing to import from `backup`."), "{}", run.stdout);
        let line =
            format!("error[import/nothing]: `backup` holds no object for a manifest; {told}\n");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
        let [(name, _)] = files else { continue };
        let file = format!("backup/{name}");
        workspace.run(&["import", "--from", &file]).expect(1);
    }
}

#[test]
fn what_is_left_is_named_with_its_file() {
    let workspace = importing(&json!({}));
    let wifi = json!({
        "@odata.type": "#microsoft.graph.windowsWifiConfiguration", "displayName": "Office", "ssid": "a",
        "networkName": "a", "wifiSecurityType": "open", "colour": "red", "connectAutomatically": "often",
    });
    workspace.write("backup/wifi.json", wifi.to_string());
    workspace.write("backup/untyped.json", json!({ "displayName": "A", "ssid": "a" }).to_string());
    let run = workspace.run(&["import", "--from", "backup", "-v"]).expect(0);
    let (_, told) = run.stdout.split_once("Left out:").expect("what was left out");
    assert_snapshot!(told, @"

      - colour of policies/windows/wi-fi/office.yaml
          Graph's type has no such property: `backup/wifi.json` has it; it is misspelt there, or newer
            than this version of Moorline.
      - connectAutomatically of policies/windows/wi-fi/office.yaml
          `connectAutomatically` must be `true` or `false`, and this is a string: correct it in
            `backup/wifi.json`, delete the manifest and import again, or declare it in the manifest;
            until then it is left alone in the tenant.

    Not imported, and left where it is: a document of another kind (1).
      - backup/untyped.json: a document of another kind

    The tenant was not asked: `moorline plan` compares it with the manifests.
    ");
    let other = &import(&workspace, &[])["from"]["others"][0];
    assert_eq!(other["files"], json!(["backup/untyped.json"]));
}

#[test]
fn secrets_of_files_are_never_written() {
    let workspace = importing(&json!({
        "kind": "sandbox-state", "formatVersion": "1.0",
        "tenant": { "id": "8f6d2c2e-5b1d-4c57-9d0a-3d7f0e8a1b11", "displayName": "Contoso", "domain": "contoso.onmicrosoft.com" },
    }));
    let oma = |name: &str, uri: &str, value: &str| {
        json!({
            "@odata.type": "#microsoft.graph.omaSettingString", "displayName": name, "omaUri": format!("./Device/Vendor/MSFT/{uri}"),
            "isEncrypted": false, "value": { "@odata.context": "x", "value": value },
        })
    };
    let objects = json!([
        {
            "@odata.type": "#microsoft.graph.windowsWifiConfiguration", "displayName": "Office", "ssid": "a",
            "networkName": "a", "wifiSecurityType": "wpa2Personal", "preSharedKey": "canary-key",
        },
        {
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "Custom",
            "omaSettings": [oma("A", "A", "canary-plain"), oma("Admin password", "Password", "canary-password")],
        },
    ]);
    workspace.write("backup/objects.json", objects.to_string());
    let imported = import(&workspace, &[]);
    assert_eq!(secrets_of(&imported).len(), 3, "{imported:#}");
    workspace.run(&["validate"]).expect(0);
    let all: String = files(&workspace)
        .into_values()
        .map(|bytes| String::from_utf8(bytes).expect("text"))
        .collect();
    assert!(!all.contains("canary"), "{all}");
}

/// Returns the values that were left out, as paths with their reasons.
fn left_out(imported: &Value) -> Vec<(&str, &str)> {
    let items = imported["items"].as_array().into_iter().flatten();
    let all = items.flat_map(|item| item["leftOut"].as_array().into_iter().flatten());
    all.map(|it| (it["path"].as_str().expect("a path"), it["why"].as_str().expect("a reason")))
        .collect()
}

#[test]
fn nothing_is_written_that_makes_the_folder_invalid() {
    const GROUP: &str = "6ad0e104-f15f-5466-a4ad-7cec35dc6f32";
    let policy = |name: &str, target: Value| {
        json!({
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": name, "id": format!("../../../{name}"),
            "assignments": [{ "target": target }],
        })
    };
    let mut targets = vec![
        json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP, "x": 1 }),
        json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget", "$env": "MY_Y" }),
        json!({ "@odata.type": "#microsoft.graph.configurationManagerCollectionAssignmentTarget", "collectionId": "SMS00001" }),
    ];
    targets[2]["collectionId"] = json!({ "$env": "MY_Y" });
    let mut objects: Vec<Value> = targets
        .into_iter()
        .enumerate()
        .map(|(at, target)| policy(&format!("Custom {at}"), target))
        .collect();
    let setting = |id: &str, more: Value| {
        let mut instance = json!({
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": id,
            "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                "value": "a",
            },
        });
        instance["x"] = more;
        json!({ "settingInstance": instance })
    };
    for (at, more) in
        [json!({ "$env": "MY_Y" }), json!({ "$file": "../moorline.yaml" })].into_iter().enumerate()
    {
        objects.push(json!({
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationPolicy", "name": format!("Catalog {at}"),
            "platforms": "windows10", "technologies": "mdm", "settings": [setting("device_a", more)],
        }));
    }
    let workspace = importing(&json!({}));
    workspace.write("backup/objects.json", Value::from(objects).to_string());
    let imported = import(&workspace, &["--pin"]);
    workspace.run(&["validate"]).expect(0);
    let all: String = files(&workspace)
        .into_values()
        .map(|bytes| String::from_utf8(bytes).expect("text"))
        .collect();
    assert!(
        !all.contains("MY_Y") && !all.contains("moorline.yaml") && !all.contains("../"),
        "{all}"
    );
    let left_out = left_out(&imported);
    let of = |path: &str| left_out.iter().filter(|(found, _)| *found == path).count();
    assert_eq!((of("assignments"), of("settings")), (3, 2), "{left_out:#?}");
    let again = import(&workspace, &["--pin"]);
    assert_eq!(again["items"].as_array().map(Vec::len), imported["items"].as_array().map(Vec::len));
}

#[test]
fn reference_to_an_object_that_is_not_imported_and_has_no_id_is_left_out() {
    let workspace = folder_of("intune-management", as_it_is);
    let path = workspace.file("backup/DeviceConfiguration/Contoso Root CA.json");
    let text = fs::read_to_string(&path).expect("a file");
    let mut object: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("JSON");
    let members = object.as_object_mut().expect("an object");
    members.retain(|name, _| {
        name != "id" && !name.starts_with("@odata.id") && name != "@odata.editLink"
    });
    fs::write(&path, object.to_string()).expect("a file");
    let imported = import(&workspace, &["--kind", "windows81SCEPCertificateProfile"]);
    workspace.run(&["validate"]).expect(0);
    let left_out = left_out(&imported);
    let told = ("rootCertificate", "the file does not say what it refers to");
    assert!(left_out.contains(&told), "{left_out:#?}");
    import(&workspace, &[]);
    workspace.run(&["validate"]).expect(0);
}

#[test]
fn secrets_of_a_list_that_is_left_out_are_not_asked_for() {
    let setting = |kind: &str| {
        json!({
            "@odata.type": format!("#microsoft.graph.{kind}"), "displayName": "Admin password",
            "omaUri": "./Device/Vendor/MSFT/Password", "value": "canary-password",
        })
    };
    let object = json!({
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "Custom",
        "omaSettings": [setting("omaSettingString"), setting("omaSettingOdd")],
    });
    let workspace = importing(&json!({}));
    workspace.write("backup/objects.json", json!([object]).to_string());
    let imported = import(&workspace, &[]);
    assert_eq!(
        left_out(&imported).first().map(|(path, _)| *path),
        Some("omaSettings"),
        "{imported:#}"
    );
    assert_eq!(secrets_of(&imported), [""; 0]);
}

#[test]
fn filter_that_a_file_has_in_half_leaves_the_assignments_alone() {
    for (mode, id) in
        [(json!("include"), Value::Null), (json!("exclude"), json!("")), (Value::Null, json!("f"))]
    {
        let workspace = importing(&json!({}));
        let object = json!({
            "@odata.type": "#microsoft.graph.windowsWifiConfiguration", "displayName": "Office", "ssid": "a",
            "networkName": "a", "assignments": [{ "target": {
                "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
                "deviceAndAppManagementAssignmentFilterType": mode,
                "deviceAndAppManagementAssignmentFilterId": id,
            } }],
        });
        workspace.write("backup/office.json", object.to_string());
        let imported = import(&workspace, &[]);
        assert_eq!(imported["from"]["findings"][0]["code"], "import/assignments", "{imported:#}");
        assert!(!text(&workspace, "office").contains("allDevices"));
    }
}

#[test]
fn hostile_files_write_nothing_outside_and_stop_nothing() {
    let workspace = folder_of("intune-management", as_it_is);
    let object = |name: &str| {
        json!({
            "@odata.type": "#microsoft.graph.macOSCustomConfiguration", "displayName": name, "payloadName": "x",
            "payloadFileName": "../../../escaped.mobileconfig", "payload": "PHBsaXN0Lz4K", "deploymentChannel": "deviceChannel",
        })
    };
    let names = ["../../escaped", "/etc/escaped", "CON", "a\u{202e}b", "", "\n", &"x".repeat(255)];
    let objects: Vec<Value> = names.iter().map(|name| object(name)).collect();
    workspace.write("backup/hostile.json", Value::from(objects).to_string());
    workspace.write("backup/deep.json", "[".repeat(9000));
    workspace.write("backup/wrong.json", json!({ "@odata.type": "#microsoft.graph.macOSCustomConfiguration", "displayName": 3, "payload": [] }).to_string());
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc", workspace.file("backup/etc")).expect("a link");
    let outside = |workspace: &Workspace| -> Vec<String> {
        let below =
            walkdir::WalkDir::new(workspace.path()).sort_by_file_name().into_iter().flatten();
        let paths = below.map(|entry| {
            entry.path().strip_prefix(workspace.path()).expect("below").display().to_string()
        });
        paths.filter(|path| !path.starts_with("policies")).collect()
    };
    let before = outside(&workspace);
    let imported = import(&workspace, &[]);
    assert_eq!(outside(&workspace), before, "nothing is written beside the manifests");
    assert!(files(&workspace).keys().all(|path| path.is_ascii() && path.starts_with("policies/")));
    workspace.run(&["validate"]).expect(0);
    let codes = imported["from"]["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["code"].as_str().expect("a code"));
    let codes: Vec<&str> = codes.collect();
    assert_eq!(codes, ["import/link", "import/syntax", "import/twice"]);
    let not_managed = imported["notManaged"].as_array().expect("a list");
    assert_eq!(not_managed.len(), 2, "{not_managed:#?}");
}

#[test]
fn folder_that_is_missing_is_wrong_usage() {
    let workspace = importing(&json!({}));
    let run = workspace.run(&["import", "--from", "nowhere"]).expect(64);
    assert_snapshot!(run.stderr, @"
    Reading nowhere …
    error[usage/path]: `nowhere` cannot be imported: there is no such file or folder

    hint: Give the folder with the files of the other tool.
    ");
}
