//! The course of the lines, given the layer and the row of each item.

use super::layers::Layers;
use super::tracks::{End, Turn, assign_tracks};
use super::{Boundaries, Chain, Item, Layout, Measures, Route};
use crate::graph::{Edge, Graph};

/// The chart's columns from left to right: a channel, the first layer, a channel, the next layer, and so on to a
/// channel.
pub(super) struct Lines<'l> {
    graph: &'l Graph,
    measures: &'l Measures,
    layers: &'l Layers,
    /// The row of each item.
    rows: Vec<i32>,
    /// The left border and the width of each layer.
    columns: Vec<(i32, i32)>,
    /// The turns in each channel, and the position of its first track.
    channels: Vec<(Vec<Turn>, i32)>,
    width: i32,
}

impl<'l> Lines<'l> {
    pub(super) fn of(graph: &'l Graph, measures: &'l Measures, layers: &'l Layers) -> Self {
        let rows = layers.rows(graph, measures);
        let mut lines = Self { graph, measures, layers, rows, columns: Vec::new(), channels: Vec::new(), width: 0 };
        let mut turns: Vec<Vec<Turn>> = (0..=layers.stacks.len()).map(|_| Vec::new()).collect();
        for edge in 0..graph.edges().len() {
            for (channel, ends) in lines.turns(edge) {
                if ends[0].y != ends[1].y {
                    turns[channel].push(Turn { edge, ends, track: 0, knee: None });
                }
            }
        }
        for (channel, turns) in turns.into_iter().enumerate() {
            lines.put_channel(channel, turns);
        }
        lines
    }

    /// Appends a channel, and the layer behind it, on the right.
    fn put_channel(&mut self, channel: usize, mut turns: Vec<Turn>) {
        let Measures { stub, track, arrow, .. } = *self.measures;
        let tracks = assign_tracks(&mut turns, self.measures.line.1);
        let outer = channel == 0 || channel == self.layers.stacks.len();
        let labels = (0..self.graph.edges().len()).filter(|edge| {
            let Edge { from, .. } = self.graph.edges()[*edge];
            !self.layers.chains[*edge].back && self.layers.layer[from] + 1 == channel
        });
        let label = labels.map(|edge| self.measures.labels[edge]).max().unwrap_or(0);
        self.channels.push((turns, self.width + stub));
        self.width += match (outer, tracks) {
            (true, 0) => 0,
            (true, tracks) => stub + tracks * track + arrow,
            (false, tracks) => stub + tracks * track + label + arrow,
        };
        if let Some(stack) = self.layers.stacks.get(channel) {
            let widths = stack.iter().filter_map(|item| self.measures.nodes.get(*item)).map(|size| size.width);
            let width = widths.max().unwrap_or(0);
            self.columns.push((self.width, width));
            self.width += width;
        }
    }

    /// Returns the channels that an edge passes, and where it enters and leaves each of them.
    fn turns(&self, edge: usize) -> Vec<(usize, [End; 2])> {
        let (chain, Edge { from, to, .. }) = (&self.layers.chains[edge], &self.graph.edges()[edge]);
        let leaves = End { y: self.leave(edge), behind: false, at: (*from, chain.boundary) };
        let through = |item: Item, behind| End { y: self.rows[item], behind, at: (item, None) };
        let pairs = (self.first(edge) + 1..).zip(chain.items.windows(2).enumerate());
        let mut turns: Vec<(usize, [End; 2])> = pairs
            .map(|(channel, (step, pair))| {
                let start = if step == 0 && !chain.back { leaves } else { through(pair[0], false) };
                (channel, [start, through(pair[1], true)])
            })
            .collect();
        if let (true, Some(left), Some(right)) = (chain.back, chain.items.first(), chain.items.last()) {
            turns.push((self.layers.layer[*to], [through(*left, true), through(*to, true)]));
            turns.push((self.layers.layer[*from] + 1, [leaves, through(*right, false)]));
        }
        turns
    }

    /// Returns the leftmost layer of an edge.
    fn first(&self, edge: usize) -> usize {
        let Edge { from, to, .. } = self.graph.edges()[edge];
        self.layers.layer[from].min(self.layers.layer[to])
    }

    /// Returns the row in which an edge leaves its node.
    fn leave(&self, edge: usize) -> i32 {
        let Edge { from, .. } = self.graph.edges()[edge];
        let Measures { nodes, boundary, .. } = self.measures;
        let number = self.layers.chains[edge].boundary;
        self.rows[from] + number.map_or(0, |number| nodes[from].border + boundary * (number + 1))
    }

    fn middle(&self, node: usize) -> (i32, i32) {
        let (left, width) = self.columns[self.layers.layer[node]];
        (left + width / 2, self.rows[node])
    }

    pub(super) fn layout(&self) -> Layout {
        let nodes = 0..self.graph.nodes().len();
        let bottom = self.layers.stacks.iter().flatten();
        let bottom = bottom.map(|item| self.rows[*item] + self.layers.size(self.graph, self.measures, *item).1);
        Layout {
            width: self.width,
            height: bottom.max().unwrap_or(0),
            nodes: nodes.map(|node| self.middle(node)).collect(),
            edges: (0..self.graph.edges().len()).map(|edge| self.route(edge)).collect(),
        }
    }

    fn route(&self, edge: usize) -> Route {
        let (chain, Edge { from, to, .. }) = (&self.layers.chains[edge], &self.graph.edges()[edge]);
        let ((x, y), size, leave) = (self.middle(*from), self.measures.nodes[*from], self.leave(edge));
        let mut points = match chain.boundary {
            None => vec![(x + size.half, y)],
            Some(number) => {
                let Boundaries { first, next } = self.measures.boundaries;
                let x = x + size.half - first - next * number;
                vec![(x, y + size.border), (x, leave)]
            }
        };
        let label = if chain.back {
            self.go_back(edge, leave, &mut points)
        } else {
            for (step, pair) in chain.items.windows(2).enumerate() {
                let start = if step == 0 { leave } else { self.rows[pair[0]] };
                self.turn(self.first(edge) + step + 1, edge, (start, self.rows[pair[1]]), |_| true, &mut points);
            }
            let left = self.columns[self.first(edge) + 1].0 - self.measures.arrow - self.measures.labels[edge];
            (left, self.rows[chain.items[1]])
        };
        let (x, y) = self.middle(*to);
        points.push((x - self.measures.nodes[*to].half, y));
        Route { points: straightened(points), label }
    }

    /// Adds the corners of an edge that leads back, and returns where its label begins.
    fn go_back(&self, edge: usize, leave: i32, points: &mut Vec<(i32, i32)>) -> (i32, i32) {
        let (Chain { items, .. }, Edge { from, to, .. }) = (&self.layers.chains[edge], &self.graph.edges()[edge]);
        let (first, last) = (self.first(edge), items.len() - 1);
        let row = |step: usize| self.rows[items[step]];
        let round = |side: bool| move |turn: &Turn| turn.ends.iter().all(|end| end.behind == side);
        self.turn(self.layers.layer[*from] + 1, edge, (leave, row(last)), round(false), points);
        let (right, _) = points[points.len() - 1];
        let through = |turn: &Turn| turn.ends[0].behind != turn.ends[1].behind;
        for step in (0..last).rev() {
            self.turn(first + step + 1, edge, (row(step + 1), row(step)), through, points);
        }
        self.turn(first, edge, (row(0), self.rows[*to]), round(true), points);
        (right - self.measures.labels[edge] - self.measures.track / 2, row(last))
    }

    /// Adds the corners of an edge's turn in a channel, if it has a turn there.
    fn turn(
        &self,
        channel: usize,
        edge: usize,
        (from, to): (i32, i32),
        is_it: impl Fn(&Turn) -> bool,
        points: &mut Vec<(i32, i32)>,
    ) {
        let (turns, first_track) = &self.channels[channel];
        let Some(turn) = turns.iter().find(|turn| turn.edge == edge && is_it(turn)) else { return };
        let x_of = |track: i32| first_track + track * self.measures.track;
        let first = x_of(turn.track);
        match turn.knee.map(|(y, track)| (y, x_of(track))) {
            None => points.extend([(first, from), (first, to)]),
            Some((y, second)) if from == turn.ends[0].y => {
                points.extend([(first, from), (first, y), (second, y), (second, to)]);
            }
            Some((y, second)) => points.extend([(second, from), (second, y), (first, y), (first, to)]),
        }
    }
}

/// Removes points at which a line does not turn.
fn straightened(points: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    let mut kept: Vec<(i32, i32)> = Vec::new();
    for point in points {
        if kept.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = kept[..]
            && ((a.0 == b.0 && b.0 == point.0) || (a.1 == b.1 && b.1 == point.1))
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}
