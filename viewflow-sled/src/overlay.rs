//! What was committed and is not in the tree yet, laid over the tree.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use viewflow_core::store::StoreResult;

use crate::parts::successor;
use crate::tree::Tree;
use crate::writes::Writes;

/// Writes that are in the journal only: those that still grow in number, and those that are being put into the tree.
#[derive(Default)]
pub(crate) struct Overlay {
    active: Writes,
    frozen: Option<Arc<Writes>>,
}

impl Overlay {
    pub(crate) fn add(&mut self, writes: Writes) {
        self.active.extend(writes);
    }

    /// Sets what there is apart, to be put into the tree.
    pub(crate) fn freeze(&mut self) -> Arc<Writes> {
        let frozen = Arc::new(std::mem::take(&mut self.active));
        self.frozen = Some(Arc::clone(&frozen));
        frozen
    }

    /// The tree has what was set apart.
    pub(crate) fn thaw(&mut self) {
        self.frozen = None;
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// What is known of a key here: nothing, that it was removed, or its value.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Option<Vec<u8>>> {
        self.active.get(key).or_else(|| self.frozen.as_ref()?.get(key))
    }

    /// The first entries of a range, `size` or somewhat more.
    fn window(&self, range: &(Bound<Vec<u8>>, Bound<Vec<u8>>), size: usize) -> Window {
        let mut end = None::<Vec<u8>>;
        let mut entries = BTreeMap::new();
        // The newer writes come last and replace the older ones.
        for layer in self.frozen.as_deref().into_iter().chain([&self.active]) {
            let mut found = layer.range(range.clone());
            entries.extend(found.by_ref().take(size).map(|(key, value)| (key.clone(), value.clone())));
            if found.next().is_some() {
                let last = layer.range(range.clone()).nth(size.saturating_sub(1)).map(|(key, _)| key.clone());
                end = end.into_iter().chain(last).min();
            }
        }
        if let Some(end) = &end {
            entries.retain(|key, _| key <= end);
        }
        Window { entries, end }
    }

    /// What a scan of these keys needs to know of the writes here.
    pub(crate) fn scan(&self, prefix: &[u8], after: &Bound<Vec<u8>>, limit: usize) -> Scan {
        let first = match after {
            Bound::Unbounded => Bound::Included(prefix.to_vec()),
            bound => bound.clone(),
        };
        let last = match successor(prefix) {
            Some(end) => Bound::Excluded(end),
            None => Bound::Unbounded,
        };
        // `after` may come after all keys with the prefix.
        let range = (first, last);
        if is_empty(&range) {
            return Scan { range: None, window: Window { entries: BTreeMap::new(), end: None }, limit };
        }
        let window = self.window(&range, limit.min(256));
        Scan { range: Some(range), window, limit }
    }
}

/// Some entries of a range, and how far they are all that there are of it; none: to its end.
struct Window {
    entries: Writes,
    end: Option<Vec<u8>>,
}

/// A scan that has seen the overlay and is still to see the tree.
pub(crate) struct Scan {
    /// None: it is empty.
    range: Option<(Bound<Vec<u8>>, Bound<Vec<u8>>)>,
    window: Window,
    limit: usize,
}

/// What a scan has found, and from where the next one has to go on; none: there is nothing left.
pub(crate) struct Found {
    pub(crate) entries: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) next: Option<Bound<Vec<u8>>>,
}

impl Scan {
    /// Reads the tree beneath what was seen.
    pub(crate) fn read(self, tree: &Tree) -> StoreResult<Found> {
        let Some((first, last)) = self.range else { return Ok(Found { entries: Vec::new(), next: None }) };
        let last = self.window.end.clone().map_or(last, Bound::Included);
        let mut own = self.window.entries.into_iter().peekable();
        let mut entries = Vec::new();
        if is_empty(&(first.clone(), last.clone())) {
            return Ok(Found { entries, next: self.window.end.map(Bound::Excluded) });
        }
        let mut stored = tree.range(first, last)?;
        let mut next_stored = stored.next()?;
        while entries.len() < self.limit {
            match (own.peek(), &next_stored) {
                (None, None) => break,
                (Some((key, _)), Some((stored_key, _))) if key > stored_key => {
                    entries.extend(next_stored.take());
                    next_stored = stored.next()?;
                }
                (None, Some(_)) => {
                    entries.extend(next_stored.take());
                    next_stored = stored.next()?;
                }
                (Some((key, _)), at) => {
                    if at.as_ref().is_some_and(|(stored_key, _)| key == stored_key) {
                        next_stored = stored.next()?;
                    }
                    entries.extend(own.next().and_then(|(key, value)| Some((key, value?))));
                }
            }
        }
        let next = if entries.len() < self.limit {
            self.window.end.map(Bound::Excluded)
        } else {
            entries.last().map(|(key, _)| Bound::Excluded(key.clone()))
        };
        Ok(Found { entries, next })
    }
}

/// Whether nothing can be in a range, which is no range then.
fn is_empty(range: &(Bound<Vec<u8>>, Bound<Vec<u8>>)) -> bool {
    match range {
        (Bound::Included(a), Bound::Included(b)) => a > b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a >= b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        vec(prop::sample::select(vec![0_u8, 1, 7, 255]), 0..4)
    }

    fn writes() -> impl Strategy<Value = Writes> {
        btree_map(key(), option::of(vec(any::<u8>(), 0..3)), 0..20)
    }

    fn scan(
        overlay: &Overlay,
        tree: &Tree,
        prefix: &[u8],
        after: &Bound<Vec<u8>>,
        limit: usize,
    ) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut all = Vec::new();
        let mut after = after.clone();
        loop {
            let found = overlay.scan(prefix, &after, limit - all.len()).read(tree).unwrap();
            all.extend(found.entries);
            match found.next {
                Some(next) => after = next,
                None => return all,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_scan_sees_the_tree_with_the_newer_writes_over_it(
            stored in btree_map(key(), vec(any::<u8>(), 0..3), 0..20),
            older in writes(),
            newer in writes(),
            prefix in vec(prop::sample::select(vec![0_u8, 1, 7, 255]), 0..2),
            after in option::of(key()),
            limit in 1..8_usize,
        ) {
            let db = sled::Config::new().temporary(true).open().unwrap();
            let tree = Tree((*db).clone());
            for (key, value) in &stored {
                db.insert(key, value.clone()).unwrap();
            }
            let mut overlay = Overlay::default();
            overlay.add(older.clone());
            overlay.freeze();
            overlay.add(newer.clone());

            let mut model = stored;
            for (key, value) in older.into_iter().chain(newer) {
                match value {
                    Some(value) => drop(model.insert(key, value)),
                    None => drop(model.remove(&key)),
                }
            }
            for (key, value) in &model {
                let here = overlay.get(key).cloned();
                let read = here.unwrap_or_else(|| tree.get(key).unwrap());
                prop_assert_eq!(read.as_ref(), Some(value));
            }
            let after = after.map(|after| [prefix.clone(), after].concat());
            let expected: Vec<_> = model
                .into_iter()
                .filter(|(key, _)| key.starts_with(&prefix) && after.as_ref().is_none_or(|after| key > after))
                .take(limit)
                .collect();
            let bound = after.map_or(Bound::Unbounded, Bound::Excluded);
            prop_assert_eq!(scan(&overlay, &tree, &prefix, &bound, limit), expected);
        }
    }
}
