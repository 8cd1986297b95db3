//! Manual pages.

use std::process::Command;

use insta::assert_snapshot;

use crate::support::Workspace;

/// Writes the pages and returns the names of their files, sorted.
fn pages(workspace: &Workspace) -> Vec<String> {
    workspace.run(&["man", "man1"]).expect(0);
    let files = std::fs::read_dir(workspace.file("man1")).expect("the folder was made");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn each_command_has_a_page() {
    let workspace = Workspace::empty();
    let pages = pages(&workspace);
    let help = workspace.run(&["--help"]).expect(0).stdout;
    let (_, commands) = help.split_once("Commands:\n").expect("the help lists the commands");
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let named: Vec<&str> = names.filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(named.len() > 15, "{help}");
    for name in named {
        assert!(pages.contains(&format!("moorline-{name}.1")), "{name}: {pages:?}");
    }
    for page in ["moorline.1", "moorline-sandbox-edit.1", "moorline-catalog-search.1"] {
        assert!(pages.contains(&page.to_owned()), "{page}: {pages:?}");
    }
}

#[test]
fn the_exit_codes_stand_in_the_help_and_on_the_page() {
    let workspace = Workspace::empty();
    pages(&workspace);
    let help = workspace.run(&["--help"]).expect(0).stdout;
    let page = std::fs::read_to_string(workspace.file("man1/moorline.1")).expect("a page");
    for (code, word) in [("4", "the tenant changed"), ("64", "the command line")] {
        assert!(help.contains(&format!("  {code:<5}{word}")), "{help}");
        assert!(page.contains(&format!("\\fB{code}\\fR\n{word}")), "{page}");
    }
}

#[test]
fn a_page_names_its_command_as_it_is_typed() {
    let workspace = Workspace::empty();
    pages(&workspace);
    let page =
        std::fs::read_to_string(workspace.file("man1/moorline-completions.1")).expect("a page");
    let page = page.replace(env!("CARGO_PKG_VERSION"), "[version]");
    let top: Vec<&str> = page.lines().take(5).collect();
    assert_snapshot!(top.join("\n"), @r#"
    .ie \n(.g .ds Aq \(aq
    .el .ds Aq '
    .TH moorline-completions 1 "" "Moorline [version]" "Moorline"
    .SH NAME
    moorline\-completions \- Print a completion script for a shell
    "#);
}

#[test]
fn the_formatter_of_manual_pages_finds_no_error() {
    let workspace = Workspace::empty();
    for page in pages(&workspace) {
        let file = workspace.file("man1").join(&page);
        let Ok(lint) =
            Command::new("mandoc").args(["-T", "lint", "-W", "error"]).arg(&file).output()
        else {
            eprintln!("skipped: there is no mandoc");
            return;
        };
        let found = String::from_utf8_lossy(&lint.stdout);
        assert!(found.is_empty(), "{found}");
    }
}
