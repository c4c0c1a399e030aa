//! The splits that surround a token at every node.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::kind::Kind;
use crate::walk::order;

/// The stacks of open splits.
///
/// Stacks share their common parts: a stack is its innermost split on top of another stack.
pub(super) struct Stacks {
    /// For each stack the stack below it, its innermost split and its height. The first stack is the empty one.
    known: Vec<(usize, usize, usize)>,
    numbers: BTreeMap<(usize, usize), usize>,
    /// For each node, the meet of all stacks that arrive there.
    pub(super) arriving: Vec<usize>,
}

/// The stack outside of all splits.
const EMPTY: usize = 0;

impl Stacks {
    pub(super) fn of(graph: &Graph) -> Self {
        let nodes = graph.nodes();
        let mut stacks = Self { known: vec![(EMPTY, usize::MAX, 0)], numbers: BTreeMap::new(), arriving: Vec::new() };
        let mut arriving: Vec<Option<usize>> = nodes.iter().map(|node| node.kind.is_start().then_some(EMPTY)).collect();
        stacks.arriving = vec![EMPTY; nodes.len()];
        // A node comes before the nodes it leads to, loops aside. So most nodes are visited only once.
        let place = order(graph);
        let mut open: BTreeSet<(usize, usize)> =
            (0..nodes.len()).filter(|node| arriving[*node].is_some()).map(|node| (place[node], node)).collect();
        while let Some((_, node)) = open.pop_first() {
            let passed = stacks.passed_on(graph, node);
            for (_, edge) in graph.ways_out(node) {
                let met = arriving[edge.to].map_or(passed, |stack| stacks.common(stack, passed));
                if arriving[edge.to] != Some(met) {
                    arriving[edge.to] = Some(met);
                    stacks.arriving[edge.to] = met;
                    open.insert((place[edge.to], edge.to));
                }
            }
        }
        stacks
    }

    /// Returns the stack with a split on top of it.
    fn push(&mut self, stack: usize, split: usize) -> usize {
        let height = self.height(stack) + 1;
        let known = &mut self.known;
        *self.numbers.entry((stack, split)).or_insert_with(|| {
            known.push((stack, split, height));
            known.len() - 1
        })
    }

    pub(super) fn height(&self, stack: usize) -> usize {
        self.known[stack].2
    }

    /// Returns the innermost split.
    pub(super) fn top(&self, stack: usize) -> Option<usize> {
        (stack != EMPTY).then(|| self.known[stack].1)
    }

    /// Returns the longest stack with which both stacks begin.
    fn common(&self, left: usize, right: usize) -> usize {
        let (mut left, mut right) = (left, right);
        while left != right {
            if self.height(left) >= self.height(right) {
                left = self.known[left].0;
            } else {
                right = self.known[right].0;
            }
        }
        left
    }

    /// Returns the stack of only the `height` outermost splits.
    pub(super) fn cut(&self, stack: usize, height: usize) -> usize {
        let mut stack = stack;
        while self.height(stack) > height {
            stack = self.known[stack].0;
        }
        stack
    }

    /// Returns the stack around a node; for a join, the stack after it has fired.
    pub(super) fn base(&self, graph: &Graph, node: usize) -> usize {
        let stack = self.arriving[node];
        if graph.nodes()[node].kind == Kind::Join { self.known[stack].0 } else { stack }
    }

    /// Returns the stack of a token that has passed `node`.
    fn passed_on(&mut self, graph: &Graph, node: usize) -> usize {
        let stack = self.base(graph, node);
        if graph.nodes()[node].kind == Kind::Split { self.push(stack, node) } else { stack }
    }

    /// Returns the same as [`Stacks::passed_on`], once all stacks are known.
    pub(super) fn passed(&self, graph: &Graph, node: usize) -> usize {
        let stack = self.base(graph, node);
        if graph.nodes()[node].kind == Kind::Split {
            self.numbers.get(&(stack, node)).copied().unwrap_or(stack)
        } else {
            stack
        }
    }
}
