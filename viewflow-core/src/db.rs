//! One step's view of the store: what it has read, and what it will write.

mod held;

use std::cell::RefCell;
use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use held::{Held, Processes, held_process};

use crate::entity::{Entity, ToRef};
use crate::error::{Error, Result};
use crate::id::{ProcessId, TaskId, UserId};
use crate::store::{
    Change, Commit, DataChange, Event, Expect, Key, ProcessList, ProcessRecord, RowRecord, ScopeId, ScopeRecord, Store,
    TaskList, TaskRecord, TaskStatus, What, task_lists,
};
use crate::table::Table;
use crate::time::Timestamp;

/// The tables, within one step: what a handler, a `choices` closure or [`Engine::transaction`] works with.
///
/// Reads see what the step has written so far. All writes happen together with the rest of the step, or not at all.
///
/// [`Engine::transaction`]: crate::Engine::transaction
#[derive(Clone)]
pub struct Db(Rc<RefCell<Unit>>);

impl Db {
    pub(crate) fn new(store: Arc<dyn Store>, now: Timestamp, actor: Option<UserId>) -> Self {
        Self::with_numbers(store, now, actor, Vec::new())
    }

    /// As [`Db::new`], for a step that is run again: new processes get the numbers they got the last time.
    pub(crate) fn with_numbers(
        store: Arc<dyn Store>,
        now: Timestamp,
        actor: Option<UserId>,
        numbers: Vec<ProcessId>,
    ) -> Self {
        Self(Rc::new(RefCell::new(Unit {
            store,
            now,
            actor,
            reason: None,
            processes: BTreeMap::new(),
            tasks: BTreeMap::new(),
            scopes: BTreeMap::new(),
            rows: BTreeMap::new(),
            stamps: BTreeMap::new(),
            unique: BTreeMap::new(),
            events: Vec::new(),
            untold: BTreeMap::new(),
            numbers: numbers.into(),
            numbered: Vec::new(),
            culprit: None,
            asking: false,
            read_tables: BTreeSet::new(),
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

    /// The table of `E`.
    pub fn table<E: Entity>(&self) -> Table<E> {
        Table::new(self.clone())
    }

    /// The row referred to.
    ///
    /// # Errors
    /// [`Error::NoRow`] when it is gone, [`Error::Empty`] when there is no reference.
    pub fn load<R: ToRef>(&self, reference: R) -> Result<R::Entity> {
        self.table().load(reference.to_ref()?)
    }

    /// Changes the row referred to.
    ///
    /// # Errors
    /// As [`Db::load`], and as [`Table::update`](crate::Table::update).
    pub fn change<R: ToRef>(&self, reference: R, change: impl FnOnce(&mut R::Entity)) -> Result<()> {
        let mut row = self.load(reference)?;
        change(&mut row);
        self.table().update(&row)
    }

    /// The time of this step: the same for all that happens in it.
    pub fn now(&self) -> Timestamp {
        self.0.borrow().now
    }

    /// Who does this step, when it is a person.
    pub fn actor(&self) -> Option<UserId> {
        self.0.borrow().actor.clone()
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
    tasks: BTreeMap<TaskId, Held<TaskRecord>>,
    scopes: BTreeMap<ScopeId, Held<ScopeRecord>>,
    rows: BTreeMap<(String, u64), (Option<u64>, Held<RowRecord>)>,
    stamps: BTreeMap<String, u64>,
    /// Which of the changed rows has which unique value: table, field, key.
    unique: BTreeMap<(String, String, Vec<u8>), u64>,
    events: Vec<Event>,
    /// What was changed in data by tasks that no event has told of since.
    untold: BTreeMap<TaskId, Vec<DataChange>>,
    /// Numbers for new processes that were given out before.
    numbers: VecDeque<ProcessId>,
    /// The numbers that new processes got.
    numbered: Vec<ProcessId>,
    /// The task that is at work, to be blamed when the step fails.
    pub(crate) culprit: Option<TaskId>,
    /// Whether it is only asked whether its condition holds: its failure is no reason to fail the step.
    pub(crate) asking: bool,
    /// The tables that were read from.
    pub(crate) read_tables: BTreeSet<String>,
    read_only: bool,
    /// Whether the step is over.
    closed: bool,
}

impl Unit {
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

    /// The tasks of a process that were made after the one with the ordinal `after`, in the order in which they were made,
    /// as this step sees them.
    pub(crate) fn each_task(
        &mut self,
        process: ProcessId,
        mut after: u32,
        mut visit: impl FnMut(&TaskRecord),
    ) -> Result<()> {
        const PAGE: usize = 1000;
        self.process(process)?;
        loop {
            let page = self.store.tasks(process, after, PAGE)?;
            let whole = page.len() < PAGE;
            for stored in &page {
                after = stored.id.ordinal;
                visit(self.tasks.get(&stored.id).and_then(Held::now).unwrap_or(stored));
            }
            if whole {
                break;
            }
        }
        let made = TaskId { process, ordinal: after + 1 }..=TaskId { process, ordinal: u32::MAX };
        self.tasks.range(made).filter_map(|(_, held)| held.now()).for_each(visit);
        Ok(())
    }

    /// The tasks on the way to a task, itself first.
    pub(crate) fn each_on_the_way(&mut self, task: TaskId, mut visit: impl FnMut(&TaskRecord)) -> Result<()> {
        self.on_the_way(task, |task| {
            visit(task);
            false
        })
        .map(drop)
    }

    /// The last task on the way to a task, itself included, that is as asked for.
    pub(crate) fn on_the_way(
        &mut self,
        task: TaskId,
        mut wanted: impl FnMut(&TaskRecord) -> bool,
    ) -> Result<Option<TaskRecord>> {
        let mut at = Some(task.ordinal);
        while let Some(ordinal) = at {
            let task = self.task(TaskId { process: task.process, ordinal })?;
            if wanted(task) {
                return Ok(Some(task.clone()));
            }
            at = task.previous;
        }
        Ok(None)
    }

    /// The last task of a node that was done on the way to a task; where the node is not on the way, the newest one in the
    /// process.
    pub(crate) fn last_done(&mut self, task: TaskId, node: &str) -> Result<Option<TaskRecord>> {
        let done = |task: &TaskRecord| task.node == node && task.status == TaskStatus::Done;
        let mut found = self.on_the_way(task, done)?;
        if found.is_none() {
            self.each_task(task.process, 0, |task| {
                if done(task) {
                    found = Some(task.clone());
                }
            })?;
        }
        Ok(found)
    }

    /// At most `limit` tasks of a list of those that wait to hear of something, or of a scope, as this step sees it.
    pub(crate) fn waiting(&mut self, list: &TaskList, limit: usize) -> Result<Vec<TaskId>> {
        const PAGE: usize = 1000;
        let stands = |task: &TaskRecord| {
            (task.waits_for.is_some() || task.listed) && task_lists(task).iter().any(|(candidate, _)| candidate == list)
        };
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = self.store.list_tasks(list, after, PAGE)?;
            after = page.last().copied().filter(|_| page.len() == PAGE);
            let still = |id: &TaskId| self.tasks.get(id).is_none_or(|held| held.now().is_some_and(stands));
            found.extend(page.into_iter().map(|listed| listed.task).filter(still));
            if after.is_none() || found.len() >= limit {
                break;
            }
        }
        let came = |held: &&Held<TaskRecord>| held.changed && !held.old.as_deref().is_some_and(stands);
        let came = self.tasks.values().filter(came).filter_map(Held::now);
        found.extend(came.filter(|task| stands(task)).map(|task| task.id));
        found.truncate(limit);
        Ok(found)
    }

    /// The sub-processes of a task, in the order in which they were made.
    pub(crate) fn children(&mut self, task: TaskId) -> Result<Vec<ProcessId>> {
        self.children_after(task, None, usize::MAX)
    }

    /// At most `limit` of them that come after `after`.
    pub(crate) fn children_after(
        &mut self,
        task: TaskId,
        after: Option<ProcessId>,
        limit: usize,
    ) -> Result<Vec<ProcessId>> {
        let mut found = self.store.list_processes(&ProcessList::Children(task), after, limit)?;
        let made = self.processes.values().filter_map(|(_, held)| held.now().filter(|_| held.old.is_none()));
        found.extend(made.filter(|process| process.parent == Some(task)).map(|process| process.id));
        found.retain(|child| after.is_none_or(|after| *child > after));
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        Ok(found)
    }

    /// What happened in a process, this step included.
    pub(crate) fn events_of(&self, process: ProcessId) -> Result<Vec<Event>> {
        let stored = self.store.events(process, 0, usize::MAX)?;
        let mut events: Vec<Event> = stored.into_iter().map(|logged| logged.event).collect();
        events.extend(self.events.iter().filter(|event| event.process == process).cloned());
        Ok(events)
    }

    pub(crate) fn add_process(&mut self, record: ProcessRecord) {
        self.processes.insert(record.id, (None, Held::made(record)));
    }

    fn held_process(&mut self, id: ProcessId) -> Result<&mut Held<ProcessRecord>> {
        held_process(&mut self.processes, &*self.store, id)
    }

    pub(crate) fn process(&mut self, id: ProcessId) -> Result<&ProcessRecord> {
        self.held_process(id)?.now().ok_or_else(|| Error::NoProcess(id))
    }

    pub(crate) fn change_process(&mut self, id: ProcessId) -> Result<&mut ProcessRecord> {
        self.held_process(id)?.change().ok_or_else(|| Error::NoProcess(id))
    }

    pub(crate) fn add_task(&mut self, record: TaskRecord) {
        self.tasks.insert(record.id, Held::made(record));
    }

    /// A task. Its process is read before it, as the process's revision vouches for the task.
    fn held_task(&mut self, id: TaskId) -> Result<&mut Held<TaskRecord>> {
        match self.tasks.entry(id) {
            Entry::Occupied(held) => Ok(held.into_mut()),
            Entry::Vacant(place) => {
                let process = held_process(&mut self.processes, &*self.store, id.process);
                process.map_err(|error| match error {
                    Error::NoProcess(_) => Error::NoTask(id),
                    error => error,
                })?;
                let record = self.store.task(id)?.ok_or(Error::NoTask(id))?;
                Ok(place.insert(Held::read(Some(record))))
            }
        }
    }

    pub(crate) fn task(&mut self, id: TaskId) -> Result<&TaskRecord> {
        self.held_task(id)?.now().ok_or_else(|| Error::NoTask(id))
    }

    /// A task, to be changed. Its process counts as changed, too, as its revision vouches for the task.
    pub(crate) fn change_task(&mut self, id: TaskId) -> Result<&mut TaskRecord> {
        self.change_process(id.process)?;
        self.held_task(id)?.change().ok_or_else(|| Error::NoTask(id))
    }

    pub(crate) fn add_scope(&mut self, id: ScopeId, record: ScopeRecord) {
        self.scopes.insert(id, Held::made(record));
    }

    fn held_scope(&mut self, id: ScopeId) -> Result<&mut Held<ScopeRecord>> {
        match self.scopes.entry(id) {
            Entry::Occupied(held) => Ok(held.into_mut()),
            Entry::Vacant(place) => {
                held_process(&mut self.processes, &*self.store, id.process)?;
                Ok(place.insert(Held::read(self.store.scope(id)?)))
            }
        }
    }

    /// A scope, unless it is closed.
    pub(crate) fn open_scope(&mut self, id: ScopeId) -> Result<Option<&ScopeRecord>> {
        Ok(self.held_scope(id)?.now())
    }

    pub(crate) fn scope(&mut self, id: ScopeId) -> Result<&ScopeRecord> {
        self.held_scope(id)?.now().ok_or_else(|| Error::Internal("a scope that is closed"))
    }

    /// As [`Unit::change_task`].
    pub(crate) fn change_scope(&mut self, id: ScopeId) -> Result<&mut ScopeRecord> {
        self.change_process(id.process)?;
        self.held_scope(id)?.change().ok_or_else(|| Error::Internal("a scope that is closed"))
    }

    pub(crate) fn close_scope(&mut self, id: ScopeId) -> Result<()> {
        self.held_scope(id)?.set(None);
        Ok(())
    }

    pub(crate) fn record(&mut self, process: ProcessId, what: What) -> Result<()> {
        let record = self.change_process(process)?;
        record.events += 1;
        let number = record.events;
        let changes = what.task().and_then(|ordinal| self.untold.remove(&TaskId { process, ordinal }));
        let (at, actor, reason) = (self.now, self.actor.clone(), self.reason.clone());
        self.events.push(Event { process, number, at, actor, reason, what, changes: changes.unwrap_or_default() });
        Ok(())
    }

    /// Notes what a task changed in data. The next event of the task tells of it; if there is none in this step, its last one.
    pub(crate) fn tell(&mut self, task: TaskId, changes: Vec<DataChange>) {
        if !changes.is_empty() {
            self.untold.entry(task).or_default().extend(changes);
        }
    }

    /// Has the events tell of what none of them does yet.
    pub(crate) fn tell_the_rest(&mut self) {
        for (task, changes) in std::mem::take(&mut self.untold) {
            let mut of_process = self.events.iter_mut().rev().filter(|event| event.process == task.process);
            let of_task = |event: &&mut Event| event.what.task() == Some(task.ordinal);
            if let Some(event) = of_process.by_ref().find(of_task) {
                event.changes.extend(changes);
            } else if let Some(event) = self.events.iter_mut().rfind(|event| event.process == task.process) {
                event.changes.extend(changes);
            }
        }
    }

    fn held_row(&mut self, table: &str, id: u64) -> Result<&mut Held<RowRecord>> {
        self.note_read(table)?;
        let (_, held) = match self.rows.entry((table.to_owned(), id)) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(place) => {
                let (revision, record) = self.store.row(table, id)?.map(|row| (row.revision, row.record)).unzip();
                place.insert((revision, Held::read(record)))
            }
        };
        Ok(held)
    }

    pub(crate) fn row(&mut self, table: &str, id: u64) -> Result<Option<&RowRecord>> {
        Ok(self.held_row(table, id)?.now())
    }

    pub(crate) fn row_copy(&mut self, table: &str, id: u64) -> Result<Option<RowRecord>> {
        Ok(self.row(table, id)?.cloned())
    }

    pub(crate) fn put_row(&mut self, table: &str, id: u64, row: Option<RowRecord>) -> Result<()> {
        if self.read_only {
            return Err(Error::ReadOnly);
        }
        let held = self.held_row(table, id)?;
        let entry = |(field, key): (&str, Vec<u8>)| (table.to_owned(), field.to_owned(), key);
        let old: Vec<_> = held.now().into_iter().flat_map(RowRecord::unique_keys).map(entry).collect();
        let new: Vec<_> = row.iter().flat_map(RowRecord::unique_keys).map(entry).collect();
        held.set(row);
        for entry in old {
            if self.unique.get(&entry) == Some(&id) {
                self.unique.remove(&entry);
            }
        }
        self.unique.extend(new.into_iter().map(|entry| (entry, id)));
        Ok(())
    }

    /// The row that has a unique value, in this step.
    pub(crate) fn holder(&mut self, table: &str, field: &str, key: &[u8]) -> Result<Option<u64>> {
        if let Some(id) = self.unique.get(&(table.to_owned(), field.to_owned(), key.to_owned())) {
            return Ok(Some(*id));
        }
        for id in self.store.rows_by(table, field, key, 0, 2)? {
            if self.row(table, id)?.is_some_and(|row| row.has(field, key)) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// A table that was carried out of its step is of no use any more.
    fn check_open(&self) -> Result<()> {
        if self.closed { Err(Error::StepIsOver) } else { Ok(()) }
    }

    fn note_read(&mut self, table: &str) -> Result<()> {
        self.check_open()?;
        if !self.read_tables.contains(table) {
            self.read_tables.insert(table.to_owned());
        }
        Ok(())
    }

    /// Notes that the step relies on the whole table, as a query does.
    pub(crate) fn rely_on_table(&mut self, table: &str) -> Result<()> {
        self.note_read(table)?;
        if !self.stamps.contains_key(table) {
            let stamp = self.store.table_stamp(table)?;
            self.stamps.insert(table.to_owned(), stamp);
        }
        Ok(())
    }

    /// The rows of a table that this step has changed, by number, from after `after` on.
    pub(crate) fn changed_rows(&self, table: &str, after: u64) -> impl Iterator<Item = (u64, Option<&RowRecord>)> {
        let range = (table.to_owned(), after.saturating_add(1))..=(table.to_owned(), u64::MAX);
        self.rows.range(range).filter(|(_, (_, held))| held.changed).map(|((_, id), (_, held))| (*id, held.now()))
    }

    /// All rows this step has changed.
    pub(crate) fn all_changed_rows(&self) -> impl Iterator<Item = (&str, u64, Option<&RowRecord>)> {
        let changed = self.rows.iter().filter(|(_, (_, held))| held.changed);
        changed.map(|((table, id), (_, held))| (table.as_str(), *id, held.now()))
    }

    fn take_commit(&mut self, failed: bool) -> Commit {
        self.closed = true;
        let changes = self.processes.len() + self.tasks.len() + self.scopes.len() + self.rows.len();
        let mut commit = Commit {
            events: std::mem::take(&mut self.events),
            changes: Vec::with_capacity(changes),
            ..Commit::default()
        };
        for (id, (revision, held)) in std::mem::take(&mut self.processes) {
            commit.expect.push(Expect::Revision(Key::Process(id), revision));
            if let (true, Some(new)) = (held.changed, held.new) {
                commit.changes.push(Change::Process { old: held.old, new });
            }
        }
        for held in std::mem::take(&mut self.tasks).into_values() {
            if let (true, Some(new)) = (held.changed, held.new) {
                commit.changes.push(Change::Task { old: held.old, new });
            }
        }
        for (id, held) in std::mem::take(&mut self.scopes) {
            if held.changed && held.old != held.new {
                commit.changes.push(Change::Scope { id, new: held.new.map(|new| *new) });
            }
        }
        for ((table, id), (revision, held)) in std::mem::take(&mut self.rows) {
            commit.expect.push(Expect::Revision(Key::Row(table.clone(), id), revision));
            if held.changed && (held.old.is_some() || held.new.is_some()) {
                let (old, new) = (held.old.map(|old| *old), held.new.map(|new| *new));
                commit.changes.push(Change::Row { table, id, old, new });
            }
        }
        let stamps = std::mem::take(&mut self.stamps);
        if failed {
            commit.changes.clear();
            commit.events.clear();
        } else if commit.changes.is_empty() {
            // Who only looks at a table is not made to look again because it has grown.
            return commit;
        }
        commit.expect.extend(stamps.into_iter().map(|(table, stamp)| Expect::Table(table, stamp)));
        commit
    }
}
