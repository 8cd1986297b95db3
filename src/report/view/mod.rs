//! What a report says of an object, before any format: marks, names, words, and values on one line.
//!
//! Signs' colours, alignment and escaping are the formats'. A text that is cut or set in columns is harmless on a
//! terminal here already; each format makes all that it writes harmless by its own rules.

mod compare;
mod field;
mod layout;
mod node;
mod object;
mod payload;
mod reach;
mod story;
mod value;

pub(super) use layout::{DiffRow, rows};
pub(super) use node::{DiffContent, DiffMark, Direction, TextSpan};
pub(super) use object::{ObjectView, display_name};
pub(super) use story::{Story, drift, plan};
