//! Deleting rows, and settling the references to them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use viewflow_store::{OnDelete, Reference};

use super::Unit;
use super::looked::looked;
use super::own::Row;
use super::tables::no_row;
use crate::error::{Error, Result};

/// How many of the references to a row are read at first. One that protects the row may be among them.
const FEW: usize = 64;

/// The fields of a row that refer to rows to be deleted.
type Gone = BTreeSet<(String, Row)>;

impl Unit {
    /// Deletes a row and settles the references to it. Rows deleted by a cascade are settled in turn. Nothing is
    /// written before everything is judged.
    pub(crate) fn delete_row(&mut self, table: &str, id: u64) -> Result<()> {
        if self.row(table, id)?.is_none() {
            return Err(no_row(table, id, None));
        }
        let first = (table.to_owned(), id);
        let mut doomed = BTreeSet::from([first.clone()]);
        let mut open = vec![first];
        let mut sure = BTreeSet::new();
        let mut others: BTreeMap<Row, Gone> = BTreeMap::new();
        while let Some(to) = open.pop() {
            self.each_reference(&to, &mut |unit, by| {
                let source = (by.table.clone(), by.id);
                if doomed.contains(&source) {
                    return Ok(());
                }
                if by.on_delete == OnDelete::SetNone {
                    others.entry(source).or_default().insert((by.field, to.clone()));
                } else if !unit.refers(&by, &to)? {
                    // The reference was listed, and has changed since.
                } else if by.on_delete == OnDelete::Cascade {
                    doomed.insert(source.clone());
                    open.push(source);
                } else if !unit.goes_with(&source, &doomed, &mut sure)? {
                    let ((table, id), by_table) = (to.clone(), by.table);
                    return Err(Error::Protected {
                        table,
                        id,
                        process: false,
                        by_table,
                        by: by.id,
                        by_process: false,
                        field: by.field,
                    });
                }
                Ok(())
            })?;
        }
        for (by, gone) in others.into_iter().filter(|(by, _)| !doomed.contains(by)) {
            self.set_none(&by, &gone)?;
        }
        doomed.into_iter().try_for_each(|(table, id)| self.put_row(&table, id, None))
    }

    /// Visits the references to a row, including the step's own changes. They are read page by page, so that little is
    /// read if a visit fails.
    pub(super) fn each_reference(
        &mut self,
        to: &Row,
        visit: &mut dyn FnMut(&mut Self, Reference) -> Result<()>,
    ) -> Result<()> {
        let (mut seen, mut limit) = (0, FEW);
        loop {
            let found = self.store.references(&to.0, to.1, limit)?;
            let (count, is_whole) = (found.len(), found.len() < limit);
            for by in found.into_iter().skip(seen) {
                if !self.has_written(&by.table, by.id) {
                    visit(self, by)?;
                }
            }
            if is_whole {
                break;
            }
            (seen, limit) = (count, limit.saturating_mul(8));
        }
        self.own.references_to(to).into_iter().try_for_each(|by| visit(self, by))
    }

    /// Returns whether the row refers to `to`, as it is in this step.
    fn refers(&mut self, by: &Reference, to: &Row) -> Result<bool> {
        let refers = |to_row: &Reference| (&to_row.table, to_row.id, &to_row.field) == (&to.0, to.1, &by.field);
        Ok(self.row(&by.table, by.id)?.is_some_and(|row| row.references.iter().any(refers)))
    }

    /// Returns whether a row is deleted together with the doomed rows, as its cascades lead to one of them. `sure`
    /// holds the rows for which that is known.
    fn goes_with(&mut self, row: &Row, doomed: &BTreeSet<Row>, sure: &mut BTreeSet<Row>) -> Result<bool> {
        let mut reached_from: BTreeMap<Row, Option<Row>> = BTreeMap::from([(row.clone(), None)]);
        let mut open = vec![row.clone()];
        while let Some(at) = open.pop() {
            if doomed.contains(&at) || sure.contains(&at) {
                let mut way = Some(at);
                while let Some(row) = way {
                    way = reached_from.remove(&row).flatten();
                    sure.insert(row);
                }
                return Ok(true);
            }
            let references = self.row(&at.0, at.1)?.map(|row| &row.references);
            let up = looked(references.into_iter().flatten()).filter(|to| to.on_delete == OnDelete::Cascade);
            for up in up.map(|to| (to.table.clone(), to.id)) {
                if !reached_from.contains_key(&up) {
                    reached_from.insert(up.clone(), Some(at.clone()));
                    open.push(up);
                }
            }
        }
        Ok(false)
    }

    /// Removes references to deleted rows from a row.
    fn set_none(&mut self, by: &Row, gone: &Gone) -> Result<()> {
        let Some(mut row) = self.row_copy(&by.0, by.1)? else { return Ok(()) };
        let mut numbers: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        row.references.retain(|to| {
            let goes = gone.contains(&(to.field.clone(), (to.table.clone(), to.id)));
            if goes {
                numbers.entry(to.field.clone()).or_default().insert(to.id);
            }
            !goes
        });
        if numbers.is_empty() {
            return Ok(());
        }
        for (field, numbers) in &numbers {
            let goes = |value: &Value| value.as_u64().is_some_and(|number| numbers.contains(&number));
            let mut path = field.split('.');
            let first = path.next().unwrap_or_default();
            let value = path.try_fold(row.data.get_mut(first), |value, key| Some(value?.get_mut(key)));
            match value.flatten() {
                Some(Value::Array(items)) => items.retain(|item| !goes(item)),
                Some(value) if goes(value) => *value = Value::Null,
                _ => {}
            }
            row.index.retain(|entry| entry.field != *field || !goes(&entry.value));
        }
        self.put_row(&by.0, by.1, Some(row))
    }
}
