//! Ordered lists, by name.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Ordered lists, by name. A list that becomes empty is forgotten.
#[derive(Debug)]
pub struct Lists<L, E>(pub(super) BTreeMap<L, BTreeSet<E>>);

impl<L, E> Default for Lists<L, E> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<L: Ord, E: Ord + Copy> Lists<L, E> {
    /// Puts an entry into a list.
    pub fn insert(&mut self, list: L, entry: E) {
        self.0.entry(list).or_default().insert(entry);
    }

    /// As [`Lists::insert`]. Does not copy the name of a list that exists.
    pub(super) fn add(&mut self, list: &L, entry: E)
    where
        L: Clone,
    {
        match self.0.get_mut(list) {
            Some(entries) => drop(entries.insert(entry)),
            None => self.insert(list.clone(), entry),
        }
    }

    /// Removes an entry from a list.
    pub fn remove(&mut self, list: &L, entry: E) {
        if let Some(entries) = self.0.get_mut(list) {
            entries.remove(&entry);
            if entries.is_empty() {
                self.0.remove(list);
            }
        }
    }

    /// Removes the entries `old`, and puts in the entries `new`. An entry in both stays where it is.
    pub(super) fn replace(&mut self, old: &[(L, E)], new: Vec<(L, E)>) {
        for (list, entry) in old.iter().filter(|old| !new.contains(old)) {
            self.remove(list, *entry);
        }
        for (list, entry) in new.into_iter().filter(|new| !old.contains(new)) {
            self.insert(list, entry);
        }
    }

    /// Removes all entries from a list, and returns them.
    pub fn take(&mut self, list: &L) -> BTreeSet<E> {
        self.0.remove(list).unwrap_or_default()
    }

    /// Returns the entries of a list that come after this one.
    pub fn after(&self, list: &L, after: Option<E>) -> impl Iterator<Item = E> {
        let first = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.0.get(list).into_iter().flat_map(move |entries| entries.range((first, Bound::Unbounded))).copied()
    }

    /// The entries of a list that come before this one, the last one first.
    pub(super) fn before(&self, list: &L, before: Option<E>) -> impl Iterator<Item = E> {
        let end = before.map_or(Bound::Unbounded, Bound::Excluded);
        self.0.get(list).into_iter().flat_map(move |entries| entries.range((Bound::Unbounded, end)).rev()).copied()
    }
}
