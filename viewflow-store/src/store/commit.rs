//! The changes of one step, and what it relies on.

use std::fmt;
use std::ops::Deref;

use super::{Event, LogCursor, ProcessData, ProcessRecord, RowRecord, ScopeId, ScopeRecord, StoreResult, TaskRecord};
use crate::id::ProcessId;

/// A record with its revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<R> {
    /// The number of the commit that wrote it.
    pub revision: u64,
    /// The record as it was written.
    pub record: R,
}

impl<R> Deref for Stored<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.record
    }
}

/// The key of a record that has a revision. Tasks, scopes and the data of processes have none: a step that changes them
/// also changes their process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A process, with its data, tasks and scopes.
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

/// Something that a commit relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The record still has this revision; none if it must not exist.
    Revision(Key, Option<u64>),
    /// The table still has this stamp: no row of it was written.
    Table(String, u64),
    /// The value still has this stamp: no row was written that has it in this field, or had it.
    Index {
        /// The table.
        table: String,
        /// The indexed field.
        field: String,
        /// The value, as [`index_key`](super::index_key) encodes it.
        key: Vec<u8>,
        /// The stamp: [`Store::index_stamp`](super::Store::index_stamp).
        stamp: u64,
    },
}

/// One record before and after. [`Expect::Revision`] makes sure of the record before: the store removes it from its
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
    /// The data of a process was made or changed. A step changes the process with it.
    Data {
        /// The process.
        process: ProcessId,
        /// After.
        new: Box<ProcessData>,
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
        /// The scope.
        id: ScopeId,
        /// After; none if it is closed.
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
        /// After; none if it is deleted.
        new: Option<RowRecord>,
    },
    /// A process that is over is forgotten, with its data. The rest of its tasks, scopes and events must be forgotten
    /// before or with it.
    ForgetProcess {
        /// The process as it was.
        old: Box<ProcessRecord>,
    },
    /// Tasks of a process that is over are forgotten.
    ForgetTasks {
        /// The tasks as they were.
        old: Vec<TaskRecord>,
    },
    /// The first events of a process that is over are forgotten.
    ForgetEvents {
        /// The process.
        process: ProcessId,
        /// The number of the last event to forget.
        through: u32,
    },
    /// All later commits come after this commit in the log: for copies of stores.
    Log {
        /// The number of the commit.
        last: u64,
    },
    /// No number up to this one is given out again: for copies of stores, so that deleted numbers stay unused.
    Numbers {
        /// The table of the row numbers; if there is none, they are process numbers.
        table: Option<String>,
        /// The last number given out.
        last: u64,
    },
}

impl Change {
    /// Makes a change of a process. Without `old`, the process is new.
    pub fn process(old: Option<ProcessRecord>, new: ProcessRecord) -> Self {
        Self::Process { old: old.map(Box::new), new: Box::new(new) }
    }

    /// Makes a change of a task. Without `old`, the task is new.
    pub fn task(old: Option<TaskRecord>, new: TaskRecord) -> Self {
        Self::Task { old: old.map(Box::new), new: Box::new(new) }
    }
}

/// Everything that one step relies on and changes.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Everything that must not have changed since it was read.
    pub expect: Vec<Expect>,
    /// The changes; each record at most once.
    pub changes: Vec<Change>,
    /// The events, in order.
    pub events: Vec<Event>,
    /// The places of the events in the log, for copies of stores. If it is empty, they come after all others.
    pub places: Vec<LogCursor>,
    /// The number of the turn in which the commit comes: [`Turn::number`](super::Turn::number).
    pub turn: Option<u64>,
}

impl Commit {
    /// Returns the events with their places in the log. Events without a place get one in the commit with this number.
    pub fn logged(&self, commit: u64) -> impl Iterator<Item = (LogCursor, &Event)> {
        let own = (0..).map(move |index| LogCursor { commit, index });
        let places = self.places.iter().copied().chain(own.skip(self.places.len()));
        places.zip(&self.events)
    }

    /// Returns the rows it changes: table, number, and the row after; none if it is deleted.
    pub fn rows(&self) -> impl Iterator<Item = (&str, u64, Option<&RowRecord>)> {
        self.changes.iter().filter_map(|change| match change {
            Change::Row { table, id, new, .. } => Some((table.as_str(), *id, new.as_ref())),
            _ => None,
        })
    }
}

/// A commit that the store has taken. It is visible, and will be durable before any later commit is.
#[must_use = "a step is durable only when `wait` has returned"]
pub struct Receipt(Box<dyn FnOnce() -> StoreResult<()> + Send>);

impl Receipt {
    /// Makes a receipt with this `wait`.
    pub fn new(wait: impl FnOnce() -> StoreResult<()> + Send + 'static) -> Self {
        Self(Box::new(wait))
    }

    /// Makes a receipt of a commit that is as durable as it will ever be.
    pub fn durable() -> Self {
        Self::new(|| Ok(()))
    }

    /// Waits until the commit would survive a power cut.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub fn wait(self) -> StoreResult<()> {
        (self.0)()
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt")
    }
}
