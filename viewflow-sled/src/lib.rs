//! The embedded store of viewflow. It keeps one directory, with [sled](https://docs.rs/sled/0.34.7) and a journal.
//!
//! - A step is on the disk when it returns: its commit is in the journal, and the journal is synced. Steps that run
//!   at the same time share a sync. [`Durability`] has a second level, for programs that would rather lose the last
//!   moments than wait.
//! - The store moves the journal into sled in the background, 4 MiB at a time. After a crash it finds the commits
//!   in the journal again.
//! - On Linux, sled's own `flush` does not reach the disk. So the store syncs sled's file before the journal
//!   forgets anything.
//! - No value in sled is longer than 4 KiB, because sled keeps longer values in files that it does not sync. The
//!   store cuts longer records into pieces.
//! - Every record carries a checksum over its key, revision and content. The store keeps the number of the last
//!   durable commit in a file of its own, so it notices lost commits. It turns sled's panics over damaged files
//!   into [`StoreError`](viewflow_store::StoreError)s.
//!
//! `docs/format.md` describes the bytes.
//!
//! ```
//! use viewflow_sled::SledStore;
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("data");
//! let store = SledStore::open(&path)?;
//! # Ok::<(), viewflow_store::StoreError>(())
//! ```

#![warn(unreachable_pub)]

// The modules are in the order of the floors in ARCHITECTURE.md, the top floor first.

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
