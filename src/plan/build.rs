//! Builds a plan from desired and live state, without any request.

use std::collections::{BTreeMap, BTreeSet};

use super::like::{Judged, LikeObjects};
use super::plan_digest::plan_digest;
use super::planner::Planner;
use super::rewrite::Rewrite;
use super::together::Assignees;
use super::{
    Action, Change, Comparison, Coverage, EarlierRuns, Plan, Planned, Reads, Summary, TenantRef,
    Unmanaged, UnreadUnmanaged, accepted, dependencies, find, ownership, risk, twins,
};
use crate::kinds::Family;
use crate::manifest::{Address, Desired, Manifest, parallel};
use crate::schema::model::Model;
use crate::schema::semantics::{Semantics, Stage};
use crate::tenant::audited::AuditWindow;
use crate::tenant::matching::{Binding, Twin, bind};
use crate::tenant::names::AddingToSandbox;
use crate::tenant::referents::ReferenceTable;
use crate::tenant::{Live, LiveObject, ObjectKey, Resolved, UnreadObject};
use crate::values::digest;

/// Options that limit or widen a plan.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// The `--only` globs, as the plan records them.
    pub only: Vec<String>,
    /// Whether an object whose id is gone is created anew.
    pub recreate: bool,
    /// When the plan is made, RFC 3339.
    pub created_at: String,
    /// The values that are written though they cannot be compared.
    pub rewrite: Vec<Rewrite>,
    /// Families that are read though no manifest declares objects of them any more.
    pub also: Vec<&'static Family>,
    /// Whether masked values stay masked, even where the token may read them.
    pub leave_masked: bool,
    /// Whether the reach of each change is computed.
    pub reach: bool,
    /// How what manifests name is added to the sandbox; `None` for a tenant.
    pub sandbox: Option<AddingToSandbox>,
    /// The journals of the earlier runs of this folder.
    pub earlier: EarlierRuns,
    /// The manifests among those of `--previous` that forbade the deletion of their objects and are gone.
    pub protected_before: Vec<Manifest>,
}

/// Returns the plan that makes the tenant as declared.
///
/// `selected` tells which manifests `--only` left; the others are bound all the same, so that what they
/// manage does not look unmanaged.
pub fn plan(
    desired: &Desired,
    live: &Live,
    selected: impl Fn(&Address) -> bool,
    options: &PlanOptions,
) -> Planned {
    draft(desired, live, selected, options).seal()
}

/// A plan without its digests: something that it depends on may not have been read yet.
pub(crate) struct PlanDraft<'a> {
    /// The plan.
    pub(crate) planned: Planned,
    /// The live state that the changes are planned against.
    live: &'a Live,
    /// The time in which objects may have got other names that explain creates.
    pub(crate) unexplained: Option<AuditWindow>,
}

impl PlanDraft<'_> {
    /// Returns the plan with the digests of the objects that it depends on, and with its own.
    pub(crate) fn seal(mut self) -> Planned {
        let plan = &mut self.planned.plan;
        for change in &mut plan.changes {
            let object = change.object(self.live);
            change.precondition = object.map(|object| object.digest().to_owned());
        }
        plan.digest = plan_digest(plan);
        self.planned
    }
}

/// Returns the plan as far as the state is read by now; otherwise as [`plan`].
pub(crate) fn draft<'a>(
    desired: &Desired,
    live: &'a Live,
    selected: impl Fn(&Address) -> bool,
    options: &PlanOptions,
) -> PlanDraft<'a> {
    let is_ours = |object: &LiveObject| options.earlier.created(object);
    let bindings = bind(&desired.manifests, live, options.recreate, &is_ours);
    let mut referents = ReferenceTable::of(&desired.manifests, live, &bindings, &selected);
    let known = Resolved { referents: &referents, ..live.known() };
    let planner = Planner::new(desired, known, &options.rewrite);
    let manifests = desired.manifests.iter().filter(|manifest| selected(&manifest.address));
    let mut compared: Vec<Comparison> =
        parallel::map(manifests.collect(), |manifest: &Manifest| {
            let binding = bindings.by_address.get(&manifest.address);
            let binding = binding.unwrap_or(&Binding::Missing);
            let mut compared = planner.change(manifest, binding);
            if let Some(object) = binding.object().filter(|object| object.assignments.is_empty()) {
                risk::relax_for_own_create(&mut compared.change.risks, || is_ours(object));
            }
            compared
        });
    let bound = bindings.bound();
    let (planner, bound, earlier) = (&planner, &bound, &options.earlier);
    let like = LikeObjects { desired, planner, live, bound, earlier };
    let Judged { unexplained, warnings: still_there, renamed } = like.judge(&mut compared);
    let orphans = ownership::orphans(desired, live, bound).into_iter();
    let (orphans, left): (Vec<_>, Vec<_>) =
        orphans.partition(|object| ownership::is_declarable(object));
    let left: Vec<String> = left.into_iter().map(ownership::left_warning).collect();
    let orphans = orphans.into_iter().filter(|object| selected(&ownership::address_of(object)));
    let orphans = orphans.filter_map(|object| {
        Some((ownership::manifest_of(object, desired.ownership?), object, None))
    });
    // A run that goes on with another one is limited to what that was to delete.
    let is_selected =
        |twin: &&Twin<'_>| selected(&twin.address) || selected(&ownership::address_of(twin.object));
    let twins: Vec<&Twin<'_>> = bindings.twins.iter().filter(is_selected).collect();
    let mut pruned = Vec::new();
    for (manifest, object, twin_of) in
        orphans.chain(twins.iter().filter_map(|twin| twins::deleted(twin, desired)))
    {
        let mut deletion = planner.change(&manifest, &Binding::Bound(object));
        let is_its = |before: &Manifest| ownership::may_mean(before, object);
        if options.protected_before.iter().any(is_its) || options.earlier.protected(object) {
            deletion.change.risks.push(risk::of_protected());
        }
        deletion.change.twin_of = twin_of;
        compared.push(deletion);
        pruned.push(manifest);
    }
    let twins: Vec<String> = twins.into_iter().map(twins::warning).collect();
    pruned.sort_by(|a, b| a.address.cmp(&b.address));
    compared.sort_by(|a, b| a.change.address.cmp(&b.change.address));
    let take_reads =
        |one: &mut Comparison| (one.change.address.clone(), std::mem::take(&mut one.reads));
    let reads: BTreeMap<Address, Reads> = compared.iter_mut().map(take_reads).collect();
    let mut changes: Vec<Change> = compared.into_iter().map(|one| one.change).collect();
    for manifest in &pruned {
        if let Some(id) = &manifest.id {
            referents.own(manifest.family, &manifest.address, id);
        }
    }
    let assignees = Assignees { desired, live, bindings: &bindings, referents: &referents };
    let apart = assignees.warnings(&selected);
    dependencies::settle(&mut changes, desired, live, &referents);
    let tenant = TenantRef::from(&desired.tenant);
    let mut plan = Plan {
        digest: String::new(),
        knowledge: digest::of_knowledge().to_owned(),
        recreate: options.recreate,
        rewrite: options.rewrite.iter().map(Rewrite::to_string).collect(),
        tenant,
        created_at: options.created_at.clone(),
        only: options.only.clone(),
        order: dependencies::order(&changes),
        masked_read: !live.clear.is_empty(),
        summary: Summary::of(&changes),
        limits: Vec::new(),
        coverage: covered(live, bound, &bindings.unread, &pruned),
        released: Vec::new(),
        no_longer_managed: Vec::new(),
        warnings: [
            bindings.warnings,
            twins,
            apart,
            ownership::tag_warning(desired, &live.names).into_iter().collect(),
            left,
            still_there,
            idle(&options.rewrite, &changes),
            not_open(&changes),
            lacking(desired, &changes),
            accepted::settled(&changes),
        ]
        .concat(),
        changes,
    };
    plan.limits = risk::limits(&plan, pruned.len(), &desired.tenant.spec.guard);
    PlanDraft { planned: Planned { plan, pruned, referents, reads, renamed }, live, unexplained }
}

/// Returns how many live objects these manifests manage, and the others.
pub fn coverage(manifests: &[Manifest], live: &Live) -> Coverage {
    let bindings = bind(manifests, live, false, &|_| false);
    covered(live, &bindings.bound(), &bindings.unread, &[])
}

/// Returns a warning for each object that would be created of a kind that is not open any more.
fn not_open(changes: &[Change]) -> Vec<String> {
    let created = changes.iter().filter(|change| change.action == Action::Create);
    let warnings = created.filter_map(|change| {
        let lifecycle = Semantics::built_in().lifecycle(&change.address.kind)?;
        let words = match lifecycle.state {
            Stage::Closed => {
                format!("new objects of its kind are {} to the console", lifecycle.words())
            }
            Stage::Retired => format!("its kind is {}", lifecycle.words()),
            // The change itself is blocked.
            Stage::Converted => return None,
        };
        let advice = lifecycle.advice();
        let advice = if advice.is_empty() { advice } else { format!("; {advice}") };
        Some(format!("{}: {words}{advice}", change.address))
    });
    warnings.collect()
}

/// Returns a warning for each object that would be created without what makes it of use.
fn lacking(desired: &Desired, changes: &[Change]) -> Vec<String> {
    let created = changes.iter().filter(|change| change.action == Action::Create);
    let warnings = created.filter_map(|change| {
        let manifest = desired.manifest(&change.address)?;
        let structure = Model::of(manifest.version).get(&manifest.address.kind)?;
        let expected = structure.properties.values().filter(|property| property.facts.expected);
        let missing = expected.filter(|property| manifest.spec.get(&property.name).is_none());
        let missing: Vec<String> =
            missing.map(|property| format!("`{}`", property.name)).collect();
        let missing = Some(missing.join(" and ")).filter(|missing| !missing.is_empty())?;
        Some(format!(
            "{}: the new object has no {missing}, which the console asks for; declare it below `spec:`",
            change.address
        ))
    });
    warnings.collect()
}

/// Returns a warning for each `--rewrite-secret` that matches nothing to write.
fn idle(rewrites: &[Rewrite], changes: &[Change]) -> Vec<String> {
    let is_idle = |rewrite: &&Rewrite| {
        let change = find(changes, &rewrite.address);
        !change.is_some_and(|change| change.action == Action::Create || change.rewrites())
    };
    let why = "it matches no declared value that cannot be compared";
    let idle = rewrites.iter().filter(is_idle);
    idle.map(|rewrite| format!("`--rewrite-secret {rewrite}`: {why}")).collect()
}

fn covered(
    live: &Live,
    bound: &BTreeSet<ObjectKey<'_>>,
    unread: &[&UnreadObject],
    pruned: &[Manifest],
) -> Coverage {
    let pruned: BTreeSet<ObjectKey<'_>> =
        pruned.iter().filter_map(|gone| Some((gone.family, gone.id.as_deref()?))).collect();
    let mut unmanaged: Vec<Unmanaged> = live
        .objects
        .iter()
        .filter(|object| !object.family.is_singleton())
        .filter(|object| !bound.contains(&object.key()) && !pruned.contains(&object.key()))
        .map(|object| Unmanaged {
            kind: object.kind.clone(),
            display_name: object.display_name.clone(),
            id: object.id.clone(),
        })
        .collect();
    unmanaged.sort();
    let unread = unread.iter().map(|object| UnreadUnmanaged {
        kind: object.kind.clone(),
        display_name: object.display_name.clone(),
        id: object.id.clone(),
    });
    let unread = unread.collect();
    Coverage { live: live.objects.iter().count(), managed: bound.len(), unmanaged, unread }
}
