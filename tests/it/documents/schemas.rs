//! What is generated is what is committed. `cargo xtask schemas` regenerates it.

use std::path::PathBuf;

use moorline::cli::documents::DOCUMENTS;
use moorline::schema::semantics::Semantics;
use moorline::schema::types::{Category, GraphVersion, Types};

use crate::support::{Workspace, repository};

/// Compares a generated text with the committed file, or replaces the file where that is asked for.
fn is_committed(path: &str, generated: &str) {
    let file: PathBuf = repository().join(path);
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::create_dir_all(file.parent().expect("a file has a folder"))
            .expect("the folder can be made");
        std::fs::write(&file, generated).expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == generated, "{path} is not what is generated: run cargo xtask schemas");
}

#[test]
fn schemas_of_both_versions_are_generated_from_their_metadata_documents() {
    let workspace = Workspace::empty();
    for version in GraphVersion::ALL {
        let metadata = repository().join(format!("schemas/graph/{version}.csdl.xml"));
        let metadata = metadata.to_str().expect("the path is UTF-8");
        let arguments =
            ["schema", "generate", "--metadata", metadata, "--graph-version", version.as_str()];
        workspace.run(&[&arguments[..], &["--output", "out.json"]].concat()).expect(0);
        let generated =
            std::fs::read_to_string(workspace.file("out.json")).expect("the schema was written");
        is_committed(&format!("schemas/graph/{version}.json"), &generated);
    }
}

#[test]
fn the_editor_schema_is_generated() {
    let workspace = Workspace::empty();
    workspace.run(&["schema", "--editor", "manifest.json"]).expect(0);
    let generated =
        std::fs::read_to_string(workspace.file("manifest.json")).expect("the schema was written");
    is_committed("schemas/manifest.json", &generated);
    let schema: serde_json::Value = serde_json::from_str(&generated).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let manifest = |kind: &str, spec: serde_json::Value| serde_json::json!({ "apiVersion": "graph.microsoft.com/beta", "kind": kind, "metadata": { "name": "x" }, "spec": spec });
    let wifi = "windowsWifiConfiguration";
    assert!(
        validator
            .is_valid(&manifest(wifi, serde_json::json!({ "preSharedKey": { "$env": "KEY" } })))
    );
    assert!(!validator.is_valid(&manifest(wifi, serde_json::json!({ "preSharedKeys": "x" }))));
    assert!(!validator.is_valid(&manifest("windowsWiFi", serde_json::json!({}))));
    let refers = |reference: serde_json::Value| {
        let spec = serde_json::json!({ "rootCertificate": reference });
        validator.is_valid(&manifest("windows81SCEPCertificateProfile", spec))
    };
    for good in [
        serde_json::json!(null),
        serde_json::json!({ "$ref": "root" }),
        serde_json::json!({ "$ref": { "id": "1" } }),
        serde_json::json!({ "$ref": { "displayName": "Root", "kind": "x" } }),
    ] {
        assert!(refers(good));
    }
    for bad in [
        serde_json::json!("root"),
        serde_json::json!([{ "$ref": "root" }]),
        serde_json::json!({ "$ref": {} }),
    ] {
        assert!(!refers(bad));
    }
}

#[test]
fn editors_know_the_settings_of_a_policys_platform_where_there_is_a_catalogue() {
    let workspace = Workspace::tenant(&[]);
    workspace.run(&["catalog", "refresh", "--sandbox"]).expect(0);
    let run = workspace.run(&["schema", "--editor", "e.json"]).expect(0);
    assert!(run.stderr.contains("settings of moorline.catalog"), "{}", run.stderr);
    let text = std::fs::read_to_string(workspace.file("e.json")).expect("the schema was written");
    let schema: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let is_valid = |platforms: &str, settings: serde_json::Value| {
        validator.is_valid(&serde_json::json!({
            "apiVersion": "graph.microsoft.com/beta", "kind": "deviceManagementConfigurationPolicy",
            "metadata": { "name": "x" },
            "spec": { "name": "X", "platforms": platforms, "technologies": "mdm", "settings": settings },
        }))
    };
    let pua = |setting: serde_json::Value| serde_json::json!({ "device_vendor_msft_policy_config_defender_puaprotection": setting });
    let timeout = |number: i64| serde_json::json!({ "device_vendor_msft_policy_config_defender_cloudextendedtimeout": { "integer": number } });
    let right = pua(serde_json::json!({ "choice": "1" }));
    assert!(is_valid("windows10", right.clone()));
    assert!(is_valid("windows10", pua(serde_json::json!("Audit mode"))));
    assert!(is_valid("windows10", serde_json::json!({ "$merge": right })));
    assert!(is_valid("windows10", serde_json::json!({ "$raw": [] })));
    assert!(is_valid("windows10", timeout(50)));
    assert!(!is_valid("windows10", timeout(51)));
    assert!(!is_valid("windows10", pua(serde_json::json!({ "choice": "7" }))));
    assert!(!is_valid("macOS", right.clone()));
    assert!(is_valid("windows10,macOS", right.clone()), "of several platforms, any");
    assert!(is_valid("linux", right), "the catalogue has none of this platform");
    assert!(!is_valid("linux", serde_json::json!({ "x": { "choise": "1" } })));
    workspace.run(&["schema", "--editor", "e.json", "--catalog", "none.catalog"]).expect(1);
}

#[test]
fn the_schema_of_a_kind_says_how_references_are_written() {
    let of = |kind: &str| Workspace::empty().run(&["schema", kind]).expect(0).json();
    let wired = of("windowsWiredNetworkConfiguration");
    let roots =
        "/$defs/windowsWiredNetworkConfiguration/properties/rootCertificatesForServerValidation";
    let roots = wired.pointer(roots).expect("the property");
    assert_eq!(roots["items"]["$ref"], "#/$defs/reference");
    assert!(wired["$defs"]["reference"]["properties"]["$ref"].is_object());
    assert!(of("sharedPCConfiguration")["$defs"].get("reference").is_none());
}

#[test]
fn the_schemas_of_our_own_documents_are_generated() {
    for document in &DOCUMENTS {
        let run = Workspace::empty().run(&["schema", "--document", document.name]).expect(0);
        is_committed(&format!("schemas/moorline/{}.json", document.name), &run.stdout);
        jsonschema::meta::validate(&run.json())
            .unwrap_or_else(|error| panic!("{}: {error}", document.name));
    }
}

#[test]
fn properties_of_both_versions_have_the_same_constraints() {
    let [beta, v1] = GraphVersion::ALL.map(Types::of);
    let mut shared = 0;
    for name in v1.names() {
        let (Some(old), Some(new)) = (v1.get(name), beta.get(name)) else {
            continue;
        };
        if old.category == Category::Enum {
            continue;
        }
        for property in &old.properties {
            let Some(twin) = new.property(&property.name) else {
                continue;
            };
            shared += 1;
            let of = |p: &moorline::schema::types::Property| p.annotated.or(p.curated);
            assert_eq!(of(property), of(twin), "{name}.{}", property.name);
        }
    }
    assert!(shared > 900, "{shared} properties are shared");
}

#[test]
fn every_curated_fact_is_about_a_property_that_exists() {
    for (owner, property) in Semantics::built_in().facts.keys() {
        let declared = GraphVersion::ALL
            .into_iter()
            .filter_map(|version| Types::of(version).get(owner))
            .any(|def| def.property(property).is_some_and(|p| p.declared_in == *owner));
        assert!(declared, "{owner}.{property}");
    }
}
