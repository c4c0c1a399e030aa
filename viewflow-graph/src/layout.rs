//! The geometry of a chart: where its nodes stand and how its lines run.
//!
//! A chart reads from left to right. The longest way goes straight on, and branches stand in rows below each other.
//! Lines run along the two axes and through no box.
//!
//! Layers follow Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures"
//! (1981). Loops are opened, and the layer of each node comes after the last layer that leads to it. A line that passes
//! a layer has a place of its own there. Barycentres improve the order within the layers.
//!
//! Rows follow Brandes and Köpf, "Fast and Simple Horizontal Coordinate Assignment" (2001). A chain of nodes that
//! should be in one line is a block, and a block moves as a whole. Between two layers lies a channel, in which each
//! line that changes its row has a track.

mod layers;
mod lines;
mod rows;
mod tracks;

use crate::graph::Graph;
use crate::role::Role;
use layers::Layers;
use lines::Lines;

/// The sizes of everything in a chart, in units of the caller.
pub(crate) struct Measures {
    /// The size of each node.
    pub nodes: Vec<Size>,
    /// The width of each edge's label; 0 for none.
    pub labels: Vec<i32>,
    /// The gap between two rows.
    pub gap: i32,
    /// The room that a line takes in a layer that it passes, above and below.
    pub line: (i32, i32),
    /// The distance from a node to the first track behind it.
    pub stub: i32,
    /// The distance between two tracks.
    pub track: i32,
    /// The distance from the last track to the nodes behind it.
    pub arrow: i32,
    /// The distance from a node's lower border to the line of its first boundary, and from there to the next line.
    pub boundary: i32,
    pub boundaries: Boundaries,
}

/// The positions of boundaries on the lower border of a node.
#[derive(Clone, Copy)]
pub(crate) struct Boundaries {
    /// The distance from the right border to the first boundary.
    pub first: i32,
    /// The distance from one boundary to the next.
    pub next: i32,
}

impl Boundaries {
    /// Returns half of the width that `count` boundaries need.
    pub(crate) fn room(self, count: usize) -> i32 {
        let between = i32::try_from(count.saturating_sub(1)).unwrap_or(0) * self.next;
        (2 * self.first + between + 1) / 2
    }
}

/// The size of a node: its shape, and everything around the shape.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// The whole width, including the title below an event.
    pub width: i32,
    /// The distance from the middle to the border of the shape, to each side.
    pub half: i32,
    /// The distance from the node's line to the lower border of the shape.
    pub border: i32,
    /// The distance from the node's line to its highest part.
    pub up: i32,
    /// The distance from the node's line to its lowest part, without the lines of boundaries.
    pub down: i32,
}

/// The geometry of a chart, with the origin at its upper left corner.
pub(crate) struct Layout {
    pub width: i32,
    pub height: i32,
    /// The middle of each node.
    pub nodes: Vec<(i32, i32)>,
    pub edges: Vec<Route>,
}

/// The line of an edge.
pub(crate) struct Route {
    /// The corners of the line, including both ends.
    pub points: Vec<(i32, i32)>,
    /// The point on the line at which its label begins.
    pub label: (i32, i32),
}

/// An item of a layer. Nodes come first, by index; then come the places of lines that pass a layer.
type Item = usize;

/// The places of an edge in the layers that it passes, from left to right.
struct Chain {
    /// The places in the layers; those of a forward edge include both its nodes.
    items: Vec<Item>,
    /// Whether the edge leads back to its own layer or to an earlier one.
    back: bool,
    /// The number of the edge among the boundaries of its node.
    boundary: Option<i32>,
}

pub(crate) fn layout(graph: &Graph, measures: &Measures) -> Layout {
    let layers = Layers::of(graph, measures);
    Lines::of(graph, measures, &layers).layout()
}

/// Whether the edge leaves the border of its node, not its end.
pub(crate) fn leaves_the_border(role: &Role) -> bool {
    role.is_boundary() || *role == Role::Compensation
}

#[cfg(test)]
mod tests;
