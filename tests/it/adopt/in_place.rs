//! What was changed in the portal comes into the lines that declare it, and into no others.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::snapshots::{lines_with, paragraphs_with, stable_snapshots};
use crate::support::{Workspace, repository};

const STATE: &str = "--sandbox=s.json";

/// Returns the example, applied.
fn contoso() -> Workspace {
    let workspace = Workspace::example("contoso");
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    workspace
}

/// Changes an object as a person in the portal would.
#[track_caller]
fn edit(workspace: &Workspace, object: &str, values: &[&str]) {
    let values = values.iter().flat_map(|value| ["--set", value]);
    let arguments = ["sandbox", "edit", "s.json", "--tenant", ".", object].into_iter();
    workspace.run(&arguments.chain(values).collect::<Vec<_>>()).expect(0);
}

/// Changes an object of the state as it stands there.
fn change(workspace: &Workspace, display_name: &str, change: impl FnOnce(&mut Value)) {
    let mut state = workspace.json("s.json");
    let objects = state["deviceConfigurations"].as_array_mut().expect("a list");
    let object = objects.iter_mut().find(|object| object["displayName"] == display_name);
    change(object.expect("an object of this name"));
    workspace.write("s.json", state.to_string());
}

#[track_caller]
fn nothing_differs(workspace: &Workspace) {
    workspace.run(&["plan", STATE, "--detailed-exitcode"]).expect(0);
    workspace.run(&["drift", STATE, "--adopt", "--check"]).expect(0);
}

#[test]
fn settings_an_assignment_and_a_payload_change_the_lines_that_declare_them() {
    let workspace = contoso();
    edit(
        &workspace,
        "windowsIdentityProtectionConfiguration/windows-hello",
        &["pinMinimumLength=4"],
    );
    let restrictions = "windows10GeneralConfiguration/restrictions";
    edit(&workspace, restrictions, &["edgeHomepageUrls=[\"https://help.contoso.com\"]"]);
    let antivirus = "deviceManagementConfigurationPolicy/defender-antivirus";
    let setting = "settings.device_vendor_msft_policy_config_defender_puaprotection=2";
    edit(&workspace, antivirus, &[setting]);
    let profile = repository().join("examples/contoso/payloads/service-desk.mobileconfig");
    let profile = std::fs::read_to_string(profile).expect("the example has it");
    let profile = STANDARD.encode(profile.replace("Service desk<", "Help<"));
    change(&workspace, "Service desk web clip", |object| {
        object["payload"] = profile.into();
        let target = &mut object["assignments"][0]["target"];
        *target = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
    });
    let _filters = stable_snapshots();
    let diff = workspace.run(&["drift", STATE, "--adopt", "--diff"]).expect(0);
    assert_snapshot!(diff.stdout, @r#"
    --- a/payloads/service-desk.mobileconfig
    +++ b/payloads/service-desk.mobileconfig
    @@ -14,7 +14,7 @@
     			<key>PayloadVersion</key>
     			<integer>1</integer>
     			<key>Label</key>
    -			<string>Service desk</string>
    +			<string>Help</string>
     			<key>URL</key>
     			<string>https://servicedesk.contoso.com</string>
     			<key>FullScreen</key>
    --- a/policies/apple/ios-service-desk.yaml
    +++ b/policies/apple/ios-service-desk.yaml
    @@ -9,4 +9,4 @@
       payloadFileName: service-desk.mobileconfig
       payloadName: Contoso service desk
     assignments:
    -  - group: iPhones
    +  - allDevices: true
    --- a/policies/windows/defender-antivirus.yaml
    +++ b/policies/windows/defender-antivirus.yaml
    @@ -36,7 +36,7 @@
             - { string: avhdx, $template: { value: [id] } }
           template: { id: [id] }
         device_vendor_msft_policy_config_defender_puaprotection:
    -      choice: "1"
    +      choice: "2"
           template: { id: [id], value: [id] }
         device_vendor_msft_policy_config_defender_submitsamplesconsent:
           choice: "1" # Send safe samples
    --- a/policies/windows/restrictions.yaml
    +++ b/policies/windows/restrictions.yaml
    @@ -14,7 +14,7 @@
         highSeverity: quarantine
       defenderScheduledQuickScanTime: "12:30:00"
       developerUnlockSetting: blocked
    -  edgeHomepageUrls: [https://intranet.contoso.com, https://status.contoso.com]
    +  edgeHomepageUrls: ["https://help.contoso.com"]
       edgePreventCertificateErrorOverride: true
       edgeRequireSmartScreen: true
       edgeSearchEngine:
    --- a/policies/windows/windows-hello.yaml
    +++ b/policies/windows/windows-hello.yaml
    @@ -31,7 +31,7 @@
       pinExpirationInDays: 0
       pinLowercaseCharactersUsage: allowed
       pinMaximumLength: 64
    -  pinMinimumLength: 6
    +  pinMinimumLength: 4
       pinPreviousBlockCount: 5
       pinRecoveryEnabled: true
       pinSpecialCharactersUsage: allowed
    "#);
    workspace.run(&["drift", STATE, "--adopt", "--check"]).expect(2);
    workspace.run(&["drift", STATE, "--detailed-exitcode"]).expect(2);
    let adopted = workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    assert_snapshot!(paragraphs_with(&adopted.stdout, "~"), @"
      deviceManagementConfigurationPolicy/defender-antivirus  Windows - Defender Antivirus
        ~ settings[device_vendor_msft_policy_config_defender_puaprotection]
      iosCustomConfiguration/ios-service-desk  Service desk web clip
        ~ assignments
        ~ payload
      windows10GeneralConfiguration/restrictions  Windows restrictions
        ~ edgeHomepageUrls[0]
        ~ edgeHomepageUrls[1]
      windowsIdentityProtectionConfiguration/windows-hello  Windows Hello for Business
        ~ pinMinimumLength

    Written:
      ~ payloads/service-desk.mobileconfig
      ~ policies/apple/ios-service-desk.yaml
      ~ policies/windows/defender-antivirus.yaml
      ~ policies/windows/restrictions.yaml
      ~ policies/windows/windows-hello.yaml
    ");
    nothing_differs(&workspace);
}

#[test]
fn one_property_is_adopted_and_the_others_stay() {
    let workspace = contoso();
    let hello = "windowsIdentityProtectionConfiguration/windows-hello";
    edit(&workspace, hello, &["pinMinimumLength=4", "pinMaximumLength=32"]);
    let property = format!("{hello}/pinMinimumLength");
    workspace.run(&["drift", STATE, "--adopt", &property]).expect(0);
    let text = std::fs::read_to_string(workspace.file("policies/windows/windows-hello.yaml"));
    let text = text.expect("it is there");
    assert_snapshot!(lines_with(&text, "imumLength"), @"
    pinMaximumLength: 64
    pinMinimumLength: 4
    ");
    let unknown = workspace.run(&["drift", STATE, "--adopt", "windowsHello/x"]).expect(64);
    assert_snapshot!(lines_with(&unknown.stderr, "error"), @"error[usage/address]: no manifest is `windowsHello/x`, and no other object would get that name");
}

#[test]
fn line_ends_and_comments_stay() {
    let text = "# Ours.\r\napiVersion: graph.microsoft.com/beta\r\nkind: iosGeneralDeviceConfiguration # phones\r\nmetadata: { name: phones }\r\nspec:\r\n  displayName: 'Phones' # as the desk calls them\r\n\r\n  cameraBlocked: true   # by the works council\r\n  passcodeMinimumLength: 6\r\n";
    let workspace = Workspace::tenant(&[("phones.yaml", text)]);
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    edit(&workspace, "iosGeneralDeviceConfiguration/phones", &["cameraBlocked=false"]);
    workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    let adopted = std::fs::read_to_string(workspace.file("phones.yaml")).expect("it is there");
    assert_eq!(adopted, text.replace("cameraBlocked: true ", "cameraBlocked: false "));
    nothing_differs(&workspace);
}

#[test]
fn value_that_the_tenant_has_unset_becomes_null() {
    let text = "apiVersion: graph.microsoft.com/beta\nkind: iosGeneralDeviceConfiguration\nmetadata: { name: phones }\nspec:\n  displayName: Phones\n  passcodeMinimumLength: 6\n  safariManagedDomains: [contoso.com]\n";
    let workspace = Workspace::tenant(&[("phones.yaml", text)]);
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    let unset = ["passcodeMinimumLength=null", "safariManagedDomains=[]"];
    edit(&workspace, "iosGeneralDeviceConfiguration/phones", &unset);
    workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    let adopted = std::fs::read_to_string(workspace.file("phones.yaml")).expect("it is there");
    let expected = text.replace("Length: 6", "Length: null").replace("[contoso.com]", "[]");
    assert_eq!(adopted, expected);
    nothing_differs(&workspace);
}

#[test]
fn renamed_object_that_is_pinned_keeps_its_former_name() {
    let workspace = contoso();
    let restrictions = "windows10GeneralConfiguration/restrictions";
    edit(&workspace, restrictions, &["displayName=Windows (all)"]);
    let diff = workspace.run(&["drift", STATE, "--adopt", "--diff"]).expect(0);
    assert_snapshot!(diff.stdout, @"
    --- a/policies/windows/restrictions.yaml
    +++ b/policies/windows/restrictions.yaml
    @@ -5,8 +5,9 @@
       name: restrictions
       # Pinned: this is the object, also after a rename in the portal.
       id: 3f6c2a10-5d4e-4b7a-9c58-0b9a6a1e7d21
    +  formerly: [Windows restrictions]
     spec:
    -  displayName: Windows restrictions
    +  displayName: Windows (all)
       description: Lock screen, passwords, browser and store.
       appsAllowTrustedAppsSideloading: blocked
       defenderDetectedMalwareActions:
    ");
    workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    nothing_differs(&workspace);
}

#[test]
fn object_that_is_gone_becomes_absent_where_that_is_asked_for() {
    let workspace = contoso();
    let kiosk = "windowsKioskConfiguration/lobby-kiosk";
    let delete = ["sandbox", "edit", "s.json", "--tenant", ".", kiosk, "--delete"];
    workspace.run(&delete).expect(0);
    let told = workspace.run(&["drift", STATE, "--adopt", kiosk]).expect(0);
    assert_snapshot!(told.stdout, @"
    Nothing to adopt from contoso.onmicrosoft.com.

    Not adopted:
      - windowsKioskConfiguration/lobby-kiosk
          the tenant has no such object: `--absent` declares it as absent; `moorline apply` creates it
            again.
    ");
    let diff = workspace.run(&["drift", STATE, "--adopt", kiosk, "--absent", "--diff"]).expect(0);
    assert_snapshot!(diff.stdout, @"
    --- a/policies/windows/lobby-kiosk.yaml
    +++ b/policies/windows/lobby-kiosk.yaml
    @@ -3,6 +3,7 @@
     kind: windowsKioskConfiguration
     metadata:
       name: lobby-kiosk
    +  state: absent
     spec:
       displayName: Lobby kiosk
       kioskBrowserDefaultUrl: https://welcome.contoso.com
    ");
    workspace.run(&["drift", STATE, "--adopt", kiosk, "--absent"]).expect(0);
    nothing_differs(&workspace);
}

#[test]
fn secrets_stay_out_of_the_files_and_are_told() {
    let workspace = contoso();
    let mut profile = String::from("<plist version=\"1.0\"><dict><key>PayloadType</key>");
    profile += "<string>com.apple.wifi.managed</string><key>Password</key>";
    profile += "<string>canary-of-the-portal</string></dict></plist>";
    change(&workspace, "Service desk web clip", |object| {
        object["payload"] = STANDARD.encode(&profile).into();
        object["payloadName"] = "Contoso help".into();
    });
    let adopted = workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    assert_snapshot!(paragraphs_with(&adopted.stdout, "Not adopted"), @"
    Not adopted:
      - settings[com.apple.extensiblesso_com.apple.extensiblesso] of
        deviceManagementConfigurationPolicy/single-sign-on
      - productKey of editionUpgradeConfiguration/edition-upgrade
      - preSharedKey of windowsWifiConfiguration/office-wifi
          a value from the environment is never compared: it stays as the manifest has it;
            `moorline apply --rewrite-secret KIND/NAME` writes it again.
      - payload of iosCustomConfiguration/ios-service-desk
          it holds a secret in clear: take the secret out of it, or keep it in a property that is made
            for secrets; until then it is left alone in the tenant.
    ");
    let file = std::fs::read_to_string(workspace.file("policies/apple/ios-service-desk.yaml"));
    assert!(file.expect("it is there").contains("payloadName: Contoso help"));
    let document = workspace.run(&["drift", STATE, "--adopt", "--format", "json"]).expect(0).json();
    assert_eq!(document["kind"], "adopt");
    assert_eq!(document["files"], json!([]));
}

#[test]
fn object_that_was_renamed_gets_its_new_name_and_its_other_values() {
    let text = "apiVersion: graph.microsoft.com/beta\nkind: iosGeneralDeviceConfiguration\nmetadata: { name: phones }\nspec:\n  displayName: Phones\n  passcodeMinimumLength: 6\n  passcodeRequired: true\n  cameraBlocked: true\n  safariManagedDomains: [contoso.com]\nassignments:\n  - allDevices: true\n";
    let workspace = Workspace::tenant(&[("phones.yaml", text)]);
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    let values = ["passcodeMinimumLength=8", "displayName=Mobile phones"];
    edit(&workspace, "iosGeneralDeviceConfiguration/phones", &values);
    workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    let adopted = std::fs::read_to_string(workspace.file("phones.yaml")).expect("it is there");
    let expected = text
        .replace("{ name: phones }", "{ name: phones, formerly: [Phones] }")
        .replace("displayName: Phones", "displayName: Mobile phones")
        .replace("Length: 6", "Length: 8");
    assert_eq!(adopted, expected);
    nothing_differs(&workspace);
}

#[test]
fn object_that_no_manifest_manages_is_imported_where_it_is_named() {
    let workspace = contoso();
    let new = ["sandbox", "edit", "s.json", "iosGeneralDeviceConfiguration/Kiosk iPads", "--new"];
    workspace.run(&[&new[..], &["--set", "cameraBlocked=true"]].concat()).expect(0);
    let address = "iosGeneralDeviceConfiguration/kiosk-ipads";
    let diff = workspace.run(&["drift", STATE, "--adopt", address, "--diff"]).expect(0);
    assert_snapshot!(diff.stdout, @"
    --- /dev/null
    +++ b/policies/ios/device-restrictions/kiosk-ipads.yaml
    @@ -0,0 +1,7 @@
    +apiVersion: graph.microsoft.com/beta
    +kind: iosGeneralDeviceConfiguration  # Device restrictions
    +metadata:
    +  name: kiosk-ipads
    +spec:
    +  displayName: Kiosk iPads
    +  cameraBlocked: true
    ");
    workspace.run(&["drift", STATE, "--adopt", address]).expect(0);
    nothing_differs(&workspace);
}

#[test]
fn refresh_brings_the_values_of_all_objects_into_their_manifests() {
    let workspace = contoso();
    workspace.run(&["import", STATE, "--refresh", "--check"]).expect(0);
    edit(
        &workspace,
        "windowsIdentityProtectionConfiguration/windows-hello",
        &["pinMinimumLength=4"],
    );
    edit(&workspace, "deviceRegistrationPolicy/device-registration", &["userDeviceQuota=7"]);
    workspace.run(&["import", STATE, "--refresh", "--check"]).expect(2);
    let diff = workspace.run(&["import", STATE, "--refresh", "--diff", "--check"]).expect(2);
    let lines = diff.stdout.lines().filter(|line| line.starts_with(['+', '-']));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    --- a/policies/entra/device-registration.yaml
    +++ b/policies/entra/device-registration.yaml
    -  userDeviceQuota: 20
    +  userDeviceQuota: 7
    --- a/policies/windows/windows-hello.yaml
    +++ b/policies/windows/windows-hello.yaml
    -  pinMinimumLength: 6
    +  pinMinimumLength: 4
    ");
    workspace.run(&["import", STATE, "--refresh"]).expect(0);
    workspace.run(&["import", STATE, "--refresh", "--check"]).expect(0);
    nothing_differs(&workspace);
}

#[test]
fn elements_come_and_go_and_change_in_their_place() {
    let workspace = contoso();
    change(&workspace, "Custom settings", |object| {
        let settings = object["omaSettings"].as_array_mut().expect("a list");
        settings.retain(|setting| setting["displayName"] != "Recall off");
        settings[0]["value"] = 600.into();
        settings.push(json!({
            "@odata.type": "#microsoft.graph.omaSettingInteger",
            "displayName": "Cortana off",
            "omaUri": "./Device/Vendor/MSFT/Policy/Config/Experience/AllowCortana",
            "value": 0,
        }));
    });
    change(&workspace, "Windows restrictions", |object| {
        let target = &mut object["assignments"][0]["target"];
        target["deviceAndAppManagementAssignmentFilterType"] = "exclude".into();
    });
    let _filters = stable_snapshots();
    let diff = workspace.run(&["drift", STATE, "--adopt", "--diff"]).expect(0);
    assert_snapshot!(diff.stdout, @r##"
    --- a/policies/windows/custom-settings.yaml
    +++ b/policies/windows/custom-settings.yaml
    @@ -9,15 +9,11 @@
     spec:
       displayName: Custom settings
       omaSettings:
    -    - "@odata.type": "#microsoft.graph.omaSettingInteger"
    -      displayName: Recall off
    -      omaUri: ./User/Vendor/MSFT/Policy/Config/WindowsAI/DisableAIDataAnalysis
    -      value: 1
     
         - "@odata.type": "#microsoft.graph.omaSettingInteger"
           displayName: Lock after inactivity
           omaUri: ./Device/Vendor/MSFT/Policy/Config/LocalPoliciesSecurityOptions/InteractiveLogon_MachineInactivityLimit
    -      value: 900
    +      value: 600
     
         - "@odata.type": "#microsoft.graph.omaSettingBoolean"
           displayName: No user status page at first sign-in
    @@ -59,5 +55,10 @@
           omaUri: ./Device/Vendor/MSFT/RootCATrustedCertificates/TrustedPublisher/C707D09A7A0B167624F161E2275D20943EC817B9/EncodedCertificate
           fileName: contoso-code-signing.cer
           value: { $file: ../../payloads/contoso-code-signing.cer }
    +    - "@odata.type": "#microsoft.graph.omaSettingInteger"
    +      displayName: Cortana off
    +      isReadOnly: false
    +      omaUri: ./Device/Vendor/MSFT/Policy/Config/Experience/AllowCortana
    +      value: 0
     assignments:
       - group: Windows laptops
    --- a/policies/windows/restrictions.yaml
    +++ b/policies/windows/restrictions.yaml
    @@ -30,4 +30,4 @@
       startMenuAppListVisibility: collapse,disableSettingsApp
     assignments:
       - group: Windows laptops
    -    filter: { include: Corporate owned }
    +    filter: { exclude: Corporate owned }  # [id]
    "##);
    workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    nothing_differs(&workspace);
}

#[test]
fn edit_that_cannot_be_made_is_refused_and_the_others_are_made() {
    let text = "apiVersion: graph.microsoft.com/beta\nkind: iosGeneralDeviceConfiguration\nmetadata: { name: phones }\nspec:\n  displayName: Phones\n  passcodeMinimumLength: &six 6\n  passcodePreviousPasscodeBlockCount: *six\n";
    let other = text.replace("phones", "tablets").replace("Phones", "Tablets");
    let other = other.replace("&six ", "").replace("*six", "6");
    let workspace = Workspace::tenant(&[("phones.yaml", text), ("tablets.yaml", &other)]);
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    for name in ["phones", "tablets"] {
        let object = format!("iosGeneralDeviceConfiguration/{name}");
        edit(&workspace, &object, &["passcodePreviousPasscodeBlockCount=8"]);
    }
    let adopted = workspace.run(&["drift", STATE, "--adopt"]).expect(1);
    assert_snapshot!(adopted.stdout, @"
    Adopted 1 value of 1 object from contoso.onmicrosoft.com.

      iosGeneralDeviceConfiguration/tablets  Tablets
        ~ passcodePreviousPasscodeBlockCount

    Written:
      ~ tablets.yaml

    Not adopted:
      - iosGeneralDeviceConfiguration/phones
          `spec.passcodePreviousPasscodeBlockCount` comes from an alias, and an edit would change the
            other places too; write the value out in place of `*…`: edit the manifest by hand.
    ");
    let phones = std::fs::read_to_string(workspace.file("phones.yaml")).expect("it is there");
    assert_eq!(phones, text);
}

/// Returns a manifest of a policy with these settings.
fn policy(settings: &str) -> String {
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: deviceManagementConfigurationPolicy\nmetadata: {{ name: it }}\nspec:\n  name: It\n  platforms: windows10\n  technologies: mdm\n  settings:\n{settings}"
    )
}

#[test]
fn settings_of_a_policy_come_and_go_by_their_ids() {
    let id = "device_vendor_msft_policy_config_defender_";
    let text = policy(&format!(
        "    # Block at once.\n    {id}cloudblocklevel: {{ choice: \"2\" }}\n    {id}puaprotection: {{ choice: \"1\" }} # on\n"
    ));
    let workspace = Workspace::tenant(&[("it.yaml", &text)]);
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    let mut state = workspace.json("s.json");
    let settings = &mut state["configurationPolicies"][0]["settings"];
    let added = settings[0].to_string().replace("cloudblocklevel_2", "NEW_1");
    let added = added.replace("cloudblocklevel", "NEW").replace("NEW", "allowrealtimemonitoring");
    let added: Value = serde_json::from_str(&added).expect("JSON");
    settings[0] = added;
    workspace.write("s.json", state.to_string());
    let adopted = workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    let adopted_text = std::fs::read_to_string(workspace.file("it.yaml")).expect("it is there");
    assert_snapshot!(adopted_text, @r#"
    apiVersion: graph.microsoft.com/beta
    kind: deviceManagementConfigurationPolicy
    metadata: { name: it }
    spec:
      name: It
      platforms: windows10
      technologies: mdm
      settings:
        # Block at once.
        device_vendor_msft_policy_config_defender_allowrealtimemonitoring: { choice: "1" }
        device_vendor_msft_policy_config_defender_puaprotection: { choice: "1" } # on
    "#);
    assert_snapshot!(paragraphs_with(&adopted.stdout, "settings["), @"
    deviceManagementConfigurationPolicy/it  It
      ~ settings[device_vendor_msft_policy_config_defender_allowrealtimemonitoring]
      ~ settings[device_vendor_msft_policy_config_defender_cloudblocklevel]
    ");
    nothing_differs(&workspace);
}

#[test]
fn settings_that_are_merged_stay_the_ones_that_are_managed() {
    let id = "device_vendor_msft_policy_config_defender_";
    let text = policy(&format!(
        "    {id}cloudblocklevel: {{ choice: \"2\" }}\n    {id}puaprotection: {{ choice: \"1\" }}\n"
    ));
    let workspace = Workspace::tenant(&[("it.yaml", &text)]);
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    workspace.edit("it.yaml", "  settings:\n", "  settings:\n    $merge:\n");
    workspace.edit("it.yaml", &format!("    {id}cloud"), &format!("      {id}cloud"));
    workspace.edit("it.yaml", &format!("    {id}puaprotection: {{ choice: \"1\" }}\n"), "");
    workspace.run(&["drift", STATE, "--adopt", "--check"]).expect(0);
    edit(
        &workspace,
        "deviceManagementConfigurationPolicy/it",
        &[&format!("settings.{id}cloudblocklevel=4"), &format!("settings.{id}puaprotection=2")],
    );
    workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    let adopted = std::fs::read_to_string(workspace.file("it.yaml")).expect("it is there");
    assert_snapshot!(adopted, @r#"
    apiVersion: graph.microsoft.com/beta
    kind: deviceManagementConfigurationPolicy
    metadata: { name: it }
    spec:
      name: It
      platforms: windows10
      technologies: mdm
      settings:
        $merge:
          device_vendor_msft_policy_config_defender_cloudblocklevel: { choice: "4" }
    "#);
    nothing_differs(&workspace);
}

#[test]
fn reference_is_adopted_by_the_name_of_its_manifest() {
    let certificate = |name: &str| {
        format!(
            "---\napiVersion: graph.microsoft.com/beta\nkind: windows81TrustedRootCertificate\nmetadata: {{ name: {name} }}\nspec:\n  displayName: Root {name}\n  certFileName: root.cer\n  destinationStore: computerCertStoreRoot\n  trustedRootCertificate: {{ $file: ./root.cer }}\n"
        )
    };
    let scep = "apiVersion: graph.microsoft.com/beta\nkind: windows81SCEPCertificateProfile\nmetadata: { name: device }\nspec:\n  displayName: Device certificate\n  keySize: size2048\n  rootCertificate: { $ref: one } # the old one\n";
    let text = [scep, &certificate("one"), &certificate("two")].concat();
    let workspace = Workspace::tenant(&[("all.yaml", &text)]);
    let root = repository().join("examples/contoso/payloads/contoso-root-ca.cer");
    workspace.write("root.cer", std::fs::read(root).expect("the example has it"));
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    let device = "windows81SCEPCertificateProfile/device";
    edit(&workspace, device, &["rootCertificate=Root two"]);
    workspace.run(&["drift", STATE, "--adopt"]).expect(0);
    let adopted = std::fs::read_to_string(workspace.file("all.yaml")).expect("it is there");
    let expected = text.replace(
        "{ $ref: one } # the old one",
        "{ $ref: windows81TrustedRootCertificate/two } # the old one",
    );
    assert_eq!(adopted, expected);
    nothing_differs(&workspace);
}

#[test]
fn value_that_the_service_masks_is_written_in_clear_only_where_that_is_asked_for() {
    let workspace = contoso();
    let mut state = workspace.json("s.json");
    let text = state.to_string();
    assert!(text.contains("5f4c9a52-37be-4d0c-8d0e-2a9c5d2f7b10"));
    state =
        serde_json::from_str(&text.replace(
            "5f4c9a52-37be-4d0c-8d0e-2a9c5d2f7b10",
            "5f4c9a52-37be-4d0c-8d0e-2a9c5d2f7b11",
        ))
        .expect("JSON");
    workspace.write("s.json", state.to_string());
    let object = "windows10CustomConfiguration/custom-settings";
    let told = workspace.run(&["drift", STATE, "--adopt", object]).expect(0);
    assert_snapshot!(told.stdout, @"
    Nothing to adopt from contoso.onmicrosoft.com.

    Not adopted:
      - omaSettings[./User/Vendor/MSFT/Policy/Config/OneDriveNGSC~Policy~OneDriveNGSC/KFMOptInNoWizard].value
        of windows10CustomConfiguration/custom-settings
          the service masks it, since it may be a secret: if it is none, `--unmask` writes it in clear;
            read it before you commit.
    ");
    let diff = workspace.run(&["drift", STATE, "--adopt", object, "--unmask", "--diff"]).expect(0);
    let lines = diff.stdout.lines().filter(|line| line.starts_with(['+', '-']));
    let _filters = stable_snapshots();
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    --- a/policies/windows/custom-settings.yaml
    +++ b/policies/windows/custom-settings.yaml
    -      value: <enabled/><data id="KFMOptInNoWizard_TextBox" value="[id]"/>
    +      value: <enabled/><data id="KFMOptInNoWizard_TextBox" value="[id]"/>
    "#);
    workspace.run(&["drift", STATE, "--adopt", object, "--unmask"]).expect(0);
    nothing_differs(&workspace);
}

#[test]
fn file_that_two_values_share_is_not_edited() {
    let web_clip = |name: &str| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: iosCustomConfiguration\nmetadata: {{ name: {name} }}\nspec:\n  displayName: Clip {name}\n  payloadName: Clip\n  payloadFileName: clip.mobileconfig\n  payload: {{ $file: ./clip.mobileconfig }}\n"
        )
    };
    let files = [("one.yaml", web_clip("one")), ("two.yaml", web_clip("two"))];
    let workspace = Workspace::tenant(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let profile =
        "<plist version=\"1.0\"><dict><key>Label</key><string>Desk</string></dict></plist>\n";
    workspace.write("clip.mobileconfig", profile);
    workspace.run(&["apply", STATE, "--yes"]).expect(0);
    let other = STANDARD.encode(profile.replace("Desk", "Help"));
    edit(&workspace, "iosCustomConfiguration/one", &[&format!("payload={other}")]);
    let adopted = workspace.run(&["drift", STATE, "--adopt"]).expect(1);
    assert_snapshot!(adopted.stdout, @"
    Nothing to adopt from contoso.onmicrosoft.com.

    Not adopted:
      - iosCustomConfiguration/one
          the plan would differ after the edit: payload of iosCustomConfiguration/two: correct it, and
            adopt it again.
    ");
    let file = std::fs::read_to_string(workspace.file("clip.mobileconfig")).expect("it is there");
    assert_eq!(file, profile);
    let same = workspace.run(&["drift", STATE, "--adopt", "iosCustomConfiguration/two"]).expect(0);
    assert_snapshot!(paragraphs_with(&same.stdout, "Not adopted"), @"
    Not adopted:
      - iosCustomConfiguration/two
          it does not differ: `moorline drift` shows what differs.
    ");
}
