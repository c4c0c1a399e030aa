//! The facts that the checks find out about a sound graph.

use std::collections::BTreeMap;

/// The facts that the checks find out about a sound graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The innermost split around each node.
    inner: Vec<Option<usize>>,
    closes: BTreeMap<usize, usize>,
}

impl Sound {
    /// Takes the innermost split around each node, and the join of each split that has one.
    pub(crate) fn new(inner: Vec<Option<usize>>, closes: BTreeMap<usize, usize>) -> Self {
        Self { inner, closes }
    }

    /// Returns the join of each split that has one.
    pub(crate) fn closes(&self) -> &BTreeMap<usize, usize> {
        &self.closes
    }

    /// Returns the splits that are open when a token arrives at `node`, outermost first.
    ///
    /// For a join, these are the splits that are open after it has fired.
    pub fn scope(&self, node: usize) -> Vec<usize> {
        let mut splits: Vec<usize> = std::iter::successors(self.inner[node], |split| self.inner[*split]).collect();
        splits.reverse();
        splits
    }

    /// Returns the join that closes `split`.
    ///
    /// A split has no join where each branch has ends of its own or goes on to an outer join.
    pub fn join_of(&self, split: usize) -> Option<usize> {
        self.closes.get(&split).copied()
    }

    /// Returns the split that `join` closes.
    pub fn split_of(&self, join: usize) -> Option<usize> {
        self.closes.iter().find(|(_, j)| **j == join).map(|(split, _)| *split)
    }
}

/// Describes for messages which splits surround a node, outermost first.
pub fn within(splits: &[&str]) -> String {
    match splits {
        [] => "outside of all splits".to_owned(),
        splits => format!("within `{}`", splits.join("`, `")),
    }
}
