//! Plain words: what identifiers, comments and literals of the sources do without.

use std::collections::BTreeSet;
use std::path::PathBuf;

use insta::assert_snapshot;
use syn::buffer::{Cursor, TokenBuffer};

use super::floors::sources::files_of_crate;
use crate::support::repository;

/// Names of types and modules that the field has a better word for, each with that word.
const NAMES: &[(&str, &str)] = &[
    ("Asked", "ApprovalRequested"),
    ("Astray", "UnresolvedReference"),
    ("Begun", "ChangeRecord"),
    ("Chain", "RetryLoop"),
    ("Chart", "Checklist"),
    ("Clear", "UnmaskedValues"),
    ("Essence", "DigestView"),
    ("Fate", "ChangeResult"),
    ("Given", "ApprovalCode"),
    ("How", "EndReason"),
    ("Image", "Snapshot"),
    ("Pass", "Permit"),
    ("Patience", "Poll"),
    ("Pen", "TextWriter"),
    ("Referents", "ReferenceTable"),
    ("Release", "Undeclared"),
    ("Scene", "DependencyContext"),
    ("Search", "CredentialLookup"),
    ("Senseless", "InvalidFaults"),
    ("Sight", "WriteState"),
    ("Standing", "Precondition"),
    ("Surroundings", "CredentialContext"),
    ("Terms", "PlanOptions"),
    ("Told", "ViolationReporter"),
    ("Turn", "Next"),
    ("Undone", "Incomplete"),
    ("Work", "PlannedChange"),
];

/// Names of functions, fields and variables that the field has a better word for, each with that word.
const IDENTIFIERS: &[(&str, &str)] = &[
    ("A_NEW_PLAN", "REPLAN_HINT"),
    ("astray", "unresolved"),
    ("befalls", "fires"),
    ("passed_over", "skipped"),
    ("undecided", "approval_unknown"),
];

/// Words that neither comments nor literals use, each with what to write.
const WORDS: &[(&str, &str)] = &[
    ("looking after", "name what the code does"),
    ("looks after", "name what the code does"),
    ("namesake", "an object of the same name"),
    ("somebody", "name the person, the client or the run"),
    ("whoever", "name the person, the client or the run"),
];

/// Words that comments do not use, each with what to write. In messages they say to how many people a policy applies.
const WORDS_OF_COMMENTS: &[(&str, &str)] = &[
    ("anybody", "name the person, the client or the run"),
    ("behind the back", "meanwhile"),
    ("everybody", "all users"),
    ("is said of", "name the value"),
    ("nobody", "no user, no client, no run"),
];

/// Words that no doc comment begins with: its first line has a subject and a verb, or is a noun phrase.
const BEGINNINGS: &[(&str, &str)] = &[
    ("Looking", "a verb: `Reads`, `Checks`, `Recovers`"),
    ("That", "a noun phrase, or `Whether`"),
    ("What", "a noun phrase: `The problem.`, `The remedy.`"),
    ("Who", "a noun phrase: `The author of the change.`"),
    ("Whom", "a noun phrase"),
    ("Whose", "a noun phrase"),
];

#[test]
fn sources_do_without_the_words_of_the_list() {
    let files = files_of_crate();
    let found = files.iter().flat_map(|(name, text)| unwanted(name, text));
    let found: Vec<_> = found.collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn documents_do_without_the_words_of_the_list() {
    let mut files = vec!["README.md".into(), "CONTRIBUTING.md".into(), "SECURITY.md".into()];
    for folder in ["docs", "schemas", "examples/contoso", ".github"] {
        let files_below = walkdir::WalkDir::new(repository().join(folder)).into_iter();
        files.extend(files_below.filter_map(Result::ok).map(walkdir::DirEntry::into_path));
    }
    let is_text = |path: &PathBuf| path.extension().is_some_and(|end| end == "md" || end == "yaml");
    // The facts and the glossary quote.
    let quotes = |path: &PathBuf| path.ends_with("FACTS.md") || path.ends_with("glossary.md");
    files.retain(|path| is_text(path) && !quotes(path));
    assert!(files.len() > 30, "{files:?}");
    let mut found = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(repository().join(&path)).expect("a text file");
        for (number, line) in (1..).zip(text.lines()) {
            // Codes are no prose.
            let codes = ["join-nobody", "reach-nobody", "nobody-signed-in"];
            let prose = codes.iter().fold(line.to_owned(), |line, code| line.replace(code, ""));
            let words = WORDS.iter().chain(WORDS_OF_COMMENTS);
            let unwanted = words.filter(|(word, _)| has_word(&prose, word));
            found.extend(unwanted.map(|(word, instead)| {
                format!("{}:{number} has `{word}`: {instead}", path.display())
            }));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Returns the unwanted words of a source.
fn unwanted(file: &str, text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut note = |line: Option<usize>, word: &str, instead: &str| {
        let line = line.map_or_else(String::new, |line| format!(":{line}"));
        found.insert(format!("src/{file}{line} has `{word}`: {instead}"));
    };
    for (line, is_doc, comment) in comments(text) {
        for (word, instead) in WORDS.iter().chain(WORDS_OF_COMMENTS) {
            if has_word(&comment, word) {
                note(Some(line), word, instead);
            }
        }
        for (word, instead) in BEGINNINGS {
            if is_doc && comment.split(' ').next() == Some(word) {
                note(Some(line), word, instead);
            }
        }
    }
    let tokens = syn::parse_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut before = String::new();
    walk(TokenBuffer::new2(tokens).begin(), &mut |token| {
        let declares = matches!(before.as_str(), "struct" | "enum" | "trait" | "type" | "as");
        let names = NAMES.iter().filter(|_| declares).chain(IDENTIFIERS);
        for (name, instead) in names.filter(|(name, _)| *name == token) {
            note(None, name, instead);
        }
        if token.contains('"') {
            for (word, instead) in WORDS.iter().filter(|(word, _)| has_word(token, word)) {
                note(None, word, instead);
            }
        }
        token.clone_into(&mut before);
    });
    found
}

/// Returns the comments of a source: the number of the first line, whether it is a doc comment, and the text of
/// consecutive lines.
fn comments(text: &str) -> Vec<(usize, bool, String)> {
    let mut comments: Vec<(usize, bool, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let comment = line.trim_start().strip_prefix("//");
        match (comment, comments.last_mut()) {
            (Some(comment), Some((_, _, whole))) if goes_on => {
                whole.push(' ');
                whole.push_str(comment.trim_start_matches(['/', '!']).trim());
            }
            (Some(comment), _) => {
                let text = comment.trim_start_matches(['/', '!']).trim().to_owned();
                comments.push((number, comment.starts_with(['/', '!']), text));
            }
            (None, _) => {}
        }
        goes_on = comment.is_some();
    }
    comments
}

/// Whether a text has a word, or several, whatever the case of letters and in singular or plural.
fn has_word(text: &str, word: &str) -> bool {
    let text = text.to_lowercase();
    text.match_indices(word).any(|(at, _)| {
        let rest = &text[at + word.len()..];
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        !is_letter(text[..at].chars().next_back()) && !is_letter(rest.chars().next())
    })
}

/// Visits every identifier and literal that is no documentation.
fn walk(mut at: Cursor<'_>, visit: &mut impl FnMut(&str)) {
    while !at.eof() {
        if let Some((inner, _, _, next)) = at.any_group() {
            if inner.ident().is_none_or(|(name, _)| name != "doc") {
                walk(inner, visit);
            }
            at = next;
        } else if let Some((name, next)) = at.ident() {
            visit(&name.to_string());
            at = next;
        } else if let Some((literal, next)) = at.literal() {
            visit(&literal.to_string());
            at = next;
        } else if let Some((_, next)) = at.token_tree() {
            at = next;
        }
    }
}

#[test]
fn unwanted_words_are_found_wherever_they_stand() {
    let mut lines = Vec::new();
    for source in [
        "/// What is wrong.\nstruct S;",
        "//! Who changes a tenant.",
        "/// The time that\n/// somebody needs.\nstruct S;",
        "fn f() {\n    // Nobody asks.\n}",
        "const MESSAGE: &str = \"whoever it was\";",
        "fn f() { println!(\"its {} namesakes\", 1) }",
        "enum Sight { Done }",
        "use std::sync::Mutex as Turn;",
        "fn f(undecided: bool) {}",
    ] {
        let found = unwanted("a.rs", source);
        assert_eq!(found.len(), 1, "{source}: {found:#?}");
        lines.extend(found);
    }
    assert_snapshot!(lines.join("\n"), @r"
    src/a.rs:1 has `What`: a noun phrase: `The problem.`, `The remedy.`
    src/a.rs:1 has `Who`: a noun phrase: `The author of the change.`
    src/a.rs:1 has `somebody`: name the person, the client or the run
    src/a.rs:2 has `nobody`: no user, no client, no run
    src/a.rs has `whoever`: name the person, the client or the run
    src/a.rs has `namesake`: an object of the same name
    src/a.rs has `Sight`: WriteState
    src/a.rs has `Turn`: Next
    src/a.rs has `undecided`: approval_unknown
    ");
}

#[test]
fn plain_words_are_not_found() {
    for source in [
        "/// The problem. What follows is sound.\nstruct S;",
        "fn f() {\n    // What follows is a sentence.\n}",
        "/// Whether the object is whole.\nstruct S;",
        "const MESSAGE: &str = \"reaches nobody\";",
        "enum Membership { Nobody, Everybody }",
        "enum Verdict { Clear, Undone }",
    ] {
        assert_eq!(unwanted("a.rs", source), BTreeSet::new(), "{source}");
    }
}
