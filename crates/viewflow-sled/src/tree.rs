//! The tree as its readers see it: entries of lists and indexes each by itself, though they are kept in buckets.

use std::collections::VecDeque;
use std::ops::Bound;

use viewflow_core::StoreError;
use viewflow_core::store::StoreResult;

use crate::bucket::{self, Entries};
use crate::guard::guarded;
use crate::overlay::{Writes, successor};

/// sled's tree, and what is in its buckets.
#[derive(Clone)]
pub(crate) struct Tree(pub(crate) sled::Tree);

impl Tree {
    pub(crate) fn get(&self, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        let Some(list) = bucket::list_of(key) else {
            return guarded(|| Ok(self.0.get(key)?.map(|value| value.to_vec())));
        };
        let Some((_, entries)) = self.bucket(key, list)? else { return Ok(None) };
        Ok(entries.contains(&key[list..]).then(Vec::new))
    }

    /// The bucket that an entry is in, if it is.
    fn bucket(&self, entry: &[u8], list: usize) -> StoreResult<Option<(Vec<u8>, Entries)>> {
        let from = Bound::Included(&entry[..list]);
        let found = guarded(|| self.0.range::<&[u8], _>((from, Bound::Included(entry))).next_back().transpose())?;
        found.map(|(key, value)| Ok((key.to_vec(), read(&key, &value)?))).transpose()
    }

    /// What is in a range, in order.
    pub(crate) fn range(&self, first: Bound<Vec<u8>>, last: Bound<Vec<u8>>) -> StoreResult<Range> {
        let mut start = first.clone();
        // The entries at the beginning may be in a bucket that begins before.
        if let Bound::Included(key) | Bound::Excluded(key) = &first {
            let before = if key.first().is_some_and(|letter| b"lqi".contains(letter)) {
                guarded(|| self.0.range::<&[u8], _>(..=key.as_slice()).next_back().transpose())?
            } else {
                None
            };
            if let Some((before, _)) = before.filter(|(before, _)| before.first() == key.first()) {
                start = Bound::Included(before.to_vec());
            }
        }
        let stored = self.0.range((start, last.clone()));
        Ok(Range { stored, found: VecDeque::new(), first, last })
    }

    /// What has to be written so that the tree has these entries of one bucket, too, or has them no more; it takes from
    /// `writes` those that go into the same bucket as the first one does.
    fn bucketed<'w>(
        &self,
        writes: &mut std::iter::Peekable<impl Iterator<Item = (&'w Vec<u8>, &'w Option<Vec<u8>>)>>,
        entry: &[u8],
        list: usize,
        changed: &mut Writes,
    ) -> StoreResult<()> {
        let found = self.bucket(entry, list)?;
        let (key, mut entries) = found.unwrap_or_else(|| (bucket::first(entry, list), Entries::new()));
        let end = successor(&entry[..list]).map_or(Bound::Unbounded, Bound::Excluded);
        let next = guarded(|| self.0.range((Bound::Excluded(key.clone()), end)).next().transpose())?;
        bucket::change(&mut entries, writes, &entry[..list], next.as_ref().map(|(key, _)| &**key));
        bucket::write(&key, list, &entries, next.is_none(), changed);
        Ok(())
    }

    /// Removes the buckets that are damaged; answers with how many there were.
    pub(crate) fn remove_damaged(&self) -> StoreResult<u64> {
        let mut damaged = sled::Batch::default();
        let mut count = 0;
        for letter in [b"l", b"q", b"i"] {
            for stored in self.0.scan_prefix(letter) {
                let (key, value) = guarded(|| stored)?;
                if bucket::read(&key, &value).is_none() {
                    damaged.remove(key);
                    count += 1;
                }
            }
        }
        guarded(|| self.0.apply_batch(damaged))?;
        Ok(count)
    }

    /// Visits what has to be written so that the tree has all of `writes`, piece by piece.
    pub(crate) fn put(&self, writes: &Writes, mut visit: impl FnMut(Writes) -> StoreResult<()>) -> StoreResult<()> {
        let mut writes = writes.iter().peekable();
        while let Some((key, _)) = writes.peek() {
            let entry: &[u8] = key;
            let mut changed = Writes::new();
            match bucket::list_of(entry) {
                Some(list) => self.bucketed(&mut writes, entry, list, &mut changed)?,
                None => changed.extend(writes.next().map(|(key, value)| (key.clone(), value.clone()))),
            }
            visit(changed)?;
        }
        Ok(())
    }
}

fn read(key: &[u8], value: &[u8]) -> StoreResult<Entries> {
    bucket::read(key, value).ok_or_else(|| StoreError::Damaged {
        what: "a list or an index".to_owned(),
        detail: "its checksum is wrong; `repair` rebuilds it".to_owned(),
    })
}

/// Entries and records of a range.
pub(crate) struct Range {
    stored: sled::Iter,
    /// Those of the bucket that was read last.
    found: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// What is not before this was not told yet.
    first: Bound<Vec<u8>>,
    last: Bound<Vec<u8>>,
}

impl Range {
    /// The next key with its value.
    pub(crate) fn next(&mut self) -> StoreResult<Option<(Vec<u8>, Vec<u8>)>> {
        loop {
            if let Some(found) = self.found.pop_front() {
                return Ok(Some(found));
            }
            let Some((key, value)) = guarded(|| self.stored.next().transpose())? else { return Ok(None) };
            let Some(list) = bucket::list_of(&key) else { return Ok(Some((key.to_vec(), value.to_vec()))) };
            // Buckets may be divided while they are read one after the other.
            let range = (self.first.clone(), self.last.clone());
            let entries = bucket::keys(&key, list, read(&key, &value)?);
            if crate::overlay::is_empty(&range) {
                return Ok(None);
            }
            self.found = entries.range(range).map(|(key, value)| (key.clone(), value.clone())).collect();
            if let Some((last, _)) = self.found.back() {
                self.first = Bound::Excluded(last.clone());
            }
        }
    }
}
