//! Stamps of what queries by index find.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::{Change, Commit, RowRecord, index_key};

/// How many stamps there are, whatever is stored.
const SLOTS: usize = 4096;

/// The stamps for [`Store::index_stamp`](super::Store::index_stamp), for stores that have them in memory: it takes the same 32 KiB
/// whatever is stored. Values share a slot by chance, so that a write of one can be taken for a write of the other: that costs a step
/// which is run again without need, and nothing else.
#[derive(Debug)]
pub struct IndexStamps(Vec<u64>);

impl Default for IndexStamps {
    fn default() -> Self {
        Self(vec![0; SLOTS])
    }
}

impl IndexStamps {
    /// The number of the last commit that was noted for this value, or for one that shares its slot.
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

/// The values under which a row was found, and those under which it will be.
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

/// A number for something that takes much room itself. Two things can have the same one, though that is rare.
pub(super) fn mark(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
