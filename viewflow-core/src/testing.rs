//! Tools for tests: of flows, and of stores.

mod crash_points;
mod inconsistencies;
mod store_suite;

pub use crash_points::{Crash, CrashingStore, Stage, crash_points};
pub use inconsistencies::inconsistencies;
pub use store_suite::store_suite;
