//! The values that an import does not write, and why.

use std::path::Path;

use serde::Serialize;

/// Why a value of the tenant stands in no manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyLeftOut {
    /// The text holds a secret.
    #[error("it holds a secret in clear")]
    SecretInside,
    /// The name beside the value says that it is a secret.
    #[error("the name beside it says that it is a secret")]
    SecretByName,
    /// The content is a private key.
    #[error("it holds a private key")]
    PrivateKey,
    /// The tenant shows a placeholder in its place.
    #[error("the tenant shows a placeholder in its place")]
    Masked,
    /// The tenant never shows whether the secret is set.
    #[error("the tenant never shows whether it is set")]
    Unseen,
    /// The type documents have no such property.
    #[error("Graph's type has no such property")]
    UnknownProperty,
    /// The type documents have no such type.
    #[error("the type documents have no type `{0}`")]
    UnknownType(String),
    /// The value is not of the property's type.
    #[error("it is not of the form that its type has")]
    Misshapen,
    /// A name begins with `$`, which a manifest takes for an instruction.
    #[error("it holds a name that begins with `$`, which is an instruction in a manifest")]
    Instruction,
    /// Something that an assignment names does not exist any more.
    #[error("the {0} no longer exists")]
    Gone(String),
    /// An assignment that no manifest can declare.
    #[error("{0}")]
    Undeclarable(String),
    /// The tenant did not show what it refers to.
    #[error("the tenant does not show what it refers to")]
    LinkUnseen,
    /// The file does not say what it refers to.
    #[error("the file does not say what it refers to")]
    LinkNotInFile,
    /// A check of manifests refuses the value.
    #[error("{0}")]
    Refused(String),
}

impl WhyLeftOut {
    /// Returns what to do about it, where the value is from a file or the tenant.
    fn remedy(&self, file: Option<&Path>) -> String {
        let remedy = match (self, file) {
            (Self::Misshapen | Self::Instruction | Self::Refused(_), Some(file)) => {
                let file = file.display();
                return format!(
                    "correct it in `{file}`, delete the manifest and import again, or declare it in the manifest; until then it is left alone in the tenant"
                );
            }
            (Self::UnknownProperty | Self::UnknownType(_), Some(file)) => {
                let file = file.display();
                return format!(
                    "`{file}` has it; it is misspelt there, or newer than this version of Moorline"
                );
            }
            (why, _) => why.remedy_in_tenant(),
        };
        remedy.to_owned()
    }

    fn remedy_in_tenant(&self) -> &'static str {
        match self {
            Self::SecretInside => {
                "take the secret out of it, or keep it in a property that is made for secrets; until then it is left alone in the tenant"
            }
            Self::SecretByName => {
                "keep it in a property that is made for secrets, or use a certificate; until then it is left alone in the tenant"
            }
            Self::PrivateKey => {
                "replace the key, which every device of the profile has; until then the value is left alone in the tenant"
            }
            Self::Masked | Self::Unseen => {
                "declare it as `{ $env: NAME }` if you have its value; until then it is left alone in the tenant"
            }
            Self::UnknownProperty | Self::UnknownType(_) => {
                "it is newer than this version of Moorline, and left alone in the tenant"
            }
            Self::Gone(_) => {
                "remove the assignment in the portal and declare the others; until then the assignments are left alone in the tenant"
            }
            Self::LinkNotInFile => {
                "declare it as `{ $ref: kind/name }` where it refers to something; until then it is left alone in the tenant"
            }
            Self::Undeclarable(_) | Self::LinkUnseen => "it is left alone in the tenant",
            Self::Misshapen | Self::Instruction | Self::Refused(_) => {
                "correct it in the portal, then declare it; until then it is left alone in the tenant"
            }
        }
    }
}

/// A value that no manifest declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// The path of the value in its object: names with dots between them, the keys of elements in brackets.
    pub path: String,
    /// Why it is left out.
    pub why: String,
    /// The remedy.
    pub remedy: String,
}

impl LeftOut {
    /// Returns the entry of a value of the tenant, or of a file.
    pub fn new(path: &[String], why: &WhyLeftOut, file: Option<&Path>) -> Self {
        Self { path: joined(path), why: why.to_string(), remedy: why.remedy(file) }
    }
}

/// Returns a path for people: names with dots between them, the keys of elements in brackets behind them.
pub(super) fn joined(path: &[String]) -> String {
    let mut text = String::new();
    for step in path {
        if !text.is_empty() && !step.starts_with('[') {
            text.push('.');
        }
        text.push_str(step);
    }
    text
}

/// A secret that a manifest takes from the environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeededSecret {
    /// The name of the environment variable.
    pub variable: String,
    /// The path of the property in its object, in the same form.
    pub path: String,
    /// Whether the service masks the value whatever it is, so that it may be no secret.
    pub masked: bool,
}
