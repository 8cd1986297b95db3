//! `kinds`: what it shows of each kind, and how one is found.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::Workspace;

/// Returns the names of the kinds that a command lists.
fn listed(arguments: &[&str]) -> Vec<String> {
    let command = [&["kinds", "--format", "json"], arguments].concat();
    let document = Workspace::empty().run(&command).json();
    let items = document["items"].as_array().expect("a list");
    items.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_kind_is_found_by_the_words_of_the_console() {
    let workspace = Workspace::empty();
    assert_snapshot!(workspace.run(&["kinds", "WINDOWS", "wi-fi"]).expect(0).stdout, @"
    /deviceManagement/deviceConfigurations   read: DeviceManagementConfiguration.Read.All   write: DeviceManagementConfiguration.ReadWrite.All
     windows81WifiImportConfiguration       Wi-Fi import  windows/wi-fi  beta
        https://learn.microsoft.com/intune/device-configuration/templates/import-wifi-settings-windows
     windowsWifiConfiguration               Wi-Fi         windows/wi-fi  beta
        https://learn.microsoft.com/intune/device-configuration/templates/ref-wifi-settings-windows
     windowsWifiEnterpriseEAPConfiguration  Wi-Fi         windows/wi-fi  beta
        https://learn.microsoft.com/intune/device-configuration/templates/ref-wifi-settings-windows

    3 kinds. `moorline schema KIND` prints a kind's properties.
    ");
    let narrow = [("COLUMNS", "80")];
    let found = ["kinds", "identity", "protection", "--platform", "windows"];
    assert_snapshot!(workspace.run_with(&found, &narrow).expect(0).stdout, @"
    /deviceManagement/deviceConfigurations
      read: DeviceManagementConfiguration.Read.All
      write: DeviceManagementConfiguration.ReadWrite.All
     windowsIdentityProtectionConfiguration  beta
        Identity protection; windows/identity-protection; closed since 2024-07; use
        deviceManagementConfigurationPolicy (`moorline explain kind/closed`)
        https://learn.microsoft.com/intune/device-security/identity-protection/ref-settings

    1 kind. `moorline schema KIND` prints a kind's properties.
    ");
}

#[test]
fn a_platform_and_an_area_select_kinds() {
    assert_eq!(
        listed(&["--platform", "macos", "--area", "updates"]),
        ["macOSSoftwareUpdateConfiguration"]
    );
    assert_eq!(listed(&["--area", "settings-catalog"]), ["deviceManagementConfigurationPolicy"]);
    let all = listed(&[]);
    let by_platform: usize = ["android", "cross-platform", "ios", "linux", "macos", "windows"]
        .map(|platform| listed(&["--platform", platform]).len())
        .iter()
        .sum();
    assert_eq!(by_platform, all.len(), "each kind has one platform");
}

#[test]
fn words_find_beginnings_of_words_and_states() {
    let ios = listed(&["ios"]);
    assert!(ios.iter().any(|name| name == "iosWiFiConfiguration"), "{ios:?}");
    assert!(!ios.iter().any(|name| name == "windowsKioskConfiguration"), "{ios:?}");
    let closed = listed(&["closed"]);
    assert!(closed.iter().any(|name| name == "windowsIdentityProtectionConfiguration"));
    assert!(closed.len() < listed(&[]).len(), "{closed:?}");
}

#[test]
fn no_line_is_wider_than_the_terminal_but_for_an_address() {
    for columns in [60, 80, 100, 120, 200] {
        let width = columns.to_string();
        let run = Workspace::empty().run_with(&["kinds"], &[("COLUMNS", &width)]).expect(0);
        let wide: Vec<&str> =
            run.stdout.lines().filter(|line| line.chars().count() > columns).collect();
        let is_one_word = |line: &&&str| !line.trim().contains(' ');
        // The name of a kind and its versions stand on one line.
        assert!(columns < 80 || wide.iter().all(|line| is_one_word(&line)), "{wide:#?}");
    }
}

#[test]
fn to_find_no_kind_is_no_success() {
    let workspace = Workspace::empty();
    assert_snapshot!(workspace.run(&["kinds", "nintendo"]).expect(1).stdout, @"No kind is like this. `moorline kinds` lists all.");
    assert_eq!(listed(&["nintendo"]), Vec::<String>::new());
    let refused = workspace.run(&["kinds", "--area", "wifi"]).expect(64).stderr;
    assert!(refused.contains("'wi-fi'"), "{refused}");
}

#[test]
fn the_document_has_the_place_in_the_console_of_each_kind() {
    let document = Workspace::empty().run(&["kinds", "--format", "json"]).expect(0).json();
    let items = document["items"].as_array().expect("a list");
    for item in items {
        for member in ["platform", "area", "portalName", "page"] {
            assert!(item[member].as_str().is_some_and(|text| !text.is_empty()), "{item}");
        }
    }
    let restrictions = items.iter().find(|item| item["name"] == "windows10GeneralConfiguration");
    let restrictions: &Value = restrictions.expect("a kind");
    assert_eq!(restrictions["portalName"], "Device restrictions");
    assert_eq!(restrictions["area"], "device-restrictions");
    let page = restrictions["page"].as_str().expect("a page");
    let schema = Workspace::empty().run(&["schema", "windows10GeneralConfiguration"]).json();
    assert_eq!(schema["description"], format!("Device restrictions (windows): {page}"));
}
