//! HTTP, for Graph and for the sign-in service alike: clouds and their hosts, verbs, sending once, the retry policy.
//!
//! It knows no token and no meaning of a body. [`transport::Transport`] sends one request; [`retry`] decides about
//! repeating it; [`watch::Watch`] is told of calls that take long.

pub mod cloud;
pub(crate) mod deadline;
pub mod method;
pub mod odata;
pub mod retry;
#[cfg(test)]
pub(crate) mod testing;
pub mod transport;
pub mod watch;

pub use cloud::{Cloud, Endpoints};
pub use method::{Effect, Method};
pub use transport::{Fault, Transport};
pub use watch::Watch;
