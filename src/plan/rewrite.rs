//! Values that nobody can compare and that the user wants written all the same.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::manifest::Address;

/// A secret to write again, as `KIND/NAME` or `KIND/NAME/PROPERTY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The manifest.
    pub address: Address,
    /// The top-level property; without one, all that cannot be compared.
    pub property: Option<String>,
}

impl FromStr for Rewrite {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('/').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(kind), Some(name), property, None)
                if !kind.is_empty() && !name.is_empty() && property.as_deref() != Some("") =>
            {
                Ok(Self { address: Address { kind, name }, property })
            }
            _ => Err("write KIND/NAME or KIND/NAME/PROPERTY"),
        }
    }
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.property {
            Some(property) => write!(f, "{}/{property}", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

/// What of one object is written though it cannot be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Rewriting {
    /// Nothing.
    #[default]
    Nothing,
    /// These top-level properties.
    Properties(BTreeSet<String>),
    /// Everything.
    All,
}

impl Rewriting {
    /// Returns what is to be written of an object.
    pub(super) fn of(address: &Address, rewrites: &[Rewrite]) -> Self {
        let wanted = rewrites.iter().filter(|rewrite| rewrite.address == *address);
        wanted.fold(Self::Nothing, |known, rewrite| match (known, &rewrite.property) {
            (Self::All, _) | (_, None) => Self::All,
            (Self::Nothing, Some(property)) => Self::Properties(BTreeSet::from([property.clone()])),
            (Self::Properties(mut properties), Some(property)) => {
                properties.insert(property.clone());
                Self::Properties(properties)
            }
        })
    }

    pub(super) fn includes(&self, property: Option<&str>) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Properties(properties) => {
                property.is_some_and(|property| properties.contains(property))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_optional_and_nothing_else_is() {
        let parse = |text: &str| text.parse::<Rewrite>().map(|rewrite| rewrite.to_string());
        assert_eq!(parse("kind/name"), Ok("kind/name".to_owned()));
        assert_eq!(parse("kind/name/key"), Ok("kind/name/key".to_owned()));
        for text in ["", "kind", "kind/", "/name", "kind/name/", "kind/name/key/more"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
