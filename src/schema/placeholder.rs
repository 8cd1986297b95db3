//! Graph's placeholders for masked values.

/// Returns whether a text is one of Graph's placeholders: `****` for encrypted OMA values, `PGEvPg==`
/// (`<a/>`) for encrypted XML ones, `#####-…` before the last characters of a product key.
pub fn is_placeholder(text: &str) -> bool {
    text == "****" || text == "PGEvPg==" || text.starts_with("#####-")
}
