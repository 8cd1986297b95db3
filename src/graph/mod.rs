//! Calls to Microsoft Graph.
//!
//! Nothing here knows manifests, kinds or plans. A [`request::Request`] is a value; a [`client::Graph`] sends it within
//! Graph's limits, as often as the policy allows ([`crate::http::retry`]), and returns the answer or an [`error`].

mod answer;
pub mod approval;
mod batch;
mod body;
pub mod client;
pub mod error;
mod limiter;
mod paging;
pub mod request;
mod sender;
pub mod service_error;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod unwrap;

pub use answer::Response;
pub use batch::MOST_MEMBERS;
pub use body::RawItem;
pub use client::{Graph, GraphOptions};
pub use error::GraphError;
pub use paging::Part;
pub use request::Request;
pub use service_error::ServiceError;
