//! Rust sources as modules, and what each path in them leads to.
//!
//! A path counts wherever it stands: in a `use`, also in groups, with `self`, `super` or another name; in an expression or
//! a type; in a macro's arguments; in the text of an attribute such as `with = "crate::x"`. Links of doc comments do not.

use std::collections::{BTreeMap, BTreeSet};

use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};
use syn::{Attribute, File, ImplItem, Item, ItemMod, Member, Meta, UseTree, Visibility};

/// A module's path from the root of the crate.
pub type Module = Vec<String>;

/// How many re-exports a path may lead through.
const HOPS: usize = 16;

/// The sources of a crate.
#[derive(Default)]
pub struct Sources {
    modules: BTreeMap<Module, Contents>,
    /// The modules that tests alone have.
    tests: BTreeSet<Module>,
    /// Every path that is not a single name.
    pub paths: Vec<Path>,
    /// The fields that are read outside of tests, each with its module.
    pub fields: BTreeSet<(Module, String)>,
    /// The types that are `pub` or `pub(crate)` outside of tests: the name of each, and the modules that define it.
    pub types: BTreeMap<String, Vec<Module>>,
}

/// What a module has.
struct Contents {
    file: String,
    items: BTreeSet<String>,
    uses: Vec<Use>,
}

/// One name that a `use` brings into its module, or all names of another module.
struct Use {
    name: Option<String>,
    path: Vec<String>,
}

/// A path, and where it stands.
pub struct Path {
    /// The module that it stands in.
    pub module: Module,
    /// Its segments, as written.
    pub segments: Vec<String>,
    /// Whether it stands in a test.
    pub in_test: bool,
}

impl Path {
    /// Returns whether it says where it begins, and not with a name that is in scope.
    pub fn begins_with_keyword(&self) -> bool {
        matches!(self.segments[0].as_str(), "crate" | "self" | "super")
    }
}

/// Reads the sources of the crate: each file's path below `src`, and its text.
pub fn files_of_crate() -> BTreeMap<String, String> {
    let root = crate::support::repository().join("src");
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&root) {
        let entry = entry.expect("the sources can be read");
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let name = entry.path().strip_prefix(&root).expect("it is below").to_string_lossy();
            let text = std::fs::read_to_string(entry.path()).expect("a source is UTF-8");
            files.insert(name.replace('\\', "/"), text);
        }
    }
    assert!(files.len() > 250, "{} files", files.len());
    files
}

impl Sources {
    /// Reads sources: each file's path below `src`, and its text.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sources = Self::default();
        let mut parsed = Vec::new();
        for (name, text) in files {
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let module = module_of(name);
            sources.modules.insert(module.clone(), Contents::of(name));
            parsed.push((module, file));
        }
        for (module, file) in &parsed {
            find_tests(module, &file.items, false, &mut sources.tests);
        }
        for (module, File { items, .. }) in &parsed {
            let in_test = (0..=module.len()).any(|end| sources.tests.contains(&module[..end]));
            let mut reader = Reader { sources: &mut sources, module: module.clone(), in_test };
            items.iter().for_each(|item| reader.visit_item(item));
        }
        sources
    }

    /// Returns the file of a module.
    pub fn file(&self, module: &[String]) -> &str {
        &self.modules[module].file
    }

    /// Returns the modules that a path leads through by re-exports, and last the one that has what it names; nothing
    /// where it leads out of the crate.
    pub fn trail(&self, path: &Path) -> Vec<Module> {
        let mut trail = Vec::new();
        self.follow(&path.module, &path.segments, &mut trail);
        trail
    }

    fn follow(&self, module: &[String], path: &[String], trail: &mut Vec<Module>) {
        let mut at = module.to_vec();
        let mut rest = path;
        while let Some((keyword @ ("crate" | "self" | "super"), tail)) =
            rest.split_first().map(|(first, tail)| (first.as_str(), tail))
        {
            match keyword {
                "crate" => at.clear(),
                "super" => _ = at.pop(),
                _ => {}
            }
            rest = tail;
        }
        // A name alone is a child or what a `use` says; else it is another crate, or within the module.
        if let [name, tail @ ..] = rest
            && rest.len() == path.len()
            && !self.modules.contains_key(&child(&at, name))
        {
            if let Some(path) = self.used(&at, name, tail) {
                self.hop(&at, &path, trail);
            }
            return;
        }
        self.descend(at, rest, trail);
    }

    /// Follows a path down from a module. Returns whether what it names is there.
    fn descend(&self, mut at: Module, path: &[String], trail: &mut Vec<Module>) -> bool {
        let mut rest = path;
        while let [name, tail @ ..] = rest {
            let inner = child(&at, name);
            if !self.modules.contains_key(&inner) {
                break;
            }
            at = inner;
            rest = tail;
        }
        let Some(contents) = self.modules.get(&at) else {
            return false;
        };
        trail.push(at.clone());
        let [name, tail @ ..] = rest else {
            return true;
        };
        if contents.items.contains(name) {
            return true;
        }
        if let Some(path) = self.used(&at, name, tail) {
            self.hop(&at, &path, trail);
            return true;
        }
        if trail.len() >= HOPS {
            return false;
        }
        let mut globs = contents.uses.iter().filter(|used| used.name.is_none());
        globs.any(|glob| {
            let mut beyond = trail.clone();
            self.follow(&at, &glob.path, &mut beyond);
            let Some(module) = beyond.pop().filter(|module| *module != at) else {
                return false;
            };
            let is_there = self.descend(module, rest, &mut beyond);
            if is_there {
                *trail = beyond;
            }
            is_there
        })
    }

    fn hop(&self, at: &[String], path: &[String], trail: &mut Vec<Module>) {
        if trail.len() < HOPS {
            self.follow(at, path, trail);
        }
    }

    /// Returns the path that a module's `use` has for a name, with what follows the name.
    fn used(&self, module: &[String], name: &str, tail: &[String]) -> Option<Vec<String>> {
        let uses = &self.modules.get(module)?.uses;
        let used = uses.iter().find(|used| used.name.as_deref() == Some(name))?;
        // `use a::a` says nothing more of the first `a`.
        let is_circular = used.path.first().is_some_and(|first| first == name);
        (!is_circular).then(|| used.path.iter().chain(tail).cloned().collect())
    }
}

impl Contents {
    fn of(file: &str) -> Self {
        Self { file: file.to_owned(), items: BTreeSet::new(), uses: Vec::new() }
    }
}

/// Returns the module that a file is.
fn module_of(file: &str) -> Module {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

fn child(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Notes the modules that are declared for tests alone.
fn find_tests(module: &[String], items: &[Item], in_test: bool, tests: &mut BTreeSet<Module>) {
    for item in items {
        let Item::Mod(ItemMod { attrs, ident, content, .. }) = item else {
            continue;
        };
        let in_test = in_test || is_for_tests(attrs);
        let inner = child(module, &ident.to_string());
        match content {
            Some((_, items)) => find_tests(&inner, items, in_test, tests),
            None if in_test => _ = tests.insert(inner),
            None => {}
        }
    }
}

/// Returns whether an item is `#[cfg(test)]`, alone or with further conditions.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            let all = condition.strip_prefix("all(").and_then(|rest| rest.strip_suffix(')'));
            all.unwrap_or(&condition).split(',').any(|condition| condition == "test")
        }
        _ => false,
    })
}

/// Reads a file's items.
struct Reader<'a> {
    sources: &'a mut Sources,
    module: Module,
    in_test: bool,
}

impl Reader<'_> {
    fn contents(&mut self) -> &mut Contents {
        self.sources.modules.get_mut(&self.module).expect("it was put there before its items")
    }

    fn note(&mut self, segments: Vec<String>) {
        let (module, in_test) = (self.module.clone(), self.in_test);
        self.sources.paths.push(Path { module, segments, in_test });
    }

    fn note_path(&mut self, path: &syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string());
            self.note(segments.collect());
        }
    }

    fn note_field(&mut self, name: String) {
        if !self.in_test {
            self.sources.fields.insert((self.module.clone(), name));
        }
    }

    fn note_type(&mut self, item: &Item) {
        let (visibility, name) = match item {
            Item::Enum(item) => (&item.vis, &item.ident),
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Trait(item) => (&item.vis, &item.ident),
            Item::Type(item) => (&item.vis, &item.ident),
            _ => return,
        };
        let is_wide = match visibility {
            Visibility::Public(_) => true,
            Visibility::Restricted(within) => within.path.is_ident("crate"),
            Visibility::Inherited => false,
        };
        if is_wide && !self.in_test {
            self.sources.types.entry(name.to_string()).or_default().push(self.module.clone());
        }
    }

    fn note_uses(&mut self, tree: &UseTree, parent: &[String]) {
        let (name, path) = match tree {
            UseTree::Path(path) => {
                let parent = child(parent, &path.ident.to_string());
                return self.note_uses(&path.tree, &parent);
            }
            UseTree::Group(group) => {
                let trees = group.items.iter();
                return trees.for_each(|tree| self.note_uses(tree, parent));
            }
            UseTree::Name(name) if name.ident == "self" => {
                (parent.last().cloned(), parent.to_vec())
            }
            UseTree::Name(name) => {
                (Some(name.ident.to_string()), child(parent, &name.ident.to_string()))
            }
            UseTree::Rename(renamed) if renamed.ident == "self" => {
                (Some(renamed.rename.to_string()), parent.to_vec())
            }
            UseTree::Rename(renamed) => {
                (Some(renamed.rename.to_string()), child(parent, &renamed.ident.to_string()))
            }
            UseTree::Glob(_) => (None, parent.to_vec()),
        };
        self.contents().uses.push(Use { name, path: path.clone() });
        self.note(path);
    }

    /// Notes the paths and the fields among the tokens of a macro or an attribute.
    fn note_tokens(&mut self, mut at: Cursor<'_>, are_of_attribute: bool) {
        let mut after_dot = false;
        while !at.eof() {
            let was_dot = std::mem::take(&mut after_dot);
            if let Some((inner, _, _, next)) = at.any_group() {
                self.note_tokens(inner, are_of_attribute);
                at = next;
            } else if let Some((first, mut next)) = at.ident() {
                let mut segments = vec![first.to_string()];
                while let Some((name, after)) = double_colon(next).and_then(Cursor::ident) {
                    segments.push(name.to_string());
                    next = after;
                }
                match segments.len() {
                    1 if was_dot => self.note_field(first.to_string()),
                    1 => {}
                    _ => self.note(segments),
                }
                at = next;
            } else if let Some((literal, next)) = at.literal() {
                let text = literal.to_string();
                let text = text.trim_matches('"');
                if are_of_attribute && let Ok(path) = syn::parse_str::<syn::Path>(text) {
                    self.note_path(&path);
                }
                at = next;
            } else if let Some((punctuation, next)) = at.punct() {
                after_dot = punctuation.as_char() == '.';
                at = next;
            } else if let Some((_, next)) = at.token_tree() {
                at = next;
            }
        }
    }
}

/// Returns what stands behind a `::`.
fn double_colon(at: Cursor<'_>) -> Option<Cursor<'_>> {
    let (first, next) = at.punct()?;
    let (second, next) = next.punct()?;
    (first.as_char() == ':' && second.as_char() == ':').then_some(next)
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name): (&[Attribute], _) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Mod(item) => (&item.attrs, None),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Union(item) => (&item.attrs, Some(&item.ident)),
            Item::Use(item) => (&item.attrs, None),
            _ => (&[], None),
        };
        let was_in_test = self.in_test;
        self.in_test |= is_for_tests(attributes);
        if let Some(name) = name {
            self.contents().items.insert(name.to_string());
        }
        self.note_type(item);
        match item {
            Item::Use(item) if item.leading_colon.is_none() => {
                self.note_uses(&item.tree, &[]);
            }
            Item::Use(_) => {}
            Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) => {
                let file = self.contents().file.clone();
                self.module.push(ident.to_string());
                self.sources.modules.insert(self.module.clone(), Contents::of(&file));
                items.iter().for_each(|item| self.visit_item(item));
                self.module.pop();
            }
            _ => visit::visit_item(self, item),
        }
        self.in_test = was_in_test;
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => &[],
        };
        let was_in_test = self.in_test;
        self.in_test |= is_for_tests(attributes);
        visit::visit_impl_item(self, item);
        self.in_test = was_in_test;
    }

    /// `pub(in crate::x)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.note_tokens(TokenBuffer::new2(list.tokens.clone()).begin(), true);
        }
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.note_path(&called.path);
        self.note_tokens(TokenBuffer::new2(called.tokens.clone()).begin(), false);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.note_path(path);
        visit::visit_path(self, path);
    }

    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        if let Member::Named(name) = &field.member {
            self.note_field(name.to_string());
        }
        visit::visit_expr_field(self, field);
    }
}
