//! What was committed and is not in the tree yet, laid over the tree.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use viewflow_store::StoreResult;

use crate::gaps::{Gaps, after};
use crate::parts::successor;
use crate::tree::Tree;
use crate::writes::Writes;

/// How many keys a scan takes from the writes here at once, while nobody can commit.
const WALK: usize = 256;
/// How many bytes of values it takes so at most, or somewhat more.
const WALK_BYTES: usize = 64 << 10;
/// How many removed keys in a row are walked over each time. More of them are noted as a gap.
const FEW: usize = 32;
/// How many keys a commit has at most that the growing layer takes at once.
const AT_ONCE: usize = if cfg!(test) { 8 } else { 512 };
/// How many keys of a larger one it takes at a time.
const AT_A_TIME: usize = if cfg!(test) { 3 } else { 128 };

/// Writes that are in the journal only: those that still grow in number, and those that are being put into the tree.
/// A large commit is a layer of its own, above them, until the growing one has taken it piece by piece.
/// Gaps tell of nothing but what the layers and the tree have together. They are kept as long as removed keys are in
/// the layer that was growing when they were found.
#[derive(Default)]
pub(crate) struct Overlay {
    /// The last commit, as far as the growing layer is still to take it.
    large: Writes,
    active: Writes,
    gaps: Gaps,
    frozen: Option<Arc<Writes>>,
    frozen_gaps: Gaps,
    /// How many times something was added.
    added: u64,
    /// How many times the tree had all that was set apart.
    thawed: u64,
}

/// What the overlay needs no longer. Its memory is freed when nobody waits for that.
#[must_use]
#[derive(Default)]
pub(crate) struct Outdated {
    _values: Vec<Option<Vec<u8>>>,
    _layer: Option<Arc<Writes>>,
    _gaps: Gaps,
}

impl Overlay {
    /// Adds a commit. If it is large, [`Overlay::absorb`] is to be called until nothing is left of it.
    pub(crate) fn add(&mut self, writes: Writes) -> Outdated {
        let large = writes.len() > AT_ONCE;
        self.gaps.fill_all(&writes, large);
        self.frozen_gaps.fill_all(&writes, large);
        self.added += 1;
        if self.is_absorbing() {
            self.absorb_all();
        }
        if large && !self.active.is_empty() {
            self.large = writes;
            return Outdated::default();
        }
        if self.active.is_empty() {
            self.active = writes;
            return Outdated::default();
        }
        let values = writes.into_iter().filter_map(|(key, value)| self.active.insert(key, value)).collect();
        Outdated { _values: values, ..Outdated::default() }
    }

    /// Whether something of a large commit is left.
    pub(crate) fn is_absorbing(&self) -> bool {
        !self.large.is_empty()
    }

    /// The growing layer takes some keys of a large commit.
    pub(crate) fn absorb(&mut self) -> Outdated {
        let some = std::iter::from_fn(|| self.large.pop_first()).take(AT_A_TIME);
        let values = some.filter_map(|(key, value)| self.active.insert(key, value)).collect();
        Outdated { _values: values, ..Outdated::default() }
    }

    fn absorb_all(&mut self) {
        self.active.extend(std::mem::take(&mut self.large));
    }

    /// Sets what there is apart, to be put into the tree.
    pub(crate) fn freeze(&mut self) -> Arc<Writes> {
        self.absorb_all();
        let frozen = Arc::new(std::mem::take(&mut self.active));
        self.frozen = Some(Arc::clone(&frozen));
        self.frozen_gaps = std::mem::take(&mut self.gaps);
        frozen
    }

    /// The tree has what was set apart.
    pub(crate) fn thaw(&mut self) -> Outdated {
        self.thawed += 1;
        Outdated { _layer: self.frozen.take(), _gaps: std::mem::take(&mut self.frozen_gaps), ..Outdated::default() }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// How many times the tree had all that was set apart. As long as that is the same, a key that is not known here is in the tree
    /// as it was.
    pub(crate) fn thawed(&self) -> u64 {
        self.thawed
    }

    /// What is known of a key here: nothing, that it was removed, or its value.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Option<Vec<u8>>> {
        self.large.get(key).or_else(|| self.active.get(key)).or_else(|| self.frozen.as_ref()?.get(key))
    }

    /// What is known of a range here, in order: the newer write of each key.
    fn range(&self, from: &[u8], to: Option<&[u8]>) -> impl Iterator<Item = (&Vec<u8>, &Option<Vec<u8>>)> {
        let range = (Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded));
        let frozen = self.frozen.iter().flat_map(move |layer| layer.range::<[u8], _>(range));
        let older = merged(self.active.range::<[u8], _>(range).peekable(), frozen.peekable());
        merged(self.large.range::<[u8], _>(range).peekable(), older.peekable())
    }

    /// What is known here of the keys with a prefix, unless that are more than so many.
    pub(crate) fn few(&self, prefix: &[u8], most: usize) -> Option<Vec<(&Vec<u8>, &Option<Vec<u8>>)>> {
        let end = successor(prefix);
        let known: Vec<_> = self.range(prefix, end.as_deref()).take(most + 1).collect();
        (known.len() <= most).then_some(known)
    }

    /// What a scan of these keys needs to know of the writes here: it goes on behind a gap, and ends where the next one begins.
    pub(crate) fn scan(&self, prefix: &[u8], after: &Bound<Vec<u8>>, limit: usize) -> Scan {
        let mut from = match after {
            Bound::Unbounded => prefix.to_vec(),
            Bound::Included(key) => key.clone(),
            Bound::Excluded(key) => self::after(key),
        };
        let mut behind_gap = false;
        while let Some(behind) = self.gaps.behind(&from).or_else(|| self.frozen_gaps.behind(&from)) {
            from.clone_from(behind);
            behind_gap = true;
        }
        let end = successor(prefix);
        // `after` may come after all keys with the prefix.
        let from = end.as_ref().map_or(from.clone(), |end| from.min(end.clone()));
        let gap = self.gaps.next(&from).into_iter().chain(self.frozen_gaps.next(&from)).min();
        let gap = gap.filter(|gap| end.as_ref().is_none_or(|end| *gap < end)).cloned();
        let mut scan = Scan {
            between_gaps: behind_gap && gap.is_some(),
            more: gap.is_some(),
            to: gap.or(end),
            entries: Vec::new(),
            limit,
            added: self.added,
            thawed: self.thawed,
            from,
        };
        scan.take(self);
        scan
    }

    /// Notes where a scan has found nothing but removed keys, unless something may have come there since. Where that would
    /// take long to find out the next scan tells it again.
    pub(crate) fn note(&mut self, found: Dead) {
        if found.thawed != self.thawed {
            return;
        }
        for (from, to) in found.ranges {
            let is_dead = found.added == self.added || {
                let mut known = self.range(&from, Some(&to));
                known.by_ref().take(2 * WALK).all(|(_, value)| value.is_none()) && known.next().is_none()
            };
            if is_dead {
                self.gaps.note(from, to);
            }
        }
    }
}

/// Two layers as one: where both have a key, the first one has the newer write.
fn merged<'w>(
    mut newer: Peekable<impl Iterator<Item = (&'w Vec<u8>, &'w Option<Vec<u8>>)>>,
    mut older: Peekable<impl Iterator<Item = (&'w Vec<u8>, &'w Option<Vec<u8>>)>>,
) -> impl Iterator<Item = (&'w Vec<u8>, &'w Option<Vec<u8>>)> {
    std::iter::from_fn(move || match (newer.peek(), older.peek()) {
        (Some((new, _)), Some((old, _))) if old < new => older.next(),
        (Some((new, _)), Some((old, _))) => {
            if new == old {
                older.next();
            }
            newer.next()
        }
        (None, _) => older.next(),
        (_, None) => newer.next(),
    })
}

/// A scan that has seen the overlay and is still to see the tree.
pub(crate) struct Scan {
    from: Vec<u8>,
    /// The first key behind what is seen; none: there is no end.
    to: Option<Vec<u8>>,
    /// Whether there may be more behind that.
    more: bool,
    /// Whether gaps are on both sides.
    between_gaps: bool,
    entries: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    limit: usize,
    added: u64,
    thawed: u64,
}

/// Where a scan has found nothing but removed keys.
pub(crate) struct Dead {
    ranges: Vec<(Vec<u8>, Vec<u8>)>,
    added: u64,
    thawed: u64,
}

/// What a scan has found, and from where the next one has to go on; none: there is nothing left.
pub(crate) struct Found {
    pub(crate) entries: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) next: Option<Bound<Vec<u8>>>,
    /// None: nothing that is worth to be noted.
    pub(crate) dead: Option<Dead>,
    /// How many keys were looked at.
    pub(crate) walked: u64,
}

impl Scan {
    /// Takes what the overlay has, as far as it is wanted.
    fn take(&mut self, overlay: &Overlay) {
        let (mut alive, mut bytes, mut enough) = (0, 0, false);
        let known = overlay.range(&self.from, self.to.as_deref());
        let wanted = known.take(WALK).take_while(|(_, value)| {
            enough = alive == self.limit || bytes > WALK_BYTES;
            alive += usize::from(value.is_some());
            bytes += value.as_ref().map_or(0, Vec::len);
            !enough
        });
        self.entries.extend(wanted.map(|(key, value)| (key.clone(), value.clone())));
        let last = self.entries.last().filter(|_| enough || self.entries.len() == WALK);
        if let Some((last, _)) = last {
            (self.to, self.more, self.between_gaps) = (Some(after(last)), true, false);
        }
    }

    /// Ends the scan where another one has to go on, if it begins before that.
    pub(crate) fn ends_within(&mut self, next: Option<&Bound<Vec<u8>>>) -> bool {
        let end = match next {
            None | Some(Bound::Unbounded) => return next.is_none(),
            Some(Bound::Included(key)) => key.clone(),
            Some(Bound::Excluded(key)) => after(key),
        };
        if self.from >= end {
            return false;
        }
        if self.to.as_ref().is_none_or(|to| *to > end) {
            self.entries.retain(|(key, _)| *key < end);
            (self.to, self.more, self.between_gaps) = (Some(end), true, false);
        }
        true
    }

    /// Reads the tree beneath what was seen.
    pub(crate) fn read(self, tree: &Tree) -> StoreResult<Found> {
        if self.is_empty() {
            return self.over(|| Ok(None));
        }
        let mut stored = tree.range(&self.from, self.to.as_deref())?;
        let mut found = self.over(|| stored.next())?;
        found.walked += stored.steps();
        Ok(found)
    }

    /// Takes what the tree has from entries that were read before.
    pub(crate) fn read_known(self, known: &BTreeMap<Vec<u8>, Vec<u8>>) -> StoreResult<Found> {
        if self.is_empty() {
            return self.over(|| Ok(None));
        }
        let range = (Bound::Included(self.from.clone()), self.to.clone().map_or(Bound::Unbounded, Bound::Excluded));
        let mut stored = known.range(range).map(|(key, value)| (key.clone(), value.clone()));
        self.over(|| Ok(stored.next()))
    }

    fn is_empty(&self) -> bool {
        self.to.as_ref().is_some_and(|to| self.from >= *to)
    }

    /// Lays what was seen over what is stored.
    fn over(self, mut stored: impl FnMut() -> StoreResult<Option<(Vec<u8>, Vec<u8>)>>) -> StoreResult<Found> {
        let mut walked = 0;
        let mut own = self.entries.into_iter().peekable();
        let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut dead = Vec::new();
        // Since which key nothing was found, and how many removed ones are there.
        let (mut since, mut removed) = (self.from, 0);
        let mut next_stored = stored()?;
        let ended = loop {
            if entries.len() >= self.limit {
                break false;
            }
            let is_stored = match (own.peek(), &next_stored) {
                (None, None) => break true,
                (Some((key, _)), Some((stored_key, _))) => stored_key < key,
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            walked += 1;
            let found = if is_stored {
                std::mem::replace(&mut next_stored, stored()?)
            } else {
                let own = own.next();
                if next_stored.as_ref().map(|(key, _)| key) == own.as_ref().map(|(key, _)| key) {
                    next_stored = stored()?;
                }
                own.and_then(|(key, value)| Some((key, value?)))
            };
            let Some((key, value)) = found else {
                removed += 1;
                continue;
            };
            let before = std::mem::replace(&mut since, after(&key));
            if std::mem::take(&mut removed) >= FEW {
                dead.push((before, key.clone()));
            }
            entries.push((key, value));
        };
        let all_dead = self.between_gaps && entries.is_empty();
        if ended
            && (removed >= FEW || all_dead)
            && let Some(to) = &self.to
        {
            dead.push((since, to.clone()));
        }
        let next = if ended {
            self.to.filter(|_| self.more).map(Bound::Included)
        } else {
            entries.last().map(|(key, _)| Bound::Excluded(key.clone()))
        };
        let dead = Some(dead).filter(|dead| !dead.is_empty());
        let dead = dead.map(|ranges| Dead { ranges, added: self.added, thawed: self.thawed });
        Ok(Found { entries, next, dead, walked })
    }
}

#[cfg(test)]
mod tests;
