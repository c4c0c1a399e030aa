//! The contract of stores, the records that they keep, export and import, and the options of [`SledStore`].
//!
//! Look here to read what is stored, to copy it, to open a store otherwise than by default, or to write one.

#[doc(inline)]
pub use viewflow_core::store::*;
#[cfg(feature = "sled")]
pub use viewflow_sled::{Durability, Options as SledOptions, Report as SledReport, SledStore};
