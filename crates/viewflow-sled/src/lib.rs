//! The embedded store of viewflow: one directory, kept by [sled](https://docs.rs/sled/0.34.7).
//!
//! sled is used by a few rules, which its behaviour under power loss asks for:
//!
//! - One tree. All that one step writes goes into one batch, and all steps that wait are merged into one batch.
//! - One thread writes: batch, `flush`, then `fdatasync` of sled's file, as `flush` alone does not reach the disk on Linux.
//!   Only then is a step acknowledged. After a failed write the store stops until it is opened again.
//! - No value is longer than 4 KiB: sled keeps longer ones in files that it does not sync. Longer records are cut into
//!   pieces, which are written in the same batch.
//! - Every record carries a checksum over its key, revision and content.
//!
//! ```
//! use viewflow_sled::SledStore;
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("data");
//! let store = SledStore::open(&path)?;
//! # Ok::<(), viewflow_core::StoreError>(())
//! ```

mod encode;
mod frame;
mod key;
mod open;
mod pending;
mod store;
mod writer;

pub use crate::store::SledStore;
