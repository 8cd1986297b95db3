use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;

/// Returns a text with a secret in it, base64 of it, and base64 of that.
fn forms(text: &str) -> [String; 3] {
    let once = STANDARD.encode(text);
    let twice = STANDARD.encode(format!("<data>{once}</data>"));
    [text.to_owned(), once, twice]
}

#[test]
fn secrets_of_every_notation_are_found() {
    for text in [
        "<key>Password</key>\n  <string>canary-1</string>",
        "<key>SSID_STR</key><string>Contoso</string><key>Password</key>\n\t<string>canary horse battery</string>",
        "<key>PayloadContent</key><data>canary</data><key>PayloadType</key><string>com.apple.security.pkcs12</string>",
        "<sharedKey><keyType>passPhrase</keyType><protected>false</protected><keyMaterial>canary-wlan</keyMaterial></sharedKey>",
        "<ns:Password><![CDATA[canary<>x]]></ns:Password>",
        "<data id=\"Proxy_Password\" value=\"canary-x\"/>",
        "<Item><LocURI>./Vendor/MSFT/WiFi/PreSharedKey</LocURI></Item><Data>canary-psk</Data>",
        "<wlan>&lt;keyMaterial&gt;canary-in-escapes&lt;/keyMaterial&gt;</wlan>",
        "<add name=\"x\" clientSecret='canary-attribute' />",
        "$Password = 'canary-script'",
        "[string]$AdminPassword=\"canary-script\"; net use",
        "ConvertTo-SecureString \"canary-secure\" -AsPlainText -Force",
        "setup.exe /PASSWORD=canary-option",
        "tool --password canary-option --quiet",
        "export API_KEY=canary-export",
        "{\"user\": \"a\", \"apiKey\": \"canary-json\"}",
        "password: canary-1234\nuser: x",
        "curl -H 'Authorization: Bearer canary-token'",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=canaryCanary0123==;x",
        "https://alice:canary-pw@contoso.com/x",
        "ghp_canary0123456789canary0123456789",
        "in the text: dapicanary0123456789canary0123456789, and more",
        "eyJcanary0123456789.canary0123456789canary0123456789",
        "abc8Q~canary0123456789canary0123456789",
        "https://contoso.com/x?sig=canary0123456789canary0123456789canary0123456789",
        "-----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\ncanary, and no end",
    ] {
        for form in forms(text) {
            let clean = redacted(&form);
            assert!(clean.contains(WITHHELD), "{form}");
            assert!(!clean.contains("canary"), "{clean}");
            assert_eq!(redacted(&clean), clean, "what is withheld is no secret");
        }
        assert_eq!(without_secrets(&json!({ "a": [text] })), json!({ "a": [withheld()] }));
    }
}

#[test]
fn what_is_no_secret_is_left_alone() {
    for text in [
        "Password: required on every device",
        "The password must have 8 characters.",
        "passwordRequired: true",
        "<key>requirePassword</key><true/><key>Name</key><string>Contoso</string>",
        "<key>Challenge</key><string>$CHALLENGE</string>",
        "<password>{{devicepassword}}</password>",
        "$Password = $env:ADMIN_PASSWORD",
        "$Password = Read-Host",
        "-Credential (Get-Credential)",
        "if ($Password -eq $null) { }",
        "https://contoso.com/a:b@c",
        "-----BEGIN CERTIFICATE-----\nTk9U\n-----END CERTIFICATE-----",
        "./Vendor/MSFT/PassportForWork/tenant/Policies/PINComplexity/MinimumPINLength",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "<enabled/>\n<data id=\"Home\" value=\"https://contoso.com\"/>",
        "WLAN ist ein passwortgeschütztes Netz: ä",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn a_pair_is_a_secret_by_its_name() {
    for (pair, held) in [
        (
            json!({ "omaUri": "./Vendor/MSFT/WiFi/Profile/A/PreSharedKey", "value": "short" }),
            "value",
        ),
        (json!({ "name": "VPN password", "value": "short" }), "value"),
        (json!({ "appConfigKey": "api_key", "appConfigKeyValue": "short" }), "appConfigKeyValue"),
    ] {
        assert_eq!(secret_of_pair(&pair), Some(held), "{pair}");
        assert_eq!(without_secrets(&pair)[held], withheld());
        let other = with_digests(&pair)[held]["$withheld"].clone();
        assert_ne!(other, true);
        assert_eq!(with_digests(&pair)[held]["$withheld"], other);
    }
    assert_eq!(secret_of_pair(&json!({ "name": "VPN server", "value": "short" })), None);
    assert_eq!(secret_of_pair(&json!({ "name": "password", "value": withheld() })), None);
}

proptest::proptest! {
    #[test]
    fn no_text_is_passed_over_by_the_first_letters_of_its_base64(text in "\\PC{3,12}") {
        let wide = |mark: &str| -> Vec<u8> {
            let units: Vec<u16> = mark.chars().chain(text.chars()).map(|c| c as u16).collect();
            units.into_iter().flat_map(u16::to_le_bytes).collect()
        };
        assert!(may_be_readable(&STANDARD.encode(&text)));
        assert!(may_be_readable(&STANDARD.encode(wide("\u{feff}"))));
        assert!(!text.starts_with(|c: char| c.is_ascii()) || may_be_readable(&STANDARD.encode(wide(""))));
    }
}

#[test]
fn private_keys_are_known_by_their_structure() {
    use private_key::{KeyForm, in_bytes};
    let pkcs8 = [0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x0d];
    let sec1 = [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
    let pfx = [0x30, 0x82, 0x0a, 0x00, 0x02, 0x01, 0x03, 0x30, 0x82];
    let certificate = [0x30, 0x82, 0x01, 0xd7, 0x30, 0x82, 0x01, 0x7d, 0xa0];
    assert_eq!(in_bytes(&pkcs8), Some(KeyForm::Key));
    assert_eq!(in_bytes(&sec1), Some(KeyForm::Key));
    assert_eq!(in_bytes(&pfx), Some(KeyForm::Pfx));
    assert_eq!(in_bytes(&certificate), None);
    assert_eq!(in_bytes(b"-----BEGIN RSA PRIVATE KEY-----\nx"), Some(KeyForm::Key));
    assert!(holds_secret(&STANDARD.encode(pkcs8.repeat(4))));
}
