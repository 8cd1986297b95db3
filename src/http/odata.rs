//! Text in URLs: the one place where a name or an id becomes part of a path or a query.

/// Returns a text as one segment of a path, percent-encoded.
pub fn segment(text: &str) -> String {
    encode(text, b"@")
}

/// Returns a text as an OData string literal, with its quotes, ready for a path or a query:
/// `O'Neill & sons` is `'O''Neill%20%26%20sons'`.
pub fn literal(text: &str) -> String {
    format!("'{}'", encode(&text.replace('\'', "''"), b"'@"))
}

/// Percent-encodes what is neither unreserved (RFC 3986, 2.3) nor in `kept`.
fn encode(text: &str, kept: &[u8]) -> String {
    let is_kept =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte);
    let encode = |byte| match byte {
        byte if is_kept(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_encodes_separators() {
        assert_eq!(segment("alice@contoso.com"), "alice@contoso.com");
        assert_eq!(segment("a/../b?c#d%2F"), "a%2F..%2Fb%3Fc%23d%252F");
        assert_eq!(segment("Zürich"), "Z%C3%BCrich");
    }

    #[test]
    fn literal_doubles_quotes_and_encodes_separators() {
        assert_eq!(literal("O'Neill & sons"), "'O''Neill%20%26%20sons'");
        assert_eq!(literal("' or true"), "'''%20or%20true'");
        assert_eq!(literal(""), "''");
    }
}
