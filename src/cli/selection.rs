//! The manifests of a command, and `--only`, which selects some of them.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use globset::{Glob, GlobMatcher};

use super::Result;
use super::failure::CommandError;
use crate::diagnostic::suggest::nearest;
use crate::error::Error;
use crate::manifest::{Address, Desired, Manifest, load};

/// Reads the manifests of a tenant.
pub(super) fn load(path: &Path) -> Result<Desired> {
    load::load(path).into_desired().map_err(|invalid| CommandError::invalid(invalid, path))
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

/// The argument that selects manifests.
#[derive(Debug, Args)]
pub(super) struct Only {
    /// Select only manifests whose KIND/NAME matches this glob; can be repeated.
    #[arg(long = "only", value_name = "KIND/NAME")]
    pub(super) globs: Vec<String>,
}

/// The selected manifests; without globs, all of them.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) globs: Vec<String>,
    matchers: Vec<GlobMatcher>,
    /// The addresses that can be selected; `None` for all.
    pub(super) among: Option<BTreeSet<Address>>,
}

impl Selection {
    /// Parses the globs. A glob that matches no manifest is an error.
    pub(super) fn new(globs: &[String], manifests: &[Manifest]) -> Result<Self, Error> {
        let mut matchers = Vec::new();
        for text in globs {
            let glob = Glob::new(text).map_err(|error| {
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
            matchers.push(matcher);
        }
        Ok(Self { globs: globs.to_vec(), matchers, among: None })
    }

    /// Whether a manifest is selected.
    pub(super) fn takes(&self, address: &Address) -> bool {
        let (among, name) = (self.among.as_ref(), address.to_string());
        among.is_none_or(|among| among.contains(address))
            && (self.matchers.is_empty() || self.matchers.iter().any(|glob| glob.is_match(&name)))
    }
}
