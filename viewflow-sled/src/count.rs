//! What a store counts of its work, so that growth is tested without a clock.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a store has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// How many keys were looked at where lists, indexes and records were gone through: those that are there, and those that were
    /// removed.
    pub walked: u64,
    /// How many values were looked up in the tree by their keys.
    pub values: u64,
    /// How often the tree was read while others had to wait.
    pub waited: u64,
}

/// Counts, while there is something to count.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    walked: AtomicU64,
    values: AtomicU64,
    waited: AtomicU64,
}

impl Counters {
    pub(crate) fn add_walked(&self, keys: u64) {
        self.walked.fetch_add(keys, Ordering::Relaxed);
    }

    pub(crate) fn add_value(&self) {
        self.values.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_waited(&self) {
        self.waited.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        let [walked, values, waited] =
            [&self.walked, &self.values, &self.waited].map(|counter| counter.load(Ordering::Relaxed));
        Counts { walked, values, waited }
    }
}
