//! What an error shows of itself, in the one form that the catalogue is matched against.

use crate::auth::refusal::OAuthError;
use crate::graph::ServiceError;

/// What is known of an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symptom {
    /// The HTTP status, where it is known.
    pub status: Option<u16>,
    /// Every error code that it names, outermost first.
    pub codes: Vec<String>,
    /// Microsoft Entra's numbers, the digits of `AADSTS7000222`.
    pub numbers: Vec<u32>,
    /// Its words in lower case, white space as single blanks.
    pub text: String,
}

/// Codes that come with one status alone, so that a body pasted without its status still has one.
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
    /// Returns what an answer of Graph's shows.
    pub fn of_service(error: &ServiceError) -> Self {
        let mut text = plain(&error.message);
        if error.activity_id.is_some() {
            // Unwrapping took it off, and it is how Intune is told from the rest of Graph.
            text.push_str(" - operation id");
        }
        let codes = [&error.code].into_iter().filter(|code| !code.is_empty());
        Self {
            status: Some(error.status),
            codes: codes.cloned().collect(),
            numbers: numbers(&error.message),
            text,
        }
    }

    /// Returns what a refusal of the sign-in service shows. Its status is left out: alone, it would be taken for
    /// one of Graph's.
    pub fn of_refusal(refusal: &OAuthError) -> Self {
        Self {
            status: None,
            codes: vec![refusal.error.clone()],
            numbers: refusal.number.into_iter().collect(),
            text: plain(&refusal.message),
        }
    }

    /// Fills the status in where a code implies it.
    #[must_use]
    pub(super) fn with_implied_status(mut self) -> Self {
        let implied = || {
            let row = IMPLIED.iter().find(|(code, _)| self.codes.iter().any(|known| known == code));
            row.map(|(_, status)| *status)
        };
        self.status = self.status.or_else(implied);
        self
    }
}

/// Returns a text in lower case with single blanks, as patterns are written.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// How many numbers are taken from one text; a sign-in has one.
const NUMBERS: usize = 20;

/// Returns the numbers behind every `AADSTS`.
pub(super) fn numbers(text: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = Vec::new();
    for (at, marker) in text.match_indices("AADSTS") {
        let rest = &text[at + marker.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        if let Ok(number) = rest[..digits.unwrap_or(rest.len())].parse()
            && numbers.len() < NUMBERS
            && !numbers.contains(&number)
        {
            numbers.push(number);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_wherever_they_stand() {
        assert_eq!(
            numbers("AADSTS7000222: x (AADSTS90002) AADSTS7000222 AADSTS AADSTS99999999999"),
            [7_000_222, 90_002]
        );
    }

    #[test]
    fn a_code_implies_its_status_and_contradicts_none() {
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
