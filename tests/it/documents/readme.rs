//! What the README shows is what the program prints. `cargo xtask readme` regenerates it.

use crate::support::{Workspace, copy, repository};

/// Returns where the first block after a line stands, without its fences.
fn block_after(text: &str, line: &str) -> std::ops::Range<usize> {
    let found = |from: usize, what: &str| {
        let at = text[from..].find(what);
        from + at.unwrap_or_else(|| panic!("the README has {what:?}"))
    };
    let start = found(found(0, line), "```\n\n```\n") + "```\n\n```\n".len();
    start..found(start, "\n```\n") + 1
}

/// Elides the digest, which covers the schemas and facts of the version.
fn without_digest(plan: &str) -> String {
    let (above, digest) = plan.split_once("Digest sha256:").expect("a plan has a digest");
    let below = digest.trim_start_matches(|letter: char| letter.is_ascii_hexdigit());
    format!("{above}Digest sha256:…{below}")
}

#[test]
fn the_plan_of_the_readme_is_the_plan() {
    let file = repository().join("README.md");
    let readme = std::fs::read_to_string(&file).expect("there is a README");
    let start = readme.find("```sh\n").expect("the README has a command") + "```sh\n".len();
    let (command, _) = readme[start..].split_once("```").expect("the first block ends");
    let words = command.split_whitespace().filter(|word| *word != "\\");
    let arguments: Vec<&str> = words.map(|word| word.trim_matches('\'')).collect();
    let arguments = arguments.strip_prefix(&["cargo", "run", "--"]).expect("the quick build runs");

    let workspace = Workspace::empty();
    let example = "examples/contoso";
    copy(&repository().join(example), &workspace.file(example));
    let plan = workspace.run_with(arguments, &[("COLUMNS", "80")]).expect(0).stdout;
    let plan = without_digest(&plan);
    let block = block_after(&readme, command);
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        let updated = [&readme[..block.start], &plan, &readme[block.end..]].concat();
        std::fs::write(&file, updated).expect("the README can be written");
        return;
    }
    assert_eq!(&readme[block], plan, "the README shows another plan: run cargo xtask readme");
}

#[test]
fn the_readme_says_what_is_covered() {
    let file = repository().join("README.md");
    let readme = std::fs::read_to_string(file).expect("there is a README");
    let (introduction, _) = readme.split_once("```").expect("the README shows a command");
    let says = introduction.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(says.contains(moorline::kinds::not_covered::COVERED), "{says}");
}
