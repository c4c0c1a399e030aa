//! What was committed and is not in the tree yet, laid over the tree.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sled::Tree;
use viewflow_core::StoreError;
use viewflow_core::store::StoreResult;

/// Keys with their new values; none is a key that was removed.
pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Writes by the commit that made them, until that commit is in the tree.
#[derive(Default)]
pub(crate) struct Pending(BTreeMap<Vec<u8>, (u64, Option<Vec<u8>>)>);

impl Pending {
    pub(crate) fn add(&mut self, commit: u64, writes: &Writes) {
        let entries = writes.iter().map(|(key, value)| (key.clone(), (commit, value.clone())));
        self.0.extend(entries);
    }

    /// Forgets writes that the tree has now, by commits up to `through`. What was written again since stays.
    pub(crate) fn forget(&mut self, through: u64, writes: &Writes) {
        for key in writes.keys() {
            if self.0.get(key).is_some_and(|(commit, _)| *commit <= through) {
                self.0.remove(key);
            }
        }
    }

    pub(crate) fn get(&self, tree: &Tree, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        match self.0.get(key) {
            Some((_, value)) => Ok(value.clone()),
            None => guarded(|| Ok(tree.get(key)?.map(|value| value.to_vec()))),
        }
    }

    /// At most `limit` entries with this prefix whose keys come after `after`, in order.
    pub(crate) fn scan(
        &self,
        tree: &Tree,
        prefix: &[u8],
        after: &Bound<Vec<u8>>,
        limit: usize,
    ) -> StoreResult<Vec<(Vec<u8>, Vec<u8>)>> {
        let first = match after {
            Bound::Unbounded => Bound::Included(prefix.to_vec()),
            bound => bound.clone(),
        };
        let range = (first, Bound::<Vec<u8>>::Unbounded);
        let mut own = self.0.range(range.clone()).take_while(|(key, _)| key.starts_with(prefix)).peekable();
        guarded(|| {
            let mut stored = tree.range(range).peekable();
            let mut found = Vec::new();
            while found.len() < limit {
                let key_in_tree = match stored.peek() {
                    Some(Err(error)) => return Err(error.clone()),
                    Some(Ok((key, _))) => Some(key.clone()).filter(|key| key.starts_with(prefix)),
                    None => None,
                };
                match (own.peek(), key_in_tree) {
                    (None, None) => break,
                    (Some((key, (_, value))), stored_key) if stored_key.as_ref().is_none_or(|s| s[..] >= key[..]) => {
                        if stored_key.is_some_and(|stored_key| stored_key[..] == key[..]) {
                            stored.next();
                        }
                        if let Some(value) = value {
                            found.push(((*key).clone(), value.clone()));
                        }
                        own.next();
                    }
                    _ => {
                        if let Some(entry) = stored.next() {
                            let (key, value) = entry?;
                            found.push((key.to_vec(), value.to_vec()));
                        }
                    }
                }
            }
            Ok(found)
        })
    }
}

/// Calls sled so that neither its errors nor its panics get through untyped. It panics on some kinds of damage.
pub(crate) fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> StoreResult<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(StoreError::Io(error.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let detail = text.unwrap_or_else(|| "sled panicked".to_owned());
            Err(StoreError::Damaged { what: "the database file".to_owned(), detail })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        vec(prop::sample::select(vec![0_u8, 1, 7, 255]), 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_scan_sees_the_tree_with_the_pending_writes_over_it(
            stored in btree_map(key(), vec(any::<u8>(), 0..3), 0..20),
            pending in btree_map(key(), proptest::option::of(vec(any::<u8>(), 0..3)), 0..20),
            prefix in vec(prop::sample::select(vec![0_u8, 1, 7, 255]), 0..2),
            after in proptest::option::of(key()),
            limit in 0..8_usize,
        ) {
            let tree = sled::Config::new().temporary(true).open().unwrap();
            for (key, value) in &stored {
                tree.insert(key, value.clone()).unwrap();
            }
            let mut over = Pending::default();
            over.add(1, &pending);

            let mut model = stored;
            for (key, value) in pending {
                match value {
                    Some(value) => drop(model.insert(key, value)),
                    None => drop(model.remove(&key)),
                }
            }
            let after = after.map(|after| [prefix.clone(), after].concat());
            let expected: Vec<_> = model
                .into_iter()
                .filter(|(key, _)| key.starts_with(&prefix) && after.as_ref().is_none_or(|after| key > after))
                .take(limit)
                .collect();
            let bound = after.map_or(Bound::Unbounded, Bound::Excluded);
            prop_assert_eq!(over.scan(&tree, &prefix, &bound, limit).unwrap(), expected);
        }
    }
}
