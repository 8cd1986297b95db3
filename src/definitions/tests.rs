//! Tests of a catalogue as a whole, on a small one whose definitions have the shapes that Graph writes.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value as Json, json};

use super::*;

mod checks;
mod editor;
mod templates;

const HELLO: &str = "device_vendor_msft_passportforwork_{tenantid}";
const UNC: &str = "device_vendor_msft_policy_config_connectivity_hardeneduncpaths";
const ASR: &str = "device_vendor_msft_policy_config_defender_attacksurfacereductionrules_blockexecutablecontentfromemailclientandwebmail";
const MDE: &str = "device_vendor_msft_windowsadvancedthreatprotection";
const SSO: &str = "com.apple.extensiblesso_com.apple.extensiblesso";
const SETTINGS: &str = include_str!("fixture/settings.json");

fn writer() -> CatalogueWriter {
    let mut writer = CatalogueWriter::default();
    writer.read(SETTINGS.as_bytes()).expect("definitions");
    writer.read_categories(&include_bytes!("fixture/categories.json")[..]).expect("categories");
    writer.add_template("first_1", &template());
    writer
}

/// Returns setting templates as Graph writes them.
fn template() -> Vec<Json> {
    let of = |id: &str, instance: &str, member: &str, value: Json| {
        json!({ "settingInstanceTemplate": {
            "settingDefinitionId": id, "settingInstanceTemplateId": instance, member: value,
        }})
    };
    let value = |id: &str| json!({ "settingValueTemplateId": id });
    let child = |id: &str, instance: &str| {
        of(id, instance, "simpleSettingValueTemplate", value(&format!("{instance}-value")))["settingInstanceTemplate"].clone()
    };
    let paths = format!("{UNC}_pol_hardenedpaths");
    let group = json!([{ "settingValueTemplateId": "paths-group", "children": [child(&format!("{paths}_key"), "key")] }]);
    let below = of(&paths, "paths", "groupSettingCollectionValueTemplate", group);
    let default = json!({ "settingValueTemplateId": "unc-value", "defaultValue": { "children": [below["settingInstanceTemplate"]] } });
    vec![
        of(&UNC.to_uppercase(), "unc", "choiceSettingValueTemplate", default),
        of(
            "vendor_msft_firewall_mdmstore_global_addresses",
            "addresses",
            "simpleSettingCollectionValueTemplate",
            json!([value("address")]),
        ),
        of(ASR, "asr", "choiceSettingValueTemplate", value("one")),
        of(ASR, "asr", "choiceSettingValueTemplate", value("other")),
    ]
}

fn packed() -> Vec<u8> {
    writer().finish("2026-11-30", "a test").expect("a catalogue")
}

fn opened(bytes: Vec<u8>) -> Result<SettingCatalogue, CatalogueError> {
    SettingCatalogue::read(Cursor::new(bytes))
}

fn catalogue() -> SettingCatalogue {
    opened(packed()).expect("a catalogue")
}

/// Returns a catalogue whose definitions were changed before.
fn changed(change: impl FnOnce(&mut Vec<Json>)) -> SettingCatalogue {
    let settings: Json = serde_json::from_str(SETTINGS).expect("JSON");
    let mut settings = settings["value"].as_array().cloned().expect("a list");
    change(&mut settings);
    let mut writer = CatalogueWriter::default();
    settings.iter().for_each(|definition| writer.add(definition));
    opened(writer.finish("2026-12-01", "a test").expect("a catalogue")).expect("opened")
}

fn many(number: usize) -> Vec<Json> {
    let definition = |at: usize| {
        json!({
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingDefinition",
            "id": format!("device_vendor_msft_policy_config_area{}_setting{at:05}", at % 7),
            "displayName": format!("Setting {at}"),
            "description": format!("What setting {} does, said at some length.", at / 2),
            "valueDefinition": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValueDefinition",
                "minimumValue": 0, "maximumValue": at,
            },
        })
    };
    (0..number).map(definition).collect()
}

#[test]
fn definitions_of_each_type_are_kept() {
    let catalogue = catalogue();
    let of = |id: &str| catalogue.get(id).expect("readable").expect(id);
    let hello = of(&format!("{HELLO}_policies_usepassportforwork"));
    assert_eq!(hello.display_name, "Use Windows Hello For Business (Device)");
    assert_eq!(hello.uri, "./Device/Vendor/MSFT/PassportForWork/{0}/Policies/UsePassportForWork");
    assert_eq!((&*hello.platform, &*hello.technologies), ("windows10", "mdm,configManager"));
    assert_eq!(hello.root.as_deref(), Some(HELLO));
    let option = hello.option_by_suffix("true").expect("an option");
    assert_eq!((&*option.display_name, &option.value), ("Enabled", &json!("true")));
    assert_eq!(option.parents, [SettingParent { id: HELLO.to_owned(), option: None }]);
    let SettingKind::Choice { default, .. } = &hello.kind else { panic!("{:?}", hello.kind) };
    assert_eq!(default.as_deref(), Some(&*hello.item_id(option)));

    let pin = of(&format!("{HELLO}_policies_pincomplexity_minimumpinlength"));
    let bounds = Bounds { smallest: Some(4), largest: Some(127) };
    assert_eq!(pin.kind, SettingKind::Integer { bounds, default: Some(6) });

    let paths = of(&format!("{UNC}_pol_hardenedpaths"));
    let (key, value) =
        (format!("{UNC}_pol_hardenedpaths_key"), format!("{UNC}_pol_hardenedpaths_value"));
    assert_eq!(paths.kind, SettingKind::Group { members: vec![key.clone(), value.clone()] });
    assert_eq!(paths.count, Some(Bounds { smallest: Some(1), largest: Some(600) }));
    let children = [key, value].map(|id| SettingChild { id, required: true });
    assert_eq!(paths.children, children);
    let parent = SettingParent { id: UNC.to_owned(), option: Some(format!("{UNC}_1")) };
    assert_eq!(paths.parents, [parent]);

    let exclusions = of(&format!("{ASR}_perruleexclusions"));
    let SettingKind::Text { length, format, pattern, .. } = &exclusions.kind else { panic!() };
    assert_eq!((length.smallest, length.largest), (Some(1), Some(30)));
    assert_eq!((format.as_deref(), pattern.as_deref()), (Some("regEx"), Some("^[^|=>]+$")));
    assert_eq!(exclusions.parents.len(), 3);

    let blob = of(&format!("{MDE}_onboarding"));
    assert!(matches!(blob.kind, SettingKind::Text { secret: true, .. }), "{:?}", blob.kind);
    let addresses = of("vendor_msft_firewall_mdmstore_global_addresses");
    assert_eq!(addresses.count, Some(Bounds::default()), "two zeros are no bounds");
    let SettingKind::Text { refers_to, .. } = &addresses.kind else { panic!() };
    assert_eq!(refers_to.len(), 1);
    let redirected = of("device_vendor_msft_policy_config_redirected");
    assert_eq!(redirected.kind, SettingKind::Other("RedirectSettingDefinition".to_owned()));

    let mode = of("device_vendor_msft_policy_config_example mode");
    let items: Vec<String> = mode.options().iter().map(|option| mode.item_id(option)).collect();
    assert_eq!(items, ["device_vendor_msft_policy_config_example mode_", "example_standalone"]);
    assert_eq!(mode.options()[0].suffix.as_deref(), Some(""));
}

#[test]
fn texts_and_categories_are_read_apart() {
    let catalogue = catalogue();
    let unc = catalogue.get(UNC).expect("readable").expect("there");
    let text = catalogue.text(&unc).expect("readable");
    assert_eq!(text.category, ["Administrative Templates", "Network", "Network Provider"]);
    assert!(text.description.starts_with("Secures the access to UNC paths"), "{text:?}");
    assert_eq!(text.help, "");
    let blob = catalogue.get(&format!("{MDE}_onboarding")).expect("readable").expect("there");
    assert!(
        catalogue.text(&blob).expect("readable").category.is_empty(),
        "its category did not come"
    );
    assert_eq!(writer().missing_categories(), ["577d5951-fc56-4906-90bc-2c508c6611ad"]);
    let name = catalogue.display_name(UNC).expect("readable");
    assert_eq!(name.as_deref(), Some("Hardened UNC Paths"));
    let option = catalogue.option_name(UNC, "1").expect("readable");
    assert_eq!(option.as_deref(), Some("Enabled"));
    assert_eq!(catalogue.option_name(UNC, "7").expect("readable"), None);
}

#[test]
fn every_definition_is_found_in_any_case_and_in_any_number_of_blocks() {
    let mut writer = CatalogueWriter::default();
    let settings = many(3000);
    settings.iter().for_each(|definition| writer.add(definition));
    let catalogue = opened(writer.finish("", "").expect("a catalogue")).expect("opened");
    for definition in settings.iter().step_by(17) {
        let id = definition["id"].as_str().expect("an id");
        let found = catalogue.get(&id.to_uppercase()).expect("readable").expect(id);
        assert_eq!(
            (&*found.id, &found.display_name[..]),
            (id, definition["displayName"].as_str().expect("a name"))
        );
        let text = catalogue.text(&found).expect("readable");
        assert_eq!(text.description, definition["description"].as_str().expect("a text"));
    }
    for id in ["", "a", "zzz", "device_vendor_msft_policy_config_area3_setting", "\u{1f600}\t\n"] {
        assert!(catalogue.get(id).expect("readable").is_none(), "{id}");
    }
    assert_eq!(catalogue.ids().expect("readable").len(), 3000);
    assert_eq!(catalogue.iter().count(), 3000);
}

/// A file that counts the bytes that are read.
struct Counted(Cursor<Vec<u8>>, Arc<AtomicUsize>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn ten_lookups_read_a_small_part_of_the_file() {
    let mut writer = CatalogueWriter::default();
    let settings = many(18_000);
    settings.iter().for_each(|definition| writer.add(definition));
    let bytes = writer.finish("", "").expect("a catalogue");
    let (length, read) = (bytes.len(), Arc::new(AtomicUsize::new(0)));
    let file = Counted(Cursor::new(bytes), Arc::clone(&read));
    let catalogue = SettingCatalogue::read(file).expect("opened");
    for definition in settings.iter().step_by(1_800) {
        let id = definition["id"].as_str().expect("an id");
        catalogue.get(id).expect("readable").expect(id);
        catalogue.get(id).expect("readable").expect(id);
    }
    let read = read.load(Ordering::Relaxed);
    assert!(read * 10 < length, "{read} of {length} bytes");
}

#[test]
fn ids_that_differ_in_case_alone_are_found_as_written() {
    let catalogue = changed(|settings| {
        for (id, name) in [("x_Setting", "One"), ("x_setting", "Two")] {
            settings.push(json!({ "id": id, "displayName": name }));
        }
    });
    let name = |id| catalogue.display_name(id).expect("readable");
    assert_eq!(name("x_Setting").as_deref(), Some("One"));
    assert_eq!(name("x_setting").as_deref(), Some("Two"));
    assert!(name("X_SETTING").is_some());
}

#[test]
fn order_pages_and_doubles_do_not_change_the_digest() {
    let digest = |settings: &[Json]| {
        let mut writer = CatalogueWriter::default();
        settings.iter().for_each(|definition| writer.add(definition));
        opened(writer.finish("today", "here").expect("a catalogue")).expect("opened").info()
    };
    let settings = many(900);
    let first = digest(&settings);
    let mut other = settings.clone();
    other.reverse();
    other.push(settings[3].clone());
    let info = digest(&other);
    assert_eq!((info.definitions, &info.digest), (900, &first.digest));
    let mut changed = settings;
    changed[5]["displayName"] = json!("Another");
    assert_ne!(digest(&changed).digest, first.digest);
}

#[test]
fn both_forms_of_json_are_read_and_others_are_refused() {
    let read = |json: &[u8]| {
        let mut writer = CatalogueWriter::default();
        writer.read(json)?;
        let number = writer.len();
        writer.finish("", "").map(|_| number)
    };
    assert_eq!(read(br#"[{"id":"a"},{"id":"b"}]"#).expect("a list"), 2);
    assert_eq!(
        read(b"\xef\xbb\xbf{\"@odata.count\":1,\"value\":[{\"id\":\"a\"}]}").expect("an object"),
        1
    );
    for (json, says) in [
        (&b""[..], "it is not the JSON of setting definitions: EOF"),
        (b"{\"value\":[{\"id\":\"a\"}", "it is not the JSON of setting definitions: EOF"),
        (b"<html>", "it is not the JSON of setting definitions: expected value"),
        (b"{\"value\":{}}", "it is not the JSON of setting definitions: invalid type"),
        (b"{\"error\":{\"code\":\"Forbidden\"}}", "it holds no setting definition"),
        (b"[{\"name\":\"without an id\"},7]", "it holds no setting definition"),
    ] {
        let error = read(json).expect_err("refused");
        assert!(error.to_string().starts_with(says), "{error}");
        assert!(!error.remedy().is_empty());
    }
}

#[test]
fn files_that_are_no_whole_catalogue_are_refused() {
    let whole = packed();
    let with = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        opened(bytes).err().map(|error| error.to_string())
    };
    for (bytes, says) in [
        (Vec::new(), "it is no catalogue of setting definitions"),
        (b"{\"value\": []}".to_vec(), "it is no catalogue of setting definitions"),
        (whole[..4].to_vec(), "it ends after 4 of 20 bytes"),
        (whole[..17].to_vec(), "it ends after 17 of 20 bytes"),
        ([&whole[..], b"x"].concat(), "it is damaged: it goes on after its end"),
    ] {
        assert_eq!(opened(bytes).expect_err("refused").to_string(), says);
    }
    let length = whole.len();
    let error = opened(whole[..length - 1].to_vec()).expect_err("refused").to_string();
    assert_eq!(error, format!("it ends after {} of {length} bytes", length - 1));
    let newer = with(8, 3).expect("refused");
    assert_eq!(newer, "its format 3 is newer than this version of Moorline reads (2)");
    assert_eq!(with(8, 0).expect("refused"), "it is damaged: it has no format");
    assert_eq!(
        with(40, !whole[40]).expect("refused"),
        "it is damaged: its header is not what was written"
    );
    assert_eq!(with(15, 0xff).expect("refused"), "it is damaged: its header is too long");
}

#[test]
fn a_change_of_any_byte_and_a_cut_at_any_place_are_errors_and_no_panic() {
    let whole = packed();
    let ask = |bytes: Vec<u8>| -> Result<(), CatalogueError> {
        let catalogue = opened(bytes)?;
        for definition in catalogue.iter() {
            catalogue.text(&definition?)?;
        }
        let ids: Vec<&str> = catalogue.template_ids().collect();
        ids.iter().try_for_each(|id| catalogue.template(id).map(drop))?;
        catalogue.search(&["paths".to_owned()], None, 5).map(|_| ())
    };
    ask(whole.clone()).expect("whole");
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        assert!(ask(bytes).is_err(), "byte {at}");
    }
    for length in (0..whole.len()).step_by(13) {
        assert!(ask(whole[..length].to_vec()).is_err(), "cut at {length}");
    }
}

#[test]
fn blocks_unpack_to_no_more_than_the_header_says() {
    let bomb = file::pack(&vec![0; 40 << 20]);
    assert!(bomb.len() < 64 << 10, "{}", bomb.len());
    let error = file::unpack(&bomb, 1000).expect_err("too long").to_string();
    assert_eq!(error, "it is damaged: a block is longer than the header says");
    file::unpack(&bomb, u32::MAX).expect_err("longer than any block");
}

#[test]
fn nearest_id_is_found() {
    let catalogue = catalogue();
    let near = |id: &str| catalogue.nearest(id).expect("readable").map(str::to_owned);
    assert_eq!(near(&UNC.replace("hardened", "hardend")).as_deref(), Some(UNC));
    assert_eq!(near(&UNC.replace("device_", "user_")).as_deref(), Some(UNC));
    assert_eq!(
        near("com.apple.extensiblesso_relam").as_deref(),
        Some("com.apple.extensiblesso_realm")
    );
    assert_eq!(near(&SSO.replace("com.apple", "comapple")).as_deref(), Some(SSO));
    assert_eq!(near("something_else_altogether"), None);
    assert_eq!(near(""), None);
}

#[test]
fn search_ranks_names_before_texts() {
    let catalogue = catalogue();
    let search = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (found, number) = catalogue.search(&words, None, 3).expect("readable");
        let ids: Vec<String> = found.into_iter().map(|found| found.definition.id).collect();
        (ids, number)
    };
    let (ids, number) = search(&["hardened", "PATHS"]);
    assert_eq!((&*ids[0], number), (UNC, 4), "the setting at the top is first");
    assert_eq!(search(&["windows hello for business"]).0[0], HELLO);
    assert_eq!(search(&["users", "credential"]).0, [HELLO], "in its description");
    assert_eq!(search(&["realm"]).0, ["com.apple.extensiblesso_realm"]);
    assert_eq!(
        search(&["Network Provider", "value"]).0[0],
        format!("{UNC}_pol_hardenedpaths_value")
    );
    assert_eq!(search(&["hardened", "nonsense"]), (Vec::new(), 0));
    assert_eq!(search(&[" "]), (Vec::new(), 0));
    let of = |platform| {
        let found = catalogue.search(&["password".to_owned()], Some(platform), 9);
        found.expect("readable").1
    };
    assert_eq!((of("MACOS"), of("iOS"), of("mac")), (1, 0, 0));
}

#[test]
fn diff_says_what_came_went_and_changed() {
    let old = catalogue();
    let new = changed(|settings| {
        let mut moved = settings[3].clone();
        moved["id"] = json!(format!("{UNC}_v2"));
        settings[3] = moved;
        settings[1]["displayName"] = json!("Use Passkeys");
        settings[1]["options"][0]["displayName"] = json!("Off");
        settings[1]["options"].as_array_mut().expect("options").push(json!({ "itemId": format!("{HELLO}_policies_usepassportforwork_2"), "displayName": "Ask" }));
        settings[2]["valueDefinition"]["minimumValue"] = json!(6);
        settings.push(json!({ "id": "brand_new", "displayName": "Brand new" }));
    });
    let used = [UNC, "gone_long_ago"].map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
    let diff = old.diff(&new, &used).expect("readable");
    let added: Vec<&str> = diff.added.iter().map(|it| &*it.id).collect();
    assert_eq!(added, ["brand_new", &format!("{UNC}_v2")]);
    let removed: Vec<_> =
        diff.removed.iter().map(|(it, next)| (&*it.id, it.used, next.as_deref())).collect();
    assert_eq!(removed, [(UNC, true, Some(&*format!("{UNC}_v2")))]);
    let item = |suffix| format!("{HELLO}_policies_usepassportforwork_{suffix}");
    let changes: Vec<_> =
        diff.changed.iter().map(|(it, changes)| (&*it.name, &changes[..])).collect();
    let bounds = |smallest| Bounds { smallest: Some(smallest), largest: Some(127) };
    assert_eq!(
        changes,
        [
            ("Minimum PIN Length", &[SettingChange::Bounds(bounds(4), bounds(6))][..]),
            (
                "Use Passkeys",
                &[
                    SettingChange::Renamed(
                        "Use Windows Hello For Business (Device)".into(),
                        "Use Passkeys".into()
                    ),
                    SettingChange::OptionRenamed(item("false"), "Disabled".into(), "Off".into()),
                    SettingChange::OptionAdded(item("2"), "Ask".into()),
                ][..]
            ),
        ]
    );
    assert_eq!(diff.unknown, ["gone_long_ago"]);
    assert_eq!(old.diff(&old, &BTreeSet::new()).expect("readable"), CatalogueDiff::default());
}
