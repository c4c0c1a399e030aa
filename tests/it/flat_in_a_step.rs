//! Work in a step costs what it touches, however much the step holds. The tests count, without a clock.

mod branches;
mod deleted;
mod letters;
mod queries;
mod rows;

use std::sync::Arc;

use viewflow::prelude::*;
use viewflow_testing::{CountingStore, looked_at};

/// The size that counts as few; many is a hundred times as many.
const FEW: u32 = 20;

/// A store that counts.
type Counting = Arc<CountingStore<MemoryStore>>;

fn counting() -> Counting {
    Arc::new(CountingStore::new(MemoryStore::new()))
}

/// The cost of some work: how many held items its steps look at, and how much they read from the store.
fn cost(store: &Counting, work: impl FnOnce()) -> u64 {
    store.take();
    looked_at();
    work();
    looked_at() + store.take().read()
}

/// Asserts that a hundred times as many cost a hundred times as much.
fn is_linear(what: &str, cost: impl Fn(u32) -> u64) {
    let (few, many) = (cost(FEW), cost(100 * FEW));
    assert!(many <= 110 * few + 1000, "{what}: {FEW} cost {few}, and a hundred times as many {many}");
}

/// Asserts that the work costs the same, however many there are.
fn is_flat(what: &str, cost: impl Fn(u32) -> u64) {
    let (few, many) = (cost(FEW), cost(100 * FEW));
    assert!(many <= few + 8, "{what}: among {FEW} it costs {few}, and among a hundred times as many {many}");
}
