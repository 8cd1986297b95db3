//! Commands that a CI system finds in a log (FACTS 13), and how text is kept from being one.
//!
//! Whatever passes [`Breaker`] holds none, wherever it comes from. A [`Command`] is the one exception: it is made of
//! names that stand in the source, and of values that passed the breaker.

/// Replaces a character of what a CI system would take for a command by its JSON escape, which means the same in a JSON
/// string and can be read everywhere else. It goes character by character, so a command is found in whatever pieces it
/// arrives.
#[derive(Debug, Default)]
pub struct Breaker {
    /// Follows the text as it stands.
    raw: Matcher,
    /// Follows it as it is without its colours.
    bare: Matcher,
    colour: Colour,
}

/// Where in a colour's escape sequence a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Colour {
    #[default]
    None,
    Escape,
    Parameters,
}

impl Breaker {
    /// Returns a text without commands, as what follows the texts before it.
    pub fn break_open(&mut self, text: &str) -> String {
        let mut safe = String::with_capacity(text.len());
        for character in text.chars() {
            // Both have to see it.
            let breaks = self.raw.completes(character) | self.completes_bare(character);
            match breaks {
                true => safe += &format!("\\u{:04x}", u32::from(character)),
                false => safe.push(character),
            }
        }
        safe
    }

    fn completes_bare(&mut self, character: char) -> bool {
        let (next, is_colour) = match (self.colour, character) {
            (_, '\u{1b}') => (Colour::Escape, true),
            (Colour::Escape, '[') => (Colour::Parameters, true),
            (Colour::Parameters, '0'..='9' | ';') => (Colour::Parameters, true),
            (Colour::Parameters, 'm') => (Colour::None, true),
            _ => (Colour::None, false),
        };
        self.colour = next;
        !is_colour && self.bare.completes(character)
    }
}

/// Follows a text, and finds the character that makes a command of it.
#[derive(Debug, Default)]
struct Matcher {
    start: Start,
    marks: Marks,
}

/// What a line begins with: `::` and another `::` behind it are a command of GitHub's there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Start {
    #[default]
    Blank,
    Colon,
    Begun,
    /// Half of what ends the command's name.
    Ending,
    Over,
}

/// How much there is of `##[`, a command of GitHub's, or of `##vso`, one of Azure's: the agent warns of it even where no
/// bracket follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Marks {
    #[default]
    None,
    One,
    Two,
    V,
    S,
}

impl Matcher {
    fn completes(&mut self, character: char) -> bool {
        if matches!(character, '\n' | '\r') {
            *self = Self::default();
            return false;
        }
        if may_be_overlooked(character) {
            return false;
        }
        let (start, begins) = match (self.start, character) {
            (Start::Blank, blank) if blank.is_whitespace() => (Start::Blank, false),
            (Start::Blank, ':') => (Start::Colon, false),
            (Start::Colon, ':') => (Start::Begun, false),
            (Start::Begun, ':') => (Start::Ending, false),
            (Start::Ending, ':') => (Start::Begun, true),
            (Start::Begun | Start::Ending, _) => (Start::Begun, false),
            _ => (Start::Over, false),
        };
        let (marks, marked) = match (self.marks, character) {
            (Marks::One | Marks::Two, '#') => (Marks::Two, false),
            (_, '#') => (Marks::One, false),
            (Marks::Two, '[') | (Marks::S, 'o' | 'O') => (Marks::None, true),
            (Marks::Two, 'v' | 'V') => (Marks::V, false),
            (Marks::V, 's' | 'S') => (Marks::S, false),
            _ => (Marks::None, false),
        };
        (self.start, self.marks) = (start, marks);
        begins || marked
    }
}

/// Returns whether a search that knows languages may overlook a character, as .NET's does by default: what is neither a
/// letter, a digit nor printable ASCII. The escape is part of a colour.
fn may_be_overlooked(character: char) -> bool {
    !character.is_ascii_graphic()
        && !character.is_whitespace()
        && !character.is_alphanumeric()
        && character != '\u{1b}'
}

/// A command to the CI system that a run is part of: the one text that is obeyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    head: String,
    data: String,
}

/// Names and values of a command's properties.
pub type Properties<'a> = [(&'static str, &'a str)];

impl Command {
    /// Makes a command of GitHub's, `::name key=value::data`.
    pub fn github(name: &'static str, properties: &Properties<'_>, data: &str) -> Self {
        const DATA: [(char, &str); 3] = [('%', "%25"), ('\r', "%0D"), ('\n', "%0A")];
        let values = [&DATA[..], &[(':', "%3A"), (',', "%2C")]].concat();
        let properties: Vec<String> = properties
            .iter()
            .map(|(key, value)| format!("{key}={}", value_of(value, &values)))
            .collect();
        let gap = if properties.is_empty() { "" } else { " " };
        Self {
            head: format!("::{name}{gap}{}::", properties.join(",")),
            data: value_of(data, &DATA),
        }
    }

    /// Makes a command of Azure's, `##vso[area.event key=value;]data`.
    pub fn azure(event: &'static str, properties: &Properties<'_>, data: &str) -> Self {
        const VALUES: [(char, &str); 5] = [
            ('%', "%AZP25"),
            ('\r', "%0D"),
            ('\n', "%0A"),
            (';', "%3B"),
            (']', "%5D"),
        ];
        let properties: String = properties
            .iter()
            .map(|(key, value)| format!(" {key}={};", value_of(value, &VALUES)))
            .collect();
        Self {
            head: format!("##vso[{event}{properties}]"),
            data: value_of(data, &VALUES),
        }
    }

    /// Returns the line that it is.
    pub(super) fn line(&self) -> String {
        format!("{}{}\n", self.head, self.data)
    }
}

/// Returns a text as a value within a command, which is none of its own to another system that reads the same line.
fn value_of(text: &str, escapes: &[(char, &str)]) -> String {
    let safe = Breaker::default().break_open(text);
    let mut value = String::with_capacity(safe.len());
    for character in safe.chars() {
        match escapes.iter().find(|(escaped, _)| *escaped == character) {
            Some((_, escape)) => value += escape,
            None => value.push(character),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> String {
        Breaker::default().break_open(text)
    }

    #[test]
    fn a_command_is_broken_open_where_it_begins() {
        for (text, safe) in [
            (
                "##vso[task.setvariable variable=x]y",
                "##vs\\u006f[task.setvariable variable=x]y",
            ),
            ("a ##[error]b", "a ##\\u005berror]b"),
            ("###VSO[", "###VS\\u004f["),
            ("::error::x", "::error:\\u003ax"),
            ("::::", ":::\\u003a"),
            ("::: a::b", "::: a:\\u003ab"),
            (
                "a\n \u{a0}\t::set-env name=a::b",
                "a\n \u{a0}\t::set-env name=a:\\u003ab",
            ),
            ("a\r::x::", "a\r::x:\\u003a"),
            (
                "\u{1b}[1m\u{1b}[31m::x::\u{1b}[0m",
                "\u{1b}[1m\u{1b}[31m::x:\\u003a\u{1b}[0m",
            ),
            (
                "##\u{1b}[0m\u{1b}[1m[group]",
                "##\u{1b}[0m\u{1b}[1m\\u005bgroup]",
            ),
            // What is no colour hides nothing.
            ("\u{1b}[##vso[x]", "\u{1b}[##vs\\u006f[x]"),
            (
                "#\u{200b}#\u{feff}v\u{ad}so[",
                "#\u{200b}#\u{feff}v\u{ad}s\\u006f[",
            ),
            ("\u{feff}:\u{2060}:x:\0:", "\u{feff}:\u{2060}:x:\0\\u003a"),
        ] {
            assert_eq!(broken(text), safe, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_command_stays() {
        for text in [
            "## Heading [link](x)",
            "# [x]",
            "a ::b",
            ": :",
            " ::: a.yaml:2:7",
            "::x:",
            "std::fmt",
            "'::path -- A folder:_files'",
            "## vso[",
            "#1 ##2 ###",
            "##\u{1b}[0m [x]",
            "\u{1b}[1m## Plan\u{1b}[0m",
            "{\n  \"a\": \"#[x]\"\n}\n",
        ] {
            assert_eq!(broken(text), text);
        }
    }

    #[test]
    fn a_command_of_ours_carries_its_values_and_no_other_command() {
        let text = "100% a,b:c;d]\r\n::error::##vso[x]##[y]";
        let github = Command::github("notice", &[("title", text), ("file", "a.yaml")], text);
        let value = "100%25 a%2Cb%3Ac;d]%0D%0A%3A%3Aerror%3A\\u003a##vs\\u006f[x]##\\u005by]";
        let data = "100%25 a,b:c;d]%0D%0A::error:\\u003a##vs\\u006f[x]##\\u005by]";
        assert_eq!(
            github.line(),
            format!("::notice title={value},file=a.yaml::{data}\n")
        );
        assert_eq!(
            Command::github("endgroup", &[], "").line(),
            "::endgroup::\n"
        );
        let azure = Command::azure("task.logissue", &[("type", "error"), ("code", text)], text);
        let value = "100%AZP25 a,b:c%3Bd%5D%0D%0A::error:\\u003a##vs\\u006f[x%5D##\\u005by%5D";
        assert_eq!(
            azure.line(),
            format!("##vso[task.logissue type=error; code={value};]{value}\n")
        );
    }
}
