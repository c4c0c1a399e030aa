//! An index of the rows that a step has written: by the values of their indexed fields, and by the rows they refer to.

use std::collections::BTreeMap;

use viewflow_store::{OnDelete, Reference, RowRecord, index_key};

use super::looked::looked;
use super::seen::Seen;

/// The place under which rows are found: table, field and key. An empty field stands for all rows of the table.
pub(super) type Place = (String, String, Vec<u8>);
/// A table and the number of a row.
pub(super) type Row = (String, u64);

/// The index of the rows that a step has written.
#[derive(Default)]
pub(super) struct Own {
    pub(super) rows: Seen<Place, u64>,
    /// The key is the row referred to, then the row that refers and its field.
    references: BTreeMap<(Row, (Row, String)), OnDelete>,
}

impl Own {
    pub(super) fn add(&mut self, table: &str, id: u64, row: &RowRecord) {
        for place in places(table, row) {
            self.rows.own.insert(place, id);
        }
        self.references.extend(references(table, id, row));
    }

    pub(super) fn remove(&mut self, table: &str, id: u64, row: &RowRecord) {
        for place in places(table, row) {
            self.rows.own.remove(&place, id);
        }
        for (key, _) in references(table, id, row) {
            self.references.remove(&key);
        }
    }

    /// Returns the references to a row, in the order of their tables, numbers and fields.
    pub(super) fn references_to(&self, to: &Row) -> Vec<Reference> {
        let first = (to.clone(), ((String::new(), 0), String::new()));
        let found = self.references.range(first..).take_while(|((other, _), _)| other == to);
        let reference = |((_, ((table, id), field)), on_delete): (&(Row, (Row, String)), &OnDelete)| Reference {
            table: table.clone(),
            id: *id,
            field: field.clone(),
            on_delete: *on_delete,
        };
        looked(found).map(reference).collect()
    }
}

pub(super) fn place(table: &str, field: &str, key: &[u8]) -> Place {
    (table.to_owned(), field.to_owned(), key.to_owned())
}

fn places(table: &str, row: &RowRecord) -> impl Iterator<Item = Place> {
    let indexed = row.index.iter().filter_map(|entry| Some(place(table, &entry.field, &index_key(&entry.value)?)));
    indexed.chain([place(table, "", &[])])
}

fn references(table: &str, id: u64, row: &RowRecord) -> impl Iterator<Item = ((Row, (Row, String)), OnDelete)> {
    let by = (table.to_owned(), id);
    row.references.iter().map(move |to| {
        let to_row = (to.table.clone(), to.id);
        ((to_row, (by.clone(), to.field.clone())), to.on_delete)
    })
}
