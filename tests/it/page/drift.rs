//! The page of a drift report: who changed what, and the reports of earlier runs.

use serde_json::json;

use crate::support::Workspace;

const HELLO: &str = "windowsIdentityProtectionConfiguration";
const MANIFEST: &str = "apiVersion: graph.microsoft.com/beta
kind: windowsIdentityProtectionConfiguration
metadata: { name: hello }
spec: { displayName: Windows Hello, pinMinimumLength: 6 }
";

/// Returns a tenant in which alice changed what a manifest declares.
fn edited() -> Workspace {
    let workspace = Workspace::tenant(&[("hello.yaml", MANIFEST)]);
    workspace.run(&["apply", "--sandbox=s.json", "--yes"]).expect(0);
    let object = format!("{HELLO}/Windows Hello");
    let edit = ["sandbox", "edit", "s.json", &object, "--set", "pinMinimumLength=4"];
    workspace.run(&[&edit[..], &["--as", "alice@contoso.com"]].concat()).expect(0);
    workspace
}

/// Returns the part of a page between two texts, the first one included.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap_or_else(|| panic!("{from} is in {page}"));
    let part = &page[start..];
    &part[..part.find(to).unwrap_or(part.len())]
}

#[test]
fn object_and_timeline_name_the_author_the_time_and_the_former_value() {
    let workspace = edited();
    let report = workspace.run(&["drift", "--sandbox=s.json", "--format", "json"]).expect(0).json();
    let at = report["items"][0]["changed"]["at"].as_str().expect("a time").to_owned();
    let instant: jiff::Timestamp = at.parse().expect("RFC 3339");
    let minute = instant.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let page = workspace.run(&["drift", "--sandbox=s.json", "--format", "html"]).expect(0).stdout;
    let object =
        between(&page, &format!("<li class=\"object change\" id=\"{HELLO}/hello\""), "</ol>");
    let words = format!("changed by alice@contoso.com, {minute} (Patch DeviceConfiguration)");
    assert!(object.contains(&words), "{words}: {object}");
    let timeline = between(&page, "<section id=\"timeline\"", "</section>");
    let entry = between(timeline, "<li>", "</li>");
    let time = format!("<time datetime=\"{at}\">{minute}</time>");
    for part in [
        &*time,
        "<strong>alice@contoso.com</strong>, Patch DeviceConfiguration",
        "<code class=\"name\">pinMinimumLength</code>",
        "<span class=\"vh\">was </span><code>6</code>",
        "<span class=\"vh\">became </span><code>4</code>",
    ] {
        assert!(entry.contains(part), "{part}: {timeline}");
    }
}

#[test]
fn history_draws_earlier_reports_and_passes_over_what_channels_were_told_in_silence() {
    let workspace = Workspace::tenant(&[("hello.yaml", MANIFEST)]);
    let earlier = |at: &str, drifted: u32, missing: u32| {
        let tenant =
            json!({ "name": "contoso", "tenantId": "contoso.onmicrosoft.com", "cloud": "global" });
        json!({
            "kind": "drift", "formatVersion": "1.0", "tenant": tenant, "checkedAt": at, "only": [], "items": [],
            "summary": { "inSync": 5, "drifted": drifted, "missing": missing, "unverifiable": 0, "unknown": 0 },
        })
    };
    workspace.write("reports/a.json", earlier("2026-11-01T06:00:00Z", 3, 0).to_string());
    workspace.write("reports/b.json", earlier("2026-11-02T06:00:00Z", 1, 2).to_string());
    workspace.write("reports/notified-ops.json", "{}");
    let arguments = ["drift", "--sandbox=s.json", "--history", "reports", "--format", "html"];
    let run = workspace.run(&arguments).expect(0);
    assert!(!run.stderr.contains("passed over"), "{}", run.stderr);
    let history = between(&run.stdout, "<section id=\"history\"", "</section>");
    for words in ["2026-11-01 06:00 UTC", "2026-11-02 06:00 UTC"] {
        assert!(history.contains(words), "{words}: {history}");
    }
    let rows = between(history, "<tbody>", "</tbody>").matches("<tr>").count();
    assert_eq!(rows, 3, "the earlier reports and this one: {history}");
    workspace.write("reports/c.json", "{}");
    let run = workspace.run(&arguments).expect(0);
    assert!(run.stderr.contains("c.json` is passed over"), "{}", run.stderr);
    assert!(run.stdout.contains("2026-11-02 06:00 UTC"), "the others are drawn");
}
