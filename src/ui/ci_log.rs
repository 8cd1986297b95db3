//! The lines of a result for the log of a CI system: commands that are meant, and text that is none (FACTS 13).

use super::commands::Breaker;

/// Lines for the log of a CI system. No value of a command ends it, and no text is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CiLog(String);

/// Characters and their escapes, in the order in which they are replaced: the sign of the escapes first.
type Escapes<'a> = &'a [(char, &'a str)];

const GITHUB_MESSAGE: Escapes<'static> = &[('%', "%25"), ('\r', "%0D"), ('\n', "%0A")];
const GITHUB_PROPERTY: Escapes<'static> =
    &[('%', "%25"), ('\r', "%0D"), ('\n', "%0A"), (':', "%3A"), (',', "%2C")];
const AZURE: Escapes<'static> =
    &[('%', "%AZP25"), ('\r', "%0D"), ('\n', "%0A"), (';', "%3B"), (']', "%5D")];

impl CiLog {
    /// Adds a command of GitHub's runner.
    pub fn github(&mut self, command: &str, properties: &[(&str, String)], message: &str) {
        let properties = joined(properties, ",", GITHUB_PROPERTY);
        let blank = if properties.is_empty() { "" } else { " " };
        let message = escaped(message, GITHUB_MESSAGE);
        self.0.push_str(&format!("::{command}{blank}{properties}::{message}\n"));
    }

    /// Adds a command of Azure's agent.
    pub fn azure(&mut self, command: &str, properties: &[(&str, String)], message: &str) {
        let properties = joined(properties, ";", AZURE);
        let message = escaped(message, AZURE);
        self.0.push_str(&format!("##vso[{command} {properties}]{message}\n"));
    }

    /// Adds a line of text.
    pub fn line(&mut self, text: &str) {
        let text: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
        self.0.push_str(&Breaker::default().break_open(&text));
        self.0.push('\n');
    }

    /// Returns the lines.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r')
}

/// Returns properties as a list. An empty value would be read as no property.
fn joined(properties: &[(&str, String)], separator: &str, escapes: Escapes<'_>) -> String {
    let set = properties.iter().filter(|(_, value)| !value.is_empty());
    let set: Vec<String> =
        set.map(|(name, value)| format!("{name}={}", escaped(value, escapes))).collect();
    set.join(separator)
}

/// Returns a value that neither ends its place nor holds a command of another system.
fn escaped(value: &str, escapes: Escapes<'_>) -> String {
    let safe = Breaker::default().break_open(value);
    let mut escaped = String::with_capacity(safe.len());
    for character in safe.chars() {
        match escapes.iter().find(|(of, _)| *of == character) {
            Some((_, escape)) => escaped.push_str(escape),
            None => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_as_each_system_reads_them() {
        let mut log = CiLog::default();
        let properties = [("file", "a,b:c%.yaml".to_owned()), ("line", String::new())];
        log.github("error", &properties, "50%: one\r\ntwo ::x::");
        log.github("notice", &[], "::stop-commands::x");
        let properties = [("type", "error".to_owned()), ("sourcepath", "a;b].yaml".to_owned())];
        log.azure("task.logissue", &properties, "50%\n##vso[task.complete]x");
        log.line("a\n::error::b ##vso[x]");
        log.line("::error::b");
        let lines: Vec<&str> = log.as_str().lines().collect();
        assert_eq!(
            lines,
            [
                "::error file=a%2Cb%3Ac%25.yaml::50%25: one%0D%0Atwo ::x::",
                "::notice::::stop-commands:\\u003ax",
                "##vso[task.logissue type=error;sourcepath=a%3Bb%5D.yaml]50%AZP25%0A##vs\\u006f[task.complete%5Dx",
                "a ::error::b ##vs\\u006f[x]",
                "::error:\\u003ab",
            ]
        );
    }
}
