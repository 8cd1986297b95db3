//! Microsoft's clouds, and the two hosts that a run talks to.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::schema::types::GraphVersion;

/// A Microsoft cloud. A tenant lives in one of them, and tokens of one are worth nothing in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cloud {
    /// The worldwide cloud, GCC included.
    #[default]
    Global,
    /// US Government L4 (GCC High).
    UsGovL4,
    /// US Government L5 (DoD).
    UsGovL5,
    /// China, operated by 21Vianet.
    China,
}

/// The domains of the hosts that issue tokens for a cloud of Microsoft's. A cloud has several such hosts, and a token of
/// one is worth as much as a token of another (FACTS 8).
const ISSUERS: [&str; 13] = [
    "microsoftonline.com",
    "microsoftonline.us",
    "microsoftonline.cn",
    "microsoftonline.de",
    "microsoft.com",
    "windows.net",
    "windows-ppe.net",
    "chinacloudapi.cn",
    "usgovcloudapi.net",
    "sovcloud-identity.fr",
    "sovcloud-identity.de",
    "sovcloud-identity.sg",
    "microsoftonline.eaglex.ic.gov",
];

/// Why an endpoint without TLS is refused.
const INSECURE: &str = "must be https; http is for this machine alone (127.0.0.1, ::1, localhost)";

/// Why a URL is refused as an endpoint that has more than scheme, host and port.
const NOT_AN_ORIGIN: &str =
    "must be a scheme, a host and perhaps a port, without path, query or user name";

impl Cloud {
    /// All clouds, in the order of their declaration.
    pub const ALL: [Self; 4] = [Self::Global, Self::UsGovL4, Self::UsGovL5, Self::China];

    /// Returns the name that manifests use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::UsGovL4 => "usGovL4",
            Self::UsGovL5 => "usGovL5",
            Self::China => "china",
        }
    }

    /// Returns the origin of Graph (FACTS 8).
    pub fn graph(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGovL4 => "https://graph.microsoft.us",
            Self::UsGovL5 => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// Returns the origin of the sign-in service (FACTS 8).
    pub fn login(self) -> &'static str {
        match self {
            Self::Global => "https://login.microsoftonline.com",
            Self::UsGovL4 | Self::UsGovL5 => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// Returns the audience that an assertion of a federated identity must name (FACTS 8).
    pub fn federated_audience(self) -> &'static str {
        match self {
            Self::Global => "api://AzureADTokenExchange",
            Self::UsGovL4 | Self::UsGovL5 => "api://AzureADTokenExchangeUSGov",
            Self::China => "api://AzureADTokenExchangeChina",
        }
    }

    /// Returns the scope that asks for every permission that the app was granted on Graph.
    pub fn scope(self) -> String {
        format!("{}/.default", self.graph())
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Returns whether a host issues tokens for one of the clouds.
pub(crate) fn issues_cloud_tokens(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    ISSUERS.iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// The hosts of a run: the cloud's own, or those that the user put in their place.
#[derive(Clone, Debug)]
pub struct Endpoints {
    cloud: Cloud,
    graph: Url,
    login: Url,
}

/// An overriding URL that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{option} {reason}")]
pub struct EndpointError {
    /// The option's name.
    option: &'static str,
    /// Why the URL is refused.
    reason: &'static str,
    /// The error of the parser, if it cannot be parsed.
    source: Option<url::ParseError>,
}

impl Endpoints {
    /// Makes the endpoints of a cloud, with `--graph-url` and `--login-url` in place of its own.
    ///
    /// # Errors
    /// When an override is no https origin; http is allowed on the loopback interface.
    pub fn new(
        cloud: Cloud,
        graph_url: Option<&str>,
        login_url: Option<&str>,
    ) -> Result<Self, EndpointError> {
        Ok(Self {
            cloud,
            graph: origin("--graph-url", graph_url.unwrap_or(cloud.graph()))?,
            login: origin("--login-url", login_url.unwrap_or(cloud.login()))?,
        })
    }

    /// Makes the endpoints of a run that talks to one other service alone, whose URL may have a path.
    ///
    /// # Errors
    /// When the URL is not https; http is allowed on the loopback interface. The error does not quote the URL.
    pub(crate) fn of_service(option: &'static str, url: &str) -> Result<Self, EndpointError> {
        let url = secured(option, url)?;
        if !url.username().is_empty() || url.password().is_some() {
            let reason = "must have no user name and no password";
            return Err(EndpointError { option, reason, source: None });
        }
        Ok(Self { cloud: Cloud::default(), graph: url.clone(), login: url })
    }

    /// Returns the cloud.
    pub fn cloud(&self) -> Cloud {
        self.cloud
    }

    /// Returns Graph's origin.
    pub fn graph(&self) -> &Url {
        &self.graph
    }

    /// Returns the sign-in service's origin.
    pub fn login(&self) -> &Url {
        &self.login
    }

    /// Returns whether Graph's origin is not the cloud's own.
    pub fn graph_is_overridden(&self) -> bool {
        self.graph.origin().ascii_serialization() != self.cloud.graph()
    }

    /// Returns the URL of a path below a version.
    ///
    /// # Errors
    /// When the path has dot segments or a fragment, or needs encoding: the path that a person reviewed is the one that
    /// is sent.
    pub(crate) fn url(&self, version: GraphVersion, path: &str) -> Result<Url, &'static str> {
        if !path.starts_with('/') {
            return Err("the path does not begin with a slash");
        }
        let path = format!("/{version}{path}");
        let url = self.graph.join(&path).map_err(|_| "the path cannot be parsed")?;
        if url.fragment().is_some() {
            return Err("the path has a fragment");
        }
        let before_query = path.split_once('?').map_or(path.as_str(), |(path, _)| path);
        if url.path() != before_query || !self.reaches_graph(&url) {
            return Err("the path is not percent-encoded");
        }
        Ok(url)
    }

    /// Returns whether a URL has Graph's scheme, host and port, and brings no credentials of its own.
    pub(crate) fn reaches_graph(&self, url: &Url) -> bool {
        url.origin() == self.graph.origin() && url.username().is_empty() && url.password().is_none()
    }
}

fn origin(option: &'static str, text: &str) -> Result<Url, EndpointError> {
    let url = secured(option, text)?;
    let bare = format!("{}/", url.origin().ascii_serialization());
    if url.as_str() == bare {
        Ok(url)
    } else {
        Err(EndpointError { option, reason: NOT_AN_ORIGIN, source: None })
    }
}

/// Parses a URL to which a token can be sent.
fn secured(option: &'static str, text: &str) -> Result<Url, EndpointError> {
    let refused = |reason| EndpointError { option, reason, source: None };
    let url = Url::parse(text)
        .map_err(|source| EndpointError { source: Some(source), ..refused("is not a URL") })?;
    // Otherwise tokens would be sent in clear over a network.
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(refused(INSECURE));
    }
    Ok(url)
}

/// Returns whether a URL has a loopback host, so that requests to it cross no network.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloud_has_one_name_and_its_own_hosts() {
        for cloud in Cloud::ALL {
            assert_eq!(serde_json::to_value(cloud).expect("a unit variant"), cloud.name());
            let endpoints =
                Endpoints::new(cloud, None, None).expect("a cloud's own hosts are valid");
            assert!(!endpoints.graph_is_overridden());
        }
        assert_eq!(Cloud::UsGovL5.scope(), "https://dod-graph.microsoft.us/.default");
    }

    #[test]
    fn override_must_be_an_https_origin_or_loopback() {
        let graph = |text| Endpoints::new(Cloud::Global, Some(text), None);
        for good in [
            "https://proxy.contoso.com",
            "http://127.0.0.1:8080/",
            "http://[::1]:1",
            "http://localhost:9",
        ] {
            assert!(graph(good).expect(good).graph_is_overridden());
        }
        assert!(
            !graph("https://graph.microsoft.com/").expect("the cloud's own").graph_is_overridden()
        );
        for insecure in
            ["http://contoso.com", "http://127.0.0.1.contoso.com", "ftp://127.0.0.1", "data:x"]
        {
            assert_eq!(graph(insecure).expect_err(insecure).reason, INSECURE);
        }
        for more in
            ["https://a:b@contoso.com", "https://contoso.com/graph", "https://contoso.com?x"]
        {
            assert_eq!(graph(more).expect_err(more).reason, NOT_AN_ORIGIN);
        }
        let error = Endpoints::new(Cloud::Global, None, Some("contoso")).expect_err("no scheme");
        assert_eq!(error.to_string(), "--login-url is not a URL");
    }

    #[test]
    fn path_that_needs_encoding_is_refused() {
        let endpoints = Endpoints::new(Cloud::Global, None, None).expect("valid");
        let url = |path| endpoints.url(GraphVersion::Beta, path).map(String::from);
        assert_eq!(
            url("/groups?$filter=displayName%20eq%20'a%26b'").as_deref(),
            Ok("https://graph.microsoft.com/beta/groups?$filter=displayName%20eq%20%27a%26b%27")
        );
        for bad in [
            "",
            "groups",
            "@contoso.com/x",
            "/a/../../v1.0/x",
            "/a/%2e%2e/x",
            "/a b",
            "/a#b",
            "/a\\b",
            "/é",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn issuers_are_recognized_by_host() {
        for cloud in Cloud::ALL {
            let host = cloud.login().strip_prefix("https://").expect("https");
            assert!(issues_cloud_tokens(host), "{host}");
        }
        for host in [
            "sts.windows.net",
            "login.windows.net",
            "LOGIN.microsoft.com.",
            "login-us.microsoftonline.com",
            "login.partner.microsoftonline.cn",
            "login.usgovcloudapi.net",
            "login.sovcloud-identity.fr",
        ] {
            assert!(issues_cloud_tokens(host), "{host}");
        }
        for host in
            ["127.0.0.1", "login.contoso.com", "notmicrosoft.com", "windows.net.contoso.com", ""]
        {
            assert!(!issues_cloud_tokens(host), "{host}");
        }
    }
}
