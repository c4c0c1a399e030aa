//! A flow as a graph: nodes, edges, titles.

use crate::detail::Detail;
use crate::kind::Kind;
use crate::role::Role;

/// A flow's nodes and edges, in the order of their declaration.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The flow's name.
    pub name: String,
    /// What a person reads, in one line.
    pub title: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// For each node the edges out of it, and those into it.
    outs: Vec<Vec<usize>>,
    ins: Vec<Vec<usize>>,
}

/// One node of a [`Graph`].
#[derive(Clone, Debug)]
pub struct Node {
    /// The name of the struct's field.
    pub name: String,
    /// What a person reads.
    pub title: String,
    /// What it does.
    pub kind: Kind,
    /// Set where not all edges of the node could be read: rules that would only repeat that mistake are not raised.
    pub incomplete: bool,
    /// What it waits for or tells, once that is known.
    pub detail: Option<Detail>,
    /// Whether a join goes on when enough have come.
    pub early: bool,
    /// Whether its children run one after the other.
    pub sequential: bool,
    /// The stored names of the flow and the start that a sub-process begins at, once they are known.
    pub child: Option<(String, String)>,
}

/// One edge of a [`Graph`]; nodes are given by index.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The node it leaves.
    pub from: usize,
    /// The node it enters.
    pub to: usize,
    /// Which of the ways out of `from` it is.
    pub role: Role,
    /// When a timeout fires, once that is known.
    pub detail: Option<Detail>,
    /// What a person reads on it, where that is not what its role says: the title of the button that leads this way.
    pub title: Option<String>,
}

impl Edge {
    /// Which of the ways from its node it is, as a person reads it.
    pub(crate) fn way(&self) -> String {
        self.title.clone().unwrap_or_else(|| self.role.to_string())
    }
}

impl Graph {
    /// An empty graph.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { title: title_of(&name), name, ..Self::default() }
    }

    /// Adds a node and returns its index.
    pub fn node(&mut self, name: impl Into<String>, kind: Kind) -> usize {
        let name = name.into();
        let title = title_of(&name);
        self.nodes.push(Node {
            name,
            title,
            kind,
            detail: None,
            early: false,
            sequential: false,
            incomplete: false,
            child: None,
        });
        self.outs.push(Vec::new());
        self.ins.push(Vec::new());
        self.nodes.len() - 1
    }

    /// Adds an edge and returns its index.
    ///
    /// # Panics
    /// When `from` or `to` is no index of a node.
    pub fn edge(&mut self, from: usize, role: Role, to: usize) -> usize {
        assert!(from < self.nodes.len() && to < self.nodes.len(), "an edge joins nodes of its graph");
        self.edges.push(Edge { from, to, role, detail: None, title: None });
        let edge = self.edges.len() - 1;
        self.outs[from].push(edge);
        self.ins[to].push(edge);
        edge
    }

    /// Adds a node that is like this one.
    pub(crate) fn copy_node(&mut self, node: &Node) -> usize {
        let index = self.node(node.name.as_str(), node.kind);
        self.nodes[index] = node.clone();
        index
    }

    /// Adds an edge that is like this one, between other nodes.
    pub(crate) fn copy_edge(&mut self, edge: &Edge, from: usize, to: usize) {
        let index = self.edge(from, edge.role.clone(), to);
        self.edges[index] = Edge { from, to, ..edge.clone() };
    }

    /// Sets what a person reads of a node.
    pub fn set_title(&mut self, node: usize, title: impl Into<String>) {
        self.nodes[node].title = one_line(&title.into());
    }

    /// Sets what a person reads of the flow.
    pub fn set_flow_title(&mut self, title: impl Into<String>) {
        self.title = one_line(&title.into());
    }

    /// Tells that a join goes on when enough have come.
    pub fn set_early(&mut self, node: usize) {
        self.nodes[node].early = true;
    }

    /// Tells that a node's children run one after the other.
    pub fn set_sequential(&mut self, node: usize) {
        self.nodes[node].sequential = true;
    }

    /// Tells what a node waits for or tells.
    pub fn set_detail(&mut self, node: usize, detail: Detail) {
        self.nodes[node].detail = Some(detail);
    }

    /// Tells when a timeout fires.
    pub fn set_timeout(&mut self, edge: usize, detail: Detail) {
        self.edges[edge].detail = Some(detail);
    }

    /// Sets what a person reads on an edge.
    pub fn set_edge_title(&mut self, edge: usize, title: impl Into<String>) {
        self.edges[edge].title = Some(one_line(&title.into()));
    }

    /// Tells at which start of which flow the children of a node begin, by stored names.
    pub fn set_child(&mut self, node: usize, flow: impl Into<String>, start: impl Into<String>) {
        self.nodes[node].child = Some((flow.into(), start.into()));
    }

    /// Tells that not all edges of a node could be read.
    pub fn set_incomplete(&mut self, node: usize) {
        self.nodes[node].incomplete = true;
    }

    /// The nodes, in declaration order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The edges, in declaration order.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edges out of a node, each with its index.
    pub fn out(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.outs[node].iter().map(|edge| (*edge, &self.edges[*edge]))
    }

    /// The edges into a node, each with its index.
    pub fn into(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.ins[node].iter().map(|edge| (*edge, &self.edges[*edge]))
    }

    /// The edges out of a node that tokens go along.
    pub(crate) fn ways_out(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.out(node).filter(|(_, edge)| edge.role != Role::Compensation)
    }

    /// The edges into a node that tokens come along.
    pub(crate) fn ways_in(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.into(node).filter(|(_, edge)| edge.role != Role::Compensation)
    }

    /// Whether the node goes on by what a person decides there.
    pub fn decides(&self, node: usize) -> bool {
        self.nodes[node].kind.is_human()
            && self.out(node).any(|(_, edge)| matches!(edge.role, Role::Case(_) | Role::Default))
    }

    /// Whether the node is what undoes another one. No token comes here; the engine calls it.
    pub fn is_compensation(&self, node: usize) -> bool {
        self.into(node).any(|(_, edge)| edge.role == Role::Compensation)
    }

    /// The index of the node of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// For each node, the nodes its edges lead to.
    pub(crate) fn successors(&self) -> Vec<Vec<usize>> {
        let mut lists = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            lists[edge.from].push(edge.to);
        }
        lists
    }

    /// For each node, the nodes whose edges lead to it.
    pub(crate) fn predecessors(&self) -> Vec<Vec<usize>> {
        let mut lists = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            lists[edge.to].push(edge.from);
        }
        lists
    }
}

/// A title without line breaks.
fn one_line(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `fill_post_label` becomes "Fill post label".
fn title_of(name: &str) -> String {
    let mut title = name.trim_start_matches("r#").replace('_', " ");
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    title
}
