//! A unit of work: one step's view of the store, with what the step has read and what it will write.

mod commit;
mod delete;
mod events;
mod held;
mod lists;
pub(crate) mod looked;
mod own;
mod records;
mod rows;
mod seen;
pub(crate) mod tables;
pub(crate) mod versions;
mod waiting;
pub(crate) mod walk;
pub(crate) mod watch;
mod way;

use std::cell::RefCell;
use std::collections::btree_map::BTreeMap;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use held::{Held, Processes};
use own::Own;
use rows::Rows;
use seen::Seen;
use versions::{Agreed, Named, Reading};
use viewflow_store::{
    Commit, DataChange, Event, ProcessData, ProcessId, ScopeId, ScopeRecord, Store, StoreError, TaskId, TaskRecord,
    Timestamp, UserId,
};
use waiting::Waiting;
use watch::{Asked, Written};
pub(crate) use way::Coming;

use crate::error::{Error, Result};

/// The tables within one step, as a handler, a `choices` closure or [`Engine::transaction`] sees them.
///
/// Reads see what the step has written so far. All writes happen together with the rest of the step, or not at all.
///
/// [`Engine::transaction`]: crate::Engine::transaction
#[derive(Clone)]
pub struct Db(Rc<RefCell<Unit>>);

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Db")
    }
}

impl Db {
    pub(crate) fn new(store: Arc<dyn Store>, now: Timestamp, actor: Option<UserId>) -> Self {
        Self::with_numbers(store, now, actor, Vec::new(), None)
    }

    /// As [`Db::new`], for a step of an engine. New processes get the numbers that they got in the last run of the
    /// step.
    pub(crate) fn with_numbers(
        store: Arc<dyn Store>,
        now: Timestamp,
        actor: Option<UserId>,
        numbers: Vec<ProcessId>,
        reading: Option<Reading>,
    ) -> Self {
        Self(Rc::new(RefCell::new(Unit {
            store,
            now,
            actor,
            reason: None,
            processes: BTreeMap::new(),
            data: BTreeMap::new(),
            born: Seen::default(),
            tasks: BTreeMap::new(),
            waiting: Waiting::default(),
            scopes: BTreeMap::new(),
            rows: BTreeMap::new(),
            own: Own::default(),
            stamps: BTreeMap::new(),
            index_stamps: BTreeMap::new(),
            reading,
            relied: BTreeMap::new(),
            past: BTreeMap::new(),
            noted_past: Vec::new(),
            events: Vec::new(),
            untold: BTreeMap::new(),
            numbers: numbers.into(),
            numbered: Vec::new(),
            culprit: None,
            suspects: Vec::new(),
            unread: Vec::new(),
            asked: None,
            fresh: Written::default(),
            told: Written::default(),
            settling: false,
            read_only: false,
            closed: false,
        })))
    }

    /// Opens the tables for reading only.
    pub(crate) fn reader(store: Arc<dyn Store>, now: Timestamp) -> Self {
        let db = Self::new(store, now, None);
        db.unit(|unit| unit.read_only = true);
        db
    }

    /// As [`Db::reader`], for a reader that has to know whether another version has renewed what it looks up.
    pub(crate) fn reader_of(store: Arc<dyn Store>, now: Timestamp, reading: Reading) -> Self {
        let db = Self::reader(store, now);
        db.unit(|unit| unit.reading = Some(reading));
        db
    }

    /// The time of this step, which is the same for everything that happens in it.
    pub fn now(&self) -> Timestamp {
        self.unit(|unit| {
            unit.note_steps();
            unit.now
        })
    }

    /// The person that does this step, if it is a person.
    pub fn actor(&self) -> Option<UserId> {
        self.unit(|unit| {
            unit.note_steps();
            unit.actor.clone()
        })
    }

    /// Runs `work` on the unit. `work` must not call code of the application, which may come back to this `Db`.
    pub(crate) fn unit<R>(&self, work: impl FnOnce(&mut Unit) -> R) -> R {
        work(&mut self.0.borrow_mut())
    }

    /// Returns the commit that the step has come to. For a failed step it holds only what the step relied on.
    pub(crate) fn take_commit(&self, failed: bool) -> Commit {
        self.unit(|unit| unit.take_commit(failed))
    }
}

/// The records one step has read and changed.
pub(crate) struct Unit {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) now: Timestamp,
    pub(crate) actor: Option<UserId>,
    /// The reason that the actor gave.
    pub(crate) reason: Option<String>,
    processes: Processes,
    /// The data of those processes whose data was read or changed. The revision of a process covers its data.
    data: BTreeMap<ProcessId, Held<ProcessData>>,
    /// The sub-processes that this step has made, by the task that runs them.
    born: Seen<TaskId, ProcessId>,
    tasks: BTreeMap<TaskId, Held<TaskRecord>>,
    /// The lists of waiting tasks in which the step's tasks are.
    waiting: Waiting,
    scopes: BTreeMap<ScopeId, Held<ScopeRecord>>,
    rows: Rows,
    /// The indexes of the rows that the step has written.
    own: Own,
    /// Stamps of tables that were read as a whole.
    stamps: BTreeMap<String, u64>,
    /// Stamps of values that a query asked for: table, field, key.
    index_stamps: BTreeMap<(String, String, Vec<u8>), u64>,
    /// The engine's own view of the matters that notes are about.
    pub(crate) reading: Option<Reading>,
    /// The notes on which the step relies, as they were when it came to them.
    relied: BTreeMap<Named, Agreed>,
    /// Past tasks that this step has changed, by process and node: see [`Unit::newest_of`].
    past: BTreeMap<ProcessId, BTreeMap<String, BTreeSet<u32>>>,
    /// Tasks not yet sorted into `past`.
    noted_past: Vec<TaskId>,
    events: Vec<Event>,
    /// Changes of data, by the task that made them, which no event has recorded yet.
    untold: BTreeMap<TaskId, Vec<DataChange>>,
    /// Numbers for new processes that an earlier run of the step was given.
    numbers: VecDeque<ProcessId>,
    /// The numbers that new processes got.
    numbered: Vec<ProcessId>,
    /// The task at work, which is to blame if the step fails.
    pub(crate) culprit: Option<TaskId>,
    /// The tasks that were at work, in order.
    suspects: Vec<TaskId>,
    /// Errors of unreadable records that the step can do without.
    unread: Vec<StoreError>,
    /// The reads of the condition that is being evaluated, if there is one.
    asked: Option<Asked>,
    /// The parts of tables written since conditions were last evaluated in this step.
    fresh: Written,
    /// The parts of tables written before that.
    told: Written,
    /// Whether columns are being written that the conditions of their process know already.
    settling: bool,
    read_only: bool,
    /// Whether the step is over.
    closed: bool,
}

impl Unit {
    /// Notes that a failure from here on is the fault of this task. Returns the task noted before.
    pub(crate) fn blame(&mut self, task: TaskId) -> Option<TaskId> {
        if self.suspects.last() != Some(&task) {
            self.suspects.push(task);
        }
        self.culprit.replace(task)
    }

    /// Returns the tasks that were at work, each once. The task that was at work last comes last.
    pub(crate) fn suspects(&self) -> Vec<TaskId> {
        let mut seen = BTreeSet::new();
        let mut newest: Vec<TaskId> = self.suspects.iter().rev().copied().filter(|task| seen.insert(*task)).collect();
        newest.reverse();
        newest
    }

    /// Passes over a damaged record: returns none, and the step reports the error when it is over. Any other error is
    /// returned.
    pub(crate) fn pass_over<R>(&mut self, read: Result<R>) -> Result<Option<R>> {
        match read {
            Ok(record) => Ok(Some(record)),
            Err(Error::Store(error @ StoreError::Damaged { .. })) => {
                self.unread.push(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the errors of the records that were passed over.
    pub(crate) fn take_unread(&mut self) -> Vec<StoreError> {
        std::mem::take(&mut self.unread)
    }

    /// Returns a number for a new process.
    pub(crate) fn next_process(&mut self) -> Result<ProcessId> {
        let id = match self.numbers.pop_front() {
            Some(id) => id,
            None => self.store.next_process()?,
        };
        self.numbered.push(id);
        Ok(id)
    }

    /// Returns the numbers that new processes got.
    pub(crate) fn numbered(&self) -> Vec<ProcessId> {
        self.numbered.clone()
    }
}
