//! How much steps look at of what they hold: what they cost beside the store, whatever the machine.

use std::cell::Cell;

thread_local! {
    static LOOKED: Cell<u64> = const { Cell::new(0) };
}

/// Counts what a loop over held entries looks at.
pub(super) fn looked<T>(entries: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    entries.inspect(|_| LOOKED.set(LOOKED.get() + 1))
}

/// At how many entries of what they hold the steps of this thread have looked since the last call: what a step costs beside the
/// store. A loop of a step over its own records, lists or events counts here.
///
/// ```
/// use viewflow_core::testing::looked_at;
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
