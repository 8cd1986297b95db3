//! The text of a new tenant file.

use serde_json::Value as Json;

use crate::http::cloud::Cloud;
use crate::manifest::load;
use crate::manifest::root::FOLDER;
use crate::text::slug::slug;
use crate::yaml::node::Node;
use crate::yaml::write;

/// The folder of the manifests of a new tenant.
pub const MANIFESTS: &str = FOLDER;

/// A tenant to be described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTenant {
    /// Its id, or one of its verified domains.
    pub tenant_id: String,
    /// Its cloud.
    pub cloud: Cloud,
    /// Its name for people.
    pub name: String,
}

/// Why a tenant cannot be described so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidTenant {
    /// The problem.
    pub message: String,
    /// The remedy.
    pub help: String,
}

impl NewTenant {
    /// Returns the text of the tenant file.
    ///
    /// # Errors
    /// Fails where the file would not be valid.
    pub fn text(&self) -> Result<String, InvalidTenant> {
        let clouds: Vec<&str> = Cloud::ALL.iter().map(|cloud| cloud.name()).collect();
        let text = format!(
            "# The tenant, and where its manifests are. Every path is relative to this file.
apiVersion: moorline/v1
kind: Tenant
metadata:
  name: {name}
spec:
  tenantId: {id}
  cloud: {cloud}  # {clouds}
  manifests: [{MANIFESTS}]

  # Folders of manifests that several tenants share:
  # base: [../baseline]

  # The environment variables that `{{ $env: NAME }}` in a manifest may name:
  # secrets: {{ allow: [WIFI_KEY] }}

  # The most objects that one apply may change:
  # guard: {{ maxChanges: 20 }}
",
            name = scalar(&self.name),
            id = scalar(&self.tenant_id),
            cloud = self.cloud,
            clouds = clouds.join(" | "),
        );
        match load::tenant_error(&text) {
            Some(finding) => Err(InvalidTenant {
                message: finding.message,
                help: finding.help.unwrap_or_default(),
            }),
            None => Ok(text),
        }
    }
}

/// Returns a text as it stands in YAML.
fn scalar(text: &str) -> String {
    let value = text.into();
    // What needs lines of its own is no name.
    if text.contains(char::is_control) {
        return Json::to_string(&value);
    }
    write::document(&Node::of(&value)).trim_end().to_owned()
}

/// Returns a name for a tenant: the first part of its domain, or else the name of its folder.
pub fn name_for(tenant_id: &str, folder: Option<&str>) -> String {
    let domain = tenant_id.split_once('.').map(|(first, _)| first);
    let names = domain.into_iter().chain(folder).map(slug);
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "tenant".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_valid_tenant_is_a_valid_tenant_file() {
        for (tenant_id, name) in [
            ("contoso.onmicrosoft.com", "contoso"),
            ("8F6D2C2E-5B1D-4C57-9D0A-3D7F0E8A1B11", "true"),
            ("contoso.com", "1"),
            ("1.5", "1e5"),
        ] {
            for cloud in Cloud::ALL {
                let (tenant_id, name) = (tenant_id.to_owned(), name.to_owned());
                let text = NewTenant { tenant_id, cloud, name }.text().expect("a valid file");
                assert!(text.contains(cloud.name()), "{text}");
            }
        }
    }

    #[test]
    fn value_that_the_file_would_not_take_is_refused_with_a_remedy() {
        for (tenant_id, name, says) in [
            ("common", "contoso", "common"),
            ("contoso.com # x", "contoso", "contoso.com # x"),
            ("contoso.com\nx: y", "contoso", "contoso.com"),
            ("contoso.com", "Contoso", "Contoso"),
            ("contoso.com", "", "name"),
        ] {
            let (tenant_id, name) = (tenant_id.to_owned(), name.to_owned());
            let refused = NewTenant { tenant_id, cloud: Cloud::Global, name }.text();
            let refused = refused.expect_err("it is not valid");
            assert!(refused.message.contains(says) && !refused.help.is_empty(), "{refused:?}");
        }
    }

    #[test]
    fn name_comes_from_the_domain_or_else_from_the_folder() {
        let guid = "8f6d2c2e-5b1d-4c57-9d0a-3d7f0e8a1b11";
        assert_eq!(name_for("Contoso.onmicrosoft.com", Some("x")), "contoso");
        assert_eq!(name_for(guid, Some("Our Tenant (EU)")), "our-tenant-eu");
        assert_eq!(name_for(guid, Some("…")), "tenant");
        assert_eq!(name_for(guid, None), "tenant");
    }
}
