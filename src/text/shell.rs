//! Words of a command that a person copies into a shell.

/// Quotes a word for a shell, if it needs quotes.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:=,@+%~\\".contains(letter);
    let is_plain = word.chars().all(plain) && (cfg!(windows) || !word.contains('\\'));
    if is_plain && !word.is_empty() { word.to_owned() } else { in_quotes(word) }
}

/// Quotes a word for a shell.
pub fn in_quotes(word: &str) -> String {
    if cfg!(windows) {
        format!("\"{word}\"")
    } else {
        // A CI system would obey `##[`, which a shell makes of `#''#[` again.
        format!("'{}'", word.replace('\'', r"'\''").replace("##", "#''#"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_words_command_no_ci_system() {
        if !cfg!(windows) {
            assert_eq!(quoted("##vso[x]###"), "'#''#vso[x]#''##'");
        }
    }
}
