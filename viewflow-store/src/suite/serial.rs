//! Steps that read by index and write, at the same time: the result is as if they ran one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::store::{Change, Commit, Expect, IndexEntry, Key, RowRecord, Store, StoreError, index_key};

/// The number of pairs of steps.
const PAIRS: u64 = 150;
/// The numbers of rows and keys.
const ROWS: u64 = 4;
const KEYS: u64 = 3;

/// One action of a step.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// Looks for the rows of a key, and adds them to what the step has seen.
    Looks(u64),
    /// Looks through the whole table.
    LooksAtAll,
    /// Gives a row a key. The row's value is what the step has seen so far.
    Writes(u64, u64),
    Deletes(u64),
}

/// A step at work.
struct Running {
    store: Arc<dyn Store>,
    table: String,
    does: Vec<Does>,
    at: usize,
    seen: u64,
    runs: u32,
    /// What the step relies on.
    expect: Vec<Expect>,
    /// The rows that the step writes, before and after.
    written: BTreeMap<u64, (Option<RowRecord>, Option<RowRecord>)>,
}

impl Running {
    fn new(store: &Arc<dyn Store>, table: &str, does: &[Does]) -> Self {
        Self {
            store: Arc::clone(store),
            table: table.to_owned(),
            does: does.to_vec(),
            at: 0,
            seen: 1,
            runs: 1,
            expect: Vec::new(),
            written: BTreeMap::new(),
        }
    }

    /// Does the next action, and commits at the end. Returns whether the step is done.
    fn goes_on(&mut self) -> bool {
        let Some(does) = self.does.get(self.at).copied() else {
            let commit = self.commit();
            return match self.store.commit(commit) {
                Ok(_) => true,
                Err(StoreError::Conflict) => {
                    let runs = self.runs + 1;
                    assert!(runs < 10, "no other step overtakes it any longer");
                    *self = Self { runs, ..Self::new(&self.store, &self.table, &self.does) };
                    false
                }
                Err(error) => panic!("{error}"),
            };
        };
        self.at += 1;
        match does {
            Does::Looks(key) => self.look(Some(key)),
            Does::LooksAtAll => self.look(None),
            Does::Writes(id, key) => self.write(id, Some(row(key, self.seen))),
            Does::Deletes(id) => self.write(id, None),
        }
        false
    }

    /// Adds the rows of a key, or all rows, to what the step has seen. The stamp is read before the rows.
    fn look(&mut self, key: Option<u64>) {
        let (store, table) = (&self.store, &self.table);
        let mut rows: BTreeMap<u64, RowRecord> = match key {
            Some(key) => {
                let key = index_key(&json!(key)).unwrap();
                let stamp = store.index_stamp(table, "key", &key).unwrap();
                let ids = store.rows_by(table, "key", &key, 0, 1000).unwrap();
                let rows = store.rows_at(table, &ids).unwrap();
                self.expect.push(Expect::Index { table: table.clone(), field: "key".to_owned(), key, stamp });
                ids.into_iter().zip(rows).filter_map(|(id, row)| Some((id, row?.record))).collect()
            }
            None => {
                self.expect.push(Expect::Table(table.clone(), store.table_stamp(table).unwrap()));
                store.rows(table, 0, 1000).unwrap().into_iter().map(|(id, row)| (id, row.record)).collect()
            }
        };
        for (id, (_, new)) in &self.written {
            match new.as_ref().filter(|row| key.is_none() || row.data.get("key").and_then(Value::as_u64) == key) {
                Some(row) => rows.insert(*id, row.clone()),
                None => rows.remove(id),
            };
        }
        for (id, row) in rows {
            let value = row.data.get("value").and_then(Value::as_u64).unwrap_or(0);
            self.seen = self.seen.wrapping_mul(31).wrapping_add(id * 1000 + value) % 1_000_003;
        }
    }

    fn write(&mut self, id: u64, new: Option<RowRecord>) {
        if let Some((_, written)) = self.written.get_mut(&id) {
            *written = new;
            return;
        }
        let old = self.store.row(&self.table, id).unwrap();
        let key = Key::Row(self.table.clone(), id);
        self.expect.push(Expect::Revision(key, old.as_ref().map(|old| old.revision)));
        self.written.insert(id, (old.map(|old| old.record), new));
    }

    fn commit(&mut self) -> Commit {
        let written = std::mem::take(&mut self.written).into_iter();
        let kept = written.filter(|(_, (old, new))| old.is_some() || new.is_some());
        let changes = kept.map(|(id, (old, new))| Change::Row { table: self.table.clone(), id, old, new });
        Commit { changes: changes.collect(), expect: std::mem::take(&mut self.expect), ..Commit::default() }
    }
}

fn row(key: u64, value: u64) -> RowRecord {
    let data = json!({"key": key, "value": value}).as_object().cloned().unwrap_or_default();
    let entry = IndexEntry { field: "key".to_owned(), value: json!(key), unique: false };
    RowRecord { data, index: vec![entry], ..RowRecord::default() }
}

/// Pseudo-random numbers that are the same each time.
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

/// Returns the result of the steps if they do their actions in this order: the final rows, and what each step has seen.
fn come_to(
    store: &Arc<dyn Store>,
    table: &str,
    steps: &[Vec<Does>; 2],
    mut next: impl FnMut() -> usize,
) -> (BTreeMap<u64, RowRecord>, [u64; 2]) {
    let mut first = Running::new(store, table, &[]);
    (1..ROWS).for_each(|id| first.write(id, Some(row(id % KEYS, id))));
    assert!(first.goes_on());
    let mut running = steps.each_ref().map(|does| Running::new(store, table, does));
    let mut done = [false; 2];
    while done != [true; 2] {
        let chosen = next();
        let at = if done[chosen] { 1 - chosen } else { chosen };
        done[at] = running[at].goes_on();
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
