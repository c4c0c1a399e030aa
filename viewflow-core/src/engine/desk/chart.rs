//! A flow's graph with how far a process is in it.

use serde::Serialize;
use viewflow_graph::{Graph, Kind, Mark};

use super::Desk;
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::people::User;

/// The graph of a flow, with how far each node is in a process.
///
/// `graph` and `marks` are for what draws a chart in Rust: `chart.graph.svg(|node| chart.marks[node])`.
/// The same stands in `nodes` and `edges`, which alone are serialized.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Chart {
    /// The stored name of the flow.
    pub flow: String,
    /// The title of the flow.
    pub title: String,
    /// Its nodes, in the order of the graph's.
    pub nodes: Vec<ChartNode>,
    /// Its edges.
    pub edges: Vec<ChartEdge>,
    /// The graph.
    #[serde(skip)]
    pub graph: Graph,
    /// How far each node is, in the order of the graph's nodes.
    #[serde(skip)]
    pub marks: Vec<Mark>,
}

/// A node of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChartNode {
    /// Its stored name.
    pub name: String,
    /// What a person reads.
    pub title: String,
    /// Its kind.
    pub kind: Kind,
    /// How far it is: `untouched`, `passed`, `active` or `failed`.
    pub mark: &'static str,
}

/// An edge of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChartEdge {
    /// The number of the node it comes from, counting from 0.
    pub from: usize,
    /// The number of the node it leads to.
    pub to: usize,
    /// The label of the edge; empty for the only way on.
    pub text: String,
}

impl Desk<'_> {
    /// The chart of a flow, in which no node is marked.
    ///
    /// # Errors
    /// [`Error::NoFlow`], also for an inactive person.
    pub fn chart(&self, flow: &str) -> Result<Chart> {
        if !self.is_active() {
            return Err(Error::NoFlow(flow.to_owned()));
        }
        let def = self.engine.definition(flow)?;
        Ok(chart_of(&def, vec![Mark::Untouched; def.nodes.len()]))
    }
}

/// The chart of a flow with these marks.
pub(super) fn chart_of(def: &Definition, marks: Vec<Mark>) -> Chart {
    let graph = def.graph.clone();
    let node = |(node, mark): (&viewflow_graph::Node, &Mark)| ChartNode {
        name: node.name.clone(),
        title: node.title.clone(),
        kind: node.kind,
        mark: mark.name(),
    };
    let edge = |edge: &viewflow_graph::Edge| ChartEdge { from: edge.from, to: edge.to, text: edge.way() };
    Chart {
        flow: def.name.to_owned(),
        title: def.title.to_owned(),
        nodes: graph.nodes().iter().zip(&marks).map(node).collect(),
        edges: graph.edges().iter().map(edge).collect(),
        graph,
        marks,
    }
}
