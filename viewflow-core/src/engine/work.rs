//! What is done outside of steps, and the threads that do it.

mod bell;
mod clock;
mod conditions;
mod due;
mod lease;
mod messages;
pub(super) mod pending;
mod signals;
pub(super) mod subscribers;
pub(super) mod workers;
