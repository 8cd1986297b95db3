use super::*;
use crate::kinds::{self, ODataAction};
use crate::schema::testing;

/// Resolves the spec of a `workOrder` that is of a family.
fn resolved(family: &'static Family, spec: Value, sources: &Sources) -> (Value, Resolution) {
    let context = ResolveContext {
        model: testing::model(),
        family,
        sources,
        roots: &Roots::default(),
        manifest_index: &ManifestIndex::new([].into_iter(), true),
        presence: Presence::Present,
        part: false,
    };
    let mut resolver = Resolver { context, resolved: Resolution::default() };
    let structure = testing::model().get("workOrder").expect("a type");
    (resolver.object(spec, &structure), resolver.resolved)
}

#[test]
fn values_of_inline_contained_entities_are_resolved() {
    let (spec, sources) = Value::from_yaml(
        "displayName: Order
tasks:
  - label: { $text: a }
    steps:
      - { action: block, id: '7', pin: { $env: PIN } }
      - { action: mail, pin: canary-1 }
      - { action: mail, template: { $env: TEMPLATE } }
seal: { color: { $text: red } }
log: []
",
    );
    let (value, resolved) = resolved(kinds::FAMILIES[0], spec, &sources);
    let expected = serde_json::json!({
        "displayName": "Order",
        "tasks": [{ "label": "a", "steps": [
            { "action": "block", "pin": { "$secret": "env:PIN" } },
            { "action": "mail" },
            { "action": "mail", "template": { "$secret": "env:TEMPLATE" } },
        ] }],
        "seal": { "color": "red" },
    });
    assert_eq!(value.to_json(), expected);
    let Resolution { findings, ignored, secrets, .. } = resolved;
    let found: Vec<(&str, usize)> = findings
        .iter()
        .filter_map(|finding| Some((&*finding.code, sources.locate(finding.span?).line)))
        .collect();
    assert_eq!(found, [("secret/literal", 6), (READABLE, 7), ("manifest/contained-navigation", 9)]);
    let ignored: Vec<(&str, usize)> =
        ignored.iter().map(|(name, span)| (name.as_str(), sources.locate(*span).line)).collect();
    assert_eq!(ignored, [("id", 5)]);
    assert!(secrets.iter().any(|(_, secret)| secret == "canary-1"), "{secrets:?}");
}

#[test]
fn assignment_navigation_of_the_family_is_ignored() {
    let ignored = |family: &'static Family| {
        let (spec, sources) = Value::from_yaml("log: [{ text: a }]\n");
        let (_, resolved) = resolved(family, spec, &sources);
        (resolved.ignored.len(), resolved.findings.len())
    };
    let family = kinds::FAMILIES[0];
    let assign = family.assign.map(|assign| ODataAction { property: "log", ..assign });
    let other: &Family = Box::leak(Box::new(Family { assign, ..*family }));
    assert_eq!(ignored(family), (0, 1));
    assert_eq!(ignored(other), (1, 0));
}
