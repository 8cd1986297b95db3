//! Notifications for tests.

use super::notification::{FindingTopic, Notification, ToldFinding};
use crate::plan::TenantRef;

/// Texts that mean something to one service or another.
pub(super) const HOSTILE: [&str; 10] = [
    "<!channel> <@U123> <!here|here> @channel @everyone <at>all</at>",
    "[click](https://evil.contoso.com) <https://evil.contoso.com|here> https://evil.contoso.com www.evil.com",
    "*bold* _it_ ~no~ `code` ```fence``` **b** # head > quote",
    "&lt;!channel&gt; &amp;lt; mailto:alice@contoso.com",
    "line\nbreak\r\n• forged: is as declared again",
    "\u{202e}reversed\u{1b}[31m \u{200b}",
    "{{DATE(2026-01-01T00:00:00Z)}} ${x} {\"type\":\"Action.OpenUrl\"}",
    "\"},{\"type\":\"Image\",\"url\":\"https://evil.contoso.com/x.png\"",
    ":smile: :+1: #general",
    "![x](data:image/png;base64,AAAA)",
];

/// Returns a finding with these texts.
pub(super) fn finding(number: usize, subject: &str, what: &str) -> ToldFinding {
    ToldFinding {
        digest: format!("{number:012x}.{number:012x}"),
        topic: FindingTopic::Drift,
        subject: subject.to_owned(),
        what: what.to_owned(),
        since: "2026-11-29T03:00:00Z".to_owned(),
        changed: None,
        expires: None,
    }
}

/// Returns a notification of these findings.
pub(super) fn notification(opened: Vec<ToldFinding>, resolved: Vec<ToldFinding>) -> Notification {
    Notification {
        tenant: TenantRef {
            name: "contoso".to_owned(),
            tenant_id: "contoso.onmicrosoft.com".to_owned(),
            cloud: "global".to_owned(),
        },
        checked_at: "2026-11-30T03:00:00Z".to_owned(),
        earlier_known: true,
        opened,
        still_open: vec![finding(900, "iosX/old", "passwordMinimumLength differs")],
        resolved,
        link: Some("https://github.com/contoso/devices/issues/41".to_owned()),
    }
}

/// Returns a notification whose every text is hostile.
pub(super) fn hostile() -> Notification {
    let findings = HOSTILE.iter().enumerate().map(|(at, text)| finding(at, text, text));
    notification(findings.clone().collect(), findings.collect())
}

/// Returns a notification of so many objects whose names have so many letters.
pub(super) fn many(number: usize, letters: usize) -> Notification {
    let name = |at: usize| format!("kind/{at}-{}", "ü".repeat(letters));
    notification((0..number).map(|at| finding(at, &name(at), "differs")).collect(), Vec::new())
}
