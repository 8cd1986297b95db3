//! The device registration policy, a singleton that is written as a whole (FACTS 2).

use serde_json::{Value, json};

use super::audit::{self, Change};
use super::check::Checker;
use super::problem::{Fault, Problem, synthetic};
use super::quirks::HIGHEST_QUOTA;
use super::refusal::Refusal;
use super::state::State;
use super::{Object, literal};
use crate::schema::types::type_name;

/// The type's name; it is also the singleton's id.
pub(crate) const NAME: &str = "deviceRegistrationPolicy";

/// The properties that a PUT must have, and what the service calls them when they are missing. `quota` is
/// seen (microsoft-graph-docs-contrib#8532), the other words are synthetic.
const REQUIRED: &[(&str, &str)] = &[
    ("userDeviceQuota", "quota"),
    (
        "multiFactorAuthConfiguration",
        "multi-factor authentication configuration",
    ),
    ("azureADRegistration", "Azure AD registration"),
    ("azureADJoin", "Azure AD join"),
    ("localAdminPassword", "local admin password"),
];

/// The members without which the two policies inside say nothing. That they are required is an inference.
const REQUIRED_INSIDE: &[(&str, &[&str])] = &[
    ("azureADRegistration", &["allowedToRegister"]),
    ("azureADJoin", &["allowedToJoin", "localAdmins"]),
    ("localAdminPassword", &["isEnabled"]),
];

/// Returns the policy of a new tenant (FACTS 2.2).
fn of_a_new_tenant() -> Object {
    let all = json!({ "@odata.type": "#microsoft.graph.allDeviceRegistrationMembership" });
    let policy = json!({
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
    });
    policy.as_object().cloned().unwrap_or_default()
}

/// Completes a sparse policy of a state file.
pub(crate) fn complete(given: &Object) -> Result<Object, Fault> {
    let checker = Checker::of_states();
    let ty = checker.instance_type(NAME, given)?;
    let mut policy = of_a_new_tenant();
    let given = checker.properties(&ty, given)?;
    for (name, value) in given {
        let value = merge(policy.get(&name), value);
        policy.insert(name, value);
    }
    for (outer, inside) in REQUIRED_INSIDE {
        for member in *inside {
            check_membership(&policy[*outer], member)
                .map_err(|fault| fault.under(member).under(outer))?;
        }
    }
    let join = &policy["azureADJoin"]["localAdmins"];
    check_membership(join, "registeringUsers").map_err(|f| {
        f.under("registeringUsers")
            .under("localAdmins")
            .under("azureADJoin")
    })?;
    Ok(policy)
}

/// Takes the new value and, for members of it that are unset, the default's.
fn merge(default: Option<&Value>, given: Value) -> Value {
    match (default, given) {
        (Some(Value::Object(default)), Value::Object(given))
            if !given.contains_key("@odata.type") =>
        {
            let merged = given.into_iter().map(|(name, value)| {
                let value = merge(default.get(&name), value);
                (name, value)
            });
            Value::Object(merged.collect())
        }
        (Some(default), Value::Null) => default.clone(),
        (_, given) => given,
    }
}

/// Returns the policy as it reads now.
pub(crate) fn read(state: &State) -> Object {
    let mut policy = state.device_registration_policy.clone();
    policy["azureADRegistration"]["isAdminConfigurable"] =
        (!state.device_registration.registration_locked).into();
    policy
}

/// Replaces the policy.
///
/// # Errors
/// Refuses a body that lacks any of the five properties, or that is not of the type (FACTS 2.1).
pub(crate) fn put(state: &mut State, change: &Change<'_>, body: &Object) -> Result<(), Refusal> {
    let checker = Checker::of_calls(change.version);
    let ty = checker
        .instance_type(NAME, body)
        .map_err(|fault| Refusal::of_core(&fault))?;
    let missing = |called: &str| {
        let message = format!("Tenant registration policy is missing a value for {called}");
        invalid(message)
    };
    if let Some((_, called)) = REQUIRED
        .iter()
        .find(|(name, _)| body.get(*name).is_none_or(Value::is_null))
    {
        return Err(missing(called));
    }
    let mut written = checker
        .properties(&ty, body)
        .map_err(|fault| Refusal::of_core(&fault))?;
    for (outer, inside) in REQUIRED_INSIDE {
        if let Some(member) = inside
            .iter()
            .find(|member| written[*outer][**member].is_null())
        {
            return Err(missing(member));
        }
    }
    if written["azureADJoin"]["localAdmins"]["registeringUsers"].is_null() {
        return Err(missing("registeringUsers"));
    }
    for (holder, member) in [
        (&written["azureADRegistration"], "allowedToRegister"),
        (&written["azureADJoin"], "allowedToJoin"),
        (&written["azureADJoin"]["localAdmins"], "registeringUsers"),
    ] {
        check_membership(holder, member)
            .map_err(|fault| invalid(synthetic(format!("{member}: {fault}"))))?;
    }
    let quota = written["userDeviceQuota"].as_i64().unwrap_or_default();
    if quota < 0 {
        return Err(invalid(synthetic("The quota must not be negative")));
    }
    written["userDeviceQuota"] = quota.min(HIGHEST_QUOTA).into();

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

fn invalid(message: String) -> Refusal {
    Refusal::core(
        axum::http::StatusCode::BAD_REQUEST,
        "invalid_request",
        message,
    )
}

/// Checks what the types leave open: which memberships there are, and that members are object ids (a
/// user principal name is a mistake that tools have made, Microsoft365DSC#5799).
fn check_membership(holder: &Value, member: &str) -> Result<(), Fault> {
    let membership = &holder[member];
    match membership["@odata.type"].as_str().and_then(type_name) {
        Some("enumeratedDeviceRegistrationMembership") => {
            let of = |list: &'static str| {
                membership[list]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(move |id| (list, id))
            };
            for (list, id) in of("users").chain(of("groups")) {
                if literal::guid(id.as_str().unwrap_or_default()).is_none() {
                    return Err(Problem::literal(id, "Edm.Guid").under(list));
                }
            }
            Ok(())
        }
        Some(_) => Ok(()),
        None if membership.is_object() => Err(Problem::AbstractType.into()),
        None => Ok(()),
    }
}
