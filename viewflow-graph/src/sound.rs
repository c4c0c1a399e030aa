//! What is known of a graph that keeps every rule.

use std::collections::BTreeMap;

/// What is known of a graph that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The innermost split around each node.
    inner: Vec<Option<usize>>,
    closes: BTreeMap<usize, usize>,
}

impl Sound {
    /// What was found: the innermost split around each node, and the join that closes each split that has one.
    pub(crate) fn new(inner: Vec<Option<usize>>, closes: BTreeMap<usize, usize>) -> Self {
        Self { inner, closes }
    }

    /// The join of each split that has one.
    pub(crate) fn closes(&self) -> &BTreeMap<usize, usize> {
        &self.closes
    }

    /// The splits that are open when a token arrives at `node`, outermost first. For a join: after it has fired.
    pub fn scope(&self, node: usize) -> Vec<usize> {
        let mut splits: Vec<usize> = std::iter::successors(self.inner[node], |split| self.inner[*split]).collect();
        splits.reverse();
        splits
    }

    /// The join that closes `split`; none where each branch has ends of its own or goes on to an outer join.
    pub fn join_of(&self, split: usize) -> Option<usize> {
        self.closes.get(&split).copied()
    }

    /// The split that `join` closes.
    pub fn split_of(&self, join: usize) -> Option<usize> {
        self.closes.iter().find(|(_, j)| **j == join).map(|(split, _)| *split)
    }
}

/// How it is said within which splits something is, outermost first.
pub fn within(splits: &[&str]) -> String {
    match splits {
        [] => "outside of all splits".to_owned(),
        splits => format!("within `{}`", splits.join("`, `")),
    }
}
