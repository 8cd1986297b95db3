//! What CI systems make of a log, by the rules of FACTS 13.1 to 13.4. Wherever those leave a doubt, more is taken for a
//! command than a runner would.

/// Returns every command that GitHub's runner or Azure's agent finds in a log, whatever it is called.
pub fn commands(log: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines(log) {
        // As it stands, as a search reads it that overlooks what has no weight, and as a tool hands it on that takes
        // colours off.
        for line in [line.to_owned(), weighty(line), weighty(&colourless(line))] {
            found.extend(of_github(&line).map(|command| format!("GitHub: {command}")));
            found.extend(of_azure(&line).map(|command| format!("Azure: {command}")));
        }
    }
    found
}

/// Makes sure that a log commands nothing.
#[track_caller]
pub fn obey_nothing(place: &str, log: &str) {
    let found = commands(log);
    assert!(found.is_empty(), "{place}: {found:#?}\n{log}");
}

fn lines(log: &str) -> impl Iterator<Item = &str> {
    // An empty line is none of a CRLF's.
    log.split(['\n', '\r'])
}

/// `::name key=value::data` at the beginning, else `##[name key=value]data` anywhere.
fn of_github(line: &str) -> Option<String> {
    let trimmed = line.trim_start();
    if let Some(rest) = trimmed.strip_prefix("::")
        && let Some((head, data)) = rest.split_once("::")
    {
        return Some(format!("{head} = {data}"));
    }
    let (_, rest) = line.split_once("##[")?;
    let (head, data) = rest.split_once(']')?;
    Some(format!("{head} = {data}"))
}

/// `##vso[area.event key=value]data` anywhere; the agent quotes `##vso` in a warning where it is no command.
fn of_azure(line: &str) -> Option<String> {
    let at = line.to_ascii_lowercase().find("##vso")?;
    Some(line[at..].to_owned())
}

/// Returns a line without the characters that a culture gives no weight (FACTS 13.4), but for the escape, behind which
/// a bracket is part of a colour.
fn weighty(line: &str) -> String {
    let is_weightless = |character: char| {
        matches!(character,
            '\0'..='\u{8}' | '\u{e}'..='\u{1a}' | '\u{1c}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
            | '\u{ad}' | '\u{34f}' | '\u{488}'..='\u{489}' | '\u{61c}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{20dd}'..='\u{20e0}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e01ef}')
    };
    line.chars().filter(|character| !is_weightless(*character)).collect()
}

fn colourless(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let parameters = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        text += parameters.strip_prefix('m').unwrap_or(piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_obey_what_the_runners_obey() {
        for log in [
            "::error file=a.yaml,line=1::text",
            "first\r\n\u{a0}\u{85} ::stop-commands::token",
            "a\r::endgroup::",
            "text ##[set-env name=x]y",
            "text ##vso[task.setvariable variable=x]y",
            "##VSO[task.complete",
            "\u{feff}::debug::x",
            "#\u{200b}#[error]x",
            "\u{1b}[1m::debug::x\u{1b}[0m",
        ] {
            assert!(!commands(log).is_empty(), "{log:?}");
        }
        for log in ["a ::error::b", ":: only once", "## [x]", "##[x", "::error:\\u003ax", ""] {
            assert_eq!(commands(log), Vec::<String>::new(), "{log:?}");
        }
    }
}
