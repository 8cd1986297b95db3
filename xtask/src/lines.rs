//! Counts executable lines: lines that hold a token outside of tests and doc comments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, ImplItem, Item};
use walkdir::WalkDir;

use crate::{Result, command};

/// Lines by folder of `src`.
type Counts = BTreeMap<String, usize>;

/// Prints the lines of `src` by folder, beside those of a commit.
pub fn print(root: &Path, base: Option<&str>) -> Result<()> {
    let now = count(&root.join("src"))?;
    let before = base.map(|commit| at(root, commit)).transpose()?.unwrap_or_default();
    let mut folders: BTreeSet<&String> = now.keys().collect();
    folders.extend(before.keys());
    let row = |name: &str, now: usize, before: usize| match base {
        None => println!("{name:<14}{now:>7}"),
        Some(_) => println!("{name:<14}{before:>7}{now:>7}"),
    };
    for folder in folders {
        let of = |counts: &Counts| counts.get(folder).copied().unwrap_or_default();
        row(folder, of(&now), of(&before));
    }
    row("total", now.values().sum(), before.values().sum());
    Ok(())
}

/// Counts the lines of a commit, formatted as the present ones.
fn at(root: &Path, commit: &str) -> Result<Counts> {
    let folder = tempfile::tempdir()?;
    let tree = folder.path().join("tree");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(root).args(arguments);
        git
    };
    let path = tree.to_string_lossy();
    command(&mut git(&["worktree", "add", "--quiet", "--detach", &path, commit]))?;
    let counted = format(root, &tree).and_then(|()| count(&tree.join("src")));
    command(&mut git(&["worktree", "remove", "--force", &path]))?;
    counted
}

/// Formats the sources of a checkout by the present settings.
fn format(root: &Path, tree: &Path) -> Result<()> {
    fs::copy(root.join("rustfmt.toml"), tree.join("rustfmt.toml"))?;
    let sources = ["src/lib.rs", "src/main.rs"].map(|file| tree.join(file));
    command(Command::new("rustfmt").args(["--edition", "2024"]).args(sources))
}

/// Counts the lines below a folder.
fn count(src: &Path) -> Result<Counts> {
    let mut files = BTreeMap::new();
    let mut tests = BTreeSet::new();
    for entry in WalkDir::new(src) {
        let path = entry?.into_path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let mut file = syn::parse_file(&fs::read_to_string(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        tests.extend(test_modules(&path, &file.items));
        remove_tests(&mut file.items);
        files.insert(path, file);
    }
    let mut counts = Counts::new();
    for (path, file) in files {
        if path.ancestors().any(|part| tests.contains(&part.with_extension(""))) {
            continue;
        }
        let mut lines = BTreeSet::new();
        collect(file.into_token_stream(), &mut lines);
        let folder = path.strip_prefix(src)?.iter().next().unwrap_or_default().to_string_lossy();
        *counts.entry(folder.trim_end_matches(".rs").to_owned()).or_default() += lines.len();
    }
    Ok(counts)
}

/// Returns the files, without extension, or folders of the modules that a file declares for tests alone.
fn test_modules(path: &Path, items: &[Item]) -> Vec<PathBuf> {
    let stem = path.with_extension("");
    let is_root = ["lib", "main", "mod"].iter().any(|name| stem.ends_with(name));
    let folder = if is_root { stem.parent().unwrap_or(&stem) } else { &stem };
    let modules = items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.content.is_none() => Some(module),
        _ => None,
    });
    let tests = modules.filter(|module| module.attrs.iter().any(is_test_only));
    tests.map(|module| folder.join(module.ident.to_string())).collect()
}

fn remove_tests(items: &mut Vec<Item>) {
    items.retain(|item| !attributes(item).iter().any(is_test_only));
    for item in items {
        match item {
            Item::Mod(module) => {
                if let Some((_, items)) = &mut module.content {
                    remove_tests(items);
                }
            }
            Item::Impl(block) => block.items.retain(|item| match item {
                ImplItem::Fn(function) => !function.attrs.iter().any(is_test_only),
                _ => true,
            }),
            _ => {}
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test_only(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
}

/// Adds the numbers of the lines that hold tokens, those of doc comments left out.
fn collect(tokens: TokenStream, lines: &mut BTreeSet<usize>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = &tokens[..];
    while let Some((token, after)) = rest.split_first() {
        rest = match (is_punct(token, '#'), after) {
            (true, [doc, after @ ..]) if is_doc(doc) => after,
            (true, [inner, doc, after @ ..]) if is_punct(inner, '!') && is_doc(doc) => after,
            _ => {
                add(token, lines);
                after
            }
        };
    }
}

/// Adds the lines of a token. Those of a group are the lines of its delimiters and of its tokens.
fn add(token: &TokenTree, lines: &mut BTreeSet<usize>) {
    if let TokenTree::Group(group) = token {
        lines.extend([group.span_open(), group.span_close()].map(|span| span.start().line));
        collect(group.stream(), lines);
    } else {
        lines.extend(token.span().start().line..=token.span().end().line);
    }
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// Whether a token is the `[doc = …]` of a doc comment.
fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}
