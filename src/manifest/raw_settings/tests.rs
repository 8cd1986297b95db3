use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::diagnostic::Sources;
use crate::settings_catalog::testing;

fn uncommented(_: &str, _: &Json) -> Option<String> {
    None
}

/// Returns the text after its lists were rewritten, and the findings with the texts that they are about.
fn rewrite(text: &str) -> (String, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", text.to_owned());
    let parsed = parse(text, file);
    assert_eq!(parsed.errors, [], "{text}");
    let new = rewritten(text, file, &parsed.documents, &uncommented);
    let shown = |finding: &Finding| {
        let place = finding
            .span
            .map(|span| sources.text(span).lines().next().unwrap_or_default().to_owned());
        format!("{} at `{}`", finding.code, place.unwrap_or_default())
    };
    let findings = new.findings.iter().map(shown).collect();
    let mut again = Sources::default();
    let file = again.add("a.yaml", new.text.clone());
    let documents = parse(&new.text, file).documents;
    let twice = rewritten(&new.text, file, &documents, &uncommented);
    assert_eq!(
        (twice.text, twice.lists),
        (new.text.clone(), Vec::new()),
        "a second run changes nothing"
    );
    (new.text, findings)
}

const CHOICE: &str = "'#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance'";

fn policy(settings: &str) -> String {
    let settings = settings.replace("CHOICE", CHOICE);
    format!(
        "apiVersion: graph.microsoft.com/beta\nkind: deviceManagementConfigurationPolicy\nmetadata: {{ name: a }} # kept\nspec:\n  name: A   # kept too\n{settings}"
    )
}

const ONE: &str = "  settings:\n    - id: \"0\"\n      settingInstance:\n        '@odata.type': CHOICE\n        settingDefinitionId: b\n        choiceSettingValue: { value: b_1 }\n";

#[test]
fn list_becomes_a_map_and_the_rest_of_the_file_stays() {
    let text = policy(
        "  settings: # from the portal
  # above the list
  - id: '0' # first
    settingInstance:
      '@odata.type': CHOICE
      settingDefinitionId: z
      # inside
      choiceSettingValue:
        value: z_1 # the value
  # before the second
  - id: '1'
    settingInstance:
      '@odata.type': CHOICE
      settingDefinitionId: a
      choiceSettingValue: { value: \"a_#2\" } # last
  # after the list
  platforms: windows10
assignments: []
---
kind: other
spec: { settings: [1] }
---
kind: deviceManagementConfigurationPolicy
spec:
  settings:   [ ]
",
    );
    let (new, findings) = rewrite(&text);
    assert_eq!(findings, Vec::<String>::new());
    assert_snapshot!(new, @r##"
    apiVersion: graph.microsoft.com/beta
    kind: deviceManagementConfigurationPolicy
    metadata: { name: a } # kept
    spec:
      name: A   # kept too
      settings: # from the portal
      # above the list
        # before the second
        # last
        a: { choice: "#2" }
        # first
        # inside
        # the value
        z: { choice: "1" }
      # after the list
      platforms: windows10
    assignments: []
    ---
    kind: other
    spec: { settings: [1] }
    ---
    kind: deviceManagementConfigurationPolicy
    spec:
      settings: {}
    "##);
}

#[test]
fn json_within_yaml_and_any_indentation_are_rewritten() {
    for (settings, expected) in [
        (ONE.to_owned(), "  settings:\n    b: { choice: \"1\" }\n"),
        (ONE.trim_end().to_owned(), "  settings:\n    b: { choice: \"1\" }"),
        (ONE.replace("\n    ", "\n  "), "  settings:\n    b: { choice: \"1\" }\n"),
        (ONE.replace("\n    ", "\n          "), "  settings:\n    b: { choice: \"1\" }\n"),
        (
            "  settings: [{ \"settingInstance\": { \"@odata.type\": CHOICE, \"settingDefinitionId\": \"b\",\n  \"choiceSettingValue\": { \"value\": \"b_1\", \"children\": [] } } }]  # all\n  z: 1\n".to_owned(),
            "  settings:\n    # all\n    b: { choice: \"1\" }\n  z: 1\n",
        ),
        (
            "  \"settings\":\n    [\n      # c\n      { settingInstance: { '@odata.type': CHOICE, settingDefinitionId: b, choiceSettingValue: { value: b_1 } } }\n    ]\n".to_owned(),
            "  \"settings\":\n    # c\n    b: { choice: \"1\" }\n",
        ),
    ] {
        let (new, findings) = rewrite(&policy(&settings));
        assert_eq!((new, findings), (policy(expected), Vec::new()), "{settings}");
    }
}

#[test]
fn line_ends_stay() {
    let (new, findings) = rewrite(&policy(ONE).replace('\n', "\r\n"));
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(new, policy("  settings:\n    b: { choice: \"1\" }\n").replace('\n', "\r\n"));
}

#[test]
fn list_that_cannot_be_rewritten_stays_and_others_are() {
    let fine = policy(ONE);
    for (settings, finding) in [
        ("  settings: &all []\n", "fmt/reference at `[`"),
        ("  base: &all []\n  settings: *all\n", "fmt/reference at `*all`"),
        ("  settings:\n    - settingInstance: &one {}\n", "fmt/reference at `{`"),
        (
            "  settings:\n    - settingInstance: { settingDefinitionId: !!str x }\n",
            "fmt/reference at `x`",
        ),
        ("  settings:\n    - b: { choice: x }\n", "settings/raw at `b: { choice: x }`"),
        ("  settings:\n    - one\n", "settings/raw at `one`"),
    ] {
        let text = policy(settings);
        let text = format!("{text}---\n{fine}");
        let (new, findings) = rewrite(&text);
        assert_eq!(findings, [finding], "{settings}");
        assert_eq!(
            new,
            text.replace(&ONE.replace("CHOICE", CHOICE), "  settings:\n    b: { choice: \"1\" }\n")
        );
    }
    let json = "{ \"kind\": \"deviceManagementConfigurationPolicy\",\n  \"spec\": { \"settings\": [] } }\n";
    assert_eq!(rewrite(json), (json.to_owned(), vec!["fmt/flow at `\"settings\"`".to_owned()]));
    let flow = "kind: deviceManagementConfigurationPolicy\nspec: { settings: [], name: x }\n";
    assert_eq!(rewrite(flow), (flow.to_owned(), vec!["fmt/flow at `settings`".to_owned()]));
}

#[test]
fn level_without_a_map_keeps_its_comments_above_it() {
    let twice = format!("{ONE}{}", ONE.trim_start_matches("  settings:\n").replace("b_1", "b_2"));
    let text = policy(&twice.replace("id: \"0\"", "id: \"0\" # x"));
    let (new, findings) = rewrite(&text);
    assert_eq!(findings, ["fmt/kept-raw at `settings`"]);
    let begins = policy("  settings:\n    # x\n    # x\n    $raw:\n      - settingInstance:\n");
    assert!(new.starts_with(&begins), "{new}");
}

#[test]
fn names_stand_behind_their_settings() {
    let text = policy(ONE);
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", text.clone());
    let documents = parse(&text, file).documents;
    let new = rewritten(&text, file, &documents, &|id, _| Some(format!("Name of {id}")));
    assert_eq!(new.text, policy("  settings:\n    b: { choice: \"1\" }  # Name of b\n"));
    assert_eq!(new.lists.len(), 1);
}

proptest! {
    #[test]
    fn any_list_says_the_same_in_the_readable_form(list in testing::settings(4), is_json: bool) {
        let settings = if is_json {
            format!(" {list}\n")
        } else {
            let raw = to_yaml(&json!({ "$raw": list }), 2, &uncommented);
            raw.replacen("\n  $raw:", "", 1)
        };
        let text = policy(&format!("  settings:{settings}  platforms: windows10 # last\n"));
        let (new, findings) = rewrite(&text);
        let is_raw = new.contains("$raw:");
        prop_assert_eq!(findings.len(), usize::from(is_raw), "{}", new);
        let document = parse(&new, Sources::default().next_id()).documents.remove(0);
        prop_assert_eq!(&document.to_json()["spec"]["settings"], &read(&list), "{}", text);
        prop_assert!(new.ends_with("  platforms: windows10 # last\n"));
    }
}
