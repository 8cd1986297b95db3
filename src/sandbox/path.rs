//! Paths of calls.

/// Returns a path without its first segment, the API version.
pub(crate) fn below_version(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    path.split_once('/').map_or("", |(_, below)| below)
}

/// Returns whether a path is another one or lies below it.
pub(crate) fn is_under(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
