//! The last numbers given out, and the stamps of tables and indexed values.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_store::{Change, Commit, IndexStamps, StoreResult};

use crate::json::cut_short;
use crate::key;
use crate::parts::KeyReader;
use crate::read::Reader;
use crate::writes::Writes;

/// The last numbers given out, and the stamps of tables and indexed values.
#[derive(Default)]
pub(crate) struct Numbers {
    /// By table; `None` for processes.
    last: BTreeMap<Option<String>, u64>,
    /// Numbers that are not stored yet.
    unsaved: BTreeSet<Option<String>>,
    /// The number of a commit in the log minus its number in the journal; `None` if it was not read yet.
    log_ahead: Option<u64>,
    stamps: BTreeMap<String, u64>,
    index_stamps: IndexStamps,
}

impl Numbers {
    /// Gives out the next number: of this table's rows, or of processes for `None`.
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

    /// The number of a commit in the log minus its number in the journal.
    pub(crate) fn log_ahead(&mut self, reader: &Reader) -> StoreResult<u64> {
        if let Some(ahead) = self.log_ahead {
            return Ok(ahead);
        }
        let ahead = stored(reader, &key::log_ahead(), "the number of the last commit in the log")?;
        self.log_ahead = Some(ahead);
        Ok(ahead)
    }

    /// The same as [`Self::log_ahead`], which must have been called before.
    pub(crate) fn known_ahead(&self) -> u64 {
        self.log_ahead.unwrap_or(0)
    }

    /// The number of the last commit that changed a table, as far as this program has seen one.
    pub(crate) fn stamp(&self, table: &str) -> u64 {
        self.stamps.get(table).copied().unwrap_or(0)
    }

    /// The number of the last commit that wrote a row with this value, as far as this program has seen one.
    pub(crate) fn index_stamp(&self, table: &str, field: &str, key: &[u8]) -> u64 {
        self.index_stamps.get(table, field, key)
    }

    /// Sets the stamps of all that this commit changes, and the new `log_ahead` if it changes. The caller keeps the
    /// numbers locked until the commit is visible, so nobody sees a stamp before its commit.
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

    /// Notes the numbers that a commit uses, and adds all unsaved numbers to its writes.
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

    /// The new difference, if this commit copies a log that ends at `copied`, beyond the commit's own number in the
    /// log.
    pub(crate) fn moved_ahead(&self, copied: u64, number: u64) -> Option<u64> {
        (number + self.known_ahead() < copied).then(|| copied - number)
    }
}

/// The number stored under a key; 0 if there is none.
fn stored(reader: &Reader, key: &[u8], what: &str) -> StoreResult<u64> {
    let number = reader.value(key)?.map_or(Some(0), |value| KeyReader(&value).u64());
    number.ok_or_else(|| cut_short(what))
}
