//! Results as documents: one writer a format, from data to text, without IO.
//!
//! What differs in a field is worked out once, in [`view`], and set out by the text and the Markdown
//! writer; the sentences that count things are in [`phrases`]. So the formats cannot tell two stories.
//! Texts from tenants and manifests are made harmless by each format's own rules.

pub mod json;
pub mod markdown;
pub mod phrases;
pub mod text;
mod view;
mod width;

#[cfg(test)]
mod testing;

/// How much a report shows of what is the same, long or only of use to a closer look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// What differs, long values cut.
    #[default]
    Normal,
    /// Everything: blocked changes' fields, whole diffs, each setting that is left alone, unmanaged objects.
    Verbose,
}

impl From<u8> for Verbosity {
    /// Returns what `-v` given so often asks for.
    fn from(times: u8) -> Self {
        if times == 0 { Self::Normal } else { Self::Verbose }
    }
}
