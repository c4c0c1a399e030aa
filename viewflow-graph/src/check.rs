//! The soundness rules, one function each.

mod at_once;
mod beside;
mod edges;
mod finish;
mod loops;
mod scopes;
mod stacks;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use self::at_once::check_ends_at_once;
use self::edges::{check_compensation, check_edges, check_first_branches, check_into_start};
use self::loops::check_automatic_loops;
pub(crate) use self::loops::check_loops;
use self::scopes::check_scopes;
use self::ways::{check_reachable, check_start, check_way_to_an_end};
use crate::graph::Graph;
use crate::rule::Fault;
use crate::sound::Sound;

impl Graph {
    /// Checks the graph against every soundness rule.
    ///
    /// # Errors
    /// Returns all faults, without those that are mere consequences of another fault.
    pub fn check(&self) -> Result<Sound, Vec<Fault>> {
        check(self)
    }
}

/// Checks every rule, and leaves out faults that follow from an earlier fault.
///
/// Reachability is not judged around nodes whose edges are not all known. Scopes are not judged while edges are at
/// fault.
fn check(graph: &Graph) -> Result<Sound, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut incomplete: BTreeSet<usize> = (0..graph.nodes().len()).filter(|n| graph.nodes()[*n].incomplete).collect();

    for node in 0..graph.nodes().len() {
        if !incomplete.contains(&node) && !check_edges(graph, node, &mut faults) {
            incomplete.insert(node);
        }
    }
    check_into_start(graph, &mut faults);
    check_compensation(graph, &mut faults);
    check_first_branches(graph, &mut faults);
    let has_start = check_start(graph, &mut faults);
    let unreachable = if has_start { check_reachable(graph, &incomplete, &mut faults) } else { BTreeSet::new() };
    check_way_to_an_end(graph, &incomplete, &unreachable, &mut faults);
    check_automatic_loops(graph, &incomplete, &mut faults);
    check_ends_at_once(graph, &BTreeMap::new(), &mut faults);
    if !faults.is_empty() || !incomplete.is_empty() {
        return Err(faults);
    }
    check_scopes(graph)
}
