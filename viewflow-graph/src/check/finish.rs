//! The rules for how tokens come to their end, given which join closes which split.

use std::collections::{BTreeMap, BTreeSet};

use crate::course::{Ways, coming_to_an_end, ending_the_process};
use crate::graph::{Edge, Graph};
use crate::kind::Kind;
use crate::role::{Role, Selection};
use crate::rule::{Fault, Rule, Spot};

/// Checks that a token at any node can come to its end, with all tokens that it starts.
///
/// The end of the whole process counts as well.
pub(super) fn check_can_finish(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    let nodes = graph.nodes();
    let leaves = coming_to_an_end(graph, closes, |node| nodes[node].kind == Kind::End, |_| true, |_| true, Ways::Alone);
    let joined = |split: usize| {
        let mut branches = graph.out(split).filter(|(_, edge)| edge.role == Role::Branch(Selection::Always));
        branches.find(|(_, edge)| nodes[edge.to].kind != Kind::Join && !leaves[edge.to])
    };
    let quits = ending_the_process(graph, closes, |split| joined(split).is_none());
    let finishes = Endings { graph, closes, quits: &quits }.without(&[], closes.keys().copied().collect());
    let stuck = |node: &usize| !finishes[*node];
    // A split in an endless loop explains best why its neighbours are stuck.
    let split = closes.keys().copied().find(|split| stuck(split));
    if let Some(node) = split.or_else(|| (0..nodes.len()).find(stuck)) {
        let message = format!(
            "`{}` can never reach the end of the process: an `End` inside a split ends one branch only; \
             give the path after the join a way to an `End`",
            nodes[node].name
        );
        faults.push(Fault::node(Rule::NoWayToAnEnd, node, message));
        return;
    }
    // Every join has to be able to fire. It cannot if a branch that is always taken can only end the whole process. A
    // later join that is never reached is a mere consequence.
    for (split, join) in closes {
        if let Some((index, edge)) = joined(*split) {
            let message = format!(
                "`{}` is never reached: the branch of `{}` to `{}` always ends the whole process; give that branch a \
                 way to `{}` or to an `End`",
                nodes[*join].name, nodes[*split].name, nodes[edge.to].name, nodes[*join].name
            );
            faults.push(Fault::edge(Rule::UnreachableNode, *join, index, message).and(Spot::Node(*join)));
            return;
        }
    }
}

/// Finds out which tokens can come to an end, with all tokens that they start.
struct Endings<'g> {
    graph: &'g Graph,
    closes: &'g BTreeMap<usize, usize>,
    /// The nodes from which a token can end the whole process.
    quits: &'g [bool],
}

impl Endings<'_> {
    /// Returns for each node whether a token there can come to an end without arriving at one of these `joins`.
    ///
    /// Each of these `splits` may also end without its own join.
    fn without(&self, joins: &[usize], splits: Vec<usize>) -> Vec<bool> {
        // Tokens beside a task may never be started: the task may be done before. A join at which they do arrive has to
        // be able to finish, just as every node has to.
        let ways = if joins.is_empty() { Ways::WithAllBeside } else { Ways::Alone };
        let mut besides = BTreeSet::new();
        loop {
            let is_end = |node: usize| self.graph.nodes()[node].kind == Kind::End || self.quits[node];
            let ends = |node: usize| is_end(node) || besides.contains(&node);
            let counts = |join: usize| !joins.contains(&join);
            let finishes = coming_to_an_end(self.graph, self.closes, ends, |_| true, counts, ways);
            let can_do_without_its_join = |split: &usize| {
                let join = self.closes[split];
                let alone = || self.without(&[joins, &[join]].concat(), self.splits_within(*split));
                !finishes[*split] && can_do_without(self.graph, *split, join, &alone())
            };
            let more: Vec<usize> = splits.iter().copied().filter(can_do_without_its_join).collect();
            if more.is_empty() {
                return finishes;
            }
            besides.extend(more);
        }
    }

    /// Returns the splits between this split and its join that have joins of their own.
    fn splits_within(&self, split: usize) -> Vec<usize> {
        let (mut within, mut open) = (BTreeSet::new(), vec![split]);
        while let Some(node) = open.pop() {
            let inner = self.graph.ways_out(node).map(|(_, edge)| edge.to).filter(|to| {
                let opened = || self.closes.iter().any(|(inner, join)| join == to && within.contains(inner));
                self.graph.nodes()[*to].kind != Kind::Join || opened()
            });
            let inner: Vec<usize> = inner.collect();
            open.extend(inner.into_iter().filter(|node| within.insert(*node)));
        }
        within.into_iter().filter(|node| *node != split && self.closes.contains_key(node)).collect()
    }
}

/// Whether all tokens that a split starts can end without its join, given the nodes that can.
fn can_do_without(graph: &Graph, split: usize, join: usize, alone: &[bool]) -> bool {
    let ends = |edge: &Edge| edge.to != join && (graph.nodes()[edge.to].kind == Kind::Join || alone[edge.to]);
    let ways = || graph.out(split).map(|(_, edge)| edge);
    let always = || ways().filter(|edge| edge.role == Role::Branch(Selection::Always));
    if always().next().is_some() { always().all(ends) } else { ways().any(ends) }
}
