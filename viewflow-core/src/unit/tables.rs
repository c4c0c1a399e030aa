//! Rows without their types: queries, unique values, references.

use std::collections::BTreeSet;

use serde_json::Value;

use super::watch::key_hash;
use super::{Db, Unit};
use crate::error::{Error, Result};
use crate::id::ProcessId;
use crate::store::{Document, OnDelete, Reference, RowRecord, TablePart, check_keys, follow, index_key};

/// A row for each process that rows refer to, with its number. It goes when the process is forgotten.
pub(crate) const PROCESSES: &str = "viewflow.process";

/// How many rows a query reads at a time.
const PAGE: usize = 256;

type Page = (Vec<(u64, RowRecord)>, Option<u64>);

impl Db {
    /// The columns of a process whose proxy has a table of its own.
    pub(crate) fn columns(&self, table: Option<&str>, id: ProcessId) -> Result<Option<Document>> {
        let Some(table) = table else { return Ok(None) };
        let row = self.unit(|unit| unit.row_copy(table, id.0))?;
        Ok(Some(row.unwrap_or_default().data))
    }
}

impl Unit {
    /// Some rows of a table after `after`, with the step's own changes, and where to read on.
    pub(crate) fn query_rows(
        &mut self,
        table: &str,
        index: Option<&(&'static str, Vec<u8>)>,
        after: u64,
    ) -> Result<Page> {
        match index {
            None => self.rely_on_table(table)?,
            Some((field, key)) => self.rely_on_index(table, field, key)?,
        }
        let part = index.map_or(TablePart::All, |(field, key)| TablePart::Key(key_hash(field, key)));
        self.note_part(table, part);
        let mut rows: Vec<(u64, RowRecord)> = Vec::new();
        let ids = match index {
            None => {
                rows.extend(self.store.rows(table, after, PAGE)?.into_iter().map(|(id, row)| (id, row.record)));
                rows.iter().map(|(id, _)| *id).collect()
            }
            Some((field, key)) => self.store.rows_by(table, field, key, after, PAGE)?,
        };
        let last = (ids.len() == PAGE).then(|| ids.last().copied()).flatten();
        if index.is_some() {
            for id in ids {
                let row = self.store.row(table, id)?.map(|row| row.record);
                // The row may have changed since the index was read.
                let found = row.filter(|row| index.is_none_or(|(field, key)| row.has(field, key)));
                rows.extend(found.map(|row| (id, row)));
            }
        }
        let (mut changed, mut own) = (BTreeSet::new(), Vec::new());
        for (id, row) in self.changed_rows(table, after).take_while(|(id, _)| last.is_none_or(|last| *id <= last)) {
            changed.insert(id);
            own.extend(
                row.filter(|row| index.is_none_or(|(field, key)| row.has(field, key))).map(|row| (id, row.clone())),
            );
        }
        rows.retain(|(id, _)| !changed.contains(id));
        rows.extend(own);
        rows.sort_by_key(|(id, _)| *id);
        Ok((rows, last))
    }

    /// Writes a row once what it refers to is there and its unique values are free.
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

    /// Notes which processes a row refers to, so that they are kept. One that is forgotten is not referred to any more; answers with
    /// the one that was not there before either.
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

    /// Lets go of a process that is to be forgotten. A process that is over remembers its number and does not hold on to it; to other
    /// rows is done what their `on_delete` says.
    pub(crate) fn let_go(
        &mut self,
        process: ProcessId,
        is_over: &dyn Fn(&mut Self, &Reference) -> Result<bool>,
    ) -> Result<()> {
        for by in self.references_to(PROCESSES, process.0)? {
            if is_over(self, &by)?
                && let Some(mut row) = self.row_copy(&by.table, by.id)?
            {
                row.references.retain(|to| (to.table.as_str(), to.id) != (PROCESSES, process.0));
                self.put_row(&by.table, by.id, Some(row))?;
            }
        }
        if self.row(PROCESSES, process.0)?.is_some() { self.delete_row(PROCESSES, process.0) } else { Ok(()) }
    }

    /// Writes a row once its unique values are free.
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

    /// Gives a row the index entries and references of another one. Its data stays as it is, so that an earlier version can still
    /// read it, unless a reference in it could not be set to none then: that is done where the field has its key today.
    pub(crate) fn index_row_as(&mut self, table: &str, id: u64, row: RowRecord) -> Result<()> {
        let stored = self.row_copy(table, id)?.unwrap_or_default();
        let is_there = |field: &str| follow(&stored.data, &field.split('.').collect::<Vec<_>>()).is_some();
        let moves = row.references.iter().any(|to| to.on_delete == OnDelete::SetNone && !is_there(&to.field));
        let mut row = if moves { row } else { RowRecord { data: stored.data.clone(), ..row } };
        // What was a number of a process that is forgotten by now is nothing but a number.
        self.refer_to_processes(table, id, &mut row)?;
        if row == stored { Ok(()) } else { self.put_unique(table, id, row) }
    }

    /// Deletes a row and settles the references to it; rows deleted by a cascade are settled in turn. Nothing is written
    /// before all is judged.
    pub(crate) fn delete_row(&mut self, table: &str, id: u64) -> Result<()> {
        if self.row(table, id)?.is_none() {
            return Err(no_row(table, id, None));
        }
        let mut doomed = BTreeSet::from([(table.to_owned(), id)]);
        let mut open = vec![(table.to_owned(), id)];
        let mut others = Vec::new();
        while let Some((table, id)) = open.pop() {
            for by in self.references_to(&table, id)? {
                // The row as it is in this step: what was listed may have changed since.
                let refers = |row: &RowRecord| {
                    row.references.iter().any(|to| (&to.table, to.id, &to.field) == (&table, id, &by.field))
                };
                if !self.row(&by.table, by.id)?.is_some_and(refers) {
                    continue;
                }
                if by.on_delete == OnDelete::Cascade {
                    let source = (by.table, by.id);
                    if doomed.insert(source.clone()) {
                        open.push(source);
                    }
                } else {
                    others.push(((table.clone(), id), by));
                }
            }
        }
        others.retain(|(_, by)| !doomed.contains(&(by.table.clone(), by.id)));
        if let Some(((table, id), by)) = others.iter().find(|(_, by)| by.on_delete == OnDelete::Protect) {
            let (table, by_table, field) = (table.clone(), by.table.clone(), by.field.clone());
            let (id, by) = (*id, by.id);
            return Err(Error::Protected { table, id, process: false, by_table, by, by_process: false, field });
        }
        for ((table, id), by) in others {
            self.set_none(&by, &table, id)?;
        }
        doomed.into_iter().try_for_each(|(table, id)| self.put_row(&table, id, None))
    }

    /// Who refers to a row, the step's own changes included.
    fn references_to(&mut self, table: &str, id: u64) -> Result<Vec<Reference>> {
        let mut found = self.store.references(table, id, usize::MAX)?;
        for (by_table, by, row) in self.all_changed_rows() {
            found.retain(|reference| (reference.table.as_str(), reference.id) != (by_table, by));
            let to = row.iter().flat_map(|row| &row.references).filter(|to| (to.table.as_str(), to.id) == (table, id));
            found.extend(to.map(|to| Reference { table: by_table.to_owned(), id: by, ..to.clone() }));
        }
        Ok(found)
    }

    fn set_none(&mut self, by: &Reference, table: &str, id: u64) -> Result<()> {
        let Some(mut row) = self.row_copy(&by.table, by.id)? else { return Ok(()) };
        let mut path = by.field.split('.');
        let first = path.next().unwrap_or_default();
        let value = path.try_fold(row.data.get_mut(first), |value, key| Some(value?.get_mut(key)));
        match value.flatten() {
            Some(Value::Array(items)) => items.retain(|item| item.as_u64() != Some(id)),
            Some(value) if value.as_u64() == Some(id) => *value = Value::Null,
            _ => {}
        }
        row.references.retain(|to| (to.table.as_str(), to.id, &to.field) != (table, id, &by.field));
        row.index.retain(|entry| entry.field != by.field || entry.value.as_u64() != Some(id));
        self.put_row(&by.table, by.id, Some(row))
    }
}

pub(crate) fn no_row(table: &str, id: u64, field: Option<String>) -> Error {
    Error::NoRow { table: table.to_owned(), id, field }
}
