//! Graphs as data for other programs: [`serde::Serialize`], with the feature `serde`.
//!
//! Nodes and edges name each other by the names of nodes. Kinds, roles and marks are their names as text.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::chart::Mark;
use crate::detail::Detail;
use crate::graph::{Edge, Graph, Node};
use crate::kind::Kind;
use crate::role::Role;

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let edges: Vec<NamedEdge<'_>> = self.edges().iter().map(|edge| NamedEdge { graph: self, edge }).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("nodes", self.nodes())?;
        map.serialize_entry("edges", &edges)?;
        map.end()
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("kind", &self.kind)?;
        if let Some(detail) = self.detail.as_ref().and_then(text_of) {
            map.serialize_entry("detail", &detail)?;
        }
        for (name, flag) in [("early", self.early), ("sequential", self.sequential)] {
            if flag {
                map.serialize_entry(name, &true)?;
            }
        }
        if let Some((flow, start)) = &self.child {
            map.serialize_entry("child", &format!("{flow}.{start}"))?;
        }
        map.end()
    }
}

/// An edge with the graph that has the names of its nodes.
struct NamedEdge<'g> {
    graph: &'g Graph,
    edge: &'g Edge,
}

impl Serialize for NamedEdge<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = |node: usize| self.graph.nodes().get(node).map(|node| &node.name);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("from", &name(self.edge.from))?;
        map.serialize_entry("to", &name(self.edge.to))?;
        map.serialize_entry("role", &self.edge.role)?;
        if let Some(detail) = self.edge.detail.as_ref().and_then(text_of) {
            map.serialize_entry("detail", &detail)?;
        }
        if let Some(title) = &self.edge.title {
            map.serialize_entry("title", title)?;
        }
        map.end()
    }
}

/// Returns a time as attributes write it, or a name. A time that the flow computes has no text.
fn text_of(detail: &Detail) -> Option<String> {
    match detail {
        Detail::Named(name) => Some(name.clone()),
        detail => detail.told(),
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
