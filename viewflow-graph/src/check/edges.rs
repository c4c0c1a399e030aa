//! The rules of a node's own edges.

use crate::graph::{Edge, Graph};
use crate::kind::Kind;
use crate::role::{Role, Selection};
use crate::rule::{Fault, Place, Rule};

/// Each kind has its edges. Answers whether the node's edges are as they should be.
pub(super) fn check_edges(graph: &Graph, node: usize, faults: &mut Vec<Fault>) -> bool {
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
pub(super) fn check_into_start(graph: &Graph, faults: &mut Vec<Fault>) {
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
            faults.push(Fault::edge(Rule::CompensationApart, edge.from, index, message).and(Place::Node(node)));
        }
    }
}

/// The branches of a `SplitFirst` begin at nodes that wait: else the first one would always win.
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
            faults.push(Fault::edge(Rule::FirstBranchWaits, edge.from, index, message).and(Place::Node(edge.to)));
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
