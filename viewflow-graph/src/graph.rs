//! A flow as a graph: nodes, edges, titles.

use crate::detail::Detail;
use crate::kind::Kind;
use crate::role::Role;

/// A flow's nodes and edges, in declaration order.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The flow's name.
    pub name: String,
    /// The flow's title: one line for people to read.
    pub title: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// The indexes of the edges out of each node; `ins` has those of the edges into each node.
    outs: Vec<Vec<usize>>,
    ins: Vec<Vec<usize>>,
}

/// A node of a [`Graph`].
#[derive(Clone, Debug)]
pub struct Node {
    /// The name of the struct field that declares the node.
    pub name: String,
    /// The node's title for people to read.
    pub title: String,
    /// The kind of the node, which says what the node does.
    pub kind: Kind,
    /// Whether some edges of the node could not be read.
    ///
    /// Rules that would only repeat that mistake are skipped.
    pub incomplete: bool,
    /// The signal, message, code or time of the node, if it is known.
    pub detail: Option<Detail>,
    /// Whether the node is a join that goes on before all branches have arrived.
    pub early: bool,
    /// Whether the node's children run one after the other.
    pub sequential: bool,
    /// The stored names of the child flow and of its start, once they are known.
    pub child: Option<(String, String)>,
}

/// An edge of a [`Graph`], which names its nodes by index.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The node that the edge leaves.
    pub from: usize,
    /// The node that the edge enters.
    pub to: usize,
    /// The role of the edge among the ways out of `from`.
    pub role: Role,
    /// The time at which a timeout fires, if it is known.
    pub detail: Option<Detail>,
    /// The label that people read, where it differs from the text of the role.
    ///
    /// For a decision it is the title of the button that leads this way.
    pub title: Option<String>,
}

impl Edge {
    /// Returns the label of the edge for people: its title, or else the text of its role.
    pub fn way(&self) -> String {
        self.title.clone().unwrap_or_else(|| self.role.to_string())
    }
}

impl Graph {
    /// Creates an empty graph.
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
    /// Panics if `from` or `to` is not the index of a node.
    pub fn edge(&mut self, from: usize, role: Role, to: usize) -> usize {
        assert!(from < self.nodes.len() && to < self.nodes.len(), "an edge joins nodes of its graph");
        self.edges.push(Edge { from, to, role, detail: None, title: None });
        let edge = self.edges.len() - 1;
        self.outs[from].push(edge);
        self.ins[to].push(edge);
        edge
    }

    /// Adds a copy of `node` and returns its index.
    pub(crate) fn copy_node(&mut self, node: &Node) -> usize {
        let index = self.node(node.name.as_str(), node.kind);
        self.nodes[index] = node.clone();
        index
    }

    /// Adds a copy of `edge` between the nodes `from` and `to`.
    pub(crate) fn copy_edge(&mut self, edge: &Edge, from: usize, to: usize) {
        let index = self.edge(from, edge.role.clone(), to);
        self.edges[index] = Edge { from, to, ..edge.clone() };
    }

    /// Sets the title of a node.
    pub fn set_title(&mut self, node: usize, title: impl Into<String>) {
        self.nodes[node].title = one_line(&title.into());
    }

    /// Sets the title of the flow.
    pub fn set_flow_title(&mut self, title: impl Into<String>) {
        self.title = one_line(&title.into());
    }

    /// Marks a join as one that goes on before all branches have arrived.
    pub fn set_early(&mut self, node: usize) {
        self.nodes[node].early = true;
    }

    /// Marks a node as one that runs its children one after the other.
    pub fn set_sequential(&mut self, node: usize) {
        self.nodes[node].sequential = true;
    }

    /// Sets the signal, message, code or time of a node.
    pub fn set_detail(&mut self, node: usize, detail: Detail) {
        self.nodes[node].detail = Some(detail);
    }

    /// Sets the time at which a timeout fires.
    pub fn set_timeout(&mut self, edge: usize, detail: Detail) {
        self.edges[edge].detail = Some(detail);
    }

    /// Sets the label of an edge.
    pub fn set_edge_title(&mut self, edge: usize, title: impl Into<String>) {
        self.edges[edge].title = Some(one_line(&title.into()));
    }

    /// Sets the flow and the start at which the children of a node begin, both by stored name.
    pub fn set_child(&mut self, node: usize, flow: impl Into<String>, start: impl Into<String>) {
        self.nodes[node].child = Some((flow.into(), start.into()));
    }

    /// Marks a node as one whose edges could not all be read.
    pub fn set_incomplete(&mut self, node: usize) {
        self.nodes[node].incomplete = true;
    }

    /// Returns the nodes, in declaration order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns the edges, in declaration order.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Returns the edges out of a node, each with its index.
    pub fn out(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.outs[node].iter().map(|edge| (*edge, &self.edges[*edge]))
    }

    /// Returns the edges into a node, each with its index.
    pub fn into(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.ins[node].iter().map(|edge| (*edge, &self.edges[*edge]))
    }

    /// Returns the edges out of a node that tokens can take, each with its index.
    pub(crate) fn ways_out(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.out(node).filter(|(_, edge)| edge.role != Role::Compensation)
    }

    /// Returns the edges into a node on which tokens can arrive, each with its index.
    pub(crate) fn ways_in(&self, node: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.into(node).filter(|(_, edge)| edge.role != Role::Compensation)
    }

    /// Whether a person decides at this node which way the process takes.
    pub fn decides(&self, node: usize) -> bool {
        self.nodes[node].kind.is_human()
            && self.out(node).any(|(_, edge)| matches!(edge.role, Role::Case(_) | Role::Default))
    }

    /// Whether the node undoes another node.
    ///
    /// The engine calls such a node; no token ever arrives there.
    pub fn is_compensation(&self, node: usize) -> bool {
        self.into(node).any(|(_, edge)| edge.role == Role::Compensation)
    }

    /// Returns the index of the node with this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// Returns for each node the nodes to which its edges lead.
    pub(crate) fn successors(&self) -> Vec<Vec<usize>> {
        let mut lists = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            lists[edge.from].push(edge.to);
        }
        lists
    }

    /// Returns for each node the nodes whose edges lead to it.
    pub(crate) fn predecessors(&self) -> Vec<Vec<usize>> {
        let mut lists = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            lists[edge.to].push(edge.from);
        }
        lists
    }
}

/// Joins the words of a title into one line.
fn one_line(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Makes a title of a field name: `fill_post_label` becomes "Fill post label".
fn title_of(name: &str) -> String {
    let mut title = name.trim_start_matches("r#").replace('_', " ");
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    title
}
