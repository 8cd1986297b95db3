//! Rules that no schema can state: across fields, and across manifests.

use std::collections::BTreeMap;

use serde_json::Number;

use super::value::{Declared, Value};
use super::{Address, Manifest, Presence, TenantFile, content, settings};
use crate::diagnostic::{Finding, Span, repeated};
use crate::http::cloud::Cloud;
use crate::kinds::Update;
use crate::schema::model::{Model, Order, Property, Shape, Structure};
use crate::schema::semantics::{Lifecycle, Readback, Semantics, Stage};
use crate::schema::walk::{Tree, TypedPlace, each};

/// Checks the values of one manifest together. A part of a manifest, which an overlay completes, may lack values. A clear
/// one holds no secret in its own text.
pub(super) fn manifest(manifest: &Manifest, part: bool, is_clear: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let kind = &manifest.address.kind;
    let semantics = Semantics::built_in();
    findings.extend(semantics.lifecycle(kind).and_then(|it| not_open(manifest, it)));
    if manifest.protect && manifest.presence == Presence::Absent {
        let message = format!("`{}` is protected and asked to be absent", manifest.address);
        findings.push(
            Finding::error("manifest/protected", manifest.span, message)
                .help("remove `protect: true` in one change and delete it in the next, or leave `state: absent` out"),
        );
    }
    let same = |name: &&String| manifest.not_formerly.contains(name);
    if let Some(name) = manifest.formerly.iter().find(same) {
        let message = format!("`formerly` and `notFormerly` both have the name `{name}`");
        findings.push(
            Finding::error("manifest/formerly-contradicted", manifest.span, message)
                .help("keep it in the one that is true: `formerly` for this object, `notFormerly` for another one"),
        );
    }
    for rule in semantics.rules(kind) {
        let [lower, upper] = &rule.not_greater;
        if let (Some(low), Some(high)) = (manifest.spec.get(lower), manifest.spec.get(upper))
            && let (Declared::Number(a), Declared::Number(b)) = (&low.declared, &high.declared)
            && a.as_f64() > b.as_f64()
        {
            let message = format!("`{lower}` ({a}) is greater than `{upper}` ({b})");
            findings.push(
                Finding::error(&rule.code, low.span, message)
                    .related(high.span, format!("`{upper}` is declared here"))
                    .help(format!("lower `{lower}`, or raise `{upper}`")),
            );
        }
    }
    findings.extend(display_name(manifest, part));
    let model = Model::of(manifest.version);
    if let Some(structure) = model.get(kind) {
        mirrors(manifest, &structure, &mut findings);
    }
    one_element(model, kind, &manifest.spec, &mut findings);
    if !part && manifest.presence == Presence::Present {
        needed(model, kind, &manifest.spec, &mut findings);
    }
    let required = match manifest.family.update {
        Update::Put { required, .. } => required,
        Update::Patch => &[],
    };
    values(model, kind, &manifest.spec, required, is_clear, &mut findings);
    findings
}

/// Warns of a kind that the service no longer supports, or makes another one of. That the console is closed for a kind
/// matters to a new object alone, which the plan knows.
fn not_open(manifest: &Manifest, lifecycle: &Lifecycle) -> Option<Finding> {
    let kind = &manifest.address.kind;
    let (code, message) = match lifecycle.state {
        Stage::Closed => return None,
        Stage::Retired => ("manifest/legacy-kind", format!("`{kind}` is a legacy kind")),
        Stage::Converted => {
            let next = lifecycle.successor.as_deref().unwrap_or_default();
            ("manifest/converted-kind", format!("the service makes a `{next}` of a new `{kind}`"))
        }
    };
    let advice = lifecycle.advice();
    let help = [&lifecycle.why[..], &advice].join(" ");
    Some(Finding::warning(code, manifest.span, message).help(help.trim()))
}

/// Refuses the built-in scope tag as owner: every object without another tag has it.
pub(super) fn ownership(tenant: &TenantFile, span: Span) -> Option<Finding> {
    let tag = &tenant.spec.ownership.as_ref()?.scope_tag;
    let built_in = tag == "0" || tag.eq_ignore_ascii_case("default");
    built_in.then(|| {
        Finding::error("tenant/ownership", span, "the built-in scope tag tells no object from another")
            .help("make a scope tag for these manifests in Intune under Tenant administration > Roles, and name that")
    })
}

/// Refuses rules of `spec.drift` whose pattern is no glob.
pub(super) fn drift_rules(spec: &Value) -> Vec<Finding> {
    let lists = ["unmanaged", "undeclared"].map(|list| spec.get("drift")?.get(list));
    let rules = lists.into_iter().flatten().flat_map(Value::elements);
    let patterns = rules.filter_map(|rule| rule.get("match"));
    let faults = patterns.filter_map(|pattern| {
        let text = pattern.as_str()?;
        let error = globset::Glob::new(text).err()?;
        let message = format!("`{text}` is not a valid glob: {}", error.kind());
        let finding = Finding::error("tenant/drift-rule", pattern.span, message);
        Some(finding.help("write `*` for any text and `{a,b}` for either, as in `windows*/TEMP*`"))
    });
    faults.collect()
}

/// Refuses null in an object that is replaced whole: the service refuses the object where a part is missing.
fn null(name: &str, value: &Value) -> Option<Finding> {
    (value.declared == Declared::Null).then(|| {
        let message = format!("`{name}` cannot be unset: it is written with everything else");
        Finding::error("value/whole", value.span, message)
            .help("declare a value, or remove the line to leave it alone")
    })
}

/// Requires a display name unless the id is known: the live object is found by it.
fn display_name(manifest: &Manifest, part: bool) -> Option<Finding> {
    let property = manifest.family.name_property;
    let declared = manifest.spec.get(property);
    let found_otherwise =
        manifest.family.is_singleton() || declared.is_none() && (part || manifest.id.is_some());
    let named = manifest.display_name().is_some_and(|name| !name.trim().is_empty());
    if found_otherwise || named {
        return None;
    }
    let span = declared.map_or(manifest.span, |value| value.span);
    let message = format!("`{}` has no `{property}`", manifest.address);
    Some(
        Finding::error("manifest/display-name", span, message)
            .help(format!("the live object is found by it: add `{property}:` below `spec:`")),
    )
}

/// Refuses two properties that Graph keeps in step where they do not say the same.
fn mirrors(manifest: &Manifest, structure: &Structure, findings: &mut Vec<Finding>) {
    for name in &structure.mirrored {
        let Some(member) = manifest.spec.entry(name) else { continue };
        let twin = structure.properties.get(name).and_then(|it| it.facts.mirrors.as_ref());
        let Some(twin) = twin else { continue };
        let Some(other) = manifest.spec.entry(&twin.property) else { continue };
        let says = other.value.as_str() == Some(&*twin.when_true);
        if member.value.declared == Declared::Bool(says) {
            continue;
        }
        let (first, second) =
            if member.name_span < other.name_span { (member, other) } else { (other, member) };
        let message = format!(
            "`{}` and `{}` are two names of one setting, and do not agree",
            first.name, second.name
        );
        findings.push(
            Finding::error("rule/mirrored", second.name_span, message)
                .related(first.name_span, "declared here already")
                .help("Graph keeps them in step: declare one of them, or let both say the same"),
        );
    }
}

/// Checks lists of which exactly one element must have certain members.
fn one_element(model: &Model, kind: &str, spec: &Value, findings: &mut Vec<Finding>) {
    let rules = model.semantics.one_element.iter();
    for rule in rules {
        let Some((list, inner)) = rule.elements.split_first() else { continue };
        let Some(list) = spec.get(list).filter(|_| model.types.is_a(kind, &rule.on)) else {
            continue;
        };
        let mut elements: Vec<&Value> = list.elements().iter().collect();
        for name in inner {
            let lists = elements.into_iter().filter_map(|element| element.get(name));
            elements = lists.flat_map(Value::elements).collect();
        }
        let has = |element: &&Value| {
            let mut members = rule.having.iter();
            members.all(|(name, value)| {
                element.get(name).is_some_and(|member| member.to_json() == *value)
            })
        };
        let found: Vec<&Value> = elements.into_iter().filter(has).collect();
        let members: Vec<String> =
            rule.having.iter().map(|(name, value)| format!("`{name}: {value}`")).collect();
        let members = members.join(" and ").replace('"', "");
        let path = rule.elements.join(".");
        findings.extend(match found[..] {
            [_] => None,
            [] => {
                let message = format!("no element of `{path}` has {members}");
                Some(Finding::error(&rule.code, list.span, message).help(format!(
                    "exactly one must, as in `{}: {}`",
                    rule.elements[0], rule.example
                )))
            }
            [first, second, ..] => {
                let message = format!("{} elements of `{path}` have {members}", found.len());
                Some(
                    Finding::error(&rule.code, second.span, message)
                        .related(first.span, "the first is here")
                        .help("keep one of them"),
                )
            }
        });
    }
}

/// Warns of a value that has no use without another property.
fn needed(model: &Model, kind: &str, spec: &Value, findings: &mut Vec<Finding>) {
    let rules = model.semantics.needed.iter();
    for rule in rules {
        let Some(value) = spec.get(&rule.property) else { continue };
        let is_one = value.as_str().is_some_and(|text| rule.values.iter().any(|v| v == text));
        let is_of_kind = || rule.on.iter().any(|on| model.types.is_a(kind, on));
        if is_one && is_of_kind() && spec.get(&rule.needs).is_none() {
            let message = format!(
                "`{}: {}` needs `{}`, which is not declared",
                rule.property,
                value.text(),
                rule.needs
            );
            findings.push(Finding::warning(&rule.code, value.span, message).help(format!(
                "declare it: `{}: {{ $env: NAME }}`, unless the tenant has it already",
                rule.needs
            )));
        }
    }
}

/// Checks every value: sentinels that cannot be written, ids, members that must be declared, elements of one key, and
/// null in an object that is replaced whole.
fn values(
    model: &Model,
    kind: &str,
    spec: &Value,
    required: &[&str],
    is_clear: bool,
    findings: &mut Vec<Finding>,
) {
    let shape = Shape::Complex(kind.to_owned());
    each(&TypedPlace::root(model, &shape), spec, &mut |place, value| {
        match &value.declared {
            Declared::String(text) => {
                findings.extend(place.declared().and_then(|it| no_guid(it, text, value.span)));
                if let Some(property) = place.property {
                    content::text(property, text, is_clear, value.span, findings);
                }
                findings.extend(place.declared().and_then(|it| oma_uri(it, text, value.span)));
            }
            Declared::Number(number) => {
                findings
                    .extend(place.declared().and_then(|it| undocumented(it, number, value.span)));
                findings.extend(place.declared().and_then(|it| capped(it, number, value.span)));
            }
            Declared::Object(_) => findings.extend(content::pair(place, value)),
            _ => {}
        }
        let is_part_of = |top: &String| required.contains(&top.as_str());
        if !required.is_empty()
            && place.path().first().is_some_and(is_part_of)
            && !place.is_within_settings()
        {
            findings.extend(place.name.and_then(|name| null(name, value)));
        }
        match place.shape {
            Some(Shape::Enum(_)) if is_sentinel(value) => findings.push(
                Finding::error(
                    "value/sentinel",
                    value.span,
                    "`unknownFutureValue` stands for what Graph's answer could not say, and cannot be written",
                )
                .help("use another value, or remove the line to leave the setting alone"),
            ),
            Some(Shape::Collection(_, Order::Keyed(key))) => same_key(value, key, findings),
            _ if value.odata_type().is_some() => {
                findings.extend(place.structure(value).into_iter().flat_map(|s| masked_missing(value, &s)));
            }
            _ => {}
        }
        true
    });
}

/// Refuses a text that is not a GUID where the curated facts say that the property holds one.
fn no_guid(property: &Property, text: &str, span: Span) -> Option<Finding> {
    if !property.facts.guid {
        return None;
    }
    let is_guid = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
    let is_unset = property.facts.unset.iter().any(|unset| unset == text);
    (!is_guid && !is_unset).then(|| {
        let message = format!("`{text}` is no id: `{}` takes a GUID", property.name);
        Finding::error("value/guid", span, message)
            .help("write the object's id, as Graph Explorer or the portal's address shows it")
    })
}

/// Warns of a number that Microsoft's reference does not name for the property.
fn undocumented(property: &Property, number: &Number, span: Span) -> Option<Finding> {
    let documented = property.facts.documented.as_ref()?;
    let known = number.as_i64().is_some_and(|number| documented.has(number));
    (!known).then(|| {
        let message = format!("`{}` is {number}, which is not documented", property.name);
        Finding::warning("value/undocumented", span, message)
            .help(format!("Microsoft's reference names {}: use one of these", documented.words()))
    })
}

/// Warns of a path in the tree of a device that no device has. A blank within a name may be a part of it, as in
/// `MS DM Server`; the name of a Wi-Fi profile alone is known to take `%20`.
fn oma_uri(property: &Property, text: &str, span: Span) -> Option<Finding> {
    let is_plain = || text.starts_with("./") && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !property.facts.oma_uri || is_plain() {
        return None;
    }
    let mut segments: Vec<String> = text.split('/').map(|s| s.trim().to_owned()).collect();
    let is_profile = |at: usize| {
        let is = |back: usize, name: &str| segments[at - back].eq_ignore_ascii_case(name);
        at >= 2 && is(2, "WiFi") && is(1, "Profile") && segments[at].contains(' ')
    };
    let profile = (0..segments.len()).find(|at| is_profile(*at));
    let what = if text.contains(['\n', '\r']) {
        "has a line break"
    } else if text.trim() != text {
        "has a blank at an end"
    } else if text.split('/').any(|segment| segment.trim() != segment) {
        "has a blank beside a `/`"
    } else if profile.is_some() {
        "has a blank in the name of a Wi-Fi profile, which `%20` stands for"
    } else if !text.starts_with("./") {
        "does not begin with `./`"
    } else {
        return None;
    };
    if let Some(profile) = profile {
        segments[profile] = segments[profile].replace(' ', "%20");
    }
    let help = match segments.join("/") {
        path if path.contains(['\n', '\r']) => "write it on one line".to_owned(),
        path if path.starts_with("./") => format!("write `{path}`"),
        _ => "write it from the root, as in `./Device/Vendor/MSFT/Policy/Config/…`".to_owned(),
    };
    let message = format!("this OMA-URI {what}, and devices do not find it");
    Some(Finding::warning("value/oma-uri", span, message).help(help))
}

/// Refuses a number that the service would lower: the tenant would differ from the manifest after every apply.
fn capped(property: &Property, number: &Number, span: Span) -> Option<Finding> {
    let cap = property.facts.capped?;
    number.as_i64().is_some_and(|number| cap.lowers(number)).then(|| {
        let message = format!("`{}` is {number}, and the service keeps {}", property.name, cap.at);
        Finding::error("value/capped", span, message)
            .help(format!("write {} or less, or {} for no limit", cap.at, cap.unlimited))
    })
}

/// Requires the masked members of a value that states its type: it is written whole, and the tenant does not show them.
fn masked_missing(value: &Value, structure: &Structure) -> Vec<Finding> {
    let masked = structure
        .properties
        .values()
        .filter(|p| p.facts.readback == Some(Readback::Masked) && !p.nullable);
    let missing = masked.filter(|property| value.get(&property.name).is_none());
    let finding = |property: &Property| {
        let message = format!("this `{}` has no `{}`", structure.name, property.name);
        Finding::error("value/masked-missing", value.span, message).help(
            "it is written whole, and the tenant does not show the value that it has: declare it",
        )
    };
    missing.map(finding).collect()
}

fn is_sentinel(value: &Value) -> bool {
    let members = value.as_str().unwrap_or_default().split(',');
    members.into_iter().any(|member| member.trim() == "unknownFutureValue")
}

fn same_key(list: &Value, key: &str, findings: &mut Vec<Finding>) {
    let lacking = list.elements().iter().filter(|element| element.get(key).is_none());
    findings.extend(lacking.map(|element| {
        let message = format!("this element has no `{key}`");
        Finding::error("value/key-missing", element.span, message)
            .help(format!("elements here are told apart by `{key}`"))
    }));
    let keys = list.elements().iter().filter_map(|element| element.get(key));
    let keys = keys.map(|value| {
        let other = value.as_str().is_none().then(|| value.to_json().to_string());
        ((value.as_str(), other), value)
    });
    findings.extend(repeated(keys).into_iter().map(|(value, first)| {
        let message = format!("`{}` is the `{key}` of two elements", value.text());
        Finding::error("value/key-twice", value.span, message)
            .related(first.span, "first here")
            .help("keep one of them")
    }));
}

/// Refuses manifests of families that the tenant's cloud does not have.
pub(super) fn cloud(manifests: &[Manifest], cloud: Cloud) -> Vec<Finding> {
    let lacking = manifests.iter().filter(|manifest| !manifest.family.clouds.contains(&cloud));
    let finding = |manifest: &Manifest| {
        let message = format!("the cloud {cloud} has no `{}`", manifest.address.kind);
        Finding::error("manifest/cloud", manifest.span, message)
            .help("remove the manifest, or correct `spec.cloud`")
    };
    lacking.map(finding).collect()
}

/// Checks all manifests against one another. `pinned` has the place of each `metadata.id`.
pub(super) fn across_manifests(
    manifests: &[Manifest],
    pinned: &BTreeMap<Address, Span>,
) -> Vec<Finding> {
    let at = |manifest: &Manifest| pinned.get(&manifest.address).copied().unwrap_or(manifest.span);
    let (singletons, others): (Vec<&Manifest>, Vec<&Manifest>) =
        manifests.iter().partition(|manifest| manifest.family.is_singleton());
    let singletons = singletons.into_iter().map(|manifest| (&manifest.address.kind, manifest));
    let mut findings = Vec::new();
    findings.extend(repeated(singletons).into_iter().map(|(manifest, first)| {
        let message = format!("a second `{}`: a tenant has one", manifest.address.kind);
        Finding::error("manifest/second-singleton", manifest.span, message)
            .related(first.span, "the first is here")
            .help("put everything into one manifest")
    }));
    let ids = others.iter().filter_map(|manifest| {
        Some(((manifest.family.name, manifest.id.as_ref()?.to_lowercase()), *manifest))
    });
    findings.extend(repeated(ids).into_iter().map(|(manifest, first)| {
        let (address, id) = (&manifest.address, manifest.id.as_deref().unwrap_or_default());
        let message = format!("`{address}` and `{}` claim the object {id}", first.address);
        Finding::error("manifest/id-twice", at(manifest), message)
            .related(at(first), "claimed here too")
            .help("a live object has one manifest: remove one of the ids")
    }));
    let names = others.iter().filter(|manifest| manifest.id.is_none());
    let names = names.filter_map(|manifest| {
        Some(((&manifest.address.kind, manifest.display_name()?), *manifest))
    });
    let name_span = |manifest: &Manifest| {
        let name = manifest.spec.get(manifest.family.name_property);
        name.map_or(manifest.span, |value| value.span)
    };
    findings.extend(repeated(names).into_iter().map(|(manifest, first)| {
        let message =
            format!("`{}` and `{}` have the same display name", manifest.address, first.address);
        Finding::error("manifest/display-name-twice", name_span(manifest), message)
            .related(name_span(first), "the same name here")
            .help("both would claim the same live object: rename one, or pin both by `metadata.id`")
    }));
    findings.extend(settings::across_policies(manifests));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{FAMILIES, Family};
    use crate::manifest::load;

    #[test]
    fn values_of_contained_entities_are_checked() {
        let (spec, sources) =
            Value::from_yaml("tasks:\n  - steps:\n      - action: unknownFutureValue\n");
        let mut findings = Vec::new();
        values(crate::schema::testing::model(), "workOrder", &spec, &[], false, &mut findings);
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        let line = finding.span.map(|span| sources.locate(span).line);
        assert_eq!((&*finding.code, line), ("value/sentinel", Some(3)));
    }

    #[test]
    fn exactly_one_element_may_have_the_members_of_a_rule() {
        let found = |text: &str| -> Vec<(String, usize)> {
            let (spec, sources) = Value::from_yaml(text);
            let mut findings = Vec::new();
            one_element(crate::schema::testing::model(), "workOrder", &spec, &mut findings);
            let line = |finding: &Finding| finding.span.map(|span| sources.locate(span).line);
            findings.iter().filter_map(|f| Some((f.message.clone(), line(f)?))).collect()
        };
        let good = "tasks:\n  - steps: [{ action: mail }]\n  - steps: [{ action: block }]\n";
        assert_eq!(found(good), []);
        assert_eq!(found("displayName: the tasks are left alone\n"), []);
        let none = "no element of `tasks.steps` has `action: block`".to_owned();
        assert_eq!(found("tasks:\n  - steps: [{ action: mail }]\n"), [(none.clone(), 2)]);
        assert_eq!(found("tasks: null\n"), [(none, 1)]);
        let two = "2 elements of `tasks.steps` have `action: block`".to_owned();
        let text = "tasks:\n  - steps: [{ action: block }]\n  - steps: [{ action: block }]\n";
        assert_eq!(found(text), [(two, 3)]);
    }

    static WORLDWIDE: Family = Family { clouds: &[Cloud::Global], ..*FAMILIES[0] };

    #[test]
    fn a_kind_that_the_cloud_lacks_is_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("cart.yaml");
        let text = "apiVersion: graph.microsoft.com/beta\nkind: windows10CustomConfiguration\n\
                    metadata: { name: cart }\nspec: { displayName: Cart }\n";
        std::fs::write(&file, text).expect("the file can be written");
        let mut manifests = load::load_files(&[file]).manifests;
        for of_cloud in Cloud::ALL {
            assert_eq!(cloud(&manifests, of_cloud), [], "{of_cloud}");
        }
        manifests[0].family = &WORLDWIDE;
        assert_eq!(cloud(&manifests, Cloud::Global), []);
        let findings = cloud(&manifests, Cloud::China);
        assert_eq!(findings[0].message, "the cloud china has no `windows10CustomConfiguration`");
    }
}
