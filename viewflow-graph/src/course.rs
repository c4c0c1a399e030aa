//! How far tokens can get, through splits and their joins.

use std::collections::BTreeMap;

use crate::graph::{Edge, Graph};
use crate::kind::Kind;
use crate::role::{Role, Selection};

/// Returns for each node the nodes that a token can reach from it directly within one step.
///
/// The token goes on from nodes that it `passes` without waiting. From a split it may reach the join that closes the
/// split. For that, all branches have to come to their end within the step, and one of them at the join.
pub(crate) fn in_one_step(
    graph: &Graph,
    closes: &BTreeMap<usize, usize>,
    passes: impl Fn(usize) -> bool,
) -> Vec<Vec<usize>> {
    let nodes = graph.nodes();
    let is_end = |node: usize| nodes[node].kind == Kind::End;
    let quick = coming_to_an_end(graph, closes, is_end, &passes, |_| true, Ways::InOneStep);
    let joins = coming_to_a_join(graph, closes, &passes);
    let arrives = |edge: &Edge| nodes[edge.to].kind == Kind::Join || quick[edge.to];
    let brings = |edge: &Edge| nodes[edge.to].kind == Kind::Join || joins[edge.to];
    let step = |node: usize| {
        let ways = || graph.ways_out(node).map(|(_, edge)| edge).filter(|edge| edge.role.is_automatic());
        let mut next: Vec<usize> = ways().map(|edge| edge.to).filter(|to| nodes[*to].kind != Kind::Join).collect();
        if let Some(join) = closes.get(&node) {
            let is = |role: Role| move |edge: &&Edge| edge.role == role;
            let always = || ways().filter(is(Role::Branch(Selection::Always)));
            let otherwise = ways().find(is(Role::Otherwise));
            let joined = match otherwise {
                _ if always().next().is_some() => {
                    always().all(arrives) && ways().any(|edge| arrives(edge) && brings(edge))
                }
                Some(_) => ways().any(|edge| arrives(edge) && brings(edge)),
                None => true,
            };
            next.extend(joined.then_some(*join));
        }
        next
    };
    (0..nodes.len()).map(|node| if passes(node) { step(node) } else { Vec::new() }).collect()
}

/// The ways that a token may take to its end, and the other tokens that have to end with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ways {
    /// All ways. Every token that is started beside a task has to end, too.
    WithAllBeside,
    /// All ways. Tokens that are started beside a task do not matter.
    Alone,
    /// The ways that a token can take within one step.
    InOneStep,
}

impl Ways {
    fn has(self, edge: &Edge) -> bool {
        self != Self::InOneStep || edge.role.is_automatic()
    }
}

/// Returns for each node whether a token there can come to one of these ends, with all tokens that it starts.
///
/// The token goes on through nodes that it `passes`. An `End` inside a split ends a branch, not the token that opened
/// the split. A split that is closed by a join goes on there, so it has to be able to finish *after* the join. A token
/// that arrives at a join has come to its end if that join `counts`; the rest of the way belongs to the join. The
/// result is a least fixed point.
pub(crate) fn coming_to_an_end(
    graph: &Graph,
    closes: &BTreeMap<usize, usize>,
    ends: impl Fn(usize) -> bool,
    passes: impl Fn(usize) -> bool,
    counts: impl Fn(usize) -> bool,
    which: Ways,
) -> Vec<bool> {
    let nodes = graph.nodes();
    let always = |edge: &Edge| edge.role == Role::Branch(Selection::Always);
    let splits = |node: usize| nodes[node].kind == Kind::Split;
    let takes_always: Vec<bool> =
        (0..nodes.len()).map(|node| splits(node) && graph.out(node).any(|(_, edge)| always(edge))).collect();
    // A node can finish after all edges that it needs, the join that closes it, and one of its other edges.
    let beside = which == Ways::WithAllBeside;
    let needs = |edge: &Edge| (beside && edge.role.is_beside()) || (takes_always[edge.from] && always(edge));
    let suffices = |edge: &Edge| !edge.role.is_beside() && !takes_always[edge.from];
    let mut left: Vec<usize> = (0..nodes.len())
        .map(|node| {
            let joined = usize::from(splits(node) && closes.contains_key(&node));
            graph.ways_out(node).filter(|(_, edge)| needs(edge)).count() + joined
        })
        .collect();
    let mut one: Vec<bool> = (0..nodes.len()).map(|node| takes_always[node] || graph.is_compensation(node)).collect();
    let mut finishes = vec![false; nodes.len()];
    // A token that arrives at a join has come to its end.
    let arrived = |edge: &Edge, left: &mut [usize], one: &mut [bool]| {
        if needs(edge) {
            left[edge.from] -= 1;
        } else if suffices(edge) {
            one[edge.from] = true;
        }
    };
    let ways = |node: usize| graph.ways_in(node).map(|(_, edge)| edge).filter(|edge| which.has(edge));
    for join in (0..nodes.len()).filter(|node| nodes[*node].kind == Kind::Join && counts(*node)) {
        ways(join).for_each(|edge| arrived(edge, &mut left, &mut one));
    }
    let opened: BTreeMap<usize, usize> = closes.iter().map(|(split, join)| (*join, *split)).collect();
    let mut open: Vec<usize> = (0..nodes.len()).collect();
    while let Some(node) = open.pop() {
        let through = ends(node) || (left[node] == 0 && one[node] && passes(node));
        if finishes[node] || !through {
            continue;
        }
        finishes[node] = true;
        if nodes[node].kind == Kind::Join {
            if let Some(split) = opened.get(&node) {
                left[*split] -= 1;
                open.push(*split);
            }
        } else {
            for edge in ways(node) {
                arrived(edge, &mut left, &mut one);
                open.push(edge.from);
            }
        }
    }
    finishes
}

/// Returns for each node whether a token there can end the whole process.
///
/// Behind a split that `can_be_joined`, the nodes after its join can do so, too.
pub(crate) fn ending_the_process(
    graph: &Graph,
    closes: &BTreeMap<usize, usize>,
    can_be_joined: impl Fn(usize) -> bool,
) -> Vec<bool> {
    let nodes = graph.nodes();
    let opened: BTreeMap<usize, usize> = closes.iter().map(|(split, join)| (*join, *split)).collect();
    let mut quits = vec![false; nodes.len()];
    let is_end = |node: &usize| matches!(nodes[*node].kind, Kind::Terminate | Kind::ErrorEnd);
    let mut open: Vec<usize> = (0..nodes.len()).filter(is_end).collect();
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut quits[node], true) {
            continue;
        }
        if nodes[node].kind == Kind::Join {
            open.extend(opened.get(&node).filter(|split| can_be_joined(**split)));
        } else {
            open.extend(graph.ways_in(node).map(|(_, edge)| edge.from));
        }
    }
    quits
}

/// Returns for each node whether a token can get from it to the join of its branches within one step.
///
/// The token goes on through nodes that it `passes`.
fn coming_to_a_join(graph: &Graph, closes: &BTreeMap<usize, usize>, passes: impl Fn(usize) -> bool) -> Vec<bool> {
    let nodes = graph.nodes();
    let opened: BTreeMap<usize, usize> = closes.iter().map(|(split, join)| (*join, *split)).collect();
    // A token that only enters the branches of a split has not come out of them yet.
    let before = |node: usize| {
        let ways = graph.ways_in(node).map(|(_, edge)| edge).filter(|edge| edge.role.is_automatic());
        ways.map(|edge| edge.from).filter(|from| nodes[*from].kind != Kind::Split)
    };
    let mut comes = vec![false; nodes.len()];
    let is_join = |node: &usize| nodes[*node].kind == Kind::Join;
    let mut open: Vec<usize> = (0..nodes.len()).filter(is_join).flat_map(before).collect();
    while let Some(node) = open.pop() {
        if !passes(node) || std::mem::replace(&mut comes[node], true) {
            continue;
        }
        if is_join(&node) {
            open.extend(opened.get(&node));
        } else {
            open.extend(before(node));
        }
    }
    comes
}
