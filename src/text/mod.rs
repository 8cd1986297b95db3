//! Text for people: made harmless for a terminal, and coloured.

pub mod sanitize;
pub mod style;
