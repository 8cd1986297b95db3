//! Examines a set-up: credential, tenant, permissions, role and licence, each by its own check.
//!
//! A failed call is attributed to the check of what the catalogue says is missing ([`super::Lack`]): a token without a
//! permission, an account without a role and an expired secret fail three different checks.

use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use self::checklist::Checklist;
pub use self::checklist::{Check, CheckResult, CheckStatus};
use super::failure;
use super::needs::{self, Purpose};
use crate::auth::claims::Claims;
use crate::auth::{self, AuthError, SignInClient, TokenSource};
use crate::graph::Graph;
use crate::graph::client::GraphOptions;
use crate::http::cloud::Cloud;
use crate::http::transport::Client;
use crate::kinds::FAMILIES;
use crate::manifest::Manifest;
use crate::manifest::tenant_file::OwnershipSpec;
use crate::tenant::read::families as families_read;

mod checklist;
mod reach;
mod service;
mod token;

/// The set-up that is examined.
pub struct SetUp<'a> {
    /// The declared tenant, a GUID or a domain.
    pub tenant: &'a str,
    /// The HTTP client of the run.
    pub http: &'a Client,
    /// The client of the sign-in service.
    pub caller: &'a SignInClient,
    /// How many calls may be under way at once.
    pub concurrency: usize,
    /// The credential in words and its token source, or why there is none.
    pub credential: Result<(String, Arc<dyn TokenSource>), AuthError>,
    /// The manifests, `None` where they have errors.
    pub manifests: Option<Vec<&'a Manifest>>,
    /// Which live objects belong to these manifests.
    pub ownership: Option<&'a OwnershipSpec>,
    /// The command that the set-up is for.
    pub purpose: Purpose,
}

/// The result of an examination.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorDocument {
    /// The command that the set-up is for.
    #[serde(rename = "for")]
    pub purpose: Purpose,
    /// The declared cloud.
    pub cloud: Cloud,
    /// The tenant.
    pub tenant: TenantSeen,
    /// The credential, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The identity that signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<SignedIn>,
    /// The checks, in an order in which each needs those before it.
    pub items: Vec<Check>,
    /// The counts.
    pub summary: CheckSummary,
    /// The code of the problem to fix first; `moorline explain` explains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl DoctorDocument {
    /// Returns whether a run can plan: nothing is missing, and everything that a plan reads can be read.
    pub fn is_well(&self) -> bool {
        let unread = |check: &Check| check.is_access() && check.result.status != CheckStatus::Ok;
        self.summary.missing == 0 && !self.items.iter().any(unread)
    }
}

/// The tenant as declared and as it answers.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantSeen {
    /// The value of `spec.tenantId`.
    pub declared: String,
    /// The directory's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// The identity that signed in.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Identity")]
pub struct SignedIn {
    /// Whether an app or a person signed in.
    pub kind: IdentityKind,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The app's client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
}

/// The sort of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IdentityKind {
    /// An app with application permissions.
    Application,
    /// A person with an app's delegated permissions.
    Person,
}

/// The counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Summary")]
pub struct CheckSummary {
    /// Checks that found everything in order.
    pub ok: usize,
    /// Checks that found something missing.
    pub missing: usize,
    /// Checks that could not be made.
    pub unknown: usize,
}

/// Examines a set-up. Nothing is written, and a token goes to Graph alone.
pub async fn examine(set_up: SetUp<'_>) -> DoctorDocument {
    let manifests = set_up.manifests.as_deref();
    // Where the manifests cannot be read, they may use every family.
    let families = manifests
        .map_or_else(|| FAMILIES.to_vec(), |manifests| families_read(manifests, set_up.ownership));
    let needs =
        needs::least_privileges(manifests.unwrap_or_default(), set_up.ownership, set_up.purpose);
    let mut checklist = Checklist::new(&needs, &families);
    checklist.record(
        "manifests",
        match manifests {
            Some([_]) => CheckResult::ok("1 manifest"),
            Some(manifests) => CheckResult::ok(format!("{} manifests", manifests.len())),
            None => CheckResult::missing(
                "manifest/invalid",
                "they have errors, so what they need is not known",
            ),
        },
    );
    reach::check(&mut checklist, &set_up).await;
    let mut tenant = TenantSeen { declared: set_up.tenant.to_owned(), ..TenantSeen::default() };
    let id = tenant_id(&mut checklist, &set_up).await;
    let mut claims = None;
    if let Some(id) = id
        && let Some((tokens, claimed)) = sign_in(&mut checklist, &set_up).await
    {
        let cloud = set_up.http.endpoints.cloud();
        claims = claimed;
        if let Some(claims) = &claims {
            token::check(&mut checklist, cloud, claims, id, &needs);
        }
        if !checklist.is_missing("tenant") {
            if !checklist.is_missing("graph") {
                let options = GraphOptions {
                    concurrency: set_up.concurrency,
                    tenant: Some(id),
                    ..GraphOptions::default()
                };
                let graph = Graph::new(set_up.http.clone(), Arc::clone(tokens), options);
                service::check(&mut checklist, &graph, &families, &mut tenant).await;
            }
            if let Some(claims) = &claims {
                token::role(&mut checklist, claims, &needs, &families);
            }
        }
    }
    tenant.id = tenant.id.or(id.map(|id| id.to_string()));
    DoctorDocument {
        purpose: set_up.purpose,
        cloud: set_up.http.endpoints.cloud(),
        tenant,
        credential: set_up.credential.ok().map(|(words, _)| words),
        identity: claims.map(|claims| SignedIn {
            kind: if claims.is_delegated() {
                IdentityKind::Person
            } else {
                IdentityKind::Application
            },
            name: claims.name().map(str::to_owned),
            app_id: claims.app_id().map(str::to_owned),
        }),
        summary: checklist.summary(),
        cause: checklist.cause(),
        items: checklist.0,
    }
}

/// Returns the tenant's id, which a domain has to be asked for. Without the id, the credential is not tried, only looked
/// for.
async fn tenant_id(checklist: &mut Checklist, set_up: &SetUp<'_>) -> Option<Uuid> {
    if !checklist.is_missing("login") {
        match auth::tenant::id_of(set_up.tenant, set_up.caller).await {
            Ok(id) => {
                if Uuid::try_parse(set_up.tenant).is_err() {
                    checklist.record("tenant", CheckResult::ok(id.to_string()));
                }
                return Some(id);
            }
            Err(error) => {
                let entry = failure::of_sign_in(&error);
                checklist.attribute(entry, "tenant", &error.to_string());
            }
        }
    }
    match &set_up.credential {
        Ok((words, _)) => {
            let detail = format!("{words}: not tried, because of what is missing above");
            checklist.record("credential", CheckResult::unknown(detail));
        }
        Err(error) => no_token(checklist, error),
    }
    None
}

/// Records why there is no token.
fn no_token(checklist: &mut Checklist, error: &AuthError) {
    checklist.attribute(failure::of_sign_in(error), "credential", &error.to_string());
    checklist.remedy("credential", |remedy| remedy.extend(error.hints()));
}

/// Gets a token. Returns the token source, and the claims of the token if it is a JWT.
async fn sign_in<'s>(
    checklist: &mut Checklist,
    set_up: &'s SetUp<'_>,
) -> Option<(&'s Arc<dyn TokenSource>, Option<Claims>)> {
    let (words, tokens) =
        set_up.credential.as_ref().inspect_err(|error| no_token(checklist, error)).ok()?;
    let token = tokens.token().await.inspect_err(|error| no_token(checklist, error)).ok()?;
    let claims = Claims::of(&token);
    let detail = match claims.as_ref().and_then(Claims::name) {
        Some(name) => format!("{words}: signed in as {name}"),
        None => format!("{words}: there is a token"),
    };
    checklist.record("credential", CheckResult::ok(detail));
    Some((tokens, claims))
}
