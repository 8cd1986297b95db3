//! Skeletons of manifests: of every kind they are valid, can be created as they are, and so is all that they offer.

use insta::assert_snapshot;
use moorline::kinds::Kind;
use moorline::scaffold::place::{ManifestPlace, words_of};
use moorline::scaffold::skeleton::{Skeleton, kinds_with_common_properties};
use moorline::schema::model::Model;
use moorline::schema::types::GraphVersion;

use crate::samples::{self, SECRET};
use crate::support::{Workspace, repository};

fn skeleton(kind: &Kind) -> String {
    let display_name = words_of(kind);
    let place = ManifestPlace::of(kind, &display_name);
    Skeleton::of(kind).expect("the kind has a type").text(&place.name, &display_name)
}

/// Makes a tenant with a file of each creatable kind.
fn estate(text: impl Fn(&Kind) -> String) -> (Workspace, usize) {
    let workspace = Workspace::tenant(&[]);
    workspace.seed(&samples::directory());
    let kinds = samples::creatable();
    for kind in &kinds {
        workspace.write(&format!("{}.yaml", kind.name), text(kind));
    }
    (workspace, kinds.len())
}

#[test]
fn skeleton_of_every_kind_is_created_as_it_is_and_plans_to_zero() {
    let (workspace, count) = estate(skeleton);
    let valid = workspace.run(&["validate", "--format", "json"]).expect(0).json();
    let warnings = valid["items"].as_array().expect("items");
    // That a kind is retired or closed is all there is to warn of.
    let others: Vec<_> =
        warnings.iter().filter(|finding| finding["code"] != "manifest/legacy-kind").collect();
    assert!(others.is_empty(), "{others:#?}");
    let secret = [(SECRET, "canary-a-sample")];
    workspace.run_with(&["apply", "--yes", "--sandbox=s.json", "--only", "*"], &secret).expect(0);
    let plan = workspace
        .run(&["plan", "--sandbox=s.json", "--detailed-exitcode", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(plan["summary"]["unchanged"], count, "{:#}", plan["summary"]);
}

/// Takes away the `#` of everything that a skeleton offers for `spec`, but for references, which need their target.
fn with_everything(text: &str) -> String {
    // A head of what is offered is the one comment that begins with a capital.
    let is_head = |line: &str| line.starts_with("  # The ");
    let is_offered = |line: &str| line.starts_with("  # ") && !is_head(line);
    let declared: Vec<&str> = text.lines().take_while(|line| !is_head(line)).collect();
    let declared = declared.join("\n");
    let offered = text.lines().filter(|line| is_offered(line) && !line.contains("$ref:"));
    let lines: Vec<String> = offered.map(|line| line.replacen("# ", "", 1)).collect();
    format!("{}\n{}\n", declared.trim_end(), lines.join("\n"))
}

#[test]
fn everything_that_a_skeleton_offers_is_valid() {
    let (workspace, _) = estate(|kind| with_everything(&skeleton(kind)));
    let payloads = repository().join("examples/contoso/payloads");
    for (from, to) in [
        ("contoso-root-ca.cer", "certificate.cer"),
        ("macos-login.mobileconfig", "profile.mobileconfig"),
    ] {
        std::fs::copy(payloads.join(from), workspace.file(to)).expect("it can be copied");
    }
    let run = workspace.run(&["validate", "--format", "json"]);
    let findings = run.json();
    let items = findings["items"].as_array().expect("items");
    let errors: Vec<_> = items.iter().filter(|finding| finding["severity"] == "error").collect();
    assert!(errors.is_empty(), "{} errors: {errors:#?}", errors.len());
}

#[test]
fn skeleton_names_every_property_that_a_manifest_may_declare() {
    for kind in samples::creatable() {
        let text = skeleton(&kind);
        let structure = Model::of(kind.versions[0]).get(&kind.name).expect("it is a type");
        let has = |name: &str| {
            let mut lines = text.lines().map(|line| line.trim_start_matches(['#', ' ']));
            lines.any(|line| line.starts_with(&format!("{name}:")))
        };
        for property in structure.properties.values() {
            let is_expected = samples::is_declarable(property) && property.facts.mirrors.is_none();
            assert!(!is_expected || has(&property.name), "{}.{}", kind.name, property.name);
        }
    }
}

#[test]
fn table_of_common_properties_names_kinds_and_properties_that_there_are() {
    let model = Model::of(GraphVersion::Beta);
    for (kind, properties) in kinds_with_common_properties() {
        let structure = model.get(kind).expect(kind);
        for property in properties {
            assert!(structure.properties.contains_key(property), "{kind}.{property}");
        }
        assert!(moorline::kinds::family_of(kind).is_some(), "{kind}");
    }
}

#[test]
fn skeleton_that_declares_no_property_or_lacks_what_is_needed_says_that_it_does_nothing() {
    let (mut bare, mut hinted) = (0, 0);
    for kind in samples::creatable() {
        let text = skeleton(&kind);
        let (_, spec) = text.split_once("\nspec:\n").expect("a spec");
        let is_declared =
            |line: &&str| line.starts_with("  ") && line.as_bytes()[2].is_ascii_lowercase();
        let declared = spec.lines().filter(is_declared).count();
        let says = text.contains("  # The object does nothing until a property is declared");
        let offers = text.contains("  # The object does nothing until this is declared");
        let has_rest = spec.lines().any(|line| line.starts_with("  # "));
        assert!(declared > 1 || says || offers || !has_rest, "{text}");
        assert!(!(says && declared > 1), "{text}");
        bare += usize::from(says);
        hinted += usize::from(offers);
    }
    assert!(bare <= 10, "{bare} kinds begin with nothing");
    assert!(hinted >= 20, "{hinted} kinds offer what they need");
}

#[test]
fn skeleton_has_what_is_needed_then_what_is_common_and_the_rest_as_comments() {
    let workspace = Workspace::empty();
    let run = workspace.run(&["new", "iosWiFiConfiguration", "Office", "--print"]).expect(0);
    assert_snapshot!(run.stdout, @"
    # Wi-Fi (ios): https://learn.microsoft.com/intune/device-configuration/templates/ref-wifi-settings-apple
    apiVersion: graph.microsoft.com/beta
    kind: iosWiFiConfiguration
    metadata:
      name: office
    spec:
      displayName: Office
      connectAutomatically: true  # true | false
      networkName: Office
      ssid: Office
      wiFiSecurityType: open  # open | wpaPersonal | wpaEnterprise | wep | wpa2Personal | wpa2Enterprise | wpa3Personal
      # The rest, left alone until it is declared: take the `#` away to set it.
      # connectWhenNetworkNameIsHidden: true  # true | false
      # description: text
      # deviceManagementApplicabilityRuleDeviceMode:
      #   deviceMode: standardConfiguration  # standardConfiguration | sModeConfiguration
      #   name: text
      #   ruleType: include  # include | exclude
      # deviceManagementApplicabilityRuleOsEdition:
      #   name: text
      #   osEditionTypes: [windows10Enterprise]  # windows10Enterprise | windows10EnterpriseN | windows10Education | windows10EducationN | windows10MobileEnterprise | windows10HolographicEnterprise | windows10Professional | windows10ProfessionalN | windows10ProfessionalEducation | windows10ProfessionalEducationN | windows10ProfessionalWorkstation | windows10ProfessionalWorkstationN | notConfigured | windows10Home | windows10HomeChina | windows10HomeN | … (4 more)
      #   ruleType: include  # include | exclude
      # deviceManagementApplicabilityRuleOsVersion:
      #   maxOSVersion: text
      #   minOSVersion: text
      #   name: text
      #   ruleType: include  # include | exclude
      # disableMacAddressRandomization: true  # true | false
      # preSharedKey: { $env: PRE_SHARED_KEY }  # a secret, from the environment
      # proxyAutomaticConfigurationUrl: text
      # proxyManualAddress: text
      # proxyManualPort: 1  # a number
      # proxySettings: manual  # none | manual | automatic
      # roleScopeTagIds: [Default]  # a scope tag, by name or id
    # Without `assignments:` they are left alone. A list is exactly what is assigned:
    # assignments:
    #   - group: NAME
    #     filter: { include: FILTER }
    #   - excludeGroup: NAME
    #   - allDevices: true
    ");
    let dash = workspace.run(&["new", "ioswificonfiguration", "-"]).expect(0).stdout;
    assert!(dash.contains("\n  name: ios-wi-fi-configuration\n"), "{dash}");
    assert_eq!(std::fs::read_dir(workspace.path()).expect("a folder").count(), 0);
}

#[test]
fn manifest_is_written_where_the_tenant_reads_it_and_never_over_another() {
    let workspace = Workspace::tenant(&[]);
    let new = |arguments: &[&str]| workspace.run(&[&["new"], arguments].concat());
    let run = new(&["iosCustomConfiguration", "Office Wi-Fi"]).expect(0);
    assert_eq!(run.stdout, "policies/ios/custom/office-wi-fi.yaml\n");
    assert!(run.stderr.contains("now names the folder policies"), "{}", run.stderr);
    workspace.run(&["validate"]).expect(0);
    let taken = new(&["iosCustomConfiguration", "office wi-fi"]).expect(1);
    assert_snapshot!(taken.stderr, @"
    error[new/exists]: `iosCustomConfiguration/office-wi-fi` is declared already, at policies/ios/custom/office-wi-fi.yaml:2

    hint: Give another NAME, or edit that manifest.
    ");
    workspace.write("other.yaml", "mine");
    workspace.write("policies/ios/custom/mine.yaml", "# mine\n");
    let taken = new(&["iosCustomConfiguration", "Mine"]).expect(1);
    assert!(
        taken.stderr.contains("`policies/ios/custom/mine.yaml` is there already"),
        "{}",
        taken.stderr
    );
    new(&["deviceRegistrationPolicy"]).expect(0);
    let second = new(&["deviceRegistrationPolicy", "Other"]).expect(1);
    assert!(second.stderr.contains("A tenant has one"), "{}", second.stderr);
    let manifest = "policies/ios/custom/office-wi-fi.yaml";
    workspace.edit("moorline.yaml", "[policies]", &format!("[{manifest}]"));
    let unread = new(&["iosCustomConfiguration", "Unread"]).expect(0);
    assert!(unread.stderr.starts_with("warning: `spec.manifests` "), "{}", unread.stderr);
}

#[test]
fn manifest_is_written_into_the_folder_that_an_import_writes_into() {
    for (manifests, folder) in [
        ("[.]", "policies/"),
        ("[\"**\"]", "policies/"),
        ("[mine.yaml, ./estate/]", "estate/"),
        ("[\"estate/**/*.yaml\"]", "estate/"),
    ] {
        let workspace = Workspace::tenant(&[]);
        workspace.edit("moorline.yaml", "spec:\n", &format!("spec:\n  manifests: {manifests}\n"));
        let run = workspace.run(&["new", "iosCustomConfiguration", "Office"]).expect(0);
        assert_eq!(run.stdout, format!("{folder}ios/custom/office.yaml\n"), "{manifests}");
        assert!(!run.stderr.contains("warning"), "{manifests}: {}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn nothing_is_written_outside_the_folder_of_the_tenant() {
    let elsewhere = Workspace::empty();
    let absolute = elsewhere.path().display().to_string();
    for (manifests, why) in [
        ("../outside", "not below the folder"),
        ("a/../../outside", "not below the folder"),
        (absolute.as_str(), "not below the folder"),
        ("link", "leads out of the folder"),
    ] {
        let workspace = Workspace::empty();
        let tenant = Workspace::tenant(&[]);
        let text = std::fs::read_to_string(tenant.file("moorline.yaml")).expect("a tenant file");
        let text = text.replace("spec:\n", &format!("spec:\n  manifests: [{manifests}]\n"));
        workspace.write("tenant/moorline.yaml", text);
        std::os::unix::fs::symlink(elsewhere.path(), workspace.file("tenant/link"))
            .expect("a link");
        let new = ["new", "iosCustomConfiguration", "Office", "--tenant", "tenant"];
        let run = workspace.run(&new).expect(1);
        assert!(run.stderr.contains(why), "{manifests}: {}", run.stderr);
        let import = workspace.run(&["import", "tenant", "--sandbox"]);
        assert_ne!(import.code, 0, "{manifests}: {}", import.stderr);
        assert!(!workspace.file("outside").exists(), "{manifests}");
        assert_eq!(std::fs::read_dir(elsewhere.path()).expect("a folder").count(), 0);
    }
}

#[test]
fn wrong_kind_names_those_that_are_near() {
    let workspace = Workspace::empty();
    for (kind, says) in [
        ("windowsUpdateForBusiness", "Did you mean `windowsUpdateForBusinessConfiguration`?"),
        ("iosWifiConfigurations", "Did you mean `iosWiFiConfiguration`?"),
        ("vpn", "kinds have that in a name, such as `"),
        ("delivery optimization", "Did you mean `windowsDeliveryOptimizationConfiguration`?"),
        ("groupPolicyConfiguration", "Moorline covers "),
        ("androidForWorkWiFiConfiguration", "`moorline new androidWorkProfileWiFiConfiguration`"),
        ("zzz", "`moorline kinds` lists the kinds."),
    ] {
        let run = workspace.run(&["new", kind]).expect(64);
        assert!(run.stderr.contains(says), "{kind}: {}", run.stderr);
    }
}
