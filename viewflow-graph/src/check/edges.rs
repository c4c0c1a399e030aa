//! The rules for a node's own edges.

use crate::attribute::Attribute;
use crate::graph::{Edge, Graph};
use crate::kind::{Kind, Need};
use crate::role::{Role, Selection};
use crate::rule::{Fault, Rule, Spot};

/// Checks that a node has the edges that its kind needs, and no others.
///
/// Returns whether the edges of the node are as they should be.
pub(super) fn check_edges(graph: &Graph, node: usize, faults: &mut Vec<Fault>) -> bool {
    let before = faults.len();
    let Node { name, kind } = Node::of(graph, node);
    let has = |need: &Need| graph.out(node).any(|(_, edge)| need.any_of.contains(&edge.role.attribute()));
    let missing = kind.needs().iter().filter(|need| need.is_edge() && !has(need) && !graph.is_compensation(node));
    let what = match &missing.collect::<Vec<_>>()[..] {
        [] => None,
        [need] => Some(need.words.to_owned()),
        needs => {
            let attributes = needs.iter().filter_map(|need| need.any_of.first());
            Some(attributes.map(|attribute| format!("`#[{attribute}(..)]`")).collect::<Vec<_>>().join(" and "))
        }
    };
    if let Some(what) = what {
        let message = format!("`{name}` is {} and needs {what}", kind.with_article());
        faults.push(Fault::node(Rule::MissingEdge, node, message));
    }
    check_no_extra_edges(graph, node, faults);
    check_decision(graph, node, faults);
    check_otherwise_of_split(graph, node, faults);
    faults.len() == before
}

/// Checks that a node has only edges that its kind takes, and only one of each edge that names a single way.
fn check_no_extra_edges(graph: &Graph, node: usize, faults: &mut Vec<Fault>) {
    let Node { name, kind } = Node::of(graph, node);
    let mut seen: Vec<(Attribute, usize)> = Vec::new();
    for (index, edge) in graph.out(node) {
        let attribute = edge.role.attribute();
        let same = |(other, edge): (usize, &Edge), role: &Role, to: usize| {
            let both_timeouts = matches!((&edge.role, role), (Role::Timeout { .. }, Role::Timeout { .. }));
            other < index && (edge.role == *role || both_timeouts) && (!both_timeouts || edge.to == to)
        };
        if !kind.takes(attribute) {
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
                faults.push(Fault::edge(Rule::ExtraEdge, node, index, message).and(Spot::Edge(first)));
            }
        } else if !matches!(edge.role, Role::Case(_) | Role::Branch(_)) {
            if let Some((_, first)) = seen.iter().find(|(seen, _)| *seen == attribute) {
                let message =
                    format!("`{name}` has a second `#[{attribute}(..)]`: to run several branches, use a `Split`");
                faults.push(Fault::edge(Rule::ExtraEdge, node, index, message).and(Spot::Edge(*first)));
            }
            seen.push((attribute, index));
        }
    }
}

/// Checks that a decision has one way for each case, and no other way on.
fn check_decision(graph: &Graph, node: usize, faults: &mut Vec<Fault>) {
    if !graph.decides(node) {
        return;
    }
    let Node { name, .. } = Node::of(graph, node);
    for (index, edge) in graph.out(node) {
        let first = graph.out(node).find(|(other, twin)| *other < index && twin.role == edge.role);
        match (&edge.role, first) {
            (Role::Case(case), Some((first, _))) => {
                let message = format!("`{name}` has two ways for `{case}`: keep one of them");
                faults.push(Fault::edge(Rule::ExtraEdge, node, index, message).and(Spot::Edge(first)));
            }
            (Role::Next, None) => {
                let message = format!(
                    "`{name}` goes on by its cases, and `#[next(..)]` names one way for all of them: keep the one or the others"
                );
                faults.push(Fault::edge(Rule::ExtraEdge, node, index, message));
            }
            _ => {}
        }
    }
}

/// Checks that a split that always takes a branch has no `otherwise`.
fn check_otherwise_of_split(graph: &Graph, node: usize, faults: &mut Vec<Fault>) {
    let always = graph.out(node).find(|(_, edge)| edge.role == Role::Branch(Selection::Always));
    let otherwise = graph.out(node).find(|(_, edge)| edge.role == Role::Otherwise);
    if let (true, Some((first, always)), Some((index, _))) = (graph.nodes()[node].kind.is_split(), always, otherwise) {
        let Node { name, .. } = Node::of(graph, node);
        let message = format!(
            "split `{name}` always takes the branch to `{}`, so there is no otherwise: remove it, or give the branch a `cond`",
            graph.nodes()[always.to].name
        );
        faults.push(Fault::edge(Rule::ExtraEdge, node, index, message).and(Spot::Edge(first)));
    }
}

/// Checks that no edge leads into a start.
pub(super) fn check_into_start(graph: &Graph, faults: &mut Vec<Fault>) {
    for (index, edge) in graph.edges().iter().enumerate() {
        let target = &graph.nodes()[edge.to];
        if target.kind.is_start() {
            let message = format!(
                "`{}` leads into the start `{}`: a process begins there and never comes back; lead to the node after it",
                graph.nodes()[edge.from].name,
                target.name
            );
            faults.push(Fault::edge(Rule::IntoStart, edge.from, index, message).and(Spot::Node(edge.to)));
        }
    }
}

/// Checks that a node that undoes another node is a function, without edges on which tokens arrive or leave.
pub(super) fn check_compensation(graph: &Graph, faults: &mut Vec<Fault>) {
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
            faults.push(Fault::edge(Rule::CompensationApart, edge.from, index, message).and(Spot::Node(node)));
        }
    }
}

/// Checks that the branches of a `SplitFirst` begin at nodes that wait.
pub(super) fn check_first_branches(graph: &Graph, faults: &mut Vec<Fault>) {
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
            faults.push(Fault::edge(Rule::FirstBranchWaits, edge.from, index, message).and(Spot::Node(edge.to)));
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
