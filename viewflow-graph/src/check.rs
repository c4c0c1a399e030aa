//! The soundness rules, one function each.

use std::collections::BTreeSet;

use crate::graph::{Edge, Graph};
use crate::kind::{Kind, Role, Selection};
use crate::rule::{Fault, Place, Rule};
use crate::scope::{self, Sound};

/// Checks every rule. What follows from an earlier fault is not raised again: reachability is not judged around
/// nodes whose edges are not all known, nor scopes while the edges are at fault.
pub(crate) fn check(graph: &Graph) -> Result<Sound, Vec<Fault>> {
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
    check_ends_at_once(graph, &mut faults);
    if !faults.is_empty() || !incomplete.is_empty() {
        return Err(faults);
    }
    scope::check_scopes(graph)
}

/// A flow has a start.
fn check_start(graph: &Graph, faults: &mut Vec<Fault>) -> bool {
    let found = graph.nodes().iter().any(|node| node.kind.is_start());
    if !found {
        let message = "a flow needs a start: add a field `start: Start` or `start: StartHandle`";
        faults.push(Fault::flow(Rule::NoStart, message));
    }
    found
}

/// Each kind has its edges. Answers whether the node's edges are as they should be.
fn check_edges(graph: &Graph, node: usize, faults: &mut Vec<Fault>) -> bool {
    let before = faults.len();
    let Node { name, kind } = Node::of(graph, node);
    let count = |wanted: fn(&Role) -> bool| graph.out(node).filter(|(_, edge)| wanted(&edge.role)).count();
    let mut missing = |what: &str| {
        faults.push(Fault::node(
            Rule::MissingEdge,
            node,
            format!("`{name}` is {} and needs {what}", kind.with_article()),
        ));
    };
    match kind {
        kind if kind.is_end() => {}
        _ if graph.is_compensation(node) => {}
        Kind::If => match (count(|r| *r == Role::Then), count(|r| *r == Role::Otherwise)) {
            (0, 0) => missing("`#[then(..)]` and `#[otherwise(..)]`"),
            (0, _) => missing("`#[then(..)]`: where to go when the condition holds"),
            (_, 0) => missing("`#[otherwise(..)]`: where to go when the condition does not hold"),
            _ => {}
        },
        Kind::Switch => {
            if count(|r| matches!(r, Role::Case(_) | Role::Default)) == 0 {
                missing("`#[case(pattern => node)]` for each value");
            }
        }
        Kind::Split | Kind::SplitFirst => {
            if count(|r| matches!(r, Role::Branch(_))) == 0 {
                missing("`#[branch(..)]` for each of its branches");
            }
        }
        _ => {
            if count(|r| *r == Role::Next) == 0 {
                missing("`#[next(..)]`: the node to go on to");
            }
        }
    }
    check_no_extra_edges(graph, node, faults);
    check_otherwise_of_split(graph, node, faults);
    faults.len() == before
}

/// A kind takes only its own edges, and takes those that name one way only once.
fn check_no_extra_edges(graph: &Graph, node: usize, faults: &mut Vec<Fault>) {
    let Node { name, kind } = Node::of(graph, node);
    let mut seen: Vec<(&'static str, usize)> = Vec::new();
    for (index, edge) in graph.out(node) {
        let attribute = edge.role.attribute();
        let fits = match edge.role {
            Role::Next => !matches!(kind, Kind::If | Kind::Switch) && !kind.is_split() && !kind.is_end(),
            Role::Then => kind == Kind::If,
            Role::Otherwise => kind == Kind::If || kind.is_split(),
            Role::Case(_) | Role::Default => kind == Kind::Switch,
            Role::Branch(_) => kind.is_split(),
            Role::Timeout { .. } => kind.waits() && kind != Kind::Timer,
            Role::OnError(_) => kind == Kind::Job || kind.has_children(),
            Role::OnEscalation(_) => kind.has_children(),
            Role::Compensation => kind.is_function() || (kind.waits() && kind != Kind::Timer),
        };
        let same = |(other, edge): (usize, &Edge), role: &Role, to: usize| {
            let both_timeouts = matches!((&edge.role, role), (Role::Timeout { .. }, Role::Timeout { .. }));
            other < index && (edge.role == *role || both_timeouts) && (!both_timeouts || edge.to == to)
        };
        if !fits {
            let message = format!("`{name}` is {}, which takes no `#[{attribute}(..)]`", kind.with_article());
            faults.push(Fault::edge(Rule::ExtraEdge, node, index, message));
        } else if edge.role.is_boundary() {
            if let Some((first, _)) = graph.out(node).find(|other| same(*other, &edge.role, edge.to)) {
                let message = match edge.role {
                    Role::Timeout { .. } => format!(
                        "two timeouts of `{name}` lead to `{}`: each has a node of its own, so give one of them another",
                        Node::of(graph, edge.to).name
                    ),
                    _ => format!("`{name}` has this `#[{attribute}(..)]` already: keep one of them"),
                };
                faults.push(Fault::edge(Rule::ExtraEdge, node, index, message).and(Place::Edge(first)));
            }
        } else if !matches!(edge.role, Role::Case(_) | Role::Branch(_)) {
            if let Some((_, first)) = seen.iter().find(|(seen, _)| *seen == attribute) {
                let message =
                    format!("`{name}` has a second `#[{attribute}(..)]`: to run several branches, use a `Split`");
                faults.push(Fault::edge(Rule::ExtraEdge, node, index, message).and(Place::Edge(*first)));
            }
            seen.push((attribute, index));
        }
    }
}

/// A split that always takes a branch has nothing to do otherwise.
fn check_otherwise_of_split(graph: &Graph, node: usize, faults: &mut Vec<Fault>) {
    let always = graph.out(node).find(|(_, edge)| edge.role == Role::Branch(Selection::Always));
    let otherwise = graph.out(node).find(|(_, edge)| edge.role == Role::Otherwise);
    if let (true, Some((first, always)), Some((index, _))) = (graph.nodes()[node].kind.is_split(), always, otherwise) {
        let Node { name, .. } = Node::of(graph, node);
        let message = format!(
            "split `{name}` always takes the branch to `{}`, so there is no otherwise: remove it, or give the branch a `cond`",
            graph.nodes()[always.to].name
        );
        faults.push(Fault::edge(Rule::ExtraEdge, node, index, message).and(Place::Edge(first)));
    }
}

/// Nothing leads into a start.
fn check_into_start(graph: &Graph, faults: &mut Vec<Fault>) {
    for (index, edge) in graph.edges().iter().enumerate() {
        let target = &graph.nodes()[edge.to];
        if target.kind.is_start() {
            let message = format!(
                "`{}` leads into the start `{}`: a process begins there and never comes back; lead to the node after it",
                graph.nodes()[edge.from].name,
                target.name
            );
            faults.push(Fault::edge(Rule::IntoStart, edge.from, index, message).and(Place::Node(edge.to)));
        }
    }
}

/// What undoes a node is a function that no token comes to or leaves.
fn check_compensation(graph: &Graph, faults: &mut Vec<Fault>) {
    for node in (0..graph.nodes().len()).filter(|node| graph.is_compensation(*node)) {
        let Node { name, kind } = Node::of(graph, node);
        let host = graph.into(node).find(|(_, edge)| edge.role == Role::Compensation);
        let host = host.map_or("", |(_, edge)| graph.nodes()[edge.from].name.as_str());
        if !kind.is_function() {
            let message = format!("`{name}` undoes `{host}` and is {}: it has to be a `Function`", kind.with_article());
            faults.push(Fault::node(Rule::CompensationApart, node, message));
        } else if let Some((index, _)) = graph.out(node).next() {
            let message = format!(
                "`{name}` undoes `{host}`, so nothing comes after it: the process goes on where it was; remove the attribute"
            );
            faults.push(Fault::edge(Rule::CompensationApart, node, index, message));
        } else if let Some((index, edge)) = graph.ways_in(node).next() {
            let message = format!(
                "`{name}` undoes `{host}` and stands apart, but `{}` leads to it: use another node there",
                graph.nodes()[edge.from].name
            );
            faults.push(Fault::edge(Rule::CompensationApart, edge.from, index, message).and(Place::Node(node)));
        }
    }
}

/// The branches of a `SplitFirst` begin at nodes that wait: else the first one would always win.
fn check_first_branches(graph: &Graph, faults: &mut Vec<Fault>) {
    for (index, edge) in graph.edges().iter().enumerate() {
        let (from, to) = (&graph.nodes()[edge.from], &graph.nodes()[edge.to]);
        let branch = matches!(edge.role, Role::Branch(_)) && from.kind == Kind::SplitFirst;
        if branch && !to.kind.waits() && !to.incomplete {
            let message = format!(
                "`{}` takes the branch whose first step is done first, but `{}` is {}, which does not wait: begin the branch with a `View`, a `Job`, a `Timer` or a catch",
                from.name,
                to.name,
                to.kind.with_article()
            );
            faults.push(Fault::edge(Rule::FirstBranchWaits, edge.from, index, message).and(Place::Node(edge.to)));
        }
    }
}

/// Every node is reached from a start. Answers with those that are not.
fn check_reachable(graph: &Graph, incomplete: &BTreeSet<usize>, faults: &mut Vec<Fault>) -> BTreeSet<usize> {
    let starts = (0..graph.nodes().len()).filter(|n| graph.nodes()[*n].kind.is_start());
    let reached = closure(&graph.successors(), starts.collect());
    let all = 0..graph.nodes().len();
    let unreachable: BTreeSet<usize> = all.filter(|node| !reached[*node]).collect();
    if incomplete.iter().any(|node| reached[*node]) {
        return unreachable;
    }
    // Only the heads are told of: what hangs below an unreachable node is a consequence.
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

/// Every node can reach an end.
fn check_way_to_an_end(
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
    // A loop without a way out is one mistake, told at its first node.
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

/// No branch of a split ends the process for certain and without waiting: the others would be begun in vain.
fn check_ends_at_once(graph: &Graph, faults: &mut Vec<Fault>) {
    let nodes = graph.nodes();
    // How many ways out of each node have to end the process before it does so itself.
    let mut left: Vec<usize> = (0..nodes.len())
        .map(|node| match nodes[node].kind {
            Kind::If | Kind::Switch => graph.ways_out(node).count(),
            _ => 1,
        })
        .collect();
    let mut ends = vec![false; nodes.len()];
    let is_end = |node: &usize| matches!(nodes[*node].kind, Kind::Terminate | Kind::ErrorEnd);
    let mut open: Vec<usize> = (0..nodes.len()).filter(is_end).collect();
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut ends[node], true) {
            continue;
        }
        for (_, edge) in graph.ways_in(node) {
            let from = nodes[edge.from].kind;
            let certain = !from.waits()
                && from != Kind::Join
                && !matches!(edge.role, Role::Branch(role) if role != Selection::Always);
            if certain {
                left[edge.from] = left[edge.from].saturating_sub(1);
                if left[edge.from] == 0 {
                    open.push(edge.from);
                }
            }
        }
    }
    for split in (0..nodes.len()).filter(|node| nodes[*node].kind == Kind::Split) {
        let ending = graph.out(split).find(|(_, edge)| edge.role == Role::Branch(Selection::Always) && ends[edge.to]);
        if let (Some((index, edge)), true) = (ending, graph.out(split).count() > 1) {
            let message = format!(
                "the branch to `{}` ends the process as soon as split `{}` opens, so that its other branches are in \
                 vain: put a node that waits before it, or give the branch a `cond`",
                nodes[edge.to].name, nodes[split].name
            );
            faults.push(Fault::edge(Rule::EndsAtOnce, split, index, message).and(Place::Node(edge.to)));
        }
    }
}

/// A loop has a node that waits for someone or something: otherwise one step would never finish. Loops around joins are
/// looked at when it is known what the joins wait for.
fn check_automatic_loops(graph: &Graph, incomplete: &BTreeSet<usize>, faults: &mut Vec<Fault>) {
    let passes = |node: usize| {
        let kind = graph.nodes()[node].kind;
        kind.may_not_wait() && kind != Kind::Join && !incomplete.contains(&node)
    };
    let successors = graph.successors().into_iter().enumerate();
    let successors: Vec<Vec<usize>> =
        successors.map(|(node, list)| if passes(node) { list } else { Vec::new() }).collect();
    check_loops(graph, &successors, faults);
}

/// Tells of loops that one step would go round.
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
            [_, .., last] => fault.and(Place::Node(last)),
            _ => fault,
        });
    }
}

/// One cycle from each strongly connected part that has one: its nodes in order, the first declared one first.
fn cycles(successors: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let parts = strong_parts(successors);
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    // Where a search has come to, and in search of a way back to which node.
    let mut parent = vec![(usize::MAX, usize::MAX); successors.len()];
    for start in 0..successors.len() {
        if !told.contains(&parts[start])
            && let Some(cycle) = shortest_cycle(successors, &parts, &mut parent, start)
        {
            told.insert(parts[start]);
            found.push(cycle);
        }
    }
    found
}

/// For each node the number of the strongly connected part it is in (Tarjan, "Depth-first search and linear graph
/// algorithms", 1972), without recursion.
fn strong_parts(successors: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let count = successors.len();
    let (mut order, mut low, mut part) = (vec![NONE; count], vec![0; count], vec![NONE; count]);
    let (mut next_order, mut next_part) = (0, 0);
    let mut stack = Vec::new();
    for root in 0..count {
        let mut path = if order[root] == NONE { vec![(root, 0)] } else { Vec::new() };
        while let Some((node, way)) = path.pop() {
            if way == 0 {
                (order[node], low[node]) = (next_order, next_order);
                next_order += 1;
                stack.push(node);
            } else {
                let child = successors[node][way - 1];
                low[node] = low[node].min(low[child]);
            }
            let mut unseen = None;
            for (index, &next) in successors[node].iter().enumerate().skip(way) {
                if order[next] == NONE {
                    unseen = Some((index, next));
                    break;
                }
                if part[next] == NONE {
                    low[node] = low[node].min(order[next]);
                }
            }
            if let Some((index, next)) = unseen {
                path.push((node, index + 1));
                path.push((next, 0));
            } else if low[node] == order[node] {
                while let Some(member) = stack.pop() {
                    part[member] = next_part;
                    if member == node {
                        break;
                    }
                }
                next_part += 1;
            }
        }
    }
    part
}

/// The shortest way from a node back to it, within its part.
fn shortest_cycle(
    successors: &[Vec<usize>],
    parts: &[usize],
    parent: &mut [(usize, usize)],
    start: usize,
) -> Option<Vec<usize>> {
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &next in successors[node].iter().filter(|next| parts[**next] == parts[start]) {
            if next == start {
                let mut path = vec![node];
                while path[path.len() - 1] != start {
                    path.push(parent[path[path.len() - 1]].0);
                }
                path.reverse();
                return Some(path);
            }
            if parent[next].1 != start {
                parent[next] = (node, start);
                queue.push_back(next);
            }
        }
    }
    None
}

/// All nodes that can be reached from `from`, those included.
pub(crate) fn closure(successors: &[Vec<usize>], from: Vec<usize>) -> Vec<bool> {
    let mut reached = vec![false; successors.len()];
    follow(successors, from, &mut reached);
    reached
}

/// Adds all nodes that can be reached from `from`, not through those that were reached before.
fn follow(successors: &[Vec<usize>], from: Vec<usize>, reached: &mut [bool]) {
    let mut open = from;
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut reached[node], true) {
            open.extend(&successors[node]);
        }
    }
}

struct Node<'g> {
    name: &'g str,
    kind: Kind,
}

impl<'g> Node<'g> {
    fn of(graph: &'g Graph, node: usize) -> Self {
        let node = &graph.nodes()[node];
        Self { name: &node.name, kind: node.kind }
    }
}
