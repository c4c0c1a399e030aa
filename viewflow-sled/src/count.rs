//! Counts the work of a store, so that tests measure growth without a clock.

use std::sync::atomic::{AtomicU64, Ordering};

/// The work of a store since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// How many keys were visited while walking over lists, indexes and records, removed keys included.
    pub walked: u64,
    /// How many values the store read from the tree by their keys.
    pub values: u64,
    /// How often the tree was read while other threads had to wait.
    pub waited: u64,
}

/// The running counts.
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
