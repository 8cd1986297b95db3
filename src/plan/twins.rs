//! Duplicates that earlier runs created, and that a plan deletes.

use super::ownership;
use crate::manifest::{Desired, Manifest};
use crate::tenant::LiveObject;
use crate::tenant::matching::Twin;

/// Returns a manifest that declares a duplicate as absent, the duplicate, and the id of the object that stays.
pub(super) fn deleted<'a>(
    twin: &Twin<'a>,
    desired: &Desired,
) -> Option<(Manifest, &'a LiveObject, Option<String>)> {
    let declared = desired.manifest(&twin.address)?;
    let manifest = ownership::manifest_of(twin.object, declared.span);
    let manifest = Manifest { protect: declared.protect, ..manifest };
    Some((manifest, twin.object, Some(twin.stays.id.clone())))
}

/// Returns the warning about a duplicate.
pub(super) fn warning(twin: &Twin<'_>) -> String {
    let Twin { address, object, stays } = twin;
    format!(
        "{address}: `{}` exists twice, because two runs created it at the same time. {} stays, and {}, which an earlier \
         run of this folder created, is deleted.",
        object.display_name, stays.id, object.id
    )
}
