//! The contract of a store: between the engine and the medium that keeps the data.
//!
//! A store keeps *records* (processes, tasks, scopes, rows of tables), *events*, and ordered *lists* of tasks and
//! processes that are derived from the records. It returns lists page by page, by key. So a page costs the same among
//! ten records and among ten million. It takes all changes of a step as one [`Commit`], which happens as a whole or not
//! at all.
//!
//! Steps are serializable by optimistic control. A read returns a record with its *revision*, and a commit names the
//! revisions that it relies on. If one of them has changed, the store refuses the commit with [`StoreError::Conflict`].
//! The result of a query has a *stamp* in place of a revision: the stamp of the table, or of the indexed value that the
//! query asked for. A step that was overtaken some times asks for its [`Turn`], and a store that has turns lets it
//! through.
//!
//! Every store refuses records that are nested deeper than [`MAX_RECORD_DEPTH`], and names and values in keys that are
//! longer than [`MAX_KEY`] and [`MAX_INDEX_KEY`]: see [`check_limits`]. Every store has to keep what is within these
//! limits. [`store_suite`](crate::suite::store_suite) proves an implementation with one call.

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
    Cursor, Ended, ListedTask, NodeName, NotANode, Order, ProcessList, TaskList, due_of_sort, due_sort, ended,
    index_key, process_lists, task_lists,
};
pub use log::{HistoryCursor, LogCursor, Logged};
pub use memory::MemoryStore;
pub use record::{
    Document, Event, EventKind, IndexEntry, JobState, NotAStatus, OnDelete, ProcessData, ProcessRecord, ProcessStatus,
    Reads, Reference, RowRecord, ScopeId, ScopeRecord, TablePart, TaskError, TaskRecord, TaskStatus, Timeout, WaitsFor,
    Watched, Way, WholeProcess,
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

/// A place that keeps processes, tasks and business data.
///
/// Every method may be called from many threads at once. Reads see the newest commit taken, durable or not. A method
/// that returns a list returns at most `limit` items that come after `after`, in the order of their keys.
///
/// Nothing here pins a lock or a snapshot between two calls. Nothing assumes that this program is the only one that
/// writes. So a store on a relational server can implement it.
pub trait Store: Send + Sync + 'static {
    /// Returns a process, without its data.
    ///
    /// # Errors
    /// If the record is damaged or the medium fails. The same is true of all reads.
    fn process(&self, id: ProcessId) -> StoreResult<Option<Stored<ProcessRecord>>>;

    /// Returns the data of a process; none if there is no such process.
    ///
    /// It is the data of the process as it is now. The process may have been read before, and be newer by now: its
    /// revision shows that.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn process_data(&self, id: ProcessId) -> StoreResult<Option<ProcessData>>;

    /// Returns a task; none if there is no such task.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn task(&self, id: TaskId) -> StoreResult<Option<TaskRecord>>;

    /// Returns a task with its process, with which every step on a task begins; none if there is no such process.
    ///
    /// The process must not be read after the task, as its revision covers both. A store that can read both at once
    /// should override this method.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn process_and_task(&self, id: TaskId) -> StoreResult<Option<(Stored<ProcessRecord>, Option<TaskRecord>)>> {
        let Some(process) = self.process(id.process)? else { return Ok(None) };
        Ok(Some((process, self.task(id)?)))
    }

    /// Returns some tasks, each at the place of its id; none in place of a missing task.
    ///
    /// The engine reads a page of a list like this. A store that can read several tasks at once faster should override
    /// it.
    ///
    /// # Errors
    /// As [`Store::process`], if one of them cannot be read.
    fn tasks_at(&self, ids: &[TaskId]) -> StoreResult<Vec<Option<TaskRecord>>> {
        ids.iter().map(|id| self.task(*id)).collect()
    }

    /// Returns some processes, as [`Store::tasks_at`] returns tasks.
    ///
    /// # Errors
    /// As [`Store::process`], when one of them cannot be read.
    fn processes_at(&self, ids: &[ProcessId]) -> StoreResult<Vec<Option<ProcessRecord>>> {
        ids.iter().map(|id| Ok(self.process(*id)?.map(|stored| stored.record))).collect()
    }

    /// Returns all processes, by number. With 0, `after` begins at the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn processes(&self, after: ProcessId, limit: usize) -> StoreResult<Vec<ProcessRecord>>;

    /// Returns the processes that are over and are no sub-processes, by the time of their end: see [`ended`].
    ///
    /// # Errors
    /// As [`Store::process`].
    fn ended(&self, after: Option<Ended>, limit: usize) -> StoreResult<Vec<Ended>>;

    /// Returns the tasks of a process, by ordinal. With 0, `after` begins at the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<TaskRecord>>;

    /// Returns a scope; none if it is not open.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn scope(&self, id: ScopeId) -> StoreResult<Option<ScopeRecord>>;

    /// Returns the open scopes of a process, by number. Without `after`, begins at the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn scopes(&self, process: ProcessId, after: Option<u32>, limit: usize) -> StoreResult<Vec<(ScopeId, ScopeRecord)>>;

    /// Returns the tables that have had rows, by name.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn tables(&self, after: Option<&str>, limit: usize) -> StoreResult<Vec<String>>;

    /// Returns a row of a table; none if there is no such row.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn row(&self, table: &str, id: u64) -> StoreResult<Option<Stored<RowRecord>>>;

    /// Returns some rows of a table, as [`Store::tasks_at`] does for tasks.
    ///
    /// # Errors
    /// As [`Store::process`], if one of them cannot be read.
    fn rows_at(&self, table: &str, ids: &[u64]) -> StoreResult<Vec<Option<Stored<RowRecord>>>> {
        ids.iter().map(|id| self.row(table, *id)).collect()
    }

    /// Returns the rows of a table, by number. With 0, `after` begins at the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn rows(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<(u64, Stored<RowRecord>)>>;

    /// Returns the numbers of the rows of a table, in the order of [`Store::rows`]. If a store need not read the rows
    /// for that, it also works while some cannot be read.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn row_ids(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<u64>> {
        Ok(self.rows(table, after, limit)?.into_iter().map(|(id, _)| id).collect())
    }

    /// Returns the numbers of the rows with this value in an indexed field. `key` is the value as [`index_key`] encodes
    /// it.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn rows_by(&self, table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> StoreResult<Vec<u64>>;

    /// Returns the rows that refer to a row, in the order of their tables, numbers and fields.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn references(&self, table: &str, id: u64, limit: usize) -> StoreResult<Vec<Reference>>;

    /// Returns a stamp that changes whenever a row of the table is written.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn table_stamp(&self, table: &str) -> StoreResult<u64>;

    /// Returns a stamp that changes whenever a row is written that has this value in an indexed field, or had it
    /// before.
    ///
    /// The stamp may also change when something else is written: [`IndexStamps`] keeps only some thousand of them.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn index_stamp(&self, table: &str, field: &str, key: &[u8]) -> StoreResult<u64>;

    /// Returns tasks of a list, oldest first; for an archive, newest first. The list is complete, or the call fails.
    ///
    /// # Errors
    /// As [`Store::process`]. [`StoreError::NotReady`] while the store fills the list, because another release had the
    /// store before. The same is true of all lists of tasks and processes, and of the history.
    fn list_tasks(&self, list: &TaskList, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<ListedTask>>;

    /// Returns processes of a list, oldest first; the newest first where [`ProcessList::is_newest_first`] says so.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn list_processes(&self, list: &ProcessList, after: Option<ProcessId>, limit: usize)
    -> StoreResult<Vec<ProcessId>>;

    /// Returns the nodes that have tasks, by name.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn nodes(&self, after: Option<&NodeName>, limit: usize) -> StoreResult<Vec<NodeName>>;

    /// Returns the permissions that people need to take the tasks in queues: [`TaskList::Queue`].
    ///
    /// # Errors
    /// As [`Store::process`].
    fn permissions(&self, after: Option<&Permission>, limit: usize) -> StoreResult<Vec<Permission>>;

    /// Returns the events of a process, by number. With 0, `after` begins at the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn events(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<Logged>>;

    /// Returns the events of all processes, in the order of their commits.
    ///
    /// They need not be durable yet. The receipt of an empty commit waits until they are.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn log(&self, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<Logged>>;

    /// Returns places in the log after `after` from which a reader can go on, in order.
    ///
    /// They are the places of [`Store::log`]. If the store keeps several events in one record, they may be the places
    /// of the last event of each record. If a store need not read the records for that, it also works while some cannot
    /// be read.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn log_places(&self, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<LogCursor>> {
        Ok(self.log(after, limit)?.into_iter().map(|logged| logged.cursor).collect())
    }

    /// Returns the number of the last commit in the log, or a greater number. Later commits come after it.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn log_end(&self) -> StoreResult<u64>;

    /// Returns the events of all processes, or only those of this person, before a place. They are ordered by time,
    /// process and number, the newest first.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn history(&self, by: Option<&UserId>, before: Option<HistoryCursor>, limit: usize) -> StoreResult<Vec<Logged>>;

    /// Returns the claims of the engines over this store, always the same, if no other program can have the store open.
    ///
    /// A store that other programs may have open, too, returns none. Then the engines record in the store which of them
    /// does the work that only one may do.
    ///
    /// # Errors
    /// If the store has stopped.
    fn claims(&self) -> StoreResult<Option<Arc<Claims>>> {
        Ok(None)
    }

    /// Returns the time on the store's own clock, if it has one: for example a server's clock, which counts for all
    /// hosts.
    ///
    /// # Errors
    /// If the medium fails.
    fn clock(&self) -> StoreResult<Option<Timestamp>> {
        Ok(None)
    }

    /// Returns a new process number. No stored process has it, and it is greater than all numbers given out since the
    /// store was opened.
    ///
    /// # Errors
    /// If the store has stopped.
    fn next_process(&self) -> StoreResult<ProcessId>;

    /// Returns a new row number of a table, in the same way.
    ///
    /// # Errors
    /// If the store has stopped.
    fn next_row(&self, table: &str) -> StoreResult<u64>;

    /// Registers a watcher. The store tells it what work each commit leaves, as soon as the commit was taken. Returns
    /// whether the store does so.
    ///
    /// It does so for commits of this program and of other programs. If it returns false, an engine has to announce its
    /// own commits itself, and look for the commits of others. News may come late, twice, or not at all, so a program
    /// that waits for them looks now and then. The store drops a watcher that has no other owner.
    ///
    /// # Errors
    /// If the medium fails.
    fn watch(&self, watcher: Weak<Watcher>) -> StoreResult<bool> {
        let _ = watcher;
        Ok(false)
    }

    /// Reserves a piece of work for the engine `by`, for the time `hold`. Returns false if another engine has it.
    ///
    /// A reservation is a hint, so that engines do not begin the same work. Only their commits keep them from finishing
    /// it twice.
    ///
    /// # Errors
    /// If the medium fails.
    fn reserve(&self, what: &str, by: u64, hold: Duration) -> StoreResult<bool> {
        let _ = (what, by, hold);
        Ok(true)
    }

    /// Releases a reservation.
    ///
    /// # Errors
    /// If the medium fails.
    fn release(&self, what: &str, by: u64) -> StoreResult<()> {
        let _ = (what, by);
        Ok(())
    }

    /// Takes all changes of a step, or none. The receipt of an empty commit waits until everything is durable that
    /// could be read when it was taken.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if an expectation does not hold, or a unique value is taken. Also if a row is deleted
    /// to which another row refers, and the commit leaves that row as it is. [`StoreError::TooLarge`] and
    /// [`StoreError::KeyTooLong`] as [`check_limits`] has them. Then nothing is changed.
    fn commit(&self, commit: Commit) -> StoreResult<Receipt>;

    /// Waits for the turn of a step that others keep overtaking.
    ///
    /// Until the turn is dropped, other commits wait if they would write what the step relied on. They wait for the
    /// time `long` at most, as the step may do something that takes long. Reads do not wait. Steps get their turns in
    /// the order in which they came. A step that was overtaken in spite of its turn passes that turn as `before`, and
    /// keeps its place.
    ///
    /// A store without turns need not implement this: the step tries again until it succeeds, or fails with
    /// `viewflow::Error::Contended`. A store that one program uses at a time can use [`Turns`].
    ///
    /// # Errors
    /// If the medium fails.
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

/// Items of the store that the engine of the same release uses beside the contract.
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
