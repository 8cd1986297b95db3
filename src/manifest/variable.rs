//! Checks which environment variables a manifest names.
//!
//! `resolve` decides in which properties `$env` is allowed: those that Graph does not return.

use super::value::{Declared, Value};
use crate::auth::variables::credential;
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Finding, Span};

/// The code of `$env` in a property that can be read back.
pub(super) const READABLE: &str = "secret/readable";
/// The code of a variable that holds a credential of the run.
const CREDENTIAL: &str = "secret/credential";
/// The code of a variable that the tenant file does not allow.
const NOT_ALLOWED: &str = "secret/not-allowed";

/// Whether a finding is about a value that would be sent from the environment. Such a manifest can still be read and
/// compared.
pub fn concerns_secrets_sent(finding: &Finding) -> bool {
    [READABLE, CREDENTIAL, NOT_ALLOWED].contains(&finding.code.as_str())
}

/// `spec.secrets.allow` of a tenant file, where it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Allowed {
    /// The allowed names; `None` allows every name but those of credentials.
    names: Option<Vec<String>>,
    /// The place of the list, where its file is among the sources.
    span: Option<Span>,
}

impl Allowed {
    /// Reads the list of a tenant file's document, without its place.
    pub(super) fn from_document(tenant: &Value) -> Self {
        let list = list(tenant).filter(|list| matches!(list.declared, Declared::List(_)));
        let names = list.map(|list| list.elements().iter().filter_map(Value::as_str));
        Self { names: names.map(|names| names.map(str::to_owned).collect()), span: None }
    }

    /// Reads the list of a tenant file's document, and reports the credentials in it.
    pub(super) fn read(tenant: &Value, findings: &mut Vec<Finding>) -> Self {
        let list = list(tenant);
        findings.extend(list.into_iter().flat_map(Value::elements).filter_map(|entry| {
            let name = entry.as_str()?;
            Some(is_credential(name, credential(name)?, entry.span).help(
                "remove it: no list can allow it; put the secret of a property under a name of its own",
            ))
        }));
        Self { span: list.map(|list| list.span), ..Self::from_document(tenant) }
    }

    /// Returns a finding for every variable in a value, at any depth, that is not allowed.
    pub(super) fn check(&self, value: &Value) -> impl Iterator<Item = Finding> {
        let named = value.descendants().filter_map(Value::directive);
        let named = named.filter(|directive| directive.name == "$env");
        named.filter_map(|directive| self.refusal(&directive.value))
    }

    /// Returns a finding where the variable that a value names is not allowed.
    fn refusal(&self, named: &Value) -> Option<Finding> {
        let name = named.as_str().filter(|_| is_name(named))?.to_owned();
        if let Some(what) = credential(&name) {
            return Some(is_credential(&name, what, named.span).help(
                "put the secret of this property into a variable of its own, such as `WIFI_PSK`",
            ));
        }
        let names = self.names.as_ref().filter(|names| !names.contains(&name))?;
        let message = format!("`spec.secrets.allow` of the tenant file does not name `{name}`");
        let finding = Finding::error(NOT_ALLOWED, named.span, message);
        let finding = match self.span {
            Some(span) => finding.related(span, "the list is here"),
            None => finding,
        };
        Some(match nearest(&name, names) {
            Some(near) => finding
                .help(format!("did you mean `{near}`? Otherwise add `{name}` to the list"))
                .replace_with(near),
            None => finding.help(format!(
                "add `{name}` to the list, if apply is meant to read it: `secrets: {{ allow: [{}] }}`",
                names.iter().chain([&name]).cloned().collect::<Vec<_>>().join(", ")
            )),
        })
    }
}

/// Whether a value is the name of an environment variable.
pub(super) fn is_name(value: &Value) -> bool {
    value.as_str().is_some_and(|name| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn is_credential(name: &str, what: &str, span: Span) -> Finding {
    let message = format!(
        "`{name}` is a credential of Moorline itself ({what}), and is never written to a tenant"
    );
    Finding::error(CREDENTIAL, span, message)
}

fn list(tenant: &Value) -> Option<&Value> {
    tenant.get("spec")?.get("secrets")?.get("allow")
}
