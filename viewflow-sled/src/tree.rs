//! The tree as its readers see it: with single entries of lists and indexes, though they are kept in buckets.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{Bound, RangeBounds};

use viewflow_store::{StoreError, StoreResult};

use crate::bucket::{self, Entries};
use crate::entry;
use crate::guard::guarded;
use crate::parts::successor;
use crate::writes::Writes;

/// sled's tree, with the entries in its buckets.
#[derive(Clone)]
pub(crate) struct Tree(pub(crate) sled::Tree);

impl Tree {
    pub(crate) fn get(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        let Some(list) = bucket::list_of(key) else {
            return guarded(|| Ok(self.0.get(key)?.map(|value| value.to_vec())));
        };
        let Some((bucket, value)) = self.bucket(key, list)? else { return Ok(None) };
        Ok(read(&bucket, &value)?.contains(&key[list..]).then(Vec::new))
    }

    /// The bucket that would contain an entry, as it is stored.
    fn bucket(&self, entry: &[u8], list: usize) -> StoreResult<Option<(Vec<u8>, Vec<u8>)>> {
        let from = Bound::Included(&entry[..list]);
        let found = guarded(|| self.0.range::<&[u8], _>((from, Bound::Included(entry))).next_back().transpose())?;
        Ok(found.map(|(key, value)| (key.to_vec(), value.to_vec())))
    }

    /// The key of the next bucket of a list.
    fn after(&self, bucket: &[u8], list: usize) -> StoreResult<Option<Vec<u8>>> {
        let end = successor(&bucket[..list]).map_or(Bound::Unbounded, Bound::Excluded);
        let next = guarded(|| self.0.range((Bound::Excluded(bucket.to_vec()), end)).next().transpose())?;
        Ok(next.map(|(key, _)| key.to_vec()))
    }

    /// The content of a range in order, from a key up to but without `to`.
    pub(crate) fn range(&self, from: &[u8], to: Option<&[u8]>) -> StoreResult<Range> {
        let mut start = from.to_vec();
        // The first entries may be in a bucket that begins before the range.
        if from.first().is_some_and(|letter| entry::IN_BUCKETS.contains(letter)) {
            let before = guarded(|| self.0.range::<&[u8], _>(..=from).next_back().transpose())?;
            if let Some((before, _)) = before.filter(|(before, _)| before.first() == from.first()) {
                start = before.to_vec();
            }
        }
        let end = to.map_or(Bound::Unbounded, |to| Bound::Excluded(to.to_vec()));
        let stored = self.0.range((Bound::Included(start), end.clone()));
        Ok(Range { stored, found: VecDeque::new(), from: Bound::Included(from.to_vec()), end, steps: 0 })
    }

    /// Applies writes to the bucket of the first one, and adds the result to `changed`. Takes from `writes` all
    /// that belong to the same bucket. Returns whether there may be more of them. A damaged bucket stays as it is
    /// until it is rebuilt from the records.
    fn bucketed<'w>(
        &self,
        writes: &mut std::iter::Peekable<impl Iterator<Item = (&'w Vec<u8>, &'w Option<Vec<u8>>)>>,
        entry: &[u8],
        list: usize,
        changed: &mut Writes,
    ) -> StoreResult<bool> {
        let (key, mut entries) = match self.bucket(entry, list)? {
            Some((key, value)) => {
                let entries = bucket::read(&key, &value);
                (key, entries)
            }
            None => (bucket::first(entry, list), Some(Entries::new())),
        };
        let next = self.after(&key, list)?;
        let mut nowhere = Entries::new();
        let into = entries.as_mut().unwrap_or(&mut nowhere);
        let more = bucket::change(into, writes, &entry[..list], next.as_deref());
        if let Some(entries) = entries {
            bucket::write(&key, list, &entries, next.is_none(), changed);
        }
        Ok(more)
    }

    /// The damaged buckets: the key of each, the length of its list's key, and the key of the next bucket.
    pub(crate) fn damaged(&self) -> StoreResult<BTreeMap<Vec<u8>, (usize, Option<Vec<u8>>)>> {
        let mut damaged = BTreeMap::new();
        for letter in entry::IN_BUCKETS {
            let mut stored = self.0.scan_prefix([letter]);
            while let Some((key, value)) = guarded(|| stored.next().transpose())? {
                let list = bucket::list_of(&key).filter(|_| bucket::read(&key, &value).is_none());
                if let Some(list) = list {
                    let next = self.after(&key, list)?;
                    damaged.insert(key.to_vec(), (list, next));
                }
            }
        }
        Ok(damaged)
    }

    /// Writes values as they are, without a sync. Suits rebuilt buckets: if the write is lost, they are damaged
    /// again, and can be rebuilt from the records again.
    pub(crate) fn write_as_they_are(&self, writes: &Writes) -> StoreResult<()> {
        let mut batch = sled::Batch::default();
        add(&mut batch, writes);
        guarded(|| self.0.apply_batch(batch))
    }

    /// Visits the writes that bring all of `writes` into the tree, piece by piece. The flag says whether a piece
    /// has to be applied before the next one can be computed.
    pub(crate) fn put(
        &self,
        writes: &Writes,
        mut visit: impl FnMut(Writes, bool) -> StoreResult<()>,
    ) -> StoreResult<()> {
        let mut writes = writes.iter().peekable();
        while let Some((key, _)) = writes.peek() {
            let entry: &[u8] = key;
            let mut changed = Writes::new();
            let mut more = false;
            match bucket::list_of(entry) {
                Some(list) => more = self.bucketed(&mut writes, entry, list, &mut changed)?,
                None => changed.extend(writes.next().map(|(key, value)| (key.clone(), value.clone()))),
            }
            visit(changed, more)?;
        }
        Ok(())
    }
}

/// Adds writes to a batch as they are.
pub(crate) fn add(batch: &mut sled::Batch, writes: &Writes) {
    for (key, value) in writes {
        match value {
            Some(value) => batch.insert(key.as_slice(), value.as_slice()),
            None => batch.remove(key.as_slice()),
        }
    }
}

fn read(key: &[u8], value: &[u8]) -> StoreResult<Entries> {
    bucket::read(key, value).ok_or_else(|| StoreError::Damaged {
        what: "a list or an index".to_owned(),
        detail: "its checksum is wrong; `repair` rebuilds it".to_owned(),
    })
}

/// Iterates over the entries and records of a range.
pub(crate) struct Range {
    stored: sled::Iter,
    /// The entries of the bucket that was read last.
    found: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// Entries before this were returned already.
    from: Bound<Vec<u8>>,
    end: Bound<Vec<u8>>,
    steps: u64,
}

impl Range {
    /// How many values of the tree were visited.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// The next key with its value.
    pub(crate) fn next(&mut self) -> StoreResult<Option<(Vec<u8>, Vec<u8>)>> {
        loop {
            if let Some(found) = self.found.pop_front() {
                return Ok(Some(found));
            }
            self.steps += 1;
            let Some((key, value)) = guarded(|| self.stored.next().transpose())? else { return Ok(None) };
            let Some(list) = bucket::list_of(&key) else { return Ok(Some((key.to_vec(), value.to_vec()))) };
            let entries = read(&key, &value)?.into_iter().map(|numbers| [&key[..list], &numbers].concat());
            // A bucket may be divided while the range is read, so entries that were returned are not returned
            // again.
            let range = (self.from.as_ref(), self.end.as_ref());
            self.found = entries.filter(|entry| range.contains(entry)).map(|entry| (entry, Vec::new())).collect();
            if let Some((last, _)) = self.found.back() {
                self.from = Bound::Excluded(last.clone());
            }
        }
    }
}
