//! Carrying out a plan.

pub mod outcome;
/// stub
#[allow(missing_docs)]
pub struct Applier<'a> { pub graph: &'a crate::graph::client::Graph, pub desired: &'a crate::manifest::Desired, pub names: &'a crate::tenant::names::Names, pub plan: &'a crate::plan::Plan, pub options: ApplyOptions, pub secrets: &'a (dyn Fn(&str)->Option<secrecy::SecretString> + Sync), pub observer: &'a dyn Observer, pub cancelled: &'a std::sync::atomic::AtomicBool }
/// s
#[derive(Default)]
pub struct ApplyOptions { /** a*/ pub skip_stale: bool, /** b */ pub skip_blocked: bool }
/// s
pub trait Observer: Sync { /** s */ fn started(&self, change: &crate::plan::Change); /** f */ fn finished(&self, item: &outcome::Item); }
/// s
pub enum ApplyError { /** s*/ Stale(()) }
impl ApplyError { /** s */ pub fn into_error(self) -> crate::error::Error { crate::error::Error::failed("a/b","c") } }
impl Applier<'_> { /** s */ pub async fn run(self) -> Result<outcome::Outcome, ApplyError> { Err(ApplyError::Stale(())) } }
