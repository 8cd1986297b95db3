//! The `Link` header of a page (RFC 8288), as far as it names the next page.

/// Returns the target of the link to the next page.
pub(super) fn next(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let (target, after) = rest[start + 1..].split_once('>')?;
        // A comma ends the parameters, unless it stands in quotes.
        let mut is_quoted = false;
        let end = after.find(|c: char| {
            is_quoted ^= c == '"';
            c == ',' && !is_quoted
        });
        let (parameters, others) = after.split_at(end.unwrap_or(after.len()));
        if parameters.split(';').any(is_next) {
            return Some(target);
        }
        rest = others;
    }
    None
}

/// Returns whether a parameter says that the target is the next page; it may have several relations.
fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let mut relations = value.trim().trim_matches('"').split_whitespace();
    name.trim().eq_ignore_ascii_case("rel") && relations.any(|rel| rel.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn next_page_is_found_among_the_links() {
        for (header, target) in [
            (
                "<https://a/x?page=2>; rel=\"next\", <https://a/x?page=9>; rel=\"last\"",
                Some("https://a/x?page=2"),
            ),
            ("<https://a/1>; rel=\"prev\", <https://a/3>; rel=\"next\"", Some("https://a/3")),
            ("<https://a/1>; title=\"a, b\"; REL=next", Some("https://a/1")),
            ("<https://a/1>; rel=\"prev next\"", Some("https://a/1")),
            ("<https://a/1>; rel=\"nextish\"", None),
            ("<https://a/1>; rel=\"first\"", None),
            ("<https://a/1", None),
            ("", None),
        ] {
            assert_eq!(next(header), target, "{header}");
        }
    }
}
