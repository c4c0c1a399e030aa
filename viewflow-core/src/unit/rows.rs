//! The rows of a unit, and what the unit relies on in tables.

use std::collections::btree_map::{BTreeMap, Entry};

use viewflow_store::{RowRecord, Store, TablePart};

use super::Unit;
use super::held::Held;
use super::own::{Row, place};
use super::walk::Walk;
use super::watch::parts_of;
use crate::error::{Error, Result};

impl Unit {
    pub(crate) fn row(&mut self, table: &str, id: u64) -> Result<Option<&RowRecord>> {
        Ok(self.held_row(table, id)?.now())
    }

    pub(crate) fn row_copy(&mut self, table: &str, id: u64) -> Result<Option<RowRecord>> {
        Ok(self.row(table, id)?.cloned())
    }

    pub(crate) fn put_row(&mut self, table: &str, id: u64, mut row: Option<RowRecord>) -> Result<()> {
        if self.read_only {
            return Err(Error::ReadOnly);
        }
        self.check_open()?;
        let held = held_row(&mut self.rows, &*self.store, table, id)?;
        if let (Some(new), Some(stored)) = (&mut row, held.now()) {
            // Code that writes a row knows its fields, but not what a later release keeps beside them.
            let kept = stored.unknown.iter().map(|(key, value)| (key.clone(), value.clone()));
            new.unknown.extend(kept);
        }
        let written = parts_of(id, held.now().into_iter().chain(&row));
        let before = held.replace(row);
        if let Some(before) = before {
            self.own.remove(table, id, &before);
        }
        if let Some(now) = held.now() {
            self.own.add(table, id, now);
        }
        self.note_written(table, written);
        Ok(())
    }

    fn held_row(&mut self, table: &str, id: u64) -> Result<&mut Held<RowRecord>> {
        self.check_open()?;
        self.note_part(table, TablePart::Row(id));
        held_row(&mut self.rows, &*self.store, table, id)
    }

    /// Returns the row that has a unique value, in this step.
    pub(crate) fn holder(&mut self, table: &str, field: &str, key: &[u8]) -> Result<Option<u64>> {
        let mut rows = Walk::new(None, 2);
        while let Some(id) = rows.next(|after, size| self.rows_under(table, field, key, after, size))? {
            if self.row(table, id)?.is_some_and(|row| row.has(field, key)) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Returns the numbers of at most `limit` rows that have a value in an indexed field, as this step sees them. Also
    /// returns where to read on.
    pub(crate) fn rows_under(
        &mut self,
        table: &str,
        field: &str,
        key: &[u8],
        after: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<u64>, Option<u64>)> {
        let Self { own, rows, store, .. } = self;
        let read = |after: Option<u64>, limit| Ok(store.rows_by(table, field, key, after.unwrap_or(0), limit)?);
        own.rows.page(&place(table, field, key), after, limit, read, |id| is_written(rows, table, id))
    }

    /// Returns whether the step has written the row.
    pub(super) fn has_written(&self, table: &str, id: u64) -> bool {
        is_written(&self.rows, table, id)
    }

    /// Notes that the step relies on the whole table, as a query without an index does.
    pub(crate) fn rely_on_table(&mut self, table: &str) -> Result<()> {
        self.check_open()?;
        if !self.stamps.contains_key(table) {
            let stamp = self.store.table_stamp(table)?;
            self.stamps.insert(table.to_owned(), stamp);
        }
        Ok(())
    }

    /// Notes that the step relies on which rows have this value, and on those rows, as a query by index does.
    pub(crate) fn rely_on_index(&mut self, table: &str, field: &str, key: &[u8]) -> Result<()> {
        self.check_open()?;
        let index = (table.to_owned(), field.to_owned(), key.to_owned());
        if !self.stamps.contains_key(table) && !self.index_stamps.contains_key(&index) {
            let stamp = self.store.index_stamp(table, field, key)?;
            self.index_stamps.insert(index, stamp);
        }
        Ok(())
    }

    /// Refuses a `Db` that was carried out of its step.
    fn check_open(&self) -> Result<()> {
        if self.closed { Err(Error::StepIsOver) } else { Ok(()) }
    }
}

/// Rows, each with the revision that was read.
pub(super) type Rows = BTreeMap<Row, (Option<u64>, Held<RowRecord>)>;

fn held_row<'r>(rows: &'r mut Rows, store: &dyn Store, table: &str, id: u64) -> Result<&'r mut Held<RowRecord>> {
    let (_, held) = match rows.entry((table.to_owned(), id)) {
        Entry::Occupied(held) => held.into_mut(),
        Entry::Vacant(place) => {
            let (revision, record) = store.row(table, id)?.map(|row| (row.revision, row.record)).unzip();
            place.insert((revision, Held::read(record)))
        }
    };
    Ok(held)
}

pub(super) fn is_written(rows: &Rows, table: &str, id: u64) -> bool {
    rows.get(&(table.to_owned(), id)).is_some_and(|(_, held)| held.changed)
}
