//! The last numbers given out, and the stamps of tables and of indexed values.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_store::{Change, Commit, IndexStamps, StoreResult};

use crate::json::cut_short;
use crate::key;
use crate::parts::KeyReader;
use crate::read::Reader;
use crate::writes::Writes;

/// The last numbers given out, and the stamps of tables and of indexed values.
#[derive(Default)]
pub(crate) struct Numbers {
    /// By table; none for processes.
    last: BTreeMap<Option<String>, u64>,
    /// Those that are not stored yet.
    unsaved: BTreeSet<Option<String>>,
    /// By how much the numbers of commits in the log are greater than those of commits; none: it was not read yet.
    log_ahead: Option<u64>,
    stamps: BTreeMap<String, u64>,
    index_stamps: IndexStamps,
}

impl Numbers {
    /// Gives out the next number of a table's rows, or of processes when there is none.
    pub(crate) fn next(&mut self, reader: &Reader, table: Option<&str>) -> StoreResult<u64> {
        let of = table.map(str::to_owned);
        let last = self.last(reader, of.clone())?;
        *last += 1;
        let number = *last;
        self.unsaved.insert(of);
        Ok(number)
    }

    /// The last number given out.
    pub(crate) fn last(&mut self, reader: &Reader, of: Option<String>) -> StoreResult<&mut u64> {
        if !self.last.contains_key(&of) {
            let last = stored(reader, &key::last_number(of.as_deref()), "the last number given out")?;
            self.last.insert(of.clone(), last);
        }
        Ok(self.last.entry(of).or_default())
    }

    /// By how much the numbers of commits in the log are greater than those of commits.
    pub(crate) fn log_ahead(&mut self, reader: &Reader) -> StoreResult<u64> {
        if let Some(ahead) = self.log_ahead {
            return Ok(ahead);
        }
        let ahead = stored(reader, &key::log_ahead(), "the number of the last commit in the log")?;
        self.log_ahead = Some(ahead);
        Ok(ahead)
    }

    /// The same, once it was read.
    pub(crate) fn known_ahead(&self) -> u64 {
        self.log_ahead.unwrap_or(0)
    }

    /// The number of the last commit that changed a table, as far as this program has seen one.
    pub(crate) fn stamp(&self, table: &str) -> u64 {
        self.stamps.get(table).copied().unwrap_or(0)
    }

    /// The number of the last commit that wrote a row with this value, likewise.
    pub(crate) fn index_stamp(&self, table: &str, field: &str, key: &[u8]) -> u64 {
        self.index_stamps.get(table, field, key)
    }

    /// Notes what the commit with this number changes for those who rely on stamps, and by how much the log is ahead after it, if that is
    /// another number now. The commit becomes visible before anybody else sees this.
    pub(crate) fn note(&mut self, commit: &Commit, number: u64, log_ahead: Option<u64>) {
        self.log_ahead = log_ahead.or(self.log_ahead);
        for change in &commit.changes {
            if let Change::Row { table, .. } = change {
                match self.stamps.get_mut(table) {
                    Some(stamp) => *stamp = number,
                    None => drop(self.stamps.insert(table.clone(), number)),
                }
            }
        }
        self.index_stamps.note(commit, number);
    }

    /// Notes the numbers that a commit uses, and writes with it all that were given out.
    pub(crate) fn save(&mut self, used: Vec<(Option<String>, u64)>, writes: &mut Writes) {
        for (of, used) in used {
            if let Some(last) = self.last.get_mut(&of).filter(|last| **last < used) {
                *last = used;
                self.unsaved.insert(of);
            }
        }
        for of in std::mem::take(&mut self.unsaved) {
            let last = self.last.get(&of).copied().unwrap_or(0);
            writes.insert(key::last_number(of.as_deref()), Some(last.to_be_bytes().to_vec()));
        }
    }

    /// By how much the log is ahead after the commit with this number, where that copies the log up to another one, and moves it.
    pub(crate) fn moved_ahead(&self, copied: u64, number: u64) -> Option<u64> {
        (number + self.known_ahead() < copied).then(|| copied - number)
    }
}

/// A number that is stored under a key; 0 where there is none.
fn stored(reader: &Reader, key: &[u8], what: &str) -> StoreResult<u64> {
    let number = reader.value(key)?.map_or(Some(0), |value| KeyReader(&value).u64());
    number.ok_or_else(|| cut_short(what))
}
