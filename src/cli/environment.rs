//! Variables of the environment.

use clap::ValueEnum as _;
use secrecy::SecretString;

use crate::forge::ForgeKind;

/// Returns a variable of the environment.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns a secret from the environment.
pub(super) fn secret(name: &str) -> Option<SecretString> {
    variable(name).filter(|value| !value.is_empty()).map(SecretString::from)
}

/// Returns the tokens of the forges, which a pipeline may put into the environment of any command.
pub(super) fn tokens() -> Vec<SecretString> {
    let names = ForgeKind::value_variants().iter().flat_map(|kind| kind.facts().tokens);
    names.filter_map(|name| secret(name)).collect()
}
