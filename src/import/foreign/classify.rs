//! Which object of Graph a document is: by the type that it states, else by the address in its context, else by members
//! that no other object has.

use serde_json::Value as Json;

use crate::kinds::{self, FAMILIES, Family, not_covered};
use crate::schema::walk::Tree;

/// The class of a document.
#[derive(Debug, PartialEq)]
pub(super) enum Class {
    /// An object of a family, with the name of its type.
    Object(&'static Family, String),
    /// Something else, by its common name.
    Other(String),
}

/// A document with the context of the answer that it was in, if it states one.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) object: Json,
    pub(super) context: Option<String>,
}

/// Members by which objects are known that state no type, the first one that fits: IntuneCD writes many of them.
const BY_MEMBERS: &[(&[&str], &str)] = &[
    (&["apiVersion", "kind", "metadata"], "a manifest"),
    (&["settings", "scheduledActionsForRule"], "a settings catalog compliance policy"),
    (&["settingInstance", "settingDefinitionId"], "a reusable settings group"),
    (&["templateId", "settingsDelta"], "an endpoint security intent"),
    (&["templateId", "isMigratingToConfigurationPolicy"], "an endpoint security intent"),
    (&["definitionId", "valueJson"], "a setting of an endpoint security intent"),
    (&["definition@odata.bind"], "a setting of an ADMX template"),
    (&["policyConfigurationIngestionType"], "an ADMX template (a group policy configuration)"),
    (&["definitionValues"], "an ADMX template (a group policy configuration)"),
    (&["detectionScriptContent", "remediationScriptContent"], "a remediation script"),
    (&["detectionScriptContent"], "a compliance script"),
    (&["scriptContent", "customAttributeName"], "a custom attribute script"),
    (&["scriptContent", "enforceSignatureCheck"], "a PowerShell script"),
    (&["scriptContent", "retryCount"], "a shell script"),
    (&["rule", "platform"], "an assignment filter"),
    (&["groupTypes"], "a group"),
    (&["securityEnabled"], "a group"),
    (&["rolePermissions"], "a role"),
    (&["isBuiltIn"], "a scope tag"),
    (&["localizedNotificationMessages"], "a notification template"),
    (&["brandingOptions", "defaultLocale"], "a notification template"),
    (&["conditions", "grantControls"], "a Conditional Access policy"),
    (&["featureUpdateVersion"], "a feature update policy"),
    (&["expeditedUpdateSettings"], "a quality update policy"),
    (&["deploymentDeferralInDays"], "a driver update policy"),
    (&["groupName", "assignedTo"], "a group in an assignment report of IntuneCD"),
    (&["ResourceName", "ResourceInstanceName"], "a resource of Microsoft365DSC"),
];

/// Returns the objects of a document: itself, the elements of a list, or those of an answer with many.
pub(super) fn objects(document: Json) -> Vec<Answered> {
    let context = document.get("@odata.context").and_then(Json::as_str).map(str::to_owned);
    let is_answer = |name: &str| name == "value" || name.starts_with("@odata.");
    let is_list = document.get("value").is_some_and(Json::is_array)
        && document.members().all(|(name, _)| is_answer(name));
    let elements = match (document, is_list) {
        (Json::Array(elements), _) => elements,
        (mut answer, true) => match answer.get_mut("value").map(Json::take) {
            Some(Json::Array(elements)) => elements,
            _ => Vec::new(),
        },
        (object, false) => vec![object],
    };
    let objects = elements.into_iter().filter(Json::is_object);
    objects.map(|object| Answered { object, context: context.clone() }).collect()
}

impl Answered {
    /// Returns what the object is.
    pub(super) fn class(&self) -> Class {
        if let Some(kind) = self.object.stated_type() {
            return of_type(kind);
        }
        let context = self.object.get("@odata.context").and_then(Json::as_str);
        let path = context.or(self.context.as_deref()).and_then(path);
        let family = path.as_deref().and_then(|path| {
            FAMILIES.iter().copied().find(|family| family.path.trim_start_matches('/') == path)
        });
        if let Some(family) = family.or_else(|| self.family_by_members()) {
            return match family.concrete_root() {
                Some(root) => Class::Object(family, root.to_owned()),
                None => Class::Other("an object that states no type".to_owned()),
            };
        }
        if let Some(called) = self.called_by_members() {
            return Class::Other(called.to_owned());
        }
        let segment = path.as_deref().and_then(|path| path.rsplit('/').next());
        Class::Other(match segment.filter(|segment| is_name(segment)) {
            Some(segment) => format!("an object of Graph's {segment}"),
            None => "a document of another kind".to_owned(),
        })
    }

    fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.object.get(*name).is_some())
    }

    /// Returns the family of an object of a single type.
    fn family_by_members(&self) -> Option<&'static Family> {
        let is_policy = self.has(&["name", "platforms", "technologies"])
            && !self.has(&["scheduledActionsForRule"]);
        let kind = match () {
            () if is_policy => "deviceManagementConfigurationPolicy",
            () if self.has(&["azureADJoin", "userDeviceQuota"]) => "deviceRegistrationPolicy",
            () => return None,
        };
        kinds::family_of(kind)
    }

    fn called_by_members(&self) -> Option<&'static str> {
        let found = BY_MEMBERS.iter().find(|(names, _)| self.has(names));
        found.map(|(_, called)| *called)
    }
}

fn of_type(kind: &str) -> Class {
    if let Some(family) = kinds::family_of(kind) {
        return Class::Object(family, kind.to_owned());
    }
    let called = not_covered::find(kind).map(|(_, called)| called.to_owned());
    let called = called.or_else(|| (kind == "group").then(|| "a group".to_owned()));
    Class::Other(called.unwrap_or_else(|| match is_name(kind) {
        true => format!("an object of the type {kind}"),
        false => "an object of an unknown type".to_owned(),
    }))
}

/// Returns the path that a context names: `https://…/$metadata#deviceManagement/deviceConfigurations(assignments())/$entity`.
fn path(context: &str) -> Option<String> {
    let (_, fragment) = context.split_once("$metadata#")?;
    let mut depth = 0_usize;
    let mut path = String::new();
    for character in fragment.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            character if depth == 0 => path.push(character),
            _ => {}
        }
    }
    Some(path.trim_end_matches("/$entity").to_owned())
}

/// Whether a text of a file is a plain name, so that it can stand in a message.
pub(super) fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn classes(document: Json) -> Vec<String> {
        let class = |answered: &Answered| match answered.class() {
            Class::Object(_, kind) => kind,
            Class::Other(called) => called,
        };
        objects(document).iter().map(class).collect()
    }

    #[test]
    fn object_list_and_answer_are_taken_apart() {
        let wifi = json!({ "@odata.type": "#microsoft.graph.iosWiFiConfiguration" });
        let kind = "iosWiFiConfiguration";
        assert_eq!(classes(wifi.clone()), [kind]);
        assert_eq!(classes(json!([wifi, wifi, 3])), [kind, kind]);
        let context =
            "https://graph.microsoft.com/beta/$metadata#deviceManagement/deviceConfigurations";
        assert_eq!(classes(json!({ "@odata.context": context, "value": [wifi] })), [kind]);
        assert_eq!(classes(json!({ "value": [] })), [""; 0]);
        assert_eq!(classes(json!("text")), [""; 0]);
    }

    #[test]
    fn objects_without_a_type_are_known_by_their_context_or_their_members() {
        let root = "https://graph.microsoft.com/beta/$metadata#";
        let policies = format!("{root}deviceManagement/configurationPolicies");
        let policy = "deviceManagementConfigurationPolicy";
        let answer = json!({ "@odata.context": policies, "value": [{ "name": "A" }] });
        assert_eq!(classes(answer), [policy]);
        let one = format!("{policies}(assignments(),settings(settingDefinitions()))/$entity");
        assert_eq!(classes(json!({ "@odata.context": one, "name": "A" })), [policy]);
        let members = json!({ "name": "A", "platforms": "macOS", "technologies": "mdm" });
        assert_eq!(classes(members.clone()), [policy]);
        let mut compliance = members;
        compliance["settings"] = json!([]);
        compliance["scheduledActionsForRule"] = json!([]);
        assert_eq!(classes(compliance), ["a settings catalog compliance policy"]);
        let registration = json!({ "azureADJoin": {}, "userDeviceQuota": 5 });
        assert_eq!(classes(registration), ["deviceRegistrationPolicy"]);
        let configurations = format!("{root}deviceManagement/deviceConfigurations/$entity");
        let untyped = json!({ "@odata.context": configurations, "displayName": "A" });
        assert_eq!(classes(untyped), ["an object that states no type"]);
    }

    #[test]
    fn other_objects_have_common_names_and_hostile_ones_none() {
        let typed = |name: &str| json!({ "@odata.type": format!("#microsoft.graph.{name}") });
        for (object, called) in [
            (typed("win32LobApp"), "an app"),
            (
                typed("unsupportedDeviceConfiguration"),
                "an object of the type unsupportedDeviceConfiguration",
            ),
            (typed("\u{1b}[2J"), "an object of an unknown type"),
            (json!({ "rule": "", "platform": "iOS", "displayName": "A" }), "an assignment filter"),
            (
                json!({ "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/templates/$entity" }),
                "an object of Graph's templates",
            ),
            (json!({ "a": 1 }), "a document of another kind"),
        ] {
            assert_eq!(classes(object), [called]);
        }
    }
}
