//! Every text, whole.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::journal::Command;
use crate::plan::risk::Refusal;
use crate::plan::{Action, Plan};
use crate::report::testing;
use crate::text::sanitize;
use crate::text::style::Palette;
use crate::text::writer::{TextWriter, WIDTH};

#[test]
fn a_plan_with_every_mark() {
    assert_snapshot!(story(&testing::plan(), TextWriter::new(Palette::Plain, WIDTH), false), @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ! iosGeneralDeviceConfiguration/ios-restrictions   "iPhones"   policies/ios-restrictions.yaml:2
          group/unknown: there is no group `Windows laptop`
            help: did you mean `Windows laptops`?
            at policies/ios-restrictions.yaml:14

      ~ deviceRegistrationPolicy/device-registration   policies/device-registration.yaml:2
          ~ azureADJoin.allowedToJoin
              ~ @odata.type  allDeviceRegistrationMembership -> enumeratedDeviceRegistrationMembership
              + groups       [Autopilot admins (8d2ac1f8…)]
              + users        []
          ~ multiFactorAuthConfiguration  required -> notRequired
          ! azureADRegistration.allowedToRegister
              blocked: Entra does not let it be changed while Intune is enabled
          risk registration/mfa-off: Devices could be joined or registered with a password alone.
            (refused until --allow registration/mfa-off)

      - iosWiFiConfiguration/old-wifi   "Old Wi-Fi"   policies/old-wifi.yaml:2
          to be deleted
          no longer reaches 3,000 devices (1 group); no device has reported it
          risk delete: The object is deleted, and devices lose its settings.
            (refused until --allow delete)

      ~ windowsIdentityProtectionConfiguration/windows-hello   "Windows Hello for Business"
          policies/windows-hello.yaml:2
          ~ pinMinimumLength             4 -> 6
          ~ pinUppercaseCharactersUsage  notConfigured -> allowed  ../baseline/hello.yaml:9
          - pinExpirationInDays          90
          + pinLowercaseCharactersUsage  required
          assignments
            + group Windows laptops  (include Corporate owned)
            ~ group Kiosks           exclude Lab -> no filter
            - group Old pilots
          reaches at most 1,240 devices and 3,100 users (2 groups, filtered), until now 4 users and at
          most 69 devices (2 groups, filtered); 1,021 devices have it now (12 pending, 3 failed)
          2 undeclared settings are left alone: unlockWithBiometricsEnabled = true, … (-v: all)
          risk assign-all: It would reach all devices of the tenant.

    -/+ iosVpnConfiguration/vpn   "VPN"   policies/vpn.yaml:2
          to be deleted and made anew

      + macOSGeneralDeviceConfiguration/macos   "Macs"   policies/macos.yaml:2
          + displayName            Macs
          + roleScopeTagIds        ["0"]
          + passwordMinimumLength  12
          + localAdminPassword     { isEnabled: true }
          + script                 text, 2 lines, 17 bytes
          + secret                 (withheld)
          reaches an unknown number of devices and users (1 group): not permitted without
          `GroupMember.Read.All`

      ~ windows10CustomConfiguration/custom-settings   "Custom"   policies/custom-settings.yaml:2
          ~ omaSettings[./Vendor/MSFT/Policy/Config/Start/Layout].value
              @@ -1,5 +1,5 @@
                <layout>
                  <start>
              -     <tile app="Mail" size="small" />
              +     <tile app="Mail" size="wide" />
                    <tile app="Word" />
                  </start>
          + omaSettings[./Device/New]
              + @odata.type  omaSettingInteger
              + displayName  "New setting for every device"
              + omaUri       ./Device/New
              + value        1
          ~ allowedApps
              + Teams
              - "Old app"
          ~ payload  binary, 3 bytes -> 4 bytes
          ~ script   one -> two

    warning: `vpn` is bound by its name
    Plan: 1 to create, 3 to update, 1 to replace, 1 to delete, 1 assignment change.
    1 change is blocked: an apply refuses to start until it can be made or skipped (--skip-blocked).
    1 setting cannot be changed and would be left as the tenant has it.
    An apply refuses 2 risks until it is run with `--allow registration/mfa-off --allow delete`.
    2 settings cannot be compared: androidWorkProfileWiFiConfiguration/wifi preSharedKey,
      windows10CustomConfiguration/custom-settings preSharedKey (-v: why)
    Digest sha256:0a1b
    "#);
}

#[test]
fn a_plan_in_full() {
    assert_snapshot!(story(&testing::plan(), TextWriter::new(Palette::Plain, WIDTH), true), @r#"
    Tenant contoso (contoso.onmicrosoft.com)

      ! iosGeneralDeviceConfiguration/ios-restrictions   "iPhones"   policies/ios-restrictions.yaml:2
          group/unknown: there is no group `Windows laptop`
            help: did you mean `Windows laptops`?
            at policies/ios-restrictions.yaml:14
          ~ cameraBlocked  false -> true

      ~ deviceRegistrationPolicy/device-registration   policies/device-registration.yaml:2
          ~ azureADJoin.allowedToJoin
              ~ @odata.type  allDeviceRegistrationMembership -> enumeratedDeviceRegistrationMembership
              + groups       [Autopilot admins (8d2ac1f8…)]
              + users        []
          ~ multiFactorAuthConfiguration  required -> notRequired
          ! azureADRegistration.allowedToRegister
              blocked: Entra does not let it be changed while Intune is enabled
          risk registration/mfa-off: Devices could be joined or registered with a password alone.
            (refused until --allow registration/mfa-off)

      - iosWiFiConfiguration/old-wifi   "Old Wi-Fi"   policies/old-wifi.yaml:2
          to be deleted
          no longer reaches 3,000 devices (1 group); no device has reported it
          risk delete: The object is deleted, and devices lose its settings.
            (refused until --allow delete)

      ~ windowsIdentityProtectionConfiguration/windows-hello   "Windows Hello for Business"
          policies/windows-hello.yaml:2
          ~ pinMinimumLength             4 -> 6
          ~ pinUppercaseCharactersUsage  notConfigured -> allowed  ../baseline/hello.yaml:9
          - pinExpirationInDays          90
          + pinLowercaseCharactersUsage  required
          assignments
            + group Windows laptops  (include Corporate owned)
            ~ group Kiosks           exclude Lab -> no filter
            - group Old pilots
          reaches at most 1,240 devices and 3,100 users (2 groups, filtered), until now 4 users and at
          most 69 devices (2 groups, filtered); 1,021 devices have it now (12 pending, 3 failed)
          2 undeclared settings are left alone:
              unlockWithBiometricsEnabled = true
              description = "made in the portal"
          risk assign-all: It would reach all devices of the tenant.

    -/+ iosVpnConfiguration/vpn   "VPN"   policies/vpn.yaml:2
          to be deleted and made anew

      + macOSGeneralDeviceConfiguration/macos   "Macs"   policies/macos.yaml:2
          + displayName            Macs
          + roleScopeTagIds        ["0"]
          + passwordMinimumLength  12
          + localAdminPassword     { isEnabled: true }
          + script                 text, 2 lines, 17 bytes
              @@ -0,0 +1,2 @@
              + #!/bin/sh
              + exit 0
          + secret                 (withheld)
          reaches an unknown number of devices and users (1 group): not permitted without
          `GroupMember.Read.All`

      ~ windows10CustomConfiguration/custom-settings   "Custom"   policies/custom-settings.yaml:2
          ~ omaSettings[./Vendor/MSFT/Policy/Config/Start/Layout].value
              @@ -1,5 +1,5 @@
                <layout>
                  <start>
              -     <tile app="Mail" size="small" />
              +     <tile app="Mail" size="wide" />
                    <tile app="Word" />
                  </start>
          + omaSettings[./Device/New]
              + @odata.type  omaSettingInteger
              + displayName  "New setting for every device"
              + omaUri       ./Device/New
              + value        1
          ~ allowedApps
              + Teams
              - "Old app"
          ~ payload       binary, 3 bytes -> 4 bytes
          ~ script        one -> two
          ? preSharedKey  cannot be compared: the tenant never shows it

      ? androidWorkProfileWiFiConfiguration/wifi   "Wi-Fi"   policies/wifi.yaml:2
          ? preSharedKey  cannot be compared: a value from the environment is never compared

    1 live object is not managed by any manifest:
        iosWiFiConfiguration "Guest"  8d2ac1f8-5f1e-4a53-9d8e-0c8f6a0f3c11
    warning: `vpn` is bound by its name
    Plan: 1 to create, 3 to update, 1 to replace, 1 to delete, 1 assignment change.
    1 change is blocked: an apply refuses to start until it can be made or skipped (--skip-blocked).
    1 setting cannot be changed and would be left as the tenant has it.
    An apply refuses 2 risks until it is run with `--allow registration/mfa-off --allow delete`.
    2 settings cannot be compared.
    Digest sha256:0a1b
    "#);
}

#[test]
fn a_plan_with_nothing_to_do() {
    assert_snapshot!(story(&testing::settled(), TextWriter::new(Palette::Plain, WIDTH), false), @r#"
    Tenant contoso (contoso.onmicrosoft.com)

    No changes. 1 object matches what is declared.
    1 setting cannot be compared: androidWorkProfileWiFiConfiguration/wifi preSharedKey (-v: why)
    1 live object is not managed by any manifest:
        iosWiFiConfiguration "Guest"
    "#);
}

#[test]
fn drifted_objects() {
    assert_snapshot!(story(&testing::drift_report(), TextWriter::new(Palette::Plain, WIDTH), false), @r#"
    Tenant contoso (contoso.onmicrosoft.com), checked 2026-11-21 08:00 UTC

    Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.

      ! iosGeneralDeviceConfiguration/ios-restrictions   "iPhones"   policies/ios-restrictions.yaml:2
          group/unknown: there is no group `Windows laptop`
            help: did you mean `Windows laptops`?
            at policies/ios-restrictions.yaml:14

      ~ deviceRegistrationPolicy/device-registration   policies/device-registration.yaml:2
          ~ azureADJoin.allowedToJoin  policies/device-registration.yaml:5
              ~ @odata.type  allDeviceRegistrationMembership -> enumeratedDeviceRegistrationMembership
              + groups       [Autopilot admins (8d2ac1f8…)]
              + users        []
          ~ multiFactorAuthConfiguration  required -> notRequired  policies/device-registration.yaml:6
          ! azureADRegistration.allowedToRegister
              cannot be put back: Entra does not let it be changed while Intune is enabled
              policies/device-registration.yaml:7
              ~ @odata.type  allDeviceRegistrationMembership -> noDeviceRegistrationMembership

    -/+ iosVpnConfiguration/vpn   "VPN"   policies/vpn.yaml:2
          of another type in the tenant

      - iosWiFiConfiguration/old-wifi   "Old Wi-Fi"   policies/old-wifi.yaml:2
          declared absent, and the tenant has it

      + macOSGeneralDeviceConfiguration/macos   "Macs"   policies/macos.yaml:2
          declared, and the tenant does not have it

      ~ windows10CustomConfiguration/custom-settings   "Custom"   policies/custom-settings.yaml:2
          ~ omaSettings[./Vendor/MSFT/Policy/Config/Start/Layout].value  policies/custom-settings.yaml:5
              @@ -1,5 +1,5 @@
                <layout>
                  <start>
              -     <tile app="Mail" size="small" />
              +     <tile app="Mail" size="wide" />
                    <tile app="Word" />
                  </start>
          + omaSettings[./Device/New]  policies/custom-settings.yaml:6
              + @odata.type  omaSettingInteger
              + displayName  "New setting for every device"
              + omaUri       ./Device/New
              + value        1
          ~ allowedApps  policies/custom-settings.yaml:7
              + Teams
              - "Old app"
          ~ payload  binary, 3 bytes -> 4 bytes  policies/custom-settings.yaml:8
          ~ script   one -> two  policies/custom-settings.yaml:9

      ~ windowsIdentityProtectionConfiguration/windows-hello   "Windows Hello for Business"
          policies/windows-hello.yaml:2
          last modified 2026-11-20 10:14 UTC
          ~ pinMinimumLength             4 -> 6  policies/windows-hello.yaml:7
          ~ pinUppercaseCharactersUsage  notConfigured -> allowed  ../baseline/hello.yaml:9
          - pinExpirationInDays          90  policies/windows-hello.yaml:7
          + pinLowercaseCharactersUsage  required  policies/windows-hello.yaml:8
          assignments
            + group Windows laptops  (include Corporate owned)
            ~ group Kiosks           exclude Lab -> no filter
            - group Old pilots

    Drift: 5 drifted, 1 missing, 1 unverifiable, 1 unknown, 0 in sync.
    2 settings cannot be compared: androidWorkProfileWiFiConfiguration/wifi preSharedKey,
      windows10CustomConfiguration/custom-settings preSharedKey (-v: why)
    1 live object is not managed by any manifest:
        iosWiFiConfiguration "Guest"
    warning: `vpn` is bound by its name
    "#);
}

#[test]
fn an_outcome() {
    assert_snapshot!(outcome(&testing::outcome(), TextWriter::new(Palette::Plain, WIDTH), false), @r#"
      applied           update  windowsIdentityProtectionConfiguration/windows-hello
      already in place  update  windows10CustomConfiguration/custom-settings
      failed            create  macOSGeneralDeviceConfiguration/macos
          Graph answered 403 Forbidden: the application may not write device configurations.
          help: grant `DeviceManagementConfiguration.ReadWrite.All`
      not begun         update  deviceRegistrationPolicy/device-registration

    Applied: 2 done, 1 failed, 1 skipped. The run was interrupted.
    "#);
}

#[test]
fn refused_changes() {
    let refusal = |address: Option<&str>, code: &str, message: &str| Refusal {
        address: address.map(str::to_owned),
        code: code.to_owned(),
        message: message.to_owned(),
        flag: format!("--allow {code}"),
    };
    let all = [
        refusal(
            Some("iosWiFiConfiguration/old-wifi"),
            "delete",
            "The object is deleted, and devices lose its settings.",
        ),
        refusal(
            Some("iosWiFiConfiguration/older-wifi"),
            "delete",
            "The object is deleted, and devices lose its settings.",
        ),
        refusal(None, "max-changes", "12 objects would change, and `spec.guard.maxChanges` is 10."),
    ];
    assert_snapshot!(refusals(&all, Command::Rollback, TextWriter::new(Palette::Plain, WIDTH)), @r#"
    Refused, nothing was written:
      iosWiFiConfiguration/old-wifi
        delete: The object is deleted, and devices lose its settings.
      iosWiFiConfiguration/older-wifi
        delete: The object is deleted, and devices lose its settings.
      max-changes: 12 objects would change, and `spec.guard.maxChanges` is 10.
      help: if this is intended, run `moorline rollback` again with --allow delete --allow max-changes
    "#);
}

/// Returns the plan of one field, the lines of the field alone.
fn field(before: Json, after: Json, palette: Palette) -> String {
    let mut one: Plan = testing::plan();
    one.changes = vec![testing::change("kind", "name", "", Action::Update)];
    one.changes[0].fields = vec![testing::field(&["field"], before, after)];
    let text = story(&one, TextWriter::new(palette, WIDTH), false);
    text.lines().skip(3).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_differs_in_a_long_line_is_in_sight() {
    let line = |word: &str| {
        let rest = "a=1 bb=22 ccc=333 ".repeat(20);
        json!(format!("{rest}<size>{word}</size> {rest}"))
    };
    assert_snapshot!(field(line("small"), line("wide"), Palette::Plain), @r#"
    ~ field
        - …1 bb=22 ccc=333 <size>small</size> a=1 bb=22 ccc=3…
        + …1 bb=22 ccc=333 <size>wide</size> a=1 bb=22 ccc=3…
    "#);
    let unbroken = |word: &str| json!(format!("{0}{word}{0}", "0123456789".repeat(2_000)));
    assert_snapshot!(field(unbroken("small"), unbroken("wide"), Palette::Plain), @r#"
    ~ field
        - …4567890123456789small0123456789012345…
        + …4567890123456789wide0123456789012345…
    "#);
}

#[test]
fn words_that_differ_stand_out_in_colour() {
    let before = json!("the first line\nthe second line\n");
    let after = json!("the first line\nthe other line");
    let text = field(before, after, Palette::Colour).replace('\u{1b}', "ESC");
    assert_snapshot!(text, @r#"
    ESC[33m~ESC[0m field
        ESC[2m@@ESC[0m ESC[2m-1,2 +1,2 @@ESC[0m
          the first line
        ESC[31m-ESC[0m ESC[31mthe ESC[0mESC[1mESC[4mESC[31msecondESC[0mESC[31m lineESC[0m
        ESC[32m+ESC[0m ESC[32mthe ESC[0mESC[1mESC[4mESC[32motherESC[0mESC[32m lineESC[0m
          ESC[2m\ no line break at the endESC[0m
    "#);
}

#[test]
fn of_long_lists_the_beginning_is_shown() {
    let list = |from: usize, to: usize| (from..to).map(Json::from).collect::<Json>();
    let text = field(list(0, 100), list(1, 150), Palette::Plain);
    assert_eq!(text.lines().count(), 42);
    assert!(text.ends_with("… and 11 more elements"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through(
        text in prop_oneof![
            "\\PC{0,8}",
            "[a\\x00-\\x1f\\x7f-\\u{9f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{e0041}]{1,20}",
            Just("\u{1b}]8;;https://contoso.com\u{7}".to_owned()),
        ],
    ) {
        let hostile = testing::hostile(&text);
        for verbosity in [false, true] {
            for page in [
                story(&hostile, TextWriter::new(Palette::Plain, WIDTH), verbosity),
                story(&crate::drift::report(hostile.clone()), TextWriter::new(Palette::Plain, WIDTH), verbosity),
                outcome(&testing::hostile_outcome(&text), TextWriter::new(Palette::Plain, WIDTH), verbosity),
            ] {
                prop_assert!(!page.contains(|c: char| c != '\n' && sanitize::is_hazardous(c)), "{page}");
            }
        }
    }
}

#[test]
fn on_a_narrow_terminal_lines_end_between_words() {
    let text = story(&testing::plan(), TextWriter::new(Palette::Plain, 60), false);
    let wide = story(&testing::plan(), TextWriter::new(Palette::Plain, WIDTH), false);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&text), words(&wide));
    let is_alone = |line: &str| !line.trim().contains("  ");
    for line in text.lines().filter(|line| line.chars().count() > 60) {
        assert!(is_alone(line), "{line}");
    }
}
