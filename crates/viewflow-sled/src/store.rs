//! The store contract over sled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use sled::Tree;
use viewflow_core::store::{
    Change, Commit, Cursor, Event, Expect, Key, ListedTask, NodeName, ProcessList, ProcessRecord, Receipt, Reference,
    RowRecord, ScopeId, ScopeRecord, Store, StoreResult, Stored, TaskList, TaskRecord,
};
use viewflow_core::{ProcessId, StoreError, TaskId};

use crate::encode::Encoded;
use crate::frame::{self, Head};
use crate::key::{self, KeyReader};
use crate::open::{self, Opened};
use crate::pending::{Writes, guarded};
use crate::writer::{Shared, State, Writer};

/// How many entries are read before others get their turn.
const CHUNK: usize = 256;
/// The longest key, in bytes. sled keeps a page with longer ones in a file that it does not sync.
const MAX_KEY: usize = 1024;

/// A store in a directory. Dropping it writes what waits and releases the directory.
pub struct SledStore {
    tree: Tree,
    shared: Arc<Shared>,
    numbers: Mutex<Numbers>,
    _writer: Writer,
    _lock: File,
}

/// The last numbers given out, and the stamps of tables.
#[derive(Default)]
struct Numbers {
    /// By table; none for processes.
    last: BTreeMap<Option<String>, u64>,
    /// Those that are not stored yet.
    unsaved: BTreeSet<Option<String>>,
    stamps: BTreeMap<String, u64>,
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SledStore")
    }
}

impl SledStore {
    /// Opens the store in this directory, and makes it if it is not there.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when it is open already, [`StoreError::CannotOpen`] when the directory holds something
    /// else, is damaged, or was written by another version.
    pub fn open(path: impl AsRef<Path>) -> StoreResult<Self> {
        let Opened { db, sync, lock } = open::open(path.as_ref())?;
        let tree = (*db).clone();
        let last_commit = match guarded(|| tree.get(key::last_commit()))? {
            Some(value) => KeyReader(&value).u64().ok_or_else(|| cut_short("the number of the last commit"))?,
            None => 0,
        };
        let shared = Arc::new(Shared::new(last_commit));
        let writer = Writer::start(db, sync, Arc::clone(&shared))?;
        Ok(Self { tree, shared, numbers: Mutex::default(), _writer: writer, _lock: lock })
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, for reading. After a failed write nothing is told of what may never have reached the disk.
    fn reading(&self) -> StoreResult<MutexGuard<'_, State>> {
        let state = self.shared.state();
        state.check_running()?;
        Ok(state)
    }

    /// Reads a record with its revision.
    fn record<R: DeserializeOwned>(&self, key: &[u8], what: &dyn Fn() -> String) -> StoreResult<Option<Stored<R>>> {
        let state = self.reading()?;
        let Some(value) = state.pending.get(&self.tree, key)? else { return Ok(None) };
        let content = self.content(&state, key, &value, what)?;
        drop(state);
        content.parse(what).map(Some)
    }

    /// The content of a record, whose pieces are read under the lock its head was read under.
    fn content(&self, state: &State, key: &[u8], value: &[u8], what: &dyn Fn() -> String) -> StoreResult<Content> {
        let wrong = |detail: &str| damaged(what(), detail.to_owned());
        let head = Head::read(value).map_err(wrong)?;
        let mut pieces = Vec::new();
        for number in 0..head.pieces() {
            let piece = state.pending.get(&self.tree, &key::piece(key, number))?;
            pieces.push(piece.ok_or_else(|| wrong("a part of it is missing"))?);
        }
        Ok(Content { revision: head.revision, bytes: head.content(key, &pieces).map_err(wrong)? })
    }

    /// Entries with a prefix after a key, in chunks, so that others are not held up by a long list.
    fn entries(
        &self,
        prefix: &[u8],
        after: Bound<Vec<u8>>,
        limit: usize,
        mut visit: impl FnMut(&[u8], &[u8]) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let mut after = after;
        let mut left = limit;
        while left > 0 {
            let wanted = left.min(CHUNK);
            let found = self.reading()?.pending.scan(&self.tree, prefix, &after, wanted)?;
            for (key, value) in &found {
                visit(key, value)?;
            }
            left -= found.len();
            match found.into_iter().next_back() {
                Some((last, _)) if left > 0 => after = Bound::Excluded(last),
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// The records with a prefix after a key.
    fn records<R: DeserializeOwned>(
        &self,
        prefix: &[u8],
        after: Vec<u8>,
        limit: usize,
        what: &dyn Fn() -> String,
    ) -> StoreResult<Vec<(Vec<u8>, Stored<R>)>> {
        let mut records = Vec::new();
        let mut after = after;
        while records.len() < limit {
            let wanted = (limit - records.len()).min(CHUNK);
            let state = self.reading()?;
            let found = state.pending.scan(&self.tree, prefix, &Bound::Excluded(after.clone()), wanted)?;
            let contents: StoreResult<Vec<_>> =
                found.into_iter().map(|(key, value)| Ok((self.content(&state, &key, &value, what)?, key))).collect();
            drop(state);
            let contents = contents?;
            let Some((_, last)) = contents.last() else { break };
            after.clone_from(last);
            for (content, key) in contents {
                records.push((key, content.parse(what)?));
            }
        }
        Ok(records)
    }

    fn next_number(&self, table: Option<&str>) -> StoreResult<u64> {
        let table = table.map(str::to_owned);
        let mut numbers = self.numbers();
        let state = self.reading()?;
        if !numbers.last.contains_key(&table) {
            let stored = state.pending.get(&self.tree, &key::last_number(table.as_deref()))?;
            let last = stored.map_or(Some(0), |value| KeyReader(&value).u64());
            let last = last.ok_or_else(|| cut_short("the last number given out"))?;
            numbers.last.insert(table.clone(), last);
        }
        let last = numbers.last.entry(table.clone()).or_default();
        *last += 1;
        let number = *last;
        numbers.unsaved.insert(table);
        Ok(number)
    }
}

/// A record that was read and is not parsed yet.
struct Content {
    revision: u64,
    bytes: Vec<u8>,
}

impl Content {
    fn parse<R: DeserializeOwned>(self, what: &dyn Fn() -> String) -> StoreResult<Stored<R>> {
        let record = serde_json::from_slice(&self.bytes).map_err(|error| damaged(what(), error.to_string()))?;
        Ok(Stored { revision: self.revision, record })
    }
}

impl Store for SledStore {
    fn process(&self, id: ProcessId) -> StoreResult<Option<Stored<ProcessRecord>>> {
        self.record(&key::process(id), &|| format!("process {id}"))
    }

    fn task(&self, id: TaskId) -> StoreResult<Option<TaskRecord>> {
        Ok(self.record(&key::task(id), &|| format!("task {id}"))?.map(|stored| stored.record))
    }

    fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<TaskRecord>> {
        let first = key::task(TaskId { process, ordinal: after });
        let tasks = self.records(&key::tasks(process), first, limit, &|| format!("a task of process {process}"))?;
        Ok(tasks.into_iter().map(|(_, stored)| stored.record).collect())
    }

    fn scope(&self, id: ScopeId) -> StoreResult<Option<ScopeRecord>> {
        let what = || format!("scope {} of process {}", id.number, id.process);
        Ok(self.record(&key::scope(id), &what)?.map(|stored| stored.record))
    }

    fn row(&self, table: &str, id: u64) -> StoreResult<Option<Stored<RowRecord>>> {
        self.record(&key::row(table, id), &|| format!("row {id} of `{table}`"))
    }

    fn rows(&self, table: &str, after: u64, limit: usize) -> StoreResult<Vec<(u64, Stored<RowRecord>)>> {
        let prefix = key::rows(table);
        let rows = self.records(&prefix, key::row(table, after), limit, &|| format!("a row of `{table}`"))?;
        rows.into_iter().map(|(key, row)| Ok((last_u64(&key, prefix.len())?, row))).collect()
    }

    fn rows_by(&self, table: &str, field: &str, key: &[u8], after: u64, limit: usize) -> StoreResult<Vec<u64>> {
        let prefix = key::index(table, field, key);
        let mut rows = Vec::new();
        self.entries(&prefix, Bound::Excluded(key::in_index(prefix.clone(), after)), limit, |key, _| {
            rows.push(last_u64(key, prefix.len())?);
            Ok(())
        })?;
        Ok(rows)
    }

    fn references(&self, table: &str, id: u64, limit: usize) -> StoreResult<Vec<Reference>> {
        let mut references = Vec::new();
        self.entries(&key::references(table, id), Bound::Unbounded, limit, |_, value| {
            references.push(read_reference(table, id, value)?);
            Ok(())
        })?;
        Ok(references)
    }

    fn table_stamp(&self, table: &str) -> StoreResult<u64> {
        Ok(self.numbers().stamps.get(table).copied().unwrap_or(0))
    }

    fn list_tasks(&self, list: &TaskList, after: Option<Cursor>, limit: usize) -> StoreResult<Vec<ListedTask>> {
        let prefix = key::task_list(list);
        let after = after.map_or(Bound::Unbounded, |cursor| Bound::Excluded(key::in_list(prefix.clone(), cursor)));
        let mut listed = Vec::new();
        self.entries(&prefix, after, limit, |key, _| {
            let mut parts = KeyReader(&key[prefix.len()..]);
            let cursor = (|| {
                let (sort, process, ordinal) = (parts.u64()?, ProcessId(parts.u64()?), parts.u32()?);
                Some(Cursor { sort, task: TaskId { process, ordinal } })
            })();
            listed.push(cursor.ok_or_else(|| cut_short("an entry of a list"))?);
            Ok(())
        })?;
        Ok(listed)
    }

    fn list_processes(
        &self,
        list: &ProcessList,
        after: Option<ProcessId>,
        limit: usize,
    ) -> StoreResult<Vec<ProcessId>> {
        let prefix = key::process_list(list);
        let after = after.map_or(Bound::Unbounded, |id| Bound::Excluded(key::in_process_list(prefix.clone(), id)));
        let mut listed = Vec::new();
        self.entries(&prefix, after, limit, |key, _| {
            listed.push(ProcessId(last_u64(key, prefix.len())?));
            Ok(())
        })?;
        Ok(listed)
    }

    fn nodes(&self, after: Option<&NodeName>, limit: usize) -> StoreResult<Vec<NodeName>> {
        let prefix = key::nodes();
        let mut found: Vec<NodeName> = Vec::new();
        while found.len() < limit {
            let first = found.last().or(after).map_or(Bound::Unbounded, |node| Bound::Excluded(key::after_node(node)));
            let mut next = None;
            self.entries(&prefix, first, 1, |key, _| {
                let mut parts = KeyReader(&key[prefix.len()..]);
                let name = (|| Some(NodeName { flow: parts.text()?, node: parts.text()? }))();
                next = Some(name.ok_or_else(|| cut_short("an entry of a list"))?);
                Ok(())
            })?;
            match next {
                Some(node) => found.push(node),
                None => break,
            }
        }
        Ok(found)
    }

    fn events(&self, process: ProcessId, after: u32, limit: usize) -> StoreResult<Vec<Event>> {
        let first = key::event(process, after);
        let events = self.records(&key::events(process), first, limit, &|| format!("an event of process {process}"))?;
        Ok(events.into_iter().map(|(_, stored)| stored.record).collect())
    }

    fn next_process(&self) -> StoreResult<ProcessId> {
        self.next_number(None).map(ProcessId)
    }

    fn next_row(&self, table: &str) -> StoreResult<u64> {
        self.next_number(Some(table))
    }

    fn commit(&self, commit: Commit) -> StoreResult<Receipt> {
        let encoded = Encoded::of(&commit)?;
        let mut numbers = self.numbers();
        let mut state = self.shared.state();
        state.check_running()?;
        for expect in &commit.expect {
            let holds = match expect {
                Expect::Revision(of, revision) => self.revision(&state, &key::record(of), of)? == *revision,
                Expect::Table(table, stamp) => numbers.stamps.get(table).copied().unwrap_or(0) == *stamp,
            };
            if !holds {
                return Err(StoreError::Conflict);
            }
        }
        if !self.unique_values_are_free(&state, &commit)? || !self.no_reference_dangles(&state, &commit)? {
            return Err(StoreError::Conflict);
        }
        if commit.changes.is_empty() && commit.events.is_empty() {
            return Ok(Receipt::durable());
        }
        let number = state.commits + 1;
        let mut writes = self.lay_out(&state, encoded, number)?;
        writes.insert(key::last_commit(), Some(number.to_be_bytes().to_vec()));
        if let Some(key) = writes.keys().find(|key| key.len() > MAX_KEY) {
            let detail = format!("it makes a key of {} bytes, and {MAX_KEY} are the most", key.len());
            return Err(StoreError::TooLarge { what: "a name or an indexed value".to_owned(), detail });
        }
        for change in &commit.changes {
            if let Change::Row { table, id, .. } = change {
                numbers.stamps.insert(table.clone(), number);
                let last = numbers.last.get_mut(&Some(table.clone())).filter(|last| **last < *id);
                if let Some(last) = last {
                    *last = *id;
                    numbers.unsaved.insert(Some(table.clone()));
                }
            }
        }
        for table in std::mem::take(&mut numbers.unsaved) {
            let last = numbers.last.get(&table).copied().unwrap_or(0);
            writes.insert(key::last_number(table.as_deref()), Some(last.to_be_bytes().to_vec()));
        }
        state.take(writes);
        drop(state);
        drop(numbers);
        self.shared.wake_writer();
        let shared = Arc::clone(&self.shared);
        Ok(Receipt::new(move || shared.wait(number)))
    }
}

impl SledStore {
    fn revision(&self, state: &State, key: &[u8], of: &Key) -> StoreResult<Option<u64>> {
        let Some(value) = state.pending.get(&self.tree, key)? else { return Ok(None) };
        Head::read(&value).map(|head| Some(head.revision)).map_err(|detail| damaged(of.to_string(), detail.to_owned()))
    }

    fn unique_values_are_free(&self, state: &State, commit: &Commit) -> StoreResult<bool> {
        let changed: BTreeSet<(&str, u64)> = commit.rows().map(|(table, id, _)| (table, id)).collect();
        let mut taken = BTreeSet::new();
        for (table, id, row) in commit.rows() {
            for (field, value) in row.iter().flat_map(|row| row.unique_keys()) {
                let prefix = key::index(table, field, &value);
                let holders = state.pending.scan(&self.tree, &prefix, &Bound::Unbounded, usize::MAX)?;
                for (key, _) in holders {
                    let holder = last_u64(&key, prefix.len())?;
                    if holder != id && !changed.contains(&(table, holder)) {
                        return Ok(false);
                    }
                }
                if !taken.insert(prefix) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether no row that stays refers to one that the commit deletes.
    fn no_reference_dangles(&self, state: &State, commit: &Commit) -> StoreResult<bool> {
        let changed: BTreeSet<(&str, u64)> = commit.rows().map(|(table, id, _)| (table, id)).collect();
        for (table, id, _) in commit.rows().filter(|(_, _, new)| new.is_none()) {
            let prefix = key::references(table, id);
            for (_, value) in state.pending.scan(&self.tree, &prefix, &Bound::Unbounded, usize::MAX)? {
                let by = read_reference(table, id, &value)?;
                // Those the commit changes too are its own business.
                if !changed.contains(&(by.table.as_str(), by.id)) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Cuts records into values, and removes pieces that a longer record before has left.
    fn lay_out(&self, state: &State, encoded: Encoded, number: u64) -> StoreResult<Writes> {
        let mut writes = encoded.entries;
        for (key, content) in encoded.records {
            let old = state.pending.get(&self.tree, &key)?;
            let old = old.as_deref().map_or(0, |value| Head::read(value).map_or(0, |head| head.pieces()));
            let mut kept = 0;
            if let Some(content) = content {
                let mut values = frame::values(&key, number, &content)?.into_iter();
                let head = values.next();
                for value in values {
                    writes.insert(key::piece(&key, kept), Some(value));
                    kept += 1;
                }
                writes.insert(key.clone(), head);
            } else {
                writes.insert(key.clone(), None);
            }
            for left in kept..old {
                writes.insert(key::piece(&key, left), None);
            }
        }
        Ok(writes)
    }
}

fn read_reference(table: &str, id: u64, value: &[u8]) -> StoreResult<Reference> {
    let what = || format!("a reference to row {id} of `{table}`");
    serde_json::from_slice(value).map_err(|error| damaged(what(), error.to_string()))
}

fn last_u64(key: &[u8], prefix: usize) -> StoreResult<u64> {
    let number = key.get(prefix..).and_then(|rest| KeyReader(rest).u64());
    number.ok_or_else(|| cut_short("an entry of a list"))
}

fn damaged(what: String, detail: String) -> StoreError {
    StoreError::Damaged { what, detail }
}

fn cut_short(what: &str) -> StoreError {
    damaged(what.to_owned(), "it is too short".to_owned())
}
