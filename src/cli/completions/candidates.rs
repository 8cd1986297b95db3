//! The values that an argument takes, where they are known.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use crate::cli::documents::DOCUMENTS;
use crate::diagnose::catalogue::Catalogue;
use crate::kinds;
use crate::kinds::portal;
use crate::manifest::load;
use crate::manifest::tenant_file::ChannelSpec;

/// Adds the candidates of every argument to a command and its subcommands, for a command line of these words.
pub(super) fn added(command: Command, words: &[OsString]) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|argument| match candidates(&name, &argument, words) {
            Some(candidates) => argument.add(candidates),
            None => argument,
        })
        .mut_subcommands(|subcommand| added(subcommand, words))
}

/// Returns the candidates of an argument. It is known by its id, or by the name of its value in the help.
fn candidates(command: &str, argument: &Arg, words: &[OsString]) -> Option<ArgValueCandidates> {
    let value = argument.get_value_names().and_then(|names| names.first());
    match (command, argument.get_id().as_str()) {
        ("schema", "document") => Some(ArgValueCandidates::new(documents)),
        ("explain", "text") => Some(ArgValueCandidates::new(codes)),
        // Another `kind` has values of its own.
        (_, "kind") if argument.get_possible_values().is_empty() => {
            Some(ArgValueCandidates::new(all_kinds))
        }
        (_, "notify") => {
            let tenant = tenant(words);
            Some(ArgValueCandidates::new(move || channels(&tenant)))
        }
        _ if value.is_some_and(|value| value.starts_with("KIND/NAME")) => {
            let tenant = tenant(words);
            Some(ArgValueCandidates::new(move || manifests(&tenant)))
        }
        _ => None,
    }
}

fn all_kinds() -> Vec<CompletionCandidate> {
    let described = |kind: kinds::Kind| {
        let named = portal::of(&kind.name);
        let words = named.map(|at| format!("{} ({})", at.name, at.platform.as_str()).into());
        CompletionCandidate::new(kind.name).help(words)
    };
    kinds::all().into_iter().map(described).collect()
}

fn documents() -> Vec<CompletionCandidate> {
    let described = |document: &crate::cli::documents::Published| {
        CompletionCandidate::new(document.name).help(Some(document.about.into()))
    };
    DOCUMENTS.iter().map(described).collect()
}

/// Returns the codes of the catalogue of errors; an entry for a whole area stands for no single one.
fn codes() -> Vec<CompletionCandidate> {
    let entries = Catalogue::built_in().entries.iter();
    let each = entries.flat_map(|entry| {
        let codes = std::iter::once(&entry.id).chain(&entry.codes);
        let codes = codes.filter(|code| !code.ends_with('*'));
        codes.map(|code| CompletionCandidate::new(code).help(Some(entry.title.as_str().into())))
    });
    each.collect()
}

/// Returns the addresses of a tenant's manifests. A tenant that cannot be read has none.
fn manifests(tenant: &Path) -> Vec<CompletionCandidate> {
    let manifests = load::load(tenant).manifests.into_iter();
    manifests.map(|manifest| CompletionCandidate::new(manifest.address.to_string())).collect()
}

/// Returns the channels that a tenant file names, each with its kind.
fn channels(tenant: &Path) -> Vec<CompletionCandidate> {
    let tenant = load::tenant(tenant);
    let channels = tenant.into_iter().flat_map(|(tenant, _)| tenant.spec.notify);
    let described = |(name, channel): (String, ChannelSpec)| {
        CompletionCandidate::new(name).help(Some(format!("address in {}", channel.env).into()))
    };
    channels.map(described).collect()
}

/// Returns the tenant of a command line: the first word that is the path of one, or the current folder.
fn tenant(words: &[OsString]) -> PathBuf {
    let named = words.iter().skip(1).map(Path::new).find(|word| load::tenant(word).is_some());
    named.unwrap_or(Path::new(".")).to_owned()
}
