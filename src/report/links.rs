//! Links from places in files to the pages that a forge has of them, at one commit.

use std::path::{Component, Path, PathBuf};

use url::Url;

use crate::diagnostic::Location;

/// Where the files of a run can be read on the web.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The address of the repository's files at a commit: `https://github.com/O/R/blob/SHA`.
    pub base: Option<String>,
    /// The current folder, which relative paths begin at, below the repository's own; empty where it is that folder.
    pub root: PathBuf,
}

impl Links {
    /// Returns the links for a base address; both folders are absolute. There are none where the current folder is not
    /// below the repository's.
    pub fn new(base: Option<&str>, repository: &Path, folder: &Path) -> Self {
        match folder.strip_prefix(repository) {
            Ok(root) => Self { base: base.map(str::to_owned), root: root.to_owned() },
            Err(_) => Self::default(),
        }
    }

    /// Returns the address of a place, `None` where the base is not known and for a file that the repository does not hold.
    pub fn to(&self, place: &Location) -> Option<String> {
        let mut url = Url::parse(self.base.as_deref()?).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let path = within(&self.root, Path::new(&place.file))?;
        let line = (place.line > 0).then_some(place.line);
        // Azure DevOps names file and line in the query.
        if url.path().split('/').any(|part| part == "_git") {
            let mut query = url.query_pairs_mut();
            query.append_pair("path", &format!("/{}", path.join("/")));
            if let Some(line) = line {
                query.append_pair("line", &line.to_string());
                query.append_pair("lineEnd", &(line + 1).to_string());
                query.append_pair("lineStartColumn", "1").append_pair("lineEndColumn", "1");
            }
            drop(query);
        } else {
            url.path_segments_mut().ok()?.pop_if_empty().extend(&path);
            url.set_fragment(line.map(|line| format!("L{line}")).as_deref());
        }
        Some(url.into())
    }
}

/// Returns the parts of a relative path below a folder, `None` where it leads out of the repository.
fn within(root: &Path, file: &Path) -> Option<Vec<String>> {
    let mut parts: Vec<String> = Vec::new();
    for component in root.components().chain(file.components()) {
        match component {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            // An absolute path says nothing about the repository.
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://github.com/contoso/tenant/blob/0a1b";

    fn at(file: &str, line: usize) -> Location {
        Location { file: file.to_owned(), line, column: 1 }
    }

    fn link(root: &str, file: &str, line: usize) -> Option<String> {
        let links = Links { base: Some(BASE.to_owned()), root: root.into() };
        links.to(&at(file, line)).map(|url| url.replace(BASE, ""))
    }

    #[test]
    fn a_place_is_a_line_of_a_file_at_a_commit() {
        for (root, file, line, url) in [
            ("", "policies/hello.yaml", 7, Some("/policies/hello.yaml#L7")),
            ("", "./policies/../moorline.yaml", 1, Some("/moorline.yaml#L1")),
            (
                "tenants/contoso",
                "policies/hello.yaml",
                7,
                Some("/tenants/contoso/policies/hello.yaml#L7"),
            ),
            ("tenants/contoso", "../../baseline/hello.yaml", 9, Some("/baseline/hello.yaml#L9")),
            ("tenants", "hello.yaml", 0, Some("/tenants/hello.yaml")),
            // Nothing outside the repository has a page there.
            ("tenants", "../../hello.yaml", 7, None),
            ("", "/etc/hello.yaml", 7, None),
            ("", "", 7, None),
        ] {
            assert_eq!(link(root, file, line).as_deref(), url, "{root} {file}");
        }
        assert_eq!(Links::default().to(&at("a.yaml", 1)), None);
    }

    #[test]
    fn the_current_folder_counts_from_that_of_the_repository() {
        let links = |folder: &str| Links::new(Some(BASE), Path::new("/repo"), Path::new(folder));
        assert_eq!(links("/repo/tenants").root, Path::new("tenants"));
        assert_eq!(links("/repo").to(&at("a.yaml", 1)), Some(format!("{BASE}/a.yaml#L1")));
        assert_eq!(links("/elsewhere").to(&at("a.yaml", 1)), None);
    }

    #[test]
    fn names_of_files_stay_within_the_address() {
        let url = link("", "a b/#1?x=<y>&`\"'()[]|%2e.yaml", 3).expect("a link");
        assert!(url.starts_with("/a%20b/%231%3Fx=") && url.ends_with(".yaml#L3"), "{url}");
        assert!(!url.contains(['<', '>', ' ', '`', '"']), "{url}");
        let bases = ["javascript:alert(1)", "file:///etc", "no address", "data:text/html,x"];
        for base in bases {
            let links = Links { base: Some(base.to_owned()), root: PathBuf::new() };
            assert_eq!(links.to(&at("a.yaml", 1)), None, "{base}");
        }
    }

    #[test]
    fn azure_devops_has_file_and_line_in_the_query() {
        let base = "https://dev.azure.com/contoso/it/_git/tenant?version=GC0a1b";
        let links = Links { base: Some(base.to_owned()), root: "prod".into() };
        assert_eq!(
            links.to(&at("policies/hello.yaml", 7)).as_deref(),
            Some(
                "https://dev.azure.com/contoso/it/_git/tenant?version=GC0a1b&path=%2Fprod%2Fpolicies%2Fhello.yaml&line=7&lineEnd=8&lineStartColumn=1&lineEndColumn=1"
            )
        );
    }
}
