//! Steps that read by index and write, at the same time: what they come to is what they come to one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::store::{IndexEntry, RowRecord, Store, StoreError, index_key};
use crate::time::Timestamp;
use crate::unit::Db;

/// How many pairs of steps are tried.
const PAIRS: u64 = 150;
/// Rows and keys there are.
const ROWS: u64 = 4;
const KEYS: u64 = 3;

/// What a step does, one thing after the other.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// Looks for the rows of a key, and adds to what it has seen.
    Looks(u64),
    /// Looks through the whole table.
    LooksAtAll,
    /// Gives a row a key, and as its value what was seen so far.
    Writes(u64, u64),
    Deletes(u64),
}

/// A step while it is at work.
struct Running {
    db: Db,
    table: String,
    does: Vec<Does>,
    at: usize,
    seen: u64,
    runs: u32,
}

impl Running {
    fn new(store: &Arc<dyn Store>, table: &str, does: &[Does]) -> Self {
        let db = Db::new(Arc::clone(store), Timestamp::from_millis(0), None);
        Self { db, table: table.to_owned(), does: does.to_vec(), at: 0, seen: 1, runs: 1 }
    }

    /// Does one thing; at the end the commit. Whether it is done.
    fn goes_on(&mut self, store: &Arc<dyn Store>) -> bool {
        let Some(does) = self.does.get(self.at).copied() else {
            return match store.commit(self.db.take_commit(false)) {
                Ok(_) => true,
                Err(StoreError::Conflict) => {
                    let runs = self.runs + 1;
                    assert!(runs < 10, "nobody overtakes it any more");
                    *self = Self { runs, ..Self::new(store, &self.table, &self.does) };
                    false
                }
                Err(error) => panic!("{error}"),
            };
        };
        self.at += 1;
        let table = &self.table;
        match does {
            Does::Looks(_) | Does::LooksAtAll => {
                let key = if let Does::Looks(key) = does { index_key(&json!(key)) } else { None };
                let key = key.as_ref().map(|key| ("key", key.as_slice()));
                let (rows, _) = self.db.unit(|unit| unit.query_rows(table, key, None, 1000)).unwrap();
                for (id, row) in rows {
                    let value = row.data.get("value").and_then(Value::as_u64).unwrap_or(0);
                    self.seen = self.seen.wrapping_mul(31).wrapping_add(id * 1000 + value) % 1_000_003;
                }
            }
            Does::Writes(id, key) => {
                let row = Some(row(key, self.seen));
                self.db.unit(|unit| unit.put_row(table, id, row)).unwrap();
            }
            Does::Deletes(id) => self.db.unit(|unit| unit.put_row(table, id, None)).unwrap(),
        }
        false
    }
}

fn row(key: u64, value: u64) -> RowRecord {
    let data = json!({"key": key, "value": value}).as_object().cloned().unwrap_or_default();
    let entry = IndexEntry { field: "key".to_owned(), value: json!(key), unique: false };
    RowRecord { data, index: vec![entry], ..RowRecord::default() }
}

/// Numbers that look like chance, and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn step(&mut self) -> Vec<Does> {
        let length = 2 + self.below(4);
        let mut does: Vec<Does> = (0..length)
            .map(|_| match self.below(8) {
                0 => Does::LooksAtAll,
                1 => Does::Deletes(1 + self.below(ROWS)),
                2..5 => Does::Writes(1 + self.below(ROWS), self.below(KEYS)),
                _ => Does::Looks(self.below(KEYS)),
            })
            .collect();
        does.push(Does::Writes(1 + self.below(ROWS), self.below(KEYS)));
        does
    }
}

/// What the steps come to in this order, by which each does its next thing: the rows in the end, and what each has seen.
fn come_to(
    store: &Arc<dyn Store>,
    table: &str,
    steps: &[Vec<Does>; 2],
    mut next: impl FnMut() -> usize,
) -> (BTreeMap<u64, RowRecord>, [u64; 2]) {
    let first = Db::new(Arc::clone(store), Timestamp::from_millis(0), None);
    (1..ROWS).for_each(|id| first.unit(|unit| unit.put_row(table, id, Some(row(id % KEYS, id)))).unwrap());
    drop(store.commit(first.take_commit(false)).unwrap());
    let mut running = steps.each_ref().map(|does| Running::new(store, table, does));
    let mut done = [false; 2];
    while done != [true; 2] {
        let chosen = next();
        let at = if done[chosen] { 1 - chosen } else { chosen };
        done[at] = running[at].goes_on(store);
    }
    let rows = store.rows(table, 0, usize::MAX).unwrap().into_iter().map(|(id, row)| (id, row.record));
    (rows.collect(), running.map(|step| step.seen))
}

pub(super) fn steps_at_the_same_time_come_to_what_they_do_one_after_the_other<S: Store>(store: &Arc<S>) {
    let store: Arc<dyn Store> = Arc::<S>::clone(store);
    for pair in 0..PAIRS {
        let mut chance = Chance(pair);
        let steps = [chance.step(), chance.step()];
        let order = |number, first: usize| come_to(&store, &format!("t{pair}.{number}"), &steps, || first);
        let one_by_one = [order(0, 0), order(1, 1)];
        for number in 2..5 {
            let mut chosen = Vec::new();
            let mixed = come_to(&store, &format!("t{pair}.{number}"), &steps, || {
                chosen.push(usize::from(chance.below(2) == 1));
                chosen.last().copied().unwrap_or_default()
            });
            assert!(
                one_by_one.contains(&mixed),
                "steps {steps:?}, in the order {chosen:?}: {mixed:?} is what they come to in no order: {one_by_one:?}"
            );
        }
    }
}
