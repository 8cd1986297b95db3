//! `render`: the manifests as they count.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Workspace;

const BASE: &str = "apiVersion: graph.microsoft.com/beta
kind: windows10CustomConfiguration
metadata: { name: custom, protect: true }
spec:
  displayName: Custom
  description: From the base
  omaSettings:
    - '@odata.type': '#microsoft.graph.omaSettingString'
      displayName: Key
      omaUri: ./Device/Key
      value: { $env: OMA_KEY }
    - '@odata.type': '#microsoft.graph.omaSettingStringXml'
      displayName: Layout
      omaUri: ./Device/Layout
      value: { $file: ./layout.xml }
assignments:
  - { group: Pilot, filter: { include: Corporate } }
  - allUsers: true
";

const OVERLAY: &str = "apiVersion: graph.microsoft.com/beta
kind: windows10CustomConfiguration
metadata: { name: custom }
spec:
  description: From the tenant
  roleScopeTagIds: [Default, Europe]
";

fn tenant() -> Workspace {
    let workspace = Workspace::tenant(&[("policies/custom.yaml", OVERLAY)]);
    workspace.write("base/custom.yaml", BASE);
    workspace.write("base/layout.xml", "<a>\n  <b/>\n</a>\n");
    workspace.edit("moorline.yaml", "spec:\n", "spec:\n  base: [base]\n  manifests: [policies]\n");
    workspace
}

#[test]
fn each_value_has_the_place_that_it_comes_from() {
    let run = tenant().run(&["render"]).expect(0);
    assert_snapshot!(run.stdout, @r##"
    # Rendered by `moorline render`, which overwrites this file: edit the manifests instead.
    apiVersion: graph.microsoft.com/beta
    kind: windows10CustomConfiguration  # policies/custom.yaml:2
    metadata:
      name: custom
      protect: true
    spec:
      displayName: Custom  # base/custom.yaml:5
      description: From the tenant  # policies/custom.yaml:5
      omaSettings:
        - "@odata.type": "#microsoft.graph.omaSettingString"  # base/custom.yaml:8
          displayName: Key  # base/custom.yaml:9
          omaUri: ./Device/Key  # base/custom.yaml:10
          value: { $env: OMA_KEY }  # base/custom.yaml:11
        - "@odata.type": "#microsoft.graph.omaSettingStringXml"  # base/custom.yaml:12
          displayName: Layout  # base/custom.yaml:13
          omaUri: ./Device/Layout  # base/custom.yaml:14
          value:  # base/custom.yaml:15
            $text: |
              <a>
                <b/>
              </a>
      roleScopeTagIds: [Default, Europe]  # policies/custom.yaml:6
    assignments:
      - { group: Pilot, filter: { include: Corporate } }  # base/custom.yaml:17
      - { allUsers: true }  # base/custom.yaml:18
    "##);
}

#[test]
fn json_has_the_manifest_and_the_places_by_pointer() {
    let document = tenant().run(&["render", "--format", "json"]).expect(0).json();
    assert_eq!(document["kind"], "manifests");
    let item = &document["items"][0];
    assert_eq!(item["address"], "windows10CustomConfiguration/custom");
    assert_eq!(item["manifest"]["spec"]["description"], "From the tenant");
    let place = |pointer: &str| item["places"][pointer].clone();
    assert_eq!(
        place("/spec/description"),
        json!({ "file": "policies/custom.yaml", "line": 5, "column": 16 })
    );
    assert_eq!(place("/spec/omaSettings/0/value")["file"], "base/custom.yaml");
    assert_eq!(place("/assignments/1")["line"], 18);
}

#[test]
fn secret_in_a_payload_is_not_printed() {
    let workspace = tenant();
    let layout = "<a><Password>canary-in-a-payload</Password></a>";
    workspace.write("base/layout.xml", layout);
    let run = workspace.run(&["render"]).expect(0);
    assert!(run.stdout.contains("Layout"), "{}", run.stdout);
    let run = workspace.run(&["render", "--format", "json"]).expect(0);
    assert!(run.stdout.contains("Layout"), "{}", run.stdout);
}

#[test]
fn rendered_example_is_valid_and_plans_the_same() {
    let example = Workspace::example("contoso");
    let rendered = example.run(&["render"]).expect(0).stdout;
    assert_eq!(rendered.split("\n---\n").count(), 31);
    let digest = |workspace: &Workspace| {
        let plan = workspace.run(&["plan", "--sandbox", "--format", "json"]).expect(0).json();
        plan["digest"].clone()
    };
    let before = digest(&example);
    example.write("rendered/all.yaml", rendered);
    example.edit("moorline.yaml", "manifests: [policies]", "manifests: [rendered]");
    example.edit("moorline.yaml", "base: [base]", "base: []");
    example.edit(
        "moorline.yaml",
        "exclude: [windows10TeamGeneralConfiguration/meeting-rooms]",
        "exclude: []",
    );
    assert_eq!(digest(&example), before);
}

#[test]
fn one_manifest_or_one_file_is_rendered_alone_and_invalid_ones_are_refused() {
    let workspace = tenant();
    workspace.write("policies/other.yaml", "apiVersion: graph.microsoft.com/beta\nkind: iosCustomConfiguration\nmetadata: { name: other }\nspec: { displayName: Other, payloadName: Other }\n");
    let only = workspace.run(&["render", "--only", "*/other"]).expect(0).stdout;
    let file = workspace.run(&["render", "policies/other.yaml"]).expect(0).stdout;
    assert_eq!(only, file);
    assert_snapshot!(only, @"
    # Rendered by `moorline render`, which overwrites this file: edit the manifests instead.
    apiVersion: graph.microsoft.com/beta
    kind: iosCustomConfiguration  # policies/other.yaml:2
    metadata:
      name: other
    spec:
      displayName: Other
      payloadName: Other
    ");
    workspace.edit("policies/other.yaml", "payloadName", "payloadname");
    let run = workspace.run(&["render"]).expect(3);
    assert!(run.stderr.contains("did you mean `payloadName`?"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn rendered_file_is_overwritten_and_other_manifests_are_not() {
    let workspace = tenant();
    let render = ["render", "--output", "rendered.yaml"];
    workspace.run(&render).expect(0);
    let read = || std::fs::read_to_string(workspace.file("rendered.yaml")).expect("it is read");
    let before = read();
    workspace.edit("base/custom.yaml", "displayName: Custom", "displayName: Other");
    workspace.run(&render).expect(0);
    assert_eq!(read(), before.replace("displayName: Custom", "displayName: Other"));
    workspace.write("rendered.yaml", format!("# mine\n{before}"));
    let run = workspace.run(&render).expect(1);
    assert_snapshot!(run.stderr, @"
    error[output/manifest]: `rendered.yaml` is a manifest or a tenant file, which a result would overwrite

    hint: Name another file. Only a file whose first line is that of `moorline render` is overwritten.
    ");
    assert_eq!(read(), format!("# mine\n{before}"));
}
