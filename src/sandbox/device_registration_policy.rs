//! The device registration policy, a singleton that is written as a whole (FACTS 2).

use serde_json::{Value, json};

use super::actor::Change;
use super::audit;
use super::check::{Checker, each};
use super::defaults::SpecialDefaults;
use super::refusal::{Allowed, ErrorResponse, not_literal, table};
use super::state::State;
use super::{Object, literal, object};

/// The type's name; it is also the singleton's id.
pub(crate) const NAME: &str = "deviceRegistrationPolicy";

/// The properties that a PUT must have, and their names in the service's message about a missing one. `quota` is
/// seen (microsoft-graph-docs-contrib#8532), the other words are synthetic.
const REQUIRED: &[(&str, &str)] = &[
    ("userDeviceQuota", "quota"),
    ("multiFactorAuthConfiguration", "multi-factor authentication configuration"),
    ("azureADRegistration", "Azure AD registration"),
    ("azureADJoin", "Azure AD join"),
    ("localAdminPassword", "local admin password"),
];

/// The paths of the memberships.
const MEMBERSHIPS: [&str; 3] = [
    "azureADRegistration.allowedToRegister",
    "azureADJoin.allowedToJoin",
    "azureADJoin.localAdmins.registeringUsers",
];

/// The paths of the other required members. That these and the memberships are required is an inference.
const SWITCHES: [&str; 2] =
    ["azureADJoin.localAdmins.enableGlobalAdmins", "localAdminPassword.isEnabled"];

/// The highest device quota of the registration policy; higher ones are stored as this (FACTS 2.3).
const HIGHEST_QUOTA: i64 = 100;

/// The device quota that is no limit (FACTS 2.3).
const UNLIMITED_QUOTA: i64 = 2_147_483_647;

/// Returns the policy of a new tenant (FACTS 2.2).
fn of_a_new_tenant() -> Object {
    let all = json!({ "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership" });
    object(json!({
        "id": NAME,
        "displayName": "Device Registration Policy",
        "description": "Tenant-wide policy that manages intial provisioning controls using quota restrictions, \
                        additional authentication and authorization checks",
        "userDeviceQuota": 50,
        "multiFactorAuthConfiguration": "notRequired",
        "azureADRegistration": { "isAdminConfigurable": false, "allowedToRegister": all },
        "azureADJoin": {
            "isAdminConfigurable": true,
            "allowedToJoin": all,
            "localAdmins": { "enableGlobalAdmins": true, "registeringUsers": all },
        },
        "localAdminPassword": { "isEnabled": false },
    }))
}

/// Completes a sparse policy of a state file.
pub(crate) fn complete(given: &Object) -> Allowed<Object> {
    let checker = Checker::of_states(SpecialDefaults::default());
    let ty = checker.instance_type(NAME, given)?;
    let mut policy = of_a_new_tenant();
    for (name, value) in checker.properties(&ty, given)? {
        let value = merge(policy.get(&name), value);
        policy.insert(name, value);
    }
    check_memberships(&policy)?;
    Ok(policy)
}

/// Returns the given value, with the default's members where members are unset.
fn merge(default: Option<&Value>, given: Value) -> Value {
    match (default, given) {
        (Some(Value::Object(default)), Value::Object(given))
            if !given.contains_key("@odata.type") =>
        {
            let members = given.into_iter().map(|(name, value)| {
                let value = merge(default.get(&name), value);
                (name, value)
            });
            members.collect()
        }
        (Some(default), Value::Null) => default.clone(),
        (_, given) => given,
    }
}

/// Returns the policy as reads show it.
pub(crate) fn read(state: &State) -> Object {
    let mut policy = state.device_registration_policy.clone();
    if let Some(registration) = policy.get_mut("azureADRegistration") {
        let is_locked = state.device_registration.registration_locked;
        registration["isAdminConfigurable"] = (!is_locked).into();
    }
    policy
}

/// Replaces the policy.
///
/// # Errors
/// Refuses a body that lacks any of the five properties, or that is not of the type (FACTS 2.1).
pub(crate) fn put(state: &mut State, change: &Change<'_>, body: &Object) -> Allowed<()> {
    let checker = Checker::of_calls(change.version, SpecialDefaults::default());
    let unreadable = |fault: ErrorResponse| table::UNREADABLE.refusal(&[&fault.message]);
    let ty = checker.instance_type(NAME, body).map_err(unreadable)?;
    let missing = |called: &str| table::POLICY_INCOMPLETE.refusal(&[&called]);
    let is_missing = |name: &str| body.get(name).is_none_or(Value::is_null);
    if let Some((_, called)) = REQUIRED.iter().find(|(name, _)| is_missing(name)) {
        return Err(missing(called));
    }
    let mut written = checker.properties(&ty, body).map_err(unreadable)?;
    if let Some(path) =
        MEMBERSHIPS.iter().chain(&SWITCHES).find(|path| value_at(&written, path).is_null())
    {
        return Err(missing(path.rsplit('.').next().unwrap_or(path)));
    }
    check_memberships(&written)
        .map_err(|fault| table::POLICY_MEMBERSHIP.refusal(&[&fault.path(), &fault.message]))?;
    let quota = written["userDeviceQuota"].as_i64().unwrap_or_default();
    if quota < 0 {
        return Err(table::NEGATIVE_QUOTA.refusal(&[]));
    }
    if quota != UNLIMITED_QUOTA {
        written["userDeviceQuota"] = quota.min(HIGHEST_QUOTA).into();
    }

    let before = state.device_registration_policy.clone();
    for outer in ["azureADJoin", "azureADRegistration"] {
        // The service alone decides it: writes do not stick (Microsoft365DSC#6449).
        written[outer]["isAdminConfigurable"] = before[outer]["isAdminConfigurable"].clone();
    }
    if state.device_registration.registration_locked {
        // Microsoft says that it cannot be modified, not what an attempt meets: it is silently kept here.
        written["azureADRegistration"] = before["azureADRegistration"].clone();
    }
    let mut after = before.clone();
    after.extend(written);
    state.tick();
    audit::device_registration_policy(state, change, &before, &after);
    state.device_registration_policy = after;
    Ok(())
}

/// Returns the value that a path of names leads to, null where there is none.
fn value_at<'a>(policy: &'a Object, path: &str) -> &'a Value {
    let (first, inner) = path.split_once('.').unwrap_or((path, ""));
    let start = policy.get(first).unwrap_or(&Value::Null);
    inner.split_terminator('.').fold(start, |value, name| &value[name])
}

/// Checks that each membership is one of the three types, and that its members are object ids: tools have sent user
/// principal names (Microsoft365DSC#5799).
fn check_memberships(policy: &Object) -> Allowed<()> {
    MEMBERSHIPS.iter().try_for_each(|path| {
        check_membership(value_at(policy, path)).map_err(|fault| fault.under(path))
    })
}

fn check_membership(membership: &Value) -> Allowed<()> {
    if membership["@odata.type"].is_null() {
        return Err(table::ABSTRACT_TYPE.refusal(&[]));
    }
    for list in ["users", "groups"] {
        let ids = membership[list].as_array().into_iter().flatten();
        let check = |id: &Value| match literal::guid(id.as_str().unwrap_or_default()) {
            Some(_) => Ok(()),
            None => Err(not_literal(id, &"Edm.Guid")),
        };
        each(ids, check).map_err(|fault| fault.under(list))?;
    }
    Ok(())
}
