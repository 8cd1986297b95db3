//! Compares one manifest with one object, and plans the change.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value as Json};

use super::accepted::Acceptances;
use super::diff::Differ;
use super::rewrite::Rewrite;
use super::show::left_alone;
use super::{Action, Blocked, Change, Comparison, FieldStatus, Reads, Step};
use super::{assignments, ownership, requests, risk};
use crate::definitions::SettingCatalogue;
use crate::diagnostic::{Sources, Span};
use crate::kinds::Update;
use crate::manifest::tenant_file::OwnershipSpec;
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::schema::model::Model;
use crate::schema::semantics::{Semantics, Stage};
use crate::tenant::masked::Masked;
use crate::tenant::matching::Binding;
use crate::tenant::{Live, LiveObject, Resolved};
use crate::values::target_form;

/// Returns the masked values of some of a tenant's objects that a plan compares, for each manifest that knows its
/// object by id or by its present name. The others are bound once the whole tenant is read.
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
    let planner = Planner::new(desired, nothing.known(), rewrite);
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

/// Compares manifests with objects: the data that all manifests of a run are compared with.
pub struct Planner<'a> {
    pub(super) sources: &'a Sources,
    pub(super) known: Resolved<'a>,
    /// `spec.ownership`, and its place.
    owner: Option<(&'a OwnershipSpec, Span)>,
    /// The values that are written though they cannot be compared.
    rewrite: &'a [Rewrite],
    /// The catalogue of setting definitions.
    catalogue: Option<&'a SettingCatalogue>,
}

impl<'a> Planner<'a> {
    /// Returns a planner for the manifests of a tenant.
    pub fn new(desired: &'a Desired, known: Resolved<'a>, rewrite: &'a [Rewrite]) -> Self {
        let owner = desired.tenant.spec.ownership.as_ref().zip(desired.ownership);
        let catalogue = desired.catalogue.as_deref();
        Self { sources: &desired.sources, known, owner, rewrite, catalogue }
    }

    /// Returns a planner without regard to `spec.ownership`.
    pub(crate) fn without_owner(sources: &'a Sources, known: Resolved<'a>) -> Self {
        Self { sources, known, owner: None, rewrite: &[], catalogue: None }
    }

    /// Plans one manifest against one object, `None` where there is none yet.
    pub fn compare(&self, manifest: &Manifest, live: Option<&LiveObject>) -> Comparison {
        let binding = match live {
            Some(object) if object.kind == manifest.address.kind => Binding::Bound(object),
            Some(object) => Binding::Retyped(object),
            None => Binding::Missing,
        };
        let mut compared = self.change(manifest, &binding);
        compared.change.precondition = live.map(|object| object.digest().to_owned());
        compared
    }

    /// Returns the change, without the digest of the object that it depends on.
    pub(super) fn change(&self, manifest: &Manifest, binding: &Binding<'_>) -> Comparison {
        let object = binding.object();
        let named = manifest.display_name().or(object.map(|object| &*object.display_name));
        let mut builder = ChangeBuilder {
            planner: self,
            manifest,
            change: Change {
                address: manifest.address.clone(),
                location: self.sources.locate(manifest.span),
                id: object.map(|object| object.id.clone()),
                display_name: named.unwrap_or_default().to_owned(),
                last_modified: object.and_then(|object| object.last_modified.clone()),
                ..Change::default()
            },
            masked: BTreeSet::new(),
            with_secrets: Map::new(),
            acceptances: Acceptances::new(&manifest.accepted),
        };
        builder.compare(binding);
        let ChangeBuilder { mut change, masked, acceptances, .. } = builder;
        acceptances.settle(&mut change, self.sources);
        change.risks.extend(risk::of_action(change.action, object));
        if !change.blocked.is_empty() {
            change.requests.clear();
        }
        let links = object.map(|object| object.links.keys().cloned().collect());
        Comparison { change, reads: Reads { masked, links: links.unwrap_or_default() } }
    }
}

/// Builds the change of one manifest.
struct ChangeBuilder<'a> {
    planner: &'a Planner<'a>,
    manifest: &'a Manifest,
    change: Change,
    /// The masked values that are compared.
    masked: BTreeSet<Masked>,
    /// The properties with declared secrets that do not differ as far as that is known.
    with_secrets: Map<String, Json>,
    /// The differences that are accepted.
    acceptances: Acceptances<'a>,
}

impl ChangeBuilder<'_> {
    fn compare(&mut self, binding: &Binding<'_>) {
        let family = self.manifest.family;
        match (self.manifest.presence, binding) {
            (_, Binding::Blocked(why)) => self.change.block(&why.code, &why.message, &why.help),
            (Presence::Absent, Binding::Missing) => {}
            (Presence::Absent, Binding::Bound(object) | Binding::Retyped(object)) => {
                self.change.action = Action::Delete;
                self.change.requests.push(requests::delete(self.manifest, &object.id));
                self.protect("the object would be deleted");
            }
            (Presence::Present, Binding::Missing) if family.is_singleton() => {
                let (kind, permission) = (&self.manifest.address.kind, family.read_permission);
                let message = format!("the tenant did not answer its `{kind}`");
                let help = format!("every tenant has one: check that the app has `{permission}`");
                let blocked = Blocked::new("match/no-singleton", message, help, None);
                self.change.blocked.push(blocked);
            }
            (Presence::Present, Binding::Missing) => self.create(&[]),
            (Presence::Present, Binding::Retyped(object)) => {
                self.change.requests.push(requests::delete(self.manifest, &object.id));
                self.create(&object.assignments);
                self.change.action = Action::Replace;
                self.protect("the object would have to be deleted and created again");
                self.keep_assigned(object);
            }
            (Presence::Present, Binding::Bound(object)) => self.update(object),
        }
    }

    /// Compares the declared properties with those of a live object, and returns those to send.
    fn differences(&mut self, live: Option<(&LiveObject, &Json)>) -> Option<Map<String, Json>> {
        let (manifest, Planner { sources, known, owner, rewrite, .. }) =
            (self.manifest, self.planner);
        let Manifest { version, address, .. } = manifest;
        let model = Model::of(*version);
        let Some(structure) = model.get(&address.kind) else {
            let message = format!("Graph {version} has no `{}`", address.kind);
            self.change.block("manifest/unknown-kind", message, "`moorline kinds` lists them all");
            return None;
        };
        let mut differ = Differ::new(model, sources, *known);
        differ.rewrite = rewrite.iter().filter(|one| one.address == *address).collect();
        differ.catalogue = self.planner.catalogue;
        differ.object = live.map(|(object, _)| object.key());
        if live.is_some() {
            differ.acceptances = Acceptances::new(&manifest.accepted);
        }
        let body = live.map(|(_, body)| body);
        let spec = ownership::claim(*owner, known.names, &structure, &manifest.spec, body);
        let properties = differ.root(&structure, &spec, body);
        let left = body.map(|body| left_alone(model, &structure, &spec, body));
        self.change.left_alone = left.unwrap_or_default();
        self.change.fields = differ.fields;
        self.change.blocked.extend(differ.blocked);
        self.masked = differ.masked;
        self.with_secrets = differ.with_secrets;
        self.acceptances.extend(differ.acceptances);
        Some(properties)
    }

    /// Creates an object; `assigned` has the assignments of the object that it replaces.
    fn create(&mut self, assigned: &[Json]) {
        let manifest = self.manifest;
        let Some(mut properties) = self.differences(None) else {
            return;
        };
        self.change.action = Action::Create;
        self.refuse_converted();
        self.rules(&Json::Null, &properties);
        self.change.risks.extend(risk::of_family(manifest.family, None, &properties));
        properties.extend(self.planner.links_of_new(manifest, &mut self.change));
        self.change.requests.push(requests::create(manifest, properties));
        self.assign(requests::NEW_ID, assigned);
    }

    fn update(&mut self, object: &LiveObject) {
        let body = object.body.value();
        let Some(mut properties) = self.differences(Some((object, &body))) else {
            return;
        };
        self.lock(&body);
        properties.retain(|name, _| {
            let mut changed = self.change.with_status(FieldStatus::Change);
            changed.any(|field| field.path.top() == Some(name.as_str()))
        });
        self.rules(&body, &properties);
        if !properties.is_empty() {
            self.change.action = Action::Update;
            if matches!(self.manifest.family.update, Update::Put { .. }) {
                // A secret is known to its manifest alone: what the tenant shows instead of it must not be sent back.
                properties.append(&mut self.with_secrets);
            }
            self.write((&object.id, &body), properties);
        }
        let accepted = &mut self.acceptances;
        let links = self.planner.links(self.manifest, object, &mut self.change, accepted);
        if !links.is_empty() {
            self.change.action = Action::Update;
            self.change.requests.extend(links);
        }
        self.assign(&object.id, &object.assignments);
    }

    /// Writes properties that differ: those with an action of the family by that action, the others by its update.
    fn write(&mut self, (id, live): (&str, &Json), properties: Map<String, Json>) {
        let (manifest, family) = (self.manifest, self.manifest.family);
        self.change.risks.extend(risk::of_family(family, Some(live), &properties));
        let (acted, body): (Map<_, _>, Map<_, _>) =
            properties.into_iter().partition(|(name, _)| family.action(name).is_some());
        match family.update {
            _ if body.is_empty() => {}
            Update::Put { required, kept, .. } => {
                match requests::put(manifest, id, live, &[required, kept], body) {
                    Ok(planned) => self.change.requests.push(planned),
                    Err(lost) => {
                        let lost: Vec<String> =
                            lost.iter().map(|name| format!("`{name}`")).collect();
                        let (version, lost) = (manifest.version, lost.join(" and "));
                        self.change.block(
                            "manifest/version-loses",
                            format!("the object would be replaced, and Graph {version} cannot say {lost} of it"),
                            "write the manifest for beta: `apiVersion: graph.microsoft.com/beta`",
                        );
                    }
                }
            }
            Update::Patch => self.change.requests.push(requests::patch(manifest, id, body)),
        }
        let actions = acted.into_iter().filter_map(|(name, value)| {
            Some(requests::call(Step::Action, manifest, family.action(&name)?, id, value))
        });
        self.change.requests.extend(actions);
    }

    fn assign(&mut self, id: &str, live: &[Json]) {
        let (manifest, Planner { sources, known, .. }) = (self.manifest, self.planner);
        let (Some(declared), Some(assign)) = (&manifest.assignments, &manifest.family.assign)
        else {
            return;
        };
        let change = &mut self.change;
        let blocked = change.blocked.len();
        let mut targets =
            assignments::declared(manifest, declared, known.names, sources, &mut change.blocked);
        if change.blocked.len() > blocked {
            // What a name stands for is unknown, and so is whether it differs.
            return;
        }
        change.assignments = assignments::compare(&targets, live, known.names);
        if id != requests::NEW_ID {
            let changes = &mut change.assignments;
            self.acceptances.accept_assignments(changes, &mut targets, sources);
        }
        let after: Vec<Json> = targets.iter().map(|(target, _)| target_form(target)).collect();
        let before: Vec<Json> = live.iter().map(target_form).collect();
        let is_new = id == requests::NEW_ID && live.is_empty();
        let risks = risk::of_assignments(&change.assignments, &before, &after, is_new);
        change.risks.extend(risks);
        let differs = !change.assignments.is_empty();
        if differs && change.action == Action::None {
            change.action = Action::Update;
        }
        if differs || id == requests::NEW_ID && !targets.is_empty() {
            let targets = targets.into_iter().map(|(target, _)| target);
            change.requests.push(requests::assign(manifest, assign, id, targets));
        }
    }

    /// Blocks the creation of an object that the service would make one of another type of: each apply would make one more.
    fn refuse_converted(&mut self) {
        let kind = &self.manifest.address.kind;
        let lifecycle = Semantics::built_in().lifecycle(kind);
        let Some(it) = lifecycle.filter(|it| it.state == Stage::Converted) else { return };
        let next = it.successor.as_deref().unwrap_or_default();
        let message = format!("the service would make a `{next}` of this new `{kind}`");
        self.change.block("kind/converted", message, format!("declare it as `kind: {next}`"));
    }

    /// Checks the cross-field rules on declared and live values together.
    fn rules(&mut self, live: &Json, properties: &Map<String, Json>) {
        let number =
            |name: &str| properties.get(name).or_else(|| live.get(name)).and_then(Json::as_f64);
        for rule in Semantics::built_in().rules(&self.manifest.address.kind) {
            let [lower, upper] = &rule.not_greater;
            let touched = properties.contains_key(lower) || properties.contains_key(upper);
            if let (true, Some(low), Some(high)) = (touched, number(lower), number(upper))
                && low > high
            {
                let message =
                    format!("`{lower}` would be {low} and `{upper}` {high} in the tenant");
                self.change.block(&rule.code, message, format!("{} Declare both.", rule.why));
            }
        }
    }

    /// Blocks a replacement whose assignments are not declared: a run that ends between deletion and creation could not
    /// restore them.
    fn keep_assigned(&mut self, object: &LiveObject) {
        if self.manifest.assignments.is_some() || object.assignments.is_empty() {
            return;
        }
        let LiveObject { kind, display_name, .. } = object;
        let wanted = &self.manifest.address.kind;
        self.change.block(
            "assignment/undeclared",
            format!(
                "the {kind} `{display_name}` would be deleted and created again as a {wanted}, and its assignments are not declared"
            ),
            "correct `kind` or `metadata.id` if another object is meant; else declare `assignments:` as they are to be; \
             `[]` removes all assignments",
        );
    }

    /// Blocks a deletion that the manifest forbids, or that Graph does not have.
    fn protect(&mut self, what: &str) {
        if !self.manifest.family.deletable {
            let message = format!("{what}, and Graph has no call for that");
            let help = "pin another object by `metadata.id`, or remove the manifest";
            self.change.block("manifest/undeletable", message, help);
        }
        if self.manifest.protect {
            let message = format!("{what}, and `metadata.protect` forbids it");
            let help = "remove `protect: true` from the manifest first, in a change of its own";
            self.change.block("manifest/protected", message, help);
        }
    }

    /// Marks fields that the service has locked as blocked; the others apply.
    fn lock(&mut self, live: &Json) {
        let locks = self.manifest.family.locks.iter();
        for lock in locks.filter(|lock| live[lock.property][lock.unless] == false) {
            let fields = self.change.fields.iter_mut();
            for field in fields.filter(|field| field.path.top() == Some(lock.property)) {
                field.block(lock.why);
            }
        }
    }
}
