//! Checks of a readable settings map against the definitions.

use serde_json::{Map, Value as Json};

use super::catalogue::SettingCatalogue;
use super::definition::{
    ChoiceOption, SettingChild, SettingDefinition, SettingKind, SettingParent,
};
use super::error::CatalogueError;
use super::readable::{self, ValueAt};
use crate::diagnostic::{Severity, suggest};
use crate::settings_catalog::{SettingFault, SettingStep};

/// The codes of faults of a name: of a setting that stands in the wrong place or lacks something, and of a wrong word.
const OF_NAMES: [&str; 8] = [
    "definition/unknown",
    "definition/spelling",
    "definition/parent",
    "definition/parent-value",
    "definition/missing-child",
    "definition/platform",
    "definition/technology",
    "definition/word",
];

/// The place above a map.
#[derive(Clone, Copy)]
enum Above<'a> {
    /// The policy.
    Policy,
    /// A setting that is not known, or already found wrong.
    Unknown,
    /// A setting, with the option that it has.
    Setting(&'a SettingDefinition, Option<&'a ChoiceOption>),
}

struct SettingChecker<'a> {
    catalogue: &'a SettingCatalogue,
    platforms: &'a str,
    technologies: &'a str,
    path: Vec<SettingStep>,
    faults: Vec<SettingFault>,
}

/// Checks a readable settings map of a policy for these platforms and technologies.
///
/// Values that are not known yet (`$env` and others) and levels that are `$raw` are taken as right. A plain value is left to
/// [`super::expand()`].
///
/// # Errors
/// When the file of the catalogue is damaged.
pub fn check(
    settings: &Json,
    platforms: &str,
    technologies: &str,
    catalogue: &SettingCatalogue,
) -> Result<Vec<SettingFault>, CatalogueError> {
    let (path, faults) = (Vec::new(), Vec::new());
    let mut checker = SettingChecker { catalogue, platforms, technologies, path, faults };
    checker.map(settings, Above::Policy)?;
    Ok(checker.faults)
}

impl SettingChecker<'_> {
    fn map(&mut self, map: &Json, above: Above<'_>) -> Result<(), CatalogueError> {
        let Some(map) = map.as_object().filter(|map| !map.contains_key("$raw")) else {
            return Ok(());
        };
        for (id, instance) in
            map.iter().filter(|(id, value)| !id.starts_with('$') && !value.is_null())
        {
            self.path.push(SettingStep::Member(id.clone()));
            self.instance(id, instance, above, map)?;
            self.path.pop();
        }
        if let Above::Setting(definition, option) = above {
            self.required(definition, option, map)?;
        }
        Ok(())
    }

    fn instance(
        &mut self,
        id: &str,
        instance: &Json,
        above: Above<'_>,
        beside: &Map<String, Json>,
    ) -> Result<(), CatalogueError> {
        let none = Map::new();
        let object = instance.as_object().unwrap_or(&none);
        let Some(definition) = self.catalogue.get(id)? else {
            self.faults.push(unknown(self.catalogue, &self.path, id, Severity::Warning)?);
            return self.below(object);
        };
        let definition = &*definition;
        if definition.id != id {
            let message = format!("`{}` is written `{id}`", definition.label());
            let help = format!(
                "write it as the catalogue does, or it shows as another setting: `{}`",
                definition.id
            );
            self.warn("definition/spelling", message, help);
            if let Some(fault) = self.faults.last_mut() {
                fault.near = Some(definition.id.clone());
            }
        }
        if !matches!(above, Above::Setting(..)) {
            self.applicability(definition);
        }
        let chosen = readable::word(object)
            .filter(|(word, _)| matches!(*word, "choice" | "value"))
            .and_then(|(word, value)| option(definition, word, value));
        self.place(definition, chosen, above, beside)?;
        if readable::is_placeholder(instance) || object.get("template").is_some_and(uses_default) {
            return Ok(());
        }
        let Some((word, value)) = readable::word(object) else { return Ok(()) };
        if !self.accepts(definition, word, value) {
            return self.below(object);
        }
        self.path.push(SettingStep::Member(word.to_owned()));
        let elements = value.as_array().map(Vec::len);
        if let (Some(count), Some(elements)) = (definition.count, elements)
            && !count.hold(i64::try_from(elements).unwrap_or(i64::MAX))
        {
            let message =
                format!("`{}` has {elements} elements; {count} are allowed", definition.label());
            self.fault("definition/count", message, None);
        }
        self.path.pop();
        if matches!(word, "group" | "groups") {
            return self.groups(definition, word, value);
        }
        for at in readable::values(object, word, value) {
            let template = at.holder.and_then(|holder| holder.get("$template"));
            if template.is_some_and(uses_default) {
                continue;
            }
            let depth = self.path.len();
            self.path.push(SettingStep::Member(at.outer.to_owned()));
            self.path.extend(at.index.map(SettingStep::Element));
            if at.index.is_some() && at.holder.is_some() {
                self.path.push(SettingStep::Member(at.word.to_owned()));
            }
            let chosen = self.value(definition, &at);
            self.path.truncate(depth);
            if let Some(children) = at.holder.and_then(|holder| holder.get("children")) {
                if let Some(index) = at.index {
                    self.path.extend([
                        SettingStep::Member(word.to_owned()),
                        SettingStep::Element(index),
                    ]);
                }
                self.path.push(SettingStep::Member("children".to_owned()));
                self.map(
                    children,
                    chosen.map_or(Above::Unknown, |it| Above::Setting(definition, Some(it))),
                )?;
                self.path.truncate(depth);
            } else if let Some(option) = chosen {
                self.required(definition, Some(option), &none)?;
            }
        }
        Ok(())
    }

    fn groups(
        &mut self,
        definition: &SettingDefinition,
        word: &str,
        value: &Json,
    ) -> Result<(), CatalogueError> {
        self.path.push(SettingStep::Member(word.to_owned()));
        let above = Above::Setting(definition, None);
        match value.as_array() {
            None => self.map(value, above)?,
            Some(groups) => {
                for (at, group) in groups.iter().enumerate() {
                    self.path.push(SettingStep::Element(at));
                    self.map(group, above)?;
                    self.path.pop();
                }
            }
        }
        self.path.pop();
        Ok(())
    }

    /// Checks what stands beneath a setting of which nothing more is known.
    fn below(&mut self, object: &Map<String, Json>) -> Result<(), CatalogueError> {
        let Some((word, value)) = readable::word(object) else { return Ok(()) };
        let depth = self.path.len();
        self.path.push(SettingStep::Member(word.to_owned()));
        match (word, value.as_array()) {
            ("group", _) => self.map(value, Above::Unknown)?,
            ("groups", Some(groups)) => {
                for (at, group) in groups.iter().enumerate() {
                    self.path.push(SettingStep::Element(at));
                    self.map(group, Above::Unknown)?;
                    self.path.pop();
                }
            }
            _ => {}
        }
        self.path.truncate(depth);
        if let Some(children) = object.get("children") {
            self.path.push(SettingStep::Member("children".to_owned()));
            self.map(children, Above::Unknown)?;
            self.path.truncate(depth);
        }
        Ok(())
    }

    fn applicability(&mut self, definition: &SettingDefinition) {
        let name = definition.label();
        if are_apart(self.platforms, &definition.platform) {
            let (own, other) = (&definition.platform, self.platforms);
            let message = format!("`{name}` is a setting for {own}, and the policy is for {other}");
            let help = format!("remove it, or declare it in a policy with `platforms: {own}`");
            self.fault("definition/platform", message, Some(help));
        } else if are_apart(self.technologies, &definition.technologies) {
            let (own, other) = (&definition.technologies, self.technologies);
            let message = format!("`{name}` is delivered by {own}, and the policy by {other}");
            let help =
                format!("check `technologies` of the policy: the setting needs one of {own}");
            self.warn("definition/technology", message, help);
        }
    }

    /// Checks that a setting stands where it may.
    fn place(
        &mut self,
        definition: &SettingDefinition,
        chosen: Option<&ChoiceOption>,
        above: Above<'_>,
        beside: &Map<String, Json>,
    ) -> Result<(), CatalogueError> {
        let name = definition.label();
        let parents = parents(definition, chosen);
        let (parent, option) = match above {
            Above::Unknown => return Ok(()),
            Above::Policy => {
                if let Some(first) = parents.first() {
                    let (above, how) = self.beneath(first)?;
                    let message = format!("`{name}` stands beneath {above}, not by itself");
                    self.wrong_place(message, how, &parents, beside);
                }
                return Ok(());
            }
            Above::Setting(parent, option) => (parent, option),
        };
        let own: Vec<&SettingParent> =
            parents.iter().copied().filter(|it| it.id.eq_ignore_ascii_case(&parent.id)).collect();
        let item = option.map(|option| parent.item_id(option));
        let fits = |needed: &&&SettingParent| match (&needed.option, &item) {
            (None, _) => true,
            (Some(needed), Some(item)) => needed.eq_ignore_ascii_case(item),
            (Some(_), None) => false,
        };
        let lists = |children: &[SettingChild]| {
            children.iter().any(|child| child.id.eq_ignore_ascii_case(&definition.id))
        };
        let is_member = match &parent.kind {
            SettingKind::Group { members } => {
                members.iter().any(|member| member.eq_ignore_ascii_case(&definition.id))
            }
            _ => false,
        };
        if own.iter().any(|it| fits(&it))
            || is_member
            || lists(&parent.children)
            || option.is_some_and(|option| lists(&option.children))
        {
            return Ok(());
        }
        // The options of the parent with which it may be there.
        let with: Vec<&ChoiceOption> = parent
            .options()
            .iter()
            .filter(|option| {
                let item = parent.item_id(option);
                let needs = |it: &&SettingParent| {
                    it.option.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(&item))
                };
                lists(&option.children) || own.iter().any(needs)
            })
            .collect();
        let above = parent.label();
        if let Some(first) = with.first() {
            let names: Vec<String> =
                with.iter().map(|option| option_label(parent, option)).collect();
            let is = option.map_or_else(String::new, |option| {
                format!("; here it is `{}`", option_label(parent, option))
            });
            let message =
                format!("`{name}` is there only if `{above}` is {}{is}", suggest::one_of(&names));
            let help = format!("set {} above it, or remove it", option_form(parent, first));
            self.fault("definition/parent-value", message, Some(help));
        } else if let Some(first) = parents.first() {
            let is_above = |parent: &&SettingParent| {
                let is = |step: &SettingStep| matches!(step, SettingStep::Member(id) if id.eq_ignore_ascii_case(&parent.id));
                self.path.iter().any(is)
            };
            if !parents.iter().any(is_above) {
                let (right, how) = self.beneath(first)?;
                let message = format!("`{name}` stands beneath {right}, not beneath `{above}`");
                self.wrong_place(message, how, &parents, beside);
            }
        } else {
            let message = format!("`{name}` stands by itself, not beneath `{above}`");
            let help = format!("move `{}` to the top of `settings`", definition.id);
            self.warn("definition/parent", message, help);
        }
        Ok(())
    }

    /// Reports a setting that stands in the wrong place. Beside its parent it may be one that the service takes there.
    fn wrong_place(
        &mut self,
        message: String,
        help: String,
        parents: &[&SettingParent],
        beside: &Map<String, Json>,
    ) {
        let is_beside =
            |parent: &&SettingParent| beside.keys().any(|id| id.eq_ignore_ascii_case(&parent.id));
        if parents.iter().any(is_beside) {
            self.warn("definition/parent", message, help);
        } else {
            self.fault("definition/parent", message, Some(help));
        }
    }

    /// Returns a parent for people, and how to move a setting there.
    fn beneath(&self, parent: &SettingParent) -> Result<(String, String), CatalogueError> {
        let Some(definition) = self.catalogue.get(&parent.id)? else {
            let id = &parent.id;
            return Ok((format!("`{id}`"), format!("move it into `children` of `{id}`")));
        };
        let (name, id) = (definition.label(), &definition.id);
        let option = parent.option.as_deref().and_then(|item| definition.option_by_item(item));
        Ok(match option {
            Some(option) => (
                format!("`{name}` set to `{}`", option_label(&definition, option)),
                format!(
                    "move it into `children` of `{id}` with {}",
                    option_form(&definition, option)
                ),
            ),
            None => {
                let is_choice = matches!(definition.kind, SettingKind::Choice { .. });
                let into = if is_choice { "children" } else { definition.word() };
                (format!("`{name}`"), format!("move it into `{into}` of `{id}`"))
            }
        })
    }

    /// Checks that the children are there that have to be.
    fn required(
        &mut self,
        definition: &SettingDefinition,
        option: Option<&ChoiceOption>,
        map: &Map<String, Json>,
    ) -> Result<(), CatalogueError> {
        let children: &[SettingChild] = match (&definition.kind, option) {
            (SettingKind::Group { .. }, _) => &definition.children,
            (_, Some(option)) => &option.children,
            _ => &[],
        };
        for child in children.iter().filter(|child| child.required) {
            if map.keys().any(|id| id.eq_ignore_ascii_case(&child.id)) || map.contains_key("$raw") {
                continue;
            }
            let child_definition = self.catalogue.get(&child.id)?;
            let name = child_definition.as_ref().map_or(&*child.id, |it| it.label());
            let is = option.map_or_else(String::new, |option| {
                format!(" set to `{}`", option_label(definition, option))
            });
            let message = format!("`{}`{is} needs `{name}`", definition.label());
            let into = if option.is_some() { "`children`" } else { "each group" };
            let form = child_definition.as_ref().map_or("value", |it| it.word());
            let help = format!("add `{}: {{ {form}: … }}` to {into}", readable::quoted(&child.id));
            self.fault("definition/missing-child", message, Some(help));
        }
        Ok(())
    }

    /// Whether a setting may have this word; if not, says so.
    fn accepts(&mut self, definition: &SettingDefinition, word: &str, value: &Json) -> bool {
        let is_list = definition.count.is_some();
        let fits = match (&definition.kind, is_list) {
            (SettingKind::Choice { .. }, false) => matches!(word, "choice" | "value"),
            (SettingKind::Choice { .. }, true) => word == "choices",
            (SettingKind::Text { secret: true, .. }, false) => word == "secret",
            (SettingKind::Text { .. }, false) => matches!(word, "string" | "reference"),
            (SettingKind::Text { secret: true, .. }, true) => word == "values",
            (SettingKind::Text { .. }, true) => matches!(word, "strings" | "values"),
            (SettingKind::Integer { .. }, false) => word == "integer",
            (SettingKind::Integer { .. }, true) => matches!(word, "integers" | "values"),
            (SettingKind::Group { .. }, false) => matches!(word, "group" | "settingGroup"),
            (SettingKind::Group { .. }, true) => matches!(word, "groups" | "settingGroups"),
            (SettingKind::Other(_), _) => true,
        };
        if fits {
            return true;
        }
        self.path.push(SettingStep::Member(word.to_owned()));
        match (&definition.kind, word) {
            (SettingKind::Text { secret: true, .. }, "string") => self.not_secret(definition),
            (SettingKind::Text { secret: false, .. }, "secret") if !is_list => {
                self.secret(definition)
            }
            _ => {
                let right = definition.word();
                let message =
                    format!("`{}` is {}, not `{word}`", definition.label(), definition.kind_name());
                let help = match (&definition.kind, readable::scalar(value)) {
                    (SettingKind::Choice { .. }, Some(text)) if !is_list => {
                        match nearest_option(definition, &text) {
                            Some(near) => format!("write {}", option_form(definition, near)),
                            None => options_help(definition),
                        }
                    }
                    _ => format!("write `{right}: …`"),
                };
                self.fault("definition/word", message, Some(help));
            }
        }
        self.path.pop();
        false
    }

    fn not_secret(&mut self, definition: &SettingDefinition) {
        let message = format!("`{}` is a secret and stands in clear", definition.label());
        let help = "keep it in the environment: `secret: { $env: NAME }`";
        self.fault("definition/secret", message, Some(help.to_owned()));
    }

    fn secret(&mut self, definition: &SettingDefinition) {
        let message = format!("`{}` is no secret: Intune shows its value", definition.label());
        self.fault("definition/secret", message, Some("write `string: …`".to_owned()));
    }

    /// Checks one value; returns the option, if it is one.
    fn value<'d>(
        &mut self,
        definition: &'d SettingDefinition,
        at: &ValueAt<'_>,
    ) -> Option<&'d ChoiceOption> {
        if readable::is_placeholder(at.value) {
            return None;
        }
        match &definition.kind {
            SettingKind::Choice { .. } => {
                let found = option(definition, at.word, at.value);
                if found.is_none()
                    && let Some(text) = readable::scalar(at.value)
                {
                    let near = nearest_option(definition, &text).filter(|_| at.word == "choice");
                    let near = near.and_then(|near| near.suffix.clone());
                    let fault = wrong_option(definition, &self.path, &text);
                    self.faults.push(SettingFault { near, ..fault });
                }
                found
            }
            SettingKind::Integer { bounds, .. } => {
                match readable::whole(at.value) {
                    Some(number) if !bounds.hold(number) => {
                        let message =
                            format!("`{}` is {number}; {bounds} is allowed", definition.label());
                        let nearest = bounds.nearest(number);
                        self.fault(
                            "definition/range",
                            message,
                            Some(format!("the nearest is {nearest}")),
                        );
                    }
                    None if readable::scalar(at.value).is_some() => self.no_number(definition),
                    _ => {}
                }
                None
            }
            SettingKind::Text { length, secret, .. } => {
                match at.word {
                    "string" if *secret => self.not_secret(definition),
                    "secret" if !*secret => self.secret(definition),
                    _ => {}
                }
                if let Some(text) =
                    readable::scalar(at.value).filter(|_| !secret && at.word != "reference")
                {
                    let units = i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX);
                    if !length.hold(units) {
                        let name = definition.label();
                        let message =
                            format!("`{name}` has {units} characters; {length} are allowed");
                        self.fault("definition/length", message, None);
                    }
                }
                None
            }
            SettingKind::Group { .. } | SettingKind::Other(_) => None,
        }
    }

    fn no_number(&mut self, definition: &SettingDefinition) {
        let message = format!("`{}` is {}", definition.label(), definition.kind_name());
        self.fault("definition/word", message, Some("write digits alone".to_owned()));
    }

    fn fault(&mut self, code: &'static str, message: String, help: Option<String>) {
        self.faults.push(SettingFault::new(&self.path, code, message, help));
    }

    fn warn(&mut self, code: &'static str, message: String, help: String) {
        self.fault(code, message, Some(help));
        if let Some(fault) = self.faults.last_mut() {
            fault.severity = Severity::Warning;
        }
    }
}

impl SettingFault {
    /// Makes an error.
    pub(super) fn new(
        path: &[SettingStep],
        code: &'static str,
        message: String,
        help: Option<String>,
    ) -> Self {
        let is_member = matches!(path.last(), Some(SettingStep::Member(_)));
        let is_of_name = is_member && OF_NAMES.contains(&code);
        let severity = Severity::Error;
        Self { path: path.to_vec(), is_of_name, code, severity, message, help, near: None }
    }
}

/// Returns the fault of an id that the catalogue lacks.
pub(super) fn unknown(
    catalogue: &SettingCatalogue,
    path: &[SettingStep],
    id: &str,
    severity: Severity,
) -> Result<SettingFault, CatalogueError> {
    let near = catalogue.nearest(id)?;
    let near = near.map(|near| catalogue.get(near)).transpose()?.flatten();
    let help = match &near {
        Some(near) => format!("did you mean `{}` (`{}`)?", near.id, near.label()),
        None => "look for it with `moorline catalog search`; if it is new, `moorline catalog refresh` reads the \
                 definitions again"
            .to_owned(),
    };
    let message = format!("the catalogue has no setting `{id}`");
    let fault = SettingFault::new(path, "definition/unknown", message, Some(help));
    Ok(SettingFault { severity, near: near.map(|near| near.id.clone()), ..fault })
}

/// Returns the fault of a value that is no option.
pub(super) fn wrong_option(
    definition: &SettingDefinition,
    path: &[SettingStep],
    text: &str,
) -> SettingFault {
    let help = match nearest_option(definition, text) {
        Some(near) => {
            let (form, label) = (option_form(definition, near), option_label(definition, near));
            format!("did you mean {form} (`{label}`)?")
        }
        None => options_help(definition),
    };
    let message = format!("`{}` has no option `{text}`", definition.label());
    SettingFault::new(path, "definition/option", message, Some(help))
}

/// Returns the option that a value names.
fn option<'d>(
    definition: &'d SettingDefinition,
    word: &str,
    value: &Json,
) -> Option<&'d ChoiceOption> {
    let text = readable::scalar(value)?;
    match word {
        "choice" => definition.option_by_suffix(&text),
        _ => definition.option_by_item(&text),
    }
}

fn nearest_option<'d>(definition: &'d SettingDefinition, text: &str) -> Option<&'d ChoiceOption> {
    let options = definition.options();
    let same = options.iter().find(|option| option.display_name.eq_ignore_ascii_case(text));
    let item = || definition.option_by_item(text).or_else(|| definition.option_by_suffix(text));
    let near = || {
        let texts = options
            .iter()
            .flat_map(|option| [option.suffix.as_deref(), Some(&option.display_name)]);
        let near = suggest::nearest(text, texts.flatten())?;
        options
            .iter()
            .find(|option| option.suffix.as_deref() == Some(near) || option.display_name == near)
    };
    same.or_else(item).or_else(near)
}

/// Lists the options of a setting.
fn options_help(definition: &SettingDefinition) -> String {
    const MOST: usize = 8;
    let options = definition.options();
    let form = |option| {
        format!("{} (`{}`)", option_form(definition, option), option_label(definition, option))
    };
    let listed: Vec<String> = options.iter().take(MOST).map(form).collect();
    let rest = options.len().saturating_sub(MOST);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("it has {}{more}", listed.join(", "))
}

/// Returns how an option is written.
pub(super) fn option_form(definition: &SettingDefinition, option: &ChoiceOption) -> String {
    match &option.suffix {
        Some(suffix) => format!("`choice: {}`", readable::quoted(suffix)),
        None => format!("`value: {}`", readable::quoted(&definition.item_id(option))),
    }
}

pub(super) fn option_label(definition: &SettingDefinition, option: &ChoiceOption) -> String {
    if option.display_name.is_empty() {
        definition.item_id(option)
    } else {
        option.display_name.clone()
    }
}

/// Returns the settings beneath one of which this one stands: of a choice, those of its option.
fn parents<'d>(
    definition: &'d SettingDefinition,
    chosen: Option<&'d ChoiceOption>,
) -> Vec<&'d SettingParent> {
    let of_options: Vec<&SettingParent> = match chosen {
        Some(option) => option.parents.iter().collect(),
        None => definition.options().iter().flat_map(|option| &option.parents).collect(),
    };
    let all = definition.parents.iter().chain(of_options);
    all.filter(|parent| !parent.id.eq_ignore_ascii_case(&definition.id)).collect()
}

/// Whether two lists of flags are both known and share none.
fn are_apart(policy: &str, setting: &str) -> bool {
    let flags = |text: &str| -> Vec<String> {
        let flags = text.split(',').map(|flag| flag.trim().to_ascii_lowercase());
        flags.filter(|flag| !matches!(flag.as_str(), "" | "none" | "unknownfuturevalue")).collect()
    };
    let (policy, setting) = (flags(policy), flags(setting));
    !policy.is_empty() && !setting.is_empty() && !policy.iter().any(|flag| setting.contains(flag))
}

/// Whether a template reference says that the value is the template's.
fn uses_default(template: &Json) -> bool {
    template.get("useDefault").and_then(Json::as_bool).unwrap_or_default()
}
