//! What a report says of an object, before any format: marks, names, words, and values on one line.
//!
//! Every text in it is harmless on a terminal. Signs, colours, alignment and escaping are the formats'.

mod compare;
mod field;
mod label;
mod layout;
mod node;
mod object;
mod payload;
mod reach;
mod value;

pub(super) use label::{address, display_name};
pub(super) use layout::{Row, rows};
pub(super) use node::{Content, Mark, Reading, Span};
pub(super) use object::{Danger, Object, change, drift_item, limits, out_of_sync, released};
