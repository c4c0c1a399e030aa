//! The rules for ways from a start and to an end.

use std::collections::BTreeSet;

use crate::graph::Graph;
use crate::rule::{Fault, Rule};
use crate::walk::{closure, follow};

/// Checks that the flow has a start.
pub(super) fn check_start(graph: &Graph, faults: &mut Vec<Fault>) -> bool {
    let found = graph.nodes().iter().any(|node| node.kind.is_start());
    if !found {
        let message = "a flow needs a start: add a field `start: Start` or `start: StartHandle`";
        faults.push(Fault::flow(Rule::NoStart, message));
    }
    found
}

/// Checks that every node is reached from a start, and returns the nodes that are not.
pub(super) fn check_reachable(graph: &Graph, incomplete: &BTreeSet<usize>, faults: &mut Vec<Fault>) -> BTreeSet<usize> {
    let starts = (0..graph.nodes().len()).filter(|n| graph.nodes()[*n].kind.is_start());
    let reached = closure(&graph.successors(), starts.collect());
    let all = 0..graph.nodes().len();
    let unreachable: BTreeSet<usize> = all.filter(|node| !reached[*node]).collect();
    if incomplete.iter().any(|node| reached[*node]) {
        return unreachable;
    }
    // Only the first nodes are reported: nodes behind an unreachable node are a mere consequence.
    let is_head = |node: &usize| graph.into(*node).all(|(_, edge)| reached[edge.from]);
    let heads: Vec<usize> = unreachable.iter().copied().filter(is_head).collect();
    let told = if heads.is_empty() { unreachable.iter().copied().take(1).collect() } else { heads };
    for node in told {
        let name = &graph.nodes()[node].name;
        let message = format!("no start leads to `{name}`: name it in an edge of another node, or remove it");
        faults.push(Fault::node(Rule::UnreachableNode, node, message));
    }
    unreachable
}

/// Checks that every node can reach an end.
pub(super) fn check_way_to_an_end(
    graph: &Graph,
    incomplete: &BTreeSet<usize>,
    unreachable: &BTreeSet<usize>,
    faults: &mut Vec<Fault>,
) {
    let nodes = graph.nodes();
    let ends: Vec<usize> = (0..nodes.len())
        .filter(|n| nodes[*n].kind.is_end() || incomplete.contains(n) || graph.is_compensation(*n))
        .collect();
    if !nodes.is_empty() && !nodes.iter().any(|node| node.kind.is_end()) && incomplete.is_empty() {
        let message = "a flow needs an end: add a field `end: End` and lead to it";
        faults.push(Fault::flow(Rule::NoWayToAnEnd, message));
        return;
    }
    let ending = closure(&graph.predecessors(), ends);
    let stuck: Vec<usize> = (0..nodes.len()).filter(|n| !ending[*n] && !unreachable.contains(n)).collect();
    // A loop without a way out is one mistake, reported at its first node.
    let successors = graph.successors();
    let mut told = vec![false; nodes.len()];
    for node in stuck {
        if told[node] {
            continue;
        }
        follow(&successors, vec![node], &mut told);
        let name = &nodes[node].name;
        let message = format!("`{name}` can never reach an end: give it, or a node after it, a way to an `End`");
        faults.push(Fault::node(Rule::NoWayToAnEnd, node, message));
    }
}
