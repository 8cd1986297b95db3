//! The repository that manifests are in, as far as paths of files depend on it.

use std::path::{Component, Path, PathBuf};

use super::links::Links;

/// The variables in which CI systems give the folder of the repository: GitHub, GitLab, Azure DevOps.
const FOLDERS: [&str; 3] = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY"];

/// The repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repository {
    root: PathBuf,
    current: PathBuf,
}

impl Repository {
    /// Returns the repository that holds a folder: the nearest folder above it with a `.git`, or that the CI system names;
    /// the folder itself where there is none.
    pub(crate) fn around(current: &Path, variable: impl Fn(&str) -> Option<String>) -> Self {
        let named: Vec<PathBuf> = FOLDERS
            .iter()
            .filter_map(|name| variable(name).filter(|value| !value.is_empty()))
            .map(|value| std::fs::canonicalize(&value).unwrap_or_else(|_| value.into()))
            .collect();
        let is_root = |folder: &&Path| {
            folder.join(".git").exists() || named.iter().any(|named| named == folder)
        };
        let root = current.ancestors().find(is_root).unwrap_or(current);
        Self { root: root.to_owned(), current: current.to_owned() }
    }

    /// Returns the path of a file from the root, with slashes; a file outside keeps its absolute path.
    pub(crate) fn path_of(&self, file: &str) -> String {
        let path = plain(&self.current.join(file));
        let inside = path.strip_prefix(&self.root).unwrap_or(&path);
        let parts = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let path = parts.collect::<Vec<_>>().join("/");
        // The root of an absolute path is a part of its own.
        path.replacen("//", "/", 1)
    }

    /// Returns the links to the files of the repository.
    pub(crate) fn links(&self, base: Option<&str>) -> Links {
        Links::new(base, &self.root, &self.current)
    }
}

/// Returns a path without `.` and `..`, as far as it can be said without looking at links.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(root: &str, current: &str) -> Repository {
        Repository { root: root.into(), current: current.into() }
    }

    #[cfg(unix)]
    #[test]
    fn paths_begin_at_the_root_of_the_repository() {
        let repository = repository("/srv/repo", "/srv/repo/tenants/contoso");
        for (file, path) in [
            ("a.yaml", "tenants/contoso/a.yaml"),
            ("./policies/a.yaml", "tenants/contoso/policies/a.yaml"),
            ("../baseline/hello.yaml", "tenants/baseline/hello.yaml"),
            ("/srv/repo/a.yaml", "a.yaml"),
            ("/elsewhere/a.yaml", "/elsewhere/a.yaml"),
            ("../../../outside.yaml", "/srv/outside.yaml"),
        ] {
            assert_eq!(repository.path_of(file), path, "{file}");
        }
        assert_eq!(repository.links(None).root, Path::new("tenants/contoso"));
    }

    #[test]
    fn root_is_the_nearest_folder_that_git_or_the_ci_system_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().canonicalize().expect("it exists");
        let tenant = folder.join("checkout/tenant");
        std::fs::create_dir_all(&tenant).expect("it can be made");
        let named =
            |name: &str| (name == "BUILD_SOURCESDIRECTORY").then(|| folder.display().to_string());
        assert_eq!(Repository::around(&tenant, named).root, folder);
        std::fs::create_dir(folder.join("checkout/.git")).expect("it can be made");
        assert_eq!(Repository::around(&tenant, named).root, folder.join("checkout"));
        assert_eq!(Repository::around(&tenant, |_| None).root, folder.join("checkout"));
    }
}
