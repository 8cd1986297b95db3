//! Violations in small crates, each of which has to be found.

use super::violations;

const LIB: &str = "\
//! | module | what |
//! |---|---|
//! | [`cli`] | the top |
//! | [`plan`] | above |
//! | [`tenant`] | below |
//! | [`schema`] | the types |
pub mod cli;
pub mod plan;
pub mod sandbox;
pub mod schema;
pub mod tenant;
";

/// A crate without fault.
const SOUND: [(&str, &str); 11] = [
    ("lib.rs", LIB),
    ("main.rs", "fn main() { moorline::cli::main() }"),
    (
        "cli.rs",
        "use crate::plan::{self, Plan}; pub fn main() { crate::sandbox::start(); plan::draft::<Plan>() }",
    ),
    (
        "plan/mod.rs",
        "mod change; mod draft; pub use change::Plan; pub use draft::draft; pub struct Limits;",
    ),
    ("plan/change.rs", "use super::Limits; pub struct Plan(Limits);"),
    ("plan/draft.rs", "use super::change::Plan; pub fn draft() -> Plan { crate::tenant::read() }"),
    ("tenant/mod.rs", "mod names; mod read; pub use read::read; pub fn find() {}"),
    (
        "tenant/read.rs",
        "use crate::schema::types::Type; use super::names; pub fn read(_: Type) { names::all() }",
    ),
    ("tenant/names.rs", "pub fn all() {} #[cfg(test)] mod tests { use crate::plan::Plan; }"),
    ("schema/mod.rs", "pub mod model; pub mod types;"),
    ("schema/types.rs", "//! [`crate::plan::Plan`]\npub struct Type;"),
];

const SANDBOX: (&str, &str) =
    ("sandbox/mod.rs", "use crate::schema::types::Type; pub fn start() -> Type { Type }");

const MODEL: (&str, &str) = ("schema/model.rs", "pub use super::types::Type; pub struct Model;");

/// Returns what is found in the sound crate where these files stand in for its own, or beside them.
fn found_with(planted: &[(&str, &str)]) -> Vec<String> {
    let sound = SOUND.into_iter().chain([SANDBOX, MODEL]);
    let kept = sound.filter(|(name, _)| planted.iter().all(|(other, _)| other != name));
    let files: Vec<(&str, &str)> = kept.chain(planted.iter().copied()).collect();
    violations(files.into_iter())
}

/// Asserts that one thing is wrong, in these words.
#[track_caller]
fn assert_found(planted: &[(&str, &str)], words: &[&str]) {
    let found = found_with(planted);
    assert_eq!(found.len(), 1, "{found:#?}");
    for word in words {
        assert!(found[0].contains(word), "{word}: {}", found[0]);
    }
}

#[test]
fn sound_sources_have_no_violation() {
    assert_eq!(found_with(&[]), [""; 0]);
}

#[test]
fn import_of_a_higher_floor_is_found_however_it_is_written() {
    for (source, path) in [
        ("use crate::plan::Plan;", "crate::plan::Plan"),
        ("use crate::{schema::types::{self, Type}, plan::{Plan as Other}};", "crate::plan::Plan"),
        ("use super::super::plan::Plan;", "super::super::plan::Plan"),
        ("fn f() { let limits = crate::plan::Limits; }", "crate::plan::Limits"),
        ("fn f(plan: Option<&super::super::plan::Plan>) {}", "super::super::plan::Plan"),
        ("fn f() { use crate::plan as p; }", "crate::plan"),
        ("fn f() { println!(\"{}\", [crate::plan::LIMIT]) }", "crate::plan::LIMIT"),
        ("#[serde(with = \"crate::plan::form\")] struct S;", "crate::plan::form"),
        ("mod inner { use super::super::super::plan::Plan; }", "super::super::super::plan::Plan"),
        ("#[cfg(not(test))] use crate::plan::*;", "crate::plan"),
        ("pub(crate) use crate::plan::Plan;", "crate::plan::Plan"),
        ("macro_rules! m { () => { $crate::f(crate::plan::Limits) } }", "crate::plan::Limits"),
    ] {
        let words = ["tenant/names.rs", path, "imports `plan`", "higher floor"];
        assert_found(&[("tenant/names.rs", &format!("{source} pub fn all() {{}}"))], &words);
    }
}

#[test]
fn import_of_a_higher_floor_is_found_in_a_nested_folder() {
    let planted = [
        ("tenant/names.rs", "mod deep; pub fn all() {}"),
        ("tenant/names/deep/mod.rs", "mod deeper;"),
        ("tenant/names/deep/deeper.rs", "fn f() { super::super::super::super::plan::draft() }"),
    ];
    assert_found(&planted, &["tenant/names/deep/deeper.rs", "imports `plan`"]);
}

#[test]
fn import_through_a_re_export_is_found() {
    let upper = ("plan/draft.rs", "pub use crate::tenant::find; pub fn draft() {}");
    let through = ("tenant/names.rs", "pub fn all() { crate::plan::draft::find() }");
    assert_found(&[upper, through], &["tenant/names.rs", "crate::plan::draft::find"]);

    let facade = ("schema/model.rs", "pub use crate::tenant::*;");
    let user = ("tenant/names.rs", "pub fn all() { crate::schema::model::find() }");
    assert_found(&[facade, user], &["schema/model.rs", "crate::tenant"]);
}

#[test]
fn code_of_tests_may_import_what_it_likes() {
    let planted = [
        ("tenant/names.rs", "#[cfg(test)] pub(crate) mod testing; pub fn all() {}"),
        ("tenant/names/testing.rs", "use crate::plan::Plan;"),
    ];
    assert_eq!(found_with(&planted), [""; 0]);
    let compiled = ("tenant/names.rs", "mod testing; pub fn all() {}");
    assert_found(&[compiled, planted[1]], &["tenant/names/testing.rs"]);
}

#[test]
fn circle_of_files_is_found_where_it_leaves_its_folder() {
    let within = [
        ("plan/change.rs", "use super::draft::draft; pub struct Plan;"),
        ("plan/draft.rs", "use super::Plan; pub fn draft() {}"),
    ];
    assert_eq!(found_with(&within), [""; 0]);
    let between = [
        ("plan/draft.rs", "mod steps; pub use steps::Step; pub fn draft() {}"),
        ("plan/draft/steps.rs", "use crate::plan::change::Plan; pub struct Step;"),
        ("plan/change.rs", "use super::draft::Step; pub struct Plan;"),
    ];
    let words =
        ["a circle of 2 files", "plan/change.rs → plan/draft/steps.rs (`super::draft::Step`)"];
    assert_found(&between, &words);
}

#[test]
fn sandbox_shares_the_types_alone() {
    for (source, words) in [
        ("use crate::{schema::{model::Model}};", "crate::schema::model::Model"),
        ("fn f() { super::super::super::tenant::find() }", "super::super::super::tenant::find"),
        ("use crate::schema::model::Type;", "imports `schema`"),
        ("use crate::schema;", "imports `schema`"),
        ("#[cfg(test)] mod tests { use crate::tenant::find; }", "crate::tenant::find"),
        ("fn f() { assert!(property.curated.is_some()) }", "reads `curated`"),
        ("fn f(p: P) -> bool { p.curated }", "reads `curated`"),
    ] {
        let nested = ("sandbox/routes/members.rs", source);
        assert_found(&[("sandbox/routes.rs", "mod members;"), nested], &[nested.0, words]);
    }
}

#[test]
fn only_the_command_line_starts_the_sandbox() {
    let planted = ("plan/draft.rs", "pub fn draft() { crate::sandbox::start() }");
    assert_found(&[planted], &["plan/draft.rs", "the command line alone"]);
}

#[test]
fn table_modules_and_folders_agree() {
    let without_row = LIB.replace("//! | [`tenant`] | below |\n", "");
    let found = found_with(&[("lib.rs", &without_row)]);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|found| found.ends_with("no row lists, `tenant`")), "{found:#?}");
    let without_module = LIB.replace("pub mod tenant;\n", "");
    assert_found(&[("lib.rs", &without_module)], &["pub mods", "lack `tenant`"]);
    assert_found(&[("ui.rs", "")], &["folders", "no row lists, `ui`"]);
}
