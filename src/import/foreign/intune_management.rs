//! The files and members of IntuneManagement, versions 3 and 4, beside the objects of Graph (FACTS 17.2).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::{ForeignLink, ForeignNames};
use crate::schema::semantics::Named;
use crate::schema::types::type_name;
use crate::schema::walk::Tree;

/// The beginning of the names of members that name the objects which a property leads to.
const REFERENCE: &str = "#CustomRef_";
/// The text between the names and the type of such objects.
const OF_TYPE: &str = "|:|";

/// The tenant that a folder is of, from its `MigrationTable.json`.
#[derive(Debug, Default)]
struct MigrationTable {
    tenant: Option<String>,
    organization: Option<String>,
}

/// The tables of all folders.
#[derive(Debug, Default)]
pub(super) struct MigrationTables(BTreeMap<PathBuf, MigrationTable>);

impl MigrationTables {
    /// Takes a document that is a table, with the names in it.
    pub(super) fn add(&mut self, document: &Json, file: &Path, names: &mut ForeignNames) -> bool {
        let Some(objects) = document.get("Objects").filter(|_| document.get("TenantId").is_some())
        else {
            return false;
        };
        for object in objects.elements() {
            let text = |name: &str| object.get(name).and_then(Json::as_str);
            let named = match text("Type").map(|name| type_name(name).unwrap_or(name)) {
                Some("Group" | "group") => Named::Group,
                Some("AssignmentFilter") => Named::Filter,
                _ => continue,
            };
            if let Some((id, name)) = text("Id").zip(text("DisplayName")) {
                names.insert((named, id.to_owned()), name.to_owned());
            }
        }
        let text = |name: &str| {
            let text = document.get(name).and_then(Json::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let table = MigrationTable { tenant: text("TenantId"), organization: text("Organization") };
        self.0.insert(file.parent().unwrap_or(Path::new("")).to_owned(), table);
        true
    }

    /// Returns the number of tenants that the tables name, and the folder of the second one, where there are several.
    pub(super) fn several(&self) -> Option<(usize, &Path)> {
        let mut tenants = BTreeMap::new();
        for (folder, table) in &self.0 {
            tenants.entry(table.tenant.as_deref()).or_insert(folder);
        }
        let mut folders: Vec<_> = tenants.values().copied().collect();
        folders.sort_unstable();
        Some((folders.len(), folders.get(1)?.as_path()))
    }

    /// Puts the tenant of a file into the place of what stands for it, and returns what still stands for a tenant that no
    /// table names.
    pub(super) fn restore(&self, body: &mut Json, file: &Path) -> Option<&'static str> {
        let table = file.ancestors().find_map(|folder| self.0.get(folder));
        let tokens = [
            ("%OrganizationId%", table.and_then(|table| table.tenant.as_deref())),
            ("%OrganizationName%", table.and_then(|table| table.organization.as_deref())),
        ];
        let mut left = None;
        for (token, value) in tokens {
            if replace(body, token, value) && value.is_none() {
                left = left.or(Some(token));
            }
        }
        left
    }
}

/// Replaces a token in every text, and returns whether there was one.
fn replace(value: &mut Json, token: &str, with: Option<&str>) -> bool {
    match value {
        Json::String(text) => {
            let found = find(text, token).is_some();
            if let Some(with) = with {
                let mut replaced = String::new();
                let mut rest = text.as_str();
                while let Some(at) = find(rest, token) {
                    replaced.push_str(&rest[..at]);
                    replaced.push_str(with);
                    rest = &rest[at + token.len()..];
                }
                replaced.push_str(rest);
                *text = replaced;
            }
            found
        }
        Json::Array(elements) => {
            elements.iter_mut().filter_map(|one| replace(one, token, with).then_some(())).count()
                > 0
        }
        Json::Object(members) => {
            members.values_mut().filter_map(|one| replace(one, token, with).then_some(())).count()
                > 0
        }
        _ => false,
    }
}

/// Returns where a token is, in any case.
fn find(text: &str, token: &str) -> Option<usize> {
    let mut starts = text.match_indices('%').map(|(at, _)| at);
    starts.find(|at| {
        let end = at + token.len();
        text.get(*at..end).is_some_and(|found| found.eq_ignore_ascii_case(token))
    })
}

/// Returns the objects that properties lead to: `"#CustomRef_rootCertificate": "Name,Name|:|#microsoft.graph.type"`.
pub(super) fn links(body: &Json) -> BTreeMap<String, Vec<ForeignLink>> {
    let mut links = BTreeMap::new();
    for (name, value) in body.members() {
        let Some(property) = name.strip_prefix(REFERENCE) else { continue };
        let Some((names, kind)) = value.as_str().and_then(|text| text.split_once(OF_TYPE)) else {
            continue;
        };
        let kind = type_name(kind).unwrap_or(kind);
        let link =
            |name: &str| ForeignLink { kind: kind.to_owned(), display_name: name.to_owned() };
        links.insert(property.to_owned(), names.split(',').map(link).collect());
    }
    links
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tables(tables: &[(&str, Json)]) -> (MigrationTables, ForeignNames) {
        let (mut read, mut names) = (MigrationTables::default(), ForeignNames::default());
        for (file, table) in tables {
            assert!(read.add(table, Path::new(file), &mut names));
        }
        (read, names)
    }

    #[test]
    fn table_names_groups_and_filters() {
        let objects = json!([
            { "Id": "G1", "DisplayName": "Laptops", "Type": "Group" },
            { "Id": "F1", "DisplayName": "Corporate", "Type": "AssignmentFilter" },
            { "Id": null, "DisplayName": null, "Type": "Group" },
            { "Id": "U1", "DisplayName": "Alice", "Type": "User" },
        ]);
        let table = json!({ "TenantId": "t", "Organization": "Contoso", "Objects": objects });
        let (read, names) = tables(&[("a/MigrationTable.json", table)]);
        let name = |named: Named, id: &str| names.get(&(named, id.to_owned())).map(String::as_str);
        assert_eq!(name(Named::Group, "G1"), Some("Laptops"));
        assert_eq!(name(Named::Filter, "F1"), Some("Corporate"));
        assert_eq!(names.len(), 2);
        assert_eq!(read.several(), None);
        let (mut read, mut names) = tables(&[]);
        assert!(!read.add(&json!({ "Objects": [] }), Path::new("a"), &mut names));
    }

    #[test]
    fn tokens_become_the_tenant_of_the_nearest_table() {
        let table = |tenant: &str| json!({ "TenantId": tenant, "Organization": "", "Objects": [] });
        let (read, _) =
            tables(&[("x/MigrationTable.json", table("t1")), ("x/y/m.json", table("t2"))]);
        assert_eq!(read.several(), Some((2, Path::new("x/y"))));
        let restored = |file: &str, text: &str| {
            let mut body = json!({ "a": [{ "b": text }] });
            let left = read.restore(&mut body, Path::new(file));
            (body["a"][0]["b"].as_str().expect("a text").to_owned(), left)
        };
        let text = "%é <%OrganizationId%>%organizationid%%";
        assert_eq!(restored("x/z/p.json", text), ("%é <t1>t1%".to_owned(), None));
        assert_eq!(restored("x/y/z/p.json", text), ("%é <t2>t2%".to_owned(), None));
        assert_eq!(restored("z/p.json", text), (text.to_owned(), Some("%OrganizationId%")));
        let (_, left) = restored("x/p.json", "%OrganizationName%");
        assert_eq!(left, Some("%OrganizationName%"));
    }

    #[test]
    fn references_are_read_by_name_and_type() {
        let body = json!({
            "#CustomRef_rootCertificatesForServerValidation": "Root CA,Second CA|:|#microsoft.graph.windows81TrustedRootCertificate",
            "#CustomRef_other": "no type",
            "displayName": "a|:|b",
        });
        let link = |name: &str| ForeignLink {
            kind: "windows81TrustedRootCertificate".to_owned(),
            display_name: name.to_owned(),
        };
        let expected = vec![link("Root CA"), link("Second CA")];
        let property = "rootCertificatesForServerValidation".to_owned();
        assert_eq!(links(&body), BTreeMap::from([(property, expected)]));
    }
}
