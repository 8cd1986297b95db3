//! Commands that a CI system finds in a log (FACTS 13), and how text is kept from being one.
//!
//! Whatever passes [`Breaker`] holds none, wherever it comes from.

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
            if breaks {
                safe += &format!("\\u{:04x}", u32::from(character));
            } else {
                safe.push(character);
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
    /// The last characters of the line.
    last: [char; 5],
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
        self.start = start;
        self.last.rotate_left(1);
        self.last[4] = character.to_ascii_lowercase();
        // A command of GitHub's, and one of Azure's: the agent warns of it even where no bracket follows.
        let marks = matches!(self.last, [.., '#', '#', '['] | ['#', '#', 'v', 's', 'o']);
        if marks {
            self.last = Default::default();
        }
        begins || marks
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

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> String {
        Breaker::default().break_open(text)
    }

    #[test]
    fn a_command_is_broken_open_where_it_begins() {
        for (text, safe) in [
            ("##vso[task.setvariable variable=x]y", "##vs\\u006f[task.setvariable variable=x]y"),
            ("a ##[error]b", "a ##\\u005berror]b"),
            ("###VSO[", "###VS\\u004f["),
            ("::error::x", "::error:\\u003ax"),
            ("::::", ":::\\u003a"),
            ("::: a::b", "::: a:\\u003ab"),
            ("a\n \u{a0}\t::set-env name=a::b", "a\n \u{a0}\t::set-env name=a:\\u003ab"),
            ("a\r::x::", "a\r::x:\\u003a"),
            ("\u{1b}[1m\u{1b}[31m::x::\u{1b}[0m", "\u{1b}[1m\u{1b}[31m::x:\\u003a\u{1b}[0m"),
            ("##\u{1b}[0m\u{1b}[1m[group]", "##\u{1b}[0m\u{1b}[1m\\u005bgroup]"),
            // What is no colour hides nothing.
            ("\u{1b}[##vso[x]", "\u{1b}[##vs\\u006f[x]"),
            ("#\u{200b}#\u{feff}v\u{ad}so[", "#\u{200b}#\u{feff}v\u{ad}s\\u006f["),
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
}
