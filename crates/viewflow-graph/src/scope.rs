//! Which splits a token is inside of, at every node; and which join closes which split.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::closure;
use crate::graph::Graph;
use crate::kind::Kind;
use crate::rule::{Fault, Rule};

/// What is known of a graph that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    stacks: Vec<Vec<usize>>,
    closes: BTreeMap<usize, usize>,
}

impl Sound {
    /// The splits that are open when a token arrives at `node`, outermost first. For a join: after it has fired.
    pub fn scope(&self, node: usize) -> &[usize] {
        &self.stacks[node]
    }

    /// The join that closes `split`; none where each branch has ends of its own or goes on to an outer join.
    pub fn join_of(&self, split: usize) -> Option<usize> {
        self.closes.get(&split).copied()
    }

    /// The split that `join` closes.
    pub fn split_of(&self, join: usize) -> Option<usize> {
        self.closes.iter().find(|(_, j)| **j == join).map(|(split, _)| *split)
    }
}

/// Rules on scopes. Expects edges that are complete and nodes that are all reachable.
///
/// Every node gets one stack of open splits. The stacks are the greatest solution of a data-flow problem whose meet is
/// the longest common prefix (Kildall, "A unified approach to global program optimization", 1973): each edge passes
/// its source's stack on, with the source added when it is a split; a join drops the innermost split.
pub(crate) fn check_scopes(graph: &Graph) -> Result<Sound, Vec<Fault>> {
    let arriving = arriving_stacks(graph);
    let mut faults = Vec::new();
    for node in 0..graph.nodes().len() {
        if graph.nodes()[node].kind != Kind::Join {
            check_one_stack(graph, &arriving, node, &mut faults);
        }
    }
    // Without one stack for each node, what a join closes is not known.
    if faults.is_empty() {
        let closes = check_joins(graph, &arriving, &mut faults);
        check_splits(graph, &closes, &mut faults);
        check_beside(graph, &arriving, &closes, &mut faults);
        if faults.is_empty() {
            check_can_finish(graph, &closes, &mut faults);
        }
        if faults.is_empty() {
            let nodes = 0..graph.nodes().len();
            let stacks = nodes.map(|node| leaving_base(graph, &arriving, node)).collect();
            return Ok(Sound { stacks, closes });
        }
    }
    Err(faults)
}

/// The meet of all stacks that arrive at each node.
fn arriving_stacks(graph: &Graph) -> Vec<Vec<usize>> {
    let mut arriving: Vec<Option<Vec<usize>>> =
        graph.nodes().iter().map(|n| n.kind.is_start().then(Vec::new)).collect();
    let mut open: BTreeSet<usize> = (0..arriving.len()).filter(|node| arriving[*node].is_some()).collect();
    while let Some(node) = open.pop_first() {
        let known: Vec<Vec<usize>> = arriving.iter().map(|stack| stack.clone().unwrap_or_default()).collect();
        for (_, edge) in graph.ways_out(node) {
            let passed = passed_on(graph, &known, node);
            let met = match &arriving[edge.to] {
                None => passed,
                Some(stack) => common_prefix(stack, &passed),
            };
            if arriving[edge.to].as_ref() != Some(&met) {
                arriving[edge.to] = Some(met);
                open.insert(edge.to);
            }
        }
    }
    arriving.into_iter().map(Option::unwrap_or_default).collect()
}

/// The stack of a token that has come through `node`.
fn passed_on(graph: &Graph, arriving: &[Vec<usize>], node: usize) -> Vec<usize> {
    let mut stack = leaving_base(graph, arriving, node);
    if graph.nodes()[node].kind == Kind::Split {
        stack.push(node);
    }
    stack
}

fn leaving_base(graph: &Graph, arriving: &[Vec<usize>], node: usize) -> Vec<usize> {
    let mut stack = arriving[node].clone();
    if graph.nodes()[node].kind == Kind::Join {
        stack.pop();
    }
    stack
}

fn common_prefix(left: &[usize], right: &[usize]) -> Vec<usize> {
    left.iter().zip(right).take_while(|(a, b)| a == b).map(|(a, _)| *a).collect()
}

/// Every node other than a join is reached with one and the same stack.
fn check_one_stack(graph: &Graph, arriving: &[Vec<usize>], node: usize, faults: &mut Vec<Fault>) {
    let deepest = graph
        .ways_in(node)
        .max_by_key(|(index, edge)| (passed_on(graph, arriving, edge.from).len(), std::cmp::Reverse(*index)));
    let Some((index, edge)) = deepest else { return };
    let stack = passed_on(graph, arriving, edge.from);
    let Some(split) = stack.get(arriving[node].len()) else { return };
    let name = |node: usize| &graph.nodes()[node].name;
    let outside = graph
        .ways_in(node)
        .find(|(_, other)| !passed_on(graph, arriving, other.from).contains(split))
        .map_or(String::new(), |(_, other)| format!(" (from `{}`)", name(other.from)));
    let kind = graph.nodes()[node].kind;
    let way_out = if kind.is_end() {
        format!("give the branches of `{}` an end of their own, or join them first", name(*split))
    } else {
        format!("join the branches of `{}` before `{}`, or give each path a node of its own", name(*split), name(node))
    };
    let message = format!(
        "`{}` is reached inside split `{}` (from `{}`) and outside it{outside}: {way_out}",
        name(node),
        name(*split),
        name(edge.from)
    );
    faults.push(Fault::edge(Rule::EscapesSplit, node, index, message));
}

/// Every join closes a split, and no split is closed by two joins.
fn check_joins(graph: &Graph, arriving: &[Vec<usize>], faults: &mut Vec<Fault>) -> BTreeMap<usize, usize> {
    let mut closes = BTreeMap::new();
    let name = |node: usize| &graph.nodes()[node].name;
    for node in (0..graph.nodes().len()).filter(|n| graph.nodes()[*n].kind == Kind::Join) {
        match arriving[node].last() {
            None => {
                let message = format!(
                    "`{}` joins branches, but no `Split` is open where it is reached: lead to the next node \
                     directly, or open the branches with a `Split`",
                    name(node)
                );
                faults.push(Fault::node(Rule::JoinWithoutSplit, node, message));
            }
            Some(split) => {
                if let Some(first) = closes.insert(*split, node) {
                    let message = format!(
                        "split `{}` is closed by two joins, `{}` and `{}`: lead all its branches to one of them",
                        name(*split),
                        name(first),
                        name(node)
                    );
                    faults.push(Fault::node(Rule::SplitClosedTwice, node, message));
                }
            }
        }
    }
    closes
}

/// A token at any node can come to its end, with all that it sets going.
///
/// An `End` inside a split ends a branch, not the token that opened the split: a split that is closed by a join goes on
/// there, and so has to be able to finish *after* the join. The answer is a least fixed point; a token that comes to a
/// join has come to its end, as what follows is the join's. Stricter than need be in one point: a split is not counted
/// on to take no branch that leads to its join.
fn check_can_finish(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    use crate::kind::{Role, Selection};
    let nodes = graph.nodes();
    let mut finishes = vec![false; nodes.len()];
    loop {
        let ends = |finishes: &[bool], target: usize| nodes[target].kind == Kind::Join || finishes[target];
        let now = (0..nodes.len()).map(|node| {
            let beside = |(_, edge): &(usize, &crate::Edge)| edge.role.is_beside();
            if !graph.ways_out(node).filter(beside).all(|(_, edge)| ends(&finishes, edge.to)) {
                return false;
            }
            let mut targets = graph.ways_out(node).filter(|out| !beside(out)).map(|(_, edge)| edge.to);
            match nodes[node].kind {
                kind if kind.is_end() => true,
                _ if graph.is_compensation(node) => true,
                Kind::Split => {
                    let always = |(_, edge): &(usize, &crate::Edge)| edge.role == Role::Branch(Selection::Always);
                    let after = closes.get(&node).is_none_or(|join| finishes[*join]);
                    let branches = if graph.out(node).any(|out| always(&out)) {
                        graph.out(node).filter(always).all(|(_, edge)| ends(&finishes, edge.to))
                    } else {
                        targets.any(|target| ends(&finishes, target))
                    };
                    after && branches
                }
                _ => targets.any(|target| ends(&finishes, target)),
            }
        });
        let now: Vec<bool> = now.collect();
        if now == finishes {
            break;
        }
        finishes = now;
    }
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
    }
}

/// What a task starts beside itself does not run into the task's own way, but through the join of the scope they are in:
/// else that way would be gone twice.
fn check_beside(graph: &Graph, arriving: &[Vec<usize>], closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    let nodes = graph.nodes();
    for (index, edge) in graph.edges().iter().enumerate().filter(|(_, edge)| edge.role.is_beside()) {
        let host = edge.from;
        let join = leaving_base(graph, arriving, host).last().and_then(|split| closes.get(split)).copied();
        let mut successors = graph.successors();
        if let Some(join) = join {
            successors[join].clear();
        }
        let beside = closure(&successors, vec![edge.to]);
        let own = graph.ways_out(host).filter(|(_, other)| !other.role.is_beside()).map(|(_, other)| other.to);
        // Whoever comes round to the task again starts anew what runs beside it.
        let own: Vec<usize> = own.collect();
        successors[host].clear();
        let own = closure(&successors, own);
        let shared = |node: &usize| {
            beside[*node] && (own[*node] || *node == host) && !nodes[*node].kind.is_end() && Some(*node) != join
        };
        if let Some(shared) = (0..nodes.len()).find(shared) {
            let message = format!(
                "what `{}` starts beside itself, at `{}`, runs into its own way at `{}`, which would be gone twice: let it end by itself, or make it interrupt `{}`",
                nodes[host].name, nodes[edge.to].name, nodes[shared].name, nodes[host].name
            );
            faults.push(Fault::edge(Rule::RunsIntoHost, host, index, message));
        }
    }
}

/// A split takes a branch on every run, says where to go when it takes none, or has a join to go on to when all its
/// sources were empty.
fn check_splits(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    use crate::kind::{Role, Selection};
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
