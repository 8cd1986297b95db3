//! How plans and drifts read: one convention of signs and one order, whatever the format, and nothing that a tenant's
//! text does to a page.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

use crate::support::Workspace;

const HELLO: &str = "windowsIdentityProtectionConfiguration";

/// Returns a tenant with one object as it is declared, and one that is missing.
fn workspace(unmanaged: &[&str]) -> Workspace {
    let manifest = |name: &str, pin: u8| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: {HELLO}\nmetadata: {{ name: {name} }}\nspec:\n  displayName: {name}\n  pinMinimumLength: {pin}\n  pinMaximumLength: 20\n"
        )
    };
    let workspace =
        Workspace::tenant(&[("one.yaml", &manifest("one", 6)), ("two.yaml", &manifest("two", 8))]);
    let object = |name: &str| json!({ "@odata.type": format!("#microsoft.graph.{HELLO}"), "displayName": name, "pinMinimumLength": 4, "pinExpirationInDays": 90 });
    let objects: Vec<Value> = ["one"].iter().chain(unmanaged).map(|name| object(name)).collect();
    workspace.seed(&json!({ "deviceConfigurations": objects }));
    workspace
}

/// Returns the lines of differences, each with its sign, name and values.
fn differences(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.starts_with("      "));
    let signed = lines.map(str::trim).filter(|line| line.starts_with(['+', '-', '~']));
    signed
        .map(|line| line.split("  one.yaml").next().unwrap_or(line).trim_end().to_owned())
        .collect()
}

#[test]
fn a_drift_has_the_signs_of_the_plan_that_reverts_it() {
    let workspace = workspace(&[]);
    let plan = workspace.run(&["plan", "--sandbox", "--only", "*/one"]).expect(0).stdout;
    let drift = workspace.run(&["drift", "--sandbox", "--only", "*/one"]).expect(0).stdout;
    assert!(!differences(&plan).is_empty(), "{plan}");
    assert_eq!(differences(&plan), differences(&drift), "{plan}{drift}");
    let json = |command: &str| {
        let report = workspace.run(&[command, "--sandbox", "--format", "json"]).expect(0).json();
        let objects = report.get("changes").or(report.get("items")).expect("objects");
        let fields = objects[0]["fields"].as_array().expect("fields").iter();
        fields
            .map(|field| json!([field["path"], field["before"], field["after"]]))
            .collect::<Vec<_>>()
    };
    assert_eq!(json("plan"), json("drift"));
    let drift = workspace.run(&["drift", "--sandbox"]).expect(0).stdout;
    let legend = "Signs are those of a plan: `-` is what the tenant has, `+` is what Git declares.";
    assert!(drift.contains(legend), "{drift}");
    assert!(drift.contains(&format!("  + {HELLO}/two ")), "{drift}");
    let page = workspace.run(&["drift", "--sandbox", "--format", "markdown"]).expect(0).stdout;
    assert!(page.contains(legend) && page.contains(&format!("| `+` | `{HELLO}/two`")), "{page}");
}

#[test]
fn unmanaged_objects_are_named() {
    let names: Vec<String> = (0..12).map(|at| format!("TEMP {at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let workspace = workspace(&names);
    let tail = |arguments: &[&str]| {
        let text = workspace.run(&[&["drift", "--sandbox"], arguments].concat()).expect(0).stdout;
        let at = text.find("12 live objects").expect("a line about them");
        text[at..].to_owned()
    };
    let some = tail(&[]);
    assert_eq!(some.matches("\"TEMP ").count(), 10, "{some}");
    assert!(some.contains("… and 2 more (-v)"), "{some}");
    let all = tail(&["-v"]);
    assert!(names.iter().all(|name| all.contains(&format!("\"{name}\""))), "{all}");
    let page = tail(&["--format", "markdown"]);
    assert!(names.iter().all(|name| page.contains(&format!("`{name}`"))), "{page}");
    let json = workspace.run(&["drift", "--sandbox", "--format", "json"]).expect(0).json();
    assert_eq!(json["coverage"]["unmanaged"].as_array().map(Vec::len), Some(12));
}

#[test]
fn text_of_a_tenant_stays_text_in_a_page() {
    let hostile = [
        "</summary></details><script>alert(1)</script>",
        "@contoso/admins #1 https://contoso.com",
        "[a](https://contoso.com) ![b](https://contoso.com/b.png)",
        "a | b\n| c |\n\n# Heading\n",
        "````\n~~~ ` `` \u{1b}[31m \u{202e}",
    ];
    let workspace = workspace(&hostile);
    for command in ["plan", "drift"] {
        let page = workspace.run(&[command, "--sandbox", "--format", "markdown"]).expect(0).stdout;
        assert!(page.contains("5 live objects are not managed"), "{page}");
        assert_harmless(&page);
    }
}

/// Expects of a page that its only heading is its own, and that nothing in it leads elsewhere or calls a person.
#[track_caller]
fn assert_harmless(page: &str) {
    let (mut headings, mut in_code_block) = (0, false);
    for event in Parser::new_ext(page, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code_block = true,
            Event::End(TagEnd::CodeBlock) => in_code_block = false,
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. })) => panic!("{tag:?}"),
            Event::Html(html) | Event::InlineHtml(html) => {
                let ours = ["<details>", "</details>", "<br>", "<summary>", "<code>", "</code>"];
                assert!(ours.iter().any(|tag| html.starts_with(tag)), "{html}");
                assert!(!html.contains("script") && !html.contains('@'), "{html}");
            }
            Event::Text(text) if !in_code_block => {
                assert!(!text.contains("://") && !text.contains("@c"), "{text}");
            }
            _ => {}
        }
    }
    assert_eq!(headings, 1, "{page}");
    assert!(!page.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn text_of_a_tenant_stays_text_in_the_page_of_an_adoption() {
    let hostile = "<img src=https://evil.example/p.png> @contoso/admins [Approve here](https://evil.example) <!-- ";
    let address = "./Vendor/MSFT/<b>|[a](https://evil.example) @contoso";
    let kind = "windows10CustomConfiguration";
    let id = "5b6f0cd6-3f38-4b6c-9a51-0a8a2b1f7c11";
    let manifest = format!(
        "apiVersion: graph.microsoft.com/beta\nkind: {kind}\nmetadata: {{ name: custom, id: {id} }}\nspec:\n  description: Declared\n  omaSettings: []\n"
    );
    let workspace = Workspace::tenant(&[("custom.yaml", &manifest)]);
    let setting = |address: &str| json!({ "@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": hostile, "omaUri": address, "value": 1 });
    let masked = json!({ "@odata.type": "#microsoft.graph.omaSettingString", "displayName": hostile, "omaUri": format!("{address}/2"), "value": "text", "isEncrypted": true });
    workspace.seed(&json!({ "deviceConfigurations": [{
        "@odata.type": format!("#microsoft.graph.{kind}"), "id": id, "displayName": hostile, "description": hostile,
        "omaSettings": [setting(address), masked],
    }] }));
    let adopt = ["drift", "--sandbox", "--format", "markdown", "--adopt"];
    for more in [&["--diff"][..], &[]] {
        let page = workspace.run(&[&adopt[..], more].concat()).expect(0).stdout;
        assert_harmless(&page);
        assert!(page.contains(&format!("| `{kind}/custom`<br>")), "{page}");
        assert!(page.contains("`description`"), "{page}");
        assert_eq!(page.contains("```diff\n"), !more.is_empty(), "{page}");
    }
}

#[test]
fn what_cannot_be_compared_is_one_line_however_much_it_is() {
    let wifi = |at: usize| {
        format!(
            "apiVersion: graph.microsoft.com/beta\nkind: windowsWifiConfiguration\nmetadata: {{ name: wifi-{at:02} }}\nspec: {{ displayName: Office {at}, preSharedKey: {{ $env: PSK }} }}\n"
        )
    };
    let text: Vec<String> = (0..12).map(wifi).collect();
    let workspace = Workspace::tenant(&[("wifi.yaml", &text.join("---\n"))]);
    let object = |at: usize| json!({ "@odata.type": "#microsoft.graph.windowsWifiConfiguration", "displayName": format!("Office {at}"), "preSharedKey": "canary-key" });
    workspace.seed(&json!({ "deviceConfigurations": (0..12).map(object).collect::<Vec<_>>() }));
    let plan = workspace.run(&["plan", "--sandbox"]).expect(0).stdout;
    let words = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = "12 settings cannot be compared: windowsWifiConfiguration/wifi-00 preSharedKey, ";
    assert!(words.contains(first) && words.contains(", … and 2 more (-v: why)"), "{plan}");
    let verbose = workspace.run(&["drift", "--sandbox", "-v"]).expect(0).stdout;
    assert_eq!(verbose.matches("? preSharedKey  cannot be compared: ").count(), 12, "{verbose}");
    let page = workspace.run(&["drift", "--sandbox", "--format", "markdown"]).expect(0).stdout;
    let line = "- `windowsWifiConfiguration/wifi-11` `preSharedKey`: a value from the environment is never compared";
    assert!(page.contains("<summary>12 settings cannot be compared</summary>"), "{page}");
    assert!(page.lines().any(|found| found == line), "{page}");
}

#[test]
fn objects_link_to_their_manifests_at_the_commit() {
    let workspace = workspace(&[]);
    std::fs::create_dir(workspace.file(".git")).expect("a folder");
    let base = "https://github.com/contoso/tenant/blob/0a1b2c3d";
    let plan = ["plan", "--sandbox", "--format", "markdown"];
    let linked = workspace.run(&[&plan[..], &["--link-base", base]].concat()).expect(0).stdout;
    assert!(linked.contains(&format!("[`{HELLO}/one`](<{base}/one.yaml#L2>)")), "{linked}");
    let in_github = [
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "contoso/tenant"),
        ("GITHUB_SHA", "0a1b2c3d"),
    ];
    assert_eq!(workspace.run_with(&plan, &in_github).expect(0).stdout, linked);
    let alone = workspace.run(&plan).expect(0).stdout;
    assert!(
        alone.contains(&format!("| `{HELLO}/one`<br>one |")) && !alone.contains("]("),
        "{alone}"
    );
}

#[test]
fn failures_are_pages_too() {
    let workspace = workspace(&[]);
    workspace.write("three.yaml", "kind: x\n");
    for command in ["validate", "plan"] {
        let page = workspace.run(&[command, "--format", "markdown"]).expect(3).stdout;
        assert!(page.starts_with("### Invalid: "), "{page}");
        assert!(page.contains("| | place | code | message | help |"), "{page}");
        assert!(page.contains("| **error** | `three.yaml:1` | `"), "{page}");
    }
    std::fs::remove_file(workspace.file("three.yaml")).expect("the file is there");
    workspace.edit("one.yaml", "metadata: { name: one }", "metadata: { name: one, state: absent }");
    let apply = ["apply", "--sandbox=s.json", "--yes", "--format", "markdown"];
    let refused = workspace.run(&apply).expect(5).stdout;
    let verdict = "### Refused: the plan is refused; nothing was written.";
    assert!(refused.starts_with(verdict), "{refused}");
    assert!(refused.contains(&format!("| `{HELLO}/one` | `delete` |")), "{refused}");
    let applied = workspace.run(&[&apply[..], &["--allow", "delete"]].concat()).expect(0).stdout;
    assert!(applied.starts_with("### Applied: 2 done, 0 failed, 0 skipped."), "{applied}");
    assert!(applied.contains("Roll back:  moorline rollback "), "{applied}");
}
