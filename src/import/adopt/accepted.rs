//! Accepted drift and adoption: a value that is named is adopted although it is accepted, and its entry goes; the others
//! stay as they are.

use std::path::PathBuf;

use super::drafts::Contents;
use super::refusal::WhyNotAdopted;
use super::value::is_within;
use super::{AdoptOptions, AdoptedObject, Adoption};
use crate::manifest::accepted::edit;
use crate::manifest::{AcceptedDrift, Address, Desired};
use crate::plan::Change;

/// An entry of accepted drift whose value is adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedAcceptance {
    /// The file of the entry.
    pub file: PathBuf,
    /// The address of the manifest.
    pub address: Address,
    /// The path of the value.
    pub property: String,
}

/// Takes the acceptances of values that are to be adopted by their names out of the manifests, so that a plan has their
/// differences.
pub fn open_accepted(desired: &mut Desired, options: &AdoptOptions) -> Vec<OpenedAcceptance> {
    let mut opened = Vec::new();
    let Desired { manifests, sources, .. } = desired;
    for manifest in manifests {
        let address = &manifest.address;
        let own = options.requests.iter().filter(|request| request.address == *address);
        let wanted: Vec<&str> = own.filter_map(|request| request.property.as_deref()).collect();
        let is_wanted = |one: &AcceptedDrift| {
            wanted
                .iter()
                .any(|wanted| is_within(&one.property, wanted) || is_within(wanted, &one.property))
        };
        let (named, others) = manifest.accepted.drain(..).partition(is_wanted);
        manifest.accepted = others;
        let named: Vec<AcceptedDrift> = named;
        opened.extend(named.into_iter().map(|one| OpenedAcceptance {
            file: sources.get(one.span.file).path.clone(),
            address: address.clone(),
            property: one.property,
        }));
    }
    opened
}

impl AdoptedObject {
    /// Tells which differences are accepted, and stay.
    pub(super) fn tell_accepted(&mut self, change: &Change) {
        for one in &change.accepted {
            let why = WhyNotAdopted::Accepted(one.until.clone());
            self.made.leave_out(why.of(one.path.clone()));
        }
    }
}

impl Adoption<'_> {
    /// Removes the entries of values that are adopted.
    pub(super) fn close_accepted(&self, contents: &mut Contents) -> Result<(), WhyNotAdopted> {
        let is_adopted = |opened: &&OpenedAcceptance| {
            let mut objects = self.objects.iter().filter(|object| object.refused.is_none());
            objects.any(|object| {
                object.address == opened.address
                    && object.made.adopted.iter().any(|path| {
                        is_within(&opened.property, path) || is_within(path, &opened.property)
                    })
            })
        };
        for opened in self.opened.iter().filter(is_adopted) {
            let file = contents.get(&opened.file, true)?;
            let text = String::from_utf8_lossy(&file.after).into_owned();
            let gone = [(opened.address.clone(), opened.property.clone())];
            let edited = edit::without(&text, &gone)
                .map_err(|error| WhyNotAdopted::Edit(error.to_string()))?;
            file.after = edited.into_bytes();
        }
        Ok(())
    }
}
