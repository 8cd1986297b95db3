//! A client of a server for tests.

use std::sync::Arc;

use jiff::Timestamp;

use super::client::{Graph, Options};
use crate::auth::static_token::StaticToken;
use crate::clock::Clock;
use crate::http::transport::Transport;

pub(crate) use crate::http::testing::*;

/// Returns a client of a server, with a token and a recording clock.
pub(crate) fn graph(url: &str) -> Graph {
    graph_with(url, &Options::default())
}

pub(crate) fn graph_with(url: &str, options: &Options) -> Graph {
    let endpoints = endpoints(url);
    let transport = Transport::new(&endpoints).expect("no certificates are needed");
    let clock = Clock::recording(Timestamp::UNIX_EPOCH);
    Graph::new(endpoints, Arc::new(StaticToken::new("canary".into())), transport, clock, options)
}
