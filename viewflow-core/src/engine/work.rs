//! Work outside of steps, and the threads that do it.

mod bell;
mod clock;
mod conditions;
mod due;
pub(super) mod duties;
pub(super) mod followers;
mod lease;
mod look;
mod messages;
pub(super) mod pending;
mod signals;
pub(super) mod subscribers;
pub(super) mod workers;
