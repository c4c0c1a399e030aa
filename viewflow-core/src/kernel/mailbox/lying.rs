//! The letters that lie in a mailbox.

use serde_json::Value;
use viewflow_store::{RowRecord, Timestamp, index_key};

use super::{LETTERS, damaged};
use crate::error::Result;
use crate::unit::Unit;
use crate::unit::walk::Walk;

/// Walks through letters, and reads only as many as are asked for.
pub(super) struct Letters {
    place: &'static str,
    key: Vec<u8>,
    rows: Walk<u64, u64>,
}

impl Letters {
    /// Returns the letters of a mailbox that are found at this place, oldest first.
    pub(super) fn new(mailbox: u64, place: &'static str) -> Self {
        Self { place, key: index_key(&Value::from(mailbox)).unwrap_or_default(), rows: Walk::new(None, 1) }
    }

    /// Returns the row of the next letter that can be read.
    pub(super) fn next(&mut self, unit: &mut Unit) -> Result<Option<u64>> {
        let Self { place, key, rows } = self;
        while let Some(row) = rows.next(|after, size| unit.rows_under(LETTERS, place, key, after, size))? {
            let letter = readable(unit, row);
            if unit.pass_over(letter)? == Some(true) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Returns the row of the next letter that had not expired at `created`, when a task began to wait.
    pub(super) fn first_for(&mut self, unit: &mut Unit, created: Timestamp) -> Result<Option<u64>> {
        while let Some(row) = self.next(unit)? {
            if unit.row(LETTERS, row)?.and_then(until_of).is_none_or(|until| until > created) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Returns the rows of the next letters, at most `limit`.
    pub(super) fn take(&mut self, unit: &mut Unit, limit: u64) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        while (found.len() as u64) < limit {
            let Some(row) = self.next(unit)? else { break };
            found.push(row);
        }
        Ok(found)
    }
}

pub(super) fn until_of(letter: &RowRecord) -> Option<Timestamp> {
    letter.data.get("until").and_then(Value::as_i64).map(Timestamp::from_millis)
}

/// Returns whether a letter exists. A letter without content counts as unreadable.
pub(super) fn readable(unit: &mut Unit, row: u64) -> Result<bool> {
    match unit.row(LETTERS, row)?.map(|record| record.data.get("content")) {
        None => Ok(false),
        Some(Some(Value::Object(_))) => Ok(true),
        Some(_) => Err(damaged(format!("letter {row}"), "it has no content")),
    }
}
