use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

const SECRET: &str = "Canary~8Q/s3cr+t \"pa&ss\" <Zürich>";

fn known() -> Known {
    let known = Known::default();
    known.add(&SECRET.into());
    known
}

/// Returns a text in every form that a service may repeat it in.
fn forms(text: &str) -> Vec<String> {
    let each = |form: &dyn Fn(u8) -> String| text.bytes().map(form).collect::<String>();
    let json = serde_json::Value::from(text).to_string();
    let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
    let html = ["&", "<", ">", "\"", "'"].into_iter();
    let html = html.zip(["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"]);
    let base64 = ["", "x", "xy"].map(|before| STANDARD.encode(format!("{before}{text}; and more")));
    let mut forms = vec![
        text.to_owned(),
        text.to_uppercase(),
        each(&|byte| format!("%{byte:02x}")),
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        json[1..json.len() - 1].to_owned(),
        units.collect(),
        html.fold(text.to_owned(), |text, (plain, entity)| text.replace(plain, entity)),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}-")),
        URL_SAFE_NO_PAD.encode(text),
        text.replace(' ', "\n      "),
    ];
    let in_json = serde_json::Value::from(json).to_string();
    forms.push(in_json);
    forms.extend(base64);
    forms
}

#[test]
fn secret_and_its_pieces_are_found_in_every_form() {
    let known = known();
    let ends: Vec<usize> = SECRET.char_indices().map(|(at, _)| at).chain([SECRET.len()]).collect();
    for (nth, start) in ends.iter().enumerate() {
        for end in &ends[nth..] {
            let piece = &SECRET[*start..*end];
            let counted = piece.chars().filter(|c| !c.is_whitespace() && !"+-:".contains(*c));
            // Ü has another byte when it is encoded, and another case.
            if counted.count() < 12 || piece.contains('ü') {
                continue;
            }
            for form in forms(piece) {
                let text = format!("§§ {form} §§");
                let clean = known.scrub(&text);
                assert!(clean.contains(WITHHELD), "{piece:?}: {text}");
                assert!(clean.starts_with("§§ ") && clean.ends_with(" §§"), "{clean}");
            }
        }
    }
}

#[test]
fn no_part_of_a_whole_secret_stays() {
    for form in forms(SECRET) {
        let text = format!("<{form}>");
        let clean = known().scrub(&text).replace(WITHHELD, "");
        assert!(clean.len() <= 24, "{form}: {clean}");
        assert!(!clean.to_lowercase().contains("canary"), "{clean}");
    }
}

#[test]
fn scrubbed_json_document_stays_valid() {
    let document = serde_json::json!({
        "plain": SECRET, "list": [format!("x{SECRET}y"), 7], "cut": SECRET[4..20],
        "twice": serde_json::json!({ "Message": SECRET }).to_string(), "other": "a \"quoted\" text",
    });
    let text = serde_json::to_string_pretty(&document).expect("a document");
    let known = known();
    let clean: serde_json::Value = serde_json::from_str(&known.scrub(&text)).expect("JSON");
    assert_eq!(clean["plain"], WITHHELD);
    assert_eq!(clean["list"], serde_json::json!(["x(withheld)y", 7]));
    assert_eq!(clean["other"], document["other"]);
    assert!(!known.holds(&clean.to_string()), "{clean}");
}

#[test]
fn secret_that_is_json_leaves_the_document_valid() {
    let known = Known::default();
    known.add(&r#"":{"enabled":true,"mode":"canary"},""#.into());
    let text = r#"{"a":{"enabled":true,"mode":"canary"},"b":1}"#;
    assert!(known.holds(text));
    assert!(serde_json::from_str::<IgnoredAny>(&known.scrub(text)).is_ok());
}

#[test]
fn escapes_of_a_document_stay_whole() {
    let known = Known::default();
    known.add(&"ncanary-1234\\\\".into());
    for text in [
        r#"["\ncanary-1234\\n"]"#,
        r#"["\ncanary-1234\\"]"#,
        r#"["\u000ancanary-1234\u005c\\\u005c"]"#,
    ] {
        let clean = known.scrub(text);
        assert!(!clean.contains("1234"), "{clean}");
        assert!(serde_json::from_str::<IgnoredAny>(&clean).is_ok(), "{clean}");
    }
}

#[test]
fn ordinary_text_stays() {
    let known = Known::default();
    known.add(&"abcde".into());
    assert!(!known.holds("abcde"), "five characters are too few");
    let public = "displayName: https://contoso.com/devices/enroll, metadata: { name: contoso }";
    known.public([public]);
    known.add(&"https://contoso.com/devices/enroll?key=canary-0123456789".into());
    for text in [public, "https://contoso.com/devices/enroll", "", "?key"] {
        assert_eq!(known.scrub(text), text);
    }
    let whole = known
        .scrub("POST https://contoso.com/devices/enroll?key=canary-0123456789 failed")
        .into_owned();
    assert!(!whole.contains("canary") && !whole.contains("6789"), "{whole}");
    // What Git shows is no secret, whichever manifest declares it as one, and whichever is known first.
    known.add(&"contoso".into());
    assert!(!known.holds("contoso"));
    known.add(&"fabrikam".into());
    assert!(known.holds("fabrikam"));
    known.public(["fabrikam.com"]);
    assert!(!known.holds("fabrikam"));
}

#[test]
fn a_payload_that_names_the_same_host_as_a_token_stays() {
    let token = URL_SAFE_NO_PAD.encode(
        r#"{"aud":"https://graph.microsoft.com","iss":"https://sts.windows.net/8f6d2c2e/","jti":"canary-0123"}"#,
    );
    let known = Known::default();
    known.add(&token.as_str().into());
    for before in 0..6 {
        let blanks = " ".repeat(before);
        let payload = format!(
            r#"{blanks}<x xmlns="http://schemas.microsoft.com/Start">https://graph.microsoft.com</x>"#
        );
        assert!(!known.holds(&STANDARD.encode(payload)));
    }
    assert!(known.holds(&token[..14]) && known.holds(&token[token.len() - 14..]));
    let clean = known.scrub(&token);
    assert!(clean.len() < 100, "{clean}");
}

#[test]
fn a_payload_that_names_the_tenant_or_the_app_stays() {
    let (tenant, app) =
        ("8f6d2c2e-5b1d-4c57-9d0a-3d7f0e8a1b11", "0c1b7f0e-2d57-4a6b-9a83-5a1f6f7c9d10");
    let claims = format!(r#"{{"appid":"{app}","tid":"{tenant}","jti":"canary-0123456789"}}"#);
    let [head, body] = [r#"{"alg":"none"}"#, &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
    let token = format!("{head}.{body}.c2lnbmF0dXJlLWNhbmFyeS0wMTIzNDU2Nzg5");
    let known = Known::default();
    known.add(&token.as_str().into());
    for before in 0..3 {
        let blanks = " ".repeat(before);
        let payload = format!("{blanks}<string>{tenant}</string><string>{app}</string>");
        assert!(!known.holds(&STANDARD.encode(payload)));
    }
    let secret = URL_SAFE_NO_PAD.encode("canary-0123456789");
    assert!(!known.scrub(&token).contains(&secret[..12]));
    assert!(known.holds(&token[token.len() - 14..]));
}

proptest! {
    #[test]
    fn secret_is_withheld_anywhere_in_any_text(text in ".{0,80}", at in 0usize..80) {
        let known = known();
        let cut = text.floor_char_boundary(at.min(text.len()));
        let with = format!("{}{SECRET}{}", &text[..cut], &text[cut..]);
        let clean = known.scrub(&with);
        prop_assert!(!clean.contains(SECRET) && clean.contains(WITHHELD));
        prop_assert_eq!(known.scrub(&text), text.as_str());
    }

    #[test]
    fn scrubbing_twice_changes_nothing(text in "[Canry~8Q/s3c%5Cu0026x&;#\\\\ -]{0,60}") {
        let known = known();
        let clean = known.scrub(&text).into_owned();
        let again = known.scrub(&clean).into_owned();
        prop_assert_eq!(&again, &clean);
    }
}

#[test]
fn words_and_numbers_of_a_short_secret_stay() {
    for (secret, ordinary) in [
        ("Password1!", "passwordRequired"),
        ("passcode2026", "passcodeMinimumLength"),
        ("changes1", r#"{"changes":[],"assignmentChanges":2}"#),
        ("20261129x", "20261128T175320Z-0315f012.jsonl"),
    ] {
        let known = Known::default();
        known.add(&secret.into());
        assert!(!known.holds(ordinary), "{secret}: {}", known.scrub(ordinary));
        for before in 0..3 {
            let payload = format!("{}<key>{ordinary}</key>", " ".repeat(before));
            assert!(!known.holds(&STANDARD.encode(payload)), "{secret}");
        }
        let text = format!("it was {secret} before");
        assert_eq!(known.scrub(&text), "it was (withheld) before");
        let cut = &secret[1..];
        assert!(known.holds(cut), "{cut}");
        assert!(known.holds(&STANDARD.encode(secret)));
    }
}

#[test]
fn a_secret_of_one_word_is_found_as_a_whole() {
    let known = Known::default();
    known.add_all(&["wonderland".into(), "13572468".into()]);
    for text in ["wonderland", "a WonderLand!", r#""13572468""#] {
        assert!(known.holds(text), "{text}");
    }
    assert!(!known.holds("wonderlan") && !known.holds("1357246"));
}

#[test]
fn names_of_a_document_stay_and_numbers_do_not() {
    let known = Known::default();
    known.add_all(&["wonderland".into(), "13572468".into(), "canary-token-0123456789".into()]);
    let document = r#"{"wonderland":{"pin":13572468,"other":-1.5e3,"canary-token-0123456789":1}}"#;
    let clean = known.scrub(document);
    assert_eq!(clean, r#"{"wonderland":{"pin":"(withheld)","other":-1.5e3,"(withheld)":1}}"#);
    serde_json::from_str::<serde_json::Value>(&clean).expect("it is JSON");
}

#[test]
fn a_secret_in_the_form_of_windows_is_found() {
    let known = known();
    let wide: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex: Vec<String> = wide.iter().map(|byte| format!("{byte:02X}")).collect();
    for text in [STANDARD.encode(&wide), hex.concat(), hex.join(","), hex.join("-")] {
        assert!(known.holds(&text), "{text}");
    }
}

#[test]
fn no_part_of_a_short_secret_stays_in_a_text_that_quotes_it() {
    let secrets = ["abc", "abcdef", "x\"y"].map(SecretString::from);
    let message = r#"abcdef and abc and x"y and {"k": "x\"y"}"#;
    let clean = r#"(withheld) and (withheld) and (withheld) and {"k": "(withheld)"}"#;
    assert_eq!(scrub_quoted(message, &secrets), clean);
}

#[test]
fn a_quoted_secret_is_found_trimmed_by_line_and_encoded() {
    let secrets = [" pa<ss'word \n", "first line\r\nno\nÜber"].map(SecretString::from);
    let message =
        "pa<ss'word, PA<SS'WORD, pa&lt;ss&#39;word, cGE8c3Mnd29yZA==; FIRST LINE, Über, no";
    let clean = "(withheld), (withheld), (withheld), (withheld); (withheld), (withheld), no";
    assert_eq!(scrub_quoted(message, &secrets), clean);
}

#[test]
fn secret_with_escapes_of_its_own_is_found_as_a_service_quotes_it() {
    let secret = SecretString::from("a\"%41&");
    for quoted in ["a\"%41&", "a\\\"%41&", "a&quot;%41&amp;"] {
        let message = format!("The value '{quoted}' is refused.");
        let clean = format!("The value '{WITHHELD}' is refused.");
        assert_eq!(scrub_quoted(&message, [&secret]), clean, "{quoted}");
    }
}
