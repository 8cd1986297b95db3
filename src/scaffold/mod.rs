//! Files for a person to go on with: the folder of a new tenant, and skeletons of manifests.

mod example;
pub mod folder;
pub mod pipelines;
pub mod place;
pub mod skeleton;
pub mod tenant;
