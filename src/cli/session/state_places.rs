//! Where and why a file is no sandbox state, for people who wrote it by hand.

use std::path::Path;

use crate::diagnostic::{Finding, Sources, Span};
use crate::manifest::document_findings;
use crate::sandbox::state::{State, StateError};
use crate::yaml::{self, Value};

/// The most faults that are told.
const MOST: usize = 10;

/// The faults of a state file, one a line: `FILE:LINE:COLUMN: MEMBER: why`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(super) struct StateFaults(Vec<String>);

impl StateFaults {
    /// Finds the places of what keeps a text from being a state; `None` where there is no more to say than the error does.
    pub(super) fn find(path: &Path, text: &str, why: &StateError) -> Option<Self> {
        let mut sources = Sources::default();
        let file = sources.add(path, text.to_owned());
        // JSON is YAML, and the parser of YAML knows the places.
        let parsed = yaml::parse::parse(text, file);
        let root = parsed.documents.first().filter(|_| parsed.errors.is_empty());
        let place = |span: Span| {
            let place = sources.locate(span);
            format!("{}:{}:{}", place.file, place.line, place.column)
        };
        match (why, root) {
            (StateError::Impossible(refusal), Some(root)) => {
                let member = refusal.path();
                let at = place(at_path(root, &member).span);
                Some(Self(vec![format!("{at}: `{member}`: {}", refusal.message)]))
            }
            (StateError::Json(error), Some(root)) if error.is_data() => {
                let mut findings = document_findings::<State>(root);
                findings.sort_by_key(|finding| finding.span);
                let told = findings.iter().filter_map(|finding| {
                    let span = finding.span?;
                    Some(format!("{}: {}", place(span), described(root, span, finding)))
                });
                let mut told: Vec<String> = told.collect();
                let more = told.len().saturating_sub(MOST);
                told.truncate(MOST);
                told.extend((more > 0).then(|| format!("… and {more} more")));
                (!told.is_empty()).then_some(Self(told))
            }
            (StateError::Json(error), _) if error.line() > 0 => {
                let (line, column, message) = (error.line(), error.column(), error.to_string());
                let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
                Some(Self(vec![format!("{}:{line}:{column}: {message}", path.display())]))
            }
            _ => None,
        }
    }
}

/// Returns the text about a finding, with the member that it is about. Only the help that names another key is for JSON too.
fn described(root: &Value, span: Span, finding: &Finding) -> String {
    let Finding { message, help, .. } = finding;
    let help = help.as_ref().filter(|help| help.starts_with("did you mean"));
    let help = help.map(|help| format!(" ({help})")).unwrap_or_default();
    match path_to(root, span) {
        // The place of what the whole document lacks is its first member.
        path if path.is_empty() || message.starts_with("the document lacks") => {
            format!("{message}{help}")
        }
        path => format!("`{path}`: {message}{help}"),
    }
}

/// Returns the path to the innermost member or element that holds a place.
fn path_to(root: &Value, span: Span) -> String {
    let mut path = String::new();
    let mut at = root;
    loop {
        let member = at
            .members()
            .iter()
            .find(|member| member.name_span.holds(span) || member.value.span.holds(span));
        let element = at.elements().iter().position(|element| element.span.holds(span));
        match (member, element) {
            (Some(member), _) => {
                path += if path.is_empty() { "" } else { "." };
                path += &member.name;
                at = &member.value;
            }
            (None, Some(place)) => {
                path += &format!("[{place}]");
                at = &at.elements()[place];
            }
            (None, None) => return path,
        }
    }
}

/// Returns the value at a path such as `groups[0].members[1]`, or the innermost one on the way that is there.
fn at_path<'a>(root: &'a Value, path: &str) -> &'a Value {
    let mut at = root;
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        let next = match step.strip_suffix(']').map(str::parse::<usize>) {
            Some(Ok(place)) => at.elements().get(place),
            _ => at.get(step),
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        let why = State::from_json(text).expect_err("it is no state");
        let found = StateFaults::find(Path::new("s.json"), text, &why);
        found.map_or_else(|| why.to_string(), |found| found.to_string())
    }

    #[test]
    fn faults_of_a_file_have_their_place_and_their_member() {
        let state = |rest: &str| {
            format!("{{\n  \"kind\": \"sandbox-state\",\n  \"formatVersion\": \"1.0\",\n{rest}\n}}")
        };
        for (rest, expected) in [
            (r#"  "groups": ["SG-Pilot"]"#, "s.json:4:14: `groups[0]`: "),
            (r#"  "groups": [{"name": "SG-Pilot"}]"#, "s.json:4:15: `groups[0].name`: "),
            (r#"  "groupes": []"#, "s.json:4:3: `groupes`: "),
            (
                "  \"groups\": [\n    {\"displayName\": \"A\", \"members\": [\"x\"]}\n  ]",
                "s.json:5:38: `groups[0].members[0]`: ",
            ),
            (
                r##"  "deviceConfigurations": [{"@odata.type": "#microsoft.graph.iosCustomConfiguration", "displayName": 3}]"##,
                "s.json:4:102: `deviceConfigurations[0].displayName`: ",
            ),
            (r#"  "users": [{"displayName": "Alice"}]"#, "s.json:4:13: `users[0]`: "),
            (r#"  "groups": [}"#, "s.json:4:14: expected"),
        ] {
            let told = faults(&state(rest));
            assert!(told.starts_with(expected), "{told}");
            assert!(!told.contains("struct") && !told.contains(" at line "), "{told}");
        }
    }

    #[test]
    fn every_fault_is_told_up_to_a_number() {
        let groups = vec!["1"; 30].join(",");
        let text =
            format!(r#"{{"kind": "sandbox-state", "formatVersion": "1.0", "groups": [{groups}]}}"#);
        let told = faults(&text);
        assert_eq!(told.lines().count(), MOST + 1, "{told}");
        assert!(told.ends_with("… and 20 more"), "{told}");
    }
}
