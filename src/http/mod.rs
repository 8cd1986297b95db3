//! HTTP, for Graph and for the sign-in service alike: clouds and their hosts, verbs, sending once, the retry policy.
//!
//! Nothing here knows tokens or the meaning of a body. [`transport::Client`] sends one request, [`retry`] decides
//! whether it is repeated, `retry_loop` repeats it, and [`observer::RetryObserver`] is notified of calls that take long.

pub mod cloud;
pub(crate) mod deadline;
pub mod method;
pub mod observer;
pub mod odata;
pub mod retry;
pub(crate) mod retry_loop;
#[cfg(test)]
pub(crate) mod testing;
pub mod transport;

pub use cloud::{Cloud, Endpoints};
pub use method::{Method, Safety};
pub(crate) use observer::SilenceTimer;
pub use observer::{Delay, RetryObserver};
pub use transport::{Client, Fault};
