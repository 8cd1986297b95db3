//! The device flow: codes that wait for a person, refresh tokens, and the page where a code is entered.

use std::collections::BTreeMap;
use std::sync::Mutex;

use uuid::Uuid;

use super::denial;
use crate::sandbox::clock;
use crate::sandbox::refusal::Allowed;
use crate::sandbox::service::locked;

/// The lifetime of a code, in seconds.
pub(super) const LIFETIME: i64 = 15 * 60;

/// The most codes, and the most refresh tokens, that are kept.
const MOST: usize = 1_000;

/// The page on which a code is entered.
pub(super) const PAGE: &str = "<!doctype html><title>Sandbox sign-in</title><h1>Sandbox sign-in</h1>\
    <form method=post><p><label>Code <input name=code required></label>\
    <p><label>User <input name=user required placeholder=alice@contoso.com></label>\
    <p><button>Sign in</button></form>";

/// The codes and the refresh tokens that were issued. They are not saved.
#[derive(Debug, Default)]
pub(super) struct Devices(Mutex<Issued>);

#[derive(Debug, Default)]
struct Issued {
    codes: BTreeMap<String, Pending>,
    refresh: BTreeMap<String, Grant>,
}

#[derive(Debug)]
struct Pending {
    user_code: String,
    client: String,
    until: i64,
    user: Option<String>,
}

/// A person's sign-in to an application.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// The application's id.
    pub(super) client: String,
    /// The user principal name.
    pub(super) user: String,
}

impl Devices {
    /// Starts a sign-in and returns the device's code and the person's.
    pub(super) fn begin(&self, client: &str) -> (String, String) {
        let mut issued = locked(&self.0);
        let now = clock::now().as_second();
        issued.codes.retain(|_, pending| pending.until > now);
        let user_code = Uuid::new_v4().simple().to_string()[..9].to_uppercase();
        let pending = Pending {
            user_code: user_code.clone(),
            client: client.to_owned(),
            until: now + LIFETIME,
            user: None,
        };
        (keep(&mut issued.codes, pending), user_code)
    }

    /// Records the user that entered a code; returns whether there is such a code.
    pub(super) fn approve(&self, user_code: &str, user: &str) -> bool {
        let mut issued = locked(&self.0);
        let mut pending = issued.codes.values_mut();
        let pending = pending.find(|pending| pending.user_code.eq_ignore_ascii_case(user_code));
        pending.map(|pending| pending.user = Some(user.to_owned())).is_some()
    }

    /// Returns the sign-in of a device's code, and removes the code.
    pub(super) fn redeem(&self, client: &str, device_code: &str) -> Allowed<Grant> {
        let mut issued = locked(&self.0);
        let pending = issued.codes.get(device_code).filter(|pending| pending.client == client);
        let pending = pending.ok_or_else(|| denial::UNKNOWN_CODE.refusal(&[]))?;
        if pending.until <= clock::now().as_second() {
            return Err(denial::EXPIRED_CODE.refusal(&[]));
        }
        let user = pending.user.clone().ok_or_else(|| denial::PENDING_CODE.refusal(&[]))?;
        issued.codes.remove(device_code);
        Ok(Grant { client: client.to_owned(), user })
    }

    /// Issues a refresh token.
    pub(super) fn keep(&self, grant: &Grant) -> String {
        keep(&mut locked(&self.0).refresh, grant.clone())
    }

    /// Returns the grant that a refresh token was issued for.
    pub(super) fn renew(&self, client: &str, token: &str) -> Allowed<Grant> {
        let issued = locked(&self.0);
        let grant = issued.refresh.get(token).filter(|grant| grant.client == client);
        grant.cloned().ok_or_else(|| denial::UNKNOWN_REFRESH_TOKEN.refusal(&[]))
    }
}

/// Keeps a value under a new random name, in place of another where there are too many.
fn keep<T>(values: &mut BTreeMap<String, T>, value: T) -> String {
    if values.len() >= MOST {
        values.pop_first();
    }
    let name = Uuid::new_v4().simple().to_string();
    values.insert(name.clone(), value);
    name
}
