//! Multi Admin Approval in HTTP: the headers of a write, and the texts of refusals (FACTS 1.10).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// The longest justification that the service takes, in characters. Whether it counts code points or, as .NET does,
/// UTF-16 units is not known, so the larger number counts.
pub const LONGEST_JUSTIFICATION: usize = 1024;

const JUSTIFICATION: &str = "x-msft-approval-justification";

/// Names a request for approval, in a write and in the answer to one.
pub(super) const CODE: &str = "x-msft-approval-code";

/// The text of the refusal of a write while another request for approval is open for its object.
pub(super) const OPEN_REQUEST: &str = "an active approval request already exists";

/// The approval of a write, or the justification for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Why the write is wanted.
    pub justification: Option<String>,
    /// The code of an approval of the same write. It is sent in place of the justification, which would request another
    /// approval.
    pub code: Option<String>,
}

/// Returns how many characters a justification has.
pub fn characters(justification: &str) -> usize {
    justification.encode_utf16().count()
}

impl Approval {
    /// Returns the headers of the write.
    pub(super) fn headers(&self) -> HeaderMap {
        let justification = self.justification.as_ref().filter(|_| self.code.is_none());
        let justification = justification.map(|text| BASE64.encode(text));
        let code = self.code.as_deref();
        let headers = [(JUSTIFICATION, justification.as_deref()), (CODE, code)];
        let headers = headers.into_iter().filter_map(|(name, text)| {
            Some((HeaderName::from_static(name), HeaderValue::from_str(text?).ok()?))
        });
        headers.collect()
    }
}

/// Returns the code in an error's text, which has it even if the header is lost on the way.
pub(super) fn code_in(message: &str) -> Option<String> {
    let (_, after) = message.split_once(&format!("{CODE}: "))?;
    let code = after.split(|c: char| !c.is_ascii_hexdigit() && c != '-').next()?;
    uuid::Uuid::try_parse(code).is_ok().then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_sent_instead_of_the_justification() {
        let sent = |approval: Approval| {
            let headers = approval.headers();
            let names = headers.keys().map(|name| name.as_str().to_owned());
            names.collect::<Vec<_>>()
        };
        let asks = Approval { justification: Some("longer PINs".to_owned()), code: None };
        assert_eq!(sent(asks.clone()), ["x-msft-approval-justification"]);
        let code = Some("0b6e5f0a-4c36-4f3f-9d4b-6a1c2d3e4f50".to_owned());
        assert_eq!(sent(Approval { code, ..asks }), ["x-msft-approval-code"]);
    }

    #[test]
    fn justification_is_counted_in_utf16_units() {
        assert_eq!(characters(&"ü".repeat(1024)), 1024);
        assert_eq!(characters(&"\u{1f4cc}".repeat(512)), 1024);
    }

    #[test]
    fn code_is_read_from_the_error_text() {
        let code = "0b6e5f0a-4c36-4f3f-9d4b-6a1c2d3e4f50";
        let message = format!("Approval Required. x-msft-approval-code: {code} - Operation ID");
        assert_eq!(code_in(&message).as_deref(), Some(code));
        assert_eq!(code_in("x-msft-approval-code response header"), None);
        assert_eq!(code_in("x-msft-approval-code: soon"), None);
    }
}
