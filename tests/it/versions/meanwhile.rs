//! A store that runs something before each commit.

use std::sync::Arc;

use viewflow::store::TaskRecord;
use viewflow::store::{
    Claims, Commit, Cursor, ListedTask, LogCursor, Logged, ProcessRecord, Receipt, RowRecord, StoreResult, Stored,
    TaskList,
};
use viewflow::{ProcessId, Store, TaskId};

use crate::support::forward;

pub struct Meanwhile<F> {
    pub store: Arc<dyn Store>,
    pub before_commits: F,
}

impl<F: Fn(&Commit) + Send + Sync + 'static> Store for Meanwhile<F> {
    forward! {
        claims() -> Option<Arc<Claims>>;
        process(id: ProcessId) -> Option<Stored<ProcessRecord>>;
        task(id: TaskId) -> Option<TaskRecord>;
        tasks(process: ProcessId, after: u32, limit: usize) -> Vec<TaskRecord>;
        row(table: &str, id: u64) -> Option<Stored<RowRecord>>;
        rows(table: &str, after: u64, limit: usize) -> Vec<(u64, Stored<RowRecord>)>;
        list_tasks(list: &TaskList, after: Option<Cursor>, limit: usize) -> Vec<ListedTask>;
        log(after: Option<LogCursor>, limit: usize) -> Vec<Logged>;
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        (self.before_commits)(&commit);
        self.store.commit(commit)
    }
}
