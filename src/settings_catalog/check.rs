//! Checks a readable value: what is wrong, where, and what to write.

use serde_json::{Map, Value as Json};

use super::part::{Elements, OTHER_WORDS, SettingPart, VALUE_WORDS};
use super::wire::{is_integer, is_text, stands_for_another};
use crate::diagnostic::Severity;
use crate::diagnostic::suggest::{nearest, one_of};

/// One thing that is wrong with a readable value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingFault {
    /// The way from the whole value to the place.
    pub path: Vec<SettingStep>,
    /// Whether the name of the last member of the path is wrong, and not its value.
    pub is_of_name: bool,
    /// A stable `area/slug`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// The problem. It holds no value of a secret.
    pub message: String,
    /// The remedy.
    pub help: Option<String>,
    /// The name or the value to write in its place, where one is near.
    pub near: Option<String>,
}

/// A step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingStep {
    /// To the member of a name.
    Member(String),
    /// To an element.
    Element(usize),
}

/// Returns all that is wrong with a readable value, or with Graph's own list in its place.
pub fn check(value: &Json) -> Vec<SettingFault> {
    let mut check = Check { path: Vec::new(), faults: Vec::new() };
    match value {
        Json::Array(_) => check.raw(value),
        _ => check.part(SettingPart::ROOT, value),
    }
    check.faults
}

/// How the value of a setting is written.
const FORMS: &str =
    "`{ choice: … }`, `{ string: … }`, `{ integer: … }`, `{ secret: … }` or `{ strings: [ … ] }`";

struct Check {
    path: Vec<SettingStep>,
    faults: Vec<SettingFault>,
}

impl Check {
    fn fault(&mut self, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        let (message, help) = (message.into(), help.into());
        let path = self.path.clone();
        self.faults.push(SettingFault {
            path,
            is_of_name: false,
            code,
            severity: Severity::Error,
            message,
            help: Some(help),
            near: None,
        });
    }

    /// Adds a fault of the name of a member.
    fn name_fault(
        &mut self,
        name: &str,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.within(SettingStep::Member(name.to_owned()), |check| check.fault(code, message, help));
        if let Some(fault) = self.faults.last_mut() {
            fault.is_of_name = true;
        }
    }

    fn within(&mut self, step: SettingStep, check: impl FnOnce(&mut Self)) {
        self.path.push(step);
        check(self);
        self.path.pop();
    }

    fn part(&mut self, part: SettingPart, value: &Json) {
        match part {
            SettingPart::Settings | SettingPart::GroupElement => self.settings(part, value),
            SettingPart::Instance => self.instance(value),
            SettingPart::Groups => self.elements(part, value, "a list of groups"),
            SettingPart::Elements(_) => self.elements(part, value, "a list"),
            SettingPart::Element(elements) => self.element(elements, value),
            SettingPart::Template => self.template(part, value, &["id", "value", "useDefault"]),
            SettingPart::ElementTemplate => self.template(part, value, &["value", "useDefault"]),
            SettingPart::Suffix => self.expect(value.is_string(), value, "text", for_text(value)),
            SettingPart::Text | SettingPart::Reference => {
                self.expect(is_text(value), value, "text", for_text(value));
            }
            SettingPart::Integer => {
                let help = "write it with digits alone, such as `30`";
                self.expect(is_integer(value), value, "a whole number", help);
            }
            SettingPart::Flag => {
                self.expect(value.is_boolean(), value, "true or false", "write `true` or `false`");
            }
            SettingPart::Secret => self.secret(value),
            SettingPart::Raw => self.raw(value),
            SettingPart::Nothing => self.nothing(value),
            // Reported where the name is.
            SettingPart::RawSecret | SettingPart::RawReference | SettingPart::Unknown => {}
        }
    }

    fn expect(&mut self, fits: bool, value: &Json, expected: &str, help: &str) {
        if !fits {
            let message = format!("expected {expected} here, and this is {}", kind(value));
            self.fault("settings/type", message, help);
        }
    }

    fn settings(&mut self, part: SettingPart, value: &Json) {
        let Some(members) = value.as_object().filter(|_| !stands_for_another(value)) else {
            let message = format!(
                "expected settings by their definition ids here, and this is {}",
                kind(value)
            );
            let help = match value {
                Json::Array(_) => "write `{ $raw: [ … ] }` around Graph's list",
                _ => "write `DEFINITION_ID: { choice: … }`, one setting a line",
            };
            return self.fault("settings/type", message, help);
        };
        let has_raw = members.contains_key("$raw");
        for (name, member) in members {
            match part.member(name) {
                SettingPart::Instance if has_raw => self.name_fault(
                    name,
                    "settings/raw",
                    "a level that has `$raw` has all its settings in it",
                    "move this setting into the list of `$raw`, or remove `$raw`",
                ),
                SettingPart::Settings if self.path.is_empty() => self.name_fault(
                    name,
                    "settings/merge",
                    "`$merge` stands alone: settings are either merged into those of the tenant, or all of them",
                    "move the other settings into `$merge`, or its settings out of it",
                ),
                SettingPart::Settings => self.name_fault(
                    name,
                    "settings/merge",
                    "`$merge` does not belong here: there is nothing that it could be merged into",
                    "write the settings in place of `$merge`; it belongs directly under `settings`",
                ),
                SettingPart::Unknown => self.directive(name),
                next => self.within(SettingStep::Member(name.clone()), |check| check.part(next, member)),
            }
        }
    }

    fn directive(&mut self, name: &str) {
        let message = format!("`{name}` is no setting: no definition id begins with `$`");
        let help = match name {
            "$template" => {
                "only an element of `groups` has it; write `template: { value: … }` beside `group`"
            }
            _ => "write the definition id of a setting here, or remove this line",
        };
        self.name_fault(name, "settings/unknown-word", message, help);
    }

    fn instance(&mut self, value: &Json) {
        match value {
            Json::Null => self.fault(
                "settings/null",
                "null removes a setting under `$merge` alone",
                "remove this line, or write the setting's value",
            ),
            Json::Object(members) if !stands_for_another(value) => {
                let known: Vec<&str> = VALUE_WORDS.into_iter().chain(OTHER_WORDS).collect();
                self.words(SettingPart::Instance, members, &known);
                self.companions(members, &known);
            }
            Json::Array(_) => self.fault(
                "settings/bare",
                "a list does not say what kind of value it is",
                "write `{ strings: [ … ] }`, `{ integers: [ … ] }`, `{ choices: [ … ] }` or `{ groups: [ … ] }`",
            ),
            _ => {
                let message = "a bare value does not say what kind of value it is";
                self.fault("settings/bare", message, format!("write {FORMS}"));
            }
        }
    }

    fn elements(&mut self, part: SettingPart, value: &Json, expected: &str) {
        let Some(elements) = value.as_array() else {
            return self.expect(false, value, expected, "write `[ … ]` around it");
        };
        for (index, element) in elements.iter().enumerate() {
            self.within(SettingStep::Element(index), |check| check.part(part.element(), element));
        }
    }

    fn element(&mut self, elements: Elements, value: &Json) {
        if let Json::Object(members) = value
            && !stands_for_another(value)
        {
            let mut words = elements.words().to_vec();
            words.push("$template");
            self.words(SettingPart::Element(elements), members, &words);
            return self.companions(members, &words);
        }
        match elements {
            Elements::Choices => self.part(SettingPart::Suffix, value),
            Elements::Strings => self.part(SettingPart::Text, value),
            Elements::Integers => self.part(SettingPart::Integer, value),
            Elements::Values => self.fault(
                "settings/bare",
                "an element of `values` says what kind of value it is",
                "write `{ string: … }`, `{ integer: … }`, `{ secret: … }` or `{ reference: … }`",
            ),
        }
    }

    /// Checks the words of an instance or an element: each is known, and one of them says the type of the value.
    fn words(&mut self, part: SettingPart, members: &Map<String, Json>, known: &[&str]) {
        let is_value = |word: &&str| known.contains(word) && VALUE_WORDS.contains(word);
        let mut chosen: Option<&str> = None;
        let mut has_unknown = false;
        for (word, member) in members {
            let word = word.as_str();
            if !known.contains(&word) {
                has_unknown = true;
                self.unknown(word, members, known);
                continue;
            }
            match chosen {
                Some(first) if is_value(&word) => self.name_fault(
                    word,
                    "settings/exclusive",
                    format!("`{first}` and `{word}` exclude one another: a setting has one value"),
                    format!("keep `{first}` or `{word}`, and remove the other"),
                ),
                _ => {
                    chosen = chosen.or(Some(word).filter(is_value));
                    let step = SettingStep::Member(word.to_owned());
                    self.within(step, |check| check.part(part.member(word), member));
                }
            }
        }
        if chosen.is_none() && !has_unknown {
            let words: Vec<String> =
                known.iter().filter(|word| is_value(word)).map(|word| (*word).to_owned()).collect();
            let help = format!("give it {}", one_of(&words));
            let what = if part == SettingPart::Instance { "setting" } else { "element" };
            self.fault("settings/no-value", format!("this {what} has no value"), help);
        }
    }

    fn unknown(&mut self, word: &str, members: &Map<String, Json>, known: &[&str]) {
        let near = nearest(word, known.iter().copied()).filter(|near| !members.contains_key(*near));
        let help = if let Some(near) = near {
            format!("did you mean `{near}`?")
        } else if word.contains('@')
            || word.starts_with("setting")
            || word.ends_with("SettingValue")
        {
            "this is Graph's own form: put its whole list under `settings`, or under `$raw` of this level"
                .to_owned()
        } else if !known.contains(&"children") {
            let known: Vec<String> = known.iter().map(|word| (*word).to_owned()).collect();
            format!("use {}", one_of(&known))
        } else if members.contains_key("choice") || members.contains_key("value") {
            "move it under `children`, where the settings below a choice stand".to_owned()
        } else if word.contains(['_', '.']) {
            "settings below this one stand under `children` of a choice, `group`, or an element of `groups`"
                .to_owned()
        } else {
            let words: Vec<String> = VALUE_WORDS[..12]
                .iter()
                .filter(|word| known.contains(word))
                .map(|word| (*word).to_owned())
                .collect();
            format!("the value of a setting is {}", one_of(&words))
        };
        self.name_fault(word, "settings/unknown-word", format!("a setting has no `{word}`"), help);
        if let Some(fault) = self.faults.last_mut() {
            fault.near = near.map(str::to_owned);
        }
    }

    /// Checks the words that only stand beside certain others.
    fn companions(&mut self, members: &Map<String, Json>, known: &[&str]) {
        let is_there = |word: &&str| known.contains(word) && members.contains_key(*word);
        let has = |words: &[&str]| words.iter().any(is_there);
        if has(&["children"]) && !has(&["choice", "value"]) {
            let help = if has(&["group", "groups"]) {
                "write these settings under `group`, or in an element of `groups`"
            } else {
                "remove `children`, or give this setting a `choice`"
            };
            self.name_fault("children", "settings/children", "only a choice has `children`", help);
        }
        if has(&["note"]) && !has(&["reference"]) {
            let help = "remove `note`; a comment says the same to readers";
            self.name_fault("note", "settings/note", "only a `reference` has a `note`", help);
        }
        let is_plural = has(&["choices", "strings", "integers", "values", "groups"]);
        let is_without = has(&["settingGroup", "settingGroups"]);
        let template =
            members.get("template").filter(|_| has(&["template"])).and_then(Json::as_object);
        if let Some(template) = template.filter(|_| is_plural || is_without) {
            let help = if is_plural {
                "write it as `$template: { value: … }` into the elements"
            } else {
                "remove it"
            };
            for name in
                ["value", "useDefault"].into_iter().filter(|name| template.contains_key(*name))
            {
                self.within(SettingStep::Member("template".to_owned()), |check| {
                    let message = format!(
                        "this setting has no single value that a template's `{name}` could be of"
                    );
                    check.name_fault(name, "settings/template", message, help);
                });
            }
        }
    }

    fn template(&mut self, part: SettingPart, value: &Json, known: &[&str]) {
        let Some(members) = value.as_object() else {
            return self.expect(
                false,
                value,
                "the ids of templates",
                "write `{ id: …, value: … }`",
            );
        };
        for (name, member) in members {
            if part.member(name) == SettingPart::Unknown {
                self.unknown_of_template(name, known);
            } else {
                self.within(SettingStep::Member(name.clone()), |check| {
                    check.part(part.member(name), member)
                });
            }
        }
        if members.contains_key("useDefault") && !members.contains_key("value") {
            let message = "`useDefault` stands beside the id of a value's template";
            let help = "add `value`, or remove `useDefault`";
            self.name_fault("useDefault", "settings/template", message, help);
        }
    }

    fn unknown_of_template(&mut self, name: &str, known: &[&str]) {
        let near = nearest(name, known.iter().copied());
        let names: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        let help = near.map_or_else(
            || format!("use {}", one_of(&names)),
            |near| format!("did you mean `{near}`?"),
        );
        self.name_fault(name, "settings/unknown-word", format!("a template has no `{name}`"), help);
        if let Some(fault) = self.faults.last_mut() {
            fault.near = near.map(str::to_owned);
        }
    }

    fn secret(&mut self, value: &Json) {
        let help = "write `{ $env: NAME }`, which takes it from the environment";
        match value {
            Json::Object(members) if !stands_for_another(value) => {
                for (name, member) in members {
                    let step = SettingStep::Member(name.clone());
                    match name.as_str() {
                        "value" => self.within(step, |check| check.part(SettingPart::Text, member)),
                        "state" => {
                            self.within(step, |check| {
                                check.expect(member.is_string(), member, "text", "remove it")
                            });
                        }
                        _ => {
                            let message = format!("a secret has no `{name}`");
                            self.name_fault(name, "settings/unknown-word", message, help);
                        }
                    }
                }
                if !members.contains_key("value") {
                    self.fault("settings/no-value", "this secret has no value", help);
                }
            }
            _ => self.expect(value.is_string() || value.is_object(), value, "a secret", help),
        }
    }

    /// Checks that a list holds what Graph's lists hold: objects.
    fn raw(&mut self, value: &Json) {
        let is_top = self.path.len() < 2;
        let Some(elements) = value.as_array() else {
            return self.expect(false, value, "Graph's list", "write `[ … ]` around it");
        };
        for (index, element) in elements.iter().enumerate() {
            let fits = match element {
                Json::Object(members) => {
                    !is_top || members.get("settingInstance").is_some_and(Json::is_object)
                }
                _ => false,
            };
            if !fits {
                let help = if is_top {
                    "an element of Graph's list is `{ settingInstance: { … } }`; to write settings, use `DEFINITION_ID: { choice: … }` without a list"
                } else {
                    "an element of this list is `{ \"@odata.type\": …, settingDefinitionId: … }`"
                };
                self.within(SettingStep::Element(index), |check| {
                    check.fault("settings/raw", "this is no setting as Graph has it", help);
                });
            }
        }
    }

    fn nothing(&mut self, value: &Json) {
        let is_empty = value.as_object().is_some_and(Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            let message = "this setting has no value of its own";
            self.fault("settings/type", message, "write `settingGroup: {}` or `settingGroups: []`; settings below stand under `group` or `groups`");
        }
    }
}

/// Returns how what should be text is mended.
fn for_text(value: &Json) -> &'static str {
    match value {
        Json::Bool(_) | Json::Number(_) => "put it in quotes",
        _ => "write the text itself here",
    }
}

/// Returns the kind of value for messages.
fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(number) if number.is_f64() => "a number with a fraction",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a mapping",
    }
}
