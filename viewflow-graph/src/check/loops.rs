//! The rule for loops: every step has to come to its end.

use std::collections::{BTreeMap, BTreeSet};

use crate::course::in_one_step;
use crate::graph::Graph;
use crate::kind::Kind;
use crate::rule::{Fault, Rule, Spot};
use crate::walk::cycles;

/// Checks that every loop has a node that waits for someone or something, or else one step would never finish.
///
/// Loops around joins are checked later, once it is known what the joins wait for.
pub(super) fn check_automatic_loops(graph: &Graph, incomplete: &BTreeSet<usize>, faults: &mut Vec<Fault>) {
    let passes = |node: usize| {
        let kind = graph.nodes()[node].kind;
        kind.may_not_wait() && kind != Kind::Join && !incomplete.contains(&node)
    };
    let next = |node: usize| graph.ways_out(node).filter(|(_, edge)| edge.role.is_automatic()).map(|(_, edge)| edge.to);
    let successors: Vec<Vec<usize>> =
        (0..graph.nodes().len()).map(|node| if passes(node) { next(node).collect() } else { Vec::new() }).collect();
    check_loops(graph, &successors, faults);
}

/// Reports the loops that a token could follow endlessly within one step.
pub(crate) fn check_loops(graph: &Graph, successors: &[Vec<usize>], faults: &mut Vec<Fault>) {
    for cycle in cycles(successors) {
        let names: Vec<String> = cycle.iter().map(|n| format!("`{}`", graph.nodes()[*n].name)).collect();
        let message = format!(
            "the loop {} -> {} has no node that waits, so one step would run for ever: put a `View` or a `Handle` into it",
            names.join(" -> "),
            names[0]
        );
        let fault = Fault::node(Rule::AutomaticLoop, cycle[0], message);
        faults.push(match cycle[..] {
            [_, .., last] => fault.and(Spot::Node(last)),
            _ => fault,
        });
    }
}

/// Checks that a loop around joins has something to wait for: a node, or a branch that is always taken.
pub(super) fn check_joined_loops(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    let successors = in_one_step(graph, closes, |node| graph.nodes()[node].kind.may_not_wait());
    check_loops(graph, &successors, faults);
}
