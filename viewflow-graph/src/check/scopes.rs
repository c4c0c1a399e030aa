//! The rules for splits and joins: which of them belong together, and which nodes lie between them.

use std::collections::BTreeMap;

use super::at_once::check_ends_at_once;
use super::beside::check_beside;
use super::finish::check_can_finish;
use super::loops::check_joined_loops;
use super::stacks::Stacks;
use crate::graph::Graph;
use crate::kind::Kind;
use crate::role::{Role, Selection};
use crate::rule::{Fault, Rule, Spot};
use crate::sound::Sound;

/// Checks the rules for scopes. All edges have to be complete, and all nodes reachable.
///
/// Every node gets one stack of open splits. Each edge passes on the stack of its source, with the source added if that
/// is a split; a join drops the innermost split. The stacks are the greatest solution of a data-flow problem. Its meet
/// is the longest common prefix (Kildall, "A unified approach to global program optimization", 1973).
pub(super) fn check_scopes(graph: &Graph) -> Result<Sound, Vec<Fault>> {
    let stacks = Stacks::of(graph);
    let mut faults = Vec::new();
    for node in 0..graph.nodes().len() {
        if graph.nodes()[node].kind != Kind::Join {
            check_one_stack(graph, &stacks, node, &mut faults);
        }
    }
    // As long as a node has more than one stack, it is not known what a join closes.
    if faults.is_empty() {
        let closes = check_joins(graph, &stacks, &mut faults);
        // If two joins close one split, it is not known where that split goes on.
        let joined = faults.is_empty();
        check_splits(graph, &closes, &mut faults);
        if joined {
            check_beside(graph, &stacks, &closes, &mut faults);
            check_joined_loops(graph, &closes, &mut faults);
        }
        if faults.is_empty() {
            check_ends_at_once(graph, &closes, &mut faults);
        }
        if faults.is_empty() {
            check_can_finish(graph, &closes, &mut faults);
        }
        if faults.is_empty() {
            let nodes = 0..graph.nodes().len();
            let inner = nodes.map(|node| stacks.top(stacks.base(graph, node))).collect();
            return Ok(Sound::new(inner, closes));
        }
    }
    Err(faults)
}

/// Checks that a node other than a join has the same stack on every way that leads to it.
fn check_one_stack(graph: &Graph, stacks: &Stacks, node: usize, faults: &mut Vec<Fault>) {
    let deepest = graph
        .ways_in(node)
        .max_by_key(|(index, edge)| (stacks.height(stacks.passed(graph, edge.from)), std::cmp::Reverse(*index)));
    let Some((index, edge)) = deepest else { return };
    let height = stacks.height(stacks.arriving[node]) + 1;
    let stack = stacks.passed(graph, edge.from);
    if stacks.height(stack) < height {
        return;
    }
    let inside = stacks.cut(stack, height);
    let Some(split) = stacks.top(inside) else { return };
    let name = |node: usize| &graph.nodes()[node].name;
    let outside = graph.ways_in(node).find(|(_, other)| stacks.cut(stacks.passed(graph, other.from), height) != inside);
    let told = outside.map_or(String::new(), |(_, other)| format!(" (from `{}`)", name(other.from)));
    let kind = graph.nodes()[node].kind;
    let way_out = if kind.is_end() {
        format!("give the branches of `{}` an end of their own, or join them first", name(split))
    } else {
        format!("join the branches of `{}` before `{}`, or give each path a node of its own", name(split), name(node))
    };
    let message = format!(
        "`{}` is reached inside split `{}` (from `{}`) and outside it{told}: {way_out}",
        name(node),
        name(split),
        name(edge.from)
    );
    let fault = Fault::edge(Rule::EscapesSplit, node, index, message);
    faults.push(match outside {
        Some((other, _)) => fault.and(Spot::Edge(other)),
        None => fault,
    });
}

/// Checks that every join closes a split, and that no split is closed by two joins.
fn check_joins(graph: &Graph, stacks: &Stacks, faults: &mut Vec<Fault>) -> BTreeMap<usize, usize> {
    let mut closes = BTreeMap::new();
    let name = |node: usize| &graph.nodes()[node].name;
    for node in (0..graph.nodes().len()).filter(|n| graph.nodes()[*n].kind == Kind::Join) {
        match stacks.top(stacks.arriving[node]) {
            None => {
                let message = format!(
                    "`{}` joins branches, but no `Split` is open where it is reached: lead to the next node \
                     directly, or open the branches with a `Split`",
                    name(node)
                );
                faults.push(Fault::node(Rule::JoinWithoutSplit, node, message));
            }
            Some(split) => {
                if let Some(first) = closes.insert(split, node) {
                    let message = format!(
                        "split `{}` is closed by two joins, `{}` and `{}`: lead all its branches to one of them",
                        name(split),
                        name(first),
                        name(node)
                    );
                    faults.push(Fault::node(Rule::SplitClosedTwice, node, message).and(Spot::Node(first)));
                }
            }
        }
    }
    closes
}

/// Checks that a split has somewhere to go on every run.
///
/// It takes a branch each time, or has an `otherwise`. If its branches are per item, it may have a join to go on to
/// when there are no items.
fn check_splits(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    for split in (0..graph.nodes().len()).filter(|n| graph.nodes()[*n].kind.is_split()) {
        let per_item = graph.out(split).any(|(_, edge)| edge.role == Role::Branch(Selection::PerItem));
        if graph.out(split).any(|(_, edge)| edge.role.is_sure()) || (per_item && closes.contains_key(&split)) {
            continue;
        }
        let name = &graph.nodes()[split].name;
        let message = if per_item {
            format!(
                "no `Join` closes split `{name}`, so there is nowhere to go when it has no items: add `#[otherwise(..)]`"
            )
        } else {
            format!(
                "split `{name}` may take none of its branches: add `#[otherwise(..)]`, or a branch without a condition"
            )
        };
        faults.push(Fault::node(Rule::SplitWithoutBranch, split, message));
    }
}
