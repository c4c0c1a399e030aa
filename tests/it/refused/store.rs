//! A store that refuses some values and cannot read others.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use viewflow::store::TaskRecord;
use viewflow::store::{
    Change, Claims, Commit, Cursor, ListedTask, LogCursor, Logged, ProcessRecord, Receipt, Reliance, RowRecord,
    StoreResult, Stored, TaskList, Turn, WaitsFor,
};
use viewflow::{ProcessId, Store, StoreError, TaskId, Timestamp};

use crate::support::forward;

/// The text that this store refuses in a row, a document or a seed.
pub const REFUSED: &str = "more than the store takes";
/// The key that this store lets nobody wait for.
pub const KEY: &str = "a key that is too long";

pub struct Refusing {
    store: Arc<dyn Store>,
    unreadable: Mutex<BTreeSet<String>>,
    full: AtomicBool,
    filling: AtomicBool,
}

impl Refusing {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, unreadable: Mutex::default(), full: AtomicBool::new(false), filling: AtomicBool::new(false) }
    }

    pub fn row(table: &str, id: u64) -> String {
        format!("row {id} of {table}")
    }

    pub fn task(id: TaskId) -> String {
        format!("task {id}")
    }

    pub fn process(id: ProcessId) -> String {
        format!("process {id}")
    }

    pub fn event(process: ProcessId, number: u32) -> String {
        format!("event {number} of process {process}")
    }

    /// Makes this record unreadable.
    pub fn cannot_read(&self, what: String) {
        self.unreadable.lock().unwrap().insert(what);
    }

    /// Makes all records readable again.
    pub fn is_repaired(&self) {
        self.unreadable.lock().unwrap().clear();
    }

    /// Makes the store refuse all writes, or accept them again.
    pub fn is_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// Makes the lists of barred tasks not ready, or ready again.
    pub fn is_filling(&self, filling: bool) {
        self.filling.store(filling, Ordering::SeqCst);
    }

    fn check(&self, what: String) -> StoreResult<()> {
        if self.unreadable.lock().unwrap().contains(&what) {
            return Err(StoreError::Damaged { what, detail: "its checksum is wrong".to_owned() });
        }
        Ok(())
    }
}

fn refused(change: &Change) -> Option<String> {
    let large = |what: String, found: bool| found.then_some(what);
    match change {
        Change::Data { process, new } => {
            let text = serde_json::to_string(&new.data).unwrap();
            large(Refusing::process(*process), text.contains(REFUSED))
        }
        Change::Task { new, .. } => {
            let waits = matches!(&new.waits_for, Some(WaitsFor::Message { key, .. }) if key.contains(KEY));
            large(Refusing::task(new.id), waits || new.seed.as_str() == Some(REFUSED))
        }
        Change::Row { table, id, new: Some(new), .. } => {
            let text = serde_json::to_string(&new.data).unwrap();
            large(Refusing::row(table, *id), text.contains(REFUSED))
        }
        _ => None,
    }
}

impl Store for Refusing {
    forward! {
        claims() -> Option<Arc<Claims>>;
        clock() -> Option<Timestamp>;
        turn(reliance: &Reliance, long: Duration, before: Option<Turn>) -> Turn;
    }

    fn process(&self, id: ProcessId) -> StoreResult<Option<Stored<ProcessRecord>>> {
        self.check(Self::process(id))?;
        self.store.process(id)
    }

    fn log(&self, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<Logged>> {
        let events = self.store.log(after, limit)?;
        events.iter().try_for_each(|event| self.check(Self::event(event.process, event.number)))?;
        Ok(events)
    }

    fn task(&self, id: TaskId) -> StoreResult<Option<TaskRecord>> {
        self.check(Self::task(id))?;
        self.store.task(id)
    }

    fn tasks_at(&self, ids: &[TaskId]) -> StoreResult<Vec<Option<TaskRecord>>> {
        ids.iter().try_for_each(|id| self.check(Self::task(*id)))?;
        self.store.tasks_at(ids)
    }

    fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<TaskRecord>> {
        let tasks = self.store.tasks(process, after, limit)?;
        tasks.iter().try_for_each(|task| self.check(Self::task(task.id)))?;
        Ok(tasks)
    }

    fn row(&self, table: &str, id: u64) -> StoreResult<Option<Stored<RowRecord>>> {
        self.check(Self::row(table, id))?;
        self.store.row(table, id)
    }

    fn rows_at(&self, table: &str, ids: &[u64]) -> StoreResult<Vec<Option<Stored<RowRecord>>>> {
        ids.iter().try_for_each(|id| self.check(Self::row(table, *id)))?;
        self.store.rows_at(table, ids)
    }

    fn rows(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<(u64, Stored<RowRecord>)>> {
        let rows = self.store.rows(table, after, limit)?;
        rows.iter().try_for_each(|(id, _)| self.check(Self::row(table, *id)))?;
        Ok(rows)
    }

    fn list_tasks(&self, list: &TaskList, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<ListedTask>> {
        if matches!(list, TaskList::Barred(..)) && self.filling.load(Ordering::SeqCst) {
            return Err(StoreError::NotReady { list: "barred".to_owned(), through: "it has just begun".to_owned() });
        }
        self.store.list_tasks(list, after, limit)
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        if self.full.load(Ordering::SeqCst) {
            return Err(StoreError::io(std::io::Error::from(std::io::ErrorKind::StorageFull)));
        }
        if let Some(what) = commit.changes.iter().find_map(refused) {
            return Err(StoreError::TooLarge { what, detail: "it is more than this store takes".to_owned() });
        }
        self.store.commit(commit)
    }
}
