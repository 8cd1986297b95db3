//! The features of an error that the catalogue is matched against.

use crate::auth::refusal::OAuthError;
use crate::graph::ServiceError;

/// The features of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symptom {
    /// The HTTP status, where it is known.
    pub status: Option<u16>,
    /// Every error code in it, outermost first.
    pub codes: Vec<String>,
    /// Microsoft Entra's error numbers, the digits of `AADSTS7000222`.
    pub numbers: Vec<u32>,
    /// The text in lower case, with single blanks.
    pub text: String,
}

/// Codes that always come with the same status, for bodies that were pasted without a status.
const IMPLIED: [(&str, u16); 9] = [
    ("Authorization_RequestDenied", 403),
    ("BadRequest", 400),
    ("InternalServerError", 500),
    ("InvalidAuthenticationToken", 401),
    ("ModelValidationFailure", 400),
    ("NotSupported", 400),
    ("Request_BadRequest", 400),
    ("ResourceNotFound", 404),
    ("TooManyRequests", 429),
];

impl Symptom {
    /// Returns the features of an error response from Graph.
    pub fn of_service(error: &ServiceError) -> Self {
        let mut text = plain(&error.message);
        if error.activity_id.is_some() {
            // Unwrapping removed this suffix, by which patterns recognize Intune.
            text.push_str(" - operation id");
        }
        Self {
            status: Some(error.status),
            codes: Some(error.code.clone()).filter(|code| !code.is_empty()).into_iter().collect(),
            numbers: numbers(&error.message),
            text,
        }
    }

    /// Returns the features of a refused sign-in, without the status: alone, the status would be taken for one of
    /// Graph's.
    pub fn of_refusal(refusal: &OAuthError) -> Self {
        Self {
            status: None,
            codes: vec![refusal.error.clone()],
            numbers: refusal.number.into_iter().collect(),
            text: plain(&refusal.message),
        }
    }

    /// Sets the status where a code implies it.
    #[must_use]
    pub(super) fn with_implied_status(self) -> Self {
        let implied = IMPLIED.iter().find(|(code, _)| self.codes.iter().any(|known| known == code));
        Self { status: self.status.or(implied.map(|(_, status)| *status)), ..self }
    }
}

/// Returns a text in lower case with single blanks, as patterns are written.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// The most numbers that are taken from one text; a sign-in has one.
const NUMBERS: usize = 20;

/// Returns the numbers behind every `AADSTS`.
pub(super) fn numbers(text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = Vec::new();
    for rest in text.split("AADSTS").skip(1) {
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        if let Ok(number) = rest[..digits.unwrap_or(rest.len())].parse()
            && !numbers.contains(&number)
        {
            numbers.push(number);
        }
    }
    numbers.truncate(NUMBERS);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_aadsts_number_is_found_once() {
        assert_eq!(
            numbers("AADSTS7000222: x (AADSTS90002) AADSTS7000222 AADSTS AADSTS99999999999"),
            [7_000_222, 90_002]
        );
    }

    #[test]
    fn implied_status_does_not_replace_a_known_one() {
        let symptom = |status, code: &str| Symptom {
            status,
            codes: vec![code.to_owned()],
            ..Symptom::default()
        };
        let status = |symptom: Symptom| symptom.with_implied_status().status;
        assert_eq!(status(symptom(None, "BadRequest")), Some(400));
        assert_eq!(status(symptom(Some(403), "BadRequest")), Some(403));
        assert_eq!(status(symptom(None, "Forbidden")), None);
    }
}
