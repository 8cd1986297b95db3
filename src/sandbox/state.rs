//! The tenant that the sandbox serves, as one JSON document.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::approvals::request::ApprovalRequest;
use super::literal::UNSET_INSTANT;
use super::masking::Digests;
use super::refusal::ErrorResponse;
use super::rows::{Collection, Row, Rows};
use super::{Object, clock};
use crate::schema::types::type_name;

/// The `formatVersion` that this build reads and writes.
pub const FORMAT_VERSION: &str = "1.0";

/// A tenant's state. Every section may be left out; objects may be sparse, loading completes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, transform = describe_sections)]
pub struct State {
    /// Always `sandbox-state`.
    pub(crate) kind: StateKind,
    /// The version of this format.
    pub(crate) format_version: String,
    /// The tenant itself.
    #[serde(default)]
    pub(crate) tenant: Tenant,
    /// The registered applications. Left out, every client id and secret signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) apps: Option<Vec<App>>,
    /// The issuers of the assertions that federated credentials of applications accept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) identity_providers: Vec<IdentityProvider>,
    /// The settings of the device registration service.
    #[serde(default)]
    pub(crate) device_registration: DeviceRegistration,
    /// The values that creates yield for properties that a body leaves out, by `TYPE.PROPERTY`, where they differ from those
    /// that the sandbox knows. `TYPE` is the type of the object or of a value in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) create_defaults: BTreeMap<String, Value>,
    /// The objects of each collection, by its section, in Graph's beta form with what is read under paths of its own.
    #[serde(flatten, deserialize_with = "sections")]
    #[schemars(skip)]
    pub(crate) collections: BTreeMap<String, Vec<Object>>,
    /// The collections that there are.
    #[serde(skip)]
    pub(crate) rows: Rows,
    /// The status counts that devices have reported, by the id of the object; all zero where left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) device_status_overviews: BTreeMap<String, StatusOverview>,
    /// The device registration policy; a new tenant's where left out.
    #[serde(default)]
    pub(crate) device_registration_policy: Object,
    /// Groups.
    #[serde(default)]
    pub(crate) groups: Vec<Group>,
    /// Users.
    #[serde(default)]
    pub(crate) users: Vec<User>,
    /// Devices in the directory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) devices: Vec<Device>,
    /// Assignment filters in Graph's form.
    #[serde(default)]
    pub(crate) assignment_filters: Vec<Object>,
    /// Settings of derived credentials in Graph's form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) derived_credentials: Vec<Object>,
    /// Scope tags in Graph's form; the built-in one is always there.
    #[serde(default)]
    pub(crate) role_scope_tags: Vec<Object>,
    /// Writes that wait, or waited, for an approval, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) approval_requests: Vec<ApprovalRequest>,
    /// The entries of Intune's audit log, oldest first.
    #[serde(default)]
    pub(crate) audit_events: Vec<Object>,
    /// The entries of Entra's audit log, oldest first.
    #[serde(default)]
    pub(crate) directory_audits: Vec<Object>,
    /// Values of encrypted custom settings by their `secretReferenceValueId`.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, String>,
    /// Digests of values that never read back, by object and property.
    #[serde(default)]
    pub(crate) withheld: BTreeMap<String, Digests>,
    /// The references between objects, by the id of the referring object and its navigation property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) references: BTreeMap<String, References>,
    /// When the tenant last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_change: Option<String>,
}

/// The ids that an object refers to, by navigation property.
pub(crate) type References = BTreeMap<String, Vec<String>>;

/// The `kind` of a state document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StateKind {
    /// `sandbox-state`.
    #[default]
    #[serde(rename = "sandbox-state")]
    SandboxState,
}

/// A tenant's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Tenant {
    /// The directory's id.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// Its verified domain.
    pub domain: String,
    /// Whether the tenant has a licence for Intune.
    #[serde(skip_serializing_if = "Clone::clone")]
    pub intune_licensed: bool,
    /// Whether writes to device configurations wait for the approval of a second administrator.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub multi_admin_approval: bool,
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            id: "5a0b3c1d-7e2f-4c86-9d14-2f6b8e0a7c53".to_owned(),
            display_name: "Contoso".to_owned(),
            domain: "contoso.onmicrosoft.com".to_owned(),
            intune_licensed: true,
            multi_admin_approval: false,
        }
    }
}

fn yes() -> bool {
    true
}

/// An application registered in the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct App {
    /// Its application (client) id.
    pub client_id: String,
    /// Its client secret; none where left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// Its certificates, in PEM.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// The assertions that the application signs in with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub federated_credentials: Vec<FederatedCredential>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The granted application permissions; all that the sandbox knows where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Whether the secret has expired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret_expired: bool,
    /// Whether an administrator has consented to the application.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub consented: bool,
    /// Whether Intune accepts the application's tokens; otherwise Intune refuses those that Entra issues.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub intune_role: bool,
}

/// An identity elsewhere that an application trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FederatedCredential {
    /// The issuer of the assertions.
    pub issuer: String,
    /// The subject of the assertions.
    pub subject: String,
    /// The audience of the assertions.
    #[serde(default = "token_exchange")]
    pub audience: String,
}

fn token_exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}

/// An issuer of assertions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// The issuer as the assertions name it.
    pub issuer: String,
    /// Its public keys.
    pub jwks: KeySet,
}

/// A JSON Web Key Set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<SigningKey>,
}

/// An RSA public key as a JSON Web Key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SigningKey {
    /// The modulus in base64url.
    pub n: String,
    /// The exponent in base64url.
    pub e: String,
}

/// The settings of the device registration service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct DeviceRegistration {
    /// Whether Intune is on, so that `azureADRegistration` cannot be changed.
    pub registration_locked: bool,
}

impl Default for DeviceRegistration {
    fn default() -> Self {
        Self { registration_locked: true }
    }
}

/// The number of devices by the status that they have reported for an object (FACTS 1.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default = "StatusOverview::unreported")]
pub struct StatusOverview {
    /// Devices that have applied the object.
    pub success_count: u32,
    /// Devices that have not received the object yet.
    pub pending_count: u32,
    /// Devices with an error.
    pub error_count: u32,
    /// Devices on which the object failed.
    pub failed_count: u32,
    /// Devices on which another object conflicts.
    pub conflict_count: u32,
    /// Devices that the object does not apply to.
    pub not_applicable_count: u32,
    /// Devices of another platform.
    pub not_applicable_platform_count: u32,
    /// The version of the object that devices reported for.
    pub configuration_version: u32,
    /// The time of the last report.
    pub last_update_date_time: String,
}

impl StatusOverview {
    /// Returns the overview of an object that no device has reported of.
    pub(crate) fn unreported() -> Self {
        Self { last_update_date_time: UNSET_INSTANT.to_owned(), ..Self::default() }
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Group {
    /// Its object id; made from the name where left out.
    #[serde(default)]
    pub id: String,
    /// Its name, which other groups may share.
    pub display_name: String,
    /// The ids of its direct members: users, devices and other groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// The number of further direct members that are in no other group.
    #[serde(default, skip_serializing_if = "MemberCounts::is_empty")]
    pub unnamed_members: MemberCounts,
}

/// Members that are only counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemberCounts {
    /// The number of users.
    pub users: u32,
    /// The number of devices.
    pub devices: u32,
}

impl MemberCounts {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Device {
    /// Its object id; made from the name where left out.
    #[serde(default)]
    pub id: String,
    /// Its name.
    pub display_name: String,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct User {
    /// Their object id; made from the name where left out.
    #[serde(default)]
    pub id: String,
    /// Their name.
    pub display_name: String,
    /// Their user principal name.
    pub user_principal_name: String,
}

/// Why a state cannot be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read.
    #[error("the sandbox state {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be replaced.
    #[error("the sandbox state {} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The text is not JSON, or not a state.
    #[error("this is not a sandbox state")]
    Json(#[from] serde_json::Error),
    /// The document has another format version.
    #[error("the sandbox state has format version `{0}`, and this build reads `{FORMAT_VERSION}`")]
    FormatVersion(String),
    /// An object in the document could not exist in a tenant.
    #[error("`{}`: {}", .0.path(), .0.message)]
    Impossible(ErrorResponse),
}

impl State {
    /// Returns the document's text.
    ///
    /// # Errors
    /// Fails where serde_json fails.
    pub fn to_json(&self) -> Result<String, StateError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// Returns the instant of the change that is about to be made, later than every one before it.
    pub(crate) fn tick(&mut self) -> String {
        let last = self.last_change.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let instant = clock::wire(clock::after(last));
        self.last_change = Some(instant.clone());
        instant
    }

    /// Returns the objects of a collection.
    pub(crate) fn objects(&self, row: &Collection) -> &[Object] {
        self.collections.get(row.section()).map_or(&[], Vec::as_slice)
    }

    /// Returns the objects of a collection, to be changed.
    pub(crate) fn objects_mut(&mut self, row: &Collection) -> &mut Vec<Object> {
        self.collections.entry(row.section().to_owned()).or_default()
    }

    /// Returns an object of a collection by its id.
    pub(crate) fn object(&self, row: &Collection, id: &str) -> Option<&Object> {
        self.objects(row).iter().find(|object| text(object, "id") == id)
    }

    /// Returns whether a section has an object of this id.
    pub(crate) fn has(&self, section: &str, id: &str) -> bool {
        let mut objects = self.collections.get(section).into_iter().flatten();
        objects.any(|object| text(object, "id") == id)
    }

    /// Returns the object of any collection that has this id, with its collection.
    pub(crate) fn find(&self, id: &str) -> Option<(Row, &Object)> {
        self.rows.all().find_map(|row| Some((row, self.object(row, id)?)))
    }

    /// Returns the user of a user principal name.
    pub(crate) fn user(&self, upn: &str) -> Option<&User> {
        self.users.iter().find(|user| user.user_principal_name.eq_ignore_ascii_case(upn))
    }

    /// Returns the ids of the objects of a collection that fit and have this id, or else this name.
    pub(crate) fn called(
        &self,
        row: &Collection,
        name: &str,
        fits: impl Fn(&Object) -> bool,
    ) -> Vec<String> {
        let with = |property: &str| -> Vec<String> {
            let all = self.objects(row).iter();
            let found = all.filter(|object| fits(object) && text(object, property) == name);
            found.map(|object| text(object, "id").to_owned()).collect()
        };
        let found = with("id");
        if found.is_empty() { with(row.name_property) } else { found }
    }
}

/// Reads the sections of collections: the members that are not fields of a state, each a list of objects.
fn sections<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Vec<Object>>, D::Error> {
    let sections = BTreeMap::<String, Value>::deserialize(from)?;
    let read = sections.into_iter().map(|(name, value)| {
        if !value.is_array() {
            return Err(D::Error::custom(unknown_field(&name)));
        }
        match serde_json::from_value(value) {
            Ok(objects) => Ok((name, objects)),
            Err(error) => Err(D::Error::custom(format!("`{name}`: {error}"))),
        }
    });
    read.collect()
}

/// Returns why a member of a state's document cannot be read.
pub(super) fn unknown_field(name: &str) -> String {
    format!("unknown field `{name}`")
}

/// Adds the sections of the built-in collections to the schema of a state.
fn describe_sections(schema: &mut schemars::Schema) {
    for row in Rows::default().all() {
        schema.ensure_object()["properties"][row.section()] = json!({
            "default": [],
            "description": row.about,
            "items": { "additionalProperties": true, "type": "object" },
            "type": "array",
        });
    }
}

/// Returns a text property of an object; the empty text where there is none.
pub(crate) fn text<'a>(object: &'a Object, property: &str) -> &'a str {
    object.get(property).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the value at a path of names, as in `templateReference/templateId`.
pub(crate) fn member<'a>(object: &'a Object, path: &str) -> Option<&'a Value> {
    let mut names = path.split('/');
    let first = object.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

/// Returns the name of an object's type; the empty text where the object names none.
pub(crate) fn type_of(object: &Object) -> &str {
    type_name(text(object, "@odata.type")).unwrap_or_default()
}
