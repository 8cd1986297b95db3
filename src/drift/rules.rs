//! The treatment of objects and settings that no manifest declares: `spec.drift` of the tenant file.

use globset::{Glob, GlobMatcher};

use crate::manifest::tenant_file::{DriftRules, Treatment};
use crate::plan::UnreadUnmanaged;

/// The rules of a list, ready to be asked.
pub(super) struct Treatments {
    rules: Vec<(GlobMatcher, Treatment)>,
    /// The treatment of an object that no rule matches.
    otherwise: Treatment,
}

impl Treatments {
    /// Reads rules; `default` is for what they do not name.
    pub(super) fn of(rules: Option<&DriftRules>, default: Treatment) -> Self {
        let otherwise = match rules {
            Some(DriftRules::All(treatment)) => *treatment,
            _ => default,
        };
        let rules = rules.map(DriftRules::rules).unwrap_or_default().iter();
        // A pattern that is no glob was refused with the tenant file.
        let rules = rules
            .filter_map(|rule| Some((Glob::new(&rule.pattern).ok()?.compile_matcher(), rule.then)));
        Self { rules: rules.collect(), otherwise }
    }

    /// Returns how an object of a kind and display name is treated.
    pub(super) fn treat(&self, kind: &str, display_name: &str) -> Treatment {
        let name = format!("{kind}/{display_name}");
        let first = self.rules.iter().find(|(glob, _)| glob.is_match(&name));
        first.map_or(self.otherwise, |(_, treatment)| *treatment)
    }

    /// Returns how an object may be treated at worst of which the kind or the display name may not be known.
    pub(super) fn treat_unread(&self, object: &UnreadUnmanaged) -> Treatment {
        match (&object.kind, &object.display_name) {
            (Some(kind), Some(name)) => self.treat(kind, name),
            _ if self.rules.iter().any(|(_, treatment)| *treatment == Treatment::Fail) => {
                Treatment::Fail
            }
            _ => self.otherwise,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn treatments(rules: &Value) -> Treatments {
        let rules: DriftRules = serde_json::from_value(rules.clone()).expect("rules");
        Treatments::of(Some(&rules), Treatment::Report)
    }

    #[test]
    fn first_rule_that_matches_counts() {
        let rules = treatments(&json!([
            { "match": "windows*/Kiosk/*", "then": "ignore" },
            { "match": "*/TEMP*", "then": "fail" },
            { "match": "windows*/*", "then": "ignore" },
        ]));
        for (name, expected) in [
            ("Kiosk/TEMP 1", Treatment::Ignore),
            ("TEMP 1", Treatment::Fail),
            ("VPN", Treatment::Ignore),
        ] {
            assert_eq!(rules.treat("windows10CustomConfiguration", name), expected, "{name}");
        }
        assert_eq!(rules.treat("iosCustomConfiguration", "VPN"), Treatment::Report, "the default");
    }

    #[test]
    fn object_that_cannot_be_read_is_drift_wherever_it_may_be() {
        let object = |name: Option<&str>| UnreadUnmanaged {
            kind: Some("iosCustomConfiguration".to_owned()),
            display_name: name.map(str::to_owned),
            id: None,
        };
        let rules = treatments(&json!([{ "match": "*/TEMP*", "then": "fail" }]));
        for (name, expected) in [
            (Some("TEMP 1"), Treatment::Fail),
            (Some("VPN"), Treatment::Report),
            (None, Treatment::Fail),
        ] {
            assert_eq!(rules.treat_unread(&object(name)), expected, "{name:?}");
        }
        assert_eq!(treatments(&json!("ignore")).treat_unread(&object(None)), Treatment::Ignore);
    }

    #[test]
    fn one_word_is_for_all() {
        assert_eq!(treatments(&json!("fail")).treat("a", "b"), Treatment::Fail);
        assert_eq!(Treatments::of(None, Treatment::Ignore).treat("a", "b"), Treatment::Ignore);
    }
}
