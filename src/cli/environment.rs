//! Variables of the environment.

use secrecy::SecretString;

/// Returns a variable of the environment.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns a secret from the environment.
pub(super) fn secret(name: &str) -> Option<SecretString> {
    variable(name).filter(|value| !value.is_empty()).map(SecretString::from)
}
