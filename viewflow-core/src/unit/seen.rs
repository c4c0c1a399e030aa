//! Lists of the store as a step sees them that has changed some of their entries.

use std::collections::BTreeMap;

use viewflow_store::__private::Lists;

use super::looked::looked;
use crate::error::Result;

/// Lists in which the step's own entries replace the store's entries for everything that the step has changed.
pub(super) struct Seen<L, E> {
    /// The entries for what the step has changed.
    pub(super) own: Lists<L, E>,
    /// The place in each of the store's lists up to which the step has changed everything. It need not be read again.
    fronts: BTreeMap<L, E>,
}

impl<L, E> Default for Seen<L, E> {
    fn default() -> Self {
        Self { own: Lists::default(), fronts: BTreeMap::new() }
    }
}

impl<L: Ord + Clone, E: Ord + Copy> Seen<L, E> {
    /// Returns at most `limit` entries of a list after `after`, or a few less. Also returns the entry after which to
    /// read on; none at the end of the list.
    ///
    /// `read` reads up to that many entries from the store's list. `is_changed` says whether the step has changed what
    /// an entry stands for.
    pub(super) fn page(
        &mut self,
        list: &L,
        after: Option<E>,
        limit: usize,
        read: impl FnOnce(Option<E>, usize) -> Result<Vec<E>>,
        is_changed: impl Fn(E) -> bool,
    ) -> Result<(Vec<E>, Option<E>)> {
        let front = self.fronts.get(list).copied();
        let from = after.max(front);
        let found = read(from, limit)?;
        let through = found.last().copied().filter(|_| found.len() == limit);
        let hidden = found.iter().take_while(|entry| is_changed(**entry)).count();
        if from == front && hidden > 0 {
            self.fronts.insert(list.clone(), found[hidden - 1]);
        }
        let mut found: Vec<E> = looked(found.into_iter()).filter(|entry| !is_changed(*entry)).collect();
        let own = self.own.after(list, after).take_while(|entry| through.is_none_or(|through| *entry <= through));
        found.extend(looked(own).take(limit));
        found.sort_unstable();
        found.truncate(limit);
        let next = if found.len() == limit { found.last().copied() } else { through };
        Ok((found, next))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Act {
        /// The step changes something. The flag says whether its entry is in the list from then on.
        Change(u8, bool),
        Page(Option<u8>, usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        let entry = || 0..20_u8;
        prop_oneof![
            (entry(), any::<bool>()).prop_map(|(entry, is_in)| Act::Change(entry, is_in)),
            (proptest::option::of(entry()), 1..6_usize).prop_map(|(after, limit)| Act::Page(after, limit)),
        ]
    }

    /// Returns a page of a store's list.
    fn page(stored: &BTreeSet<u8>, after: Option<u8>, limit: usize) -> Vec<u8> {
        stored.iter().copied().filter(|entry| after.is_none_or(|after| *entry > after)).take(limit).collect()
    }

    proptest! {
        #[test]
        fn pages_are_those_of_the_list_as_the_step_has_changed_it(
            stored in proptest::collection::btree_set(0..20_u8, 0..20),
            acts in proptest::collection::vec(act(), 1..40),
        ) {
            let (mut seen, mut changed, mut list) = (Seen::default(), BTreeSet::new(), stored.clone());
            for act in acts {
                match act {
                    Act::Change(entry, is_in) => {
                        changed.insert(entry);
                        list.retain(|other| *other != entry);
                        list.extend(is_in.then_some(entry));
                        seen.own.remove(&(), entry);
                        if is_in {
                            seen.own.insert((), entry);
                        }
                    }
                    Act::Page(mut after, limit) => {
                        let mut rest = page(&list, after, usize::MAX);
                        loop {
                            let read = |after, limit| Ok(page(&stored, after, limit));
                            let (found, next) =
                                seen.page(&(), after, limit, read, |entry| changed.contains(&entry)).unwrap();
                            prop_assert!(found.len() <= limit && rest.starts_with(&found), "{found:?} of {rest:?}");
                            rest.drain(..found.len());
                            after = next;
                            if after.is_none() {
                                break;
                            }
                        }
                        prop_assert!(rest.is_empty(), "{rest:?} are left out");
                    }
                }
            }
        }

        /// Entries found to be changed are not read again.
        #[test]
        fn to_take_from_the_front_reads_each_entry_twice_at_most(count in 1..60_u32) {
            let stored: Vec<u32> = (0..count).collect();
            let (mut seen, mut changed, mut reads) = (Seen::default(), BTreeSet::new(), 0);
            let mut after = None;
            loop {
                let read = |after: Option<u32>, limit| {
                    let found: Vec<u32> = stored.iter().copied().filter(|entry| Some(*entry) > after).take(limit).collect();
                    reads += found.len();
                    Ok(found)
                };
                let (found, next) = seen.page(&(), after, 1, read, |entry| changed.contains(&entry)).unwrap();
                // Starts at the front again, once an entry was taken.
                after = if found.is_empty() { next } else { None };
                changed.extend(found.iter().copied());
                if found.is_empty() && next.is_none() {
                    break;
                }
            }
            prop_assert_eq!(changed.len(), stored.len());
            prop_assert!(reads <= 2 * stored.len(), "{} reads of {}", reads, stored.len());
        }
    }
}
