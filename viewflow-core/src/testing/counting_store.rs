//! A store that counts what is read and written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::id::{ProcessId, TaskId, UserId};
use crate::people::Permission;
use crate::store::{
    Change, Claims, Commit, Cursor, Ended, HistoryCursor, ListedTask, LogCursor, Logged, NodeName, ProcessData,
    ProcessList, ProcessRecord, Receipt, Reference, Reliance, RowRecord, ScopeId, ScopeRecord, Store, StoreResult,
    Stored, TaskList, TaskRecord, Turn, forward,
};
use crate::time::Timestamp;

/// A store in front of another one, which counts what is asked of that and what is written: what something costs, whatever the
/// machine.
///
/// ```
/// use viewflow_core::testing::CountingStore;
/// use viewflow_core::{MemoryStore, ProcessId, Store};
///
/// let store = CountingStore::new(MemoryStore::new());
/// store.process(ProcessId(1))?;
/// assert_eq!(store.take().asked("process"), 1);
/// assert_eq!(store.take().asked("process"), 0, "it begins anew");
/// # Ok::<(), viewflow_core::StoreError>(())
/// ```
#[derive(Debug)]
pub struct CountingStore<S> {
    store: S,
    counts: Mutex<Counts>,
}

/// What was asked and written, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often each method of [`Store`] was called.
    calls: BTreeMap<&'static str, u64>,
    /// How many records, or entries of lists, each method gave.
    records: BTreeMap<&'static str, u64>,
    /// How many records of each kind were written.
    written: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// How often a method of [`Store`] was called.
    pub fn asked(&self, method: &str) -> u64 {
        self.calls.get(method).copied().unwrap_or(0)
    }

    /// How many records, or entries of lists, were given in all.
    pub fn read(&self) -> u64 {
        self.records.values().sum()
    }

    /// How many records of a kind were written: `process`, `data`, `task`, `scope`, `row` or `event`.
    pub fn written(&self, kind: &str) -> u64 {
        self.written.get(kind).copied().unwrap_or(0)
    }
}

impl<S: Store> CountingStore<S> {
    /// A store that counts what is asked of `store`.
    pub fn new(store: S) -> Self {
        Self { store, counts: Mutex::default() }
    }

    /// What was counted since the last call.
    pub fn take(&self) -> Counts {
        std::mem::take(&mut self.counts())
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, method: &'static str, answer: &impl Records) {
        let mut counts = self.counts();
        *counts.calls.entry(method).or_default() += 1;
        *counts.records.entry(method).or_default() += answer.records();
    }
}

impl<S: Store> Store for CountingStore<S> {
    forward!(self => self.store, count);
    forward! { self => self.store, count;
        reserve(what: &str, by: u64, hold: Duration) -> bool;
        release(what: &str, by: u64) -> ();
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        let kinds = commit.changes.iter().map(|change| match change {
            Change::Process { .. } | Change::ForgetProcess { .. } => ("process", 1),
            Change::Data { .. } => ("data", 1),
            Change::Task { .. } => ("task", 1),
            Change::ForgetTasks { old } => ("task", old.len() as u64),
            Change::Scope { .. } => ("scope", 1),
            Change::Row { .. } => ("row", 1),
            Change::ForgetEvents { .. } | Change::Log { .. } | Change::Numbers { .. } => ("other", 1),
        });
        let mut written: Vec<(&str, u64)> = kinds.collect();
        written.push(("event", commit.events.len() as u64));
        let receipt = self.store.commit(commit)?;
        let mut counts = self.counts();
        written.into_iter().for_each(|(kind, count)| *counts.written.entry(kind).or_default() += count);
        drop(counts);
        Ok(receipt)
    }
}

/// What a method of a store answers with, as far as it is counted.
trait Records {
    fn records(&self) -> u64;
}

impl<T> Records for Option<T> {
    fn records(&self) -> u64 {
        u64::from(self.is_some())
    }
}

impl<T> Records for Vec<T> {
    fn records(&self) -> u64 {
        self.len() as u64
    }
}

/// Answers that are no records.
macro_rules! no_records {
    ($($type:ty)*) => {
        $(impl Records for $type {
            fn records(&self) -> u64 {
                0
            }
        })*
    };
}

no_records! { () bool u64 ProcessId Turn }
