//! Rows without their types: queries, and the checks before a row is written.

use std::collections::BTreeMap;

use serde_json::Value;
use viewflow_store::__private::{check_keys, follow};
use viewflow_store::{Document, OnDelete, ProcessId, Reference, RowRecord, TablePart, index_key};

use super::own::place;
use super::rows::is_written;
use super::watch::key_hash;
use super::{Db, Unit};
use crate::error::{Error, Result};

/// The table with a row for each process that rows refer to. The row has the number of the process, and is deleted when
/// the process is forgotten.
pub const PROCESSES: &str = "viewflow.process";

type Page = (Vec<(u64, RowRecord)>, Option<u64>);

impl Db {
    /// Returns the columns of a process whose proxy has a table of its own.
    pub(crate) fn columns(&self, table: Option<&str>, id: ProcessId) -> Result<Option<Document>> {
        let Some(table) = table else { return Ok(None) };
        let row = self.unit(|unit| unit.row_copy(table, id.0))?;
        Ok(Some(row.unwrap_or_default().data))
    }
}

impl Unit {
    /// Returns at most `limit` rows of a table after `after`, as this step sees them, and where to read on.
    pub(crate) fn query_rows(
        &mut self,
        table: &str,
        index: Option<(&str, &[u8])>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page> {
        match index {
            None => {
                self.rely_on_table(table)?;
                self.note_part(table, TablePart::All);
            }
            Some((field, key)) => {
                self.rely_on_index(table, field, key)?;
                self.note_part(table, TablePart::Key(key_hash(field, key)));
            }
        }
        let (field, key) = index.unwrap_or_default();
        let mut read = BTreeMap::new();
        let Self { own, rows, store, .. } = self;
        let list = |after: Option<u64>, limit| {
            let after = after.unwrap_or(0);
            if index.is_some() {
                return Ok(store.rows_by(table, field, key, after, limit)?);
            }
            read.extend(store.rows(table, after, limit)?.into_iter().map(|(id, row)| (id, row.record)));
            Ok(read.keys().copied().collect())
        };
        let place = place(table, field, key);
        let (ids, next) = own.rows.page(&place, after, limit, list, |id| is_written(rows, table, id))?;
        let held = |id: u64| rows.get(&(table.to_owned(), id)).map(|(_, held)| held);
        let unread: Vec<u64> = ids.iter().copied().filter(|id| held(*id).is_none() && !read.contains_key(id)).collect();
        if !unread.is_empty() {
            let stored = store.rows_at(table, &unread)?;
            read.extend(unread.into_iter().zip(stored).filter_map(|(id, row)| Some((id, row?.record))));
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let row = match held(id) {
                Some(held) => held.now().cloned(),
                None => read.remove(&id),
            };
            // The row may have changed since the index was read.
            let row = row.filter(|row| index.is_none() || row.has(field, key));
            found.extend(row.map(|row| (id, row)));
        }
        Ok((found, next))
    }

    /// Writes a row, if the rows it refers to exist and its unique values are free.
    pub(crate) fn write_row(&mut self, table: &str, id: u64, mut row: RowRecord) -> Result<()> {
        if let Some(process) = self.refer_to_processes(table, id, &mut row)? {
            return Err(Error::NoProcess(process));
        }
        for to in &row.references {
            if (to.table.as_str(), to.id) != (table, id) && self.row(&to.table, to.id)?.is_none() {
                return Err(no_row(&to.table, to.id, Some(format!("{table}.{}", to.field))));
            }
        }
        self.put_unique(table, id, row)
    }

    /// Notes which processes a row refers to, so that they are kept. References to forgotten processes are removed.
    /// Returns a missing process to which the row did not refer before either, if there is one.
    fn refer_to_processes(&mut self, table: &str, id: u64, row: &mut RowRecord) -> Result<Option<ProcessId>> {
        let (mut gone, mut strange) = (Vec::new(), None);
        for to in row.references.iter().filter(|to| to.table == PROCESSES) {
            if self.row(PROCESSES, to.id)?.is_some() {
                continue;
            }
            match self.process(ProcessId(to.id)) {
                Ok(_) => self.put_row(PROCESSES, to.id, Some(RowRecord::default()))?,
                Err(Error::NoProcess(process)) => {
                    let path: Vec<&str> = to.field.split('.').collect();
                    let before = self.row(table, id)?.and_then(|row| follow(&row.data, &path));
                    let was_there = before.is_some_and(|value| match value {
                        Value::Array(items) => items.iter().any(|item| item.as_u64() == Some(to.id)),
                        value => value.as_u64() == Some(to.id),
                    });
                    strange = strange.or((!was_there).then_some(process));
                    gone.push(to.id);
                }
                Err(error) => return Err(error),
            }
        }
        row.references.retain(|to| to.table != PROCESSES || !gone.contains(&to.id));
        Ok(strange)
    }

    /// Releases a process that is to be forgotten. A row of a process that is over keeps the number, but no longer
    /// refers to it. Other rows are treated as their `on_delete` says.
    pub(crate) fn let_go(
        &mut self,
        process: ProcessId,
        is_over: &dyn Fn(&mut Self, &Reference) -> Result<bool>,
    ) -> Result<()> {
        self.each_reference(&(PROCESSES.to_owned(), process.0), &mut |unit, by| {
            if is_over(unit, &by)?
                && let Some(mut row) = unit.row_copy(&by.table, by.id)?
            {
                row.references.retain(|to| (to.table.as_str(), to.id) != (PROCESSES, process.0));
                unit.put_row(&by.table, by.id, Some(row))?;
            }
            Ok(())
        })?;
        if self.row(PROCESSES, process.0)?.is_some() { self.delete_row(PROCESSES, process.0) } else { Ok(()) }
    }

    /// Writes a row, if its unique values are free.
    fn put_unique(&mut self, table: &str, id: u64, row: RowRecord) -> Result<()> {
        check_keys(table, &row)?;
        let mut taken = Vec::new();
        for entry in row.index.iter().filter(|entry| entry.unique) {
            let Some(key) = index_key(&entry.value) else { continue };
            if let Some(other) = self.holder(table, &entry.field, &key)?.filter(|other| *other != id) {
                taken.push((other, (entry.field.clone(), entry.value.clone())));
            }
        }
        let mut taken = taken.into_iter();
        match taken.next() {
            None => self.put_row(table, id, Some(row)),
            Some((row, (field, value))) => Err(Error::NotUnique {
                table: table.to_owned(),
                field,
                value: Box::new(value),
                row,
                process: None,
                also: taken.map(|(_, taken)| taken).collect(),
                errors: Box::default(),
            }),
        }
    }

    /// Gives a row the index entries and references of another row. Its data stays as it is, so that an earlier version
    /// can still read it. There is one exception: a reference that could not be set to none in the old data. Then the
    /// row gets the new data, in which the field has its current key.
    pub(crate) fn index_row_as(&mut self, table: &str, id: u64, row: RowRecord) -> Result<()> {
        let stored = self.row_copy(table, id)?.unwrap_or_default();
        let is_there = |field: &str| follow(&stored.data, &field.split('.').collect::<Vec<_>>()).is_some();
        let moves = row.references.iter().any(|to| to.on_delete == OnDelete::SetNone && !is_there(&to.field));
        let mut row = if moves { row } else { RowRecord { data: stored.data.clone(), ..row } };
        // The number of a process that is forgotten by now is only a number.
        self.refer_to_processes(table, id, &mut row)?;
        if row == stored { Ok(()) } else { self.put_unique(table, id, row) }
    }
}

pub(crate) fn no_row(table: &str, id: u64, field: Option<String>) -> Error {
    Error::NoRow { table: table.to_owned(), id, field }
}
