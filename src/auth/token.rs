//! Access tokens.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::caller::SignInClient;
use super::lookup::CredentialLookup;
use super::{AuthError, FoundTokens, TokenFuture, TokenSource};
use crate::http::cloud::issues_cloud_tokens;

/// The time before its end at which a token is renewed, so that none expires on its way.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);

/// An access token for Graph.
#[derive(Clone, Debug)]
pub struct Token {
    secret: SecretString,
    lifetime: Option<Lifetime>,
    issuer: Option<String>,
    tenant: Option<Uuid>,
}

#[derive(Clone, Copy, Debug)]
struct Lifetime {
    renew: Timestamp,
    end: Timestamp,
}

impl Lifetime {
    fn new(now: Timestamp, lifetime: Duration) -> Self {
        // A token that lives for less than twice the margin is renewed half-way.
        let renew_after = lifetime.saturating_sub(RENEW_BEFORE).max(lifetime / 2);
        let after = |duration| now.checked_add(duration).unwrap_or(Timestamp::MAX);
        Self { renew: after(renew_after), end: after(lifetime) }
    }
}

impl Token {
    /// Makes a token without a known lifetime. Its claims name the issuer; their signature is Graph's to check.
    pub fn given(secret: SecretString) -> Self {
        let claims: Value = part(secret.expose_secret(), 1).unwrap_or_default();
        let issuer = claims["iss"].as_str().filter(|_| is_signed(secret.expose_secret()));
        Self {
            issuer: issuer.and_then(|iss| Some(Url::parse(iss).ok()?.host_str()?.to_owned())),
            tenant: claims["tid"].as_str().and_then(|tid| Uuid::parse_str(tid).ok()),
            lifetime: None,
            secret,
        }
    }

    /// Makes a token that a sign-in service issued just now.
    pub(crate) fn issued(
        secret: SecretString,
        login: &Url,
        now: Timestamp,
        lifetime: Duration,
    ) -> Self {
        let token = Self::handed(secret, now, Some(lifetime));
        // A relay hands out a cloud's own tokens, and a cloud has more names than are known here.
        let issuer = token.issuer.filter(|issuer| issues_cloud_tokens(issuer));
        Self { issuer: issuer.or_else(|| login.host_str().map(str::to_owned)), ..token }
    }

    /// Makes a token from a program or service of this machine, which has renewed or cached it.
    fn handed(secret: SecretString, now: Timestamp, lifetime: Option<Duration>) -> Self {
        Self {
            lifetime: lifetime.map(|lifetime| Lifetime::new(now, lifetime)),
            ..Self::given(secret)
        }
    }

    /// Returns the token itself, for the `Authorization` header alone.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Returns the host that issued the token, if that is known.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns whether the token should be renewed.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.lifetime.is_some_and(|lifetime| lifetime.renew <= now)
    }

    /// Returns whether the token has expired.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.lifetime.is_some_and(|lifetime| lifetime.end <= now)
    }

    /// Checks that the token is of the tenant that is meant.
    ///
    /// # Errors
    /// When the token is of another tenant, or has no claim of its tenant.
    pub fn check_tenant(&self, expected: Uuid) -> Result<(), AuthError> {
        match self.tenant {
            Some(found) if found == expected => Ok(()),
            Some(found) => Err(AuthError::WrongTenant { expected, found }),
            None => Err(AuthError::NoTenantClaim),
        }
    }
}

/// Looks for a ready token, which is renewed elsewhere.
pub(super) fn find(lookup: &mut CredentialLookup<'_>) -> FoundTokens {
    let token = lookup.secret(&["MOORLINE_ACCESS_TOKEN"])?;
    Some(Box::new(Token::given(token)))
}

impl TokenSource for Token {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}

/// A token from a program or service of this machine.
#[derive(Deserialize)]
pub(super) struct HandedToken {
    #[serde(alias = "accessToken")]
    access_token: SecretString,
    /// A number, often as text; the Azure CLI and App Service leave it out.
    #[serde(default)]
    expires_in: Value,
    /// Seconds since 1970, often as text; the Azure CLI before 2.54 leaves them out.
    #[serde(default)]
    expires_on: Value,
}

impl HandedToken {
    /// Returns the token, which no output may hold.
    pub(super) fn received(self, caller: &SignInClient) -> Token {
        caller.known.add(&self.access_token);
        let now = caller.http.clock.now();
        let lifetime = seconds(&self.expires_in).or_else(|| {
            let end = seconds(&self.expires_on)?;
            Some(end.saturating_sub(Duration::try_from(now.as_duration()).ok()?))
        });
        Token::handed(self.access_token, now, lifetime)
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::String(text) => text.parse().ok()?,
        value => value.as_u64()?,
    };
    Some(Duration::from_secs(seconds))
}

/// Returns whether a token claims to be signed. An emulator's is not, whatever issuer it names.
fn is_signed(token: &str) -> bool {
    let header: Option<Value> = part(token, 0);
    header.is_some_and(|header| header["alg"].as_str().is_some_and(|alg| alg != "none"))
}

/// Reads a part of a JWT, without checking its signature; `None` for any other text.
pub(super) fn part<T: DeserializeOwned>(token: &str, number: usize) -> Option<T> {
    let part = token.split('.').nth(number)?.trim_end_matches('=');
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    const CONTOSO: Uuid = Uuid::from_u128(0x11111111_2222_3333_4444_555555555555);

    /// Returns a JWT with these claims, and with what looks like a signature.
    pub(crate) fn jwt(claims: &Value) -> SecretString {
        with_header(&json!({"alg": "RS256"}), claims)
    }

    fn with_header(header: &Value, claims: &Value) -> SecretString {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(claims)).into()
    }

    #[test]
    fn token_of_another_tenant_is_refused() {
        let token = |tid: Value| Token::given(jwt(&json!({"tid": tid})));
        assert!(token(json!(CONTOSO.to_string())).check_tenant(CONTOSO).is_ok());
        let error = token(json!(Uuid::nil().to_string()))
            .check_tenant(CONTOSO)
            .expect_err("another tenant");
        assert_eq!(
            error.to_string(),
            "the token is for tenant 00000000-0000-0000-0000-000000000000, \
             but 11111111-2222-3333-4444-555555555555 is declared"
        );
        for unreadable in [json!(null), json!(7), json!("contoso")] {
            let error = token(unreadable).check_tenant(CONTOSO);
            assert!(matches!(error, Err(AuthError::NoTenantClaim)));
        }
    }

    #[test]
    fn any_text_makes_a_token() {
        for text in ["", "..", "a.b.c", "a.e30", "a.bnVsbA.c", "a.W10.c", "é.é.é"] {
            let token = Token::given(text.into());
            assert_eq!((token.issuer(), token.tenant), (None, None), "{text}");
        }
    }

    #[test]
    fn issuer_is_the_signing_cloud_or_the_login_host() {
        let secret = jwt(&json!({"iss": "https://sts.windows.net/1/"}));
        assert_eq!(Token::given(secret.clone()).issuer(), Some("sts.windows.net"));
        let unsigned =
            with_header(&json!({"alg": "none"}), &json!({"iss": "https://sts.windows.net/1/"}));
        assert_eq!(Token::given(unsigned.clone()).issuer(), None);
        let login = Url::parse("http://127.0.0.1:80").expect("valid");
        let other = jwt(&json!({"iss": "https://contoso.com/"}));
        for (secret, issuer) in [
            (secret, "sts.windows.net"),
            (unsigned, "127.0.0.1"),
            (other, "127.0.0.1"),
            ("opaque".into(), "127.0.0.1"),
        ] {
            let issued = Token::issued(secret, &login, Timestamp::UNIX_EPOCH, Duration::ZERO);
            assert_eq!(issued.issuer(), Some(issuer));
        }
    }

    #[test]
    fn a_token_is_due_five_minutes_before_its_end_or_half_way() {
        let login = Url::parse("http://127.0.0.1").expect("valid");
        for (lifetime, due) in [(3_599, 3_299), (600, 300), (400, 200), (0, 0)] {
            let token = Token::issued(
                "x".into(),
                &login,
                Timestamp::UNIX_EPOCH,
                Duration::from_secs(lifetime),
            );
            let at = |second| Timestamp::UNIX_EPOCH + Duration::from_secs(second);
            assert!(token.is_due(at(due)));
            assert!(due == 0 || !token.is_due(at(due - 1)));
            assert!(token.is_over(at(lifetime)) && (lifetime == 0 || !token.is_over(at(due))));
        }
        let endless = Token::issued("x".into(), &login, Timestamp::UNIX_EPOCH, Duration::MAX);
        assert!(!endless.is_due(Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn debug_of_a_token_hides_it() {
        let token = Token::given("canary".into());
        assert!(!format!("{token:?}").contains("canary"));
    }
}
