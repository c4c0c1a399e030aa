//! Records in their stored form, except for their revisions.

use viewflow_store::StoreResult;

use crate::bundle::{self, BundleId, Changes};
use crate::frame;
use crate::key;
use crate::read::Content;
use crate::writes::Writes;

/// A record in its stored form, except for its revision.
pub(crate) struct Draft {
    pub(crate) key: Vec<u8>,
    /// The head and the pieces; empty if the record is removed.
    values: Vec<Vec<u8>>,
    /// The old record's revision and number of pieces.
    pub(crate) old: Option<(u64, u32)>,
}

impl Draft {
    pub(crate) fn of(key: Vec<u8>, content: Option<&[u8]>, old: Option<(u64, u32)>) -> StoreResult<Self> {
        let values = content.map_or(Ok(Vec::new()), |content| frame::values(&key, content))?;
        Ok(Self { key, values, old })
    }

    /// Drafts a bundle. Also returns the numbers of the records that no longer stand aside.
    pub(crate) fn of_bundle(id: BundleId, changes: &Changes, old: Option<&Content>) -> StoreResult<(Self, Vec<u32>)> {
        let before = old.map_or(&[][..], |old| &old.bytes);
        let draft =
            Self::of(id.key(), bundle::change(before, changes).as_deref(), old.map(|old| (old.revision, old.pieces)))?;
        Ok((draft, bundle::brought_in(before, changes)))
    }

    /// Adds the record's writes, and removes the pieces that a longer old record has left.
    pub(crate) fn finish(self, writes: &mut Writes, revision: u64) {
        let mut values = self.values.into_iter();
        let mut head = values.next();
        if let Some(head) = &mut head {
            frame::set_revision(head, revision);
        }
        let mut kept = 0;
        for value in values {
            writes.insert(key::piece(&self.key, kept), Some(value));
            kept += 1;
        }
        for left in kept..self.old.map_or(0, |(_, pieces)| pieces) {
            writes.insert(key::piece(&self.key, left), None);
        }
        writes.insert(self.key, head);
    }
}
