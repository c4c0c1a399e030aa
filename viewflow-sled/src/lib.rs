//! The embedded store of viewflow: one directory, kept by [sled](https://docs.rs/sled/0.34.7) and a journal.
//!
//! - A step is on the disk when it returns: it is in the journal, which was synced. Steps that run at the same time share a
//!   sync. [`Durability`] has a second level, for those who would rather lose the last moments than wait.
//! - The journal is put into sled in the background, 4 MiB at a time; its commits are found there again after a crash.
//! - sled's own `flush` does not reach the disk on Linux; what the journal forgets was synced in sled's file before.
//! - No value in sled is longer than 4 KiB: sled keeps longer ones in files that it does not sync. Longer records are cut into
//!   pieces.
//! - Every record carries a checksum over its key, revision and content; the number of the last durable commit is kept apart, so
//!   that lost commits are noticed. sled's panics over damaged files become [`StoreError`](viewflow_store::StoreError)s.
//!
//! The bytes are described in `docs/format.md`.
//!
//! ```
//! use viewflow_sled::SledStore;
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("data");
//! let store = SledStore::open(&path)?;
//! # Ok::<(), viewflow_store::StoreError>(())
//! ```

#![warn(unreachable_pub)]

// From the top down, a floor each: ARCHITECTURE.md has them.

#[cfg(test)]
mod page;
mod store;

mod backup;
mod commit;
mod events;
mod open;
mod threads;
mod verify;

mod conflict;
mod forget;

mod ahead;
mod draft;
mod numbers;

mod checkpoint;
mod read;
mod writer;

mod shared;

mod encode;
mod overlay;

mod derived;
mod describe;
mod run;
mod tree;

mod bucket;
mod bundle;

mod entry;
mod journal;

mod frame;
mod gaps;
mod json;
mod key;
mod lists;
mod options;

mod count;
mod guard;
mod parts;
mod writes;

#[doc(hidden)]
pub use crate::count::Counts;
#[doc(hidden)]
pub use crate::options::Moment;
pub use crate::options::{Durability, Options};
pub use crate::store::SledStore;
pub use crate::verify::Report;
