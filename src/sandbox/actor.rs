//! The actors that change a tenant.

use crate::schema::types::GraphVersion;

/// The application or the person that makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    /// The id of an application that signed in as itself; a person has none.
    pub(crate) app_id: Option<String>,
    /// The name of the application, or the user principal name of the person.
    pub(crate) name: String,
}

/// A change under way: its author and the version of Graph.
pub(crate) struct Change<'a> {
    pub(crate) version: GraphVersion,
    pub(crate) actor: &'a Actor,
}
