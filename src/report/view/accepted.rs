//! Shows accepted differences, and acceptances that do not hold any more.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::field;
use super::node::{DiffContent, DiffMark, DiffNode};
use super::payload::Payload;
use super::story::StoryKind;
use super::value;
use crate::plan::{Acceptance, Shown, VoidAcceptance, WhyVoid};
use crate::report::phrases::count;
use crate::report::width::cut;
use crate::text::sanitize;

/// The columns of a value in a sentence.
const VALUE: usize = 60;

/// Returns the nodes of acceptances: those that hold, then those that are void while something still differs.
pub(super) fn nodes(
    accepted: &[Acceptance],
    void: &[VoidAcceptance],
    kind: StoryKind,
) -> Vec<DiffNode> {
    let accepted = accepted.iter().map(|it| holding(it, kind));
    let void = void.iter().filter(|it| it.why != WhyVoid::Settled).map(|it| {
        let Acceptance { path, .. } = &it.acceptance;
        let words = format!("not accepted any more: {}", it.words());
        let mut node = DiffNode::new(DiffMark::Context, path, DiffContent::Words(words));
        node.reason = Some(format!("it was accepted {}", terms(&it.acceptance)));
        node
    });
    accepted.chain(void).collect()
}

fn holding(it: &Acceptance, kind: StoryKind) -> DiffNode {
    let (live, declared) = (shown(it, &it.live), shown(it, &it.declared));
    let sides = match (&it.live, &it.declared) {
        (_, Shown::Unset) if it.is_of_assignment() => "in the tenant, not declared".to_owned(),
        (Shown::Unset, _) if it.is_of_assignment() => "declared, not in the tenant".to_owned(),
        _ if it.is_of_assignment() => "another filter in the tenant".to_owned(),
        _ if is_short(&live) && is_short(&declared) => {
            format!("{live} in the tenant, {declared} declared")
        }
        _ => "another value in the tenant".to_owned(),
    };
    let mut node = DiffNode::new(DiffMark::Accepted, &it.path, DiffContent::Words(sides));
    node.reason = Some(format!("accepted {}", terms(it)));
    if kind == StoryKind::Plan {
        let verb = match (&it.live, &it.declared) {
            (Shown::Unset, _) => "add it again".to_owned(),
            (_, Shown::Unset) => "remove it".to_owned(),
            _ if is_short(&declared) && !it.is_of_assignment() => {
                format!("set it back to {declared}")
            }
            _ => "set it back".to_owned(),
        };
        let words = format!("left as it is; on {} an apply would {verb}", it.expires);
        node.children.push(DiffNode::remark(DiffMark::Context, words));
    }
    node
}

/// Returns until when a difference is accepted, by whom and why.
fn terms(it: &Acceptance) -> String {
    let (by, reason) = (sanitize::line(&it.by), sanitize::line(&it.reason));
    format!("until {} by {by}: {reason}", it.until)
}

fn is_short(text: &str) -> bool {
    text.chars().count() < VALUE
}

/// Returns a value for a sentence.
fn shown(it: &Acceptance, side: &Shown) -> String {
    let text = match field::json(side).map(Cow::into_owned) {
        None => return "nothing".to_owned(),
        Some(Json::String(text)) if it.encoded => Payload::read(&text, true).summary(),
        Some(found) => value::show("", &found, &it.names),
    };
    cut(&text, VALUE)
}

/// Returns the extent of an object's differences with the number of those that are accepted.
pub(super) fn with_count(extent: String, accepted: &[Acceptance]) -> String {
    let words = match accepted.len() {
        0 => return extent,
        number => format!("{} accepted", count(number, "difference")),
    };
    if extent.is_empty() { words } else { format!("{extent}, {words}") }
}
