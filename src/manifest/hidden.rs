//! Files that are no part of what is reviewed: hidden ones, such as `.git` and `.env`, and those that Git ignores.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

/// The file that lists what Git ignores in its folder and below.
const IGNORE_FILE: &str = ".gitignore";

/// Returns why a file below a folder is not read. Both paths are canonical.
pub(super) fn reason(root: &Path, file: &Path) -> Option<String> {
    let relative = file.strip_prefix(root).ok()?;
    let mut names = relative.components().map(|part| part.as_os_str().to_string_lossy());
    if let Some(name) = names.find(|name| name.starts_with('.')) {
        return Some(format!("`{name}` is hidden"));
    }
    ignored(root, file).then(|| "Git ignores it".to_owned())
}

/// Returns whether a `.gitignore` of the repository ignores a file or a folder that it is in. What is below an ignored
/// folder is ignored, whatever is written of it.
fn ignored(root: &Path, file: &Path) -> bool {
    let top = root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(root);
    let Ok(relative) = file.strip_prefix(top) else {
        return false;
    };
    let mut rules: Vec<IgnoreRule> = IgnoreRule::of(top);
    let mut path = top.to_path_buf();
    for part in relative.components() {
        path.push(part);
        let is_folder = path != file;
        let last = rules.iter().rev().find(|rule| rule.matches(&path, is_folder));
        if last.is_some_and(|rule| !rule.restores) {
            return true;
        }
        if is_folder {
            rules.extend(IgnoreRule::of(&path));
        }
    }
    false
}

/// A line of a `.gitignore`.
struct IgnoreRule {
    matcher: GlobMatcher,
    /// Whether it takes back what an earlier rule ignores.
    restores: bool,
    folders_only: bool,
}

impl IgnoreRule {
    /// Returns the rules of a folder, in order.
    fn of(folder: &Path) -> Vec<Self> {
        let text = std::fs::read_to_string(folder.join(IGNORE_FILE)).unwrap_or_default();
        text.lines().filter_map(|line| Self::read(folder, line)).collect()
    }

    fn read(folder: &Path, line: &str) -> Option<Self> {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (restores, pattern) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let folders_only = pattern.ends_with('/');
        let pattern = pattern.trim_end_matches('/');
        // A pattern with a slash is relative to its folder; one without is of any folder below.
        let anywhere = if pattern.contains('/') { "" } else { "**/" };
        let folder = globset::escape(&folder.to_string_lossy().replace('\\', "/"));
        let glob = format!("{folder}/{anywhere}{}", pattern.trim_start_matches('/'));
        let matcher =
            GlobBuilder::new(&glob).literal_separator(true).build().ok()?.compile_matcher();
        Some(Self { matcher, restores, folders_only })
    }

    fn matches(&self, path: &Path, is_folder: bool) -> bool {
        (is_folder || !self.folders_only) && self.matcher.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_ignored_files_are_told_apart_from_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it exists");
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, text).expect("a file");
        };
        std::fs::create_dir(root.join(".git")).expect("a folder");
        write(".gitignore", "*.key\n/top.xml\nbuild/\n!keep.key\n# a remark\n");
        write("policies/.gitignore", "local-*\n");
        for (path, is_read) in [
            ("a.xml", true),
            ("policies/top.xml", true),
            ("top.xml", false),
            ("a.key", false),
            ("deep/er/a.key", false),
            ("keep.key", true),
            ("build/a.xml", false),
            ("policies/build/a.xml", false),
            ("policies/local-a.xml", false),
            ("local-a.xml", true),
            (".env", false),
            (".git/config", false),
            ("a/.moorline/journal.jsonl", false),
        ] {
            assert_eq!(reason(&root, &root.join(path)).is_none(), is_read, "{path}");
            let tenant = root.join("policies");
            if root.join(path).starts_with(&tenant) {
                assert_eq!(reason(&tenant, &root.join(path)).is_none(), is_read, "{path}");
            }
        }
    }
}
