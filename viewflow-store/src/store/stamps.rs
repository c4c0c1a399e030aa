//! Stamps for the results of queries by index.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::{Change, Commit, RowRecord, index_key};

/// How many stamps there are, whatever is stored.
const SLOTS: usize = 4096;

/// The stamps for [`Store::index_stamp`](super::Store::index_stamp), for stores that keep them in memory.
///
/// They take 32 KiB, whatever is stored. Values may share a slot by chance, so that a write of one value counts as a
/// write of the other. Then a step is run again without need; there is no other harm.
#[derive(Debug)]
pub struct IndexStamps(Vec<u64>);

impl Default for IndexStamps {
    fn default() -> Self {
        Self(vec![0; SLOTS])
    }
}

impl IndexStamps {
    /// Returns the number of the last commit that was noted for this value, or for a value that shares its slot.
    pub fn get(&self, table: &str, field: &str, key: &[u8]) -> u64 {
        self.0[slot(table, field, key)]
    }

    /// Notes that the commit with this number was taken.
    pub fn note(&mut self, commit: &Commit, number: u64) {
        for change in &commit.changes {
            if let Change::Row { table, old, new, .. } = change {
                each_key(old.as_ref(), new.as_ref(), |field, key| self.0[slot(table, field, key)] = number);
            }
        }
    }
}

/// Visits the values under which a row was found, and those under which it will be found.
pub(super) fn each_key(old: Option<&RowRecord>, new: Option<&RowRecord>, mut visit: impl FnMut(&str, &[u8])) {
    for entry in old.into_iter().chain(new).flat_map(|row| &row.index) {
        if let Some(key) = index_key(&entry.value) {
            visit(&entry.field, &key);
        }
    }
}

fn slot(table: &str, field: &str, key: &[u8]) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "any part of a hash will do")]
    let any = mark((table, field, key)) as usize;
    any % SLOTS
}

/// Returns a hash for something that takes much room itself. In rare cases two things have the same hash.
pub(super) fn mark(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
