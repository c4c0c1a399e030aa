//! Flows and tables that have changed since the store was last used.

pub(super) mod keys;
pub(super) mod noted;
mod obsolete;
pub(super) mod plan;
pub(super) mod renewal;
pub(super) mod tables;
