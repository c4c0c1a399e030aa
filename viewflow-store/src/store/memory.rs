//! The reference store: it keeps everything in memory, and nothing beyond the program.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::Duration;

use super::list::{common_lists, stays_in_lists};
use super::of_process::OfProcess;
use super::ordered::Lists;
use super::{
    Change, Claims, Commit, Cursor, Ended, Event, Expect, HistoryCursor, IndexStamps, Key, ListedTask, LogCursor,
    Logged, NodeName, ProcessData, ProcessList, ProcessRecord, Receipt, Reference, Reliance, Reservations, RowRecord,
    ScopeId, ScopeRecord, Store, StoreError, StoreResult, Stored, TaskList, TaskRecord, TaskStatus, Turn, Turns,
    Watcher, Watchers, check_limits, ended, index_key, process_lists,
};
use crate::id::{ProcessId, TaskId, UserId};
use crate::people::{Candidate, Permission};

/// A store that keeps everything in memory. It is for tests, and shows what a store has to do.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: RwLock<State>,
    watchers: Watchers,
    reservations: Reservations,
    /// These are claims for one program, as no other program can have the store open.
    claims: Arc<Claims>,
    turns: Turns,
}

#[derive(Debug, Default)]
struct State {
    commits: u64,
    last_process: u64,
    last_row: BTreeMap<String, u64>,
    processes: BTreeMap<ProcessId, Stored<ProcessRecord>>,
    data: BTreeMap<ProcessId, Box<ProcessData>>,
    tasks: BTreeMap<TaskId, Box<TaskRecord>>,
    scopes: BTreeMap<ScopeId, ScopeRecord>,
    rows: BTreeMap<String, BTreeMap<u64, Stored<RowRecord>>>,
    stamps: BTreeMap<String, u64>,
    index_stamps: IndexStamps,
    events: BTreeMap<(ProcessId, u32), Logged>,
    /// The number of the last commit in the log.
    log_end: u64,
    log: BTreeSet<(LogCursor, ProcessId, u32)>,
    /// The events of everybody (none), and of each person.
    history: Lists<Option<UserId>, HistoryCursor>,
    /// All lists of tasks except those of each process.
    task_lists: Lists<TaskList, Cursor>,
    of_process: OfProcess,
    process_lists: Lists<ProcessList, ProcessId>,
    ended: BTreeSet<Ended>,
    /// The rows by table, field and key.
    index: Lists<(String, String, Vec<u8>), u64>,
    /// The key is the row referred to, then the row that refers.
    references: BTreeMap<((String, u64), (String, u64, String)), Reference>,
}

impl MemoryStore {
    /// Makes an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    // A panic elsewhere cannot leave the state half-changed: changes are applied by code that does not panic.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn process(&self, id: ProcessId) -> StoreResult<Option<Stored<ProcessRecord>>> {
        Ok(self.read().processes.get(&id).cloned())
    }

    fn process_data(&self, id: ProcessId) -> StoreResult<Option<ProcessData>> {
        let state = self.read();
        let data = || state.data.get(&id).map(|data| ProcessData::clone(data)).unwrap_or_default();
        Ok(state.processes.contains_key(&id).then(data))
    }

    fn task(&self, id: TaskId) -> StoreResult<Option<TaskRecord>> {
        Ok(self.read().tasks.get(&id).map(|task| TaskRecord::clone(task)))
    }

    fn process_and_task(&self, id: TaskId) -> StoreResult<Option<(Stored<ProcessRecord>, Option<TaskRecord>)>> {
        let state = self.read();
        let task = || state.tasks.get(&id).map(|task| TaskRecord::clone(task));
        Ok(state.processes.get(&id.process).map(|process| (process.clone(), task())))
    }

    fn tasks_at(&self, ids: &[TaskId]) -> StoreResult<Vec<Option<TaskRecord>>> {
        let state = self.read();
        Ok(ids.iter().map(|id| state.tasks.get(id).map(|task| TaskRecord::clone(task))).collect())
    }

    fn processes_at(&self, ids: &[ProcessId]) -> StoreResult<Vec<Option<ProcessRecord>>> {
        let state = self.read();
        Ok(ids.iter().map(|id| state.processes.get(id).map(|stored| stored.record.clone())).collect())
    }

    fn processes(&self, after: ProcessId, limit: usize) -> StoreResult<Vec<ProcessRecord>> {
        let after = (Bound::Excluded(after), Bound::Unbounded);
        Ok(self.read().processes.range(after).map(|(_, stored)| stored.record.clone()).take(limit).collect())
    }

    fn ended(&self, after: Option<Ended>, limit: usize) -> StoreResult<Vec<Ended>> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.read().ended.range((first, Bound::Unbounded)).copied().take(limit).collect())
    }

    fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<TaskRecord>> {
        let id = |ordinal| TaskId { process, ordinal };
        let range = (Bound::Excluded(id(after)), Bound::Included(id(u32::MAX)));
        if after == u32::MAX {
            return Ok(Vec::new());
        }
        Ok(self.read().tasks.range(range).map(|(_, task)| TaskRecord::clone(task)).take(limit).collect())
    }

    fn scope(&self, id: ScopeId) -> StoreResult<Option<ScopeRecord>> {
        Ok(self.read().scopes.get(&id).cloned())
    }

    fn scopes(&self, process: ProcessId, after: Option<u32>, limit: usize) -> StoreResult<Vec<(ScopeId, ScopeRecord)>> {
        let id = |number| ScopeId { process, number };
        let first = after.map_or(Bound::Included(id(0)), |after| Bound::Excluded(id(after)));
        let state = self.read();
        let found = state.scopes.range((first, Bound::Unbounded)).take_while(|(id, _)| id.process == process);
        Ok(found.map(|(id, scope)| (*id, scope.clone())).take(limit).collect())
    }

    fn tables(&self, after: Option<&str>, limit: usize) -> StoreResult<Vec<String>> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self
            .read()
            .last_row
            .range::<str, _>((first, Bound::Unbounded))
            .map(|(table, _)| table.clone())
            .take(limit)
            .collect())
    }

    fn row(&self, table: &str, id: u64) -> StoreResult<Option<Stored<RowRecord>>> {
        Ok(self.read().rows.get(table).and_then(|rows| rows.get(&id)).cloned())
    }

    fn rows_at(&self, table: &str, ids: &[u64]) -> StoreResult<Vec<Option<Stored<RowRecord>>>> {
        let state = self.read();
        let rows = state.rows.get(table);
        Ok(ids.iter().map(|id| rows?.get(id).cloned()).collect())
    }

    fn rows(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<(u64, Stored<RowRecord>)>> {
        let state = self.read();
        let Some(rows) = state.rows.get(table) else { return Ok(Vec::new()) };
        let after = (Bound::Excluded(after), Bound::Unbounded);
        Ok(rows.range(after).map(|(id, row)| (*id, row.clone())).take(limit).collect())
    }

    fn rows_by(&self, table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> StoreResult<Vec<u64>> {
        let index = (table.to_owned(), field.to_owned(), key.to_owned());
        Ok(self.read().index.after(&index, Some(after)).take(limit).collect())
    }

    fn references(&self, table: &str, id: u64, limit: usize) -> StoreResult<Vec<Reference>> {
        let target = (table.to_owned(), id);
        let first = (target.clone(), (String::new(), 0, String::new()));
        let state = self.read();
        let found = state.references.range(first..).take_while(|((to, _), _)| *to == target);
        Ok(found.map(|(_, reference)| reference.clone()).take(limit).collect())
    }

    fn table_stamp(&self, table: &str) -> StoreResult<u64> {
        Ok(self.read().stamps.get(table).copied().unwrap_or(0))
    }

    fn index_stamp(&self, table: &str, field: &str, key: &[u8]) -> StoreResult<u64> {
        Ok(self.read().index_stamps.get(table, field, key))
    }

    fn list_tasks(&self, list: &TaskList, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<ListedTask>> {
        let state = self.read();
        let own = state.of_process.list(list, after, limit);
        Ok(own.unwrap_or_else(|| state.task_lists.after(list, after).take(limit).collect()))
    }

    fn list_processes(
        &self,
        list: &ProcessList,
        after: Option<ProcessId>,
        limit: usize,
    ) -> StoreResult<Vec<ProcessId>> {
        let lists = &self.read().process_lists;
        Ok(if list.is_newest_first() {
            lists.before(list, after).take(limit).collect()
        } else {
            lists.after(list, after).take(limit).collect()
        })
    }

    fn nodes(&self, after: Option<&NodeName>, limit: usize) -> StoreResult<Vec<NodeName>> {
        let state = self.read();
        let mut found: Vec<NodeName> = Vec::new();
        while found.len() < limit {
            let first = match found.last().or(after) {
                None => {
                    let least = NodeName { flow: String::new(), node: String::new() };
                    Bound::Included(TaskList::Status(least, TaskStatus::New))
                }
                Some(node) => Bound::Excluded(TaskList::Status(node.clone(), TaskStatus::Revived)),
            };
            let next = state.task_lists.0.range((first, Bound::Unbounded)).next();
            let Some((TaskList::Status(node, _), _)) = next else { break };
            found.push(node.clone());
        }
        Ok(found)
    }

    fn permissions(&self, after: Option<&Permission>, limit: usize) -> StoreResult<Vec<Permission>> {
        let first = after.cloned().unwrap_or(Permission { name: String::new(), object: None });
        let first = TaskList::Queue(Some(Candidate::Permission(first)), None);
        let state = self.read();
        let listed = state.task_lists.0.range(first..).map_while(|(list, _)| match list {
            TaskList::Queue(Some(Candidate::Permission(permission)), _) => Some(permission),
            _ => None,
        });
        let mut found: Vec<Permission> = Vec::new();
        for permission in listed.filter(|permission| Some(*permission) != after) {
            if found.len() == limit {
                break;
            }
            if found.last() != Some(permission) {
                found.push(permission.clone());
            }
        }
        Ok(found)
    }

    fn events(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<Logged>> {
        let range = (Bound::Excluded((process, after)), Bound::Included((process, u32::MAX)));
        if after == u32::MAX {
            return Ok(Vec::new());
        }
        Ok(self.read().events.range(range).map(|(_, event)| event.clone()).take(limit).collect())
    }

    fn log(&self, after: Option<LogCursor>, limit: usize) -> StoreResult<Vec<Logged>> {
        let state = self.read();
        let last = |cursor| (cursor, ProcessId(u64::MAX), u32::MAX);
        let after = after.map_or(Bound::Unbounded, |after| Bound::Excluded(last(after)));
        let found = state.log.range((after, Bound::Unbounded));
        let found = found.filter_map(|(_, process, number)| state.events.get(&(*process, *number)));
        Ok(found.take(limit).cloned().collect())
    }

    fn log_end(&self) -> StoreResult<u64> {
        Ok(self.read().log_end)
    }

    fn history(&self, by: Option<&UserId>, before: Option<HistoryCursor>, limit: usize) -> StoreResult<Vec<Logged>> {
        let state = self.read();
        let before = before.map_or(Bound::Unbounded, Bound::Excluded);
        let list = state.history.0.get(&by.cloned());
        let found = list.into_iter().flat_map(|list| list.range((Bound::Unbounded, before)).rev());
        let found = found.filter_map(|at| state.events.get(&(at.process, at.number)));
        Ok(found.take(limit).cloned().collect())
    }

    fn claims(&self) -> StoreResult<Option<Arc<Claims>>> {
        Ok(Some(Arc::clone(&self.claims)))
    }

    fn next_process(&self) -> StoreResult<ProcessId> {
        let mut state = self.write();
        state.last_process += 1;
        Ok(ProcessId(state.last_process))
    }

    fn next_row(&self, table: &str) -> StoreResult<u64> {
        let mut state = self.write();
        let last = state.last_row.entry(table.to_owned()).or_default();
        *last += 1;
        Ok(*last)
    }

    fn watch(&self, watcher: Weak<Watcher>) -> StoreResult<bool> {
        self.watchers.add(watcher);
        Ok(true)
    }

    fn reserve(&self, what: &str, by: u64, hold: Duration) -> StoreResult<bool> {
        Ok(self.reservations.reserve(what, by, hold))
    }

    fn release(&self, what: &str, by: u64) -> StoreResult<()> {
        self.reservations.release(what, by);
        Ok(())
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        check_limits(&commit)?;
        let news = self.watchers.news(&commit);
        self.turns.give_way(&commit);
        let mut state = self.write();
        let holds = commit.expect.iter().all(|expect| state.holds(expect));
        if !holds || !state.unique_values_are_free(&commit) || !state.no_reference_dangles(&commit) {
            return Err(StoreError::Conflict);
        }
        state.commits += 1;
        let number = state.commits;
        state.index_stamps.note(&commit, number);
        state.log_end += u64::from(commit.places.len() < commit.events.len());
        let cursors: Vec<LogCursor> = commit.logged(state.log_end).map(|(cursor, _)| cursor).collect();
        for change in commit.changes {
            state.apply(change);
        }
        for (cursor, event) in cursors.into_iter().zip(commit.events) {
            state.log.insert((cursor, event.process, event.number));
            for list in history_lists(&event) {
                state.history.add(list, HistoryCursor::of(&event));
            }
            state.events.insert((event.process, event.number), Logged { cursor, event });
        }
        drop(state);
        news.iter().for_each(|news| self.watchers.tell(news));
        Ok(Receipt::durable())
    }

    fn turn(&self, reliance: &Reliance, long: Duration, before: Option<Turn>) -> StoreResult<Turn> {
        Ok(self.turns.take(reliance, long, before))
    }
}

impl State {
    fn holds(&self, expect: &Expect) -> bool {
        match expect {
            Expect::Revision(key, revision) => self.revision(key) == *revision,
            Expect::Table(table, stamp) => self.stamps.get(table).copied().unwrap_or(0) == *stamp,
            Expect::Index { table, field, key, stamp } => self.index_stamps.get(table, field, key) == *stamp,
        }
    }

    fn revision(&self, key: &Key) -> Option<u64> {
        match key {
            Key::Process(id) => self.processes.get(id).map(|stored| stored.revision),
            Key::Row(table, id) => self.rows.get(table).and_then(|rows| rows.get(id)).map(|stored| stored.revision),
        }
    }

    /// Returns whether the unique values of the commit are free. Neither a row that stays as it is, nor another row of
    /// the commit, may have them.
    fn unique_values_are_free(&self, commit: &Commit) -> bool {
        let changed: BTreeSet<(&str, u64)> = commit.rows().map(|(table, id, _)| (table, id)).collect();
        let mut taken = BTreeSet::new();
        for (table, id, row) in commit.rows() {
            for (field, key) in row.iter().flat_map(|row| row.unique_keys()) {
                let others = self.rows_by_unlocked(table, field, &key);
                let held = others.iter().any(|other| *other != id && !changed.contains(&(table, *other)));
                if held || !taken.insert((table, field, key)) {
                    return false;
                }
            }
        }
        true
    }

    /// Returns whether no row that stays refers to a row that the commit deletes.
    fn no_reference_dangles(&self, commit: &Commit) -> bool {
        let changed: BTreeSet<(&str, u64)> = commit.rows().map(|(table, id, _)| (table, id)).collect();
        let mut deleted = commit.rows().filter(|(_, _, row)| row.is_none());
        deleted.all(|(table, id, _)| {
            let target = (table.to_owned(), id);
            let first = (target.clone(), (String::new(), 0, String::new()));
            let mut referring = self.references.range(first..).take_while(|((to, _), _)| *to == target);
            // The commit takes care of the rows that it changes itself.
            referring.all(|(_, by)| changed.contains(&(by.table.as_str(), by.id)))
        })
    }

    fn rows_by_unlocked(&self, table: &str, field: &str, key: &[u8]) -> Vec<u64> {
        self.index.after(&(table.to_owned(), field.to_owned(), key.to_owned()), None).collect()
    }

    fn apply(&mut self, change: Change) {
        let revision = self.commits;
        match change {
            Change::Process { old, new } => {
                let lists = |process: &ProcessRecord| {
                    process_lists(process).into_iter().map(|list| (list, process.id)).collect::<Vec<_>>()
                };
                if !old.as_ref().is_some_and(|old| stays_in_lists(old, &new)) {
                    let before = old.as_ref().map_or_else(Vec::new, |old| lists(old));
                    self.process_lists.replace(&before, lists(&new));
                }
                if let Some(before) = old.as_ref().and_then(|old| ended(old)) {
                    self.ended.remove(&before);
                }
                self.ended.extend(ended(&new));
                self.last_process = new.id.0.max(self.last_process);
                self.processes.insert(new.id, Stored { revision, record: *new });
            }
            Change::Data { process, new } => {
                self.data.insert(process, new);
            }
            Change::Task { old, new } => {
                let before = old.as_deref().map_or_else(Vec::new, common_lists);
                self.task_lists.replace(&before, common_lists(&new));
                self.of_process.replace(old.as_deref(), Some(&new));
                self.tasks.insert(new.id, new);
            }
            Change::Scope { id, new: Some(new) } => {
                self.scopes.insert(id, new);
            }
            Change::Scope { id, new: None } => {
                self.scopes.remove(&id);
            }
            Change::Row { table, id, old, new } => self.apply_row(table, id, old.as_ref(), new),
            Change::ForgetProcess { old } => {
                self.unlist_process(&old);
                self.processes.remove(&old.id);
                self.data.remove(&old.id);
            }
            Change::ForgetTasks { old } => {
                for task in old {
                    self.task_lists.replace(&common_lists(&task), Vec::new());
                    self.of_process.replace(Some(&task), None);
                    self.tasks.remove(&task.id);
                }
            }
            Change::ForgetEvents { process, through } => {
                let forgotten = (process, 0)..=(process, through);
                let forgotten: Vec<_> = self.events.range(forgotten).map(|(key, _)| *key).collect();
                for event in forgotten.iter().filter_map(|key| self.events.remove(key)) {
                    self.log.remove(&(event.cursor, event.process, event.number));
                    for list in history_lists(&event) {
                        self.history.remove(list, HistoryCursor::of(&event));
                    }
                }
            }
            Change::Log { last } => self.log_end = last.max(self.log_end),
            Change::Numbers { table: None, last } => self.last_process = last.max(self.last_process),
            Change::Numbers { table: Some(table), last } => {
                let given = self.last_row.entry(table).or_default();
                *given = last.max(*given);
            }
        }
    }

    fn unlist_process(&mut self, process: &ProcessRecord) {
        for list in process_lists(process) {
            self.process_lists.remove(&list, process.id);
        }
        if let Some(ended) = ended(process) {
            self.ended.remove(&ended);
        }
    }

    fn apply_row(&mut self, table: String, id: u64, old: Option<&RowRecord>, new: Option<RowRecord>) {
        for entry in old.iter().flat_map(|row| &row.index) {
            if let Some(key) = index_key(&entry.value) {
                self.index.remove(&(table.clone(), entry.field.clone(), key), id);
            }
        }
        for to in old.iter().flat_map(|row| &row.references) {
            self.references.remove(&((to.table.clone(), to.id), (table.clone(), id, to.field.clone())));
        }
        for entry in new.iter().flat_map(|row| &row.index) {
            if let Some(key) = index_key(&entry.value) {
                self.index.insert((table.clone(), entry.field.clone(), key), id);
            }
        }
        for to in new.iter().flat_map(|row| &row.references) {
            let back = Reference { table: table.clone(), id, ..to.clone() };
            self.references.insert(((to.table.clone(), to.id), (table.clone(), id, to.field.clone())), back);
        }
        self.stamps.insert(table.clone(), self.commits);
        let last = self.last_row.entry(table.clone()).or_default();
        *last = id.max(*last);
        let rows = self.rows.entry(table).or_default();
        match new {
            Some(record) => rows.insert(id, Stored { revision: self.commits, record }),
            None => rows.remove(&id),
        };
    }
}

/// Returns the lists by time that contain an event: that of everybody, and that of the person that acted.
fn history_lists(event: &Event) -> impl Iterator<Item = &Option<UserId>> {
    [&None].into_iter().chain(Some(&event.actor).filter(|actor| actor.is_some()))
}
