//! The description of a family of kinds, as data.

use std::cmp::Ordering;

use serde_json::Value;

use super::risk::RiskRule;
use crate::http::cloud::Cloud;
use crate::http::odata::segment;
use crate::schema::types::GraphVersion;

/// A family of kinds that share a place in Graph and its verbs.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The name: the last segment of the path.
    pub name: &'static str,
    /// The path below the version.
    pub path: &'static str,
    /// The versions that have it.
    pub versions: &'static [GraphVersion],
    /// The service that has the objects.
    pub service: Service,
    /// The type that all kinds of the family are or derive from.
    pub root: &'static str,
    /// The property with the name of an object.
    pub name_property: &'static str,
    /// Whether the family has a single object, which always exists and has no id.
    pub singleton: bool,
    /// The navigation properties that a list and a read by id expand, besides the assignments.
    pub contained: &'static [Expand],
    /// The contained collection that is read by pages of its own.
    pub paged: Option<Paged>,
    /// How an object's body is updated.
    pub update: Update,
    /// The action that replaces an object's assignments; `None` if objects are not assigned.
    pub assign: Option<ODataAction>,
    /// The actions that replace one property each, which an update must not contain.
    pub actions: &'static [ODataAction],
    /// How a masked value is read unmasked, if Graph has a function for that.
    pub unmask: Option<Unmask>,
    /// The segment below an object with the number of devices by reported state.
    pub status_overview: Option<&'static str>,
    /// The type of the access policies that may require approvals for writes. Only a write shows whether they do.
    pub access_policy: Option<&'static str>,
    /// The log of the writes of its objects.
    pub audit: AuditLog,
    /// The `componentName` that the entries of its objects have in Intune's log, where it is known (FACTS 6.1).
    pub audit_component: Option<&'static str>,
    /// Whether Graph deletes its objects.
    pub deletable: bool,
    /// How an object shows that it is unchanged since its creation.
    pub untouched: Untouched,
    /// Properties that a tenant may have locked: a field that differs is blocked.
    pub locks: &'static [Lock],
    /// Objects of its kinds that other parts of the service make and delete.
    pub foreign: &'static [Foreign],
    /// Concrete types that are not kinds, each with the reason.
    pub not_kinds: &'static [NotKind],
    /// The clouds that have the family (FACTS 8).
    pub clouds: &'static [Cloud],
    /// The least application permission for reading.
    pub read_permission: &'static str,
    /// The least application permission for writing.
    pub write_permission: &'static str,
    /// The risks of an update of its objects.
    pub risks: &'static [RiskRule],
}

/// A service behind Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Intune, which needs a subscription.
    Intune,
    /// Entra.
    Entra,
}

/// A navigation property that a read expands, with nested ones.
#[derive(Clone, Copy, Debug)]
pub struct Expand {
    /// The navigation property.
    pub property: &'static str,
    /// The navigation properties to expand of each of its entities.
    pub inside: &'static [Expand],
}

/// A contained collection that lists of the objects do not show, and that pages below each object do.
#[derive(Clone, Copy, Debug)]
pub struct Paged {
    /// The navigation property, which is also the segment below the object.
    pub property: &'static str,
    /// The property with the number of its elements.
    pub count: &'static str,
}

/// How the body of an object is updated.
#[derive(Clone, Copy, Debug)]
pub enum Update {
    /// `PATCH` with the changed properties.
    Patch,
    /// `PUT` with all properties. In a collection, the path ends with the object's id.
    Put {
        /// The properties that a `PUT` must contain.
        required: &'static [&'static str],
        /// The other properties that a `PUT` unsets unless it contains them.
        kept: &'static [&'static str],
        /// A former form of responses, which cannot be sent back.
        obsolete: Option<Obsolete>,
    },
}

/// A former form of responses.
#[derive(Clone, Copy, Debug)]
pub struct Obsolete {
    /// The member that identifies the form, in any property that a `PUT` must contain.
    pub member: &'static str,
    /// Why such a response is not accepted.
    pub reason: &'static str,
}

/// An OData action below an object that replaces one of its collections.
#[derive(Clone, Copy, Debug)]
pub struct ODataAction {
    /// The property that it replaces.
    pub property: &'static str,
    /// The action's segment, which follows the object's path.
    pub segment: &'static str,
    /// The member of the body that holds the new collection.
    pub body_key: &'static str,
}

/// A function below an object that returns a masked value unmasked.
#[derive(Clone, Copy, Debug)]
pub struct Unmask {
    /// The name.
    pub function: &'static str,
    /// The parameter: the name of the member beside the value that holds its reference.
    pub parameter: &'static str,
}

/// A log of the service that says who wrote an object (FACTS 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditLog {
    /// Intune's own.
    Intune,
    /// Entra's, in which the writes of the family have this name.
    Directory(&'static str),
}

impl AuditLog {
    /// Returns the least application permission for reading it.
    pub fn permission(self) -> &'static str {
        match self {
            Self::Intune => "DeviceManagementApps.Read.All",
            Self::Directory(_) => "AuditLog.Read.All",
        }
    }
}

/// A concrete type of a family that manifests cannot declare.
#[derive(Clone, Copy, Debug)]
pub struct NotKind {
    /// The name.
    pub name: &'static str,
    /// Why, for people.
    pub why: &'static str,
    /// Whether the service shows the type instead of types that it cannot show, so that the object may be of any kind.
    pub stands_in: bool,
}

/// How an object shows that it is unchanged since its creation.
#[derive(Clone, Copy, Debug)]
pub enum Untouched {
    /// Its `version` is 1.
    Version,
    /// Its `lastModifiedDateTime` equals its `createdDateTime`.
    Dates,
}

/// Objects that another part of the service makes and deletes, by the value of a member.
#[derive(Clone, Copy, Debug)]
pub struct Foreign {
    /// The top-level property.
    pub property: &'static str,
    /// The member of its value.
    pub member: &'static str,
    /// The value of such objects.
    pub value: &'static str,
    /// Why they are not pruned, for people.
    pub why: &'static str,
}

/// A property that the service may refuse to change.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    /// The top-level property.
    pub property: &'static str,
    /// The boolean member that is `false` while the property is locked.
    pub unless: &'static str,
    /// Why, for people.
    pub why: &'static str,
}

impl Family {
    /// Whether the family has a single object, which always exists.
    pub fn is_singleton(&self) -> bool {
        self.singleton
    }

    /// Whether objects are assigned to groups.
    pub fn is_assignable(&self) -> bool {
        self.assign.is_some()
    }

    /// Returns the path of an object, below the version.
    pub fn object_path(&self, id: &str) -> String {
        if self.is_singleton() {
            self.path.to_owned()
        } else {
            format!("{}/{}", self.path, segment(id))
        }
    }

    /// Returns why an object is not pruned, where another part of the service makes and deletes such objects.
    pub fn foreign(&self, body: &Value) -> Option<&'static str> {
        let is_it = |it: &&Foreign| body[it.property][it.member] == it.value;
        self.foreign.iter().find(is_it).map(|it| it.why)
    }

    /// Returns the action that replaces a property.
    pub fn action(&self, property: &str) -> Option<&'static ODataAction> {
        self.actions.iter().find(|action| action.property == property)
    }

    /// Returns the items of `$expand` in every read of an object.
    pub fn expand(&self) -> Vec<String> {
        let assignments = self.assign.iter().map(|assign| assign.property.to_owned());
        assignments.chain(self.contained.iter().map(Expand::item)).collect()
    }

    /// Whether a response has all that a read of the object expands, except assignments.
    pub fn is_complete(&self, body: &Value) -> bool {
        self.contained.iter().all(|expand| expand.is_complete(body))
    }
}

impl Expand {
    fn item(&self) -> String {
        let inside: Vec<String> = self.inside.iter().map(Self::item).collect();
        match &inside[..] {
            [] => self.property.to_owned(),
            inside => format!("{}($expand={})", self.property, inside.join(",")),
        }
    }

    fn is_complete(&self, holder: &Value) -> bool {
        let next = holder.get(format!("{}@odata.nextLink", self.property));
        let has_next = next.is_some_and(|link| !link.is_null());
        let entities = holder.get(self.property).and_then(Value::as_array).filter(|_| !has_next);
        let is_whole = |entity| self.inside.iter().all(|expand| expand.is_complete(entity));
        entities.is_some_and(|entities| entities.iter().all(is_whole))
    }
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Family {}

impl PartialOrd for Family {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Family {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(other.name)
    }
}

#[cfg(test)]
mod tests {
    use crate::kinds::{FAMILIES, family_of};

    #[test]
    fn id_is_escaped_to_one_segment_of_the_path() {
        let family = FAMILIES[0];
        assert_eq!(family.object_path("a/../b?c"), format!("{}/a%2F..%2Fb%3Fc", family.path));
    }

    #[test]
    fn path_of_a_singleton_has_no_id() {
        let family = family_of("deviceRegistrationPolicy").expect("a family");
        assert_eq!(family.object_path("deviceRegistrationPolicy"), family.path);
    }
}
