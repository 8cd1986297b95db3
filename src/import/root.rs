//! The folder that manifests are imported into.

use serde_json::Value as Json;

use crate::manifest::tenant_file::TenantSpec;
use crate::yaml::edit::{EditError, Step, YamlChange, YamlEdit, edited};
use crate::yaml::node::Node;

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

/// Returns the text of a tenant file whose `spec.manifests` names [`FOLDER`], and these files, which it took without
/// entries.
///
/// # Errors
/// When the text cannot be edited.
pub fn named(text: &str, files: &[&str]) -> Result<String, EditError> {
    let entries = files.iter().chain(&[FOLDER]).map(|entry| Json::from(*entry));
    let node = Node::of(&entries.collect()).flow();
    let path = ["spec", "manifests"].map(|name| Step::Member(name.to_owned()));
    edited(text, &[YamlEdit { document: 0, path: path.to_vec(), change: YamlChange::Set(node) }])
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

    #[test]
    fn tenant_file_names_the_folder_beside_what_it_took_before() {
        let text = "kind: Tenant  # ours\nspec:\n  tenantId: contoso.com\n";
        let plain = named(text, &[]).expect("it can be edited");
        assert_eq!(plain, format!("{text}  manifests: [policies]\n"));
        let both = named(text, &["*.yaml"]).expect("it can be edited");
        assert_eq!(both, format!("{text}  manifests: [\"*.yaml\", policies]\n"));
    }
}
