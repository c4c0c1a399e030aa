//! Encodes a commit as keys and contents.

use std::collections::BTreeMap;

use serde::Serialize;
use viewflow_store::{
    Change, Commit, ProcessData, ProcessId, ProcessList, ProcessRecord, Reference, RowRecord, StoreResult, TaskRecord,
    ended, index_key, process_lists, task_lists,
};

use crate::bundle::{BundleId, Changes, DATA, LONGEST};
use crate::entry;
use crate::json::json;
use crate::key;
use crate::run::{Run, Whose};
use crate::writes::Writes;

/// A commit as bytes: all that can be prepared before others have to wait.
#[derive(Default)]
pub(crate) struct Encoded {
    pub(crate) bundles: BTreeMap<BundleId, Changes>,
    pub(crate) records: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Entries of lists and indexes, except those of the log.
    pub(crate) entries: Writes,
    pub(crate) runs: Vec<(Whose, Run)>,
    /// The number of the last commit in the log, for a copy of another store.
    pub(crate) log: u64,
    /// Processes whose first events are forgotten, each with the number of the last forgotten event.
    pub(crate) forgotten: Vec<(ProcessId, u32)>,
    /// Numbers that must not be given out again: of rows of a table, or of processes.
    pub(crate) numbers: Vec<(Option<String>, u64)>,
}

impl Encoded {
    pub(crate) fn of(commit: &Commit) -> StoreResult<Self> {
        let mut encoded = Self::default();
        for change in &commit.changes {
            encoded.change(change)?;
        }
        encoded.runs = Run::all(commit);
        for (whose, run) in &encoded.runs {
            encoded.entries.extend(run.in_history(*whose).into_iter().map(|key| (key, Some(Vec::new()))));
        }
        Ok(encoded)
    }

    fn change(&mut self, change: &Change) -> StoreResult<()> {
        match change {
            Change::Process { old, new } => {
                self.replace(old.as_deref().map(process_entries), Some(process_entries(new)));
                self.bundled(new.id, 0, Some(new))?;
                if old.is_none() {
                    self.numbers.push((None, new.id.0));
                }
            }
            Change::Data { process, new } => {
                let is_empty = **new == ProcessData::default();
                self.bundled(*process, DATA, Some(new).filter(|_| !is_empty))?;
            }
            Change::Task { old, new } => {
                self.replace(old.as_deref().map(task_entries), Some(task_entries(new)));
                self.bundled(new.id.process, new.id.ordinal, Some(new))?;
            }
            Change::Scope { id, new } => self.record(key::scope(*id), new.as_ref())?,
            Change::Row { table, id, old, new } => {
                let entries = |row: &RowRecord| row_entries(table, *id, row);
                self.replace(old.as_ref().map(entries), new.as_ref().map(entries));
                self.references(table, *id, old.as_ref(), new.as_ref())?;
                self.record(key::row(table, *id), new.as_ref())?;
                if old.is_none() {
                    self.numbers.push((Some(table.clone()), *id));
                }
            }
            Change::ForgetProcess { old } => {
                self.replace(Some(process_entries(old)), None);
                self.bundled(old.id, 0, None::<&ProcessRecord>)?;
                self.bundled(old.id, DATA, None::<&ProcessData>)?;
            }
            Change::ForgetTasks { old } => {
                for task in old {
                    self.replace(Some(task_entries(task)), None);
                    self.bundled(task.id.process, task.id.ordinal, None::<&TaskRecord>)?;
                }
            }
            Change::ForgetEvents { process, through } => self.forgotten.push((*process, *through)),
            Change::Log { last } => self.log = *last,
            Change::Numbers { table, last } => self.numbers.push((table.clone(), *last)),
        }
        Ok(())
    }

    fn bundled(&mut self, process: ProcessId, number: u32, record: Option<&impl Serialize>) -> StoreResult<()> {
        let mut content = record.map(json).transpose()?;
        if let Some(long) = content.as_mut().filter(|content| content.len() > LONGEST) {
            self.records.push((key::aside(process, number), Some(std::mem::take(long))));
        }
        self.bundles.entry(BundleId::of_number(process, number)).or_default().insert(number, content);
        Ok(())
    }

    fn record(&mut self, key: Vec<u8>, record: Option<&impl Serialize>) -> StoreResult<()> {
        self.records.push((key, record.map(json).transpose()?));
        Ok(())
    }

    fn replace(&mut self, old: Option<Vec<Vec<u8>>>, new: Option<Vec<Vec<u8>>>) {
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        // An entry that stays need not be written again.
        self.entries.extend(old.iter().filter(|key| !new.contains(key)).map(|key| (key.clone(), None)));
        self.entries.extend(new.into_iter().filter(|key| !old.contains(key)).map(|key| (key, Some(Vec::new()))));
    }

    fn references(
        &mut self,
        table: &str,
        id: u64,
        old: Option<&RowRecord>,
        new: Option<&RowRecord>,
    ) -> StoreResult<()> {
        let entries = |row: Option<&RowRecord>| row.map_or(Ok(Vec::new()), |row| reference_entries(table, id, row));
        self.entries.extend(entries(old)?.into_iter().map(|(key, _)| (key, None)));
        self.entries.extend(entries(new)?.into_iter().map(|(key, value)| (key, Some(value))));
        Ok(())
    }
}

/// The entries of a process in lists. There is no list of all processes of a flow: the store merges the lists of
/// its statuses instead.
pub(crate) fn process_entries(process: &ProcessRecord) -> Vec<Vec<u8>> {
    let lists = process_lists(process).into_iter().filter(|list| !matches!(list, ProcessList::Flow(_)));
    let mut entries: Vec<_> =
        lists.map(|list| entry::in_process_list(entry::process_list(&list), process.id)).collect();
    entries.extend(ended(process).map(entry::ended));
    entries
}

/// The entries of a task in lists.
pub(crate) fn task_entries(task: &TaskRecord) -> Vec<Vec<u8>> {
    task_lists(task).into_iter().map(|(list, cursor)| entry::in_list(entry::task_list(&list), cursor)).collect()
}

/// The entries of a row in indexes.
pub(crate) fn row_entries(table: &str, id: u64, row: &RowRecord) -> Vec<Vec<u8>> {
    let keys = row.index.iter().filter_map(|entry| Some((entry, index_key(&entry.value)?)));
    keys.map(|(entry, value)| entry::in_index(entry::index(table, &entry.field, &value), id)).collect()
}

/// The entries of a row's references, with their values.
pub(crate) fn reference_entries(table: &str, id: u64, row: &RowRecord) -> StoreResult<Vec<(Vec<u8>, Vec<u8>)>> {
    let entry = |to: &Reference| {
        let back = Reference { table: table.to_owned(), id, ..to.clone() };
        Ok((entry::reference(&to.table, to.id, table, id, &to.field), json(&back)?))
    };
    row.references.iter().map(entry).collect()
}
