//! The id of an object that a run creates, in the paths of the calls that follow.

use crate::graph::odata::segment;
use crate::plan::requests::NEW_ID;

/// Returns a path with the new object's id in it, `None` where it needs one that is not known.
pub(super) fn fill(path: &str, id: Option<&str>) -> Option<String> {
    if !path.contains(NEW_ID) {
        return Some(path.to_owned());
    }
    Some(path.replace(NEW_ID, &segment(id?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_that_waits_for_an_id_needs_one() {
        let assign = "/deviceManagement/deviceConfigurations/{id}/assign";
        let filled = fill(assign, Some("8d2ac1f8"));
        assert_eq!(
            filled.as_deref(),
            Some("/deviceManagement/deviceConfigurations/8d2ac1f8/assign")
        );
        assert_eq!(fill(assign, None), None);
        assert_eq!(fill("/policies/x", None).as_deref(), Some("/policies/x"));
    }

    #[test]
    fn an_id_cannot_lead_elsewhere() {
        let filled = fill("/a/{id}/assign", Some("../b?c"));
        assert_eq!(filled.as_deref(), Some("/a/..%2Fb%3Fc/assign"));
    }
}
