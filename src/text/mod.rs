//! Text for people: made harmless for a terminal, coloured and wrapped.

pub mod foreign;
pub mod sanitize;
pub mod shell;
pub mod slug;
pub mod style;
pub(crate) mod writer;
