//! Breaks commands that a CI system would find in a log (FACTS 13).
//!
//! Text that passes [`Breaker`] contains no command, whatever its origin.

/// Replaces one character of each command by its JSON escape, which means the same in a JSON string and is readable
/// elsewhere. The text is read character by character, so a command is found across several writes.
#[derive(Debug, Default)]
pub struct Breaker {
    /// Follows the text with its colours.
    raw: Matcher,
    /// Follows the text without its colours.
    bare: Matcher,
    colour: Colour,
}

/// The position in a colour's escape sequence.
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

/// Follows a text, and finds the character that completes a command.
#[derive(Debug, Default)]
struct Matcher {
    start: Start,
    /// The last characters of the line.
    last: [char; 5],
}

/// The start of a line: `::`, and another `::` later in the line, is a GitHub command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Start {
    #[default]
    Blank,
    Colon,
    Begun,
    /// The first colon that ends the command's name.
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

/// Returns whether a culture-sensitive search, the default in .NET, ignores a character: one that is neither a letter, a
/// digit nor printable ASCII. The escape is part of a colour.
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
    fn every_command_is_broken() {
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
            // An incomplete colour hides nothing.
            ("\u{1b}[##vso[x]", "\u{1b}[##vs\\u006f[x]"),
            ("#\u{200b}#\u{feff}v\u{ad}so[", "#\u{200b}#\u{feff}v\u{ad}s\\u006f["),
            ("\u{feff}:\u{2060}:x:\0:", "\u{feff}:\u{2060}:x:\0\\u003a"),
        ] {
            assert_eq!(broken(text), safe, "{text:?}");
        }
    }

    #[test]
    fn text_without_commands_is_unchanged() {
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
