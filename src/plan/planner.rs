//! One manifest against one object: what would have to be done, as data.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value as Json};

use super::assignments;
use super::diff::Differ;
use super::links::Linker;
use super::ownership;
use super::requests;
use super::rewrite::{Rewrite, Rewriting};
use super::risk;
use super::show::left_alone;
use super::{Action, Blocked, Change, Comparison, FieldStatus, Reads};
use crate::diagnostic::{Sources, Span};
use crate::kinds::Update;
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::schema::model::{Model, Structure};
use crate::schema::semantics::Semantics;
use crate::tenant::masked::Masked;
use crate::tenant::matching::Binding;
use crate::tenant::{Known, Live, LiveObject};
use crate::values::target_form;

/// Plans one manifest against one object, `None` where there is none yet.
///
/// It is how an apply tells whether something is left to do.
pub fn replan(
    desired: &Desired,
    known: Known<'_>,
    manifest: &Manifest,
    live: Option<&LiveObject>,
) -> Comparison {
    let mut replanned = Planner::new(desired, known).change(manifest, &binding(manifest, live));
    replanned.change.precondition = live.map(|object| object.digest().to_owned());
    replanned
}

/// Compares one manifest with one object. To whom the object belongs is no part of it.
pub fn compare(
    sources: &Sources,
    known: Known<'_>,
    manifest: &Manifest,
    live: Option<&LiveObject>,
) -> Change {
    let planner = Planner { sources, known, owner: None, rewrite: &[] };
    planner.change(manifest, &binding(manifest, live)).change
}

/// Returns the masked values of some of a tenant's objects that a plan compares, for each manifest that knows its
/// object by id or by its present name. For the others only the whole tenant tells which object is theirs.
pub(crate) fn masked(
    desired: &Desired,
    objects: &[LiveObject],
    selected: impl Fn(&Address) -> bool,
    rewrite: &[Rewrite],
) -> BTreeSet<Masked> {
    let marked = objects.iter().filter(|object| object.family.unmask.is_some());
    let marked = marked.filter(|object| object.body.is_marked());
    let marked: HashMap<(&str, &str), &LiveObject> =
        marked.map(|object| ((&*object.kind, &*object.display_name), object)).collect();
    if marked.is_empty() {
        return BTreeSet::new();
    }
    let nothing = Live::default();
    let planner = Planner::new(desired, nothing.known()).rewriting(rewrite);
    let manifests = desired.manifests.iter().filter(|manifest| selected(&manifest.address));
    let masked = manifests.filter_map(|manifest| {
        let known_by = (&*manifest.address.kind, manifest.display_name()?);
        let object = marked.get(&known_by)?;
        let is_its = |id: &String| id.eq_ignore_ascii_case(&object.id);
        manifest.id.as_ref().is_none_or(is_its).then_some(())?;
        Some(planner.change(manifest, &Binding::Bound(object)).reads.masked)
    });
    masked.flatten().collect()
}

fn binding<'a>(manifest: &Manifest, live: Option<&'a LiveObject>) -> Binding<'a> {
    match live {
        Some(object) if object.kind == manifest.address.kind => Binding::Bound(object),
        Some(object) => Binding::Retyped(object),
        None => Binding::Missing,
    }
}

/// What one manifest is compared with the tenant by.
pub(super) struct Planner<'a> {
    sources: &'a Sources,
    known: Known<'a>,
    /// To whom the objects belong, and where that is declared.
    owner: Option<(&'a OwnershipSpec, Span)>,
    /// What is written though it cannot be compared.
    rewrite: &'a [Rewrite],
}

impl<'a> Planner<'a> {
    pub(super) fn new(desired: &'a Desired, known: Known<'a>) -> Self {
        Self {
            sources: &desired.sources,
            owner: desired.tenant.spec.ownership.as_ref().zip(desired.ownership),
            rewrite: &[],
            known,
        }
    }

    /// Lets this be written though it cannot be compared.
    pub(super) fn rewriting(self, rewrite: &'a [Rewrite]) -> Self {
        Self { rewrite, ..self }
    }

    /// Returns what would have to be done, without the digest of what it depends on.
    pub(super) fn change(&self, manifest: &Manifest, binding: &Binding<'_>) -> Comparison {
        let mut change = self.nothing(manifest, binding);
        let mut masked = BTreeSet::new();
        match (manifest.presence, binding) {
            (_, Binding::Blocked(why)) => {
                let location = Some(change.location.clone());
                change.blocked.push(Blocked { location, ..why.clone() });
            }
            (Presence::Absent, Binding::Missing) => {}
            (Presence::Absent, Binding::Bound(object) | Binding::Retyped(object)) => {
                change.action = Action::Delete;
                change.requests.push(requests::delete(manifest, &object.id));
                protect(manifest, &mut change);
            }
            (Presence::Present, Binding::Missing) if manifest.family.is_singleton() => {
                change.blocked.push(Blocked {
                    code: "match/no-singleton".to_owned(),
                    message: format!("the tenant did not answer its `{}`", manifest.address.kind),
                    help: format!(
                        "every tenant has one: check that the app has `{}`",
                        manifest.family.read_permission
                    ),
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
                masked = self.update(manifest, object, &mut change);
            }
        }
        change.risks.extend(risk::of_action(change.action, binding.object()));
        if !change.blocked.is_empty() {
            change.requests.clear();
        }
        let links = binding.object().map(|object| object.links.keys().cloned().collect());
        Comparison { change, reads: Reads { masked, links: links.unwrap_or_default() } }
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
            last_modified: object.and_then(|object| object.last_modified().map(str::to_owned)),
            twin_of: None,
            reach: None,
        }
    }

    /// Creates an object; `assigned` is what the one that it replaces is assigned to.
    fn create(&self, manifest: &Manifest, assigned: &[Json], change: &mut Change) {
        let Some((model, structure)) = self.types(manifest, change) else {
            return;
        };
        let mut differ = Differ::new(model, self.sources, self.known);
        let spec = ownership::claim(self.owner, self.known.names, &structure, &manifest.spec, None);
        let mut properties = differ.root(&structure, &spec, None);
        change.action = Action::Create;
        change.fields = differ.fields;
        change.blocked.extend(differ.blocked);
        self.rules(manifest, &Json::Null, &properties, change);
        change.risks.extend(risk::of_family(manifest.family, None, &properties));
        properties.extend(self.linker().create(manifest, change));
        change.requests.push(requests::create(manifest, properties));
        self.assign(manifest, requests::NEW_ID, assigned, change);
    }

    /// Updates an object; returns its masked values that are compared.
    fn update(
        &self,
        manifest: &Manifest,
        object: &LiveObject,
        change: &mut Change,
    ) -> BTreeSet<Masked> {
        let Some((model, structure)) = self.types(manifest, change) else {
            return BTreeSet::new();
        };
        let mut differ = Differ::new(model, self.sources, self.known);
        differ.rewriting = Rewriting::of(&manifest.address, self.rewrite);
        differ.object = Some(object.key());
        let body = object.body.value();
        let live = Some(&body);
        let spec = ownership::claim(self.owner, self.known.names, &structure, &manifest.spec, live);
        let mut properties = differ.root(&structure, &spec, live);
        change.fields = differ.fields;
        let masked = differ.masked;
        change.blocked.extend(differ.blocked);
        change.left_alone = left_alone(model, &structure, &spec, &body);
        lock(manifest, &body, change, &mut properties);
        properties.retain(|name, _| {
            change
                .with_status(FieldStatus::Change)
                .any(|field| field.path.top() == Some(name.as_str()))
        });
        self.rules(manifest, &body, &properties, change);
        if !properties.is_empty() {
            change.action = Action::Update;
            self.write(manifest, (&object.id, &body), properties, change);
        }
        let links = self.linker().update(manifest, object, change);
        if !links.is_empty() {
            change.action = Action::Update;
            change.requests.extend(links);
        }
        self.assign(manifest, &object.id, &object.assignments, change);
        masked
    }

    /// Writes properties that differ: the body as the family's update does, and by its action each that has one.
    fn write(
        &self,
        manifest: &Manifest,
        (id, live): (&str, &Json),
        properties: Map<String, Json>,
        change: &mut Change,
    ) {
        let family = manifest.family;
        change.risks.extend(risk::of_family(family, Some(live), &properties));
        let (acted, body): (Map<_, _>, Map<_, _>) =
            properties.into_iter().partition(|(name, _)| family.action(name).is_some());
        match family.update {
            _ if body.is_empty() => {}
            Update::Put { required, .. } => replace(manifest, (id, live), required, &body, change),
            Update::Patch => change.requests.push(requests::patch(manifest, id, body)),
        }
        for (name, value) in acted {
            if let Some(action) = family.action(&name) {
                change.requests.push(requests::act(manifest, action, id, value));
            }
        }
    }

    fn linker(&self) -> Linker<'_> {
        Linker { sources: self.sources, known: self.known }
    }

    fn assign(&self, manifest: &Manifest, id: &str, live: &[Json], change: &mut Change) {
        let names = self.known.names;
        let is_new = id == requests::NEW_ID;
        let (Some(declared), Some(assign)) = (&manifest.assignments, &manifest.family.assign)
        else {
            return;
        };
        let blocked = change.blocked.len();
        let targets = assignments::declared(declared, names, self.sources, &mut change.blocked);
        if change.blocked.len() > blocked {
            // What a name stands for is unknown, and so is whether it differs.
            return;
        }
        change.assignments = assignments::compare(&targets, live, names);
        let after: Vec<Json> = targets.iter().map(|(target, _)| target_form(target)).collect();
        let before: Vec<Json> = live.iter().map(target_form).collect();
        change.risks.extend(risk::of_assignments(&change.assignments, &before, &after));
        let differs = !change.assignments.is_empty();
        if differs && change.action == Action::None {
            change.action = Action::Update;
        }
        if differs || is_new && !targets.is_empty() {
            let targets = targets.into_iter().map(|(target, _)| target);
            change.requests.push(requests::assign(manifest, assign, id, targets));
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
            let number =
                |name: &str| properties.get(name).or_else(|| live.get(name)).and_then(Json::as_f64);
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
                message: format!("Graph {} has no `{}`", manifest.version, manifest.address.kind),
                help: "`moorline kinds` lists them all".to_owned(),
                location: Some(change.location.clone()),
            });
        }
        Some((model, structure?))
    }
}

/// Replaces an object whole, unless that would take away what the manifest's version cannot say.
fn replace(
    manifest: &Manifest,
    (id, live): (&str, &Json),
    required: &[&str],
    properties: &Map<String, Json>,
    change: &mut Change,
) {
    match requests::put(manifest, id, live, required, properties) {
        Ok(planned) => change.requests.push(planned),
        Err(lost) => {
            let lost: Vec<String> = lost.iter().map(|name| format!("`{name}`")).collect();
            change.blocked.push(Blocked {
                code: "manifest/version-loses".to_owned(),
                message: format!(
                    "the object would be replaced, and Graph {} cannot say {} of it",
                    manifest.version,
                    lost.join(" and ")
                ),
                help: "write the manifest for beta: `apiVersion: graph.microsoft.com/beta`"
                    .to_owned(),
                location: Some(change.location.clone()),
            });
        }
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
        message: format!(
            "the {} `{}` would be deleted and made anew as a {}, and its assignments are not declared",
            object.kind, object.display_name, manifest.address.kind
        ),
        help: "correct `kind` or `metadata.id` if another object is meant; else declare `assignments:` as they are to be; \
               `[]` assigns it to nobody"
            .to_owned(),
        location: Some(change.location.clone()),
    });
}

/// Blocks a deletion that the manifest forbids, or that Graph does not have.
fn protect(manifest: &Manifest, change: &mut Change) {
    let what = match change.action {
        Action::Replace => "the object would have to be deleted and made anew",
        _ => "the object would be deleted",
    };
    if !manifest.family.deletable {
        change.blocked.push(Blocked {
            code: "manifest/undeletable".to_owned(),
            message: format!("{what}, and Graph has no call for that"),
            help: "pin another object by `metadata.id`, or remove the manifest".to_owned(),
            location: Some(change.location.clone()),
        });
    }
    if !manifest.protect {
        return;
    }
    change.blocked.push(Blocked {
        code: "manifest/protected".to_owned(),
        message: format!("{what}, and `metadata.protect` forbids it"),
        help: "remove `protect: true` from the manifest first, in a change of its own".to_owned(),
        location: Some(change.location.clone()),
    });
}

/// What the service has locked stays as it is, and the other properties apply.
fn lock(manifest: &Manifest, live: &Json, change: &mut Change, properties: &mut Map<String, Json>) {
    for lock in manifest.family.locks {
        let member = live.get(lock.property).and_then(|value| value.get(lock.unless));
        if member != Some(&Json::Bool(false)) {
            continue;
        }
        properties.remove(lock.property);
        for field in
            change.fields.iter_mut().filter(|field| field.path.top() == Some(lock.property))
        {
            if field.status == FieldStatus::Change {
                field.status = FieldStatus::Blocked;
                field.reason = Some(lock.why.to_owned());
            }
        }
    }
}
