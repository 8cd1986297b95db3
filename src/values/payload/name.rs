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

/// Returns whether a name is that of a secret. Of a path, such as an OMA-URI, the last part counts.
pub fn names_secret(name: &str) -> bool {
    let last = name.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if last.is_empty() || last.len() > LONGEST {
        return false;
    }
    // Most words are none of these by their last letter.
    let end =
        last.bytes().rev().find(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    if !end.is_some_and(|end| b"ynetdkgl".contains(&end)) {
        return false;
    }
    let plain: String =
        last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    ENDS.iter().any(|end| plain.ends_with(end)) || WHOLE.contains(&plain.as_str())
}

/// Returns whether a text can be a secret: it is no switch, no small number, and no reference to a value elsewhere.
pub(super) fn can_be_secret(value: &str) -> bool {
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
