//! The plan that an apply must match, because it was reviewed before.

use super::error::ApplyError;
use super::outcome::Item;
use super::saved;
use crate::error::{Error, ErrorKind};
use crate::manifest::Address;
use crate::manifest::tenant_file::GuardSpec;
use crate::plan::{Plan, PlanOptions, Planned, Summary, TenantRef, risk};

/// The plan that an apply must match.
#[derive(Debug)]
pub enum ExpectedPlan {
    /// Any plan.
    Any,
    /// The plan with this digest.
    Digest(String),
    /// A saved plan, or what is left of it.
    Saved(Box<Plan>),
}

/// Why a plan may not be applied: it is not the expected one.
#[derive(Debug, thiserror::Error)]
pub enum UnexpectedPlan {
    /// The saved plan is of another tenant.
    #[error("the plan is of the tenant {} ({}), and these manifests are of {} ({}); nothing was written", .expected.tenant_id, .expected.cloud, .actual.tenant_id, .actual.cloud)]
    Tenant {
        /// The tenant of the saved plan.
        expected: TenantRef,
        /// The tenant of the manifests.
        actual: TenantRef,
    },
    /// The plan has another digest.
    #[error(
        "the plan has another digest now, so nothing was written\n  reviewed {expected}\n  now      {actual}"
    )]
    Digest {
        /// The digest that was given.
        expected: String,
        /// The plan's digest.
        actual: String,
    },
    /// The saved plan differs, and was made with other types or facts.
    #[error(
        "the saved plan was made by a release of Moorline that knows other types, and the plan differs now; nothing was written"
    )]
    Undeclared,
    /// Objects changed since the plan was saved.
    #[error(transparent)]
    Stale(ApplyError),
}

impl UnexpectedPlan {
    /// Returns the error for the user, with what to do about it.
    pub fn into_error(self) -> Error {
        let (code, hint) = match self {
            Self::Stale(error) => return error.into_error(),
            Self::Tenant { .. } => (
                "plan/another-tenant",
                "Give the folder that the plan was made from as PATH, and the plan as `--plan`.",
            ),
            Self::Digest { .. } => (
                "plan/another-digest",
                "The tenant, the manifests, `--only` or Moorline's release changed: review the plan above, and give its digest if it is what you want.",
            ),
            Self::Undeclared => {
                ("plan/another-release", "Use the same release for both, or save the plan again.")
            }
        };
        Error::new(ErrorKind::Stale, code, self.to_string()).hint(hint)
    }
}

impl ExpectedPlan {
    /// Checks that a saved plan is of a tenant.
    ///
    /// # Errors
    /// When it is of another one.
    pub fn check_tenant(&self, actual: TenantRef) -> Result<(), UnexpectedPlan> {
        if let Self::Saved(plan) = self
            && (&plan.tenant.tenant_id, &plan.tenant.cloud) != (&actual.tenant_id, &actual.cloud)
        {
            return Err(UnexpectedPlan::Tenant { expected: plan.tenant.clone(), actual });
        }
        Ok(())
    }

    /// Returns the options to plan with: those that a saved plan was made with, else the given ones.
    ///
    /// # Errors
    /// When a saved plan has an entry in `rewrite` that is none.
    pub fn options(&self, given: PlanOptions) -> Result<PlanOptions, &'static str> {
        let Self::Saved(plan) = self else {
            return Ok(given);
        };
        let rewrite = plan.rewrite.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let (recreate, leave_masked) = (plan.recreate, !plan.masked_read);
        Ok(PlanOptions { recreate, rewrite, leave_masked, ..given })
    }

    /// Checks a plan against the expected one. Returns what may be applied of it, and the changes that are left out.
    ///
    /// # Errors
    /// When the plan is another one. Stale changes alone are left out with `skip_stale`.
    pub fn enforce(
        &self,
        mut planned: Planned,
        guard: &GuardSpec,
        skip_stale: bool,
    ) -> Result<(Planned, Vec<Item>), UnexpectedPlan> {
        let plan = &mut planned.plan;
        let expected = match self {
            Self::Any => return Ok((planned, Vec::new())),
            Self::Digest(digest) if plan.digest == *digest => return Ok((planned, Vec::new())),
            Self::Digest(digest) => {
                let (expected, actual) = (digest.clone(), plan.digest.clone());
                return Err(UnexpectedPlan::Digest { expected, actual });
            }
            Self::Saved(expected) => expected,
        };
        let stale = saved::moved(expected, plan);
        // Other types matter only where they make another change of what was reviewed.
        if expected.knowledge != plan.knowledge && !stale.is_empty() {
            return Err(UnexpectedPlan::Undeclared);
        }
        if !stale.is_empty() && !skip_stale {
            return Err(UnexpectedPlan::Stale(ApplyError::Stale(stale)));
        }
        let is_stale = |address: &Address| stale.iter().any(|stale| stale.address == *address);
        plan.order.retain(|address| !is_stale(address));
        plan.changes.retain(|change| !is_stale(&change.address));
        plan.summary = Summary::of(&plan.changes);
        plan.limits = risk::limits(plan, planned.pruned.len(), guard);
        plan.digest.clone_from(&expected.digest);
        Ok((planned, stale))
    }
}
