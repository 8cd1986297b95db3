//! The folder of a tenant that manifests are written into.

use super::tenant_file::TenantSpec;

/// The folder where the tenant file names none, or all that is below its own.
pub const FOLDER: &str = "policies";

/// Returns the first folder among the entries of `spec.manifests`, below that of the tenant file; `None` where they name
/// none. Without entries it is [`FOLDER`], which the tenant file then has to name.
pub fn of(spec: &TenantSpec) -> Option<String> {
    if spec.manifests.is_none() {
        return Some(FOLDER.to_owned());
    }
    spec.manifests.iter().flatten().find_map(|entry| {
        let entry = entry.trim_start_matches("./").trim_end_matches('/');
        let folder = ["/**/*.yaml", "/**/*", "/**"].iter().find_map(|end| entry.strip_suffix(end));
        let folder = folder.unwrap_or(entry);
        match folder {
            "" | "." => Some(FOLDER.to_owned()),
            "**" | "**/*.yaml" => Some(FOLDER.to_owned()),
            folder if folder.contains(['*', '?', '[', '{', '\\']) => None,
            folder if folder.ends_with(".yaml") || folder.ends_with(".yml") => None,
            folder => Some(folder.to_owned()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_is_the_first_that_the_tenant_file_names() {
        let of = |entries: Option<&[&str]>| {
            let manifests =
                entries.map(|entries| entries.iter().map(|it| (*it).to_owned()).collect());
            let spec = TenantSpec { manifests, ..crate::manifest::tenant_file::testing::spec() };
            super::of(&spec)
        };
        assert_eq!(of(None).as_deref(), Some("policies"));
        assert_eq!(of(Some(&["hello.yaml", "./estate/"])).as_deref(), Some("estate"));
        assert_eq!(of(Some(&["estate/**/*.yaml"])).as_deref(), Some("estate"));
        assert_eq!(of(Some(&["."])).as_deref(), Some("policies"));
        assert_eq!(of(Some(&["a*/b.yaml", "c.yaml"])), None);
    }
}
