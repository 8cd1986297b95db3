//! `fmt`: lists of settings become maps, and nothing else of the files changes.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::Workspace;

const POLICY: &str = "# Kept.
apiVersion: graph.microsoft.com/beta
kind: deviceManagementConfigurationPolicy
metadata: { name: camera }
spec:
  name: Camera
  settings:
    # No cameras in the labs.
    - id: '0'
      settingInstance:
        '@odata.type': '#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance'
        settingDefinitionId: device_vendor_msft_policy_config_camera_allowcamera
        choiceSettingValue:
          value: device_vendor_msft_policy_config_camera_allowcamera_0
          children: []
  platforms: windows10 # and no other
";

const FLOW: &str = "kind: deviceManagementConfigurationPolicy\nspec: { settings: [] }\n";

const OTHER: &str = "kind: other\nspec:\n  settings: [ 1 ]\n";

fn text(workspace: &Workspace, path: &str) -> String {
    std::fs::read_to_string(workspace.file(path)).expect("the file can be read")
}

#[test]
fn lists_of_settings_are_rewritten_once_and_other_files_stay() {
    let workspace = Workspace::tenant(&[("a.yaml", POLICY), ("below/b.yml", OTHER)]);
    let first = workspace.run(&["fmt"]).expect(0);
    assert_eq!(first.stdout, "Rewrote a.yaml: 1 list of settings.\n");
    assert_snapshot!(text(&workspace, "a.yaml"), @r#"
    # Kept.
    apiVersion: graph.microsoft.com/beta
    kind: deviceManagementConfigurationPolicy
    metadata: { name: camera }
    spec:
      name: Camera
      settings:
        # No cameras in the labs.
        device_vendor_msft_policy_config_camera_allowcamera: { choice: "0" }
      platforms: windows10 # and no other
    "#);
    assert_eq!(text(&workspace, "below/b.yml"), OTHER);
    let second = workspace.run(&["fmt", "moorline.yaml"]).expect(0);
    assert_eq!(second.stdout, "Nothing to rewrite.\n");
}

#[test]
fn check_names_the_files_and_changes_none() {
    let workspace = Workspace::empty();
    workspace.write("below/a.yaml", POLICY);
    let run = workspace.run(&["fmt", "below", "--check"]).expect(2);
    assert_snapshot!(run.stdout, @"
    warning[fmt/raw-settings]: these settings are Graph's list, and not the readable form
     --> below/a.yaml:7:3
      |
    7 |   settings:
      |   ^^^^^^^^
      |
      = help: `moorline fmt below/a.yaml` rewrites them

    Would rewrite below/a.yaml: 1 list of settings.
    ");
    assert_eq!(text(&workspace, "below/a.yaml"), POLICY);
    let json =
        workspace.run(&["fmt", "below/a.yaml", "--check", "--format", "json"]).expect(2).json();
    assert_eq!(json["items"][0]["code"], "fmt/raw-settings");
    assert_eq!(json["items"][0]["line"], 7);
    workspace.run(&["fmt", "below/a.yaml"]).expect(0);
    workspace.run(&["fmt", "below", "--check"]).expect(0);
}

#[test]
fn list_that_cannot_be_rewritten_is_an_error_and_others_are_rewritten() {
    let workspace = Workspace::empty();
    workspace.write("a.yaml", format!("\u{feff}{POLICY}---\n{FLOW}"));
    let run = workspace.run(&["fmt", "a.yaml"]).expect(3);
    assert_snapshot!(run.stdout, @"
    error[fmt/flow]: settings within braces are not rewritten: a map of settings needs lines of its own
      --> a.yaml:19:9
       |
    19 | spec: { settings: [] }
       |         ^^^^^^^^
       |
       = help: write the document as YAML blocks, `spec:` with its members on the lines below, without braces

    Rewrote a.yaml: 1 list of settings.
    ");
    let text = text(&workspace, "a.yaml");
    assert!(text.starts_with("\u{feff}# Kept.\n") && text.ends_with(FLOW), "{text}");
    assert!(!text.contains("settingInstance"), "{text}");
}

#[test]
fn missing_file_and_broken_file_are_reported() {
    let workspace = Workspace::empty();
    workspace.run(&["fmt", "none.yaml"]).expect(64);
    workspace.write("a.yaml", format!("{POLICY}  x: [\n"));
    let run = workspace.run(&["fmt", "--format", "json"]).expect(3);
    let codes: Vec<Value> = run.json()["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| item["code"].clone())
        .collect();
    assert_eq!(codes, ["yaml/syntax"]);
}

#[test]
fn settings_have_the_names_of_the_portal_beside_them_where_there_is_a_catalogue() {
    let list = POLICY.replace("camera_allowcamera", "defender_puaprotection");
    let workspace = Workspace::tenant(&[("policies/a.yaml", &list.replace("_0\n", "_1\n"))]);
    workspace.run(&["catalog", "refresh", "--sandbox"]).expect(0);
    workspace.run(&["fmt", "policies"]).expect(0);
    let text = text(&workspace, "policies/a.yaml");
    let line = text.lines().find(|line| line.contains("puaprotection"));
    assert_snapshot!(line.unwrap_or_default().trim_start(), @r#"device_vendor_msft_policy_config_defender_puaprotection: { choice: "1" }  # PUA Protection: On"#);
}

const PLAIN: &str = "apiVersion: graph.microsoft.com/beta
kind: deviceManagementConfigurationPolicy
metadata: { name: plain }
spec:
  name: Plain
  platforms: windows10
  technologies: mdm
  settings:
    # by its name
    device_vendor_msft_policy_config_defender_puaprotection: Audit mode # for now
    device_vendor_msft_policy_config_defender_cloudextendedtimeout: 50
    device_vendor_msft_policy_config_defender_excludedextensions:
      - tmp # temporary
      - 'log'
";

#[test]
fn plain_values_get_their_words_with_a_catalogue_and_stay_without_one() {
    let workspace = Workspace::tenant(&[("a.yaml", PLAIN)]);
    let without = workspace.run(&["fmt"]).expect(0);
    assert_eq!(
        (&*without.stdout, text(&workspace, "a.yaml")),
        ("Nothing to rewrite.\n", PLAIN.to_owned())
    );
    workspace.run(&["catalog", "refresh", "--sandbox"]).expect(0);
    let check = workspace.run(&["fmt", "--check"]).expect(2).stdout;
    assert_eq!(check.matches("warning[fmt/plain-setting]").count(), 3, "{check}");
    assert!(check.ends_with("Would rewrite a.yaml: 3 plain values of settings.\n"), "{check}");
    assert_eq!(text(&workspace, "a.yaml"), PLAIN);
    workspace.run(&["fmt"]).expect(0);
    assert_snapshot!(text(&workspace, "a.yaml"), @r#"
    apiVersion: graph.microsoft.com/beta
    kind: deviceManagementConfigurationPolicy
    metadata: { name: plain }
    spec:
      name: Plain
      platforms: windows10
      technologies: mdm
      settings:
        # by its name
        device_vendor_msft_policy_config_defender_puaprotection: { choice: "2" } # for now
        device_vendor_msft_policy_config_defender_cloudextendedtimeout: { integer: 50 }
        device_vendor_msft_policy_config_defender_excludedextensions:
          strings:
            - tmp # temporary
            - 'log'
    "#);
    workspace.run(&["fmt", "--check"]).expect(0);
    workspace.run(&["validate"]).expect(0);
}

#[test]
fn plain_value_that_is_no_option_is_an_error() {
    let workspace = Workspace::tenant(&[("a.yaml", &PLAIN.replace("Audit mode", "Audit moed"))]);
    workspace.run(&["catalog", "refresh", "--sandbox"]).expect(0);
    assert_snapshot!(workspace.run(&["fmt"]).expect(3).stdout, @r#"
    error[definition/option]: `PUA Protection` has no option `Audit moed`
      --> a.yaml:10:62
       |
    10 |     device_vendor_msft_policy_config_defender_puaprotection: Audit moed # for now
       |                                                              ^^^^^^^^^^
       |
       = help: did you mean `choice: "2"` (`Audit mode`)?

    Rewrote a.yaml: 2 plain values of settings.
    "#);
    assert!(text(&workspace, "a.yaml").contains("Audit moed # for now"));
}
