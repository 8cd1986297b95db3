//! Graph's list of settings to the readable form.

use serde_json::{Map, Value as Json};

use super::wire::{
    INSTANCE_TEMPLATE, InstanceKind, SimpleKind, TYPE, VALUE_TEMPLATE, is_annotation, is_implied,
    is_integer, is_text,
};

type Members = Map<String, Json>;

/// Reads a policy's settings. A level that cannot be a map is `{ "$raw": […] }`.
///
/// A value that is no list is returned as it is.
pub fn read(list: &Json) -> Json {
    let Json::Array(settings) = list else {
        return list.clone();
    };
    let level = level(settings.iter().map(instance_of_setting));
    Json::Object(level.unwrap_or_else(|| raw_level(kept_settings(settings))))
}

/// Returns the instance of a setting that has nothing else to keep.
fn instance_of_setting(setting: &Json) -> Option<&Json> {
    let setting = setting.as_object()?;
    let [instance, _, _, _] =
        known(setting, ["settingInstance", "id", "settingDefinitions", TYPE])?;
    is_implied(setting, "Setting").then_some(instance)?
}

/// Returns the instances of one level by their definition ids, `None` where an id occurs twice or an instance has more
/// than the readable form can say.
fn level<'a>(instances: impl Iterator<Item = Option<&'a Json>>) -> Option<Members> {
    let mut level = Map::new();
    for found in instances {
        let (id, readable) = instance(found?.as_object()?)?;
        if level.insert(id, readable).is_some() {
            return None;
        }
    }
    Some(level)
}

fn raw_level(list: Json) -> Members {
    Map::from_iter([("$raw".to_owned(), list)])
}

/// Reads children, which may be null or absent.
fn children(list: Option<&Json>) -> Option<Members> {
    let children = match list {
        None | Some(Json::Null) => return Some(Map::new()),
        Some(list) => list.as_array()?,
    };
    let raw = || kept_children(children);
    Some(level(children.iter().map(Some)).unwrap_or_else(|| raw_level(raw())))
}

fn instance(object: &Members) -> Option<(String, Json)> {
    let kind = InstanceKind::of(object)?;
    // A type without a value has no third member of its own.
    let member = kind.member().unwrap_or(TYPE);
    let [id, template, value, _] =
        known(object, ["settingDefinitionId", INSTANCE_TEMPLATE, member, TYPE])?;
    let id = id?.as_str()?;
    // Names that begin with `$` are directives.
    if id.starts_with('$') {
        return None;
    }
    let mut readable = Map::new();
    let mut template = instance_template(template)?;
    match kind {
        InstanceKind::Choice => template.extend(choice(id, value?, &mut readable)?),
        InstanceKind::Choices => put(&mut readable, "choices", choices(id, value?)?),
        InstanceKind::Simple => template.extend(simple(value?, &mut readable)?.1),
        InstanceKind::Simples => {
            let (word, elements) = simples(value?)?;
            put(&mut readable, word, elements);
        }
        InstanceKind::Group => {
            let (group, of_value) = group(value?)?;
            template.extend(of_value);
            put(&mut readable, "group", Json::Object(group));
        }
        InstanceKind::Groups => put(&mut readable, "groups", groups(value?)?),
        InstanceKind::SettingGroup => put(&mut readable, "settingGroup", Json::Object(Map::new())),
        InstanceKind::SettingGroups => {
            put(&mut readable, "settingGroups", Json::Array(Vec::new()));
        }
    }
    if !template.is_empty() {
        put(&mut readable, "template", Json::Object(template));
    }
    Some((id.to_owned(), Json::Object(readable)))
}

/// Reads the value of a choice into an instance or an element, and returns its template.
fn choice(id: &str, value: &Json, readable: &mut Members) -> Option<Members> {
    let object = value.as_object()?;
    let [value, below, template, _] = known(object, ["value", "children", VALUE_TEMPLATE, TYPE])?;
    if !is_implied(object, "ChoiceSettingValue") || !is_text(value?) {
        return None;
    }
    let whole = value?.as_str();
    match whole.and_then(|whole| whole.strip_prefix(id)?.strip_prefix('_')) {
        Some(suffix) => put(readable, "choice", suffix.into()),
        None => put(readable, "value", value?.clone()),
    }
    let children = children(below)?;
    if !children.is_empty() {
        put(readable, "children", Json::Object(children));
    }
    value_template(template)
}

fn choices(id: &str, values: &Json) -> Option<Json> {
    let element = |value| {
        let mut element = Map::new();
        let template = choice(id, value, &mut element)?;
        Some(shortened(element, template, "choice"))
    };
    values.as_array()?.iter().map(element).collect()
}

/// Reads a simple value into an instance or an element, and returns its type and its template.
fn simple(value: &Json, readable: &mut Members) -> Option<(SimpleKind, Members)> {
    let object = value.as_object()?;
    let kind = SimpleKind::of(object)?;
    let more = match kind {
        SimpleKind::Secret => "valueState",
        SimpleKind::Reference => "note",
        SimpleKind::String | SimpleKind::Integer => TYPE,
    };
    let [value, more, template, _] = known(object, ["value", more, VALUE_TEMPLATE, TYPE])?;
    let value = value?;
    let fits = if kind == SimpleKind::Integer { is_integer(value) } else { is_text(value) };
    if !fits {
        return None;
    }
    let value = match (kind, more) {
        (SimpleKind::Secret, state) => secret(value, state)?,
        (SimpleKind::Reference, Some(note)) if !note.is_null() => {
            put(readable, "note", is_text(note).then(|| note.clone())?);
            value.clone()
        }
        _ => value.clone(),
    };
    put(readable, kind.word(), value);
    Some((kind, value_template(template)?))
}

/// Reads a secret. One in clear is its value alone; another has its state beside it.
fn secret(value: &Json, state: Option<&Json>) -> Option<Json> {
    let mut secret = Map::new();
    match state.map(Json::as_str) {
        Some(Some("notEncrypted")) => return Some(value.clone()),
        Some(state) => put(&mut secret, "state", state?.into()),
        None => {}
    }
    put(&mut secret, "value", value.clone());
    Some(Json::Object(secret))
}

fn simples(values: &Json) -> Option<(&'static str, Json)> {
    let mut elements = Vec::new();
    for value in values.as_array()? {
        let mut element = Map::new();
        let (kind, template) = simple(value, &mut element)?;
        elements.push((kind, element, template));
    }
    let are_all =
        |wanted| !elements.is_empty() && elements.iter().all(|(kind, ..)| *kind == wanted);
    let (word, alone) = if are_all(SimpleKind::String) {
        ("strings", "string")
    } else if are_all(SimpleKind::Integer) {
        ("integers", "integer")
    } else {
        ("values", "")
    };
    let elements = elements.into_iter();
    let elements = elements.map(|(_, element, template)| shortened(element, template, alone));
    Some((word, elements.collect()))
}

/// Reads the value of a group, and returns its template.
fn group(value: &Json) -> Option<(Members, Members)> {
    let object = value.as_object()?;
    let [below, template, _] = known(object, ["children", VALUE_TEMPLATE, TYPE])?;
    let group = is_implied(object, "GroupSettingValue").then(|| children(below))?;
    Some((group?, value_template(template)?))
}

fn groups(values: &Json) -> Option<Json> {
    let element = |value| {
        let (group, template) = group(value)?;
        Some(shortened(group, template, ""))
    };
    values.as_array()?.iter().map(element).collect()
}

/// Returns an element with its template, or the value of this word where the element has nothing else.
fn shortened(mut element: Members, template: Members, alone: &str) -> Json {
    if !template.is_empty() {
        put(&mut element, "$template", Json::Object(template));
    }
    match element.remove(alone) {
        Some(value) if element.is_empty() => value,
        Some(value) => {
            put(&mut element, alone, value);
            Json::Object(element)
        }
        None => Json::Object(element),
    }
}

/// Reads the reference of an instance to its template.
fn instance_template(reference: Option<&Json>) -> Option<Members> {
    let Some(reference) = reference.filter(|reference| !reference.is_null()) else {
        return Some(Map::new());
    };
    let object = reference.as_object()?;
    let [id, _] = known(object, ["settingInstanceTemplateId", TYPE])?;
    let id = id?.as_str()?;
    is_implied(object, "SettingInstanceTemplateReference")
        .then(|| Map::from_iter([("id".to_owned(), id.into())]))
}

/// Reads the reference of a value to its template.
fn value_template(reference: Option<&Json>) -> Option<Members> {
    let Some(reference) = reference.filter(|reference| !reference.is_null()) else {
        return Some(Map::new());
    };
    let object = reference.as_object()?;
    let [id, use_default, _] =
        known(object, ["settingValueTemplateId", "useTemplateDefault", TYPE])?;
    let id = id?.as_str()?;
    if !is_implied(object, "SettingValueTemplateReference") {
        return None;
    }
    let mut template = Map::from_iter([("value".to_owned(), id.into())]);
    if use_default?.as_bool()? {
        put(&mut template, "useDefault", true.into());
    }
    Some(template)
}

/// Returns the members of these names, `None` where the object has others that say something. Graph gives every member
/// of a type, so that one it adds later is null in each object that does not use it.
fn known<'a, const N: usize>(
    object: &'a Members,
    names: [&str; N],
) -> Option<[Option<&'a Json>; N]> {
    let is_known = |(name, value): (&String, &Json)| {
        names.contains(&name.as_str()) || is_annotation(name) || value.is_null()
    };
    object.iter().all(is_known).then(|| names.map(|name| object.get(name)))
}

fn put(object: &mut Members, name: &str, value: Json) {
    object.insert(name.to_owned(), value);
}

/// Returns a raw list of settings in its canonical form.
pub(super) fn kept_settings(settings: &[Json]) -> Json {
    let settings = settings.iter().map(setting_kept).collect();
    Json::Array(sorted(settings, &|setting| setting.get("settingInstance")))
}

/// Returns a raw list of children in its canonical form.
pub(super) fn kept_children(children: &[Json]) -> Json {
    Json::Array(sorted(children.iter().map(kept).collect(), &|child| Some(child)))
}

/// Returns a setting of a raw list without its position and what was read along with it.
fn setting_kept(setting: &Json) -> Json {
    let mut kept = kept(setting);
    if let Json::Object(members) = &mut kept {
        members.remove("id");
        members.remove("settingDefinitions");
        if is_implied(members, "Setting") {
            members.remove(TYPE);
        }
    }
    kept
}

/// Returns a raw value in its canonical form.
fn kept(value: &Json) -> Json {
    match value {
        Json::Object(members) => Json::Object(members.iter().filter_map(kept_member).collect()),
        Json::Array(elements) => elements.iter().map(kept).collect(),
        leaf => leaf.clone(),
    }
}

/// Returns a member of a raw value, `None` where its absence says the same.
fn kept_member((name, value): (&String, &Json)) -> Option<(String, Json)> {
    if is_annotation(name) {
        return None;
    }
    let implied = match name.as_str() {
        INSTANCE_TEMPLATE => "SettingInstanceTemplateReference",
        VALUE_TEMPLATE => "SettingValueTemplateReference",
        "choiceSettingValue" | "choiceSettingCollectionValue" => "ChoiceSettingValue",
        "groupSettingValue" | "groupSettingCollectionValue" => "GroupSettingValue",
        _ => "",
    };
    let is_reference = matches!(name.as_str(), INSTANCE_TEMPLATE | VALUE_TEMPLATE);
    let value = match (name.as_str(), value) {
        (_, Json::Null) if is_reference => return None,
        ("children" | "note" | "auditRuleInformation", Json::Null) => return None,
        ("children", Json::Array(children)) if children.is_empty() => return None,
        ("children", Json::Array(children)) => kept_children(children),
        (_, Json::Array(elements)) => {
            elements.iter().map(|value| untyped(kept(value), implied)).collect()
        }
        (_, value) => untyped(kept(value), implied),
    };
    Some((name.clone(), value))
}

/// Removes the type that its place implies.
fn untyped(mut value: Json, implied: &str) -> Json {
    if let Json::Object(members) = &mut value
        && is_implied(members, implied)
    {
        members.remove(TYPE);
    }
    value
}

/// Sorts by definition id. What has the same one keeps its order.
fn sorted(mut list: Vec<Json>, instance: &dyn Fn(&Json) -> Option<&Json>) -> Vec<Json> {
    list.sort_by_cached_key(|element| {
        let id = instance(element).and_then(|instance| instance.get("settingDefinitionId"));
        id.and_then(Json::as_str).unwrap_or_default().to_owned()
    });
    list
}
