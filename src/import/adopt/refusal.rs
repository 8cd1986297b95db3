//! Why a difference is not adopted.

use crate::import::left_out::LeftOut;

/// Why a difference stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyNotAdopted {
    /// It cannot be compared.
    #[error("{0}")]
    NotComparable(String),
    /// The service masks the value.
    #[error("the service masks it, since it may be a secret")]
    Masked,
    /// The tenant shows no value that could be written.
    #[error("the tenant does not show its value")]
    NotShown,
    /// The place of the declaration is not known.
    #[error("the place of its declaration cannot be edited")]
    NoPlace,
    /// There is no folder for a manifest of the tenant's own.
    #[error(
        "a base declares it, and no folder of `spec.manifests` takes a manifest of the tenant's own"
    )]
    NoOverlay,
    /// A base declares an element that the tenant has no longer.
    #[error("a base declares the element, and no overlay can take it away")]
    OfBase,
    /// Settings in Graph's own form.
    #[error("its settings are written in Graph's form")]
    RawSettings,
    /// Settings that the readable form cannot say.
    #[error("the tenant has settings that no map of definition ids can hold")]
    RawLive,
    /// A list with secrets has other elements.
    #[error("elements came into a list that takes secrets from the environment")]
    SecretList,
    /// There is nothing to adopt.
    #[error("it does not differ")]
    Same,
    /// The difference is accepted.
    #[error("it is accepted until {0}")]
    Accepted(String),
    /// The manifest says something else since the last apply.
    #[error("the manifest changed since the last apply, which is pending")]
    Pending,
    /// The tenant does not have the object, and the manifest says something else since the last apply.
    #[error(
        "the manifest is new or changed since the last apply, and the tenant has no such object"
    )]
    PendingCreate,
    /// The manifest of the last apply cannot be compared.
    #[error("whether the tenant or the manifest changed since the last apply is not known")]
    Untraced,
    /// The property cannot be null.
    #[error(
        "the tenant has unset it, and there is no value that says so; it is no longer declared"
    )]
    Undeclared,
    /// The object is gone.
    #[error("the tenant has no such object")]
    Gone,
    /// The object should be absent.
    #[error("the manifest says `state: absent`, and the tenant has the object")]
    DeclaredAbsent,
    /// The object has another type.
    #[error("the object has another type")]
    Retyped,
    /// No manifest declares the object any more.
    #[error("no manifest declares the object")]
    NoManifest,
    /// The change is blocked.
    #[error("{0}")]
    Blocked(String),
    /// The edit cannot be made.
    #[error("{0}")]
    Edit(String),
    /// The manifests are not valid after the edit.
    #[error("the manifest would not be valid: {0}")]
    Invalid(String),
    /// The plan differs after the edit.
    #[error("the plan would differ after the edit: {0}")]
    StillDiffers(String),
    /// Another value has the content of the file.
    #[error("another value has the file `{0}`")]
    SharedFile(String),
}

impl WhyNotAdopted {
    /// Returns what to do about it.
    fn remedy(&self) -> &'static str {
        match self {
            Self::NotComparable(_) => {
                "it stays as the manifest has it; `moorline apply --rewrite-secret KIND/NAME` writes it again"
            }
            Self::NotShown => "it stays as the manifest has it; `moorline apply` writes it",
            Self::Masked => {
                "if it is none, `--unmask` writes it in clear; read it before you commit"
            }
            Self::NoPlace => "write it on lines of its own, and adopt it again",
            Self::NoOverlay => {
                "name a folder in `spec.manifests` of the tenant file, or adopt it with `--into-base`"
            }
            Self::OfBase => "adopt it with `--into-base`, or leave it to `moorline apply`",
            Self::RawSettings => "`moorline fmt` rewrites them; then adopt them",
            Self::RawLive => "declare them as `settings: { $raw: [ … ] }`",
            Self::SecretList => "write the new elements by hand, with their `{ $env: NAME }`",
            Self::Accepted(_) => {
                "name its path to adopt it, which removes the entry: `--adopt KIND/NAME/PROPERTY`"
            }
            Self::Pending | Self::Untraced => {
                "`moorline apply` writes the manifest's value; without `--previous` it is adopted"
            }
            Self::PendingCreate => "`moorline apply` creates it",
            Self::Same => "`moorline drift` shows what differs",
            Self::Undeclared => "declare the value that it should have, if it matters",
            Self::Gone => "`--absent` declares it as absent; `moorline apply` creates it again",
            Self::DeclaredAbsent => {
                "remove `state: absent` to keep it; `moorline apply` deletes it"
            }
            Self::Retyped => "import it as another manifest, and remove this one",
            Self::NoManifest => "`moorline import` writes one; `moorline apply` deletes the object",
            Self::Edit(_) => "edit the manifest by hand",
            Self::Blocked(_) | Self::Invalid(_) | Self::StillDiffers(_) => {
                "correct it, and adopt it again"
            }
            Self::SharedFile(_) => "give each value a file of its own, and adopt it again",
        }
    }

    /// Returns the entry of a value.
    pub(super) fn of(&self, path: String) -> LeftOut {
        LeftOut { path, why: self.to_string(), remedy: self.remedy().to_owned() }
    }
}
