//! Pages, read by a tokenizer that follows the HTML standard: what stands in them, and that no text of a tenant becomes
//! more than text.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use html5gum::{DefaultEmitter, Token, Tokenizer};
use insta::assert_snapshot;
use ring::digest::{SHA256, digest};
use serde_json::json;

use super::timeline::TimelineEntry;
use super::*;
use crate::diagnostic::Severity;
use crate::diagnostic::json::FindingItem;
use crate::drift::history::{DriftCounts, DriftPoint};
use crate::error::Error;
use crate::plan::Refusal;
use crate::report::{Links, testing};

/// An element with its attributes, and the text from its start tag to the next tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// A page that was read.
struct Page {
    elements: Vec<Element>,
    /// All text of the body, one line for each text between tags.
    text: String,
}

impl Page {
    /// Reads a page, and expects that each element is closed in its turn.
    fn read(html: &str) -> Self {
        const VOID: [&str; 3] = ["meta", "input", "br"];
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let mut page = Self { elements: Vec::new(), text: String::new() };
        let mut open: Vec<String> = Vec::new();
        // Whether the last element is still open, and has no element within.
        let mut is_inside = false;
        for token in Tokenizer::new_with_emitter(html, emitter) {
            match token.expect("a text has no fault of reading") {
                Token::StartTag(tag) => {
                    let name = utf8(&tag.name);
                    if !VOID.contains(&name.as_str()) {
                        open.push(name.clone());
                    }
                    let attributes = tag.attributes.iter();
                    let attributes = attributes.map(|(name, value)| (utf8(name), utf8(value)));
                    let attributes = attributes.collect();
                    page.elements.push(Element { name, attributes, text: String::new() });
                    is_inside = true;
                }
                Token::EndTag(tag) => {
                    assert_eq!(open.pop(), Some(utf8(&tag.name)));
                    is_inside = false;
                }
                Token::String(text) => {
                    let text = utf8(&text);
                    if !["style", "script"]
                        .map(str::to_owned)
                        .contains(open.last().unwrap_or(&String::new()))
                    {
                        page.text.push_str(&text);
                        page.text.push('\n');
                    }
                    if let Some(element) = page.elements.last_mut().filter(|_| is_inside) {
                        element.text.push_str(&text);
                    }
                }
                Token::Doctype(_) => assert!(page.elements.is_empty()),
                Token::Comment(comment) => panic!("a comment: {comment:?}"),
                // A browser shows it as any letter that it has no form for.
                Token::Error(error)
                    if error.value == html5gum::Error::NoncharacterInInputStream => {}
                Token::Error(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(open, Vec::<String>::new());
        page
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    fn with<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.get(attribute).is_some())
    }

    /// Returns the kinds of elements and attributes.
    fn vocabulary(&self) -> BTreeSet<(String, String)> {
        let names = self.elements.iter().flat_map(|element| {
            let attributes =
                element.attributes.keys().map(|name| (element.name.clone(), name.clone()));
            attributes.chain([(element.name.clone(), String::new())])
        });
        names.collect()
    }
}

/// Whether an address is a place of the page, or a file of the repository.
fn is_expected(address: &str) -> bool {
    address.starts_with('#') || address.starts_with("https://github.com/contoso/tenant/blob/0a1b/")
}

/// Links to files of a repository.
fn links() -> Links {
    let base = "https://github.com/contoso/tenant/blob/0a1b".to_owned();
    Links { base: Some(base), ..Links::default() }
}

fn refusal(text: &str) -> Refusal {
    let owned = || text.to_owned();
    Refusal { address: Some(owned()), code: owned(), message: owned(), flag: owned() }
}

fn plan_page(plan: &crate::plan::Plan) -> Page {
    Page::read(&story(plan, &PageExtras::default(), &links()))
}

fn point(at: &str, drifted: usize, missing: usize) -> DriftPoint {
    let counts = DriftCounts { drifted, missing, in_sync: 9, ..DriftCounts::default() };
    DriftPoint { checked_at: at.to_owned(), counts }
}

fn extras() -> PageExtras {
    let entry = TimelineEntry {
        at: "2026-11-20T10:14:59Z".to_owned(),
        by: "alice@contoso.com".to_owned(),
        operation: Some("Patch DeviceConfiguration".to_owned()),
        object: "windowsIdentityProtectionConfiguration/windows-hello".to_owned(),
        property: Some("pinMinimumLength".to_owned()),
        before: Some("6".to_owned()),
        after: Some("4".to_owned()),
    };
    let earlier = TimelineEntry {
        at: "2026-11-19T10:14:59Z".to_owned(),
        by: "Pipeline".to_owned(),
        before: None,
        after: None,
        property: None,
        ..entry.clone()
    };
    PageExtras {
        timeline: vec![earlier, entry],
        history: vec![point("2026-11-19T02:00:00Z", 0, 0), point("2026-11-20T02:00:00Z", 3, 1)],
    }
}

fn pages() -> Vec<(&'static str, String)> {
    let finding = FindingItem {
        code: "schema/type".to_owned(),
        severity: Severity::Error,
        message: "`pinMinimumLength` is a number".to_owned(),
        file: Some("policies/hello.yaml".to_owned()),
        line: Some(3),
        column: Some(5),
        end_line: None,
        end_column: None,
        help: Some("write `6`".to_owned()),
        replacement: None,
    };
    let failed = Error::failed("graph/unreachable", "Graph does not answer.").hint("Try again.");
    vec![
        ("plan", story(&testing::plan(), &extras(), &links())),
        ("settled", story(&testing::settled(), &PageExtras::default(), &links())),
        ("drift", story(&testing::drift_report(), &extras(), &links())),
        ("outcome", outcome(&testing::outcome(), &[])),
        ("findings", findings(std::slice::from_ref(&finding), 3, &links())),
        ("no findings", findings(&[], 3, &links())),
        ("failure", failure(&failed, None, None, &[refusal("delete")], &links())),
        ("as built", as_built(&testing::record("x"))),
    ]
}

#[test]
fn page_is_whole_and_its_parts_refer_to_each_other() {
    for (name, html) in pages() {
        let page = Page::read(&html);
        let ids: Vec<&str> = page.with("id").filter_map(|element| element.get("id")).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        for attribute in ["href", "for", "aria-labelledby", "aria-describedby"] {
            for element in page.with(attribute) {
                let target = element.get(attribute).unwrap_or_default();
                if target.starts_with("https://") {
                    continue;
                }
                let target = target.trim_start_matches('#');
                assert!(unique.contains(target), "{name}: {element:?}");
            }
        }
        for (landmark, number) in
            [("h1", 1), ("main", 1), ("header", 1), ("footer", 1), ("title", 1)]
        {
            assert_eq!(page.all(landmark).count(), number, "{name}: {landmark}");
        }
        for section in page.all("section") {
            assert!(section.get("aria-labelledby").is_some(), "{name}: {section:?}");
        }
        for control in page.all("input").chain(page.all("select")) {
            let id = control.get("id");
            assert!(page.all("label").any(|label| label.get("for") == id), "{name}: {control:?}");
        }
    }
}

#[test]
fn policy_names_the_style_and_the_script_of_the_page_and_nothing_else() {
    for (name, html) in pages() {
        let page = Page::read(&html);
        let policy = page.all("meta").find(|meta| meta.get("http-equiv").is_some());
        let policy = policy.and_then(|meta| meta.get("content")).expect("a policy");
        let hash = |element: &str| {
            let texts: Vec<&Element> = page.all(element).collect();
            assert_eq!(texts.len(), 1, "{name}: {element}");
            format!("'sha256-{}'", BASE64.encode(digest(&SHA256, texts[0].text.as_bytes())))
        };
        let expected = format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            hash("style"),
            hash("script"),
        );
        assert_eq!(policy, expected, "{name}");
        let outside = ["src", "srcset", "style", "action", "formaction", "ping", "xlink:href"];
        for attribute in outside {
            assert_eq!(page.with(attribute).count(), 0, "{name}: {attribute}");
        }
        for link in page.with("href") {
            assert!(link.get("href").is_some_and(is_expected), "{name}: {link:?}");
        }
    }
    let (style, script) = (include_str!("page.css"), include_str!("page.js"));
    for word in ["url(", "@import", "image-set"] {
        assert!(!style.contains(word), "{word}");
    }
    for word in
        ["fetch", "XMLHttpRequest", "eval", "innerHTML", "import(", "http", "document.write"]
    {
        assert!(!script.contains(word), "{word}");
    }
}

#[test]
fn every_object_of_a_plan_is_told_with_its_signs_values_reach_and_risks() {
    let page = plan_page(&testing::plan());
    let objects: Vec<String> = page
        .with("data-item")
        .map(|it| {
            format!(
                "{} {} [{}]",
                it.get("data-mark").unwrap_or_default(),
                it.get("id").unwrap_or_default(),
                it.get("data-risks").unwrap_or_default()
            )
        })
        .collect();
    let objects: BTreeSet<String> = objects.into_iter().collect();
    assert_snapshot!(objects.into_iter().collect::<Vec<_>>().join("\n"), @r"
    add macOSGeneralDeviceConfiguration/macos []
    blocked iosGeneralDeviceConfiguration/ios-restrictions [blocked]
    change deviceRegistrationPolicy/device-registration [registration/mfa-off]
    change windows10CustomConfiguration/custom-settings []
    change windowsIdentityProtectionConfiguration/windows-hello [assign-all]
    remove iosWiFiConfiguration/old-wifi [delete]
    replace iosVpnConfiguration/vpn []
    unverifiable androidWorkProfileWiFiConfiguration/wifi []
    ");
    for words in [
        "contoso (contoso.onmicrosoft.com)",
        "pinMinimumLength",
        "Windows Hello for Business",
        "eaches at most 1,240 devices and 3,100 users (2 groups, filtered), until now 4 users and at most 69 devices (2 groups, filtered); 1,021 devices have it now (12 pending, 3 failed)",
        "Devices could be joined or registered with a password alone.",
        "There is no group ",
        "Old pilots",
        "sha256:0a1b",
        "Guest",
        "Entra does not let it be changed while Intune is enabled",
    ] {
        assert!(page.text.contains(words), "{words}:\n{}", page.text);
    }
    let tiles: Vec<&str> =
        page.with("data-show").filter_map(|tile| tile.get("data-show")).collect();
    assert_snapshot!(tiles.join(" "), @"blocked add change replace remove unverifiable");
}

#[test]
fn filter_offers_each_kind_and_each_risk_with_its_number() {
    let page = plan_page(&testing::plan());
    let options: Vec<&str> = page.all("option").map(|option| option.text.as_str()).collect();
    assert_snapshot!(options.join("\n"), @r"
    All kinds
    Wi-Fi (android), 1
    Device settings (Microsoft Entra), 1
    Device restrictions (ios), 1
    VPN (ios), 1
    Wi-Fi (ios), 1
    Device restrictions (macos), 1
    Custom (windows), 1
    Identity protection (windows), 1
    With and without
    Any risk
    assign-all, 1
    blocked, 1
    delete, 1
    registration/mfa-off, 1
    ");
    assert_eq!(page.with("aria-live").count(), 1);
    // One object is not worth a filter.
    assert_eq!(plan_page(&testing::settled()).all("select").count(), 0);
}

#[test]
fn timeline_begins_with_the_latest_change_and_history_has_its_numbers_as_a_table() {
    let page = Page::read(&story(&testing::drift_report(), &extras(), &links()));
    let alice = page.text.find("alice@contoso.com").expect("alice");
    assert!(alice < page.text.find("Pipeline").expect("the app"));
    assert!(page.text.contains("2026-11-20 10:14 UTC"));
    let drawing = page.all("svg").next().and_then(|svg| svg.get("aria-label")).expect("a chart");
    assert_snapshot!(drawing, @"Objects that drifted or are missing in 2 reports from 2026-11-19 02:00 UTC to 2026-11-20 02:00 UTC: at most 4, now 4.");
    let bars: Vec<&str> = page.all("rect").filter_map(|bar| bar.get("class")).collect();
    assert_eq!(bars, ["none", "drifted", "missing"]);
    let numbers: Vec<&str> = page.all("td").map(|cell| cell.text.as_str()).collect();
    assert!(
        numbers.starts_with(&["3", "1", "0", "0", "9", "0", "0", "0", "0", "9"]),
        "{numbers:?}"
    );
    let one = PageExtras { history: vec![point("2026-11-19T02:00:00Z", 0, 0)], ..extras() };
    assert_eq!(Page::read(&story(&testing::drift_report(), &one, &links())).all("svg").count(), 0);
}

#[test]
fn hostile_texts_stay_texts() {
    let known: BTreeSet<(String, String)> =
        pages().iter().flat_map(|(_, html)| Page::read(html).vocabulary()).collect();
    for text in [
        "<script>alert(1)</script>",
        "</code></li></ol></main><img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)\" x=\"",
        "' autofocus onfocus='alert(1)",
        "</style><style>*{display:none}",
        "</title></script><svg/onload=alert(1)>",
        "<!-- <![CDATA[ ]]> -->",
        "javascript:alert(1)",
        "&lt;b&gt; &#60;b&#62; &amp;",
        "\u{1b}[31m\u{9b}31m\u{202e}\u{2066}\u{200b}\u{feff}\0\u{fffe}",
        "a\r\nb\u{2028}c\n<b>\n",
        "`<b>` ``` `",
        "日本語 \u{1f600} e\u{301}",
    ] {
        let mut finding = FindingItem {
            code: text.to_owned(),
            severity: Severity::Warning,
            message: text.to_owned(),
            file: Some(text.to_owned()),
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            help: Some(text.to_owned()),
            replacement: None,
        };
        finding.replacement = Some(text.to_owned());
        let plan = testing::hostile(text);
        let mut drift = testing::drift_report();
        drift.tenant.name = text.to_owned();
        for item in &mut drift.items {
            item.display_name = text.to_owned();
            item.last_modified = Some(text.to_owned());
        }
        let owned = || Some(text.to_owned());
        let entry = TimelineEntry {
            at: text.to_owned(),
            by: text.to_owned(),
            operation: owned(),
            object: text.to_owned(),
            property: owned(),
            before: owned(),
            after: owned(),
        };
        let extras = PageExtras {
            timeline: vec![entry],
            history: vec![point(text, 1, 1), point(text, 2, 1)],
        };
        let failed = Error::failed("graph/unreachable", text).hint(text);
        for html in [
            story(&plan, &extras, &links()),
            story(&drift, &extras, &links()),
            outcome(&testing::hostile_outcome(text), &[text.to_owned()]),
            findings(&[finding.clone()], 1, &links()),
            failure(&failed, None, None, &[refusal(text)], &links()),
            as_built(&testing::record(text)),
        ] {
            let page = Page::read(&html);
            let foreign: Vec<_> = page.vocabulary().difference(&known).cloned().collect();
            assert_eq!(foreign, Vec::new(), "{text:?}");
            assert_eq!((page.all("script").count(), page.all("style").count()), (1, 1), "{text:?}");
            for link in page.with("href") {
                assert!(link.get("href").is_some_and(is_expected), "{link:?}");
            }
            let hidden =
                |letter: char| letter != '\n' && crate::text::sanitize::is_hazardous(letter);
            assert!(!page.text.contains(hidden), "{text:?}");
            for element in &page.elements {
                let values = element.attributes.values();
                assert!(values.clone().all(|value| !value.contains(hidden)), "{element:?}");
            }
        }
    }
}

#[test]
fn enormous_texts_make_no_enormous_page() {
    let mut plan = testing::plan();
    plan.changes.truncate(2);
    plan.changes[0].display_name = "<x>".repeat(3_500_000);
    let long = json!("<y>".repeat(3_500_000));
    plan.changes[1].fields.push(testing::field(&["description"], json!("a"), long));
    let html = story(&plan, &PageExtras::default(), &links());
    assert!(html.len() < 200_000, "{}", html.len());
    Page::read(&html);
}

#[test]
fn many_objects_stand_in_lists_of_a_hundred() {
    let mut record = testing::record("x");
    record.items = vec![record.items[0].clone(); 250];
    let page = as_built(&record);
    let lists = page.split("<ol class=\"objects\">").skip(1);
    let objects: Vec<usize> = lists.map(|list| list.matches(" data-item").count()).collect();
    assert_eq!(objects, [100, 100, 50]);
}
