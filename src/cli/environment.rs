//! Variables of the environment.

use secrecy::SecretString;

/// Returns a secret from the environment.
pub(super) fn secret(name: &str) -> Option<SecretString> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(SecretString::from)
}
