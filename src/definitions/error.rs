//! The errors of a catalogue of definitions.

use std::path::PathBuf;

/// Why a catalogue cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file cannot be read or written.
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is another kind of file.
    #[error("it is no catalogue of setting definitions")]
    Foreign,
    /// The file was made by a later version of Moorline.
    #[error("its format {found} is newer than this version of Moorline reads ({known})")]
    Newer {
        /// The format of the file.
        found: u32,
        /// The latest format that is known.
        known: u32,
    },
    /// The file ends before its content does.
    #[error("it ends after {found} of {expected} bytes")]
    Truncated {
        /// The length that its header says.
        expected: u64,
        /// The length of the file.
        found: u64,
    },
    /// The content is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// Reading stopped.
    #[error("it cannot be read on: {0}")]
    Lost(#[source] std::io::Error),
    /// The source of the definitions is no JSON, or ends early.
    #[error("it is not the JSON of setting definitions: {0}")]
    Json(#[from] serde_json::Error),
    /// The source of the definitions has none.
    #[error("it holds no setting definition")]
    Empty,
}

impl CatalogueError {
    /// Returns the stable `area/slug`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::Lost(_) => "catalog/unreadable",
            Self::Foreign => "catalog/foreign",
            Self::Newer { .. } => "catalog/newer",
            Self::Truncated { .. } | Self::Damaged(_) => "catalog/damaged",
            Self::Json(_) | Self::Empty => "catalog/source",
        }
    }

    /// Returns what to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::Lost(_) => {
                "check the path and its rights, or make the file with `moorline catalog refresh`"
            }
            Self::Foreign => {
                "name the file that `moorline catalog refresh` wrote; a settings.json becomes one with \
                 `moorline catalog refresh --from settings.json`"
            }
            Self::Newer { .. } => {
                "update Moorline, or make the file again with this version: `moorline catalog refresh`"
            }
            Self::Truncated { .. } | Self::Damaged(_) => {
                "make the file again with `moorline catalog refresh`; if it comes from Git, check that it is stored as a \
                 binary file (`*.catalog binary` in .gitattributes)"
            }
            Self::Json(_) => {
                "give the answer of Graph to `/deviceManagement/configurationSettings`: a list of definitions, or an object with \
                 that list as `value`"
            }
            Self::Empty => {
                "give the list that Graph answers to `/deviceManagement/configurationSettings`; every definition has an `id`"
            }
        }
    }
}
