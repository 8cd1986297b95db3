//! Multi Admin Approval on the wire: what a write carries, and what a refusal says (FACTS 1.10).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// The longest justification that the service takes, in characters.
pub const LONGEST_JUSTIFICATION: usize = 1024;

const JUSTIFICATION: HeaderName = HeaderName::from_static("x-msft-approval-justification");

/// Names a request for approval, in a write and in the answer to one.
pub(super) const CODE: &str = "x-msft-approval-code";

/// What a write says to whoever has to approve it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Why the write is wanted.
    pub justification: Option<String>,
    /// The code of the approval that the very same write has got.
    pub code: Option<String>,
}

impl Approval {
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        let justification = self.justification.as_ref().map(|text| BASE64.encode(text));
        if let Some(value) = justification.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(JUSTIFICATION, value);
        }
        let code = self.code.as_deref();
        if let Some(value) = code.and_then(|code| HeaderValue::from_str(code).ok()) {
            headers.insert(HeaderName::from_static(CODE), value);
        }
    }
}

/// Returns the code that an error's text names: where a header is lost on the way, the text still has it.
pub(super) fn code_in(message: &str) -> Option<String> {
    let (_, after) = message.split_once(&format!("{CODE}: "))?;
    let code = after
        .split(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .next()?;
    uuid::Uuid::try_parse(code).is_ok().then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_from_a_text_and_nothing_else_is() {
        let code = "0b6e5f0a-4c36-4f3f-9d4b-6a1c2d3e4f50";
        let message = format!("Approval Required. x-msft-approval-code: {code} - Operation ID");
        assert_eq!(code_in(&message).as_deref(), Some(code));
        assert_eq!(code_in("x-msft-approval-code response header"), None);
        assert_eq!(code_in("x-msft-approval-code: soon"), None);
    }
}
