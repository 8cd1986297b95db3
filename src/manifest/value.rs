//! Declared values: the trees that YAML is read into, with references to secrets kept as [`Declared::Env`].

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diagnostic::Span;
use crate::schema::types::{GraphVersion, Types, odata_type, type_name};
use crate::schema::walk::Tree;
pub use crate::yaml::{Declared, Member, Value};

impl Value {
    /// Returns a JSON value with the same place for all its parts.
    pub fn from_json(json: &Json, span: Span) -> Self {
        let declared = match json {
            Json::Null => Declared::Null,
            Json::Bool(value) => Declared::Bool(*value),
            Json::Number(number) => Declared::Number(number.clone()),
            Json::String(text) => Declared::String(text.clone()),
            Json::Array(items) => {
                Declared::List(items.iter().map(|item| Self::from_json(item, span)).collect())
            }
            Json::Object(members) => {
                let member = |(name, value): (&String, &Json)| Member {
                    name: name.clone(),
                    name_span: span,
                    value: Self::from_json(value, span),
                };
                Declared::Object(members.iter().map(member).collect())
            }
        };
        Self { declared, span }
    }

    /// Adds a value to an object at a path, with the objects that lead there.
    pub(crate) fn place(&mut self, path: &[String], value: Self) {
        let (Declared::Object(members), Some((first, rest))) =
            (&mut self.declared, path.split_first())
        else {
            return;
        };
        let member = |value: Self| Member { name: first.clone(), name_span: value.span, value };
        if rest.is_empty() {
            return members.push(member(value));
        }
        let at = members.iter().position(|member| member.name == *first);
        let at = at.unwrap_or_else(|| {
            let declared = Declared::Object(Vec::new());
            members.push(member(Self { declared, span: value.span }));
            members.len() - 1
        });
        members[at].value.place(rest, value);
    }

    /// Returns the single `$…` member of a directive or value reference.
    pub(super) fn directive(&self) -> Option<&Member> {
        match self.members() {
            [only] if only.name.starts_with('$') => Some(only),
            _ => None,
        }
    }

    /// Returns the type that a complex value states for itself, without namespace; plans print it so, and it may be
    /// written so.
    pub fn odata_type(&self) -> Option<&str> {
        let stated = self.get("@odata.type")?.as_str()?;
        type_name(stated).or_else(|| Some(stated).filter(|stated| is_short_type(stated)))
    }

    /// Returns the same value with the type that it states as Graph writes it.
    pub(super) fn with_full_type(mut self) -> Self {
        if let Declared::Object(members) = &mut self.declared {
            for member in members.iter_mut().filter(|member| member.name == "@odata.type") {
                if let Declared::String(stated) = &mut member.value.declared
                    && is_short_type(stated)
                {
                    *stated = odata_type(stated);
                }
            }
        }
        self
    }

    /// Returns the names of members that hold a secret, at any depth.
    pub fn secret_members(&self) -> BTreeSet<String> {
        let secrets = self.descendants().flat_map(Self::members);
        let secrets = secrets.filter(|member| matches!(member.value.declared, Declared::Env(_)));
        secrets.map(|member| member.name.clone()).collect()
    }

    /// Returns whether a secret is in the value.
    pub fn holds_secret(&self) -> bool {
        self.descendants().any(|value| matches!(value.declared, Declared::Env(_)))
    }

    /// Returns the same value as JSON, a secret as `{"$secret": "env:NAME"}`.
    pub fn to_json(&self) -> Json {
        self.to_json_with(&|name| secret(name, false))
    }
}

fn is_short_type(stated: &str) -> bool {
    !stated.contains(['#', '.']) && Types::of(GraphVersion::Beta).get(stated).is_some()
}

impl Tree for Value {
    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.members().iter().map(|member| (member.name.as_str(), &member.value))
    }

    fn elements(&self) -> &[Self] {
        self.elements()
    }

    fn text(&self) -> String {
        self.to_json().text()
    }

    fn stated_type(&self) -> Option<&str> {
        self.odata_type()
    }
}

/// Returns the placeholder of a secret in a request: it is replaced by the value of an environment variable, or by
/// its base64 where the property is encoded, when the request is sent.
pub fn secret(env: &str, base64: bool) -> Json {
    let source = if base64 { "base64:env" } else { "env" };
    serde_json::json!({ "$secret": format!("{source}:{env}") })
}

#[cfg(test)]
impl Value {
    /// Parses YAML, and returns the value and the sources that it points into.
    pub(super) fn from_yaml(text: &str) -> (Self, crate::diagnostic::Sources) {
        let mut sources = crate::diagnostic::Sources::default();
        let file = sources.add("manifest.yaml", text.to_owned());
        let parsed = crate::yaml::parse::parse(text, file);
        assert_eq!(parsed.errors, []);
        (parsed.documents[0].clone(), sources)
    }
}
