//! A message for a workflow of Microsoft Teams: an Adaptive Card in the envelope that the workflow's trigger takes (FACTS 18.4).

use serde_json::{Value, json};

use super::inert::inert;
use super::lines::{headline, introduction, sections};
use super::notification::Notification;

/// The bytes of a message that leave room for its end. The service takes 28 KB.
const MOST: usize = 24_000;

/// Returns the payload of a message.
pub(crate) fn payload(told: &Notification) -> Value {
    let mut body = vec![words(&headline(told), "Large"), words(&introduction(told), "Default")];
    let mut size = body.iter().map(length).sum::<usize>();
    let mut left_out = 0;
    for section in sections(told) {
        let head = words(&section.head, "Medium");
        size += length(&head);
        body.push(head);
        for line in section.lines {
            let block = json!({ "type": "RichTextBlock", "inlines": [
                run(&inert(&line.subject), "Bolder"),
                run(&format!(" {}", inert(&line.rest)), "Default"),
            ]});
            // What comes after something that was left out is left out too.
            if left_out > 0 || size + length(&block) > MOST {
                left_out += 1;
            } else {
                size += length(&block);
                body.push(block);
            }
        }
    }
    if left_out > 0 {
        body.push(words(&format!("… and {left_out} more objects"), "Default"));
    }
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard", "version": "1.4", "body": body,
        "msteams": { "width": "Full" },
    });
    if let Some(link) = &told.link {
        card["actions"] =
            json!([{ "type": "Action.OpenUrl", "title": "Open the issue", "url": link }]);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

/// Returns a block with words of our own. Everything else is a text run, in which Markdown means nothing.
fn words(text: &str, size: &str) -> Value {
    json!({ "type": "RichTextBlock", "inlines": [
        { "type": "TextRun", "text": text, "size": size, "weight": if size == "Default" { "Default" } else { "Bolder" } },
    ]})
}

fn run(text: &str, weight: &str) -> Value {
    json!({ "type": "TextRun", "text": text, "weight": weight })
}

fn length(value: &Value) -> usize {
    value.to_string().len() + 1
}

#[cfg(test)]
mod tests {
    use super::super::notification::ToldChange;
    use super::super::testing::{HOSTILE, hostile, many};
    use super::*;

    /// Returns every object of a document that has a type, with the type.
    fn typed<'v>(value: &'v Value, found: &mut Vec<(&'v str, &'v Value)>) {
        if let Some(name) = value["type"].as_str() {
            found.push((name, value));
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| typed(item, found)),
            Value::Object(members) => members.values().for_each(|member| typed(member, found)),
            _ => {}
        }
    }

    #[test]
    fn texts_of_a_tenant_stand_in_runs_that_know_no_markdown() {
        let mut told = hostile();
        let (by, at) = ("alice@contoso.com".to_owned(), Some("2026-11-30T10:14:09Z".to_owned()));
        told.still_open[0].changed = Some(ToldChange { by, at });
        let payload = payload(&told);
        let mut found = Vec::new();
        typed(&payload, &mut found);
        let kinds: std::collections::BTreeSet<_> = found.iter().map(|(name, _)| *name).collect();
        let wanted = ["Action.OpenUrl", "AdaptiveCard", "RichTextBlock", "TextRun", "message"];
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), wanted);
        // Nothing but the link is an address, and there is no list of mentions.
        let addresses: Vec<_> =
            found.iter().filter_map(|(_, value)| value["url"].as_str()).collect();
        assert_eq!(addresses, ["https://github.com/contoso/devices/issues/41"]);
        let card = &payload["attachments"][0]["content"];
        assert_eq!(card["msteams"], json!({ "width": "Full" }));
        let texts: Vec<_> = found.iter().filter_map(|(_, value)| value["text"].as_str()).collect();
        let shown = texts.join("\n");
        let author = "changed by alice@contoso.com, 2026-11-30 10:14 UTC";
        assert!(shown.contains(author), "an address can be copied: {shown}");
        let shown = shown.replace(author, "");
        for text in ["://", "www.e", "@c", "@e", "@U"] {
            assert!(!shown.contains(text), "{text} in {shown}");
        }
        assert!(texts.iter().all(|text| !text.contains('\n')));
        assert!(texts.len() > HOSTILE.len());
    }

    #[test]
    fn message_stays_below_the_limit() {
        for (number, letters) in [(1, 1), (500, 10), (10_000, 255), (3, 1_000_000)] {
            let payload = payload(&many(number, letters));
            assert!(payload.to_string().len() < 28 << 10, "{number} {letters}");
        }
        let cut = payload(&many(10_000, 255)).to_string();
        assert!(cut.contains("more objects"));
    }
}
