//! What one step changes, and what it relies on.

use std::fmt;
use std::ops::Deref;

use super::{Event, LogCursor, ProcessData, ProcessRecord, RowRecord, ScopeId, ScopeRecord, StoreResult, TaskRecord};
use crate::id::ProcessId;

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

/// Which record. Tasks, scopes and the data of processes are not among them: no step changes them without changing their process.
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

/// What a commit relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The record has this revision still; none: it is not there.
    Revision(Key, Option<u64>),
    /// The table has this stamp still: no row of it was written.
    Table(String, u64),
    /// The value has this stamp still: no row was written that has it in this field, or had it.
    Index {
        /// The table.
        table: String,
        /// The indexed field.
        field: String,
        /// The value, as [`index_key`](super::index_key) has it.
        key: Vec<u8>,
        /// The stamp: [`Store::index_stamp`](super::Store::index_stamp).
        stamp: u64,
    },
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
    /// The data of a process was made or changed. A step changes the process with it.
    Data {
        /// Of which process.
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
    /// A process that is over is forgotten, with its data. What is left of its tasks, scopes and events is to be forgotten before or with it.
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
    /// The turn in which it comes: [`Turn::number`](super::Turn::number).
    pub turn: Option<u64>,
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
