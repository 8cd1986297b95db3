//! Reads what formats of other programs hold, by the grammar of those programs and by no code of ours.

use std::collections::BTreeMap;
use std::path::Path;

use roxmltree::Document;
use serde_json::Value;

use crate::support::{Run, repository};

/// A command to a CI system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name.
    pub name: String,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
    /// Its message.
    pub data: String,
}

impl Command {
    /// Returns a property, the empty text where there is none.
    pub fn property(&self, name: &str) -> &str {
        self.properties.get(name).map_or("", String::as_str)
    }
}

fn unescaped(text: &str, escapes: &[(&str, &str)]) -> String {
    escapes.iter().fold(text.to_owned(), |text, (escape, of)| text.replace(escape, of))
}

fn properties(text: &str, separator: char, escapes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = text.split(separator).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), unescaped(value, escapes))).collect()
}

/// Splits a log as both runners do. An empty line is none of a CRLF's.
fn lines(log: &str) -> impl Iterator<Item = &str> {
    log.split(['\n', '\r']).filter(|line| !line.is_empty())
}

/// Returns every command that GitHub's runner takes from a log (FACTS 13.2).
pub fn of_github(log: &str) -> Vec<Command> {
    const DATA: &[(&str, &str)] = &[("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
    const PROPERTY: &[(&str, &str)] =
        &[("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    let command = |line: &str| {
        if let Some(rest) = line.trim_start().strip_prefix("::") {
            let (head, data) = rest.split_once("::")?;
            let (name, rest) = head.split_once(' ').unwrap_or((head, ""));
            return Some(Command {
                name: name.to_owned(),
                properties: properties(rest.trim(), ',', PROPERTY),
                data: unescaped(data, DATA),
            });
        }
        let (_, rest) = line.split_once("##[")?;
        let (head, data) = rest.split_once(']')?;
        let (name, _) = head.split_once(' ').unwrap_or((head, ""));
        Some(Command { name: name.to_owned(), properties: BTreeMap::new(), data: data.to_owned() })
    };
    lines(log).filter_map(command).collect()
}

/// Returns every command that Azure's agent takes from a log (FACTS 13.3).
pub fn of_azure(log: &str) -> Vec<Command> {
    const ESCAPES: &[(&str, &str)] =
        &[("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")];
    let command = |line: &str| {
        let at = line.to_ascii_lowercase().find("##vso[")?;
        let (head, data) = line[at + "##vso[".len()..].split_once(']')?;
        let (name, rest) = head.split_once(' ').unwrap_or((head, ""));
        Some(Command {
            name: name.to_owned(),
            properties: properties(rest, ';', ESCAPES),
            data: unescaped(data, ESCAPES),
        })
    };
    lines(log).filter_map(command).collect()
}

/// Returns the values of a file of outputs as GitHub's runner reads it (FACTS 13.6).
#[track_caller]
pub fn outputs(file: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut values = BTreeMap::new();
    let mut lines = text.split('\n');
    while let Some(line) = lines.next() {
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (Some(at), heredoc) if heredoc.is_none_or(|heredoc| at < heredoc) => {
                values.insert(line[..at].to_owned(), line[at + 1..].to_owned());
            }
            (_, Some(at)) => {
                let delimiter = &line[at + 2..];
                let value: Vec<&str> = lines.by_ref().take_while(|it| *it != delimiter).collect();
                values.insert(line[..at].to_owned(), value.join("\n"));
            }
            _ => assert_eq!(line, "", "a line that the runner refuses"),
        }
    }
    values
}

/// Returns whether a message of SARIF has a bracket of a link: one that no backslash escapes.
fn has_link(message: &str) -> bool {
    let mut signs = message.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => drop(signs.next()),
            '[' | ']' => return true,
            _ => {}
        }
    }
    false
}

/// Returns SARIF that is valid by the published schema.
#[track_caller]
pub fn sarif(text: &str) -> Value {
    let schema = repository().join("tests/it/fixtures/sarif/sarif-schema-2.1.0.json");
    let schema = std::fs::read_to_string(schema).expect("the schema is there");
    // The pattern of languages has a bracket that not every engine takes for itself.
    let schema: Value = serde_json::from_str(&schema.replace("]?$", "\\\\]?$")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let log: Value = serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}:\n{text}"));
    let faults: Vec<String> = validator
        .iter_errors(&log)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert_eq!(faults, Vec::<String>::new(), "{text}");
    // What GitHub needs beside the schema (FACTS 13.6).
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let message = result["message"]["text"].as_str().expect("a message");
        assert!(!has_link(message), "{message}");
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("an address");
        let is_reference = |c: char| c.is_ascii_alphanumeric() || "-._~/%:".contains(c);
        assert!(!uri.is_empty() && uri.chars().all(is_reference), "{uri}");
        assert!(place["region"]["startLine"].as_u64() > Some(0), "{place}");
        let fingerprint = result["partialFingerprints"]["primaryLocationLineHash"].as_str();
        assert!(fingerprint.is_some_and(|fingerprint| !fingerprint.is_empty()), "{result}");
    }
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert_ne!(rule[text]["text"].as_str().unwrap_or_default(), "", "{rule}");
        }
    }
    log
}

/// Returns the results of a SARIF log as lines: level, rule, place, object.
pub fn sarif_lines(log: &Value) -> String {
    let results = log["runs"][0]["results"].as_array().expect("results");
    let line = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        format!(
            "{} {} {}:{} {}",
            result["level"].as_str().expect("a level"),
            result["ruleId"].as_str().expect("a rule"),
            place["artifactLocation"]["uri"].as_str().expect("an address"),
            place["region"]["startLine"],
            result["message"]["text"].as_str().expect("a message"),
        )
    };
    results.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A case of a test report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// `passed`, `failure`, `error` or `skipped`.
    pub status: String,
    /// The message of the status.
    pub message: String,
    /// The whole text below it.
    pub text: String,
}

/// Returns the cases of a JUnit report, whose names are unique and whose counts are right.
#[track_caller]
pub fn junit(text: &str) -> Vec<Case> {
    let document = Document::parse(text).unwrap_or_else(|why| panic!("{why}:\n{text}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let cases: Vec<Case> = root
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .map(|node| {
            let status = node
                .children()
                .find(|child| ["failure", "error", "skipped"].contains(&child.tag_name().name()));
            let texts = node.descendants().filter(roxmltree::Node::is_text);
            Case {
                name: node.attribute("name").expect("a name").to_owned(),
                status: status.map_or("passed", |status| status.tag_name().name()).to_owned(),
                message: status
                    .and_then(|status| status.attribute("message"))
                    .unwrap_or_default()
                    .to_owned(),
                text: texts.filter_map(|text| text.text()).collect(),
            }
        })
        .collect();
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "names are unique");
    for (attribute, status) in
        [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
    {
        let number = cases.iter().filter(|case| case.status == status).count();
        assert_eq!(root.attribute(attribute), Some(number.to_string().as_str()), "{attribute}");
    }
    cases
}

/// Returns the cases of a JUnit report as lines: status, name, message.
pub fn junit_lines(run: &Run) -> String {
    let cases = junit(&run.stdout);
    let line = |case: &Case| format!("{} {} {}", case.status, case.name, case.message);
    cases.iter().map(|case| line(case).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
