//! The catalogue of setting definitions: what Microsoft says of each setting of the settings catalog.
//!
//! Graph has about 18,000 definitions in some 65 MB of JSON. [`CatalogueWriter`] makes a file of a few MB of them, and
//! [`SettingCatalogue`] reads from it what is asked for: names for people, and what [`check()`] and [`expand()`] need. The catalogue is
//! optional; policies are read and written without it.
//!
//! | file | what it does |
//! |---|---|
//! | `definition.rs` | a definition, as far as it is used |
//! | `from_graph.rs` | definitions and categories as Graph writes them |
//! | `file.rs` | the form of the file |
//! | `writer.rs`, `catalogue.rs` | making the file, and reading from it |
//! | `nearest.rs`, `find.rs`, `diff.rs` | the nearest id, settings by words, what changed between two catalogues |
//! | `document.rs` | what is found, as a document |
//! | `editor.rs` | the settings that there are as JSON Schema, for editors |
//! | `readable.rs` | places in a readable settings map |
//! | `template.rs` | the ids by which settings refer to the template of their policy |
//! | `check.rs`, `expand.rs` | what a map may not say, and what its plain values mean |

mod catalogue;
mod check;
mod definition;
mod diff;
pub mod document;
mod editor;
mod error;
mod expand;
mod file;
mod find;
mod from_graph;
mod nearest;
mod readable;
mod template;
#[cfg(test)]
mod tests;
mod writer;

pub use catalogue::{CatalogueInfo, FILE_NAME, SettingCatalogue};
pub use check::check;
pub use definition::{
    Bounds, ChoiceOption, SettingChild, SettingDefinition, SettingKind, SettingParent, SettingText,
};
pub use diff::{CatalogueDiff, SettingChange, SettingName};
pub use editor::{EditorForms, EditorSchema, editor_schema};
pub use error::CatalogueError;
pub use expand::expand;
pub use find::SettingMatch;
pub use readable::{ids, quoted};
pub use template::{SettingTemplate, TemplateIds, with_template, without_template};
pub use writer::CatalogueWriter;
