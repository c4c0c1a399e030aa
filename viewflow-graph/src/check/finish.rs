//! The rules of how tokens come to their end, once it is known which join closes which split.

use std::collections::{BTreeMap, BTreeSet};

use crate::course::{Ways, coming_to_an_end, ending_the_process};
use crate::graph::{Edge, Graph};
use crate::kind::Kind;
use crate::role::{Role, Selection};
use crate::rule::{Fault, Place, Rule};

/// A token at any node can come to its end, with all that it sets going, or to the end of the whole process.
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
    // The split that goes round explains best what its neighbours suffer from.
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
    // A join can fire: no branch that is always taken comes to the end of the whole process only. One after another that
    // is never reached is a consequence.
    for (split, join) in closes {
        if let Some((index, edge)) = joined(*split) {
            let message = format!(
                "`{}` is never reached: the branch of `{}` to `{}` always ends the whole process; give that branch a \
                 way to `{}` or to an `End`",
                nodes[*join].name, nodes[*split].name, nodes[edge.to].name, nodes[*join].name
            );
            faults.push(Fault::edge(Rule::UnreachableNode, *join, index, message).and(Place::Node(*join)));
            return;
        }
    }
}

/// Which tokens can come to an end, with all that they set going.
struct Endings<'g> {
    graph: &'g Graph,
    closes: &'g BTreeMap<usize, usize>,
    /// The nodes from which the whole process can be ended.
    quits: &'g [bool],
}

impl Endings<'_> {
    /// For each node, whether a token there can come to an end without coming to one of these joins. Each of these splits may do so
    /// without its own join, too.
    fn without(&self, joins: &[usize], splits: Vec<usize>) -> Vec<bool> {
        // What is beside a task need not be set going: the task may be done before. If it comes to a join when it is, that has to
        // be able to finish, as all nodes have to.
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

    /// The splits between this one and its join that have joins of their own.
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

/// Whether all that a split sets going can end without its join, given which nodes can.
fn can_do_without(graph: &Graph, split: usize, join: usize, alone: &[bool]) -> bool {
    let ends = |edge: &Edge| edge.to != join && (graph.nodes()[edge.to].kind == Kind::Join || alone[edge.to]);
    let ways = || graph.out(split).map(|(_, edge)| edge);
    let always = || ways().filter(|edge| edge.role == Role::Branch(Selection::Always));
    if always().next().is_some() { always().all(ends) } else { ways().any(ends) }
}
