//! Tools for the tests of programs that run flows.
//!
//! | you want to | use |
//! |---|---|
//! | let the program crash at every write, and see whether it gets through | [`crash_points`] |
//! | see whether everything in a store fits together | [`inconsistencies`] |
//! | count what an operation reads and writes | [`CountingStore`] |
//! | count what a step looks at of its own records | [`looked_at`] |
//!
//! A new store is proved by `viewflow_store::suite::store_suite` instead.

#![warn(unreachable_pub)]

mod counting_store;
mod crash_points;
mod inconsistencies;

pub use viewflow_core::__testing::looked_at;

pub use crate::counting_store::{CountingStore, Counts};
pub use crate::crash_points::{Crash, CrashingStore, Stage, crash_points};
pub use crate::inconsistencies::inconsistencies;
