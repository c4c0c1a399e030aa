//! A store that several hosts share: it does not say who else has it open, and it may have a clock of its own.

use std::sync::Arc;

use viewflow::engine::{Clock, ManualClock};
use viewflow::store::TaskRecord;
use viewflow::store::{
    Commit, Cursor, ListedTask, LogCursor, Logged, ProcessRecord, Receipt, RowRecord, StoreResult, Stored, TaskList,
};
use viewflow::{ProcessId, Store, TaskId, Timestamp};

use crate::support::forward;

pub struct Shared {
    store: Arc<dyn Store>,
    clock: Option<Arc<ManualClock>>,
}

impl Shared {
    pub fn over(store: &Arc<dyn Store>, clock: Option<&Arc<ManualClock>>) -> Arc<dyn Store> {
        Arc::new(Self { store: Arc::clone(store), clock: clock.cloned() })
    }
}

impl Store for Shared {
    forward! {
        process(id: ProcessId) -> Option<Stored<ProcessRecord>>;
        task(id: TaskId) -> Option<TaskRecord>;
        tasks(process: ProcessId, after: u32, limit: usize) -> Vec<TaskRecord>;
        row(table: &str, id: u64) -> Option<Stored<RowRecord>>;
        rows(table: &str, after: u64, limit: usize) -> Vec<(u64, Stored<RowRecord>)>;
        list_tasks(list: &TaskList, after: Option<Cursor>, limit: usize) -> Vec<ListedTask>;
        log(after: Option<LogCursor>, limit: usize) -> Vec<Logged>;
    }

    fn clock(&self) -> StoreResult<Option<Timestamp>> {
        Ok(self.clock.as_ref().map(Clock::now))
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        self.store.commit(commit)
    }
}
