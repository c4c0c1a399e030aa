//! A message without its type.

use std::time::Duration;

use viewflow_store::Document;

/// What happens to a message that nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latch {
    /// It is kept, in order, for the next who waits; for so long, if at all.
    Keep(Option<Duration>),
    /// It is kept for so long in place of the one before.
    Last(Option<Duration>),
    /// It is dropped.
    Drop,
}

/// What became of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Somebody waits for it and gets it, from a worker or when their process is resumed. Should they wait no more by then, such as
    /// after a timeout, it is for whoever waits next, or kept or dropped, as it says.
    Waiting,
    /// Nobody waits for it yet: it is kept.
    Kept,
    /// Nobody waits for it, and it is of a kind that is not kept.
    Dropped,
}

/// A message on its way.
pub(crate) struct Letter {
    pub(crate) name: &'static str,
    pub(crate) key: String,
    pub(crate) latch: Latch,
    pub(crate) content: Document,
}
