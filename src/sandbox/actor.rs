//! The actors that change a tenant.

use crate::schema::types::GraphVersion;

/// The author of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// An application that signed in as itself.
    Application {
        /// Its application id.
        id: String,
        /// Its name.
        name: String,
    },
    /// A person in the portal, by user principal name.
    Person(String),
}

impl Actor {
    /// Returns the name that people know it by.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Application { name, .. } => name,
            Self::Person(name) => name,
        }
    }

    /// Returns the id of an application; a person has none.
    pub(crate) fn app_id(&self) -> Option<&str> {
        match self {
            Self::Application { id, .. } => Some(id),
            Self::Person(_) => None,
        }
    }
}

/// A change under way: its author and the version of Graph.
pub(crate) struct Change<'a> {
    pub(crate) version: GraphVersion,
    pub(crate) actor: &'a Actor,
}
