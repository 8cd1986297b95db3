//! Constraints of a property beyond its type, and their JSON Schema keywords.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The keyword that lists which of a property's constraints are curated: a type document says nothing
/// of these.
const CURATED: &str = "x-curated";

/// The keyword of [`Constraints::inline`].
pub(super) const INLINE: &str = "x-inline";

/// Constraints of a property beyond its type, by the keywords of its schema or the names of curated facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Constraints {
    /// Only the service sets it.
    #[serde(alias = "readOnly")]
    pub computed: bool,
    /// The smallest number.
    pub minimum: Option<i64>,
    /// The largest number.
    pub maximum: Option<i64>,
    /// The largest number of elements.
    pub max_items: Option<u64>,
    /// A contained navigation whose entities are created with the one that contains them, in its body.
    #[serde(alias = "x-inline")]
    pub inline: bool,
}

impl Constraints {
    /// Returns whether a curated fact of this name is one of them.
    pub(super) fn has(name: &str) -> bool {
        ["computed", "minimum", "maximum", "maxItems", "inline"].contains(&name)
    }

    /// Returns these constraints, completed by `other` where they are silent.
    pub fn or(self, other: Self) -> Self {
        Self {
            computed: self.computed || other.computed,
            minimum: self.minimum.or(other.minimum),
            maximum: self.maximum.or(other.maximum),
            max_items: self.max_items.or(other.max_items),
            inline: self.inline || other.inline,
        }
    }

    /// Returns for each keyword whether its constraint is set.
    fn stated(self) -> [(&'static str, bool); 5] {
        [
            ("readOnly", self.computed),
            ("minimum", self.minimum.is_some()),
            ("maximum", self.maximum.is_some()),
            ("maxItems", self.max_items.is_some()),
            (INLINE, self.inline),
        ]
    }

    /// Reads the constraints in a property's schema: those of its type document, and the curated ones.
    pub(super) fn read(schema: &Value) -> (Self, Self) {
        let is_curated = |keyword: &str| {
            schema[CURATED].as_array().is_some_and(|names| names.iter().any(|name| name == keyword))
        };
        let stated = Self::default().stated().into_iter();
        let stated =
            stated.filter_map(|(keyword, _)| Some((keyword, schema.get(keyword)?.clone())));
        let (curated, document): (Map<_, _>, Map<_, _>) = stated
            .map(|(keyword, value)| (keyword.to_owned(), value))
            .partition(|(k, _)| is_curated(k));
        let read = |stated: Map<_, _>| serde_json::from_value(stated.into()).unwrap_or_default();
        (read(document), read(curated))
    }

    /// Marks in a property's schema the keywords that these curated constraints added to the document's.
    pub(super) fn mark(self, document: Self, schema: &mut Value) {
        let added = self.stated().into_iter().zip(document.stated());
        let added = added.filter(|((_, ours), (_, theirs))| *ours && !theirs);
        let added = added.map(|((keyword, _), _)| keyword);
        let added: Vec<&str> = added.filter(|keyword| schema.get(*keyword).is_some()).collect();
        if !added.is_empty() {
            schema[CURATED] = added.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn curated_constraints_are_kept_apart_from_those_of_the_document() {
        let document = Constraints { minimum: Some(4), ..Constraints::default() };
        let curated = Constraints {
            computed: true,
            minimum: Some(1),
            maximum: Some(9),
            max_items: Some(2),
            inline: false,
        };
        let mut schema = json!({ "type": "integer", "minimum": 4, "maximum": 9, "readOnly": true });
        curated.mark(document, &mut schema);
        assert_eq!(schema["x-curated"], json!(["readOnly", "maximum"]));
        let (said, added) = Constraints::read(&schema);
        assert_eq!(said, document);
        assert_eq!((added.computed, added.minimum, added.maximum), (true, None, Some(9)));
        assert_eq!(document.or(curated).minimum, Some(4));
    }
}
