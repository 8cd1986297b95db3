//! The values that IntuneCD writes in another way than Graph answers them (FACTS 17.1).

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{ForeignObject, left_out};
use crate::diagnostic::Finding;
use crate::disk;
use crate::schema::walk::Tree;

/// The folder beside objects with the payloads of Apple's custom profiles.
const PAYLOADS: &str = "mobileconfig";
/// The largest payload that is read.
const LARGEST_PAYLOAD: u64 = 8 << 20;

/// Members that it adds beside ids: the names of what they lead to.
const ADDED: [&str; 4] = [
    "deviceComplianceScriptName",
    "detectionScriptName",
    "intunecd_name",
    "notificationTemplateName",
];

/// The name of the scope tag that every tenant has, and its id.
const BUILT_IN_TAG: (&str, &str) = ("Default", "0");

/// Whether a file is the payload of an object that is in a file above.
pub(super) fn is_payload(file: &Path) -> bool {
    file.parent().and_then(Path::file_name).is_some_and(|folder| folder == PAYLOADS)
}

/// Returns the id that it appends to the name of a file.
pub(super) fn id_of(file: &Path) -> Option<String> {
    let (_, id) = file.file_stem().and_then(OsStr::to_str)?.rsplit_once("__")?;
    Uuid::try_parse(id).ok().map(|id| id.to_string())
}

/// Brings a body into the form in which Graph answers it.
pub(super) fn restore(body: &mut Json) {
    remove_added(body);
    let tags = body.get_mut("roleScopeTagIds").and_then(Json::as_array_mut);
    for tag in tags.into_iter().flatten().filter(|tag| *tag == BUILT_IN_TAG.0) {
        *tag = BUILT_IN_TAG.1.into();
    }
    let settings = body.get_mut("omaSettings").and_then(Json::as_array_mut);
    for setting in settings.into_iter().flatten() {
        let is_xml = setting.stated_type() == Some("omaSettingStringXml");
        let Some(value) = setting.get_mut("value") else { continue };
        // The answer of the call that gives an encrypted value in clear stands in its place.
        if let Some(clear) = value.get_mut("value") {
            *value = clear.take();
        }
        // That call gives XML as text, and the property is base64 (FACTS 12).
        let xml = value.as_str().filter(|text| is_xml && text.trim_start().starts_with('<'));
        if let Some(encoded) = xml.map(|text| STANDARD.encode(text)) {
            *value = encoded.into();
        }
    }
}

fn remove_added(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|name, _| !ADDED.contains(&name.as_str()));
            members.values_mut().for_each(remove_added);
        }
        Json::Array(elements) => elements.iter_mut().for_each(remove_added),
        _ => {}
    }
}

/// A payload file that an object names, with what is wrong with it.
pub(super) type Claimed = (PathBuf, Option<Finding>);

/// Compares the payload of a custom profile with the file that holds it once more, and takes it from there where the body
/// has none. The file is one of those that were found: its name leads nowhere else.
pub(super) fn payload(object: &mut ForeignObject, files: &BTreeSet<PathBuf>) -> Option<Claimed> {
    let is_custom = ["iosCustomConfiguration", "macOSCustomConfiguration"];
    is_custom.contains(&object.kind.as_str()).then_some(())?;
    let name = object.body.get("payloadFileName").and_then(Json::as_str)?;
    let folder = object.source.parent()?.join(PAYLOADS);
    let is_it = |file: &&PathBuf| {
        file.parent() == Some(&folder) && file.file_name() == Some(OsStr::new(name))
    };
    let file = files.iter().find(is_it)?.clone();
    let bytes = match disk::read(&file, LARGEST_PAYLOAD) {
        Ok(bytes) => bytes,
        Err(error) => {
            let finding = left_out("file/unreadable", &file, format!("it is left out: {error}"));
            return Some((file, Some(finding.help("give this user the right to read it"))));
        }
    };
    let held = object.body.get("payload").and_then(Json::as_str).filter(|held| !held.is_empty());
    let Some(held) = held else {
        object.body["payload"] = STANDARD.encode(bytes).into();
        return Some((file, None));
    };
    let differs = !is_same(held, &bytes);
    let finding = differs.then(|| {
        let source = object.source.display();
        let message = format!("it is not the payload that is in {source}, which counts");
        left_out("import/payload", &file, message).help(
            "where the file is the newer one, put it in the place of the payload of the manifest",
        )
    });
    Some((file, finding))
}

/// Whether a file holds a payload: as it is but for line ends, or its base64 where it is no text.
fn is_same(held: &str, bytes: &[u8]) -> bool {
    let without_returns =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|byte| *byte != b'\r').collect() };
    let payload = STANDARD.decode(held).ok();
    let is_it = payload.is_some_and(|it| without_returns(&it) == without_returns(bytes));
    is_it || held.as_bytes() == bytes.trim_ascii()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_in_clear_stand_where_graph_has_them() {
        let value = |kind: &str, value: Json| json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "value": value });
        let answer = |text: &str| json!({ "@odata.context": "x", "value": text });
        let mut body = json!({
            "deviceComplianceScriptName": "x",
            "roleScopeTagIds": ["Default", "Europe"],
            "omaSettings": [
                value("omaSettingString", answer("<enabled/>")),
                value("omaSettingStringXml", answer("<a>1</a>")),
                value("omaSettingStringXml", "PGEvPg==".into()),
                value("omaSettingBase64", answer("AAEC")),
                value("omaSettingInteger", 3.into()),
            ],
        });
        restore(&mut body);
        let expected = json!({
            "roleScopeTagIds": ["0", "Europe"],
            "omaSettings": [
                value("omaSettingString", "<enabled/>".into()),
                value("omaSettingStringXml", "PGE+MTwvYT4=".into()),
                value("omaSettingStringXml", "PGEvPg==".into()),
                value("omaSettingBase64", "AAEC".into()),
                value("omaSettingInteger", 3.into()),
            ],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn id_at_the_end_of_a_file_name_is_read() {
        let id = "57c0140c-4036-5c24-a1ea-f679ea021902";
        let name = format!("Custom__settings_windows10CustomConfiguration__{id}.yaml");
        assert_eq!(id_of(Path::new(&name)).as_deref(), Some(id));
        assert_eq!(id_of(Path::new("a__b.json")), None);
    }

    #[test]
    fn payload_is_the_same_whatever_the_line_ends() {
        let held = STANDARD.encode("<plist>\n</plist>\n");
        assert!(is_same(&held, b"<plist>\r\n</plist>\r\n"));
        assert!(!is_same(&held, b"<plist/>\n"));
        let signed = STANDARD.encode([0xFF, 0xFE, 0]);
        assert!(is_same(&signed, signed.as_bytes()));
    }
}
