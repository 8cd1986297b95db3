//! The workflows' own commands, run as they stand on the example tenant.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use moorline::diagnostic::Sources;
use moorline::yaml::Value;
use moorline::yaml::parse::parse;

use crate::support::snapshots::{lines_with, stable_snapshots};
use crate::support::{Run, Workspace, repository, secrets};

/// Returns every `run` of a workflow that calls Moorline, in order.
fn runs(value: &Value, found: &mut Vec<String>) {
    for member in value.members() {
        match member.value.as_str() {
            Some(script) if member.name == "run" && script.contains("moorline ") => {
                found.push(script.to_owned())
            }
            _ => runs(&member.value, found),
        }
    }
    value.elements().iter().for_each(|element| runs(element, found));
}

/// Returns what an earlier step gave as an output.
fn output_of(file: &Path, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    let found = lines.find(|(key, _)| *key == name);
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// Runs a workflow's steps in a copy of the example and returns the step summary.
fn summary_of(workflow: &str) -> String {
    let text = std::fs::read_to_string(repository().join(".github/workflows").join(workflow))
        .expect("the workflow exists");
    let parsed = parse(&text, Sources::default().next_id());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let mut scripts = Vec::new();
    runs(&parsed.documents[0], &mut scripts);
    assert!(!scripts.is_empty(), "{workflow} runs Moorline");
    let workspace = Workspace::example("contoso");
    let binary =
        Path::new(env!("CARGO_BIN_EXE_moorline")).parent().expect("the binary is in a folder");
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let summary = workspace.file("summary.md");
    let outputs = workspace.file("outputs.txt");
    for script in scripts {
        let output = Command::new("bash")
            .args(["-e", "-o", "pipefail", "-c", &script])
            .env("PATH", &path)
            .env("TENANT", workspace.path())
            .env("RUNNER_TEMP", workspace.path())
            .env("MOORLINE_STATE_DIR", workspace.file(".state"))
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("GITHUB_OUTPUT", &outputs)
            .env("DIGEST", output_of(&outputs, "digest"))
            .output()
            .expect("bash runs");
        Run::from(output).expect(0);
    }
    let summary = std::fs::read_to_string(summary).unwrap_or_default();
    secrets::are_kept("the summary", &summary);
    summary
}

#[test]
fn a_pull_request_gets_its_plan() {
    let summary = summary_of("plan.yml");
    assert_snapshot!(lines_with(&summary, "###"), @"
    ### Valid: 31 manifests.
    ### Plan: 6 to create, 9 to update, 0 to replace, 0 to delete, 2 assignment changes.
    ");
    assert_snapshot!(lines_with(&summary, "<summary>"), @r"
    <summary><code>+ androidDeviceOwnerTrustedRootCertificate/root-ca</code> <code>&quot;Contoso Root CA&quot;</code> 3 settings, 1 assignment</summary>
    <summary><code>~ deviceManagementConfigurationPolicy/defender-antivirus</code> <code>&quot;Windows - Defender Antivirus&quot;</code> 2 settings</summary>
    <summary><code>+ deviceManagementConfigurationPolicy/hello-for-business</code> <code>&quot;Windows - Hello for Business&quot;</code> 6 settings, 2 assignments</summary>
    <summary><code>? deviceManagementConfigurationPolicy/single-sign-on</code> <code>&quot;macOS - Single sign-on&quot;</code> 1 setting not comparable</summary>
    <summary><code>~ deviceRegistrationPolicy/device-registration</code> <code>&quot;Device Registration Policy&quot;</code> 2 settings</summary>
    <summary><code>? editionUpgradeConfiguration/edition-upgrade</code> <code>&quot;Windows Enterprise&quot;</code> 1 setting not comparable</summary>
    <summary><code>~ iosGeneralDeviceConfiguration/ios-restrictions</code> <code>&quot;iOS restrictions&quot;</code> 2 assignments</summary>
    <summary><code>~ macOSCustomConfiguration/macos-login</code> <code>&quot;macOS login window&quot;</code> 1 setting</summary>
    <summary><code>+ macOSEndpointProtectionConfiguration/macos-protection</code> <code>&quot;macOS endpoint protection&quot;</code> 13 settings, 1 assignment</summary>
    <summary><code>~ windows10CompliancePolicy/windows-compliance</code> <code>&quot;Windows compliance&quot;</code> 1 setting</summary>
    <summary><code>~ windows10CustomConfiguration/custom-settings</code> <code>&quot;Custom settings&quot;</code> 2 settings</summary>
    <summary><code>~ windows10EndpointProtectionConfiguration/endpoint-protection</code> <code>&quot;Endpoint protection&quot;</code> 3 settings</summary>
    <summary><code>~ windows10GeneralConfiguration/restrictions</code> <code>&quot;Windows restrictions&quot;</code> 4 settings</summary>
    <summary><code>+ windows81SCEPCertificateProfile/device-certificate</code> <code>&quot;Device certificate&quot;</code> 14 settings, 1 assignment</summary>
    <summary><code>~ windowsIdentityProtectionConfiguration/windows-hello</code> <code>&quot;Windows Hello for Business&quot;</code> 3 settings</summary>
    <summary><code>+ windowsKioskConfiguration/lobby-kiosk</code> <code>&quot;Lobby kiosk&quot;</code> 7 settings, 1 assignment</summary>
    <summary><code>~ windowsUpdateForBusinessConfiguration/update-ring-broad</code> <code>&quot;Update ring 2 - Broad&quot;</code> 3 settings, 1 assignment</summary>
    <summary><code>? windowsWifiConfiguration/office-wifi</code> <code>&quot;Office Wi-Fi&quot;</code> 1 setting not comparable</summary>
    <summary><code>+ windowsWifiEnterpriseEAPConfiguration/corporate-wifi</code> <code>&quot;Corporate Wi-Fi&quot;</code> 11 settings, 1 assignment</summary>
    ");
}

#[test]
fn a_schedule_gets_its_drift_report() {
    let _stable = stable_snapshots();
    let summary = summary_of("drift.yml");
    assert_snapshot!(summary, @r"
    ### Applied: 16 done, 0 failed, 0 skipped.

    Tenant `contoso (contoso.onmicrosoft.com)`

    | result | action | object | name |
    |---|---|---|---|
    | applied | create | `androidDeviceOwnerTrustedRootCertificate/root-ca` | Contoso Root CA |
    | applied | update | `deviceManagementConfigurationPolicy/defender-antivirus` | Windows - Defender Antivirus |
    | applied | create | `deviceManagementConfigurationPolicy/hello-for-business` | Windows - Hello for Business |
    | applied | update | `deviceRegistrationPolicy/device-registration` | Device Registration Policy |
    | applied | update | `iosGeneralDeviceConfiguration/ios-restrictions` | iOS restrictions |
    | applied | update | `macOSCustomConfiguration/macos-login` | macOS login window |
    | applied | create | `macOSEndpointProtectionConfiguration/macos-protection` | macOS endpoint protection |
    | applied | update | `windows10CompliancePolicy/windows-compliance` | Windows compliance |
    | applied | update | `windows10CustomConfiguration/custom-settings` | Custom settings |
    | applied | update | `windows10EndpointProtectionConfiguration/endpoint-protection` | Endpoint protection |
    | applied | update | `windows10GeneralConfiguration/restrictions` | Windows restrictions |
    | applied | create | `windows81SCEPCertificateProfile/device-certificate` | Device certificate |
    | applied | update | `windowsIdentityProtectionConfiguration/windows-hello` | Windows Hello for Business |
    | applied | create | `windowsKioskConfiguration/lobby-kiosk` | Lobby kiosk |
    | applied | update | `windowsUpdateForBusinessConfiguration/update-ring-broad` | Update ring 2 - Broad |
    | applied | create | `windowsWifiEnterpriseEAPConfiguration/corporate-wifi` | Corporate Wi-Fi |

    Journal `.moorline/journal/[run].jsonl`
    ### No drift. 28 objects are as declared, 3 unverifiable.

    Tenant `contoso (contoso.onmicrosoft.com)`, checked [time]

    <details>
    <summary><code>? deviceManagementConfigurationPolicy/single-sign-on</code> <code>&quot;macOS - Single sign-on&quot;</code> 1 setting not comparable</summary>

    `[folder]/policies/apple/single-sign-on.yaml:3`, last modified [time]

    ```diff
    ? settings[com.apple.extensiblesso_com.apple.extensiblesso]  cannot be compared: a value from the environment is never compared
    ```

    </details>

    <details>
    <summary><code>? editionUpgradeConfiguration/edition-upgrade</code> <code>&quot;Windows Enterprise&quot;</code> 1 setting not comparable</summary>

    `[folder]/policies/windows/edition-upgrade.yaml:3`, last modified [time]

    ```diff
    ? productKey  cannot be compared: a value from the environment is never compared
    ```

    </details>

    <details>
    <summary><code>? windowsWifiConfiguration/office-wifi</code> <code>&quot;Office Wi-Fi&quot;</code> 1 setting not comparable</summary>

    `[folder]/policies/windows/network.yaml:61`, last modified [time]

    ```diff
    ? preSharedKey  cannot be compared: a value from the environment is never compared
    ```

    </details>

    2 live objects are not managed by any manifest.
    ");
}

#[test]
fn an_apply_by_hand_runs() {
    summary_of("apply.yml");
}
