//! Renders results: one writer for each format, from data to text, without IO.
//!
//! [`view`] works out once what a report says; the text and the Markdown writer lay it out, and sentences that they share
//! are in [`phrases`]. A new format is a file that writes a [`view`]. Each format escapes text from tenants and manifests by
//! its own rules.

pub mod html;
pub mod json;
pub mod markdown;
pub mod phrases;
mod recorded;
pub mod rendered;
pub mod text;
mod view;
mod width;

pub(crate) use view::ToStory;

#[cfg(test)]
mod testing;
