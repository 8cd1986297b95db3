//! `fmt`: manifests come into one layout, lists of settings become maps, and nothing that the files say changes.

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
    metadata:
      name: camera
    spec:
      name: Camera
      platforms: windows10 # and no other
      settings:
        # No cameras in the labs.
        device_vendor_msft_policy_config_camera_allowcamera: { choice: "0" }
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
    Would rewrite below/a.yaml: 1 list of settings.
    Run `moorline fmt below` to do so.
    ");
    assert_eq!(text(&workspace, "below/a.yaml"), POLICY);
    let json =
        workspace.run(&["fmt", "below/a.yaml", "--check", "--format", "json"]).expect(2).json();
    assert_eq!(json["items"][0]["code"], "fmt/raw-settings");
    assert_eq!(json["items"][0]["line"], 7);
    assert_eq!(json["items"][0]["help"], "`moorline fmt below/a.yaml` rewrites them");
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
    assert_eq!(without.stdout, "Laid out a.yaml.\n");
    let laid_out = text(&workspace, "a.yaml");
    assert!(laid_out.contains("puaprotection: Audit mode # for now\n"), "{laid_out}");
    assert_eq!(workspace.run(&["fmt"]).expect(0).stdout, "Nothing to rewrite.\n");
    workspace.run(&["catalog", "refresh", "--sandbox"]).expect(0);
    let check = workspace.run(&["fmt", "--check", "--format", "json"]).expect(2).json();
    let items = check["items"].as_array().expect("items");
    assert_eq!(items.len(), 3, "{check}");
    assert!(items.iter().all(|item| item["code"] == "fmt/plain-setting"), "{check}");
    let check = workspace.run(&["fmt", "--check"]).expect(2).stdout;
    assert_snapshot!(check, @"
    Would rewrite a.yaml: 3 plain values of settings.
    Run `moorline fmt` to do so.
    ");
    assert_eq!(text(&workspace, "a.yaml"), laid_out);
    workspace.run(&["fmt"]).expect(0);
    assert_snapshot!(text(&workspace, "a.yaml"), @r#"
    apiVersion: graph.microsoft.com/beta
    kind: deviceManagementConfigurationPolicy
    metadata:
      name: plain
    spec:
      name: Plain
      platforms: windows10
      settings:
        # by its name
        device_vendor_msft_policy_config_defender_puaprotection: { choice: "2" } # for now
        device_vendor_msft_policy_config_defender_cloudextendedtimeout: { integer: 50 }
        device_vendor_msft_policy_config_defender_excludedextensions:
          strings:
            - tmp # temporary
            - log
      technologies: mdm
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
    let text = text(&workspace, "a.yaml");
    assert!(text.contains("Audit moed # for now"), "{text}");
    assert!(text.contains("metadata:\n  name: plain\n"), "it is not laid out:\n{text}");
    let check = workspace.run(&["fmt", "--check"]).expect(3);
    assert!(!check.stdout.contains("Would"), "{}", check.stdout);
}

const UNTIDY: &str = "# Kept at the top.
kind:   'windowsWifiConfiguration'
apiVersion: \"graph.microsoft.com/beta\"   # the version
metadata: { name: wifi }
assignments:
- group: 'Windows laptops'   # all of them
spec:
    ssid: office
    # What people see.
    displayName: \"Wi-Fi: office\"
    networkName: 'Office'

    # The key.
    preSharedKey: { $env: 'WIFI_KEY' }
    connectAutomatically: true
    # the end
---

# The second.
apiVersion: graph.microsoft.com/beta
kind: windowsWifiConfiguration
metadata:
  name: guests
spec:
  displayName: Guests
";

#[test]
fn manifests_are_laid_out_once_with_their_comments() {
    let workspace = Workspace::tenant(&[("a.yaml", UNTIDY), ("b.yaml", OTHER)]);
    let check = workspace.run(&["fmt", "--check"]).expect(2);
    assert_snapshot!(check.stdout, @"
    Would lay out a.yaml.
    Run `moorline fmt` to do so.
    ");
    assert_eq!(text(&workspace, "a.yaml"), UNTIDY);
    let json = workspace.run(&["fmt", "--check", "--format", "json"]).expect(2).json();
    assert_eq!(json["items"][0]["code"], "fmt/layout");
    let first = workspace.run(&["fmt"]).expect(0);
    assert_eq!(first.stdout, "Laid out a.yaml.\n");
    assert_snapshot!(text(&workspace, "a.yaml"), @r#"
    # Kept at the top.
    apiVersion: graph.microsoft.com/beta   # the version
    kind: windowsWifiConfiguration
    metadata:
      name: wifi
    spec:
      # What people see.
      displayName: "Wi-Fi: office"
      networkName: Office
      ssid: office

      connectAutomatically: true
      # The key.
      preSharedKey: { $env: WIFI_KEY }
      # the end
    assignments:
      - group: Windows laptops   # all of them
    ---

    # The second.
    apiVersion: graph.microsoft.com/beta
    kind: windowsWifiConfiguration
    metadata:
      name: guests
    spec:
      displayName: Guests
    "#);
    assert_eq!(text(&workspace, "b.yaml"), OTHER);
    let second = workspace.run(&["fmt", "--check"]).expect(0);
    assert_eq!(second.stdout, "Nothing to rewrite.\n");
}

#[test]
fn comment_above_the_first_member_goes_with_it() {
    let workspace = Workspace::empty();
    workspace.write(
        "a.yaml",
        "apiVersion: graph.microsoft.com/beta
kind: iosGeneralDeviceConfiguration
metadata:
  # pinned: it was made by hand
  id: 8f6d3a52-1c1e-4d0a-9a1e-6b3f0f0c2d11
  name: kiosk
spec:
  # WORKS COUNCIL: do not lower
  passcodeMinimumLength: 6
  displayName: Kiosk
",
    );
    workspace.run(&["fmt"]).expect(0);
    assert_snapshot!(text(&workspace, "a.yaml"), @"
    apiVersion: graph.microsoft.com/beta
    kind: iosGeneralDeviceConfiguration
    metadata:
      name: kiosk
      # pinned: it was made by hand
      id: 8f6d3a52-1c1e-4d0a-9a1e-6b3f0f0c2d11
    spec:
      displayName: Kiosk
      # WORKS COUNCIL: do not lower
      passcodeMinimumLength: 6
    ");
}

#[test]
fn new_manifests_are_in_the_layout() {
    let workspace = Workspace::tenant(&[]);
    for kind in [
        "iosWiFiConfiguration",
        "windows10CustomConfiguration",
        "windows10CompliancePolicy",
        "deviceManagementConfigurationPolicy",
        "deviceRegistrationPolicy",
    ] {
        workspace.run(&["new", kind]).expect(0);
    }
    let run = workspace.run(&["fmt", "--check"]).expect(0);
    assert_eq!(run.stdout, "Nothing to rewrite.\n");
}

#[test]
fn file_that_cannot_be_laid_out_is_an_error_and_stays() {
    let workspace = Workspace::empty();
    let text_between =
        UNTIDY.replace("    ssid: office\n", "    ? ssid\n    # between\n    : office\n");
    workspace.write("a.yaml", &text_between);
    let run = workspace.run(&["fmt", "a.yaml"]).expect(3);
    assert_snapshot!(run.stdout, @"
    error[fmt/unsafe]: this file cannot be laid out so that it says the same
    --> a.yaml
     = help: write each key on the line of its value, `key: value`, without `?` and without a comment between the two
    ");
    assert_eq!(text(&workspace, "a.yaml"), text_between);
    workspace.write("b.yaml", format!("{UNTIDY}x: [\n"));
    let run = workspace.run(&["fmt", "b.yaml", "--format", "json"]).expect(3);
    assert_eq!(run.json()["items"][0]["code"], "yaml/syntax");
    workspace.write("c.yaml", "{{ a template }}: [\n");
    workspace.run(&["fmt", "c.yaml"]).expect(0);
}

#[test]
fn examples_are_in_the_layout() {
    let workspace = Workspace::example("contoso");
    let run = workspace.run(&["fmt", "--check"]).expect(0);
    assert_eq!(run.stdout, "Nothing to rewrite.\n");
}
