//! `catalog`: a catalogue made from a file, and what is found in it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::served::Served;
use crate::support::{Workspace, repository};

const FIXTURE: &str = "src/definitions/fixture";

/// Returns a folder with definitions and categories, as Graph answers them.
fn workspace() -> Workspace {
    let workspace = Workspace::tenant(&[]);
    for name in ["settings.json", "categories.json"] {
        let file = repository().join(FIXTURE).join(name);
        workspace.write(name, std::fs::read(file).expect("the fixture can be read"));
    }
    workspace
}

fn refreshed() -> Workspace {
    let workspace = workspace();
    let arguments = ["catalog", "refresh", "--from", "settings.json"];
    workspace.run(&[&arguments[..], &["--categories", "categories.json"]].concat()).expect(0);
    workspace
}

/// Returns a text without the day of the run.
fn dateless(text: &str) -> String {
    let mut text = text.to_owned();
    let is_date = |word: &str| {
        word.len() == 10 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    let dates: Vec<String> = text
        .split(|letter: char| letter.is_whitespace() || ":.".contains(letter))
        .filter(|word| is_date(word))
        .map(str::to_owned)
        .collect();
    for date in dates {
        text = text.replace(&date, "DATE");
    }
    text
}

#[test]
fn catalogue_is_made_beside_the_tenant_file_and_kept_where_nothing_changed() {
    let workspace = workspace();
    let arguments = ["catalog", "refresh", "--from", "settings.json"];
    let with_categories = [&arguments[..], &["--categories", "categories.json"]].concat();
    let run = workspace.run(&with_categories).expect(0);
    assert_eq!(run.stdout, "");
    assert!(
        run.stderr.starts_with("Wrote `moorline.catalog`: 20 definitions in 6 categories, "),
        "{}",
        run.stderr
    );
    let editor = "`moorline schema --editor .vscode/moorline-manifest.schema.json` lets the editor";
    assert!(run.stderr.contains(editor), "{}", run.stderr);
    let same = ["catalog", "diff", "moorline.catalog", "moorline.catalog"];
    let same = workspace.run(&same).expect(0).stdout;
    assert!(same.trim_end().ends_with("0 added, 0 removed, 0 changed."), "{same}");
    let made = std::fs::read(workspace.file("moorline.catalog")).expect("it was written");
    let again = workspace.run(&with_categories).expect(0).stderr;
    assert_snapshot!(dateless(&again), @"`moorline.catalog` is up to date: 20 definitions, as on DATE.");
    assert_eq!(std::fs::read(workspace.file("moorline.catalog")).expect("it stays"), made);
    // Only the names of categories are missing, and a folder may be given.
    let run = workspace.run(&[&arguments[..], &["--out", "other.catalog", "."]].concat()).expect(0);
    assert!(run.stderr.contains("`--categories categories.json` reads them"), "{}", run.stderr);
    let info = workspace.run(&["catalog", "info"]).expect(0).stdout;
    let info: Vec<&str> = info.lines().filter(|line| !line.starts_with("size")).collect();
    assert_snapshot!(dateless(&info.join("\n")), @r"
    file         moorline.catalog
    made         DATE from settings.json
    definitions  20
    categories   6
    platforms    iOS 4, macOS 5, windows10 15
    digest       sha256:e6677c30fefbcb3e23c11b780b2ab6b4c3a5e53dd85219371f8abc1ee83f2996
    ");
}

/// Plays a tenant whose service answers a call for definitions or categories so, as often as is said.
fn failing(status: u16, count: u64) -> Served {
    let fault = json!({
        "match": { "method": "GET", "path": "/beta/deviceManagement/configuration*" },
        "effect": { "status": status, "retryAfter": 0 }, "count": count,
    });
    Served::new(Workspace::tenant(&[]), json!({ "faults": [fault] }))
}

#[test]
fn definitions_are_read_from_the_tenant_over_http() {
    let served = failing(503, 1);
    let run = served.run(&["catalog", "refresh"], &[]).expect(0);
    assert!(run.stderr.contains("Wrote `moorline.catalog`: "), "{}", run.stderr);
    let info = served.workspace.run(&["catalog", "info", "--format", "json"]).expect(0).json();
    let id = "device_vendor_msft_laps_policies_passwordlength";
    assert_eq!(info["catalog"]["source"], "the tenant contoso.onmicrosoft.com");
    let shown = served.workspace.run(&["catalog", "show", id, "--format", "json"]).expect(0).json();
    assert_eq!(shown["settings"][0]["id"], id);
    let again = served.run(&["catalog", "refresh"], &[]).expect(0);
    assert!(again.stderr.contains("is up to date"), "{}", again.stderr);
}

#[test]
fn catalogue_stays_where_the_tenant_cannot_be_read_whole() {
    let served = failing(403, 1000);
    let earlier = refreshed();
    let before = std::fs::read(earlier.file("moorline.catalog")).expect("a catalogue");
    served.workspace.write("moorline.catalog", &before);
    let run = served.run(&["catalog", "refresh"], &[]).expect(1);
    assert!(run.stderr.contains("graph/forbidden"), "{}", run.stderr);
    assert_eq!(std::fs::read(served.workspace.file("moorline.catalog")).expect("it stays"), before);
}

#[test]
fn templates_come_from_a_file_and_those_without_settings_are_named() {
    let workspace = workspace();
    let setting = json!({ "settingInstanceTemplate": { "settingDefinitionId": "a", "settingInstanceTemplateId": "i" } });
    let whole = json!({ "id": "whole_1", "settingTemplates": [setting] });
    let list = json!({ "value": [whole, { "id": "bare_1" }] });
    workspace.write("templates.json", list.to_string());
    let arguments =
        ["catalog", "refresh", "--from", "settings.json", "--templates", "templates.json"];
    let run = workspace.run(&arguments).expect(0);
    let warning = "1 template came without settings, such as `bare_1`.";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    assert!(run.stderr.contains(", 1 template, "), "{}", run.stderr);
    let info = workspace.run(&["catalog", "info", "--format", "json"]).expect(0).json();
    assert_eq!(info["catalog"]["templates"], 1);
}

#[test]
fn settings_are_found_by_words_and_shown_by_id() {
    let workspace = refreshed();
    assert_snapshot!(workspace.run(&["catalog", "search", "hardened", "paths", "--most", "2"]).expect(0).stdout, @r"
    Hardened UNC Paths  windows10  Administrative Templates / Network / Network Provider
      device_vendor_msft_policy_config_connectivity_hardeneduncpaths
    Hardened UNC Paths: (Device)  windows10  Administrative Templates / Network / Network Provider
      device_vendor_msft_policy_config_connectivity_hardeneduncpaths_pol_hardenedpaths

    2 of 4 settings.
    ");
    assert_snapshot!(workspace.run(&["catalog", "search", "no", "such", "words"]).expect(1).stdout, @"No setting has these words.");
    let hello =
        "device_vendor_msft_passportforwork_{tenantid}_policies_pincomplexity_minimumpinlength";
    assert_snapshot!(workspace.run(&["catalog", "show", hello]).expect(0).stdout, @r#"
    Minimum PIN Length
    device_vendor_msft_passportforwork_{tenantid}_policies_pincomplexity_minimumpinlength

      The fewest characters of a PIN.

    category     Windows Hello For Business
    platform     windows10
    technologies mdm,configManager
    path         ./Device/Vendor/MSFT/PassportForWork/{0}/Policies/PINComplexity/MinimumPINLength
    value        a whole number
    numbers      4 to 127
    default      6
    beneath      Windows Hello for Business `device_vendor_msft_passportforwork_{tenantid}`

    In `settings` of a manifest:
      "device_vendor_msft_passportforwork_{tenantid}_policies_pincomplexity_minimumpinlength": { integer: … }
    "#);
    let unc = "device_vendor_msft_policy_config_connectivity_hardeneduncpaths";
    assert_snapshot!(workspace.run(&["catalog", "show", &unc.to_uppercase()]).expect(0).stdout, @r#"
    Hardened UNC Paths
    device_vendor_msft_policy_config_connectivity_hardeneduncpaths

      Secures the access to UNC paths: Windows opens the listed ones only after the checks that stand
      beside them.

    category     Administrative Templates / Network / Network Provider
    platform     windows10
    technologies mdm
    path         ./Device/Vendor/MSFT/Policy/Config/Connectivity/HardenedUNCPaths
    value        a choice
    option       `choice: "0"` Disabled (default)
    option       `choice: "1"` Enabled
                   needs Hardened UNC Paths: (Device)
                     `device_vendor_msft_policy_config_connectivity_hardeneduncpaths_pol_hardenedpaths`

    In `settings` of a manifest:
      device_vendor_msft_policy_config_connectivity_hardeneduncpaths: { choice: "0" }
    "#);
    let near = unc.replace("hardened", "hardend");
    assert_snapshot!(workspace.run(&["catalog", "show", &near]).expect(1).stderr, @r"
    error[catalog/unknown]: `moorline.catalog` has no setting `device_vendor_msft_policy_config_connectivity_hardenduncpaths`

    hint: Did you mean `device_vendor_msft_policy_config_connectivity_hardeneduncpaths`?
    ");
}

#[test]
fn documents_match_their_schema() {
    let workspace = refreshed();
    let schema = workspace.run(&["schema", "--document", "catalog"]).expect(0).stdout;
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let sso = "com.apple.extensiblesso_com.apple.extensiblesso";
    for arguments in [
        &["info"][..],
        &["search", "paths"],
        &["show", sso],
        &["diff", "moorline.catalog", "moorline.catalog"],
    ] {
        let all = [&["catalog"], arguments, &["--format", "json"]].concat();
        let text = workspace.run(&all).expect(0).stdout;
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let faults: Vec<String> =
            validator.iter_errors(&document).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{text}");
        assert_eq!(document["catalog"]["definitions"], 20);
    }
    let show = workspace.run(&["catalog", "show", sso, "--format", "json"]).expect(0).stdout;
    let show: Value = serde_json::from_str(&show).expect("JSON");
    assert_eq!(show["settings"][0]["word"], "groups");
    assert_eq!(show["settings"][0]["count"], json!({ "min": 0, "max": 50 }));
    assert_eq!(show["settings"][0]["children"][0]["displayName"], "Realm");
}

#[test]
fn diff_lists_what_changed() {
    let workspace = refreshed();
    workspace.edit("settings.json", "\"maximumValue\": 127", "\"maximumValue\": 64");
    workspace.edit(
        "settings.json",
        "\"displayName\": \"Interface Types\"",
        "\"displayName\": \"Networks\"",
    );
    let arguments = ["catalog", "refresh", "--from", "settings.json", "--out", "new.catalog"];
    workspace.run(&arguments).expect(0);
    let diff = ["catalog", "diff", "moorline.catalog", "new.catalog"];
    assert_snapshot!(dateless(&workspace.run(&[&diff[..], &["--all"]].concat()).expect(0).stdout), @r"
    ~ Minimum PIN Length
      device_vendor_msft_passportforwork_{tenantid}_policies_pincomplexity_minimumpinlength
        - 4 to 127 was allowed, now 4 to 64
    ~ Networks
      vendor_msft_firewall_mdmstore_global_interfacetypes
        - its name was `Interface Types` and is `Networks`

    From DATE to DATE: 0 added, 0 removed, 2 changed; the manifests use none of them.
    ");
    assert_snapshot!(dateless(&workspace.run(&diff).expect(0).stdout), @"From DATE to DATE: 0 added, 0 removed, 2 changed; the manifests use none of them.");
}

#[test]
fn files_that_are_no_catalogue_say_what_to_do() {
    let workspace = workspace();
    let stderr = |arguments: &[&str]| workspace.run(arguments).expect(1).stderr;
    assert_snapshot!(stderr(&["catalog", "info"]), @r"
    error[catalog/missing]: there is no catalogue `moorline.catalog`

    hint: Make it with `moorline catalog refresh`, beside moorline.yaml.
    ");
    assert_snapshot!(stderr(&["catalog", "info", "--catalog", "settings.json"]), @r"
    error[catalog/foreign]: `settings.json`: it is no catalogue of setting definitions

    hint: Name the file that `moorline catalog refresh` wrote; a settings.json becomes one with `moorline catalog refresh --from settings.json`.
    ");
    workspace.run(&["catalog", "refresh", "--from", "settings.json"]).expect(0);
    let whole = std::fs::read(workspace.file("moorline.catalog")).expect("it was written");
    workspace.write("cut.catalog", &whole[..1000]);
    let cut = stderr(&["catalog", "search", "x", "--catalog", "cut.catalog"]);
    assert!(
        cut.starts_with("error[catalog/damaged]: `cut.catalog`: it ends after 1000 of "),
        "{cut}"
    );
    let error = stderr(&["catalog", "refresh", "--from", "cut.catalog"]);
    assert!(
        error.starts_with("error[catalog/source]: `cut.catalog`: it is not the JSON"),
        "{error}"
    );
    let after = std::fs::read(workspace.file("moorline.catalog")).expect("it stays");
    assert_eq!(after, whole, "a refresh that fails leaves the file");
    workspace
        .run(&["catalog", "refresh", "--from", "settings.json", "--out", "moorline.yaml"])
        .expect(1);
}
