//! Values that cannot be compared and that `--rewrite-secret` has written all the same.

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

impl Rewrite {
    /// Returns whether a top-level property of the object is to be written again.
    pub(super) fn includes(&self, property: Option<&str>) -> bool {
        self.property.is_none() || self.property.as_deref() == property
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_property_is_optional() {
        let parse = |text: &str| text.parse::<Rewrite>().map(|rewrite| rewrite.to_string());
        assert_eq!(parse("kind/name"), Ok("kind/name".to_owned()));
        assert_eq!(parse("kind/name/key"), Ok("kind/name/key".to_owned()));
        for text in ["", "kind", "kind/", "/name", "kind/name/", "kind/name/key/more"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
