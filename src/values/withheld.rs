//! The marks that stand for a secret.

use serde_json::{Value as Json, json};

/// The replacement for a secret in a text.
pub const WITHHELD: &str = "(withheld)";

/// Returns what stands for a secret in anything that is shown or kept.
pub fn withheld() -> Json {
    json!({ "$withheld": true })
}

/// Returns whether a value stands for a secret: in what is shown or kept, or in a request.
pub fn stands_for_secret(value: &Json) -> bool {
    let members = value.as_object().filter(|members| members.len() == 1);
    members
        .is_some_and(|members| members.contains_key("$withheld") || members.contains_key("$secret"))
}
