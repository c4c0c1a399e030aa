//! A store that counts reads and writes.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use viewflow_store::{Change, Commit, ProcessId, Receipt, Store, StoreResult, Turn, forward};

/// A store in front of another store, which counts what the other store is asked and what is written. It measures the
/// cost of an operation, on any machine.
///
/// ```
/// use viewflow_testing::CountingStore;
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

/// The counts of reads and writes, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often each method of [`Store`] was called.
    calls: BTreeMap<&'static str, u64>,
    /// How many records, or entries of lists, each method returned.
    records: BTreeMap<&'static str, u64>,
    /// How many records of each kind were written.
    written: BTreeMap<&'static str, u64>,
    /// How many commits were made, and on how many records and tables they relied.
    commits: (u64, u64),
    /// How long everything returned and written is, as text.
    bytes: u64,
}

impl Counts {
    /// Returns how often a method of [`Store`] was called.
    pub fn asked(&self, method: &str) -> u64 {
        self.calls.get(method).copied().unwrap_or(0)
    }

    /// Returns how often any method of [`Store`] was called, except for commits.
    pub fn calls(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Returns how many records, or entries of lists, were returned in total.
    pub fn read(&self) -> u64 {
        self.records.values().sum()
    }

    /// Returns how many records of a kind were written: `process`, `data`, `task`, `scope`, `row` or `event`.
    pub fn written(&self, kind: &str) -> u64 {
        self.written.get(kind).copied().unwrap_or(0)
    }

    /// Returns how many records and events were written in total.
    pub fn writes(&self) -> u64 {
        self.written.values().sum()
    }

    /// Returns how many commits were made.
    pub fn commits(&self) -> u64 {
        self.commits.0
    }

    /// Returns on how many records and tables the commits relied.
    pub fn relied(&self) -> u64 {
        self.commits.1
    }

    /// Returns how many bytes everything returned and written has as text. It is the same for every store, and differs
    /// from the size on a disk.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl<S: Store> CountingStore<S> {
    /// Makes a store that counts the calls of `store`.
    pub fn new(store: S) -> Self {
        Self { store, counts: Mutex::default() }
    }

    /// Returns what was counted since the last call.
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
        counts.bytes += length(answer);
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
        let (relied, bytes) =
            (commit.expect.len() as u64, length(&commit.events) + commit.changes.iter().map(new_length).sum::<u64>());
        let receipt = self.store.commit(commit)?;
        let mut counts = self.counts();
        counts.commits = (counts.commits.0 + 1, counts.commits.1 + relied);
        counts.bytes += bytes;
        written.into_iter().for_each(|(kind, count)| *counts.written.entry(kind).or_default() += count);
        drop(counts);
        Ok(receipt)
    }
}

/// Returns how long the value is that a change writes.
fn new_length(change: &Change) -> u64 {
    match change {
        Change::Process { new, .. } => length(new),
        Change::Data { new, .. } => length(new),
        Change::Task { new, .. } => length(new),
        Change::Scope { new, .. } => length(new),
        Change::Row { new, .. } => length(new),
        Change::ForgetProcess { .. }
        | Change::ForgetTasks { .. }
        | Change::ForgetEvents { .. }
        | Change::Log { .. }
        | Change::Numbers { .. } => 0,
    }
}

/// Returns how long a value is as text.
fn length(value: &impl Debug) -> u64 {
    struct Length(u64);
    impl std::fmt::Write for Length {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 += text.len() as u64;
            Ok(())
        }
    }
    let mut length = Length(0);
    // Writing to `Length` cannot fail.
    let _ = write!(length, "{value:?}");
    length.0
}

/// The result of a store's method, with the number of records in it.
trait Records: Debug {
    fn records(&self) -> u64;
}

impl<T: Debug> Records for Option<T> {
    fn records(&self) -> u64 {
        u64::from(self.is_some())
    }
}

impl<T: Debug> Records for Vec<T> {
    fn records(&self) -> u64 {
        self.len() as u64
    }
}

/// Results that contain no records.
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
