//! What a plan warns of, though nothing keeps it from being applied.

use serde_json::{Value, json};

use crate::support::Workspace;

const CUSTOM: &str = "macOSCustomConfiguration";

const GROUPS: [(&str, &str); 3] = [
    ("Lisbon", "11111111-0000-4000-8000-000000000001"),
    ("Porto", "11111111-0000-4000-8000-000000000002"),
    ("Faro", "11111111-0000-4000-8000-000000000003"),
];

fn id(number: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{number:02}")
}

fn seed(workspace: &Workspace, objects: &[Value]) {
    let groups = GROUPS.map(|(name, id)| json!({ "id": id, "displayName": name }));
    workspace.seed(&json!({ "deviceConfigurations": objects, "groups": groups }));
}

fn warnings(workspace: &Workspace) -> Vec<String> {
    let plan = workspace.run(&["plan", "--sandbox", "--format=json"]).expect(0).json();
    let warnings = plan["warnings"].as_array().cloned().unwrap_or_default();
    warnings.iter().map(|warning| warning.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn object_under_a_former_name_beside_the_renamed_one_is_named() {
    let manifest = |name: &str, display: &str, metadata: &str| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {CUSTOM}\nmetadata: {{ name: {name}{metadata} }}\nspec: {{ displayName: {display} }}\n"
        )
    };
    let live = |number: u8, name: &str| {
        json!({
            "@odata.type": format!("#microsoft.graph.{CUSTOM}"), "id": id(number), "displayName": name,
            "payloadName": "P", "payloadFileName": "p.mobileconfig", "payload": "PGE+",
        })
    };
    let former = ", formerly: [Dock, Old dock]";
    let dock = manifest("dock", "The dock", former);
    let workspace = Workspace::tenant(&[("dock.yaml", &dock)]);
    seed(&workspace, &[live(1, "The dock"), live(2, "Dock")]);
    let found = warnings(&workspace);
    let [warning] = &found[..] else { panic!("one warning: {found:?}") };
    for part in
        [&*format!("{CUSTOM}/dock: \"The dock\" ({})", id(1)), &format!("\"Dock\" ({})", id(2))]
    {
        assert!(warning.contains(part), "{warning}");
    }
    let text = workspace.run(&["plan", "--sandbox"]).expect(0).stdout;
    assert!(text.contains("\"Dock\""), "{text}");
    let drift = workspace.run(&["drift", "--sandbox", "--format=json"]).expect(0).json();
    assert_eq!(drift["warnings"].as_array().map(Vec::len), Some(1));

    // An object that another manifest manages is no leftover, nor is one of another type, nor what is renamed now.
    workspace.write("other.yaml", manifest("other", "Dock", ""));
    assert_eq!(warnings(&workspace), [""; 0]);
    std::fs::remove_file(workspace.file("other.yaml")).expect("there");
    seed(&workspace, &[live(2, "Dock")]);
    assert_eq!(warnings(&workspace), [""; 0]);
    let other = json!({
        "@odata.type": "#microsoft.graph.macOSCustomAppConfiguration", "id": id(2), "displayName": "Dock",
    });
    seed(&workspace, &[live(1, "The dock"), other]);
    assert_eq!(warnings(&workspace), [""; 0]);
}

/// Returns the warnings about a Wi-Fi profile and the root certificate that it refers to, assigned so.
fn apart(profile: &str, root: &str) -> Vec<String> {
    let root = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: macOSTrustedRootCertificate\nmetadata: {{ name: root }}\nspec: {{ displayName: Root, certFileName: r.cer, trustedRootCertificate: MAA= }}\n{root}"
    );
    let profile = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: macOSScepCertificateProfile\nmetadata: {{ name: scep }}\nspec: {{ displayName: Scep, rootCertificate: {{ $ref: root }} }}\n{profile}"
    );
    let workspace = Workspace::tenant(&[("root.yaml", &root), ("scep.yaml", &profile)]);
    seed(&workspace, &[]);
    warnings(&workspace)
}

#[test]
fn certificate_profile_that_reaches_more_than_its_root_is_named() {
    let groups = |names: &[&str]| {
        let list: Vec<String> = names.iter().map(|name| format!("{{ group: {name} }}")).collect();
        format!("assignments: [{}]\n", list.join(", "))
    };
    let found = apart(&groups(&["Lisbon", "Porto"]), &groups(&["Porto", "Faro"]));
    assert_eq!(
        found,
        [
            "macOSScepCertificateProfile/scep: it reaches devices that macOSTrustedRootCertificate/root, to which `rootCertificate` refers, does not reach: group Lisbon. A device cannot use the one without the other: assign macOSTrustedRootCertificate/root there also."
        ]
    );
    assert_eq!(apart(&groups(&["Lisbon"]), "assignments: []\n").len(), 1);
    assert_eq!(apart("assignments: [{ allDevices: true }]\n", &groups(&["Faro"])).len(), 1);
    let narrowed = "assignments: [{ group: Lisbon }, { excludeGroup: Porto }]\n";
    assert_eq!(apart(&groups(&["Lisbon"]), narrowed).len(), 1);

    let everywhere = "assignments: [{ allDevices: true }]\n";
    for (profile, root) in [
        (&*groups(&["Lisbon"]), &*groups(&["Lisbon", "Faro"])),
        (&groups(&["Lisbon", "Porto"]), everywhere),
        ("", everywhere),
        ("assignments: []\n", ""),
        (narrowed, narrowed),
    ] {
        assert_eq!(apart(profile, root), [""; 0], "{profile} {root}");
    }
}

#[test]
fn collection_keeps_its_letters_until_it_is_sent() {
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {CUSTOM}\nmetadata: {{ name: dock }}\nspec: {{ displayName: Dock, payloadName: P, payloadFileName: p.mobileconfig, payload: PGE+ }}\nassignments:\n  - target: {{ \"@odata.type\": \"#microsoft.graph.configurationManagerCollectionAssignmentTarget\", collectionId: Lis0002F }}\n"
    );
    let workspace = Workspace::tenant(&[("dock.yaml", &manifest)]);
    let text = workspace.run(&["plan", "--sandbox=s.json"]).expect(0).stdout;
    assert!(text.contains("Configuration Manager collection Lis0002F"), "{text}");
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let state = workspace.json("s.json").to_string();
    assert!(state.contains("Lis0002F") && !state.contains("lis0002f"), "{state}");
    // The service may write it in other letters.
    workspace.edit("s.json", "Lis0002F", "LIS0002F");
    workspace.run(&["plan", "--sandbox=s.json", "--detailed-exitcode"]).expect(0);
}
