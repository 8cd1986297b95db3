//! Builds the answer of `moorline explain`.

use serde::Serialize;

use super::catalogue::{Catalogue, CatalogueEntry};
use super::evidence::Evidence;
use super::paste::{self, CODES, Paste};
use super::permissions::Table;
use super::symptom::Symptom;
use crate::diagnostic::suggest::{nearest, one_of};

/// The facts about Graph that this project goes by.
const FACTS: &str = "https://github.com/moorline/moorline/blob/main/schemas/graph/FACTS.md";

/// The page of Microsoft's that lists the permissions for Intune.
const INTUNE_APIS: &str =
    "https://learn.microsoft.com/intune/intune-service/developer/intune-graph-apis";

/// The most codes that are named where none is near.
const LIKE: usize = 5;

/// The answer to a question about an error.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct ExplainDocument {
    /// The answers, the most specific first; none where nothing is known.
    pub items: Vec<Explanation>,
    /// The status, codes and ids in the message.
    pub found: Evidence,
    /// A known code with a similar name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// Where to ask next, where little or nothing is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub support: Vec<String>,
}

/// The explanation of one error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Explanation {
    /// A stable `area/slug`.
    pub id: String,
    /// The title, one sentence.
    pub title: String,
    /// The cause.
    pub cause: String,
    /// The remedies.
    pub remedy: Vec<String>,
    /// The sources.
    pub sources: Vec<String>,
}

impl Explanation {
    /// Returns the explanation of a permission for Intune by its name, in any case.
    fn of_permission(name: &str) -> Option<Self> {
        let table = Table::built_in();
        let sources = cited([INTUNE_APIS, "FACTS 9.1"].into_iter());
        if let Some(scope) = table.intune_scope(name) {
            let included = scope.includes.as_ref();
            let included = included.map(|name| format!("all that {name} does"));
            let permits: Vec<&str> =
                included.iter().chain(&scope.permits).map(String::as_str).collect();
            let use_of = match table.permission(&scope.name) {
                Some(_) => {
                    "`moorline permissions` says whether the manifests of a folder need it, and how to grant it."
                }
                None => "No manifest of Moorline's needs it, so that its app can do without.",
            };
            return Some(Self {
                id: scope.name.clone(),
                title: format!("In the portal \"{}\", of Microsoft Graph.", scope.label),
                cause: format!("It permits {}.", permits.join("; ")),
                remedy: vec![
                    use_of.to_owned(),
                    format!(
                        "An administrator of the tenant has to consent to it. The id is {} for an app that signs in as itself, and {} for a person.",
                        scope.application, scope.delegated
                    ),
                ],
                sources,
            });
        }
        let partner = table.partner_permission(name)?;
        Some(Self {
            id: partner.name.clone(),
            title: format!("A permission of the Intune service for {}.", partner.partners),
            cause: format!(
                "It permits {}. It is none of Microsoft Graph's, and opens no path of it.",
                partner.permits
            ),
            remedy: vec![
                "No manifest of Moorline's needs it, so that its app can do without.".to_owned(),
                "A partner who wants to use it asks the Microsoft Intelligent Security Association.".to_owned(),
            ],
            sources,
        })
    }

    /// Returns the explanation of a code from its entry.
    pub fn new(code: &str, entry: &CatalogueEntry) -> Self {
        Self {
            id: code.to_owned(),
            title: entry.title.clone(),
            cause: entry.cause.clone(),
            remedy: entry.remedy.clone(),
            sources: cited(entry.sources.iter().map(String::as_str)),
        }
    }
}

/// Returns sources with the address of the facts, whose sections are one source.
fn cited<'a>(sources: impl Iterator<Item = &'a str>) -> Vec<String> {
    let (facts, mut cited): (Vec<&str>, Vec<&str>) =
        sources.partition(|source| source.starts_with("FACTS "));
    let sections: Vec<&str> = facts.iter().filter_map(|fact| fact.strip_prefix("FACTS ")).collect();
    let facts = format!("{FACTS}, section {}", sections.join(", "));
    if !sections.is_empty() {
        cited.push(&facts);
    }
    cited.into_iter().map(str::to_owned).collect()
}

/// Explains an id, a code, a number, several of them, or anything that was pasted.
pub fn explain(text: &str) -> ExplainDocument {
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if (2..=CODES).contains(&words.len()) && words.iter().all(|word| stands_alone(word)) {
        explain_each(&words)
    } else {
        explain_paste(text.trim())
    }
}

/// Explains codes one by one.
fn explain_each(codes: &[&str]) -> ExplainDocument {
    let mut all = ExplainDocument::default();
    for code in codes {
        let one = explain_paste(code);
        if one.items.is_empty() {
            all.support.push(format!("Nothing is known of {code}."));
        } else {
            all.support.extend(one.support);
        }
        for item in one.items {
            if !all.items.contains(&item) {
                all.items.push(item);
            }
        }
        all.found.status = all.found.status.or(one.found.status);
        all.found.aadsts.extend(one.found.aadsts);
        all.near = all.near.or(one.near);
    }
    all
}

/// Returns whether a word is a code by itself, whatever stands beside it.
fn stands_alone(word: &str) -> bool {
    let number = word.trim_start_matches("AADSTS");
    let number = number.strip_prefix('-').unwrap_or(number);
    let hexadecimal = number.strip_prefix("0x").or(number.strip_prefix("0X"));
    let digits = hexadecimal.unwrap_or(number);
    let radix = if hexadecimal.is_some() { 16 } else { 10 };
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    is_number
        || is_code(word)
        || Catalogue::built_in().by_code(word).is_some()
        || Explanation::of_permission(word).is_some()
}

fn explain_paste(text: &str) -> ExplainDocument {
    let catalogue = Catalogue::built_in();
    if let Some(entry) = catalogue.by_code(text) {
        let items = vec![Explanation::new(text, entry)];
        return ExplainDocument { items, ..ExplainDocument::default() };
    }
    if let Some(permission) = Explanation::of_permission(text) {
        return ExplainDocument { items: vec![permission], ..ExplainDocument::default() };
    }
    let paste = match text.parse::<i32>().map(u32::try_from) {
        Ok(Ok(number)) => Paste::from(number),
        _ => paste::read(text),
    };
    let mut items = answers(catalogue, &paste);
    if items.is_empty() {
        items = permissions_in(text);
    }
    let is_unknown_code = items.is_empty() && is_code(text);
    let near = is_unknown_code.then(|| nearest(text, catalogue.codes())).flatten();
    // Microsoft explains the numbers that the catalogue does not.
    let unknown = paste.found.aadsts.iter().filter(|number| !catalogue.knows_number(**number));
    let mut support: Vec<String> = unknown
        .map(|number| {
            format!("Microsoft explains AADSTS{number} at https://login.microsoftonline.com/error?code={number}.")
        })
        .collect();
    if is_unknown_code {
        support.extend(near.is_none().then(|| like(text, catalogue)));
    } else if items.is_empty() {
        support.extend(to_support(&paste.found));
    }
    ExplainDocument { items, near: near.map(str::to_owned), found: paste.found, support }
}

/// Reads a bare number as a status if possible, else as an error number of Microsoft Entra.
impl From<u32> for Paste {
    fn from(number: u32) -> Self {
        let status = u16::try_from(number).ok().filter(|status| (400..600).contains(status));
        let numbers = if status.is_some() { Vec::new() } else { vec![number] };
        Self {
            whole: Symptom { status, numbers: numbers.clone(), ..Symptom::default() },
            found: Evidence { status, aadsts: numbers, ..Evidence::default() },
            ..Self::default()
        }
    }
}

fn answers(catalogue: &Catalogue, paste: &Paste) -> Vec<Explanation> {
    let mut found: Vec<usize> = Vec::new();
    for at in paste.bodies.iter().filter_map(|body| catalogue.position(body)) {
        if !found.contains(&at) {
            found.push(at);
        }
    }
    // What stands around the bodies can say more than they do: a header, or the product's own words.
    if let Some(at) = catalogue.position(&paste.whole)
        && found.iter().all(|known| at < *known)
    {
        found = vec![at];
    }
    if !found.is_empty() {
        let found = found.into_iter().map(|at| &catalogue.entries[at]);
        return found.map(|entry| Explanation::new(&entry.id, entry)).collect();
    }
    let own = paste.codes.iter();
    own.filter_map(|code| Some(Explanation::new(code, catalogue.by_code(code)?))).collect()
}

/// Returns the explanations of the permissions that a text names.
fn permissions_in(text: &str) -> Vec<Explanation> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "._".contains(c)));
    let mut items: Vec<Explanation> = Vec::new();
    for item in words.filter_map(|word| Explanation::of_permission(word.trim_end_matches('.'))) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

fn is_code(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "/-_".contains(c);
    text.contains('/') && text.chars().all(part)
}

/// Returns a sentence with the codes of the same area, or of the same name in another one, the most similar first.
fn like(unknown: &str, catalogue: &Catalogue) -> String {
    let all = "`moorline explain` lists the codes.".to_owned();
    let Some((area, slug)) = unknown.split_once('/') else { return all };
    let codes = catalogue.codes().filter_map(|code| Some((code, code.split_once('/')?)));
    let mut alike: Vec<(usize, &str)> = codes
        .filter(|(_, (of, name))| *of == area || *name == slug)
        .map(|(code, (_, name))| (strsim::damerau_levenshtein(name, slug), code))
        .collect();
    alike.sort_unstable();
    let codes: Vec<String> = alike.iter().take(LIKE).map(|(_, code)| (*code).to_owned()).collect();
    match codes[..] {
        [] => all,
        _ => {
            format!("The codes like it are {}. {all}", one_of(&codes).replacen(" or ", " and ", 1))
        }
    }
}

/// Returns what to send to Microsoft's support, and what not to send.
fn to_support(found: &Evidence) -> [String; 2] {
    let ids = if found.has_id() {
        "ids above"
    } else {
        "request id (`moorline -vv` logs it for every call)"
    };
    let needed = format!(
        "Send Microsoft's support the {ids}, the time, the tenant's id and the call that was made."
    );
    let never = "Never send a token, a secret or the value of a setting that holds one.";
    [needed, never.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<String> {
        explain(text).items.first().map(|item| item.id.clone())
    }

    #[test]
    fn single_codes_numbers_and_statuses_are_explained() {
        for (text, expected) in [
            ("intune/role-missing", "intune/role-missing"),
            (" yaml/tab\n", "yaml/tab"),
            ("schema/minimum", "schema/minimum"),
            ("delete", "delete"),
            ("AADSTS7000222", "entra/secret-expired"),
            ("7000222", "entra/secret-expired"),
            ("AADSTS1", "entra/client-refused"),
            ("503", "graph/unavailable"),
            ("-2016281112", "intune/device-remediation-failed"),
            ("0x87D1FDE8", "intune/device-remediation-failed"),
            ("Authorization_RequestDenied", "directory/insufficient-privileges"),
        ] {
            assert_eq!(id(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn each_of_several_codes_is_explained() {
        let document = explain("AADSTS7000222, 503 yaml/tab 0x87d1fdee 0x1 AADSTS7000222");
        let ids: Vec<&str> = document.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "entra/secret-expired",
                "graph/unavailable",
                "yaml/tab",
                "intune/device-conflict-lost"
            ]
        );
        assert_eq!(document.support, ["Nothing is known of 0x1."]);
        assert_eq!(id("503 Service Unavailable").as_deref(), Some("graph/unavailable"));
    }

    #[test]
    fn outer_code_implies_the_missing_status() {
        let support = "Operation ID (for customer support): 0 - Activity ID: 4c664761-d691-42dd-8f05-06eaa16c0f4a";
        let inner = serde_json::json!({"_version": 3, "Message": format!("An error has occurred - {support}")});
        let body = |code: &str, message: String| {
            serde_json::json!({"error": {"code": code, "message": message}}).to_string()
        };
        let forbidden = body("Forbidden", inner.to_string());
        assert_eq!(id(&forbidden).as_deref(), Some("graph/forbidden"));
        assert_eq!(
            id(&format!("401 Unauthorized {forbidden}")).as_deref(),
            Some("intune/role-missing")
        );
        let twice = serde_json::json!({"ErrorCode": "Forbidden", "Message": inner.to_string()});
        let twice = body("UnknownError", twice.to_string());
        assert_eq!(id(&twice).as_deref(), Some("intune/role-missing"));
    }

    #[test]
    fn unknown_code_names_a_similar_one_or_what_to_send() {
        assert_eq!(
            explain("intune/app-not-authorised").near.as_deref(),
            Some("intune/app-not-authorized")
        );
        for (code, like) in [
            ("match/renamed", "`match/"),
            ("notify/channel", "`usage/channel`"),
            ("strange/thing", "`moorline explain` lists the codes"),
        ] {
            let answer = explain(code).support;
            assert!(answer[0].contains(like), "{code}: {answer:?}");
            assert!(!answer.iter().any(|line| line.contains("Microsoft")), "{answer:?}");
        }
        let unknown = explain("Something odd. Activity ID: 4c664761-d691-42dd-8f05-06eaa16c0f4a");
        assert!(unknown.items.is_empty() && unknown.near.is_none());
        assert!(unknown.found.activity_id.is_some());
        assert!(unknown.support[0].contains("the ids above"));
    }

    #[test]
    fn text_around_a_body_can_be_more_specific() {
        let body = r#"{"error":{"code":"BadRequest","message":"An error has occurred"}}"#;
        assert_eq!(id(body).as_deref(), Some("graph/request-refused"));
        let with_header =
            format!("x-msft-approval-code: 4c664761-d691-42dd-8f05-06eaa16c0f4a\n{body}");
        assert_eq!(id(&with_header).as_deref(), Some("intune/approval-required"));
    }
}
