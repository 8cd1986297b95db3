use std::io::Cursor;

use insta::assert_snapshot;

use super::*;
use crate::definitions::CatalogueWriter;
use crate::diagnostic::Sources;

/// Returns a catalogue of one setting of each kind.
fn catalogue() -> SettingCatalogue {
    let odata = |name: &str| format!("#microsoft.graph.deviceManagementConfiguration{name}");
    let simple = |id: &str, collection: &str, value: &str, secret: bool| {
        json!({
            "@odata.type": odata(&format!("SimpleSetting{collection}Definition")), "id": id, "displayName": id.to_uppercase(),
            "valueDefinition": { "@odata.type": odata(&format!("{value}SettingValueDefinition")), "isSecret": secret },
        })
    };
    let choice = |id: &str, collection: &str| {
        let option = |item: &str, name: &str| json!({ "itemId": item, "displayName": name });
        json!({
            "@odata.type": odata(&format!("ChoiceSetting{collection}Definition")), "id": id, "displayName": id.to_uppercase(),
            "options": [option(&format!("{id}_0"), "Block"), option(&format!("{id}_1"), "Allow"), option("apart", "Apart")],
        })
    };
    let mut writer = CatalogueWriter::default();
    for definition in [
        choice("mode", ""),
        choice("modes", "Collection"),
        simple("age", "", "Integer", false),
        simple("ages", "Collection", "Integer", false),
        simple("text", "", "String", false),
        simple("texts", "Collection", "String", false),
        simple("key", "", "String", true),
        json!({ "@odata.type": odata("SettingGroupCollectionDefinition"), "id": "groups" }),
    ] {
        writer.add(&definition);
    }
    let bytes = writer.finish("today", "a test").expect("definitions came");
    SettingCatalogue::read(Cursor::new(bytes)).expect("a catalogue")
}

/// Returns the text with words, and the findings with the texts that they are about.
fn rewrite(text: &str) -> (String, Vec<String>) {
    let catalogue = catalogue();
    let words = |text: &str| {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text.to_owned());
        let parsed = parse(text, file);
        assert_eq!(parsed.errors, [], "{text}");
        (in_words(text, file, &parsed.documents, &catalogue), sources)
    };
    let (done, sources) = words(text);
    let shown = |finding: &Finding| {
        let place = finding.span.map(|span| sources.text(span).to_owned());
        format!("{} at `{}`", finding.code, place.unwrap_or_default())
    };
    let findings = done.findings.iter().map(shown).collect();
    let new = done.text.unwrap_or_else(|| text.to_owned());
    assert_eq!(words(&new).0.names, [], "a second run changes nothing");
    (new, findings)
}

const HEAD: &str = "kind: deviceManagementConfigurationPolicy\nspec:\n  settings:\n";

/// Rewrites settings of a policy, and returns them.
fn settings(lines: &str) -> String {
    let (new, findings) = rewrite(&format!("{HEAD}{lines}"));
    assert_eq!(findings, [""; 0]);
    new.strip_prefix(HEAD).expect("what stands before stays").to_owned()
}

#[test]
fn scalars_and_flow_lists_get_their_word_and_all_else_stays() {
    assert_snapshot!(settings(r#"    mode: Allow # by its name
    # above
    "age":   30   # years
    text: 'it''s'
    texts: [ one, "two, three", 1.10 ]
    ages: ["7", 8]
    modes: [Block, "1", apart]
    key: { $env: KEY }
    groups:
      groups:
        - mode: 1
          text: a, b
        - { mode: allow, age: "4" }
"#), @r#"
        mode: { choice: "1" } # by its name
        # above
        "age":   { integer: 30 }   # years
        text: { string: 'it''s' }
        texts: { strings: [ one, "two, three", "1.10" ] }
        ages: { integers: [7, 8] }
        modes: { choices: ["0", "1", { value: apart }] }
        key: { secret: { $env: KEY } }
        groups:
          groups:
            - mode: { choice: "1" }
              text: { string: "a, b" }
            - { mode: { choice: "1" }, age: { integer: 4 } }
    "#);
}

#[test]
fn lists_and_texts_of_several_lines_move_below_their_word() {
    assert_snapshot!(settings("    texts: # some
    # first
    - one
      # inside
    - two # last
    text: |
      a
        b

      c
    modes:
      - Allow
      - \"0\"
    key:
      $env: KEY
    age: 1
"), @r#"
        texts: # some
        # first
          strings:
          - one
            # inside
          - two # last
        text:
          string: |
            a
              b

            c
        modes:
          choices:
            - "1"
            - "0"
        key:
          secret:
            $env: KEY
        age: { integer: 1 }
    "#);
}

#[test]
fn lines_end_as_they_did() {
    let text = format!("{HEAD}    texts:\n      - one\n    mode: Allow\n").replace('\n', "\r\n");
    let (new, _) = rewrite(&text);
    assert!(!new.replace("\r\n", "").contains('\n'), "{new:?}");
    assert!(
        new.ends_with("strings:\r\n        - one\r\n    mode: { choice: \"1\" }\r\n"),
        "{new:?}"
    );
}

#[test]
fn settings_that_are_merged_and_those_that_an_overlay_takes_out_are_known() {
    let new = settings(
        "    $merge:\n      mode: Block\n      age: null\n      text: { $undeclare: true }\n",
    );
    assert_eq!(
        new,
        "    $merge:\n      mode: { choice: \"0\" }\n      age: null\n      text: { $undeclare: true }\n"
    );
}

#[test]
fn value_that_its_definition_does_not_allow_is_a_finding_and_the_others_are_rewritten() {
    let (new, findings) =
        rewrite(&format!("{HEAD}    mode: Forbid\n    age: old\n    none: 1\n    text: a\n"));
    assert_eq!(
        findings,
        [
            "definition/option at `Forbid`",
            "definition/word at `old`",
            "definition/unknown at `none`"
        ]
    );
    assert!(
        new.ends_with("mode: Forbid\n    age: old\n    none: 1\n    text: { string: a }\n"),
        "{new}"
    );
}

#[test]
fn anchors_and_other_kinds_stay() {
    let text = format!("{HEAD}    mode: &a Allow\n    text: *a\n");
    let (new, findings) = rewrite(&text);
    assert_eq!((new, findings.len()), (text, 1));
    assert!(findings[0].starts_with("fmt/reference"), "{findings:?}");
    let other = "kind: other\nspec:\n  settings:\n    mode: Allow\n";
    assert_eq!(rewrite(other), (other.to_owned(), Vec::new()));
}
