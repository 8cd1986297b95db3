//! Query options of a collection: `$filter`, `$select`, `$expand`, `$top` and the continuation.

use std::borrow::Borrow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded;

use super::Object;
pub(crate) use super::expand::Expansion;
use super::filter::ODataFilter;
use super::refusal::{Allowed, table};
use crate::schema::types::TypeDef;

/// The query options of one call.
#[derive(Default)]
pub(crate) struct Query {
    pub(crate) filter: Option<ODataFilter>,
    pub(crate) select: Option<Vec<String>>,
    pub(crate) expand: Vec<Expansion>,
    pub(crate) top: Option<usize>,
    skip: usize,
    /// The options as sent, without the continuation; the next page's address repeats them.
    sent: Vec<(String, String)>,
}

impl Query {
    /// Reads a query string whose `$orderby` may ask for the order that the collection is in.
    pub(crate) fn parse_ordered(text: &str, order: &str) -> Allowed<Self> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match name.as_ref() {
                "$filter" => query.filter = Some(ODataFilter::parse(&value)?),
                "$select" => {
                    query.select = Some(value.split(',').map(|n| n.trim().to_owned()).collect());
                }
                "$expand" => query.expand = Expansion::parse(&value)?,
                "$top" => {
                    let top = value.parse().map_err(|_| table::INVALID_TOP.refusal(&[&value]));
                    query.top = Some(top?);
                }
                "$skiptoken" => {
                    let skip = skipped(&value);
                    query.skip = skip.ok_or_else(|| table::INVALID_SKIPTOKEN.refusal(&[]))?;
                    continue;
                }
                "$orderby" if value == order => {}
                option if option.starts_with('$') => {
                    return Err(table::OPTION_NOT_PLAYED.refusal(&[&option]));
                }
                // Graph ignores options that are not OData's.
                _ => continue,
            }
            query.sent.push((name.into_owned(), value.into_owned()));
        }
        Ok(query)
    }

    /// Refuses `$expand`.
    pub(crate) fn expands_nothing(&self) -> Allowed<()> {
        self.expand.first().map_or(Ok(()), |expand| Err(expand.not_played()))
    }

    /// Refuses `$select` of anything that the type does not have.
    pub(crate) fn selects(&self, ty: &TypeDef) -> Allowed<()> {
        let mut selected = self.select.iter().flatten();
        let unknown = selected.find(|name| ty.property(name).is_none());
        unknown.map_or(Ok(()), |name| Err(table::UNKNOWN_PROPERTY.refusal(&[name, &ty.name])))
    }

    /// Returns the properties of an object that `$select` names, and its annotations.
    pub(crate) fn projected(&self, mut object: Object) -> Object {
        if let Some(selected) = &self.select {
            object.retain(|name, _| name.starts_with('@') || selected.contains(name));
        }
        object
    }

    /// Returns the objects that meet `$filter`.
    ///
    /// # Errors
    /// Refuses filters by other properties than these.
    pub(crate) fn filtered<T: Borrow<Object>>(
        &self,
        filterable: &[&str],
        objects: impl IntoIterator<Item = T>,
    ) -> Allowed<Vec<T>> {
        let Some(filter) = &self.filter else { return Ok(objects.into_iter().collect()) };
        filter.allows(filterable)?;
        Ok(objects.into_iter().filter(|object| filter.matches(object.borrow())).collect())
    }

    /// Adds the key to `$select`: Intune answers with the key of a single object in any case (FACTS 1.3).
    pub(crate) fn with_key(mut self) -> Self {
        if let Some(selected) = &mut self.select {
            selected.push("id".to_owned());
        }
        self
    }

    /// Returns one page of the items, and the query of the next page if there is one. A page
    /// has at most `limit` items, whatever `$top` says.
    pub(crate) fn page<T>(&self, items: Vec<T>, limit: usize) -> (Vec<T>, Option<String>) {
        let size = self.top.unwrap_or(limit).min(limit);
        let (total, end) = (items.len(), self.skip.saturating_add(size));
        let page = items.into_iter().skip(self.skip).take(size).collect();
        let next = (end < total && size > 0).then(|| {
            let token = URL_SAFE_NO_PAD.encode(end.to_string());
            let token = [("$skiptoken".to_owned(), token)];
            let encoded = |text: &str| -> String {
                form_urlencoded::byte_serialize(text.as_bytes()).collect()
            };
            let options = self.sent.iter().chain(&token);
            let options = options.map(|(name, value)| format!("{name}={}", encoded(value)));
            options.collect::<Vec<_>>().join("&")
        });
        (page, next)
    }
}

fn skipped(token: &str) -> Option<usize> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Allowed<Query> {
        Query::parse_ordered(text, "")
    }

    #[test]
    fn pages_continue_until_the_end() {
        let query = parse("$top=2&$filter=displayName%20eq%20'a'").expect("a query");
        let (page, next) = query.page(vec![1, 2, 3], 10);
        assert_eq!(page, [1, 2]);
        let next = next.expect("another page");
        let (page, next) = parse(&next).expect("its own query").page(vec![1, 2, 3], 10);
        assert_eq!((page, next), (vec![3], None));
        assert_eq!(parse("$top=900").expect("a query").page(vec![0; 30], 20).0.len(), 20);
    }

    #[test]
    fn unsupported_options_are_refused() {
        assert!(parse("$orderby=displayName").is_err());
        assert!(Query::parse_ordered("$orderby=at%20desc", "at desc").is_ok());
        assert!(Query::parse_ordered("$orderby=at%20asc", "at desc").is_err());
        assert!(parse("$top=-1").is_err());
        assert!(parse("$skiptoken=no").is_err());
        assert!(parse("api-version=1").is_ok());
    }
}
