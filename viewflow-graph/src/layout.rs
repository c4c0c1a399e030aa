//! Where the nodes of a chart stand and how its lines run: left to right, the longest way straight on, branches in rows
//! below each other, lines along the two axes and through no box.
//!
//! Layers, after Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981): loops
//! are opened, each node stands in the layer after the last one that leads to it, a line that passes a layer has a place
//! of its own there, and the order within the layers is improved by barycentres. Rows, after Brandes and Köpf, "Fast and Simple
//! Horizontal Coordinate Assignment" (2001): chains of nodes that shall stand in one line are blocks, which are moved together. Between
//! two layers lies a channel, in which each line that changes its row has a track.

mod layers;
mod lines;
mod rows;
mod tracks;

use crate::graph::Graph;
use crate::role::Role;
use layers::Layers;
use lines::Lines;

/// How large things are, in units of whoever draws.
pub(crate) struct Measures {
    /// Of each node.
    pub nodes: Vec<Size>,
    /// The width of each edge's label; 0 for none.
    pub labels: Vec<i32>,
    /// Between the rows.
    pub gap: i32,
    /// What a line that passes a layer takes, above and below.
    pub line: (i32, i32),
    /// From a node to the first track behind it.
    pub stub: i32,
    /// Between two tracks.
    pub track: i32,
    /// From the last track to the nodes behind it.
    pub arrow: i32,
    /// From a node's lower border, or the line of another boundary, to the line of a boundary.
    pub boundary: i32,
    pub boundaries: Boundaries,
}

/// Where boundaries stand on the lower border of a node.
#[derive(Clone, Copy)]
pub(crate) struct Boundaries {
    /// From the right border to the first one.
    pub first: i32,
    /// From one to the next.
    pub next: i32,
}

impl Boundaries {
    /// Half of the width that so many need.
    pub(crate) fn room(self, count: usize) -> i32 {
        let between = i32::try_from(count.saturating_sub(1)).unwrap_or(0) * self.next;
        (2 * self.first + between + 1) / 2
    }
}

/// What a node takes: its shape, and what stands around it.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// The whole width, the title beneath an event included.
    pub width: i32,
    /// From the middle to the border of the shape, to each side.
    pub half: i32,
    /// From its line to the lower border of the shape.
    pub border: i32,
    /// From its line to the highest that belongs to it.
    pub up: i32,
    /// From its line to the lowest that belongs to it, without the lines of boundaries.
    pub down: i32,
}

/// A chart's geometry. The origin is at its upper left corner.
pub(crate) struct Layout {
    pub width: i32,
    pub height: i32,
    /// The middle of each node.
    pub nodes: Vec<(i32, i32)>,
    pub edges: Vec<Route>,
}

/// An edge's line.
pub(crate) struct Route {
    /// Its corners, both ends included.
    pub points: Vec<(i32, i32)>,
    /// Where its label begins, on the line.
    pub label: (i32, i32),
}

/// What stands in a layer: nodes first, by their indices; then places of lines that pass.
type Item = usize;

/// An edge as it passes the layers, from left to right.
struct Chain {
    /// Where it passes; for a forward edge with both its ends.
    items: Vec<Item>,
    /// Whether it leads back to its own layer or one before.
    back: bool,
    /// Its number among the boundaries of its node.
    boundary: Option<i32>,
}

pub(crate) fn layout(graph: &Graph, measures: &Measures) -> Layout {
    let layers = Layers::of(graph, measures);
    Lines::of(graph, measures, &layers).layout()
}

/// Whether the edge leaves from the border of its node, and not from its end.
pub(crate) fn leaves_the_border(role: &Role) -> bool {
    role.is_boundary() || *role == Role::Compensation
}

#[cfg(test)]
mod tests;
