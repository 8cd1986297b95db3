//! A client of a server for tests.

use std::sync::Arc;
use std::time::Duration;

use super::client::{Graph, GraphOptions};
use crate::auth::Token;
use crate::http::observer::RetryObserver;

pub(crate) use crate::http::testing::*;

/// Returns a client of a server, with a token and a recording clock.
pub(crate) fn graph(url: &str) -> Graph {
    graph_of(url, None, RetryObserver::default())
}

/// Returns a client of a run that ends after this time.
pub(crate) fn graph_until(url: &str, timeout: Option<Duration>) -> Graph {
    graph_of(url, timeout, RetryObserver::default())
}

pub(crate) fn graph_of(url: &str, timeout: Option<Duration>, observer: RetryObserver) -> Graph {
    let tokens = Arc::new(Token::given("canary".into()));
    Graph::new(client_of(url, timeout, observer), tokens, GraphOptions::default())
}
