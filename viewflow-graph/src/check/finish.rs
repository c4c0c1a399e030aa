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
    // Splits that can come to an end in another way than by their join.
    let mut besides = BTreeSet::new();
    let finishes = loop {
        let ends = |node: usize| nodes[node].kind == Kind::End || quits[node] || besides.contains(&node);
        let finishes = coming_to_an_end(graph, closes, ends, |_| true, |_| true, Ways::WithAllBeside);
        let more: Vec<usize> = closes
            .iter()
            .filter(|(split, join)| {
                // What is beside a task need not be set going: the task may be done before. If it comes to the join when it is,
                // the join has to be able to finish, as all nodes have to.
                let alone = || coming_to_an_end(graph, closes, ends, |_| true, |other| other != **join, Ways::Alone);
                !finishes[**split] && can_do_without(graph, **split, **join, &alone())
            })
            .map(|(split, _)| *split)
            .collect();
        if more.is_empty() {
            break finishes;
        }
        besides.extend(more);
    };
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

/// Whether all that a split sets going can end without its join, given which nodes can.
fn can_do_without(graph: &Graph, split: usize, join: usize, alone: &[bool]) -> bool {
    let ends = |edge: &Edge| edge.to != join && (graph.nodes()[edge.to].kind == Kind::Join || alone[edge.to]);
    let ways = || graph.out(split).map(|(_, edge)| edge);
    let always = || ways().filter(|edge| edge.role == Role::Branch(Selection::Always));
    if always().next().is_some() { always().all(ends) } else { ways().any(ends) }
}
