//! The claims of an access token.

use secrecy::ExposeSecret;
use serde::Deserialize;

use super::Token;
use super::token::part;

/// The claims that a set-up is examined by. They are read, not trusted: Graph checks the signature.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// The audience.
    pub aud: Option<String>,
    /// The tenant.
    pub tid: Option<String>,
    /// The app.
    appid: Option<String>,
    azp: Option<String>,
    /// The app's name.
    pub app_displayname: Option<String>,
    idtyp: Option<String>,
    upn: Option<String>,
    unique_name: Option<String>,
    preferred_username: Option<String>,
    /// The application permissions.
    pub roles: Vec<String>,
    scp: Option<String>,
    /// The template ids of the person's directory roles.
    pub wids: Vec<String>,
}

impl Claims {
    /// Reads a token's claims; `None` if it is no JWT.
    pub fn of(token: &Token) -> Option<Self> {
        part(token.secret().expose_secret(), 1)
    }

    /// Returns whether a person signed in.
    pub fn is_delegated(&self) -> bool {
        self.scp.is_some() && self.idtyp.as_deref() != Some("app")
    }

    /// Returns the permissions of the person or the app.
    pub fn granted(&self) -> Vec<String> {
        if self.is_delegated() {
            let scopes = self.scp.as_deref().unwrap_or_default();
            scopes.split_whitespace().map(str::to_owned).collect()
        } else {
            self.roles.clone()
        }
    }

    /// Returns the app's client id.
    pub fn app_id(&self) -> Option<&str> {
        self.appid.as_deref().or(self.azp.as_deref())
    }

    /// Returns the name of the person or the app.
    pub fn name(&self) -> Option<&str> {
        let person = [&self.upn, &self.preferred_username, &self.unique_name];
        let person = person.into_iter().find_map(Option::as_deref);
        let app = self.app_displayname.as_deref();
        if self.is_delegated() { person.or(app) } else { app.or(self.app_id()) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::token::tests::jwt;

    fn claims(claims: &Value) -> Claims {
        Claims::of(&Token::given(jwt(claims))).expect("a JWT")
    }

    #[test]
    fn app_and_person_are_distinguished() {
        let app = claims(&json!({"roles": ["A"], "appid": "1", "app_displayname": "Pipeline"}));
        assert!(!app.is_delegated());
        assert_eq!((app.granted(), app.name()), (vec!["A".to_owned()], Some("Pipeline")));
        let person =
            claims(&json!({"scp": "A B", "upn": "alice@contoso.com", "roles": ["X"], "azp": "1"}));
        assert!(person.is_delegated());
        assert_eq!(person.granted(), ["A", "B"]);
        assert_eq!((person.name(), person.app_id()), (Some("alice@contoso.com"), Some("1")));
    }

    #[test]
    fn opaque_token_has_no_claims() {
        assert!(Claims::of(&Token::given("opaque".into())).is_none());
        assert!(claims(&json!({})).granted().is_empty());
    }
}
