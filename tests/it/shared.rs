//! A store as several hosts share one: nobody can tell who else has it open, and it may have a clock of its own.

use std::sync::Arc;

use viewflow::store::{
    Commit, Cursor, Ended, HistoryCursor, ListedTask, LogCursor, Logged, ProcessData, ProcessList, ProcessRecord,
    Receipt, Reference, RowRecord, ScopeId, ScopeRecord, StoreResult, Stored, TaskList,
};
use viewflow::{Clock, ManualClock, NodeName, Permission, ProcessId, Store, TaskId, TaskRecord, Timestamp, UserId};

pub struct Shared {
    store: Arc<dyn Store>,
    clock: Option<Arc<ManualClock>>,
}

impl Shared {
    pub fn over(store: &Arc<dyn Store>, clock: Option<&Arc<ManualClock>>) -> Arc<dyn Store> {
        Arc::new(Self { store: Arc::clone(store), clock: clock.cloned() })
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(&self, $($argument: $type),*) -> StoreResult<$answer> {
            self.store.$method($($argument),*)
        })*
    };
}

impl Store for Shared {
    forward! {
        process(id: ProcessId) -> Option<Stored<ProcessRecord>>;
        process_data(id: ProcessId) -> Option<ProcessData>;
        processes(after: ProcessId, limit: usize) -> Vec<ProcessRecord>;
        ended(after: Option<Ended>, limit: usize) -> Vec<Ended>;
        task(id: TaskId) -> Option<TaskRecord>;
        tasks(process: ProcessId, after: u32, limit: usize) -> Vec<TaskRecord>;
        scope(id: ScopeId) -> Option<ScopeRecord>;
        scopes(process: ProcessId, after: Option<u32>, limit: usize) -> Vec<(ScopeId, ScopeRecord)>;
        tables(after: Option<&str>, limit: usize) -> Vec<String>;
        row(table: &str, id: u64) -> Option<Stored<RowRecord>>;
        rows(table: &str, after: u64, limit: usize) -> Vec<(u64, Stored<RowRecord>)>;
        row_ids(table: &str, after: u64, limit: usize) -> Vec<u64>;
        rows_by(table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> Vec<u64>;
        references(table: &str, id: u64, limit: usize) -> Vec<Reference>;
        table_stamp(table: &str) -> u64;
        index_stamp(table: &str, field: &str, key: &[u8]) -> u64;
        list_tasks(list: &TaskList, after: Option<Cursor>, limit: usize) -> Vec<ListedTask>;
        list_processes(list: &ProcessList, after: Option<ProcessId>, limit: usize) -> Vec<ProcessId>;
        nodes(after: Option<&NodeName>, limit: usize) -> Vec<NodeName>;
        permissions(after: Option<&Permission>, limit: usize) -> Vec<Permission>;
        events(process: ProcessId, after: u32, limit: usize) -> Vec<Logged>;
        log(after: Option<LogCursor>, limit: usize) -> Vec<Logged>;
        log_places(after: Option<LogCursor>, limit: usize) -> Vec<LogCursor>;
        log_end() -> u64;
        history(by: Option<&UserId>, before: Option<HistoryCursor>, limit: usize) -> Vec<Logged>;
        next_process() -> ProcessId;
        next_row(table: &str) -> u64;
    }

    fn clock(&self) -> StoreResult<Option<Timestamp>> {
        Ok(self.clock.as_ref().map(Clock::now))
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        self.store.commit(commit)
    }
}
