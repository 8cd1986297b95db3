//! Finds the tenant that a manifest file belongs to.

use std::path::{Path, PathBuf};

use super::discover::{self, TENANT_FILE};
use super::files;
use super::variable::Allowed;
use crate::diagnostic::Finding;

/// How a tenant file looks.
const TENANT_LOOKS: &str = "`apiVersion: moorline/v1`, `kind: Tenant`, `metadata: { name: contoso }`, `spec: { tenantId: contoso.onmicrosoft.com, manifests: [policies] }`";

/// The tenant that single manifest files belong to, if any.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EnclosingTenant {
    /// The folder of the nearest tenant file above, else the files' own.
    pub(super) root: PathBuf,
    /// Whether that tenant has bases, so that its manifests may be parts.
    pub(super) has_base: bool,
    /// The environment variables that it allows.
    pub(super) allowed: Allowed,
}

impl EnclosingTenant {
    /// Finds the tenant of the files in a folder.
    pub(super) fn find(folder: &Path) -> Self {
        let Some(root) = tenant_above(folder) else {
            return Self { root: folder.to_owned(), has_base: false, allowed: Allowed::default() };
        };
        let documents = files::documents(&root.join(TENANT_FILE));
        let tenant = documents.first();
        let base = tenant.and_then(|tenant| tenant.get("spec")?.get("base"));
        Self {
            root,
            has_base: base.is_some(),
            allowed: tenant.map(Allowed::from_document).unwrap_or_default(),
        }
    }
}

/// Returns the folder of the nearest tenant file at or above a folder.
fn tenant_above(folder: &Path) -> Option<PathBuf> {
    let real = discover::canonical(folder).ok()?;
    real.ancestors().find(|folder| folder.join(TENANT_FILE).is_file()).map(Path::to_owned)
}

/// Returns the finding of a path that does not exist.
pub(super) fn nothing(path: &Path) -> Finding {
    Finding::file_error("file/missing", path, "there is no such folder or file")
        .help("check the spelling; PATH is relative to the current folder")
}

/// Returns the finding of a tenant file that holds nothing.
pub(super) fn empty(path: &Path) -> Finding {
    Finding::file_error("manifest/empty", path, "the tenant file is empty").help(format!(
        "write into it, each on a line: {TENANT_LOOKS}; or delete it, and `moorline init` writes it"
    ))
}

/// Returns the finding of a missing tenant file; it names the nearest one above.
pub(super) fn no_tenant(path: &Path) -> Finding {
    let finding = Finding::file_error("tenant/missing", path, "there is no tenant file here");
    finding.help(match path.parent().and_then(tenant_above) {
        Some(above) => format!(
            "the tenant of this folder is `{}`: give that as PATH; `--only KIND/NAME` limits to one manifest",
            above.join(TENANT_FILE).display()
        ),
        None => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.map(|folder| format!(" {}", folder.display()));
            format!(
                "`moorline init{}` writes one: {TENANT_LOOKS}; or give the folder that has one as PATH",
                folder.unwrap_or_default()
            )
        }
    })
}
