//! The rule for tokens that run beside a task.

use std::collections::{BTreeMap, BTreeSet};

use super::stacks::Stacks;
use crate::graph::Graph;
use crate::role::Role;
use crate::rule::{Fault, Rule, Spot};
use crate::walk::reached;

/// Checks that tokens beside a task do not run into the task's own way, or else that way would be taken twice.
///
/// They may meet in the join of the scope that contains both.
pub(super) fn check_beside(graph: &Graph, stacks: &Stacks, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    let nodes = graph.nodes();
    for (index, edge) in graph.edges().iter().enumerate().filter(|(_, edge)| edge.role.is_beside()) {
        let host = edge.from;
        let join = stacks.top(stacks.base(graph, host)).and_then(|split| closes.get(&split)).copied();
        let mut beside = reached([edge.to], |node| {
            let out = graph.out(node).map(|(_, edge)| edge.to);
            out.filter(|_| Some(node) != join).collect()
        });
        beside.retain(|node| !nodes[*node].kind.is_end() && Some(*node) != join);
        // Find paths from the host's own next nodes to one of these nodes. A token that comes back to the host starts a
        // new side branch. The search goes backwards, as side branches are mostly short.
        let own: BTreeSet<usize> =
            graph.ways_out(host).filter(|(_, other)| !other.role.is_beside()).map(|(_, other)| other.to).collect();
        let before = |node: usize| {
            let from = graph.into(node).map(|(_, edge)| edge.from);
            from.filter(|from| *from != host && Some(*from) != join).collect()
        };
        let meets = |nodes: &[usize]| {
            let before = reached(nodes.iter().copied(), before);
            nodes.contains(&host) || before.iter().any(|node| own.contains(node))
        };
        let beside: Vec<usize> = beside.into_iter().collect();
        if !meets(&beside) {
            continue;
        }
        if let Some(shared) = beside.into_iter().find(|node| meets(&[*node])) {
            let (host_name, beside, shared_name) = (&nodes[host].name, &nodes[edge.to].name, &nodes[shared].name);
            let way_out = match edge.role {
                Role::Timeout { .. } => format!("lead `{beside}` to an `End`, or remove `interrupting = false`"),
                _ => format!("lead `{beside}` to an `End`"),
            };
            let message = format!(
                "what `{host_name}` starts beside itself, `{beside}`, and `{host_name}` itself would both go on to \
                 `{shared_name}`: {way_out}"
            );
            faults.push(Fault::edge(Rule::RunsIntoHost, host, index, message).and(Spot::Node(shared)));
        }
    }
}
