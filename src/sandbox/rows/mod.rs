//! The collections of the sandbox as data: one file and one row for each.
//!
//! A row has the properties of one collection. The behaviour of all collections is in `collection` and
//! `routes::collection`.

mod device_compliance_policies;
mod device_configurations;

use super::limits::PAGE_OF_DEVICE_CONFIGURATIONS;
use super::{Object, is_under};
use crate::schema::types::{GraphVersion, Types};

/// The collections that every sandbox has.
const BUILT_IN: &[&Collection] = &[&device_configurations::ROW, &device_compliance_policies::ROW];

/// The permissions that Intune's configurations, policies and filters are read with (FACTS 7).
pub(super) const READ_CONFIGURATION: &[&str] =
    &["DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"];
/// The permission that they are written with.
const WRITE_CONFIGURATION: &[&str] = &["DeviceManagementConfiguration.ReadWrite.All"];

/// A collection of objects with ids.
#[derive(Debug)]
pub struct Collection {
    /// The path below the version. Its last segment is the section of a state that holds the objects.
    pub path: &'static str,
    /// The description of that section.
    pub about: &'static str,
    /// The versions that have it.
    pub versions: &'static [GraphVersion],
    /// The type that the objects are of or derive from.
    pub root: &'static str,
    /// Concrete types that cannot be created.
    pub not_creatable: &'static [&'static str],
    /// The property that names an object, which every object must have.
    pub name_property: &'static str,
    /// The permissions for reads, any of which is enough.
    pub read: &'static [&'static str],
    /// The permissions for writes, any of which is enough.
    pub write: &'static [&'static str],
    /// The properties that lists can be filtered by.
    pub filterable: &'static [&'static str],
    /// How many objects a page has when the caller asks for no other number, and at most.
    pub page: usize,
    /// How an object is updated.
    pub update: Update,
    /// Whether objects can be deleted.
    pub is_deletable: bool,
    /// Types of which the service makes an object of another type, as both names (FACTS 11.1).
    pub converted: &'static [(&'static str, &'static str)],
    /// The properties of a new object that only the service sets, as name and JSON.
    pub initial: &'static [(&'static str, &'static str)],
    /// Booleans that the service refuses to have set to true.
    pub read_only: &'static [&'static str],
    /// Properties that keep the value of the creation, as type and name.
    pub fixed_at_creation: &'static [(&'static str, &'static str)],
    /// Property defaults that differ from those of the types.
    pub defaults: &'static [DefaultValue],
    /// Pairs of properties with the same meaning.
    pub mirrors: &'static [Mirror],
    /// How objects are assigned to groups, where they are.
    pub assign: Option<Assign>,
    /// The navigation properties whose targets are created inside the body of their object.
    pub contained: &'static [Contained],
    /// The actions that replace such targets.
    pub actions: &'static [ReplaceAction],
    /// Whether an object has a `deviceStatusOverview`.
    pub has_status_overview: bool,
    /// The function that returns the values of encrypted settings, where there is one.
    pub plain_text_function: Option<&'static str>,
    /// The access policy that makes writes wait for an approval, where there is one.
    pub approval: Option<Approval>,
    /// How Intune's audit log names changes.
    pub audit: Audit,
}

/// The row of a collection.
pub(crate) type Row = &'static Collection;

/// How an object is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// `PATCH` with the properties that change.
    Patch,
    /// `PUT` with the whole object.
    Put,
}

/// How objects are assigned to groups.
#[derive(Clone, Copy, Debug)]
pub struct Assign {
    /// The last segment of the action's path.
    pub segment: &'static str,
    /// The member of its body that holds the new set.
    pub body_key: &'static str,
    /// The type of an assignment.
    pub element: &'static str,
}

/// A navigation property whose targets are created inside the body of their object, at any depth. Only `$expand`
/// shows them, each level by its own.
#[derive(Debug)]
pub struct Contained {
    /// The navigation property.
    pub property: &'static str,
    /// The type of its targets.
    pub element: &'static str,
    /// The navigation properties that the targets contain in turn.
    pub inside: &'static [Contained],
    /// Whether a target has the id of the containing object.
    pub shares_id: bool,
    /// Brings a target into the form that the service stores.
    pub settle: fn(&mut Object),
    /// Checks the targets of one object; the error is the service's message.
    pub check: fn(&[Object]) -> Result<(), &'static str>,
    /// The targets of an object in a seed that has none, as JSON.
    pub seeded: &'static str,
}

impl Contained {
    /// A property with the usual values, as the base of rows.
    pub const PLAIN: Self = Self {
        property: "",
        element: "",
        inside: &[],
        shares_id: false,
        settle: |_| {},
        check: |_| Ok(()),
        seeded: "[]",
    };
}

/// An action that replaces what an object contains.
#[derive(Clone, Copy, Debug)]
pub struct ReplaceAction {
    /// The last segment of its path.
    pub segment: &'static str,
    /// The member of its body that holds the new targets.
    pub body_key: &'static str,
    /// The navigation property.
    pub property: &'static str,
    /// The HTTP status of the answer, which has no body.
    pub status: u16,
}

/// The access policy that makes writes wait for an approval.
#[derive(Clone, Copy, Debug)]
pub struct Approval {
    /// Its `policyType`.
    pub policy_type: &'static str,
    /// Its display name, which is the sandbox's own.
    pub name: &'static str,
}

/// How Intune's audit log names changes.
#[derive(Clone, Copy, Debug)]
pub struct Audit {
    /// The word after the operation in `activityType`.
    pub noun: &'static str,
    /// The `componentName`.
    pub component: &'static str,
    /// The `category`.
    pub category: &'static str,
}

/// A property default that differs from that of its type.
#[derive(Clone, Copy, Debug)]
pub struct DefaultValue {
    /// The type that has the property.
    pub ty: &'static str,
    /// The property.
    pub property: &'static str,
    /// The value, as JSON.
    pub json: &'static str,
}

/// A boolean and an enablement with the same meaning.
#[derive(Clone, Copy, Debug)]
pub struct Mirror {
    /// The type that has both.
    pub ty: &'static str,
    /// The legacy boolean.
    pub boolean: &'static str,
    /// The newer enum.
    pub enablement: &'static str,
    /// The member that stands for `true`.
    pub when_true: &'static str,
}

impl Collection {
    /// A collection with the usual values, as the base of rows.
    pub const PLAIN: Self = Self {
        path: "",
        about: "",
        versions: &GraphVersion::ALL,
        root: "",
        not_creatable: &[],
        name_property: "displayName",
        read: &[],
        write: &[],
        filterable: &["displayName", "id"],
        page: PAGE_OF_DEVICE_CONFIGURATIONS,
        update: Update::Patch,
        is_deletable: true,
        converted: &[],
        initial: &[],
        read_only: &[],
        fixed_at_creation: &[],
        defaults: &[],
        mirrors: &[],
        assign: None,
        contained: &[],
        actions: &[],
        has_status_overview: false,
        plain_text_function: None,
        approval: None,
        audit: Audit { noun: "", component: "", category: "" },
    };

    /// Returns the last segment of its path, which is its section of a state.
    pub fn section(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Returns the `contained` property of this name.
    pub(crate) fn contains(&self, property: &str) -> Option<&'static Contained> {
        self.contained.iter().find(|contained| contained.property == property)
    }
}

/// The collections of one sandbox: the built-in ones, and added ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows {
    added: &'static [&'static Collection],
}

impl Rows {
    /// Returns the built-in collections and these.
    pub const fn with(added: &'static [&'static Collection]) -> Self {
        Self { added }
    }

    /// Returns every collection.
    pub(crate) fn all(self) -> impl Iterator<Item = &'static Collection> {
        BUILT_IN.iter().chain(self.added).copied()
    }

    /// Returns the collection that a path below the version leads to or into.
    pub(crate) fn at(self, path: &str) -> Option<&'static Collection> {
        self.all().find(|row| is_under(path, row.path))
    }

    /// Returns the collection that can hold objects of a type.
    pub(crate) fn of_type(self, ty: &str) -> Option<&'static Collection> {
        self.all().find(|row| Types::of(GraphVersion::Beta).is_a(ty, row.root))
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        self.all().map(|row| row.path).eq(other.all().map(|row| row.path))
    }
}
