//! The rows of a unit, and what it relies on in tables.

use std::collections::btree_map::Entry;

use super::Unit;
use super::held::Held;
use super::watch::parts_of;
use crate::error::{Error, Result};
use crate::store::{RowRecord, TablePart};

impl Unit {
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
        let mut row = row;
        if let (Some(new), Some(stored)) = (&mut row, held.now()) {
            // Who writes a row knows its fields, and not what a later release keeps beside them.
            let kept = stored.unknown.iter().map(|(key, value)| (key.clone(), value.clone()));
            new.unknown.extend(kept);
        }
        let written = parts_of(id, held.now().into_iter().chain(&row));
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
        self.note_written(table, written);
        Ok(())
    }

    fn held_row(&mut self, table: &str, id: u64) -> Result<&mut Held<RowRecord>> {
        self.check_open()?;
        self.note_part(table, TablePart::Row(id));
        let (_, held) = match self.rows.entry((table.to_owned(), id)) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(place) => {
                let (revision, record) = self.store.row(table, id)?.map(|row| (row.revision, row.record)).unzip();
                place.insert((revision, Held::read(record)))
            }
        };
        Ok(held)
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

    /// A table that was carried out of its step is of no use any more.
    fn check_open(&self) -> Result<()> {
        if self.closed { Err(Error::StepIsOver) } else { Ok(()) }
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
}
