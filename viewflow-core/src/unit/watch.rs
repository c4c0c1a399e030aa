//! The reads of conditions, and the writes that may concern them: so that only the affected conditions are evaluated.
//!
//! A step in which a task begins to wait notes on the task what its condition read. In the same commit it notes that a
//! condition waits over these tables: a row of [`WATCHED`] for each table, which is written once. A step that writes
//! rows looks for that row and relies on the answer. If the row exists, the step leaves what it wrote in [`CHANGED`].
//!
//! So no change is missed. Suppose a writer commits before the waiting step: it changes what the waiting step relies
//! on, as a step that writes is bound to its queries. That step runs again and sees what was written. If the writer
//! commits later, it has read that a condition waits. Otherwise its commit is refused, as it relied on a missing row.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use viewflow_store::__private::{stable_hash, stable_hash_of};
use viewflow_store::{
    Cursor, IndexEntry, ProcessId, Reads, RowRecord, TablePart, TaskId, TaskList, TaskRecord, WaitsFor, Watched,
    index_key,
};

use super::Unit;
use crate::error::Result;
pub(crate) use viewflow_store::__private::CHANGED;

/// The tables over which conditions wait, or once did.
pub(crate) const WATCHED: &str = "viewflow.watched";
/// The field of [`CHANGED`] that says which engine has to evaluate: the number of a node, or [`ANYBODY`].
pub(crate) const BY: &str = "by";
/// Every engine can evaluate it.
pub(crate) const ANYBODY: u64 = 0;

/// How many rows and keys of one table are noted for a condition. A condition that reads more waits for the whole
/// table.
const MOST: usize = 32;
/// How many parts of a table, or tasks, one row holds.
const CHUNK: usize = 500;

/// Parts of tables, by table.
pub(crate) type Written = BTreeMap<String, BTreeSet<TablePart>>;

/// What the condition under evaluation has read.
#[derive(Default)]
pub(super) struct Asked {
    parts: Written,
    steps: bool,
}

/// The conditions to evaluate: those over what was written, or those of tasks that another engine could not handle.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// The parts of tables that were written.
    pub(crate) watched: BTreeSet<Watched>,
    /// The tasks whose conditions are to be evaluated.
    pub(crate) tasks: BTreeSet<TaskId>,
}

/// Returns a stable hash of a key of an indexed field.
pub(super) fn key_hash(field: &str, key: &[u8]) -> u64 {
    stable_hash_of(field.bytes().chain([0]).chain(key.iter().copied()))
}

/// Returns the number by which the tasks of a node are handed to the engines that know the node.
pub(crate) fn node_hash(flow: &str, node: &str) -> u64 {
    stable_hash([flow, node])
}

/// Returns the parts of a table that change when a row does. `rows` holds its contents before and after.
pub(super) fn parts_of<'r>(id: u64, rows: impl Iterator<Item = &'r RowRecord>) -> Vec<TablePart> {
    let entries = rows.flat_map(|row| &row.index);
    let keys = entries.filter_map(|entry| Some(key_hash(&entry.field, &index_key(&entry.value)?)));
    [TablePart::Row(id)].into_iter().chain(keys.map(TablePart::Key)).collect()
}

/// Returns whether something was written of what was read.
pub(crate) fn was_written(reads: &Reads, written: &Written) -> bool {
    let all = |part| part == TablePart::All;
    reads
        .watched
        .iter()
        .any(|Watched { table, part }| written.get(table).is_some_and(|parts| all(*part) || parts.contains(part)))
}

impl Unit {
    /// Begins to note what is read, for a condition.
    pub(crate) fn begin_asking(&mut self) {
        self.asked = Some(Asked::default());
    }

    /// Returns whether a condition is being evaluated: its failure is no reason to fail the step.
    pub(crate) fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    /// Returns what the condition has read.
    pub(crate) fn end_asking(&mut self) -> Reads {
        let Asked { parts, steps } = self.asked.take().unwrap_or_default();
        let mut watched = Vec::new();
        for (table, parts) in parts {
            let whole = parts.contains(&TablePart::All) || parts.len() > MOST;
            let parts = if whole { BTreeSet::from([TablePart::All]) } else { parts };
            watched.extend(parts.into_iter().map(|part| Watched { table: table.clone(), part }));
        }
        Reads { watched, steps }
    }

    pub(crate) fn note_part(&mut self, table: &str, part: TablePart) {
        if let Some(asked) = &mut self.asked {
            asked.parts.entry(table.to_owned()).or_default().insert(part);
        }
    }

    /// Notes that something was read whose changes nothing announces.
    pub(super) fn note_steps(&mut self) {
        if let Some(asked) = &mut self.asked {
            asked.steps = true;
        }
    }

    /// Notes what is written. Conditions do not wait over the engine's own tables.
    pub(super) fn note_written(&mut self, table: &str, parts: Vec<TablePart>) {
        if self.settling || table.starts_with("viewflow.") {
            return;
        }
        match self.fresh.get_mut(table) {
            Some(fresh) => fresh.extend(parts),
            None => drop(self.fresh.insert(table.to_owned(), parts.into_iter().collect())),
        }
    }

    /// Writes the columns of a process. Its conditions were evaluated with them already. They do not know about other
    /// changes of the row in this step.
    pub(crate) fn write_columns(&mut self, table: &str, id: u64, row: RowRecord) -> Result<()> {
        self.settling = true;
        let written = self.write_row(table, id, row);
        self.settling = false;
        written
    }

    /// Returns what was written since the last call.
    pub(crate) fn take_written(&mut self) -> Written {
        let fresh = std::mem::take(&mut self.fresh);
        add(&mut self.told, fresh.clone());
        fresh
    }

    /// Returns what was written before the last call of [`Unit::take_written`].
    pub(crate) fn all_written(&self) -> Written {
        self.told.clone()
    }

    /// Returns the tasks of a process that wait for conditions which have read something in `written`, as the store has
    /// them. Also returns those waiting tasks that this step has changed.
    pub(crate) fn watching(&mut self, process: ProcessId, written: &Written) -> Result<Vec<TaskId>> {
        const PAGE: usize = 16;
        let first = TaskId { process, ordinal: 0 };
        let mut found = BTreeSet::new();
        for watched in written.iter().flat_map(|(table, parts)| watched(table, parts.iter().copied())) {
            let list = TaskList::Watching(watched);
            let mut after = Some(Cursor { sort: process.0, task: first });
            while let Some(place) = after {
                let page = self.store.list_tasks(&list, Some(place), PAGE)?;
                after = page.last().copied().filter(|last| page.len() == PAGE && last.task.process == process);
                found.extend(page.into_iter().map(|listed| listed.task).filter(|task| task.process == process));
            }
        }
        let own = self.tasks.range(first..=TaskId { process, ordinal: u32::MAX });
        let waits = |task: &&TaskRecord| matches!(task.waits_for, Some(WaitsFor::Condition { .. }));
        let own = own.filter(|(_, held)| held.changed).filter_map(|(_, held)| held.now());
        found.extend(own.filter(waits).map(|task| task.id));
        Ok(found.into_iter().collect())
    }

    /// Notes that a condition waits over these tables.
    pub(crate) fn watch<'t>(&mut self, tables: impl Iterator<Item = &'t str>) -> Result<()> {
        for table in tables {
            if !self.is_watched(table)? {
                self.put_row(WATCHED, row_of(table), Some(RowRecord::of([("table", table.into())])))?;
            }
        }
        Ok(())
    }

    fn is_watched(&mut self, table: &str) -> Result<bool> {
        match self.row(WATCHED, row_of(table)).map(|row| row.is_some()) {
            // The row exists, and never changes.
            Err(error) if error.is_unreadable() => Ok(true),
            watched => watched,
        }
    }

    /// Leaves a record of what the step has written in tables over which conditions wait. This is the last act of a
    /// step.
    pub(crate) fn tell_watchers(&mut self) -> Result<()> {
        let mut written = std::mem::take(&mut self.told);
        add(&mut written, std::mem::take(&mut self.fresh));
        for (table, parts) in written {
            if !self.is_watched(&table)? {
                continue;
            }
            let parts: Vec<TablePart> = parts.into_iter().collect();
            for parts in parts.chunks(CHUNK) {
                let list = |number: fn(TablePart) -> Option<u64>| {
                    parts.iter().filter_map(|part| number(*part)).collect::<Value>()
                };
                let rows = list(|part| if let TablePart::Row(id) = part { Some(id) } else { None });
                let keys = list(|part| if let TablePart::Key(hash) = part { Some(hash) } else { None });
                self.leave(ANYBODY, [("table", Value::from(table.as_str())), ("rows", rows), ("keys", keys)])?;
            }
        }
        Ok(())
    }

    /// Leaves tasks whose conditions an engine that knows their node is to evaluate.
    pub(crate) fn leave_tasks(&mut self, node: u64, tasks: &[TaskId]) -> Result<()> {
        tasks.chunks(CHUNK).try_for_each(|tasks| {
            let tasks: Value = tasks.iter().map(ToString::to_string).collect();
            self.leave(node, [("tasks", tasks)])
        })
    }

    fn leave<const N: usize>(&mut self, by: u64, data: [(&str, Value); N]) -> Result<()> {
        let row = self.store.next_row(CHANGED)?;
        let index = vec![IndexEntry { field: BY.to_owned(), value: Value::from(by), unique: false }];
        self.put_row(CHANGED, row, Some(RowRecord { index, ..RowRecord::of(data) }))
    }
}

impl Changed {
    /// Adds the content of a row.
    pub(crate) fn add(&mut self, record: &RowRecord) {
        let list = |key: &str| record.data.get(key).and_then(Value::as_array).into_iter().flatten();
        if let Some(table) = record.data.get("table").and_then(Value::as_str) {
            let rows = list("rows").filter_map(Value::as_u64).map(TablePart::Row);
            let keys = list("keys").filter_map(Value::as_u64).map(TablePart::Key);
            self.watched.extend(watched(table, rows.chain(keys)));
        }
        let tasks = list("tasks").filter_map(Value::as_str);
        self.tasks.extend(tasks.filter_map(|task| task.parse::<TaskId>().ok()));
    }
}

/// Returns the reads of conditions that these parts of a table concern.
fn watched(table: &str, parts: impl Iterator<Item = TablePart>) -> impl Iterator<Item = Watched> {
    [TablePart::All].into_iter().chain(parts).map(|part| Watched { table: table.to_owned(), part })
}

fn row_of(table: &str) -> u64 {
    stable_hash([table])
}

fn add(all: &mut Written, more: Written) {
    for (table, parts) in more {
        all.entry(table).or_default().extend(parts);
    }
}
