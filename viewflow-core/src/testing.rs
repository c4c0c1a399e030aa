//! Tools for tests: of flows, and of stores.

mod counting_store;
mod crash_points;
mod inconsistencies;
mod store_suite;

pub use counting_store::{CountingStore, Counts};
pub use crash_points::{Crash, CrashingStore, Stage, crash_points};
pub use inconsistencies::inconsistencies;
pub use store_suite::store_suite;

pub use crate::unit::looked::looked_at;
