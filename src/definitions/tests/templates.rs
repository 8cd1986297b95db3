//! The ids of templates: kept in a catalogue, and put into settings.

use super::*;
use crate::diagnostic::Severity;

fn filled(settings: &Json, template: &str) -> (Json, Vec<(String, Severity)>) {
    let (settings, faults) = with_template(settings, template, &catalogue()).expect("readable");
    let shown = faults
        .into_iter()
        .map(|fault| (format!("{}: {}", fault.code, fault.message), fault.severity));
    (settings, shown.collect())
}

#[test]
fn ids_of_a_template_are_kept_at_any_depth_and_none_where_they_are_not_clear() {
    let template = catalogue().template("FIRST_1").expect("readable").expect("there");
    let ids =
        |id: &str| template.settings.get(id).map(|ids| (ids.id.as_deref(), ids.value.as_deref()));
    assert_eq!(ids(UNC), Some((Some("unc"), Some("unc-value"))));
    assert_eq!(
        ids(&format!("{UNC}_pol_hardenedpaths_key")),
        Some((Some("key"), Some("key-value")))
    );
    assert_eq!(ids(ASR), Some((None, None)), "the template has it twice");
    assert_eq!(catalogue().template("none").expect("readable"), None);
    assert_eq!(catalogue().info().templates, 1);
}

#[test]
fn file_without_templates_is_of_the_format_that_had_none() {
    let mut writer = CatalogueWriter::default();
    writer.read(SETTINGS.as_bytes()).expect("definitions");
    let bytes = writer.finish("today", "a test").expect("a catalogue");
    assert_eq!((bytes[8], packed()[8]), (1, 2));
    assert!(!opened(bytes).expect("it is read").has_templates());
}

#[test]
fn templates_come_from_a_file_that_has_their_settings_within() {
    let mut writer = writer();
    let list = json!({ "value": [{ "id": "second_1", "settingTemplates": template() }, { "id": "bare_1" }] });
    let without = writer.read_templates(list.to_string().as_bytes()).expect("templates");
    assert_eq!(without, ["bare_1"]);
    let catalogue = opened(writer.finish("today", "a test").expect("a catalogue")).expect("opened");
    assert_eq!(catalogue.template_ids().collect::<Vec<_>>(), ["first_1", "second_1"]);
}

#[test]
fn settings_get_the_ids_of_their_template() {
    let paths = format!("{UNC}_pol_hardenedpaths");
    let settings = json!({
        UNC: { "choice": "1", "children": { &paths: { "groups": [
            { format!("{paths}_key"): { "string": "a" }, format!("{paths}_value"): { "string": "b" } },
        ] } } },
        "vendor_msft_firewall_mdmstore_global_addresses": { "strings": ["a", { "string": "b" }] },
        ASR: { "choice": "off" },
    });
    let (filled, faults) = filled(&settings, "first_1");
    assert_eq!(faults, []);
    let group = json!({
        format!("{paths}_key"): { "string": "a", "template": { "id": "key", "value": "key-value" } },
        format!("{paths}_value"): { "string": "b" },
        "$template": { "value": "paths-group" },
    });
    let address = |text: &str| json!({ "string": text, "$template": { "value": "address" } });
    assert_eq!(
        filled,
        json!({
            UNC: {
                "choice": "1", "template": { "id": "unc", "value": "unc-value" },
                "children": { &paths: { "groups": [group], "template": { "id": "paths" } } },
            },
            "vendor_msft_firewall_mdmstore_global_addresses": {
                "strings": [address("a"), address("b")], "template": { "id": "addresses" },
            },
            ASR: { "choice": "off" },
        })
    );
    assert_eq!(crate::settings_catalog::check(&filled), []);
}

#[test]
fn ids_that_are_written_stay_and_wrong_ones_are_errors() {
    let own = json!({ UNC: { "choice": "1", "template": { "id": "UNC", "useDefault": true } } });
    let (settings, faults) = filled(&own, "first_1");
    assert_eq!(faults, []);
    assert_eq!(
        settings[UNC]["template"],
        json!({ "id": "UNC", "value": "unc-value", "useDefault": true })
    );
    let wrong = json!({ UNC: { "choice": "1", "template": { "id": "unc", "value": "old" } } });
    let (settings, faults) = filled(&wrong, "first_1");
    let message =
        "definition/template-id: the template of the policy has `unc-value` here, not `old`"
            .to_owned();
    assert_eq!(faults, [(message, Severity::Error)]);
    assert_eq!(settings, wrong);
}

#[test]
fn setting_that_the_template_lacks_and_template_that_the_catalogue_lacks_are_warnings() {
    let other = json!({ MDE: { "choice": "1" }, "$raw": [] });
    assert_eq!(
        filled(&other, "first_1"),
        (other.clone(), Vec::new()),
        "Graph's list is left alone"
    );
    let id = format!("{HELLO}_policies_usepassportforwork");
    let (settings, faults) = filled(&json!({ &id: { "choice": "true" } }), "first_1");
    assert_eq!(settings, json!({ &id: { "choice": "true" } }));
    let message = "definition/template: `Use Windows Hello For Business (Device)` is no setting of the template `first_1`";
    assert_eq!(faults, [(message.to_owned(), Severity::Warning)]);
    let plain = json!({ UNC: { "choice": "1" } });
    let message = "definition/template: the catalogue has no template `first_2`, whose ids these settings need";
    assert_eq!(
        filled(&plain, "first_2"),
        (plain.clone(), vec![(message.to_owned(), Severity::Warning)])
    );
    let own = json!({ UNC: { "choice": "1", "template": { "id": "x" } } });
    assert_eq!(filled(&own, "first_2"), (own.clone(), Vec::new()));
    assert_eq!(filled(&plain, ""), (plain.clone(), Vec::new()), "a policy without a template");
}
