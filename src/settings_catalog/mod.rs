//! The readable form of settings catalog policies: settings by their definition ids, in place of Graph's list.
//!
//! Graph has the settings of a policy as a list of nested, typed objects. Everywhere in Moorline they are a map:
//!
//! ```yaml
//! device_vendor_msft_policy_config_example_mode:
//!   choice: "1"
//!   children:
//!     device_vendor_msft_policy_config_example_limit: { integer: 30 }
//! ```
//!
//! [`read()`] makes the map of a list and [`write()`] the list of a map; nothing is lost on the way. A level that the map cannot
//! say, such as one that has a definition id twice, stays Graph's list as `{ "$raw": […] }`. What both leave out says
//! nothing: the ids of settings, which are positions; annotations; types that their places imply; references that are null;
//! children that are empty. Settings are sorted by their ids; elements keep their order.
//!
//! | words | Graph's type |
//! |---|---|
//! | `choice`, or `value` where it does not begin with the definition id and `_`; `children` | choice |
//! | `choices` | choice collection |
//! | `string`, `integer`, `secret`, `reference` with `note` | simple |
//! | `strings`, `integers`, `values` | simple collection |
//! | `group`, `groups` | group, group collection |
//! | `settingGroup: {}`, `settingGroups: []` | setting group, setting group collection |
//! | `template: { id, value, useDefault }`, in an element `$template: { value, useDefault }` | references to templates |
//!
//! A secret in clear is its value alone: `secret: VALUE`. Another one has its state beside it:
//! `secret: { state: encryptedValueToken, value: TOKEN }`.

/// The member of a declared map that merges its settings into those of the tenant, instead of replacing them all.
pub const MERGE: &str = "$merge";

/// The member of a reference that names a reusable setting, instead of its id.
pub const REF: &str = "$ref";

mod check;
mod part;
mod read;
pub mod schema;
mod to_yaml;
mod wire;
mod write;

pub use check::{SettingFault, SettingStep, check};
pub use part::{Elements, SettingPart};
pub use read::read;
pub use to_yaml::{Comments, to_node, to_yaml};
pub use write::{canonical, without_templates, write};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
