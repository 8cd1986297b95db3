//! A message for Slack: blocks in which no text of a tenant is looked at for addresses or names, and what could be a mark stands
//! as code (FACTS 18.5).

use serde_json::{Value, json};

use super::inert::inert;
use super::lines::{Line, headline, introduction, sections};
use super::notification::Notification;

/// The most characters of the text of one block. The service takes 3,000.
const LONGEST_TEXT: usize = 2_900;

/// The most blocks that hold lines. The service takes 50 in all.
const MOST_BLOCKS: usize = 45;

/// The most characters of all lines. The service refuses a message of about 13,000, although no block is too long.
const LONGEST: usize = 10_000;

/// The most characters of a head. The service takes 150.
const LONGEST_HEAD: usize = 150;

/// Returns the payload of a message.
pub(crate) fn payload(told: &Notification) -> Value {
    let head: String = headline(told).chars().take(LONGEST_HEAD).collect();
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": head, "emoji": false } }),
        json!({ "type": "context", "elements": [words(&escaped(&introduction(told)))] }),
    ];
    let (mut length, mut left_out) = (0, 0);
    for section in sections(told) {
        let mut text = format!("*{}*", section.head);
        for line in section.lines {
            let line = mrkdwn(&line);
            let size = line.chars().count() + 1;
            // What comes after something that was left out is left out too.
            if left_out > 0 || length + size > LONGEST || blocks.len() >= MOST_BLOCKS {
                left_out += 1;
                continue;
            }
            length += size;
            if text.chars().count() + size > LONGEST_TEXT {
                blocks.push(block(&std::mem::take(&mut text)));
            }
            text = if text.is_empty() { line } else { format!("{text}\n{line}") };
        }
        blocks.push(block(&text));
    }
    if left_out > 0 {
        blocks.push(block(&format!("… and {left_out} more objects")));
    }
    if let Some(link) = &told.link {
        blocks.push(block(&format!("<{}|Open the issue>", escaped(link).replace('|', "%7C"))));
    }
    json!({ "text": escaped(&head), "blocks": blocks })
}

fn block(text: &str) -> Value {
    json!({ "type": "section", "text": words(text) })
}

/// Returns a text in which the service looks neither for addresses nor for names.
fn words(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

fn mrkdwn(line: &Line) -> String {
    let rest = inert(&line.rest);
    let rest: Vec<String> = rest.split(' ').map(word).collect();
    format!("• {} {}", code(&inert(&line.subject)), rest.join(" "))
}

/// Returns a word, as code where a sign in it could be a mark, or two of its colons an emoji.
fn word(word: &str) -> String {
    let is_marked = word.contains(['*', '_', '~', '`']) || word.matches(':').count() > 1;
    if is_marked { code(word) } else { escaped(word) }
}

/// Returns a text as code, in which marks and colons mean nothing. There is no escape for the sign that ends code.
fn code(text: &str) -> String {
    format!("`{}`", escaped(&text.replace('`', "ˋ")))
}

/// Escapes the three signs that mean something everywhere.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{hostile, many};
    use super::*;

    /// Returns what Slack obeys in a text: what stands in angle brackets, and what marks enclose outside of code.
    fn obeyed(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for line in text.split('\n') {
            for (at, piece) in line.split('`').enumerate() {
                let brackets = piece.match_indices('<').map(|(at, _)| piece[at..].to_owned());
                found.extend(brackets);
                let is_code = at % 2 == 1;
                let marks = piece.contains(['*', '_', '~']) && !is_code;
                found.extend(marks.then(|| piece.to_owned()));
            }
            assert_eq!(line.matches('`').count() % 2, 0, "code ends on its line: {line}");
        }
        found
    }

    #[test]
    fn texts_of_a_tenant_stand_as_code_and_call_no_one() {
        let payload = payload(&hostile());
        let blocks = payload["blocks"].as_array().expect("blocks");
        let mut found = Vec::new();
        for block in blocks {
            for text in std::iter::once(&block["text"])
                .chain(block["elements"].as_array().into_iter().flatten())
            {
                if text["type"] == "mrkdwn" {
                    assert_eq!(text["verbatim"], true);
                    found.extend(obeyed(text["text"].as_str().expect("a text")));
                }
            }
        }
        assert_eq!(
            found,
            [
                "*Opened: 10 findings*",
                "*Still open: 1 finding*",
                "*Resolved: 10 findings*",
                "<https://github.com/contoso/devices/issues/41|Open the issue>",
            ]
        );
        let head = "Drift of contoso: 10 findings opened, 1 still open, 10 resolved";
        assert_eq!(payload["text"], head);
    }

    #[test]
    fn sentence_is_text_and_what_could_be_a_mark_is_code() {
        let rest = "a_b differs, *c*, :x: changed by alice@contoso.com, 2026-11-30 10:14 UTC";
        let line = Line { subject: "ios/a".to_owned(), rest: rest.to_owned() };
        let shown = "• `ios/a` `a_b` differs, `*c*,` `:\u{200b}x:` changed by alice@contoso.com, 2026-11-30 10:14 UTC";
        assert_eq!(mrkdwn(&line), shown);
    }

    #[test]
    fn message_stays_below_the_limits() {
        for (number, letters) in [(1, 1), (500, 10), (10_000, 255), (3, 1_000_000)] {
            let payload = payload(&many(number, letters));
            let blocks = payload["blocks"].as_array().expect("blocks");
            assert!(blocks.len() <= 50, "{number} {letters}: {}", blocks.len());
            let texts: Vec<_> =
                blocks.iter().filter_map(|block| block["text"]["text"].as_str()).collect();
            assert!(texts.iter().all(|text| (1..=3_000).contains(&text.chars().count())));
            assert!(texts.concat().chars().count() < 12_000);
        }
        assert!(payload(&many(10_000, 255)).to_string().contains("more objects"));
    }
}
