//! The store contract of viewflow, and everything below it: ids, time, people as data, records and lists.
//!
//! Authors of stores depend on this crate alone. They implement [`Store`], and prove it with
//! `viewflow_store::suite::store_suite`, which the feature `suite` adds.
//! Applications depend on `viewflow`, which re-exports what they need.
//!
//! | you want to | look at |
//! |---|---|
//! | write a store | [`Store`], then what it keeps: [`Commit`], [`TaskList`], [`ProcessList`] |
//! | derive the lists of a record | [`task_lists`], [`process_lists`], [`index_key`] |
//! | stand in front of another store | [`forward!`] |
//! | keep a store in memory | [`MemoryStore`] |
//! | copy a store | [`export`], [`import`] |

#![warn(unreachable_pub)]

#[cfg(feature = "suite")]
pub mod suite;

mod store;

mod people;

mod id;
mod time;

pub use viewflow_graph::Kind;

pub use crate::id::{Id, ProcessId, Ref, TaskId, UserId};
pub use crate::people::{Candidate, Object, Permission};
pub use crate::store::*;
pub use crate::time::{Clock, ManualClock, NotATime, SystemClock, Timestamp};

/// Items that the engine of the same release uses beside the contract. Nothing here is for others.
#[doc(hidden)]
pub mod __private {
    pub use crate::id::{stable_hash, stable_hash_of};
    pub use crate::store::for_engine::*;
}
