//! Names the folder that manifests are imported into in a tenant file.

use serde_json::Value as Json;

use crate::manifest::root::FOLDER;
use crate::yaml::edit::{EditError, Step, YamlChange, YamlEdit, edited};
use crate::yaml::node::Node;

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
    fn tenant_file_names_the_folder_beside_what_it_took_before() {
        let text = "kind: Tenant  # ours\nspec:\n  tenantId: contoso.com\n";
        let plain = named(text, &[]).expect("it can be edited");
        assert_eq!(plain, format!("{text}  manifests: [policies]\n"));
        let both = named(text, &["*.yaml"]).expect("it can be edited");
        assert_eq!(both, format!("{text}  manifests: [\"*.yaml\", policies]\n"));
    }
}
