//! Builds what a report says, before any format: marks, names, words, and values on one line.
//!
//! Colours, alignment and escaping are left to the formats. Text that is cut or set in columns is harmless on a terminal
//! already; each format escapes everything that it writes by its own rules.

mod accepted;
mod compare;
mod field;
mod layout;
mod node;
mod origin;
mod payload;
mod reach;
mod story;
mod value;

pub(super) use field::{json, on_one_line};
pub(super) use layout::{DiffRow, rows};
pub(super) use node::{DiffContent, DiffMark, DiffNode, TextSpan};
pub(super) use origin::tells_time;
pub(super) use reach::sentence as reach_sentence;
pub(crate) use story::ToStory;
pub(super) use story::{
    NotCompared, ObjectView, Story, StoryKind, Urgency, display_name, live_value,
};
pub(super) use value::{IdNames, is_scalar, show};
