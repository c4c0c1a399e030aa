//! Lays the commits that are not in the tree yet over the tree.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use viewflow_store::StoreResult;

use crate::gaps::{Gaps, after};
use crate::parts::successor;
use crate::tree::Tree;
use crate::writes::Writes;

/// How many keys a scan takes from the overlay at once, while nobody can commit.
const WALK: usize = 256;
/// How many bytes of values it takes at once; the last value may exceed this.
const WALK_BYTES: usize = 64 << 10;
/// Shorter runs of removed keys are walked over each time; a run of this length or more is noted as a gap.
const FEW: usize = 32;
/// The growing layer takes a commit of up to this many keys at once.
const AT_ONCE: usize = if cfg!(test) { 8 } else { 512 };
/// The growing layer takes this many keys of a larger commit at a time.
const AT_A_TIME: usize = if cfg!(test) { 3 } else { 128 };

/// Writes that only the journal has. They are in two layers: one still grows, the other one is being put into the
/// tree. A large commit is a layer of its own above them, until the growing layer has absorbed it piece by piece.
///
/// A gap is a range in which the layers and the tree together have no key. It is kept as long as the removed keys are
/// in the layer that was growing when a scan found it.
#[derive(Default)]
pub(crate) struct Overlay {
    /// The part of the last commit that the growing layer has not absorbed yet.
    large: Writes,
    active: Writes,
    gaps: Gaps,
    frozen: Option<Arc<Writes>>,
    frozen_gaps: Gaps,
    /// How many commits were added.
    added: u64,
    /// How many times a frozen layer was put into the tree.
    thawed: u64,
}

/// Parts that the overlay no longer needs. The caller frees their memory when nobody waits for that.
#[must_use]
#[derive(Default)]
pub(crate) struct Outdated {
    _values: Vec<Option<Vec<u8>>>,
    _layer: Option<Arc<Writes>>,
    _gaps: Gaps,
}

impl Overlay {
    /// Adds a commit. After a large commit, call [`Overlay::absorb`] until nothing is left of it.
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

    /// Whether part of a large commit is left.
    pub(crate) fn is_absorbing(&self) -> bool {
        !self.large.is_empty()
    }

    /// Moves some keys of a large commit into the growing layer.
    pub(crate) fn absorb(&mut self) -> Outdated {
        let some = std::iter::from_fn(|| self.large.pop_first()).take(AT_A_TIME);
        let values = some.filter_map(|(key, value)| self.active.insert(key, value)).collect();
        Outdated { _values: values, ..Outdated::default() }
    }

    fn absorb_all(&mut self) {
        self.active.extend(std::mem::take(&mut self.large));
    }

    /// Freezes the growing layer, to be put into the tree.
    pub(crate) fn freeze(&mut self) -> Arc<Writes> {
        self.absorb_all();
        let frozen = Arc::new(std::mem::take(&mut self.active));
        self.frozen = Some(Arc::clone(&frozen));
        self.frozen_gaps = std::mem::take(&mut self.gaps);
        frozen
    }

    /// Drops the frozen layer: the tree has it.
    pub(crate) fn thaw(&mut self) -> Outdated {
        self.thawed += 1;
        Outdated { _layer: self.frozen.take(), _gaps: std::mem::take(&mut self.frozen_gaps), ..Outdated::default() }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// How many times a frozen layer was put into the tree. While this number stays the same, the tree is unchanged
    /// at every key that the overlay does not know.
    pub(crate) fn thawed(&self) -> u64 {
        self.thawed
    }

    /// The overlay's knowledge of a key: nothing, that it was removed, or its value.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Option<Vec<u8>>> {
        self.large.get(key).or_else(|| self.active.get(key)).or_else(|| self.frozen.as_ref()?.get(key))
    }

    /// The overlay's keys in a range, in order, each with its newest write.
    fn range(&self, from: &[u8], to: Option<&[u8]>) -> impl Iterator<Item = (&Vec<u8>, &Option<Vec<u8>>)> {
        let range = (Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded));
        let frozen = self.frozen.iter().flat_map(move |layer| layer.range::<[u8], _>(range));
        let older = merged(self.active.range::<[u8], _>(range).peekable(), frozen.peekable());
        merged(self.large.range::<[u8], _>(range).peekable(), older.peekable())
    }

    /// The overlay's keys with a prefix; `None` if there are more than `most`.
    pub(crate) fn few(&self, prefix: &[u8], most: usize) -> Option<Vec<(&Vec<u8>, &Option<Vec<u8>>)>> {
        let end = successor(prefix);
        let known: Vec<_> = self.range(prefix, end.as_deref()).take(most + 1).collect();
        (known.len() <= most).then_some(known)
    }

    /// Starts a scan of these keys, with all that it needs from the overlay. The scan starts behind a gap, and ends
    /// where the next gap begins.
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
        // `after` may sort after all keys with the prefix.
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

    /// Notes the ranges in which a scan found only removed keys, unless new keys may have come there since. If that
    /// is slow to find out, it notes nothing, and the next scan reports the range again.
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

/// Merges two layers. Where both have a key, the first layer has the newer write.
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

/// A scan that has read the overlay and has yet to read the tree.
pub(crate) struct Scan {
    from: Vec<u8>,
    /// The first key after the scanned range; `None` if the range has no end.
    to: Option<Vec<u8>>,
    /// Whether there may be more keys after that.
    more: bool,
    /// Whether the range has a gap on both sides.
    between_gaps: bool,
    entries: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    limit: usize,
    added: u64,
    thawed: u64,
}

/// The ranges in which a scan found only removed keys.
pub(crate) struct Dead {
    ranges: Vec<(Vec<u8>, Vec<u8>)>,
    added: u64,
    thawed: u64,
}

/// The result of a scan, and where the next scan has to continue; `None` if nothing is left.
pub(crate) struct Found {
    pub(crate) entries: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) next: Option<Bound<Vec<u8>>>,
    /// `None` if nothing is worth noting.
    pub(crate) dead: Option<Dead>,
    /// How many keys were visited.
    pub(crate) walked: u64,
}

impl Scan {
    /// Takes from the overlay as much as the scan wants.
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

    /// Cuts the scan off at `next`. Returns whether the scan begins before that.
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

    /// Reads the tree below the overlay.
    pub(crate) fn read(self, tree: &Tree) -> StoreResult<Found> {
        if self.is_empty() {
            return self.over(|| Ok(None));
        }
        let mut stored = tree.range(&self.from, self.to.as_deref())?;
        let mut found = self.over(|| stored.next())?;
        found.walked += stored.steps();
        Ok(found)
    }

    /// Uses tree entries that were read earlier, instead of the tree.
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

    /// Merges the overlay's entries with the stored ones.
    fn over(self, mut stored: impl FnMut() -> StoreResult<Option<(Vec<u8>, Vec<u8>)>>) -> StoreResult<Found> {
        let mut walked = 0;
        let mut own = self.entries.into_iter().peekable();
        let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut dead = Vec::new();
        // The key since which nothing was found, and how many removed keys came after it.
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
