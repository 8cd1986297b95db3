//! `moorline.yaml`: which tenant, and which manifests are its.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::auth;
use crate::http::cloud::Cloud;

/// One tenant. Every path in it is relative to the file.
#[derive(Clone, Debug, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TenantFile {
    /// The version of this file's format.
    #[allow(dead_code, reason = "the schema checks it")]
    api_version: ApiVersion,
    /// The kind of this file.
    #[allow(dead_code, reason = "the schema checks it")]
    kind: TenantKind,
    /// The tenant's name.
    pub metadata: TenantMetadata,
    /// The manifests of the tenant, and the settings of a run.
    pub spec: TenantSpec,
}

/// The version of the formats of Moorline's own files.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, schemars::JsonSchema)]
pub(super) enum ApiVersion {
    #[serde(rename = "moorline/v1")]
    V1,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, schemars::JsonSchema)]
enum TenantKind {
    Tenant,
}

/// A tenant's name for people.
#[derive(Clone, Debug, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantMetadata {
    /// A short name, used in messages and file names.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"), length(max = 100))]
    pub name: String,
}

/// The manifests of a tenant, and the settings of a run.
#[derive(Clone, Debug, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TenantSpec {
    /// The tenant's GUID or one of its verified domains, never `common`.
    #[schemars(regex(
        pattern = r"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$"
    ))]
    pub tenant_id: String,
    /// The national cloud of the tenant.
    #[serde(default)]
    pub cloud: Cloud,
    /// How to sign in.
    #[serde(default)]
    pub auth: auth::Settings,
    /// Files, folders or globs; by default every `*.yaml` beside this file.
    pub manifests: Option<Vec<String>>,
    /// Folders of manifests that this tenant builds on; a later one wins.
    #[serde(default)]
    pub base: Vec<String>,
    /// `kind/name` of what this tenant does not take from its bases.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Limits on what one apply may do.
    #[serde(default)]
    pub guard: GuardSpec,
    /// Which live objects are this tenant file's; off where absent.
    #[serde(default)]
    #[schemars(with = "OwnershipSpec")]
    pub ownership: Option<OwnershipSpec>,
    /// The treatment of objects and settings that no manifest declares, in a drift report.
    #[serde(default)]
    pub drift: DriftSpec,
    /// Which environment variables `$env` may name.
    #[serde(default)]
    pub secrets: SecretsSpec,
    /// The channels that `drift --notify` tells, by name.
    #[serde(default)]
    pub notify: BTreeMap<String, ChannelSpec>,
    /// The initial state for `--sandbox`.
    #[serde(default)]
    pub sandbox: SandboxSpec,
}

/// Limits on what one apply may do; off where absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GuardSpec {
    /// The most objects that one apply may create, update, replace or delete.
    pub max_changes: Option<u32>,
    /// The same as a percentage of the objects that manifests are bound to or would create.
    #[schemars(range(max = 100))]
    pub max_percent: Option<u32>,
}

/// Which live objects are a tenant file's: those that carry a scope tag of its own.
#[derive(Clone, Debug, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OwnershipSpec {
    /// A role scope tag, by name or id, that every object of a manifest gets beside its other tags.
    pub scope_tag: String,
    /// Whether objects that carry the tag and that no manifest declares are deleted.
    #[serde(default)]
    pub prune: bool,
}

/// The treatment of objects and settings that no manifest declares, in a drift report.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftSpec {
    /// Live objects that no manifest manages; where absent, they are reported.
    #[serde(default)]
    #[schemars(with = "DriftRules")]
    pub unmanaged: Option<DriftRules>,
    /// Settings of managed objects that are set and not declared; where absent, they are ignored.
    #[serde(default)]
    #[schemars(with = "DriftRules")]
    pub undeclared: Option<DriftRules>,
}

/// One word for all, or rules of which the first that matches an object counts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum DriftRules {
    /// All are treated alike.
    All(Treatment),
    /// Each object is treated as the first rule that matches it says.
    Rules(Vec<DriftRule>),
}

/// The treatment of the objects that a glob matches.
#[derive(Clone, Debug, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftRule {
    /// A glob over KIND/NAME, where NAME is the display name of the live object.
    #[serde(rename = "match")]
    pub pattern: String,
    /// The treatment.
    pub then: Treatment,
}

/// The treatment of something that no manifest declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Treatment {
    /// It is left out of the report.
    Ignore,
    /// It is reported, and is no drift.
    Report,
    /// It is drift.
    Fail,
}

impl DriftRules {
    /// Returns the rules.
    pub fn rules(&self) -> &[DriftRule] {
        match self {
            Self::All(_) => &[],
            Self::Rules(rules) => rules,
        }
    }
}

/// Keywords of JSON Schema concern values of their own type alone, so that a wrong word or rule is told as such.
impl schemars::JsonSchema for DriftRules {
    fn schema_name() -> Cow<'static, str> {
        "DriftRules".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let word = generator.subschema_for::<Treatment>();
        let rule = generator.subschema_for::<DriftRule>();
        schemars::json_schema!({
            "description": "One word for all, or rules of which the first that matches an object counts.",
            "type": ["string", "array"],
            "if": { "type": "string" },
            "then": word,
            "items": rule,
        })
    }
}

/// Which environment variables `$env` may name.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretsSpec {
    /// The environment variables that manifests may name, those of the bases among them; where absent, all but those
    /// that hold a credential of the run itself, which no list can allow.
    // An `allow:` without a list is refused: it could be meant to allow nothing.
    #[schemars(with = "Vec<String>", inner(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")))]
    pub allow: Option<Vec<String>>,
}

/// A channel that people are told of drift in.
#[derive(Clone, Debug, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelSpec {
    /// The form of its messages.
    pub kind: ChannelKind,
    /// The environment variable with its address, which is a secret: it lets anyone write to the channel.
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub env: String,
}

/// The form of a channel's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// An Adaptive Card for the webhook of a workflow in Microsoft Teams.
    Teams,
    /// Blocks for an incoming webhook of Slack.
    Slack,
    /// The document `notification`, for a service of one's own.
    Json,
}

/// The initial state of the built-in Graph emulator.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SandboxSpec {
    /// A sandbox state file.
    pub seed: Option<String>,
}

#[cfg(test)]
pub(crate) mod testing {
    use super::TenantSpec;

    /// Returns the `spec` of a tenant file that names a tenant and no more.
    pub(crate) fn spec() -> TenantSpec {
        serde_json::from_value(serde_json::json!({ "tenantId": "contoso.onmicrosoft.com" }))
            .expect("a tenant needs no more")
    }
}
