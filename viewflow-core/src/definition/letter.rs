//! A message without its type.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use viewflow_store::Document;

/// The treatment of a message for which no task waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latch {
    /// The engine keeps it, in order, for the next task that waits: for this time, or forever.
    Keep(Option<Duration>),
    /// The engine keeps it in place of the one before: for this time, or forever.
    Last(Option<Duration>),
    /// The engine drops it.
    Drop,
}

/// The fate of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// A task waits for it and gets it, from a worker or when its process is resumed. If the task no longer waits by
    /// then, for example after a timeout, the message is for the next waiting task. Without one it is kept or dropped,
    /// as its [`Latch`] says.
    Waiting,
    /// No task waits for it yet, so it is kept.
    Kept,
    /// No task waits for it, and messages of its type are not kept.
    Dropped,
}

/// A message on its way.
pub(crate) struct Letter {
    pub(crate) name: &'static str,
    pub(crate) key: String,
    pub(crate) latch: Latch,
    pub(crate) content: Document,
}
