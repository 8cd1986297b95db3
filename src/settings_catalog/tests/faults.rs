//! Faults of values: the places, the words, and helps that are accepted when they are followed.

use insta::assert_snapshot;

use super::*;

fn faults(value: Json) -> Vec<String> {
    let shown = |fault: &SettingFault| {
        let steps = fault.path.iter().map(|step| match step {
            SettingStep::Member(name) => name.clone(),
            SettingStep::Element(index) => index.to_string(),
        });
        let place =
            std::iter::once("settings".to_owned()).chain(steps).collect::<Vec<_>>().join("/");
        let name = if fault.is_of_name { " (name)" } else { "" };
        let near = fault.near.as_ref().map(|near| format!(" -> {near}")).unwrap_or_default();
        format!(
            "{place}{name} {}: {} | {}{near}",
            fault.code,
            fault.message,
            fault.help.as_deref().unwrap_or_default()
        )
    };
    check(&value).iter().map(shown).collect()
}

#[test]
fn forms_that_the_specification_shows_are_accepted() {
    for value in [
        json!({}),
        json!([]),
        json!({ "a": { "choice": "true" } }),
        json!({ "a": { "choice": "1", "children": { "b": { "integer": 30 } } } }),
        json!({ "a": { "groups": [{ "b": { "string": "x" }, "c": { "strings": ["x"] }, "d": { "secret": { "$env": "KEY" } } }] } }),
        json!({ "a": { "groups": [{ "$template": { "value": "v" } }] } }),
        json!({ "a": { "reference": { "$ref": { "displayName": "x" } }, "note": "n" } }),
        json!({ "a": { "values": [{ "secret": { "$withheld": true } }, { "reference": "x", "note": "n", "$template": { "value": "v", "useDefault": true } }] } }),
        json!({ "a": { "settingGroup": {} }, "b": { "settingGroups": [], "template": { "id": "i" } } }),
        json!({ "$raw": [{ "settingInstance": { "x": 1 } }] }),
        json!({ "a": { "group": { "$raw": [{ "settingDefinitionId": "x" }] } } }),
    ] {
        assert_eq!(faults(value), Vec::<String>::new());
    }
}

/// Wrong values, and each one as its help says.
fn wrong_and_right() -> Vec<(Json, Json)> {
    let of = |wrong: Json, right: Json| (json!({ "a": wrong }), json!({ "a": right }));
    vec![
        (json!("x"), json!({ "a": { "choice": "x" } })),
        (json!(null), json!({ "a": { "choice": "x" } })),
        of(json!("true"), json!({ "choice": "true" })),
        of(json!(30), json!({ "integer": 30 })),
        of(json!(["x"]), json!({ "strings": ["x"] })),
        of(json!({ "$env": "KEY" }), json!({ "secret": { "$env": "KEY" } })),
        (json!({ "a": null, "b": { "choice": "1" } }), json!({ "b": { "choice": "1" } })),
        of(json!({}), json!({ "groups": [] })),
        of(json!({ "children": {} }), json!({ "choice": "1", "children": {} })),
        of(json!({ "chioce": "1" }), json!({ "choice": "1" })),
        of(json!({ "Strings": ["1"] }), json!({ "strings": ["1"] })),
        of(json!({ "boolean": true }), json!({ "choice": "true" })),
        of(
            json!({ "choice": "1", "b_c": { "integer": 1 } }),
            json!({ "choice": "1", "children": { "b_c": { "integer": 1 } } }),
        ),
        of(json!({ "b_c": { "integer": 1 } }), json!({ "group": { "b_c": { "integer": 1 } } })),
        of(
            json!({ "@odata.type": CHOICE, "choiceSettingValue": { "value": "a_1" } }),
            json!({ "choice": "1", "children": { "$raw": [choice("a", "a_1", json!([]))] } }),
        ),
        of(json!({ "choice": "1", "integer": 1, "value": "x" }), json!({ "choice": "1" })),
        of(json!({ "integer": 1, "children": {} }), json!({ "integer": 1 })),
        of(
            json!({ "groups": [], "children": { "b": { "choice": "1" } } }),
            json!({ "groups": [{ "b": { "choice": "1" } }] }),
        ),
        of(
            json!({ "choice": "1", "children": [choice("b", "b_1", json!([]))] }),
            json!({ "choice": "1", "children": { "$raw": [choice("b", "b_1", json!([]))] } }),
        ),
        of(json!({ "string": "1", "note": "x" }), json!({ "string": "1" })),
        of(json!({ "choice": true }), json!({ "choice": "true" })),
        of(json!({ "string": null }), json!({ "string": "null" })),
        of(json!({ "integer": "30" }), json!({ "integer": 30 })),
        of(json!({ "integer": 1.5 }), json!({ "integer": 1 })),
        (json!({ "$merge": { "a": { "choice": "1" } } }), json!({ "a": { "choice": "1" } })),
        (json!({ "$template": {}, "a": { "choice": "1" } }), json!({ "a": { "choice": "1" } })),
        of(
            json!({ "group": { "$template": { "value": "x" } } }),
            json!({ "group": {}, "template": { "value": "x" } }),
        ),
        of(
            json!({ "groups": { "b": { "choice": "1" } } }),
            json!({ "groups": [{ "b": { "choice": "1" } }] }),
        ),
        of(json!({ "strings": "x" }), json!({ "strings": ["x"] })),
        of(
            json!({ "strings": [1, { "strng": "x" }, {}] }),
            json!({ "strings": ["1", { "string": "x" }, { "string": "" }] }),
        ),
        of(
            json!({ "strings": [{ "string": "x", "note": "n" }] }),
            json!({ "strings": [{ "string": "x" }] }),
        ),
        of(json!({ "integers": ["1"] }), json!({ "integers": [1] })),
        of(json!({ "values": ["1"] }), json!({ "values": [{ "string": "1" }] })),
        of(
            json!({ "choices": [{ "children": {} }] }),
            json!({ "choices": [{ "choice": "1", "children": {} }] }),
        ),
        (
            json!({ "$raw": { "settingInstance": {} } }),
            json!({ "$raw": [{ "settingInstance": {} }] }),
        ),
        (
            json!({ "$raw": [{ "settingInstance": choice("a", "a_1", json!([])) }], "b": { "choice": "1" } }),
            json!({ "a": { "choice": "1" }, "b": { "choice": "1" } }),
        ),
        (json!([{ "a": { "choice": "1" } }]), json!({ "a": { "choice": "1" } })),
        of(
            json!({ "group": { "$raw": ["x"] } }),
            json!({ "group": { "$raw": [{ "settingDefinitionId": "x" }] } }),
        ),
        of(
            json!({ "integer": 1, "template": { "ids": "x", "useDefault": true } }),
            json!({ "integer": 1, "template": { "id": "x", "useDefault": true, "value": "v" } }),
        ),
        of(
            json!({ "integer": 1, "template": "x" }),
            json!({ "integer": 1, "template": { "id": "x" } }),
        ),
        of(
            json!({ "strings": ["x"], "template": { "value": "v" } }),
            json!({ "strings": [{ "string": "x", "$template": { "value": "v" } }] }),
        ),
        of(
            json!({ "settingGroup": {}, "template": { "value": "v" } }),
            json!({ "settingGroup": {} }),
        ),
        of(
            json!({ "strings": [{ "string": "x", "template": { "value": "v" } }] }),
            json!({ "strings": [{ "string": "x", "$template": { "value": "v" } }] }),
        ),
        of(json!({ "secret": 1 }), json!({ "secret": { "$env": "KEY" } })),
        of(json!({ "secret": { "state": "x" } }), json!({ "secret": { "$env": "KEY" } })),
        of(
            json!({ "settingGroup": { "b": { "choice": "1" } } }),
            json!({ "group": { "b": { "choice": "1" } } }),
        ),
    ]
}

#[test]
fn help_is_accepted_when_followed() {
    for (wrong, right) in wrong_and_right() {
        assert_ne!(faults(wrong.clone()), Vec::<String>::new(), "{wrong}");
        assert!(write(&wrong).is_err(), "{wrong}");
        assert_eq!(faults(right.clone()), Vec::<String>::new(), "{right}");
        assert!(write(&right).is_ok(), "{right}");
    }
}

#[test]
fn faults_say_place_problem_and_remedy() {
    let all: Vec<String> =
        wrong_and_right().into_iter().flat_map(|(wrong, _)| faults(wrong)).collect();
    assert_snapshot!(all.join("\n"), @r#"
    settings settings/type: expected settings by their definition ids here, and this is text | write `DEFINITION_ID: { choice: … }`, one setting a line
    settings settings/type: expected settings by their definition ids here, and this is null | write `DEFINITION_ID: { choice: … }`, one setting a line
    settings/a settings/bare: a bare value does not say what kind of value it is | write `{ choice: … }`, `{ string: … }`, `{ integer: … }`, `{ secret: … }` or `{ strings: [ … ] }`
    settings/a settings/bare: a bare value does not say what kind of value it is | write `{ choice: … }`, `{ string: … }`, `{ integer: … }`, `{ secret: … }` or `{ strings: [ … ] }`
    settings/a settings/bare: a list does not say what kind of value it is | write `{ strings: [ … ] }`, `{ integers: [ … ] }`, `{ choices: [ … ] }` or `{ groups: [ … ] }`
    settings/a settings/bare: a bare value does not say what kind of value it is | write `{ choice: … }`, `{ string: … }`, `{ integer: … }`, `{ secret: … }` or `{ strings: [ … ] }`
    settings/a settings/null: null removes a setting under `$merge` alone | remove this line, or write the setting's value
    settings/a settings/no-value: this setting has no value | give it `choice`, `value`, `choices`, `string`, `integer`, `secret`, `reference`, `strings`, `integers`, `values`, `group`, `groups`, `settingGroup` or `settingGroups`
    settings/a settings/no-value: this setting has no value | give it `choice`, `value`, `choices`, `string`, `integer`, `secret`, `reference`, `strings`, `integers`, `values`, `group`, `groups`, `settingGroup` or `settingGroups`
    settings/a/children (name) settings/children: only a choice has `children` | remove `children`, or give this setting a `choice`
    settings/a/chioce (name) settings/unknown-word: a setting has no `chioce` | did you mean `choice`? -> choice
    settings/a/Strings (name) settings/unknown-word: a setting has no `Strings` | did you mean `strings`? -> strings
    settings/a/boolean (name) settings/unknown-word: a setting has no `boolean` | the value of a setting is `choice`, `value`, `choices`, `string`, `integer`, `secret`, `reference`, `strings`, `integers`, `values`, `group` or `groups`
    settings/a/b_c (name) settings/unknown-word: a setting has no `b_c` | move it under `children`, where the settings below a choice stand
    settings/a/b_c (name) settings/unknown-word: a setting has no `b_c` | settings below this one stand under `children` of a choice, `group`, or an element of `groups`
    settings/a/@odata.type (name) settings/unknown-word: a setting has no `@odata.type` | this is Graph's own form: put its whole list under `settings`, or under `$raw` of this level
    settings/a/choiceSettingValue (name) settings/unknown-word: a setting has no `choiceSettingValue` | this is Graph's own form: put its whole list under `settings`, or under `$raw` of this level
    settings/a/integer (name) settings/exclusive: `choice` and `integer` exclude one another: a setting has one value | keep `choice` or `integer`, and remove the other
    settings/a/value (name) settings/exclusive: `choice` and `value` exclude one another: a setting has one value | keep `choice` or `value`, and remove the other
    settings/a/children (name) settings/children: only a choice has `children` | remove `children`, or give this setting a `choice`
    settings/a/children (name) settings/children: only a choice has `children` | write these settings under `group`, or in an element of `groups`
    settings/a/children settings/type: expected settings by their definition ids here, and this is a list | write `{ $raw: [ … ] }` around Graph's list
    settings/a/note (name) settings/note: only a `reference` has a `note` | remove `note`; a comment says the same to readers
    settings/a/choice settings/type: expected text here, and this is a boolean | put it in quotes
    settings/a/string settings/type: expected text here, and this is null | write the text itself here
    settings/a/integer settings/type: expected a whole number here, and this is text | write it with digits alone, such as `30`
    settings/a/integer settings/type: expected a whole number here, and this is a number with a fraction | write it with digits alone, such as `30`
    settings/$merge (name) settings/merge: `$merge` stands alone: settings are either merged into those of the tenant, or all of them | move the other settings into `$merge`, or its settings out of it
    settings/$template (name) settings/unknown-word: `$template` is no setting: no definition id begins with `$` | only an element of `groups` has it; write `template: { value: … }` beside `group`
    settings/a/group/$template (name) settings/unknown-word: `$template` is no setting: no definition id begins with `$` | only an element of `groups` has it; write `template: { value: … }` beside `group`
    settings/a/groups settings/type: expected a list of groups here, and this is a mapping | write `[ … ]` around it
    settings/a/strings settings/type: expected a list here, and this is text | write `[ … ]` around it
    settings/a/strings/0 settings/type: expected text here, and this is a number | put it in quotes
    settings/a/strings/1/strng (name) settings/unknown-word: a setting has no `strng` | did you mean `string`? -> string
    settings/a/strings/2 settings/no-value: this element has no value | give it `string`
    settings/a/strings/0/note (name) settings/unknown-word: a setting has no `note` | use `string` or `$template`
    settings/a/integers/0 settings/type: expected a whole number here, and this is text | write it with digits alone, such as `30`
    settings/a/values/0 settings/bare: an element of `values` says what kind of value it is | write `{ string: … }`, `{ integer: … }`, `{ secret: … }` or `{ reference: … }`
    settings/a/choices/0 settings/no-value: this element has no value | give it `choice` or `value`
    settings/a/choices/0/children (name) settings/children: only a choice has `children` | remove `children`, or give this setting a `choice`
    settings/$raw settings/type: expected Graph's list here, and this is a mapping | write `[ … ]` around it
    settings/b (name) settings/raw: a level that has `$raw` has all its settings in it | move this setting into the list of `$raw`, or remove `$raw`
    settings/0 settings/raw: this is no setting as Graph has it | an element of Graph's list is `{ settingInstance: { … } }`; to write settings, use `DEFINITION_ID: { choice: … }` without a list
    settings/a/group/$raw/0 settings/raw: this is no setting as Graph has it | an element of this list is `{ "@odata.type": …, settingDefinitionId: … }`
    settings/a/template/ids (name) settings/unknown-word: a template has no `ids` | did you mean `id`? -> id
    settings/a/template/useDefault (name) settings/template: `useDefault` stands beside the id of a value's template | add `value`, or remove `useDefault`
    settings/a/template settings/type: expected the ids of templates here, and this is text | write `{ id: …, value: … }`
    settings/a/template/value (name) settings/template: this setting has no single value that a template's `value` could be of | write it as `$template: { value: … }` into the elements
    settings/a/template/value (name) settings/template: this setting has no single value that a template's `value` could be of | remove it
    settings/a/strings/0/template (name) settings/unknown-word: a setting has no `template` | did you mean `$template`? -> $template
    settings/a/secret settings/type: expected a secret here, and this is a number | write `{ $env: NAME }`, which takes it from the environment
    settings/a/secret settings/no-value: this secret has no value | write `{ $env: NAME }`, which takes it from the environment
    settings/a/settingGroup settings/type: this setting has no value of its own | write `settingGroup: {}` or `settingGroups: []`; settings below stand under `group` or `groups`
    "#);
}

#[test]
fn fault_does_not_repeat_a_value() {
    let canaries = [
        json!("canary"),
        json!({ "secret": ["canary"] }),
        json!({ "integer": "canary" }),
        json!({ "values": ["canary"] }),
        json!({ "strings": "canary" }),
    ];
    for instance in canaries {
        let found = faults(json!({ "a": instance }));
        assert!(!found.is_empty() && !found.join(" ").contains("canary"), "{found:?}");
    }
}
