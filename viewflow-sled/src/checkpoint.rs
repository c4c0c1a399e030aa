//! Moves the journal into the tree.

use std::fs::File;

use sled::Db;
use viewflow_store::StoreResult;

use crate::guard::{flush, guarded};
use crate::key;
use crate::shared::Shared;
use crate::tree::{self, Tree};
use crate::writes::Writes;

/// How many keys and bytes the tree takes before it is synced. Readers of the tree wait meanwhile.
///
/// sled recovers from a power cut only if less than a segment of its log (512 KiB) was not on the disk yet. Of
/// several segments, a later one may be on the disk without an earlier one.
const BATCH_KEYS: usize = 128;
const BATCH_BYTES: usize = 64 << 10;

/// Moves files of the journal into the tree until the store closes.
pub(crate) fn put_into_tree(db: &Db, sync: Option<&File>, shared: &Shared) {
    while let Some((writes, through)) = shared.next_for_tree() {
        if let Err(error) = apply(db, sync, &writes, through) {
            shared.fail(&error);
            return;
        }
        shared.tree_has_it();
        drop(writes);
    }
}

/// Puts writes into the tree, and notes there durably that the tree has all commits up to `through`. If this is
/// interrupted, the next opening of the store does it again from the journal.
pub(crate) fn apply(db: &Db, sync: Option<&File>, writes: &Writes, through: u64) -> StoreResult<()> {
    let mut batch = sled::Batch::default();
    let (mut keys, mut bytes) = (0, 0);
    Tree((**db).clone()).put(writes, |changed, at_once| {
        tree::add(&mut batch, &changed);
        keys += changed.len();
        bytes += changed.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum::<usize>();
        if at_once || keys >= BATCH_KEYS || bytes >= BATCH_BYTES {
            guarded(|| db.apply_batch(std::mem::take(&mut batch)))?;
            flush(db, sync)?;
            (keys, bytes) = (0, 0);
        }
        Ok(())
    })?;
    batch.insert(key::last_commit(), through.to_be_bytes().as_slice());
    guarded(|| db.apply_batch(batch))?;
    flush(db, sync)
}
