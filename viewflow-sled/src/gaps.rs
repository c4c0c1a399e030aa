//! Gaps: ranges of keys in which everything was removed. A scan skips them.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::writes::Writes;

/// Ranges of keys that do not touch each other: the first key of each, and the first key behind it.
#[derive(Debug, Default)]
pub(crate) struct Gaps(BTreeMap<Vec<u8>, Vec<u8>>);

impl Gaps {
    /// The first key behind the gap that contains a key.
    pub(crate) fn behind(&self, key: &[u8]) -> Option<&Vec<u8>> {
        let (_, end) = self.0.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()?;
        Some(end).filter(|end| key < end.as_slice())
    }

    /// The beginning of the first gap after a key.
    pub(crate) fn next(&self, key: &[u8]) -> Option<&Vec<u8>> {
        self.0.range::<[u8], _>((Bound::Excluded(key), Bound::Unbounded)).next().map(|(start, _)| start)
    }

    /// Notes that a range is empty. Gaps that it meets become one with it.
    pub(crate) fn note(&mut self, mut start: Vec<u8>, mut end: Vec<u8>) {
        if start >= end {
            return;
        }
        while let Some((before, behind)) =
            self.0.range(..=end.clone()).next_back().filter(|(_, behind)| **behind >= start)
        {
            let before = before.clone();
            end = end.max(behind.clone());
            self.0.remove(&before);
            start = start.min(before);
        }
        self.0.insert(start, end);
    }

    /// Notes that the written keys exist now, except the removed ones. Between several such keys, a gap stays. With
    /// `roughly` it does not: the gap then loses everything from the first such key to the last one.
    pub(crate) fn fill_all(&mut self, writes: &Writes, roughly: bool) {
        let mut from = Bound::Unbounded;
        while !self.0.is_empty() {
            let mut alive = writes.range((from, Bound::Unbounded)).filter(|(_, value)| value.is_some());
            let Some((key, _)) = alive.next() else { return };
            from = match self.behind(key).cloned() {
                Some(end) => {
                    let mut within = writes.range::<[u8], _>((Bound::Included(&**key), Bound::Excluded(&*end)));
                    let last = if roughly { within.rfind(|(_, value)| value.is_some()) } else { None };
                    let last = last.map_or(key, |(last, _)| last);
                    self.fill(key, last);
                    Bound::Excluded(last.clone())
                }
                None => match self.next(key) {
                    Some(next) => Bound::Included(next.clone()),
                    None => return,
                },
            };
        }
    }

    /// Notes that keys may exist from `first` to `last`, which are in one gap.
    fn fill(&mut self, first: &[u8], last: &[u8]) {
        let before = self.0.range::<[u8], _>((Bound::Unbounded, Bound::Included(first))).next_back();
        if let Some((start, end)) = before.map(|(start, end)| (start.clone(), end.clone())) {
            self.0.remove(&start);
            self.note(start, first.to_vec());
            self.note(after(last), end);
        }
    }
}

/// The first key after a key.
pub(crate) fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Note(u8, u8),
        Fill(BTreeMap<u8, Option<Vec<u8>>>, bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        let writes = btree_map(0..60_u8, option::of(Just(Vec::new())), 0..6);
        prop_oneof![
            (0..40_u8, 0..12_u8).prop_map(|(start, length)| Step::Note(start, length)),
            (writes, any::<bool>()).prop_map(|(writes, roughly)| Step::Fill(writes, roughly)),
        ]
    }

    /// Fills key by key; with `roughly`, from the first key in a gap to the last one.
    fn fill(model: &mut [bool; 64], keys: &BTreeMap<u8, Option<Vec<u8>>>, roughly: bool) {
        let alive: Vec<_> =
            keys.iter().filter(|(_, value)| value.is_some()).map(|(key, _)| usize::from(*key)).collect();
        let before = *model;
        let in_one_gap = |first: usize, last: usize| before[first..=last].iter().all(|is_gap| *is_gap);
        for (nth, first) in alive.iter().copied().enumerate() {
            model[first] = false;
            let last = alive[nth..].iter().copied().take_while(|last| in_one_gap(first, *last)).last();
            if let Some(last) = last.filter(|_| roughly) {
                model[first..=last].fill(false);
            }
        }
    }

    proptest! {
        #[test]
        fn gaps_are_the_keys_that_were_noted_and_not_filled_since(
            steps in vec(step(), 0..30),
        ) {
            let mut gaps = Gaps::default();
            let mut model = [false; 64];
            for step in steps {
                match step {
                    Step::Note(start, length) => {
                        gaps.note(vec![start], vec![start + length]);
                        model[usize::from(start)..usize::from(start + length)].fill(true);
                    }
                    Step::Fill(keys, roughly) => {
                        gaps.fill_all(&keys.iter().map(|(key, value)| (vec![*key], value.clone())).collect(), roughly);
                        fill(&mut model, &keys, roughly);
                    }
                }
                for key in 0..60_u8 {
                    let behind = gaps.behind(&[key]);
                    prop_assert_eq!(behind.is_some(), model[usize::from(key)]);
                    if let Some(behind) = behind {
                        let left = (key..60).take_while(|key| [*key][..] < behind[..]);
                        prop_assert!(left.clone().all(|key| model[usize::from(key)]));
                    }
                    prop_assert!(gaps.next(&[key]).is_none_or(|next| next[..] > [key][..]));
                }
                let ranges: Vec<_> = gaps.0.iter().collect();
                prop_assert!(ranges.windows(2).all(|two| two[0].1 < two[1].0), "{:?}", gaps);
            }
        }
    }
}
