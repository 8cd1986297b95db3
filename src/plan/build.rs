//! Desired and live state in, plan out. Nothing here waits or asks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::assignments::{self, target_form};
use super::dependencies;
use super::diff::Differ;
use super::digest;
use super::links::Linker;
use super::ownership;
use super::requests;
use super::rewrite::{Rewrite, Rewriting};
use super::risk;
use super::seal::seal;
use super::show::left_alone;
use super::{Action, Blocked, Change, Coverage, FieldStatus, Plan, Summary, TenantRef, Unmanaged};
use crate::diagnostic::Sources;
use crate::graph::request::Method;
use crate::kinds::Cardinality;
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::schema::model::{Model, Structure};
use crate::schema::semantics::Semantics;
use crate::tenant::masked::Masked;
use crate::tenant::matching::{Binding, Bindings, bind};
use crate::tenant::referents::Referents;
use crate::tenant::{Known, Live, LiveObject};

/// What limits or widens a plan.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The `--only` globs, as recorded.
    pub only: Vec<String>,
    /// Whether an object whose id is gone is created anew.
    pub recreate: bool,
    /// When the plan is made, RFC 3339.
    pub created_at: String,
    /// What is written though it cannot be compared.
    pub rewrite: Vec<Rewrite>,
    /// Families that are read though no manifest is of them any more.
    pub also: Vec<Cardinality>,
    /// Whether masked values stay masked, even where the token may read them.
    pub leave_masked: bool,
    /// Whether it is counted whom the changes reach.
    pub reach: bool,
}

/// Returns what must be done so that the tenant is as declared.
///
/// `selected` tells which manifests `--only` left; the others are bound all the same, so that what they
/// manage does not look unmanaged.
pub fn plan(
    desired: &Desired,
    live: &Live,
    selected: impl Fn(&Address) -> bool,
    options: &Options,
) -> Plan {
    draft(desired, live, selected, options).seal()
}

/// A plan that may still be missing something: it holds no digest, so nothing can be held to it.
pub(crate) struct Draft<'a> {
    plan: Plan,
    /// What its changes are planned against.
    against: BTreeMap<Address, &'a LiveObject>,
}

impl Draft<'_> {
    /// Returns what would be done.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the plan with the digests of what it depends on, and with its own.
    pub(crate) fn seal(mut self) -> Plan {
        for change in &mut self.plan.changes {
            let object = self.against.get(&change.address);
            change.precondition = object.map(|object| object.digest());
        }
        self.plan.digest = seal(&self.plan);
        self.plan
    }
}

/// Returns what must be done as far as it is known by now; otherwise as [`plan`].
pub(crate) fn draft<'a>(
    desired: &Desired,
    live: &'a Live,
    selected: impl Fn(&Address) -> bool,
    options: &Options,
) -> Draft<'a> {
    let bindings = bind(&desired.manifests, live, options.recreate);
    let mut referents = Referents::of(&desired.manifests, live, &bindings, &selected);
    let planner = Planner {
        rewrite: &options.rewrite,
        ..Planner::new(
            desired,
            Known {
                referents: &referents,
                ..live.known()
            },
        )
    };
    let mut changes: Vec<Change> = desired
        .manifests
        .iter()
        .filter(|manifest| selected(&manifest.address))
        .map(|manifest| {
            planner.change(
                manifest,
                bindings
                    .by_address
                    .get(&manifest.address)
                    .unwrap_or(&Binding::Missing),
            )
        })
        .collect();
    let bound = bound(&bindings);
    let of_binding = |(address, binding): (&Address, &Binding<'a>)| {
        binding.object().map(|object| (address.clone(), object))
    };
    let mut against: BTreeMap<Address, &LiveObject> =
        bindings.by_address.iter().filter_map(of_binding).collect();
    let mut pruned: Vec<Manifest> = match desired.ownership {
        Some(span) => ownership::orphans(desired, live, &bound)
            .into_iter()
            .map(|object| (ownership::manifest_of(object, span), object))
            .filter(|(manifest, _)| selected(&manifest.address))
            .map(|(manifest, object)| {
                changes.push(planner.change(&manifest, &Binding::Bound(object)));
                against.insert(manifest.address.clone(), object);
                manifest
            })
            .collect(),
        None => Vec::new(),
    };
    pruned.sort_by(|a, b| a.address.cmp(&b.address));
    changes.sort_by(|a, b| a.address.cmp(&b.address));
    for manifest in &pruned {
        referents.own(&manifest.address, manifest.id.as_deref());
    }
    dependencies::settle(&mut changes, desired, live, &referents);
    let tenant = TenantRef::from(&desired.tenant);
    let plan = Plan {
        digest: String::new(),
        knowledge: digest::of_knowledge().to_owned(),
        recreate: options.recreate,
        rewrite: options.rewrite.iter().map(Rewrite::to_string).collect(),
        tenant,
        created_at: options.created_at.clone(),
        only: options.only.clone(),
        order: dependencies::order(&changes),
        masked_read: !live.clear.is_empty(),
        summary: summarise(&changes),
        coverage: covered(live, &bound, &pruned),
        pruned,
        released: Vec::new(),
        no_longer_managed: Vec::new(),
        referents,
        warnings: [bindings.warnings, idle(&options.rewrite, &changes)].concat(),
        changes,
    };
    Draft { plan, against }
}

/// Plans one manifest against one object, `None` where there is none yet.
///
/// It is how an apply tells whether something is left to do.
pub fn replan(
    desired: &Desired,
    known: Known<'_>,
    manifest: &Manifest,
    live: Option<&LiveObject>,
) -> Change {
    let change = Planner::new(desired, known).change(manifest, &binding(manifest, live));
    Change {
        precondition: live.map(LiveObject::digest),
        ..change
    }
}

/// Compares one manifest with one object. To whom the object belongs is no part of it.
pub fn compare(
    sources: &Sources,
    known: Known<'_>,
    manifest: &Manifest,
    live: Option<&LiveObject>,
) -> Change {
    let planner = Planner {
        sources,
        known,
        owner: None,
        rewrite: &[],
    };
    planner.change(manifest, &binding(manifest, live))
}

fn binding<'a>(manifest: &Manifest, live: Option<&'a LiveObject>) -> Binding<'a> {
    match live {
        Some(object) if object.kind == manifest.address.kind => Binding::Bound(object),
        Some(object) => Binding::Retyped(object),
        None => Binding::Missing,
    }
}

/// Returns how these manifests cover what a tenant holds.
pub fn coverage(manifests: &[Manifest], live: &Live) -> Coverage {
    covered(live, &bound(&bind(manifests, live, false)), &[])
}

struct Planner<'a> {
    sources: &'a Sources,
    known: Known<'a>,
    owner: Option<&'a OwnershipSpec>,
    rewrite: &'a [Rewrite],
}

impl<'a> Planner<'a> {
    fn new(desired: &'a Desired, known: Known<'a>) -> Self {
        Self {
            sources: &desired.sources,
            owner: desired.tenant.spec.ownership.as_ref(),
            rewrite: &[],
            known,
        }
    }

    fn change(&self, manifest: &Manifest, binding: &Binding<'_>) -> Change {
        let mut change = self.nothing(manifest, binding);
        match (manifest.presence, binding) {
            (_, Binding::Blocked(why)) => {
                let location = Some(change.location.clone());
                change.blocked.push(Blocked {
                    location,
                    ..why.clone()
                });
            }
            (Presence::Absent, Binding::Missing) => {}
            (Presence::Absent, Binding::Bound(object) | Binding::Retyped(object)) => {
                change.action = Action::Delete;
                change.requests.push(requests::delete(manifest, &object.id));
                protect(manifest, &mut change);
            }
            (Presence::Present, Binding::Missing)
                if manifest.family.cardinality == Cardinality::Singleton =>
            {
                change.blocked.push(Blocked {
                    code: "match/no-singleton".to_owned(),
                    message: format!("the tenant did not answer its `{}`", manifest.address.kind),
                    help: "every tenant has one: check that the app has `Policy.Read.DeviceConfiguration`"
                        .to_owned(),
                    location: None,
                });
            }
            (Presence::Present, Binding::Missing) => self.create(manifest, &[], &mut change),
            (Presence::Present, Binding::Retyped(object)) => {
                change.requests.push(requests::delete(manifest, &object.id));
                self.create(manifest, &object.assignments, &mut change);
                change.action = Action::Replace;
                protect(manifest, &mut change);
                keep_assigned(manifest, object, &mut change);
            }
            (Presence::Present, Binding::Bound(object)) => {
                self.update(manifest, object, &mut change)
            }
        }
        change.risks.extend(risk::of_action(change.action));
        if !change.blocked.is_empty() {
            change.requests.clear();
        }
        change
    }

    fn nothing(&self, manifest: &Manifest, binding: &Binding<'_>) -> Change {
        let object = binding.object();
        let declared_name = manifest.display_name().map(str::to_owned);
        Change {
            address: manifest.address.clone(),
            location: self.sources.locate(manifest.span),
            id: object.map(|object| object.id.clone()),
            display_name: declared_name
                .or(object.map(|o| o.display_name.clone()))
                .unwrap_or_default(),
            action: Action::None,
            fields: Vec::new(),
            assignments: Vec::new(),
            left_alone: Vec::new(),
            requests: Vec::new(),
            precondition: None,
            risks: Vec::new(),
            blocked: Vec::new(),
            depends_on: Vec::new(),
            masked: BTreeSet::new(),
            links: object
                .map(|o| o.links.keys().cloned().collect())
                .unwrap_or_default(),
            last_modified: object.and_then(|object| object.last_modified().map(str::to_owned)),
            reach: None,
        }
    }

    /// Creates an object; `assigned` is what the one that it replaces is assigned to.
    fn create(&self, manifest: &Manifest, assigned: &[Json], change: &mut Change) {
        let Some((model, structure)) = self.types(manifest, change) else {
            return;
        };
        let mut differ = Differ::new(model, self.sources, self.known);
        let spec = ownership::claim(
            self.owner,
            self.known.names,
            &structure,
            &manifest.spec,
            None,
        );
        let mut properties = differ.root(&structure, &spec, None);
        change.action = Action::Create;
        change.fields = differ.fields;
        change.blocked.extend(differ.blocked);
        self.rules(manifest, &Json::Null, &properties, change);
        properties.extend(self.linker().create(manifest, change));
        change.requests.push(requests::create(manifest, properties));
        self.assign(manifest, requests::NEW_ID, assigned, change);
    }

    fn update(&self, manifest: &Manifest, object: &LiveObject, change: &mut Change) {
        let Some((model, structure)) = self.types(manifest, change) else {
            return;
        };
        let mut differ = Differ::new(model, self.sources, self.known);
        differ.rewriting = Rewriting::of(&manifest.address, self.rewrite);
        let live = Some(&object.body);
        let spec = ownership::claim(
            self.owner,
            self.known.names,
            &structure,
            &manifest.spec,
            live,
        );
        let mut properties = differ.root(&structure, &spec, live);
        change.fields = differ.fields;
        change.masked = differ
            .masked
            .into_iter()
            .map(|reference| Masked {
                object: object.id.clone(),
                reference,
            })
            .collect();
        change.blocked.extend(differ.blocked);
        change.left_alone = left_alone(model, &structure, &spec, &object.body);
        lock(manifest, object, change, &mut properties);
        properties.retain(|name, _| {
            change
                .with_status(FieldStatus::Change)
                .any(|field| field.path.top() == Some(name.as_str()))
        });
        self.rules(manifest, &object.body, &properties, change);
        if !properties.is_empty() {
            change.action = Action::Update;
            change.requests.push(match manifest.family.update {
                Method::Put => {
                    let request = requests::put(manifest, &object.body, &properties);
                    let after = request.body.clone().unwrap_or_default();
                    change
                        .risks
                        .extend(risk::of_registration(&object.body, &after));
                    request
                }
                _ => requests::patch(manifest, &object.id, properties),
            });
        }
        let links = self.linker().update(manifest, object, change);
        if !links.is_empty() {
            change.action = Action::Update;
            change.requests.extend(links);
        }
        self.assign(manifest, &object.id, &object.assignments, change);
    }

    fn linker(&self) -> Linker<'_> {
        Linker {
            sources: self.sources,
            known: self.known,
        }
    }

    fn assign(&self, manifest: &Manifest, id: &str, live: &[Json], change: &mut Change) {
        let names = self.known.names;
        let is_new = id == requests::NEW_ID;
        let Some(declared) = &manifest.assignments else {
            return;
        };
        let blocked = change.blocked.len();
        let targets = assignments::declared(declared, names, self.sources, &mut change.blocked);
        if change.blocked.len() > blocked {
            // What a name stands for is unknown, and so is whether it differs.
            return;
        }
        change.assignments = assignments::compare(&targets, live, names);
        let after: Vec<Json> = targets
            .iter()
            .map(|(target, _)| target_form(target))
            .collect();
        let before: Vec<Json> = live.iter().map(target_form).collect();
        change
            .risks
            .extend(risk::of_assignments(&change.assignments, &before, &after));
        let differs = !change.assignments.is_empty();
        if differs && change.action == Action::None {
            change.action = Action::Update;
        }
        if differs || is_new && !targets.is_empty() {
            let targets = targets.into_iter().map(|(target, _)| target);
            change
                .requests
                .push(requests::assign(manifest, id, targets));
        }
    }

    /// Cross-field rules hold for what the object would be, not only for what is declared of it.
    fn rules(
        &self,
        manifest: &Manifest,
        live: &Json,
        properties: &Map<String, Json>,
        change: &mut Change,
    ) {
        for rule in Semantics::built_in().rules(&manifest.address.kind) {
            let number = |name: &str| {
                properties
                    .get(name)
                    .or_else(|| live.get(name))
                    .and_then(Json::as_f64)
            };
            let [lower, upper] = &rule.not_greater;
            let touched = properties.contains_key(lower) || properties.contains_key(upper);
            if let (true, Some(low), Some(high)) = (touched, number(lower), number(upper))
                && low > high
            {
                change.blocked.push(Blocked {
                    code: rule.code.clone(),
                    message: format!("`{lower}` would be {low} and `{upper}` {high} in the tenant"),
                    help: format!("{} Declare both.", rule.why),
                    location: Some(change.location.clone()),
                });
            }
        }
    }

    fn types(
        &self,
        manifest: &Manifest,
        change: &mut Change,
    ) -> Option<(&'static Model, std::sync::Arc<Structure>)> {
        let model = Model::of(manifest.version);
        let structure = model.get(&manifest.address.kind);
        if structure.is_none() {
            change.blocked.push(Blocked {
                code: "manifest/unknown-kind".to_owned(),
                message: format!(
                    "Graph {} has no `{}`",
                    manifest.version, manifest.address.kind
                ),
                help: "`moorline kinds` lists them all".to_owned(),
                location: Some(change.location.clone()),
            });
        }
        Some((model, structure?))
    }
}

/// An object that is made anew is assigned as it is declared, or to nobody: nothing else would survive a run that
/// ends half way.
fn keep_assigned(manifest: &Manifest, object: &LiveObject, change: &mut Change) {
    if manifest.assignments.is_some() || object.assignments.is_empty() {
        return;
    }
    change.blocked.push(Blocked {
        code: "assignment/undeclared".to_owned(),
        message: "the object would be made anew, and its assignments are not declared".to_owned(),
        help: "declare `assignments:` as they are to be; `[]` assigns it to nobody".to_owned(),
        location: Some(change.location.clone()),
    });
}

fn protect(manifest: &Manifest, change: &mut Change) {
    if !manifest.protect {
        return;
    }
    let what = match change.action {
        Action::Replace => "the object would have to be deleted and made anew",
        _ => "the object would be deleted",
    };
    change.blocked.push(Blocked {
        code: "manifest/protected".to_owned(),
        message: format!("{what}, and `metadata.protect` forbids it"),
        help: "remove `protect: true` from the manifest first, in a change of its own".to_owned(),
        location: Some(change.location.clone()),
    });
}

/// What the service has locked stays as it is, and the other properties apply.
fn lock(
    manifest: &Manifest,
    object: &LiveObject,
    change: &mut Change,
    properties: &mut Map<String, Json>,
) {
    for lock in manifest.family.locked {
        let member = object
            .body
            .get(lock.property)
            .and_then(|value| value.get(lock.unless));
        if member != Some(&Json::Bool(false)) {
            continue;
        }
        properties.remove(lock.property);
        for field in change
            .fields
            .iter_mut()
            .filter(|field| field.path.top() == Some(lock.property))
        {
            if field.status == FieldStatus::Change {
                field.status = FieldStatus::Blocked;
                field.reason = Some(lock.why.to_owned());
            }
        }
    }
}

pub(super) fn summarise(changes: &[Change]) -> Summary {
    let mut summary = Summary::default();
    for change in changes {
        let fields = |status| change.with_status(status).count();
        summary.blocked_fields += fields(FieldStatus::Blocked);
        summary.unverifiable_fields += fields(FieldStatus::Unverifiable);
        if !change.blocked.is_empty() {
            summary.blocked_changes += 1;
            continue;
        }
        match change.action {
            Action::Create => summary.create += 1,
            Action::Replace => summary.replace += 1,
            Action::Delete => summary.delete += 1,
            Action::None => summary.unchanged += 1,
            Action::Update => {
                summary.update += usize::from(fields(FieldStatus::Change) > 0);
                summary.assignment_changes += usize::from(!change.assignments.is_empty());
            }
        }
    }
    summary
}

/// Returns a warning for each secret that there was no reason to write again.
fn idle(rewrites: &[Rewrite], changes: &[Change]) -> Vec<String> {
    let is_idle = |rewrite: &&Rewrite| {
        let change = changes
            .iter()
            .find(|change| change.address == rewrite.address);
        !change.is_some_and(|change| change.action == Action::Create || change.rewrites())
    };
    let idle = rewrites.iter().filter(is_idle);
    idle.map(|rewrite| {
        format!("`--rewrite-secret {rewrite}`: nothing of it is declared that cannot be compared")
    })
    .collect()
}

fn bound<'a>(bindings: &Bindings<'a>) -> BTreeSet<&'a str> {
    let objects = bindings.by_address.values().filter_map(Binding::object);
    objects.map(|object| object.id.as_str()).collect()
}

fn covered(live: &Live, bound: &BTreeSet<&str>, pruned: &[Manifest]) -> Coverage {
    let is_pruned = |object: &LiveObject| {
        pruned
            .iter()
            .any(|manifest| manifest.id.as_deref() == Some(&object.id))
    };
    let mut unmanaged: Vec<Unmanaged> = live
        .objects
        .iter()
        .filter(|object| !bound.contains(object.id.as_str()) && !is_pruned(object))
        .map(|object| Unmanaged {
            kind: object.kind.clone(),
            display_name: object.display_name.clone(),
            id: object.id.clone(),
        })
        .collect();
    unmanaged.sort();
    let all = live.objects.len() + usize::from(live.policy.is_some());
    Coverage {
        live: all,
        managed: bound.len(),
        unmanaged,
    }
}
