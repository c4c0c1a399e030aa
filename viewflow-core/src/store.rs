//! What a store is: the contract between the engine and where things are kept.
//!
//! A store keeps *records* (processes, tasks, scopes, rows of tables), *events*, and ordered *lists* of tasks and
//! processes that are derived from the records. It answers each question page by page, by key, so that a page costs
//! the same among ten records and among ten million, and it takes all changes of a step as one [`Commit`], which
//! happens as a whole or not at all.
//!
//! Steps are serializable by optimistic control: reading a record tells its *revision*, a commit names the revisions
//! it relies on, and the store refuses it with [`StoreError::Conflict`] when one of them has changed.
//! [`testing::store_suite`](crate::testing::store_suite) proves an implementation with one call.

mod change;
mod forward;
mod list;
mod log;
mod memory;
mod record;
mod renamed;
mod transfer;

use std::fmt;
use std::ops::Deref;

pub(crate) use change::differences;
pub use change::{DataChange, DataPart};
pub(crate) use forward::forward;
pub(crate) use list::check_keys;
pub use list::{
    Cursor, Ended, ListedTask, NodeName, Order, ProcessList, TaskList, due_sort, ended, index_key, process_lists,
    task_lists,
};
pub use log::{HistoryCursor, LogCursor, Logged};
pub use memory::MemoryStore;
pub(crate) use record::follow;
pub use record::{
    Document, Event, IndexEntry, JobState, OnDelete, ProcessRecord, ProcessStatus, Reference, RowRecord, ScopeId,
    ScopeRecord, TaskError, TaskRecord, TaskStatus, Timeout, WaitsFor, What,
};
pub(crate) use renamed::{Names, Renamed};
pub use transfer::{TransferError, export, import};
pub(crate) use transfer::{all_tables, process_lines};

use crate::id::{ProcessId, TaskId, UserId};
use crate::people::Permission;

/// The result of a store's methods.
pub type StoreResult<T> = Result<T, StoreError>;

/// What a store can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A record that the commit relies on has changed: run the step again.
    #[error("another step changed what this one reads")]
    Conflict,
    /// A record is not as it was written.
    #[error("the record of {what} is damaged ({detail}): restore a backup, or remove the record")]
    Damaged {
        /// Which record.
        what: String,
        /// In what way.
        detail: String,
    },
    /// The store is open already, in this process or another one.
    #[error("the store at `{path}` is in use: close the program that has it open")]
    InUse {
        /// Where the store is.
        path: String,
    },
    /// The store was written by another release, in a format that this one does not know.
    #[error(
        "the store at `{path}` has format {found}, and this release knows format {known}: use the release that wrote it, or `export` there and `import` here"
    )]
    OtherFormat {
        /// Where the store is.
        path: String,
        /// The format it has.
        found: String,
        /// The format this release reads and writes.
        known: String,
    },
    /// What is at that place is something else than a store.
    #[error("the directory `{path}` is no store ({detail}): choose another one")]
    NotAStore {
        /// The directory.
        path: String,
        /// What was found there.
        detail: String,
    },
    /// Commits that were durable once are not there any more.
    #[error(
        "the store at `{path}` has lost its newest commits: it had {durable}, and {found} of them are left. Restore a backup, or open it with `accept_loss`"
    )]
    LostCommits {
        /// Where the store is.
        path: String,
        /// The number of the last commit that was durable.
        durable: u64,
        /// The number of the last commit that is there.
        found: u64,
    },
    /// The store cannot be opened, as its files are damaged or cannot be read.
    #[error("cannot open the store at `{path}`: {detail}")]
    CannotOpen {
        /// Where the store should be.
        path: String,
        /// Why not.
        detail: String,
    },
    /// An earlier write failed, so that what is on disk is not known: open the store again.
    #[error("the store stopped after a failed write ({0}): open it again")]
    Stopped(String),
    /// A record or key is more than the store takes.
    #[error("{what} cannot be stored: {detail}")]
    TooLarge {
        /// What it is.
        what: String,
        /// What is too large about it.
        detail: String,
    },
    /// A value is too long for an index.
    #[error("`{field}` of table `{table}` has an index and takes at most {max} bytes")]
    KeyTooLong {
        /// The table.
        table: String,
        /// The field.
        field: String,
        /// The greatest length of an indexed value.
        max: usize,
    },
    /// The medium failed.
    #[error("the store cannot write or read: {0}")]
    Io(String),
}

/// A record with its revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<R> {
    /// The number of the commit that wrote it.
    pub revision: u64,
    /// What was written.
    pub record: R,
}

impl<R> Deref for Stored<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.record
    }
}

/// Which record. Tasks and scopes are not among them: no step changes them without changing their process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A process, with its tasks and scopes.
    Process(ProcessId),
    /// A row of a table.
    Row(String, u64),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(id) => write!(f, "process {id}"),
            Self::Row(table, id) => write!(f, "row {id} of `{table}`"),
        }
    }
}

/// What a commit relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The record has this revision still; none: it is not there.
    Revision(Key, Option<u64>),
    /// The table has this stamp still: no row of it was written.
    Table(String, u64),
}

/// One record before and after. The one before is what [`Expect::Revision`] vouches for: the store takes it out of its
/// lists without reading it again.
#[derive(Clone, Debug)]
pub enum Change {
    /// A process was made or changed.
    Process {
        /// Before.
        old: Option<Box<ProcessRecord>>,
        /// After.
        new: Box<ProcessRecord>,
    },
    /// A task was made or changed.
    Task {
        /// Before.
        old: Option<Box<TaskRecord>>,
        /// After.
        new: Box<TaskRecord>,
    },
    /// A scope was opened, changed or closed.
    Scope {
        /// Which.
        id: ScopeId,
        /// After; none when it is closed.
        new: Option<ScopeRecord>,
    },
    /// A row was inserted, changed or deleted.
    Row {
        /// The table.
        table: String,
        /// The row's number.
        id: u64,
        /// Before.
        old: Option<RowRecord>,
        /// After; none when it is deleted.
        new: Option<RowRecord>,
    },
    /// A process that is over is forgotten. What is left of its tasks, scopes and events is to be forgotten before or with it.
    ForgetProcess {
        /// As it was.
        old: Box<ProcessRecord>,
    },
    /// Tasks of a process that is over are forgotten.
    ForgetTasks {
        /// As they were.
        old: Vec<TaskRecord>,
    },
    /// The first events of a process that is over are forgotten.
    ForgetEvents {
        /// Of which process.
        process: ProcessId,
        /// The number of the last one.
        through: u32,
    },
    /// All that is committed from here on stands behind this commit in the log: for copies of stores.
    Log {
        /// The number of the commit.
        last: u64,
    },
    /// No number up to this one is given out any more: for copies of stores, so that what was deleted stays unknown.
    Numbers {
        /// Of rows of this table; none: of processes.
        table: Option<String>,
        /// The last number given out.
        last: u64,
    },
}

impl Change {
    /// A process was made, where there is none before, or changed.
    pub fn process(old: Option<ProcessRecord>, new: ProcessRecord) -> Self {
        Self::Process { old: old.map(Box::new), new: Box::new(new) }
    }

    /// A task was made, where there is none before, or changed.
    pub fn task(old: Option<TaskRecord>, new: TaskRecord) -> Self {
        Self::Task { old: old.map(Box::new), new: Box::new(new) }
    }
}

/// All that one step relies on and changes.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// What must not have changed since it was read.
    pub expect: Vec<Expect>,
    /// What changes; a record at most once.
    pub changes: Vec<Change>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The places of the events in the log, for copies of stores; empty: behind all others.
    pub places: Vec<LogCursor>,
}

impl Commit {
    /// The events with their places in the log, if those that have none stand in this commit of it.
    pub fn logged(&self, commit: u64) -> impl Iterator<Item = (LogCursor, &Event)> {
        let own = (0..).map(move |index| LogCursor { commit, index });
        let places = self.places.iter().copied().chain(own.skip(self.places.len()));
        places.zip(&self.events)
    }

    /// The rows it changes: table, number, and the row after; none when it is deleted.
    pub fn rows(&self) -> impl Iterator<Item = (&str, u64, Option<&RowRecord>)> {
        self.changes.iter().filter_map(|change| match change {
            Change::Row { table, id, new, .. } => Some((table.as_str(), *id, new.as_ref())),
            _ => None,
        })
    }
}

/// A commit the store has taken. It is visible, and will be durable before any later commit is.
#[must_use = "a step is durable only when `wait` has returned"]
pub struct Receipt(Box<dyn FnOnce() -> StoreResult<()> + Send>);

impl Receipt {
    /// A receipt whose `wait` does this.
    pub fn new(wait: impl FnOnce() -> StoreResult<()> + Send + 'static) -> Self {
        Self(Box::new(wait))
    }

    /// A receipt of a commit that is as durable as it will ever be.
    pub fn durable() -> Self {
        Self::new(|| Ok(()))
    }

    /// Waits until the commit would survive a power cut.
    ///
    /// # Errors
    /// When it could not be made durable.
    pub fn wait(self) -> StoreResult<()> {
        (self.0)()
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt")
    }
}

/// Where processes, tasks and business data are kept.
///
/// Every method may be called from many threads at once. Reads see the newest commit taken, durable or not. A method
/// that answers with a list gives at most `limit` items, in the order of their keys, that come after `after`.
///
/// Nothing here pins a lock or a snapshot between two calls, and nothing assumes that this process is the only one to
/// write: a store on a relational server can implement it.
pub trait Store: Send + Sync + 'static {
    /// A process.
    ///
    /// # Errors
    /// When the record is damaged or the medium fails; so for all reads.
    fn process(&self, id: ProcessId) -> StoreResult<Option<Stored<ProcessRecord>>>;

    /// A task.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn task(&self, id: TaskId) -> StoreResult<Option<TaskRecord>>;

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

    /// The rows of a table, by number; `after` 0 is from the first one.
    ///
    /// # Errors
    /// As [`Store::process`].
    fn rows(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<(u64, Stored<RowRecord>)>>;

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

    /// Tasks of a list, oldest first (an archive: newest first).
    ///
    /// # Errors
    /// As [`Store::process`].
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

    /// Takes all changes of a step, or none. The receipt of one that changes nothing waits until all that could be read
    /// when it was taken is durable.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an expectation does not hold, a unique value is taken, or a row is deleted to which a
    /// row refers that the commit leaves as it is; nothing is changed then.
    fn commit(&self, commit: Commit) -> StoreResult<Receipt>;
}

impl<S: Store + ?Sized> Store for std::sync::Arc<S> {
    forward!(self => (**self));

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        (**self).commit(commit)
    }
}
