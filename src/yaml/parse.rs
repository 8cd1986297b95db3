//! Events to tree.
