//! A commit as keys and contents.

use serde::Serialize;
use viewflow_core::StoreError;
use viewflow_core::store::{
    Change, Commit, ProcessRecord, Reference, RowRecord, StoreResult, TaskRecord, index_key, process_lists, task_lists,
};

use crate::key;
use crate::pending::Writes;

/// How deep a document may be nested: deeper ones cannot be read back.
const MAX_DEPTH: usize = 100;

/// A commit as bytes: what can be prepared before others have to wait.
#[derive(Default)]
pub(crate) struct Encoded {
    pub(crate) records: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Entries of lists and indexes.
    pub(crate) entries: Writes,
}

impl Encoded {
    pub(crate) fn of(commit: &Commit) -> StoreResult<Self> {
        let mut encoded = Self::default();
        for change in &commit.changes {
            match change {
                Change::Process { old, new } => {
                    let entries = |process: &ProcessRecord| -> Vec<Vec<u8>> {
                        let lists = process_lists(process).into_iter();
                        lists.map(|list| key::in_process_list(key::process_list(&list), process.id)).collect()
                    };
                    encoded.replace(old.as_ref().map(entries), Some(entries(new)));
                    encoded.record(key::process(new.id), Some(new))?;
                }
                Change::Task { old, new } => {
                    let entries = |task: &TaskRecord| -> Vec<Vec<u8>> {
                        let lists = task_lists(task).into_iter();
                        lists.map(|(list, cursor)| key::in_list(key::task_list(&list), cursor)).collect()
                    };
                    encoded.replace(old.as_ref().map(entries), Some(entries(new)));
                    encoded.record(key::task(new.id), Some(new))?;
                }
                Change::Scope { id, new } => encoded.record(key::scope(*id), new.as_ref())?,
                Change::Row { table, id, old, new } => {
                    let entries = |row: &RowRecord| -> Vec<Vec<u8>> {
                        let keys = row.index.iter().filter_map(|entry| Some((entry, index_key(&entry.value)?)));
                        keys.map(|(entry, value)| key::in_index(key::index(table, &entry.field, &value), *id)).collect()
                    };
                    encoded.replace(old.as_ref().map(entries), new.as_ref().map(entries));
                    encoded.references(table, *id, old.as_ref(), new.as_ref())?;
                    encoded.record(key::row(table, *id), new.as_ref())?;
                }
            }
        }
        for event in &commit.events {
            encoded.record(key::event(event.process, event.number), Some(event))?;
        }
        Ok(encoded)
    }

    fn record(&mut self, key: Vec<u8>, record: Option<&impl Serialize>) -> StoreResult<()> {
        let content = record.map(serde_json::to_vec).transpose().map_err(|error| StoreError::Io(error.to_string()))?;
        if content.as_deref().is_some_and(|json| depth(json) > MAX_DEPTH) {
            let detail = format!("it is nested more than {MAX_DEPTH} deep");
            return Err(StoreError::TooLarge { what: "a document".to_owned(), detail });
        }
        self.records.push((key, content));
        Ok(())
    }

    fn replace(&mut self, old: Option<Vec<Vec<u8>>>, new: Option<Vec<Vec<u8>>>) {
        self.entries.extend(old.into_iter().flatten().map(|key| (key, None)));
        self.entries.extend(new.into_iter().flatten().map(|key| (key, Some(Vec::new()))));
    }

    fn references(
        &mut self,
        table: &str,
        id: u64,
        old: Option<&RowRecord>,
        new: Option<&RowRecord>,
    ) -> StoreResult<()> {
        let key = |to: &Reference| key::reference(&to.table, to.id, table, id, &to.field);
        for to in old.into_iter().flat_map(|row| &row.references) {
            self.entries.insert(key(to), None);
        }
        for to in new.into_iter().flat_map(|row| &row.references) {
            let back = Reference { table: table.to_owned(), id, ..to.clone() };
            let value = serde_json::to_vec(&back).map_err(|error| StoreError::Io(error.to_string()))?;
            self.entries.insert(key(to), Some(value));
        }
        Ok(())
    }
}

/// How deep the arrays and objects of a JSON text are nested.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
