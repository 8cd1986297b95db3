//! Examining a set-up: credential, tenant, permissions, role, licence, each by itself.
//!
//! A failed call is put down to whatever the catalogue says is missing ([`super::Lack`]), so that a token
//! without a permission, an account without a role and a secret that has expired end in three different places.

use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use self::chart::Chart;
pub use self::chart::{Check, Status};
use super::failure;
use super::needs::{self, Purpose};
use crate::auth::claims::Claims;
use crate::auth::{self, AuthError, SignInClient, TokenSource};
use crate::graph::Graph;
use crate::graph::client::GraphOptions;
use crate::http::cloud::Cloud;
use crate::http::transport::Client;
use crate::kinds::{FAMILIES, Family};
use crate::manifest::Manifest;
use crate::manifest::tenant_file::OwnershipSpec;
use crate::tenant::read::families as families_read;

mod chart;
mod reach;
mod service;
mod token;

/// What is examined.
pub struct Subject<'a> {
    /// The declared tenant, a GUID or a domain.
    pub tenant: &'a str,
    /// The client of the run.
    pub http: &'a Client,
    /// Who asks the sign-in service.
    pub caller: &'a SignInClient,
    /// How many calls may be under way at once.
    pub concurrency: usize,
    /// What is signed in with, in words, and its tokens; or why there is none.
    pub credential: Result<(String, Arc<dyn TokenSource>), AuthError>,
    /// The manifests, `None` where they have errors.
    pub manifests: Option<Vec<&'a Manifest>>,
    /// To whom the objects belong.
    pub ownership: Option<&'a OwnershipSpec>,
    /// What the set-up is for.
    pub purpose: Purpose,
}

/// The result of an examination.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorDocument {
    /// What the set-up is for.
    #[serde(rename = "for")]
    pub purpose: Purpose,
    /// The declared cloud.
    pub cloud: Cloud,
    /// The tenant.
    pub tenant: TenantSeen,
    /// What is signed in with, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Who signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The checks, in an order in which each needs those before it.
    pub items: Vec<Check>,
    /// The counts.
    pub summary: Summary,
    /// The code of what to mend first; `moorline explain` knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl DoctorDocument {
    /// Returns whether a run would get as far as a plan: nothing is missing, and all that it reads can be read.
    pub fn is_well(&self) -> bool {
        let unread = |check: &Check| check.is_access() && check.status != Status::Ok;
        self.summary.missing == 0 && !self.items.iter().any(unread)
    }
}

/// The tenant as declared and as it answers.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantSeen {
    /// What `spec.tenantId` says.
    pub declared: String,
    /// The directory's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// Who signed in.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// An app by itself, or a person through one.
    pub kind: IdentityKind,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The app's client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
}

/// An app by itself, or a person through one.
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
pub struct Summary {
    /// As it should be.
    pub ok: usize,
    /// Not as it should be.
    pub missing: usize,
    /// Could not be seen.
    pub unknown: usize,
}

/// Examines a set-up. Nothing is written, and a token goes to Graph alone.
pub async fn examine(subject: Subject<'_>) -> DoctorDocument {
    let families = families(&subject);
    let needs = needs::of(
        subject.manifests.as_deref().unwrap_or_default(),
        subject.ownership,
        subject.purpose,
    );
    let mut chart = Chart::new(&needs, &families);
    manifests(&mut chart, &subject);
    reach::check(&mut chart, &subject).await;
    let mut tenant = TenantSeen { declared: subject.tenant.to_owned(), ..TenantSeen::default() };
    let credential = subject.credential.as_ref().ok().map(|(words, _)| words.clone());
    let id = tenant_id(&mut chart, &subject).await;
    let claims = match id {
        Some(_) => sign_in(&mut chart, &subject).await,
        None => None,
    };
    if let (Some(id), Some(Some(claims))) = (id, &claims) {
        token::check(&mut chart, &subject, claims, id, &needs);
    }
    if let (Some(claims), Ok((_, tokens))) = (&claims, &subject.credential)
        && !chart.is_missing("tenant")
    {
        if !chart.is_missing("graph") {
            let options = GraphOptions {
                concurrency: subject.concurrency,
                tenant: id,
                ..GraphOptions::default()
            };
            let graph = Graph::new(subject.http.clone(), Arc::clone(tokens), options);
            service::check(&mut chart, &graph, &families, &mut tenant).await;
        }
        if let Some(claims) = claims {
            token::role(&mut chart, claims, &needs, &families);
        }
    }
    tenant.id = tenant.id.or(id.map(|id| id.to_string()));
    let identity = claims.flatten().map(|claims| Identity {
        kind: match claims.is_delegated() {
            true => IdentityKind::Person,
            false => IdentityKind::Application,
        },
        name: claims.name().map(str::to_owned),
        app_id: claims.app_id().map(str::to_owned),
    });
    DoctorDocument {
        purpose: subject.purpose,
        cloud: subject.http.endpoints.cloud(),
        tenant,
        credential,
        identity,
        summary: chart.summary(),
        cause: chart.cause(),
        items: chart.into_checks(),
    }
}

/// Returns the families that manifests use; all of them where the manifests cannot be read.
fn families(subject: &Subject<'_>) -> Vec<&'static Family> {
    match &subject.manifests {
        Some(manifests) => families_read(manifests, subject.ownership),
        None => FAMILIES.to_vec(),
    }
}

fn manifests(chart: &mut Chart, subject: &Subject<'_>) {
    match subject.manifests.as_deref() {
        Some([_]) => chart.ok("manifests", "1 manifest"),
        Some(all) => chart.ok("manifests", format!("{} manifests", all.len())),
        None => {
            chart.missing_code(
                "manifests",
                "manifest/invalid",
                "they have errors, so what they need is not known",
            );
        }
    }
}

/// Finds the tenant's id, which a domain has to be asked for. Without the sign-in service there is no use in it.
async fn tenant_id(chart: &mut Chart, subject: &Subject<'_>) -> Option<Uuid> {
    if chart.is_missing("login") {
        credential_alone(chart, subject);
        return None;
    }
    match auth::tenant::id_of(subject.tenant, subject.caller).await {
        Ok(id) => {
            if Uuid::try_parse(subject.tenant).is_err() {
                chart.ok("tenant", id.to_string());
            }
            Some(id)
        }
        Err(error) => {
            let entry = failure::of_sign_in(&error);
            chart.blame(entry, "tenant", &error.to_string());
            credential_alone(chart, subject);
            None
        }
    }
}

/// Says of a credential that cannot be tried whether there is one.
fn credential_alone(chart: &mut Chart, subject: &Subject<'_>) {
    match &subject.credential {
        Ok((words, _)) => {
            let detail = format!("{words}: not tried, because of what is missing above");
            chart.unknown("credential", detail, Vec::new());
        }
        Err(error) => no_token(chart, error),
    }
}

/// Puts down why there is no token.
fn no_token(chart: &mut Chart, error: &AuthError) {
    let entry = failure::of_sign_in(error);
    chart.blame(entry, "credential", &error.to_string());
    chart.advise("credential", error.hints());
}

/// Gets a token, and reads what it says of itself: `None` without a token, `Some(None)` for one that says nothing.
async fn sign_in(chart: &mut Chart, subject: &Subject<'_>) -> Option<Option<Claims>> {
    let token = match &subject.credential {
        Ok((_, tokens)) => tokens.token().await,
        Err(error) => Err(error.clone()),
    };
    match token {
        Ok(token) => {
            let claims = Claims::of(&token);
            let name = claims.as_ref().and_then(Claims::name);
            let words = subject.credential.as_ref().map(|(words, _)| words.as_str());
            let words = words.unwrap_or_default();
            chart.ok(
                "credential",
                match name {
                    Some(name) => format!("{words}: signed in as {name}"),
                    None => format!("{words}: there is a token"),
                },
            );
            Some(claims)
        }
        Err(error) => {
            no_token(chart, &error);
            None
        }
    }
}
