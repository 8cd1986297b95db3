//! Reports properties that a type does not have.

use super::value::Value;
use crate::diagnostic::suggest::{is_opposite, nearest, similar};
use crate::diagnostic::{Finding, Span};
use crate::schema::model::Structure;
use crate::schema::types::{Category, GraphVersion, Types, odata_type};

/// Returns the finding of an unknown member of a value.
pub(super) fn property(
    version: GraphVersion,
    code: String,
    span: Span,
    value: &Value,
    structure: Option<&Structure>,
    unknown: &str,
) -> Finding {
    let Some(structure) = structure else {
        return Finding::error(code, span, format!("there is no property `{unknown}` here"))
            .help("remove it");
    };
    if unknown.starts_with('$') {
        let message = format!("`{unknown}` cannot stand among properties");
        return Finding::error(code, span, message).help(format!(
            "a value reference is the whole value of one property: `name: {{ {unknown}: … }}`"
        ));
    }
    let message = format!("`{}` has no property `{unknown}`", structure.name);
    let finding = Finding::error(code, span, message);
    if let Some(owner) = sibling_with(version, structure, unknown) {
        let owner = odata_type(&owner);
        return finding
            .help(format!("another type that fits here has it: `\"@odata.type\": \"{owner}\"`"));
    }
    let beta = Types::of(GraphVersion::Beta).get(&structure.name);
    if version == GraphVersion::V1 && beta.is_some_and(|def| def.property(unknown).is_some()) {
        return finding.help("beta has it: use `apiVersion: graph.microsoft.com/beta`");
    }
    let writable = structure.properties.values().filter(|p| !p.computed);
    let flag = match version {
        GraphVersion::V1 => " --graph-version v1.0",
        GraphVersion::Beta => "",
    };
    let near = nearest(unknown, writable.map(|p| p.name.as_str()));
    match near.or_else(|| other_name(structure, unknown)) {
        Some(near) if value.get(near).is_some() => {
            finding.help(format!("did you mean `{near}`? It is declared here already"))
        }
        near => {
            let list = format!("`moorline schema {}{flag}` lists its properties", structure.name);
            let writable = structure.properties.values().filter(|p| !p.computed);
            let alike = similar(unknown, writable.map(|p| p.name.as_str()));
            finding.suggest(near, alike_or(unknown, &alike, list))
        }
    }
}

/// Returns the property of the name, where that of another type is declared.
fn other_name(structure: &Structure, unknown: &str) -> Option<&'static str> {
    let other = match unknown {
        "displayName" => "name",
        "name" => "displayName",
        _ => return None,
    };
    structure.properties.get(other).filter(|property| !property.computed).map(|_| other)
}

/// Returns a remedy that names the properties of the same words. They are not offered as a replacement: some say the
/// opposite.
fn alike_or(unknown: &str, alike: &[&str], list: String) -> String {
    let describe = |name: &&str| match is_opposite(unknown, name) {
        true => format!("`{name}`, which says the opposite"),
        false => format!("`{name}`"),
    };
    match alike {
        [] => list,
        [only] => format!("do you mean {}? {list}", describe(only)),
        several => {
            let names: Vec<String> = several.iter().map(describe).collect();
            format!("properties of the same words: {}; {list}", names.join("; "))
        }
    }
}

/// Returns a type of the same family that has the property, where the stated one does not.
fn sibling_with(version: GraphVersion, structure: &Structure, property: &str) -> Option<String> {
    let types = Types::of(version);
    let mut top = types.get(&structure.name)?;
    while let Some(base) = top.base.as_deref().and_then(|base| types.get(base)) {
        top = base;
    }
    // A manifest chooses its kind by `kind`, not by `@odata.type`.
    if top.category == Category::Entity {
        return None;
    }
    let has = |name: &&String| {
        types.get(name).is_some_and(|t| !t.is_abstract && t.property(property).is_some())
    };
    top.derived.iter().find(has).cloned()
}
