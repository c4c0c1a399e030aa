//! Ranges of keys in which nothing is, though much was: whoever looks there goes on behind them.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Ranges of keys that do not touch each other: the first key of each, and the first one behind it.
#[derive(Debug, Default)]
pub(crate) struct Gaps(BTreeMap<Vec<u8>, Vec<u8>>);

impl Gaps {
    /// The first key behind the gap that a key is in.
    pub(crate) fn behind(&self, key: &[u8]) -> Option<&Vec<u8>> {
        let (_, end) = self.0.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()?;
        Some(end).filter(|end| key < end.as_slice())
    }

    /// Where the first gap after a key begins.
    pub(crate) fn next(&self, key: &[u8]) -> Option<&Vec<u8>> {
        self.0.range::<[u8], _>((Bound::Excluded(key), Bound::Unbounded)).next().map(|(start, _)| start)
    }

    /// Notes that nothing is in a range. Gaps that it meets become one with it.
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

    /// Notes that something is under a key.
    pub(crate) fn fill(&mut self, key: &[u8]) {
        let Some(end) = self.behind(key).cloned() else { return };
        if let Some((start, _)) = self.0.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back() {
            let start = start.clone();
            self.0.remove(&start);
            self.note(start, key.to_vec());
            self.note(after(key), end);
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
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gaps_are_the_keys_that_were_noted_and_not_filled_since(
            steps in vec((0..40_u8, 0..12_u8, any::<bool>()), 0..30),
        ) {
            let mut gaps = Gaps::default();
            let mut model = [false; 64];
            for (start, length, fills) in steps {
                if fills {
                    gaps.fill(&[start]);
                    model[usize::from(start)] = false;
                } else {
                    gaps.note(vec![start], vec![start + length]);
                    model[usize::from(start)..usize::from(start + length)].fill(true);
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
