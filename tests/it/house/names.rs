//! One meaning for each type name.
//!
//! A name that two modules define as a `pub` or `pub(crate)` type is listed in the glossary, with what it means in each of them. The sandbox shares no
//! code with the client, so each of the two is looked at by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::floors::sources::{Sources, files_of_crate};
use crate::support::repository;

/// The section of the glossary that lists the names.
const SECTION: &str = "## Names with two meanings";

#[test]
fn type_names_with_two_meanings_are_those_that_the_glossary_lists() {
    let files = files_of_crate();
    let glossary = std::fs::read_to_string(repository().join("docs/glossary.md"))
        .expect("the glossary can be read");
    let found = disagreements(&files, &glossary);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Returns where the sources and the glossary disagree.
fn disagreements(files: &BTreeMap<String, String>, glossary: &str) -> Vec<String> {
    let defined = defined_twice(files);
    let (listed, mut found) = listed(glossary);
    let line =
        |verb: &str, (name, module): &(String, String)| format!("`{name}` in `{module}` {verb}");
    found.extend(defined.difference(&listed).map(|at| {
        line("has its name from another type: rename it, or list both in docs/glossary.md", at)
    }));
    found.extend(listed.difference(&defined).map(|at| {
        line("is in docs/glossary.md and has its name alone, or is gone: remove the row", at)
    }));
    found
}

/// Returns the types whose name another module defines as well, each with its module.
fn defined_twice(files: &BTreeMap<String, String>) -> BTreeSet<(String, String)> {
    let sources = Sources::parse(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let mut twice = BTreeSet::new();
    for (name, modules) in &sources.types {
        for of_sandbox in [false, true] {
            let modules = modules
                .iter()
                .filter(|module| module.first().is_some_and(|top| top == "sandbox") == of_sandbox);
            let modules: Vec<_> = modules.map(|module| module.join("::")).collect();
            if modules.len() > 1 {
                twice.extend(modules.into_iter().map(|module| (name.clone(), module)));
            }
        }
    }
    twice
}

/// Returns the rows of the glossary's table, and what is wrong with them.
fn listed(glossary: &str) -> (BTreeSet<(String, String)>, Vec<String>) {
    let section = glossary.split_once(SECTION).map_or("", |(_, section)| section);
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut listed = BTreeSet::new();
    let mut wrong = Vec::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        match cells[..] {
            [name, module, meaning] if !meaning.is_empty() => {
                let [name, module] = [name, module].map(|cell| cell.trim_matches('`').to_owned());
                listed.insert((name, module));
            }
            _ => wrong.push(format!("a row without name, module and meaning: {row}")),
        }
    }
    (listed, wrong)
}

mod planted {
    use super::*;

    /// Returns the disagreements of a crate with a glossary that has these rows.
    fn found(files: &[(&str, &str)], rows: &[&str]) -> Vec<String> {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let glossary = format!(
            "| `Plan` | `out` | of another section |\n{SECTION}\n\n{}\n\n## Next\n| `No` | `no` | no |\n",
            rows.join("\n")
        );
        disagreements(&files.collect(), &glossary)
    }

    const TWICE: [(&str, &str); 3] = [
        ("lib.rs", "pub mod plan; pub mod apply;"),
        ("plan.rs", "pub struct Item;"),
        ("apply.rs", "pub(crate) enum Item {}"),
    ];

    #[test]
    fn duplicate_without_rows_is_found() {
        for other in
            ["pub struct Item;", "pub(crate) trait Item {}", "mod deep { pub type Item = (); }"]
        {
            let [lib, plan, (apply, _)] = TWICE;
            let found = found(&[lib, plan, (apply, other)], &[]);
            assert_eq!(found.len(), 2, "{other}: {found:#?}");
        }
    }

    #[test]
    fn duplicate_with_one_row_of_two_is_found() {
        let found = found(&TWICE, &["| `Item` | `plan` | a change |"]);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("`Item` in `apply` has its name"), "{found:#?}");
    }

    #[test]
    fn listed_duplicate_is_sound() {
        let rows = ["| `Item` | `plan` | a change |", "| `Item` | `apply` | a result |"];
        assert_eq!(found(&TWICE, &rows), [""; 0]);
    }

    #[test]
    fn row_without_duplicate_or_meaning_is_found() {
        let once = &TWICE[..2];
        let found = found(once, &["| `Item` | `plan` | a change |", "| `Item` | `gone` | |"]);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].starts_with("a row without"), "{found:#?}");
        assert!(found[1].ends_with("remove the row"), "{found:#?}");
    }

    #[test]
    fn private_types_and_tests_and_the_sandbox_beside_the_client_do_not_count() {
        for (file, other) in [
            ("apply.rs", "struct Item;"),
            ("apply.rs", "pub(super) struct Item;"),
            ("apply.rs", "#[cfg(test)] pub struct Item;"),
            ("apply.rs", "#[cfg(test)] mod tests { pub struct Item; }"),
            ("sandbox.rs", "pub struct Item;"),
        ] {
            let [lib, plan, _] = TWICE;
            assert_eq!(found(&[lib, plan, (file, other)], &[]), [""; 0], "{file}: {other}");
        }
    }
}
