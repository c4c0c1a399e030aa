//! What is done in a step costs what it touches, not how much the step holds: counted, without a clock.

mod branches;
mod deleted;
mod letters;
mod queries;
mod rows;

use std::sync::Arc;

use viewflow::prelude::*;
use viewflow_testing::{CountingStore, looked_at};

/// How many of something are few; many are a hundred times as many.
const FEW: u32 = 20;

/// A store that counts.
type Counting = Arc<CountingStore<MemoryStore>>;

fn counting() -> Counting {
    Arc::new(CountingStore::new(MemoryStore::new()))
}

/// What some work costs: at how much of what they hold its steps look, and what they read from the store.
fn cost(store: &Counting, work: impl FnOnce()) -> u64 {
    store.take();
    looked_at();
    work();
    looked_at() + store.take().read()
}

/// Holds that a hundred times as many cost a hundred times as much.
fn is_linear(what: &str, cost: impl Fn(u32) -> u64) {
    let (few, many) = (cost(FEW), cost(100 * FEW));
    assert!(many <= 110 * few + 1000, "{what}: {FEW} cost {few}, and a hundred times as many {many}");
}

/// Holds that what is done costs the same, however many there are.
fn is_flat(what: &str, cost: impl Fn(u32) -> u64) {
    let (few, many) = (cost(FEW), cost(100 * FEW));
    assert!(many <= few + 8, "{what}: among {FEW} it costs {few}, and among a hundred times as many {many}");
}
