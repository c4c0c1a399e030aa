//! Counts how many of their held entries steps look at: a measure of what a step costs beside the store, on any
//! machine.

use std::cell::Cell;

thread_local! {
    static LOOKED: Cell<u64> = const { Cell::new(0) };
}

/// Counts the entries at which a loop over held entries looks.
pub(super) fn looked<T>(entries: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    entries.inspect(|_| LOOKED.set(LOOKED.get() + 1))
}

/// Returns how many of their held entries the steps of this thread have looked at since the last call: what they cost
/// beside the store.
///
/// Loops of a step over its own records, lists or events count here.
///
/// ```
/// # use viewflow_core::__testing::looked_at;
/// use viewflow_core::{Engine, MemoryStore};
///
/// let engine = Engine::builder(MemoryStore::new()).build()?;
/// looked_at();
/// engine.transaction(|db| Ok(drop(db.now())))?;
/// assert_eq!(looked_at(), 0, "it holds nothing");
/// # Ok::<(), viewflow_core::Error>(())
/// ```
pub fn looked_at() -> u64 {
    LOOKED.take()
}
