//! Tools for the tests of programs that run flows.
//!
//! | you want to | use |
//! |---|---|
//! | let the program crash at every write, and check that it recovers | [`crash_points`] |
//! | check that everything in a store is consistent | [`inconsistencies`] |
//! | count what an operation reads and writes | [`CountingStore`] |
//! | count how many of its own records a step looks at | [`looked_at`] |
//!
//! To prove a new store, use `viewflow_store::suite::store_suite` instead.

#![warn(unreachable_pub)]

mod counting_store;
mod crash_points;
mod inconsistencies;

pub use viewflow_core::__testing::looked_at;

pub use crate::counting_store::{CountingStore, Counts};
pub use crate::crash_points::{Crash, CrashingStore, Stage, crash_points};
pub use crate::inconsistencies::inconsistencies;
