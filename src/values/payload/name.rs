//! The names that stand before secrets.

/// The shortest text that is taken for a secret.
pub(super) const SHORTEST: usize = 4;

/// The longest name that is looked at.
const LONGEST: usize = 80;

/// The ends of the names of secrets, in small letters and without signs.
const ENDS: [&str; 40] = [
    "accesskey",
    "accesstoken",
    "accountkey",
    "activationkey",
    "apikey",
    "apitoken",
    "authkey",
    "authtoken",
    "bearertoken",
    "clientsecret",
    "converttosecurestring",
    "encryptionkey",
    "enrollmentkey",
    "enrollmenttoken",
    "keymaterial",
    "licensekey",
    "networkkey",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "pincode",
    "presharedkey",
    "privatekey",
    "productkey",
    "provisioningkey",
    "psk",
    "pwd",
    "recoverykey",
    "refreshtoken",
    "sastoken",
    "secret",
    "secretkey",
    "sharedkey",
    "sharedsecret",
    "sharedaccesskey",
    "wepkey",
    "workspacekey",
    "wpakey",
];

/// Names that are those of a secret where they stand alone.
const WHOLE: [&str; 5] = ["authorization", "challenge", "networkpassword", "pin", "token"];

/// The last two letters of all of these names.
const LAST_LETTERS: [[u8; 2]; 14] = [
    *b"al", *b"de", *b"en", *b"et", *b"ey", *b"ge", *b"in", *b"ng", *b"on", *b"rd", *b"rt", *b"se",
    *b"sk", *b"wd",
];

/// Returns whether a name is that of a secret. Of a path, such as an OMA-URI, the last part counts.
pub fn names_secret(name: &str) -> bool {
    let part = name.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if part.is_empty() || part.len() > LONGEST {
        return false;
    }
    let letters = || {
        let letters = part.bytes().rev().filter(u8::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase())
    };
    // Most words are none of these by their last letters.
    let mut end = letters();
    let [last, before] = [end.next(), end.next()].map(Option::unwrap_or_default);
    if !LAST_LETTERS.contains(&[before, last]) {
        return false;
    }
    let ends_with = |name: &str| {
        let mut letters = letters();
        name.bytes().rev().all(|letter| letters.next() == Some(letter)).then_some(letters)
    };
    let mut ends = ENDS.iter().filter(|name| name.as_bytes().ends_with(&[before, last]));
    ends.any(|name| ends_with(name).is_some())
        || WHOLE
            .iter()
            .any(|name| ends_with(name).is_some_and(|mut before| before.next().is_none()))
}

/// Returns whether a text can be a secret: it is no switch, no small number, and no reference to a value elsewhere.
pub fn can_be_secret(value: &str) -> bool {
    let value = value.trim();
    let word = value.to_ascii_lowercase();
    let is_switch = matches!(
        word.as_str(),
        "true"
            | "false"
            | "null"
            | "none"
            | "required"
            | "optional"
            | "notconfigured"
            | "enabled"
            | "disabled"
            | "default"
    );
    value.len() >= SHORTEST
        && !is_switch
        && !value.starts_with("(withheld)")
        && !is_reference(value)
        && value.chars().any(|c| c != '*' && c != '#')
}

/// Returns whether a text only names the place of a value: a variable of a shell, of Intune, of Apple or of Windows.
fn is_reference(value: &str) -> bool {
    let within = |open: &str, close: &str| {
        value.strip_prefix(open).is_some_and(|rest| rest.ends_with(close) && !rest.is_empty())
    };
    let name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_:.".contains(c))
    };
    let variable = value.strip_prefix('$').map(|rest| rest.trim_end_matches('$'));
    within("{{", "}}")
        || within("${", "}")
        || within("$(", ")")
        || within("%", "%")
        || within("<", ">")
        || variable.is_some_and(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_secret_is_known_alone_and_the_ends_within_longer_names() {
        for name in ENDS {
            assert!(names_secret(name), "{name}");
            assert!(
                names_secret(&format!("./Vendor/My_{}: ", name.to_ascii_uppercase())),
                "{name}"
            );
        }
        for name in WHOLE {
            assert!(names_secret(name), "{name}");
            assert_eq!(
                names_secret(&format!("no{name}")),
                ENDS.iter().any(|end| name.ends_with(end))
            );
        }
    }
}
