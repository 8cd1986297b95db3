//! Violations in small crates, each of which has to be found.

use insta::assert_snapshot;

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

/// Returns the only violation that is found where these files stand in.
#[track_caller]
fn only_violation(planted: &[(&str, &str)]) -> String {
    let mut found = found_with(planted);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn sound_sources_have_no_violation() {
    assert_eq!(found_with(&[]), [""; 0]);
}

#[test]
fn import_of_a_higher_floor_is_found_however_it_is_written() {
    let violations = [
        "use crate::plan::Plan;",
        "use crate::{schema::types::{self, Type}, plan::{Plan as Other}};",
        "use super::super::plan::Plan;",
        "fn f() { let limits = crate::plan::Limits; }",
        "fn f(plan: Option<&super::super::plan::Plan>) {}",
        "fn f() { use crate::plan as p; }",
        "fn f() { println!(\"{}\", [crate::plan::LIMIT]) }",
        "#[serde(with = \"crate::plan::form\")] struct S;",
        "mod inner { use super::super::super::plan::Plan; }",
        "#[cfg(not(test))] use crate::plan::*;",
        "pub(crate) use crate::plan::Plan;",
        "macro_rules! m { () => { $crate::f(crate::plan::Limits) } }",
    ]
    .map(|source| only_violation(&[("tenant/names.rs", &format!("{source} pub fn all() {{}}"))]));
    assert_snapshot!(violations.join("\n"), @r"
    tenant/names.rs (`crate::plan::Plan`) imports `plan`: a higher floor
    tenant/names.rs (`crate::plan::Plan`) imports `plan`: a higher floor
    tenant/names.rs (`super::super::plan::Plan`) imports `plan`: a higher floor
    tenant/names.rs (`crate::plan::Limits`) imports `plan`: a higher floor
    tenant/names.rs (`super::super::plan::Plan`) imports `plan`: a higher floor
    tenant/names.rs (`crate::plan`) imports `plan`: a higher floor
    tenant/names.rs (`crate::plan::LIMIT`) imports `plan`: a higher floor
    tenant/names.rs (`crate::plan::form`) imports `plan`: a higher floor
    tenant/names.rs (`super::super::super::plan::Plan`) imports `plan`: a higher floor
    tenant/names.rs (`crate::plan`) imports `plan`: a higher floor
    tenant/names.rs (`crate::plan::Plan`) imports `plan`: a higher floor
    tenant/names.rs (`crate::plan::Limits`) imports `plan`: a higher floor
    ");
}

#[test]
fn import_of_a_higher_floor_is_found_in_a_nested_folder() {
    let planted = [
        ("tenant/names.rs", "mod deep; pub fn all() {}"),
        ("tenant/names/deep/mod.rs", "mod deeper;"),
        ("tenant/names/deep/deeper.rs", "fn f() { super::super::super::super::plan::draft() }"),
    ];
    assert_snapshot!(only_violation(&planted), @"tenant/names/deep/deeper.rs (`super::super::super::super::plan::draft`) imports `plan`: a higher floor");
}

#[test]
fn import_through_a_re_export_is_found() {
    let upper = ("plan/draft.rs", "pub use crate::tenant::find; pub fn draft() {}");
    let through = ("tenant/names.rs", "pub fn all() { crate::plan::draft::find() }");
    assert_snapshot!(only_violation(&[upper, through]), @"tenant/names.rs (`crate::plan::draft::find`) imports `plan`: a higher floor");

    let facade = ("schema/model.rs", "pub use crate::tenant::*;");
    let user = ("tenant/names.rs", "pub fn all() { crate::schema::model::find() }");
    assert_snapshot!(only_violation(&[facade, user]), @"schema/model.rs (`crate::tenant`) imports `tenant`: a higher floor");
}

#[test]
fn code_of_tests_may_import_what_it_likes() {
    let planted = [
        ("tenant/names.rs", "#[cfg(test)] pub(crate) mod testing; pub fn all() {}"),
        ("tenant/names/testing.rs", "use crate::plan::Plan;"),
    ];
    assert_eq!(found_with(&planted), [""; 0]);
    let compiled = ("tenant/names.rs", "mod testing; pub fn all() {}");
    assert_snapshot!(only_violation(&[compiled, planted[1]]), @"tenant/names/testing.rs (`crate::plan::Plan`) imports `plan`: a higher floor");
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
    assert_snapshot!(only_violation(&between), @r"
    a circle of 2 files:
      plan/change.rs → plan/draft/steps.rs (`super::draft::Step`)
      plan/draft/steps.rs → plan/change.rs (`crate::plan::change::Plan`)
    ");
}

#[test]
fn sandbox_shares_the_types_alone() {
    let violations = [
        "use crate::{schema::{model::Model}};",
        "fn f() { super::super::super::tenant::find() }",
        "use crate::schema::model::Type;",
        "use crate::schema;",
        "#[cfg(test)] mod tests { use crate::tenant::find; }",
        "fn f() { assert!(property.curated.is_some()) }",
        "fn f(p: P) -> bool { p.curated }",
    ]
    .map(|source| {
        let nested = ("sandbox/routes/members.rs", source);
        only_violation(&[("sandbox/routes.rs", "mod members;"), nested])
    });
    assert_snapshot!(violations.join("\n"), @r"
    sandbox/routes/members.rs (`crate::schema::model::Model`) imports `schema`: the sandbox shares the types alone
    sandbox/routes/members.rs (`super::super::super::tenant::find`) imports `tenant`: the sandbox shares the types alone
    sandbox/routes/members.rs (`crate::schema::model::Type`) imports `schema`: the sandbox shares the types alone
    sandbox/routes/members.rs (`crate::schema`) imports `schema`: the sandbox shares the types alone
    sandbox/routes/members.rs (`crate::tenant::find`) imports `tenant`: the sandbox shares the types alone
    sandbox/routes/members.rs reads `curated`: that is the client's
    sandbox/routes/members.rs reads `curated`: that is the client's
    ");
}

#[test]
fn only_the_command_line_starts_the_sandbox() {
    let planted = ("plan/draft.rs", "pub fn draft() { crate::sandbox::start() }");
    assert_snapshot!(only_violation(&[planted]), @"plan/draft.rs (`crate::sandbox::start`) imports `sandbox`: the command line alone starts the sandbox");
}

#[test]
fn table_modules_and_folders_agree() {
    let without_row = LIB.replace("//! | [`tenant`] | below |\n", "");
    assert_snapshot!(found_with(&[("lib.rs", &without_row)]).join("\n"), @r"
    the pub mods of lib.rs have, and no row lists, `tenant`
    the folders of src have, and no row lists, `tenant`
    ");
    let without_module = LIB.replace("pub mod tenant;\n", "");
    assert_snapshot!(only_violation(&[("lib.rs", &without_module)]), @"the pub mods of lib.rs lack `tenant`");
    assert_snapshot!(only_violation(&[("ui.rs", "")]), @"the folders of src have, and no row lists, `ui`");
}
