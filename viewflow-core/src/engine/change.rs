//! Flows and tables that have changed since the store was last used.

pub(super) mod keys;
pub(super) mod noted;
mod obsolete;
pub(crate) mod plan;
pub(crate) mod renewal;
pub(super) mod tables;
