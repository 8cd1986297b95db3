//! The forms of secrets that devices take. A secret of another form is not sent: no answer would tell.

use serde_json::Value as Json;

use crate::schema::semantics::Takes;

/// Returns why no device takes a secret, for the kind of text that its property holds. `object` is the value around it.
pub(super) fn fault(takes: Takes, secret: &str, object: &Json) -> Option<&'static str> {
    let is_line = !secret.chars().any(char::is_control);
    match takes {
        Takes::WirelessKey | Takes::Line if secret.ends_with(['\n', '\r']) => {
            Some("it ends in a line end")
        }
        Takes::WirelessKey => wireless_key(secret, security(object)),
        Takes::Line => (!is_line).then_some("it holds a control character"),
        Takes::Certificate | Takes::PropertyList | Takes::Xml => None,
    }
}

/// Returns how the wireless network is secured; the types of different platforms spell the property in two ways.
fn security(object: &Json) -> Option<&str> {
    ["wiFiSecurityType", "wifiSecurityType"].iter().find_map(|name| object.get(name)?.as_str())
}

fn wireless_key(secret: &str, security: Option<&str>) -> Option<&'static str> {
    let is_text = secret.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    let is_hex = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_wpa = is_text && (8..=63).contains(&secret.len()) || is_hex && secret.len() == 64;
    let is_wep = is_text && matches!(secret.len(), 5 | 13 | 16)
        || is_hex && matches!(secret.len(), 10 | 26 | 32);
    let (is_taken, why) = match security {
        Some("wep") => (
            is_wep,
            "a WEP key has 5, 13 or 16 characters of ASCII, or 10, 26 or 32 hexadecimal digits",
        ),
        // SAE sets no bounds.
        Some("wpa3Personal") => (is_text, "a key has characters of ASCII alone"),
        Some(_) => (is_wpa, "a key has 8 to 63 characters of ASCII, or 64 hexadecimal digits"),
        None => {
            (is_wpa || is_wep, "a key has 8 to 63 characters of ASCII, or 64 hexadecimal digits")
        }
    };
    (!is_taken).then_some(why)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wireless_key_has_the_form_of_its_network() {
        let hex = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
        assert_eq!(hex.len(), 64);
        let long = "x".repeat(64);
        for (security, key, is_taken) in [
            ("wpa2Personal", "12345678", true),
            ("wpa2Personal", "a good long key", true),
            ("wpa2Personal", hex, true),
            ("wpa2Personal", &long[1..], true),
            ("wpa2Personal", &long, false),
            ("wpa2Personal", "1234567", false),
            ("wpa2Personal", "a good long key\n", false),
            ("wpa2Personal", "a good\tlong key", false),
            ("wpa2Personal", "schlüssel", false),
            ("wpa2Personal", "12345", false),
            ("wep", "12345", true),
            ("wep", "12345678", false),
            ("wep", "0123456789", true),
        ] {
            for name in ["wiFiSecurityType", "wifiSecurityType"] {
                let found = fault(Takes::WirelessKey, key, &json!({ name: security }));
                assert_eq!(found.is_none(), is_taken, "{security}: {key:?}");
            }
        }
        assert_eq!(fault(Takes::WirelessKey, "12345", &json!({})), None);
    }

    #[test]
    fn a_key_of_one_line_has_no_line_end() {
        let found = |takes, secret| fault(takes, secret, &Json::Null).is_some();
        assert!(!found(Takes::Line, "any key at all"));
        assert!(found(Takes::Line, "any key at all\r\n"));
        assert!(!found(Takes::Xml, "<a/>\n"));
    }
}
