//! What a store is: the contract between the engine and where things are kept.
//!
//! A store keeps *records* (processes, tasks, scopes, rows of tables), *events*, and ordered *lists* of tasks and
//! processes that are derived from the records. It answers each question page by page, by key, so that a page costs
//! the same among ten records and among ten million, and it takes all changes of a step as one [`Commit`], which
//! happens as a whole or not at all.
//!
//! Steps are serializable by optimistic control: reading a record tells its *revision*, a commit names the revisions
//! it relies on, and the store refuses it with [`StoreError::Conflict`] when one of them has changed. What a query found has
//! a *stamp* in place of a revision: that of the table, or of the value that was looked for in an index. A step that was overtaken
//! some times asks for its [`Turn`]; a store that has turns lets it through.
//!
//! What is nested deeper than [`MAX_RECORD_DEPTH`], or found by names and values longer than [`MAX_KEY`] and [`MAX_INDEX_KEY`], no store takes:
//! [`check_limits`]. What keeps to these limits each one has to keep.
//! [`store_suite`](crate::suite::store_suite) proves an implementation with one call.

mod claims;
mod commit;
mod data_change;
mod error;
mod forward;
mod limit;
mod list;
mod log;
mod memory;
mod of_process;
mod ordered;
mod record;
mod renamed;
mod reserve;
mod stamps;
mod transfer;
mod turns;
mod watch;

pub use claims::Claims;
pub use commit::{Change, Commit, Expect, Key, Receipt, Stored};
pub use data_change::{DataChange, DataPart};
pub use error::{StoreError, StoreResult};
pub use limit::{MAX_CORRELATION, MAX_DEPTH, MAX_INDEX_KEY, MAX_KEY, MAX_NAME, MAX_RECORD_DEPTH, check_limits};
pub use list::{
    Cursor, Ended, ListedTask, NodeName, Order, ProcessList, TaskList, due_of_sort, due_sort, ended, index_key,
    process_lists, task_lists,
};
pub use log::{HistoryCursor, LogCursor, Logged};
pub use memory::MemoryStore;
pub use record::{
    Document, Event, IndexEntry, JobState, OnDelete, ProcessData, ProcessRecord, ProcessStatus, Reads, Reference,
    RowRecord, ScopeId, ScopeRecord, TablePart, TaskError, TaskRecord, TaskStatus, Timeout, WaitsFor, Watched, Way,
    What, WholeProcess,
};
pub use reserve::Reservations;
pub use stamps::IndexStamps;
pub use transfer::{TransferError, export, import};
pub use turns::{Reliance, Turn, Turns};
pub use watch::{News, Watcher, Watchers};

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::id::{ProcessId, TaskId, UserId};
use crate::people::Permission;
use crate::time::Timestamp;

/// Where processes, tasks and business data are kept.
///
/// Every method may be called from many threads at once. Reads see the newest commit taken, durable or not. A method
/// that answers with a list gives at most `limit` items, in the order of their keys, that come after `after`.
///
/// Nothing here pins a lock or a snapshot between two calls, and nothing assumes that this process is the only one to
/// write: a store on a relational server can implement it.
pub trait Store: Send + Sync + 'static {
    /// A process, without its data.
    ///
    /// # Errors
    /// When the record is damaged or the medium fails; so for all reads.
    fn process(&self, id: ProcessId) -> StoreResult<Option<Stored<ProcessRecord>>>;

    /// The data of a process; none where there is no such process. It is that of the process as it is now, which may be a newer one than
    /// was read before: the process's revision tells.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn process_data(&self, id: ProcessId) -> StoreResult<Option<ProcessData>>;

    /// A task.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn task(&self, id: TaskId) -> StoreResult<Option<TaskRecord>>;

    /// A task with its process, as every step on a task begins; none where there is no such process. The process is not read after the
    /// task, as its revision vouches for both. A store that reads both at once does so here.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn process_and_task(&self, id: TaskId) -> StoreResult<Option<(Stored<ProcessRecord>, Option<TaskRecord>)>> {
        let Some(process) = self.process(id.process)? else { return Ok(None) };
        Ok(Some((process, self.task(id)?)))
    }

    /// Some tasks, each at the place of its number; none where there is no such task. A store that reads several at once faster than one
    /// after the other does so here: a page of a list is read like this.
    ///
    /// # Errors
    /// As [`Store::process`], when one of them cannot be read.
    fn tasks_at(&self, ids: &[TaskId]) -> StoreResult<Vec<Option<TaskRecord>>> {
        ids.iter().map(|id| self.task(*id)).collect()
    }

    /// All processes, by number; `after` 0 is from the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn processes(&self, after: ProcessId, limit: usize) -> StoreResult<Vec<ProcessRecord>>;

    /// The processes that are over and no sub-processes, by when they ended: see [`ended`].
    ///
    /// # Errors
    /// As [`Store::process`].
    fn ended(&self, after: Option<Ended>, limit: usize) -> StoreResult<Vec<Ended>>;

    /// The tasks of a process, by ordinal; `after` 0 is from the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<TaskRecord>>;

    /// A scope that is open.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn scope(&self, id: ScopeId) -> StoreResult<Option<ScopeRecord>>;

    /// The open scopes of a process, by number; none is from the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn scopes(&self, process: ProcessId, after: Option<u32>, limit: usize) -> StoreResult<Vec<(ScopeId, ScopeRecord)>>;

    /// The tables that have had rows, by name.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn tables(&self, after: Option<&str>, limit: usize) -> StoreResult<Vec<String>>;

    /// A row of a table.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn row(&self, table: &str, id: u64) -> StoreResult<Option<Stored<RowRecord>>>;

    /// Some rows of a table, as [`Store::tasks_at`] has tasks.
    ///
    /// # Errors
    /// As [`Store::process`], when one of them cannot be read.
    fn rows_at(&self, table: &str, ids: &[u64]) -> StoreResult<Vec<Option<Stored<RowRecord>>>> {
        ids.iter().map(|id| self.row(table, *id)).collect()
    }

    /// The rows of a table, by number; `after` 0 is from the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn rows(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<(u64, Stored<RowRecord>)>>;

    /// The numbers of the rows of a table, as [`Store::rows`] has them. A store that need not read the rows for it answers where
    /// some cannot be read.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn row_ids(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<u64>> {
        Ok(self.rows(table, after, limit)?.into_iter().map(|(id, _)| id).collect())
    }

    /// The numbers of the rows with this value in an indexed field.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn rows_by(&self, table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> StoreResult<Vec<u64>>;

    /// The rows that refer to a row, in the order of their tables, numbers and fields.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn references(&self, table: &str, id: u64, limit: usize) -> StoreResult<Vec<Reference>>;

    /// A number that is another one whenever a row of the table was written.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn table_stamp(&self, table: &str) -> StoreResult<u64>;

    /// A number that is another one whenever a row was written that has this value in an indexed field, or had it before. It may be another
    /// one when something else was written, too: [`IndexStamps`] keeps some thousand of them.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn index_stamp(&self, table: &str, field: &str, key: &[u8]) -> StoreResult<u64>;

    /// Tasks of a list, oldest first (an archive: newest first): all of the list, or none of it.
    ///
    /// # Errors
    /// As [`Store::process`]; [`StoreError::NotReady`] while the list is being filled, as another release had the store before. So for all
    /// lists of tasks and processes, and for the history.
    fn list_tasks(&self, list: &TaskList, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<ListedTask>>;

    /// Processes of a list, oldest first.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn list_processes(&self, list: &ProcessList, after: Option<ProcessId>, limit: usize)
    -> StoreResult<Vec<ProcessId>>;

    /// The nodes that have tasks, by name.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn nodes(&self, after: Option<&NodeName>, limit: usize) -> StoreResult<Vec<NodeName>>;

    /// The permissions by which tasks can be taken that stand in queues: [`TaskList::Queue`].
    ///
    /// # Errors
    /// As [`Store::process`].
    fn permissions(&self, after: Option<&Permission>, limit: usize) -> StoreResult<Vec<Permission>>;

    /// What happened in a process, by number; `after` 0 is from the beginning.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn events(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<Logged>>;

    /// What happened in all processes, in the order in which it was committed.
    ///
    /// What it answers with need not be durable yet; the receipt of an empty commit waits until it is.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn log(&self, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<Logged>>;

    /// Places in the log after `after` at which one can go on, in order: those of [`Store::log`], or of the last event of each of the
    /// records in which the store keeps several. A store that need not read the records for it answers where some cannot be read.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn log_places(&self, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<LogCursor>> {
        Ok(self.log(after, limit)?.into_iter().map(|logged| logged.cursor).collect())
    }

    /// The number of the last commit in the log, or a greater one. What is committed later stands behind it.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn log_end(&self) -> StoreResult<u64>;

    /// What happened in all processes, or what this person did, before a place; the newest first: by time, process and
    /// number.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn history(&self, by: Option<&UserId>, before: Option<HistoryCursor>, limit: usize) -> StoreResult<Vec<Logged>>;

    /// What the engines over this store claim, always the same: of a store that no other program can have open as long as this one has.
    /// None of a store that others may have open, too; engines write down then which of them does what only one may do.
    ///
    /// # Errors
    /// When the store has stopped.
    fn claims(&self) -> StoreResult<Option<Arc<Claims>>> {
        Ok(None)
    }

    /// What the clock of the store shows, if it has one of its own: a server's, by which the times of all hosts are reckoned.
    ///
    /// # Errors
    /// When the medium fails.
    fn clock(&self) -> StoreResult<Option<Timestamp>> {
        Ok(None)
    }

    /// A process number that no stored process has, and that is greater than all given out since the store was opened.
    ///
    /// # Errors
    /// When the store has stopped.
    fn next_process(&self) -> StoreResult<ProcessId>;

    /// A row number of a table, likewise.
    ///
    /// # Errors
    /// When the store has stopped.
    fn next_row(&self, table: &str) -> StoreResult<u64>;

    /// Has `watcher` told of what each commit leaves to be done, be it made by this program or by another one, as soon as the commit was
    /// taken. Answers with whether it will be: where it is not, whoever commits tells himself, and looks for what others did. News may come
    /// late, twice, or be lost: who waits for them looks now and then. A watcher that nobody else has any more is forgotten.
    ///
    /// # Errors
    /// When the medium fails.
    fn watch(&self, watcher: Weak<Watcher>) -> StoreResult<bool> {
        let _ = watcher;
        Ok(false)
    }

    /// Reserves a piece of work for the engine `by`, for so long: false when another engine has it. It is a hint, so that engines do not
    /// begin the same piece; what keeps them from finishing it twice is that they commit.
    ///
    /// # Errors
    /// When the medium fails.
    fn reserve(&self, what: &str, by: u64, hold: Duration) -> StoreResult<bool> {
        let _ = (what, by, hold);
        Ok(true)
    }

    /// Lets go of what was reserved.
    ///
    /// # Errors
    /// When the medium fails.
    fn release(&self, what: &str, by: u64) -> StoreResult<()> {
        let _ = (what, by);
        Ok(())
    }

    /// Takes all changes of a step, or none. The receipt of one that changes nothing waits until all that could be read
    /// when it was taken is durable.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an expectation does not hold, a unique value is taken, or a row is deleted to which a
    /// row refers that the commit leaves as it is; [`StoreError::TooLarge`] and [`StoreError::KeyTooLong`] as [`check_limits`]. Nothing is
    /// changed then.
    fn commit(&self, commit: Commit) -> StoreResult<Receipt>;

    /// Waits for the turn of a step that others keep overtaking. Until the turn is dropped, other commits wait that would write what the
    /// step relied on; but for so `long` at most, as the step may do something that takes long. Reads wait for nothing. Steps get
    /// their turns in the order in which they came; one that was overtaken even so has had a turn `before` and keeps its place.
    ///
    /// A store without turns need not have this: the step tries again until it comes through, or fails with
    /// `viewflow::Error::Contended`. One that one program uses at a time has it from [`Turns`].
    ///
    /// # Errors
    /// When the medium fails.
    fn turn(&self, reliance: &Reliance, long: Duration, before: Option<Turn>) -> StoreResult<Turn> {
        let _ = (reliance, long);
        Ok(before.unwrap_or_default())
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    crate::forward!(self => (**self));
    crate::forward! { self => (**self);
        reserve(what: &str, by: u64, hold: Duration) -> bool;
        release(what: &str, by: u64) -> ();
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        (**self).commit(commit)
    }
}

/// What the engine of the same release uses of a store beside the contract.
pub(crate) mod for_engine {
    pub use super::data_change::differences;
    pub use super::limit::{check_keys, is_deeper};
    pub use super::list::lists_of_waiting;
    pub use super::ordered::Lists;
    pub use super::record::follow;
    pub use super::renamed::{Names, Renamed};
    pub use super::transfer::{all_tables, process_lines};
    pub use super::watch::{CHANGED, MAILBOXES, SIGNALS};
}
