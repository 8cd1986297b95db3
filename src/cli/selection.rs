//! `--only`: which manifests a command is about.

use std::collections::BTreeSet;

use clap::Args;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::diagnostic::suggest::nearest;
use crate::error::{Error, ErrorKind};
use crate::manifest::{Address, Manifest};

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
        let usage =
            |code: &'static str, message: String| Error::new(ErrorKind::Usage, code, message);
        let mut builder = GlobSetBuilder::new();
        for text in globs {
            let glob =
                GlobBuilder::new(text).literal_separator(false).build().map_err(|error| {
                    usage("usage/only", format!("`--only {text}` is no glob: {}", error.kind()))
                })?;
            let matcher = glob.compile_matcher();
            if !manifests.iter().any(|manifest| matcher.is_match(manifest.address.to_string())) {
                let all: Vec<String> =
                    manifests.iter().map(|manifest| manifest.address.to_string()).collect();
                let error = usage("usage/only", format!("`--only {text}` matches no manifest"));
                return Err(match nearest(text, all.iter().map(String::as_str)) {
                    Some(near) => error.hint(format!("Did you mean `{near}`?")),
                    None => error.hint("Write KIND/NAME as the manifests have them, or a glob such as 'windows*/*'."),
                });
            }
            builder.add(glob);
        }
        let set = builder
            .build()
            .map_err(|error| usage("usage/only", format!("`--only` cannot be used: {error}")))?;
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
