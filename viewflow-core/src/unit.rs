//! One step's view of the store: what it has read, and what it will write.

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

/// The tables, within one step: what a handler, a `choices` closure or [`Engine::transaction`] works with.
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

    /// As [`Db::new`], for a step of an engine: new processes get the numbers they got when it was run the last time.
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

    /// The tables as they are, for who only reads.
    pub(crate) fn reader(store: Arc<dyn Store>, now: Timestamp) -> Self {
        let db = Self::new(store, now, None);
        db.unit(|unit| unit.read_only = true);
        db
    }

    /// As [`Db::reader`], for who is to be told when another version has renewed what is looked up.
    pub(crate) fn reader_of(store: Arc<dyn Store>, now: Timestamp, reading: Reading) -> Self {
        let db = Self::reader(store, now);
        db.unit(|unit| unit.reading = Some(reading));
        db
    }

    /// The time of this step: the same for all that happens in it.
    pub fn now(&self) -> Timestamp {
        self.unit(|unit| {
            unit.note_steps();
            unit.now
        })
    }

    /// Who does this step, when it is a person.
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

    /// What the step has come to; of one that failed, only what it relied on.
    pub(crate) fn take_commit(&self, failed: bool) -> Commit {
        self.unit(|unit| unit.take_commit(failed))
    }
}

/// The records one step has read and changed.
pub(crate) struct Unit {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) now: Timestamp,
    pub(crate) actor: Option<UserId>,
    /// Why the actor does it.
    pub(crate) reason: Option<String>,
    processes: Processes,
    /// The data of those processes of which it was asked for. The revisions of the processes vouch for it.
    data: BTreeMap<ProcessId, Held<ProcessData>>,
    /// The sub-processes that this step has made, by the task that runs them.
    born: Seen<TaskId, ProcessId>,
    tasks: BTreeMap<TaskId, Held<TaskRecord>>,
    /// Which lists of those who wait they have come to.
    waiting: Waiting,
    scopes: BTreeMap<ScopeId, Held<ScopeRecord>>,
    rows: Rows,
    /// Where those of them are found that the step has written.
    own: Own,
    /// Of tables that were read as a whole.
    stamps: BTreeMap<String, u64>,
    /// Of values that were looked for: table, field, key.
    index_stamps: BTreeMap<(String, String, Vec<u8>), u64>,
    /// What the engine says of what notes tell of.
    pub(crate) reading: Option<Reading>,
    /// On which notes the step relies, as they were when it came to them.
    relied: BTreeMap<Named, Agreed>,
    /// What this step did of each process, by node: [`Unit::newest_of`].
    past: BTreeMap<ProcessId, BTreeMap<String, BTreeSet<u32>>>,
    /// What it did since.
    noted_past: Vec<TaskId>,
    events: Vec<Event>,
    /// What was changed in data by tasks that no event has told of since.
    untold: BTreeMap<TaskId, Vec<DataChange>>,
    /// Numbers for new processes that were given out before.
    numbers: VecDeque<ProcessId>,
    /// The numbers that new processes got.
    numbered: Vec<ProcessId>,
    /// The task that is at work, to be blamed when the step fails.
    pub(crate) culprit: Option<TaskId>,
    /// The tasks that were at work, in order.
    suspects: Vec<TaskId>,
    /// What could not be read of the records that the step can do without.
    unread: Vec<StoreError>,
    /// What was read by the condition that is asked, while one is.
    asked: Option<Asked>,
    /// The parts of tables that were written since conditions were asked last in this step.
    fresh: Written,
    /// Those that were written before.
    told: Written,
    /// Whether what is written are columns of which the conditions of their process know.
    settling: bool,
    read_only: bool,
    /// Whether the step is over.
    closed: bool,
}

impl Unit {
    /// Should the step fail from here on, it is because of this task. Answers with the one it was until now.
    pub(crate) fn blame(&mut self, task: TaskId) -> Option<TaskId> {
        if self.suspects.last() != Some(&task) {
            self.suspects.push(task);
        }
        self.culprit.replace(task)
    }

    /// The tasks that were at work, each once: the one that was at work last is the last one.
    pub(crate) fn suspects(&self) -> Vec<TaskId> {
        let mut seen = BTreeSet::new();
        let mut newest: Vec<TaskId> = self.suspects.iter().rev().copied().filter(|task| seen.insert(*task)).collect();
        newest.reverse();
        newest
    }

    /// Goes on without a record that cannot be read, of which the step tells when it is over. With any other error it does not.
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

    /// What was passed over.
    pub(crate) fn take_unread(&mut self) -> Vec<StoreError> {
        std::mem::take(&mut self.unread)
    }

    /// A number for a new process.
    pub(crate) fn next_process(&mut self) -> Result<ProcessId> {
        let id = match self.numbers.pop_front() {
            Some(id) => id,
            None => self.store.next_process()?,
        };
        self.numbered.push(id);
        Ok(id)
    }

    /// The numbers that new processes got.
    pub(crate) fn numbered(&self) -> Vec<ProcessId> {
        self.numbered.clone()
    }
}
