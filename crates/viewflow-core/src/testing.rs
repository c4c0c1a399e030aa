//! Tools for tests: of flows, and of stores.

mod store_suite;

pub use store_suite::store_suite;
