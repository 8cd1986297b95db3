//! Live objects that a manifest may be about although it would create another one: they got another name, or a name that
//! is spelt in another way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::planner::Planner;
use super::show::says_nothing;
use super::{Action, Comparison, EarlierRuns, FieldStatus, Risk, RiskLevel, risk};
use crate::clock;
use crate::diagnostic::near_name;
use crate::manifest::{Address, Desired, Manifest, Presence};
use crate::schema::model::Model;
use crate::schema::walk::Tree;
use crate::tenant::audited::AuditWindow;
use crate::tenant::matching::is_unchanged;
use crate::tenant::{Live, LiveObject, ObjectKey};
use crate::values::canonical::{is_default, object_form};

/// The number of values that have to agree and are no defaults.
const TELLING: usize = 3;

/// The most objects that a message names.
const NAMED: usize = 5;

const SCOPE_TAGS: &str = "roleScopeTagIds";

/// The data that the creates of a plan are judged by.
pub(super) struct LikeObjects<'a> {
    pub(super) desired: &'a Desired,
    pub(super) planner: &'a Planner<'a>,
    pub(super) live: &'a Live,
    pub(super) bound: &'a BTreeSet<ObjectKey<'a>>,
    pub(super) earlier: &'a EarlierRuns,
}

/// The result for the creates and deletions of a plan.
#[derive(Default)]
pub(super) struct Judged {
    /// The time in which the audit log may tell more.
    pub(super) unexplained: Option<AuditWindow>,
    /// Warnings of objects that are to be absent and may be there by another name.
    pub(super) warnings: Vec<String>,
    /// The ids of the objects that creates are most likely about, where there is one of them.
    pub(super) renamed: BTreeMap<Address, String>,
}

/// A live object that a create may be about.
struct Candidate<'a> {
    object: &'a LiveObject,
    /// Whether a manifest is bound to it.
    is_managed: bool,
    /// Its canonical form; null where it is managed.
    form: Json,
}

/// An object that a create may be about, and why.
struct Suspicion<'a> {
    object: &'a LiveObject,
    level: RiskLevel,
    /// The evidence, which follows the object's name in a sentence.
    why: String,
    /// How much of it agrees, in percent; 100 where it is known by something else.
    likeness: usize,
    /// Whether it is known by records, or by its name.
    is_certain: bool,
}

impl LikeObjects<'_> {
    /// Adds the risks of creates that may be about a live object.
    pub(super) fn judge(&self, compared: &mut [Comparison]) -> Judged {
        let mut judged = Judged::default();
        let kinds = compared.iter().filter(|one| self.is_judged(one));
        let kinds: BTreeSet<String> = kinds.map(|one| one.change.address.kind.clone()).collect();
        let candidates = self.candidates(&kinds);
        for one in compared.iter_mut().filter(|one| self.is_judged(one)) {
            let Some(manifest) = self.desired.manifest(&one.change.address) else { continue };
            let others = candidates.get(manifest.address.kind.as_str());
            let others: Vec<&Candidate<'_>> =
                others.into_iter().flatten().filter(|other| !is_waived(manifest, other)).collect();
            let suspicions = self.suspicions(manifest, &others);
            if !suspicions.iter().any(|found| found.is_certain) {
                let renamed = others.iter().filter(|other| other.may_be_renamed());
                for window in renamed.filter_map(|other| AuditWindow::of(other.object)) {
                    let known = judged.unexplained.map_or(window, |known| known.with(window));
                    judged.unexplained = Some(known);
                }
            }
            if one.change.action == Action::Create {
                let mut likely = suspicions.iter().filter(|it| it.level == RiskLevel::Refused);
                if let (Some(only), None) = (likely.next(), likely.next()) {
                    judged.renamed.insert(manifest.address.clone(), only.object.id.clone());
                }
                one.change.risks.extend(risk_of(manifest, suspicions));
            } else {
                judged.warnings.extend(still_there(manifest, &suspicions));
            }
        }
        judged
    }

    /// Whether a change is judged: a create, and a manifest whose object is to be absent and has not its name.
    fn is_judged(&self, one: &Comparison) -> bool {
        let change = &one.change;
        let is_absent = || {
            let manifest = self.desired.manifest(&change.address);
            let manifest = manifest.filter(|manifest| manifest.id.is_none());
            manifest.is_some_and(|manifest| manifest.presence == Presence::Absent)
        };
        let is_none = change.action == Action::None && change.id.is_none();
        change.action == Action::Create || is_none && change.blocked.is_empty() && is_absent()
    }

    fn candidates(&self, kinds: &BTreeSet<String>) -> BTreeMap<&str, Vec<Candidate<'_>>> {
        let mut candidates: BTreeMap<&str, Vec<Candidate<'_>>> = BTreeMap::new();
        for object in self.live.objects.iter().filter(|object| kinds.contains(&object.kind)) {
            let is_managed = self.bound.contains(&object.key());
            let form = match is_managed {
                true => Json::Null,
                false => object_form(&object.kind, object.body.value()),
            };
            let candidate = Candidate { object, is_managed, form };
            candidates.entry(&object.kind).or_default().push(candidate);
        }
        candidates
    }

    fn suspicions<'a>(&self, manifest: &Manifest, others: &[&Candidate<'a>]) -> Vec<Suspicion<'a>> {
        let declared = manifest.spec.to_json();
        let form = without_name(manifest, object_form(&manifest.address.kind, declared));
        let known = others.iter().map(|other| (other, self.known(manifest, other)));
        let found = known.filter_map(|(other, known)| {
            let alike = || self.alike(manifest, &form, other);
            known.or_else(alike)
        });
        found.collect()
    }

    /// Returns why an object is known to be the one of a manifest: by records, or by its name.
    fn known<'a>(&self, manifest: &Manifest, other: &Candidate<'a>) -> Option<Suspicion<'a>> {
        let object = other.object;
        let name = manifest.display_name()?;
        let found = |level, why| {
            Some(Suspicion {
                object,
                level,
                why,
                likeness: 100,
                is_certain: level == RiskLevel::Refused,
            })
        };
        let renamed = |name: &str, evidence: String| {
            let now = &object.display_name;
            found(
                RiskLevel::Refused,
                format!("was renamed in the portal: `{name}` → `{now}` ({evidence})"),
            )
        };
        let names = || [name].into_iter().chain(manifest.formerly.iter().map(String::as_str));
        if !other.is_managed {
            let recorded = self.earlier.of(object);
            let named = recorded.and_then(|recorded| {
                names().find_map(|name| Some((name, recorded.names.get(name)?)))
            });
            if let Some((name, at)) = named {
                let at = moment(at);
                return renamed(name, format!("the journal of a run of {at} has it by that name"));
            }
            if let Some(at) =
                recorded.and_then(|recorded| recorded.addresses.get(&manifest.address))
            {
                let why = format!(
                    "was written for this manifest, by another name (the journal of a run of {} has it)",
                    moment(at)
                );
                return found(RiskLevel::Refused, why);
            }
            let audited = |name| Some((name, self.live.audited.entry(object, name)?));
            if let Some((name, entry)) = names().find_map(audited) {
                let by = entry.by.as_ref().map(|by| format!(" of {by}")).unwrap_or_default();
                let at = moment(&entry.at);
                return renamed(
                    name,
                    format!("the audit log has it by that name, in an entry{by} of {at}"),
                );
            }
        }
        let spelt = names().find_map(|name| near_name::difference(name, &object.display_name))?;
        match self.planner.known.referents.owner(object.family, &object.id) {
            Some(owner) => {
                let why = format!("is the object of {owner}; the names differ only in {spelt}");
                found(RiskLevel::Warned, why)
            }
            None => found(RiskLevel::Refused, format!("has a name that differs only in {spelt}")),
        }
    }

    /// Returns an object that has most of the values that a manifest declares.
    fn alike<'a>(
        &self,
        manifest: &Manifest,
        form: &Json,
        other: &Candidate<'a>,
    ) -> Option<Suspicion<'a>> {
        let object = other.object;
        let (agree, all) = in_common(form, &other.form);
        // The comparison by type is expensive, and most objects have nothing in common.
        if other.is_managed || all == 0 || agree * 2 < all {
            return None;
        }
        let found = self.likeness(manifest, object);
        if found.telling < TELLING || found.agree * 2 < found.all {
            return None;
        }
        let is_whole = found.agree == found.all && found.is_assigned_alike;
        let unread = match &self.live.audited.unread {
            Some(why) => format!("; the audit log, which may tell more, was not read: {why}"),
            None => String::new(),
        };
        let Likeness { agree, all, .. } = found;
        let (level, why) = if is_whole && other.may_be_renamed() {
            let name = manifest.display_name().unwrap_or_default();
            let now = &object.display_name;
            let why = format!(
                "may have been renamed in the portal: `{name}` → `{now}` (it was changed since it was created, and has all {all} declared values and the same assignments{unread})"
            );
            (RiskLevel::Refused, why)
        } else {
            let assigned = if found.is_assigned_alike { "" } else { ", but other assignments" };
            let why = format!("has {agree} of {all} declared values{assigned}{unread}");
            (RiskLevel::Warned, why)
        };
        Some(Suspicion { object, level, why, likeness: agree * 100 / all, is_certain: false })
    }

    /// Compares a manifest with an object by type, without their names and scope tags.
    fn likeness(&self, manifest: &Manifest, object: &LiveObject) -> Likeness {
        let Planner { sources, known, .. } = self.planner;
        let change = Planner::without_owner(sources, *known).compare(manifest, Some(object)).change;
        let tops = |differs: bool| -> BTreeSet<&str> {
            let fields = change.fields.iter();
            let fields =
                fields.filter(|field| (field.status != FieldStatus::Unverifiable) == differs);
            fields.filter_map(|field| field.path.top()).collect()
        };
        let (mut differing, unknown) = (tops(true), tops(false));
        let is_named = |name: &str| name == manifest.family.name_property || name == SCOPE_TAGS;
        differing.retain(|name| !is_named(name));
        let agreeing = manifest.spec.members().iter().filter(|member| {
            let name = member.name.as_str();
            !is_named(name)
                && !name.contains('@')
                && !differing.contains(name)
                && !unknown.contains(name)
        });
        let structure = Model::of(manifest.version).get(&manifest.address.kind);
        let properties = structure.as_ref().map(|structure| &structure.properties);
        let mut found = Likeness {
            all: differing.len(),
            is_assigned_alike: match manifest.assignments {
                Some(_) => change.assignments.is_empty() && change.blocked.is_empty(),
                None => object.assignments.is_empty(),
            },
            ..Likeness::default()
        };
        for member in agreeing {
            let value = member.value.to_json();
            let property = properties.and_then(|properties| properties.get(&member.name));
            let is_telling = property.is_none_or(|property| !says_nothing(property, &value));
            found.agree += 1;
            found.all += 1;
            found.telling += if is_telling { telling(&value) } else { 0 };
        }
        found
    }
}

/// How much of a manifest an object has.
#[derive(Default)]
struct Likeness {
    /// The declared properties that agree.
    agree: usize,
    /// The declared properties that can be compared.
    all: usize,
    /// The values in those that agree and are no defaults.
    telling: usize,
    is_assigned_alike: bool,
}

impl Candidate<'_> {
    /// Whether the object may have got another name since it was created, and no manifest knows it.
    fn may_be_renamed(&self) -> bool {
        !self.is_managed && !is_unchanged(self.object)
    }
}

/// Whether a manifest says that it is not about an object.
fn is_waived(manifest: &Manifest, other: &Candidate<'_>) -> bool {
    let name = &other.object.display_name;
    manifest.not_formerly.iter().any(|not| not == name || near_name::is_same(not, name))
}

fn without_name(manifest: &Manifest, mut form: Json) -> Json {
    if let Some(members) = form.as_object_mut() {
        members.retain(|name, _| name != manifest.family.name_property && name != SCOPE_TAGS);
    }
    form
}

/// Returns how many members of an object another one has with the same value, and how many there are.
fn in_common(form: &Json, other: &Json) -> (usize, usize) {
    let same = form.members().filter(|(name, value)| other.get(name) == Some(*value));
    (same.count(), form.members().count())
}

/// Returns the number of values in a value that are no defaults.
fn telling(value: &Json) -> usize {
    match value {
        Json::Object(members) => {
            let members = members.iter().filter(|(name, _)| !name.contains('@'));
            members.map(|(_, value)| telling(value)).sum()
        }
        Json::Array(elements) => elements.iter().map(telling).sum(),
        value => usize::from(!is_default(value)),
    }
}

/// Returns the risk of creating an object beside these. Those that are known leave out those that only look like it.
fn risk_of(manifest: &Manifest, mut suspicions: Vec<Suspicion<'_>>) -> Option<Risk> {
    let level = suspicions.iter().map(|found| found.level).max()?;
    suspicions.retain(|found| found.level == level);
    suspicions.sort_by_key(|found| std::cmp::Reverse(found.likeness));
    let all: Vec<String> = suspicions.iter().take(NAMED).map(Suspicion::words).collect();
    let more = match suspicions.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let names = suspicions.iter().take(NAMED).map(|found| quoted(&found.object.display_name));
    let names = names.collect::<Vec<_>>().join(", ");
    let remedy = match &suspicions[..] {
        // An adoption takes it for the same object.
        [only] if level == RiskLevel::Refused => format!(
            "If it is the same object, `moorline drift --adopt {}` takes the name that it has now into the manifest; to give it the declared one, add `id: {}` or `formerly: [{names}]` to `metadata`. If it is another one, add `notFormerly: [{names}]`",
            manifest.address, only.object.id
        ),
        [only] => format!(
            "If it is the same object, add `id: {}` or `formerly: [{names}]` to `metadata`; if it is another one, `notFormerly: [{names}]`",
            only.object.id
        ),
        _ => format!(
            "If one of them is the same object, add its id as `id`, or its name to `formerly`, in `metadata`; if none is, `notFormerly: [{names}]`"
        ),
    };
    let message = format!(
        "The tenant may have the object by another name: {}{more}. {remedy}.",
        all.join("; ")
    );
    Some(Risk::new(level, risk::CREATE_LIKE, &message))
}

/// Returns the warning that the object that is to be absent may be there by another name.
fn still_there(manifest: &Manifest, suspicions: &[Suspicion<'_>]) -> Option<String> {
    let found = suspicions.iter().filter(|found| found.level == RiskLevel::Refused);
    let found: Vec<&Suspicion<'_>> = found.take(NAMED).collect();
    let [first, ..] = found[..] else { return None };
    let all: Vec<String> = found.iter().map(|found| found.words()).collect();
    let name = quoted(&first.object.display_name);
    Some(format!(
        "{}: `state: absent` finds no object of its name, and nothing is deleted: {}. If that is the object, add `id: {}` to `metadata`; if not, `notFormerly: [{name}]`.",
        manifest.address,
        all.join("; "),
        first.object.id
    ))
}

impl Suspicion<'_> {
    fn words(&self) -> String {
        let Self { object, why, .. } = self;
        format!("{} ({}) {why}", quoted(&object.display_name), object.id)
    }
}

/// Returns a time to the minute.
fn moment(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), clock::minute)
}

/// Returns a name in the quotes of YAML, so that blanks at its ends can be seen and it can be copied.
fn quoted(name: &str) -> String {
    Json::from(name).to_string()
}
