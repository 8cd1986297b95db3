//! Query options of a collection: `$filter`, `$select`, `$expand`, `$top` and the continuation.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded;

use super::Object;
pub(crate) use super::expand::Expand;
use super::filter::Filter;
use super::refusal::Refusal;
use crate::schema::types::TypeDef;

/// The query options of one call.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) filter: Option<Filter>,
    pub(crate) select: Option<Vec<String>>,
    pub(crate) expand: Vec<Expand>,
    pub(crate) top: Option<usize>,
    skip: usize,
    /// As sent, without the continuation: what the next page's address repeats.
    sent: Vec<(String, String)>,
}

impl Query {
    /// Reads a query string.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        Self::parse_ordered(text, "")
    }

    /// Reads a query string whose `$orderby` may ask for the order that the collection is in.
    pub(crate) fn parse_ordered(text: &str, order: &str) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match name.as_ref() {
                "$filter" => query.filter = Some(Filter::parse(&value)?),
                "$select" => query.select = Some(names(&value)),
                "$expand" => query.expand = Expand::parse(&value)?,
                "$top" => query.top = Some(count(&value)?),
                "$skiptoken" => {
                    query.skip = skipped(&value).ok_or_else(|| {
                        Refusal::unreadable("The $skiptoken is not one that this service issued.")
                    })?;
                    continue;
                }
                "$orderby" if value == order => {}
                option if option.starts_with('$') => return Err(Refusal::not_played(option)),
                // Graph ignores options that are not OData's.
                _ => continue,
            }
            query.sent.push((name.into_owned(), value.into_owned()));
        }
        Ok(query)
    }

    /// Refuses `$expand`.
    pub(crate) fn expands_nothing(&self) -> Result<(), Refusal> {
        match self.expand.first() {
            Some(expand) => Err(Refusal::not_played(&format!("$expand={}", expand.name))),
            None => Ok(()),
        }
    }

    /// Refuses `$select` of anything that the type does not have.
    pub(crate) fn selects(&self, ty: &TypeDef) -> Result<(), Refusal> {
        let selected = self.select.iter().flatten();
        match selected.into_iter().find(|name| ty.property(name).is_none()) {
            Some(name) => Err(Refusal::not_expandable(name, &ty.name)),
            None => Ok(()),
        }
    }

    /// Leaves of an object what `$select` names, and its annotations.
    pub(crate) fn project(&self, object: &mut Object) {
        if let Some(selected) = &self.select {
            object.retain(|name, _| name.starts_with('@') || selected.contains(name));
        }
    }

    /// Adds the key to what `$select` names: Intune answers it unasked, seen of a single object (FACTS 1.3).
    pub(crate) fn with_key(mut self) -> Self {
        if let Some(selected) = &mut self.select {
            selected.push("id".to_owned());
        }
        self
    }

    /// Returns one page of what is left of the items, and the query of the next page if there is one. A page
    /// has at most `limit` items, whatever `$top` says.
    pub(crate) fn page<T>(&self, items: Vec<T>, limit: usize) -> (Vec<T>, Option<String>) {
        let size = self.top.unwrap_or(limit).min(limit);
        let (total, end) = (items.len(), self.skip.saturating_add(size));
        let page = items.into_iter().skip(self.skip).take(size).collect();
        let next = (end < total && size > 0).then(|| {
            let token = URL_SAFE_NO_PAD.encode(end.to_string());
            let token = [("$skiptoken".to_owned(), token)];
            let options = self.sent.iter().chain(&token).map(|(name, value)| {
                format!(
                    "{name}={}",
                    form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>()
                )
            });
            options.collect::<Vec<_>>().join("&")
        });
        (page, next)
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

fn names(value: &str) -> Vec<String> {
    value.split(',').map(|name| name.trim().to_owned()).collect()
}

/// The words are those of Microsoft's OData library.
fn count(value: &str) -> Result<usize, Refusal> {
    value.parse().map_err(|_| {
        Refusal::bad_request(format!(
            "Invalid value '{value}' for $top query option found. The $top query option requires a \
             non-negative integer value."
        ))
    })
}

fn skipped(token: &str) -> Option<usize> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_end() {
        let query = Query::parse("$top=2&$filter=displayName%20eq%20'a'").expect("a query");
        let (page, next) = query.page(vec![1, 2, 3], 10);
        assert_eq!(page, [1, 2]);
        let next = next.expect("another page");
        let (page, next) = Query::parse(&next).expect("its own query").page(vec![1, 2, 3], 10);
        assert_eq!((page, next), (vec![3], None));
        assert_eq!(Query::parse("$top=900").expect("a query").page(vec![0; 30], 20).0.len(), 20);
    }

    #[test]
    fn what_is_not_played_is_refused() {
        assert!(Query::parse("$orderby=displayName").is_err());
        assert!(Query::parse_ordered("$orderby=at%20desc", "at desc").is_ok());
        assert!(Query::parse_ordered("$orderby=at%20asc", "at desc").is_err());
        assert!(Query::parse("$top=-1").is_err());
        assert!(Query::parse("$skiptoken=no").is_err());
        assert!(Query::parse("api-version=1").is_ok());
    }
}
