//! `--only`: which manifests a command is about.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::failure::Failure;
use crate::diagnostic::suggest::nearest;
use crate::error::Error;
use crate::manifest::{Address, Desired, Manifest, bundle};

/// Reads the manifests of a tenant.
pub(super) fn load(path: &Path) -> Result<Desired, Failure> {
    bundle::load(path).into_desired().map_err(|invalid| Failure::invalid(invalid, path))
}

/// Returns a hint that names the manifest whose address was probably meant, or says this otherwise.
pub(super) fn near_address(wrong: &str, manifests: &[Manifest], otherwise: &str) -> String {
    let all: Vec<String> = manifests.iter().map(|manifest| manifest.address.to_string()).collect();
    near_name(wrong, all.iter().map(String::as_str), otherwise)
}

/// Returns a hint that offers the name that was probably meant, or says this otherwise.
pub(super) fn near_name<'a>(
    wrong: &str,
    names: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    nearest(wrong, names)
        .map_or_else(|| otherwise.to_owned(), |near| format!("Did you mean `{near}`?"))
}

/// Which manifests a command is about.
#[derive(Debug, Args)]
pub(super) struct Only {
    /// Limit to manifests whose KIND/NAME matches this glob; may be given several times.
    #[arg(long = "only", value_name = "KIND/NAME")]
    pub(super) globs: Vec<String>,
}

/// A set of manifests, all of them where no glob was given.
#[derive(Debug)]
pub(super) struct Selection {
    globs: Vec<String>,
    set: GlobSet,
    /// The only ones that may be selected, where not all may.
    among: Option<BTreeSet<Address>>,
}

impl Selection {
    /// Reads the globs; one that selects nothing is a mistake.
    pub(super) fn new(globs: &[String], manifests: &[Manifest]) -> Result<Self, Error> {
        let mut builder = GlobSetBuilder::new();
        for text in globs {
            let glob =
                GlobBuilder::new(text).literal_separator(false).build().map_err(|error| {
                    let message = format!("`--only {text}` is no glob: {}", error.kind());
                    Error::usage("usage/only", message)
                })?;
            let matcher = glob.compile_matcher();
            if !manifests.iter().any(|manifest| matcher.is_match(manifest.address.to_string())) {
                let message = format!("`--only {text}` matches no manifest");
                let otherwise =
                    "Write KIND/NAME as the manifests have them, or a glob such as 'windows*/*'.";
                let hint = near_address(text, manifests, otherwise);
                return Err(Error::usage("usage/only", message).hint(hint));
            }
            builder.add(glob);
        }
        let set = builder.build().map_err(|error| {
            Error::usage("usage/only", format!("`--only` cannot be used: {error}"))
        })?;
        Ok(Self { globs: globs.to_vec(), set, among: None })
    }

    /// Leaves out all but these.
    pub(super) fn limit_to(&mut self, addresses: impl IntoIterator<Item = Address>) {
        self.among = Some(addresses.into_iter().collect());
    }

    /// Returns whether a manifest is selected.
    pub(super) fn takes(&self, address: &Address) -> bool {
        let among = self.among.as_ref();
        among.is_none_or(|among| among.contains(address))
            && (self.globs.is_empty() || self.set.is_match(address.to_string()))
    }

    /// Returns the globs as they were given.
    pub(super) fn globs(&self) -> &[String] {
        &self.globs
    }
}
