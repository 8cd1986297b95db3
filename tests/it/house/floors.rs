//! One way down: the floors that the table in `src/lib.rs` lists, and what the sources import.
//!
//! - The table's rows are the floors, the top one first. With the sandbox they are the modules of the crate and its files.
//! - No path leads from a floor to a higher one, on no stage of a re-export either.
//! - No circle of files goes through two folders. `x/mod.rs`, or `x.rs` beside `x/`, and the files in `x/` are one folder;
//!   a folder within is a folder of its own. Links between a module and its own descendants make no circle: a module joins
//!   its parts, and they share what it has. A path leads to the file that has what it names, past all re-exports.
//! - The sandbox, with its tests, imports the Graph types and reads no curated fact; the command line alone imports the sandbox.
//!
//! Code of tests is left out: what is `#[cfg(test)]`, and the files of modules that are.

mod planted;
pub mod sources;

use std::collections::{BTreeMap, BTreeSet};

use sources::{Path, Sources, files_of_crate};

/// What stands beside the floors.
const SANDBOX: &str = "sandbox";

/// The floor that starts the sandbox.
const STARTER: &str = "cli";

/// What the sandbox imports: the type documents as data.
const SHARED: [&str; 2] = ["schema", "types"];

/// The facts of a property that the client adds to the type documents.
const CURATED: &str = "curated";

/// A link between two files, and a path that makes it.
type Links<'a> = BTreeMap<(&'a str, &'a str), String>;

#[test]
fn imports_run_down_and_no_circle_leaves_its_folder() {
    let files = files_of_crate();
    let found = violations(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Returns what is wrong with the sources of a crate: the path of each file below `src`, and its text.
fn violations<'a>(files: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
    let (_, lib) = files.clone().find(|(name, _)| *name == "lib.rs").expect("a lib.rs");
    let floors = floors(lib);
    // The program uses the library from outside.
    let files = files.filter(|(name, _)| *name != "main.rs");
    let mut found = disagreements(&floors, lib, files.clone().map(|(name, _)| name));
    let sources = Sources::parse(files);
    found.extend(arrows_up(&sources, &floors));
    found.extend(circles(&links(&sources)));
    found
}

/// Returns the modules that the table in the documentation of the crate lists, in its order.
fn floors(lib: &str) -> Vec<&str> {
    let cells = lib.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    cells.filter_map(|cell| Some(cell.split_once("`]")?.0)).collect()
}

/// Returns where the table, the modules that are declared and the files disagree.
fn disagreements<'a>(
    floors: &[&str],
    lib: &str,
    files: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let listed: BTreeSet<&str> = floors.iter().copied().chain([SANDBOX]).collect();
    let declared = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let tops = files.filter_map(|name| name.split('/').next()?.split('.').next());
    let mut found = Vec::new();
    for (place, modules) in [
        ("pub mods of lib.rs", declared.collect::<BTreeSet<_>>()),
        ("folders of src", tops.filter(|top| *top != "lib").collect()),
    ] {
        let missing = listed.difference(&modules).map(|module| ("lack", module));
        let unlisted =
            modules.difference(&listed).map(|module| ("have, and no row lists,", module));
        let differ = missing.chain(unlisted);
        found.extend(differ.map(|(verb, module)| format!("the {place} {verb} `{module}`")));
    }
    if listed.len() <= floors.len() {
        found.push("the table lists a module twice, or the sandbox".to_owned());
    }
    found
}

/// Returns the paths that lead from a floor to a higher one, or break the isolation of the sandbox.
fn arrows_up(sources: &Sources, floors: &[&str]) -> BTreeSet<String> {
    let rank = |module: &str| floors.iter().position(|floor| *floor == module);
    let mut found = BTreeSet::new();
    // A path that begins with a name follows a `use`, which is looked at itself, or a part of its own module.
    for path in sources.paths.iter().filter(|path| path.begins_with_keyword()) {
        let Some(from) = path.module.first() else {
            continue;
        };
        for stage in sources.trail(path) {
            let Some(to) = stage.first().filter(|to| *to != from) else {
                continue;
            };
            let wrong = if from == SANDBOX {
                let is_shared = stage.iter().take(SHARED.len()).eq(SHARED.iter().copied());
                (!is_shared).then_some("the sandbox shares the types alone")
            } else if path.in_test {
                None
            } else if to == SANDBOX {
                (from != STARTER).then_some("the command line alone starts the sandbox")
            } else {
                let is_above = rank(to).zip(rank(from)).is_some_and(|(to, from)| to < from);
                is_above.then_some("a higher floor")
            };
            found.extend(
                wrong.map(|wrong| format!("{} imports `{to}`: {wrong}", describe(sources, path))),
            );
        }
    }
    let of_sandbox = |module: &[String]| module.first().is_some_and(|top| top == SANDBOX);
    for (module, _) in sources.fields.iter().filter(|(at, name)| of_sandbox(at) && name == CURATED)
    {
        found.insert(format!("{} reads `{CURATED}`: that is the client's", sources.file(module)));
    }
    found
}

fn describe(sources: &Sources, path: &Path) -> String {
    format!("{} (`{}`)", sources.file(&path.module), path.segments.join("::"))
}

/// Returns which file needs which.
fn links(sources: &Sources) -> Links<'_> {
    let mut links = Links::new();
    for path in sources.paths.iter().filter(|path| !path.in_test) {
        let trail = sources.trail(path);
        let Some(to) = trail.last() else {
            continue;
        };
        let is_in_family = to.starts_with(&path.module) || path.module.starts_with(to);
        let ends = (sources.file(&path.module), sources.file(to));
        if !is_in_family && ends.0 != ends.1 {
            links.entry(ends).or_insert_with(|| path.segments.join("::"));
        }
    }
    links
}

/// Returns the circles of files that go through two folders, each with the links that do so.
fn circles(links: &Links<'_>) -> Vec<String> {
    let files: BTreeSet<&str> = links.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        files.iter().map(|file| (*file, reachable(links, file))).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for file in &files {
        let circle: BTreeSet<&str> =
            reached[file].iter().copied().filter(|other| reached[other].contains(file)).collect();
        let folders: BTreeSet<&str> = circle.iter().map(|file| folder(file, &files)).collect();
        if folders.len() < 2 || !seen.insert(circle.clone()) {
            continue;
        }
        let between = links.iter().filter(|((from, to), _)| {
            let is_within = circle.contains(from) && circle.contains(to);
            is_within && folder(from, &files) != folder(to, &files)
        });
        let between = between.map(|((from, to), path)| format!("\n  {from} → {to} (`{path}`)"));
        found.push(format!("a circle of {} files:{}", circle.len(), between.collect::<String>()));
    }
    found
}

/// Returns the files that a file needs, and that those need.
fn reachable<'a>(links: &Links<'a>, file: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut pending = vec![file];
    while let Some(at) = pending.pop() {
        let next = links.range((at, "")..).take_while(|((from, _), _)| *from == at);
        pending.extend(next.map(|((_, to), _)| *to).filter(|to| reached.insert(*to)));
    }
    reached
}

/// Returns the folder that a file is counted to; `x.rs` stands for the folder `x` where there is one.
fn folder<'a>(file: &'a str, files: &BTreeSet<&str>) -> &'a str {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let parent = stem.rsplit_once('/').map_or(stem, |(parent, _)| parent);
    let has_folder = files
        .iter()
        .any(|other| other.strip_prefix(stem).is_some_and(|rest| rest.starts_with('/')));
    if has_folder { stem } else { parent }
}
