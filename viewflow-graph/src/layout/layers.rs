//! The layer of each node, and the order of the nodes within it.

use std::collections::BTreeSet;

use super::{Chain, Item, Measures, leaves_the_border};
use crate::graph::Graph;

pub(super) struct Layers {
    /// The layer of each node.
    pub(super) layer: Vec<usize>,
    /// The items of each layer, from top to bottom.
    pub(super) stacks: Vec<Vec<Item>>,
    /// The chain of each edge.
    pub(super) chains: Vec<Chain>,
    /// The number of items.
    pub(super) items: usize,
    /// The edge of each node on which the longest way goes on.
    pub(super) main: Vec<Option<usize>>,
    /// The nodes, in the order in which [`Layers::meet`] visits them.
    pub(super) met: Vec<usize>,
}

impl Layers {
    pub(super) fn of(graph: &Graph, measures: &Measures) -> Self {
        let (back, order) = open_loops(graph);
        let (layer, main) = into_layers(graph, measures, &back, &order);
        let count = layer.iter().map(|layer| layer + 1).max().unwrap_or(0);
        let mut layers = Self {
            stacks: vec![Vec::new(); count],
            chains: Vec::new(),
            items: graph.nodes().len(),
            layer,
            main,
            met: Vec::new(),
        };
        for (index, edge) in graph.edges().iter().enumerate() {
            let (from, to) = (layers.layer[edge.from], layers.layer[edge.to]);
            let passed = if back[index] { to..from + 1 } else { from + 1..to };
            let first = layers.items;
            layers.items += passed.len();
            let mut items: Vec<Item> = (first..layers.items).collect();
            if !back[index] {
                items.insert(0, edge.from);
                items.push(edge.to);
            }
            layers.chains.push(Chain { items, back: back[index], boundary: None });
        }
        for node in 0..graph.nodes().len() {
            let borders = graph.out(node).filter(|(_, edge)| leaves_the_border(&edge.role));
            for ((index, _), number) in borders.zip(0..) {
                layers.chains[index].boundary = Some(number);
            }
        }
        layers.meet(graph);
        layers.sort();
        layers
    }

    /// Fills the layers in the order of a visit that takes the longest way first.
    fn meet(&mut self, graph: &Graph) {
        let nodes = graph.nodes().len();
        let mut seen = vec![false; nodes];
        let mut entered = vec![false; self.chains.len()];
        let starts = (0..nodes).filter(|node| graph.nodes()[*node].kind.is_start());
        for root in starts.chain(0..nodes) {
            let mut stack = vec![(root, None)];
            while let Some((node, by)) = stack.pop() {
                if let Some(edge) = by {
                    self.enter(graph, edge, &mut entered);
                }
                if std::mem::replace(&mut seen[node], true) {
                    continue;
                }
                self.stacks[self.layer[node]].push(node);
                self.met.push(node);
                let forth = graph.out(node).map(|(edge, _)| edge).filter(|edge| !self.chains[*edge].back);
                let mut ways: Vec<usize> = forth.collect();
                ways.sort_by_key(|edge| (Some(*edge) != self.main[node], self.chains[*edge].boundary.is_some(), *edge));
                stack.extend(ways.into_iter().rev().map(|edge| (graph.edges()[edge].to, Some(edge))));
            }
        }
        // A shorter way back runs inside a longer one.
        let mut back: Vec<usize> = (0..self.chains.len()).filter(|edge| self.chains[*edge].back).collect();
        back.sort_by_key(|edge| self.chains[*edge].items.len());
        back.into_iter().for_each(|edge| self.enter(graph, edge, &mut entered));
    }

    /// Adds the places of an edge to the layers that it passes.
    fn enter(&mut self, graph: &Graph, edge: usize, entered: &mut [bool]) {
        if std::mem::replace(&mut entered[edge], true) {
            return;
        }
        let Chain { items, .. } = &self.chains[edge];
        let first = self.layer[graph.edges()[edge].from].min(self.layer[graph.edges()[edge].to]);
        for (offset, item) in items.iter().enumerate() {
            if *item >= graph.nodes().len() {
                self.stacks[first + offset].push(*item);
            }
        }
    }

    /// Returns for each item its neighbours in the next layer, and those in the layer before.
    fn neighbours(&self) -> [Vec<Vec<Item>>; 2] {
        let mut sides = [vec![Vec::new(); self.items], vec![Vec::new(); self.items]];
        for chain in &self.chains {
            for pair in chain.items.windows(2) {
                sides[0][pair[0]].push(pair[1]);
                sides[1][pair[1]].push(pair[0]);
            }
        }
        sides
    }

    /// Improves the order within the layers, as long as that makes fewer lines cross.
    fn sort(&mut self) {
        const ROUNDS: usize = 8;
        let sides = self.neighbours();
        let returning: Vec<bool> = {
            let mut returning = vec![false; self.items];
            let back = self.chains.iter().filter(|chain| chain.back).flat_map(|chain| &chain.items);
            back.for_each(|item| returning[*item] = true);
            returning
        };
        let mut place = vec![0_u64; self.items];
        let mut best = self.stacks.clone();
        let mut least = crossings(&best, &sides[0]);
        for round in 0..ROUNDS {
            if least == 0 {
                break;
            }
            let forth = round % 2 == 0;
            let side = &sides[usize::from(forth)];
            let count = self.stacks.len();
            for step in 1..count {
                let (at, fixed) = if forth { (step, step - 1) } else { (count - 1 - step, count - step) };
                for (position, item) in (1..).zip(&self.stacks[fixed]) {
                    place[*item] = position;
                }
                let mut own = (1_u64..)
                    .zip(&self.stacks[at])
                    .map(|(position, item)| {
                        let near = &side[*item];
                        let sum: u64 = near.iter().map(|other| place[*other]).sum();
                        let mean = (1000 * sum).checked_div(near.len() as u64).unwrap_or(1000 * position);
                        (returning[*item], mean, *item)
                    })
                    .collect::<Vec<_>>();
                own.sort_by_key(|(returning, mean, _)| (*returning, *mean));
                self.stacks[at] = own.into_iter().map(|(.., item)| item).collect();
            }
            let now = crossings(&self.stacks, &sides[0]);
            if now < least {
                (least, best) = (now, self.stacks.clone());
            }
        }
        self.stacks = best;
    }
}

/// Finds the edges that lead back to where their way came from.
///
/// Also returns the nodes in an order in which all other edges lead forward.
fn open_loops(graph: &Graph) -> (Vec<bool>, Vec<usize>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let nodes = graph.nodes().len();
    let mut back = vec![false; graph.edges().len()];
    let mut state = vec![State::New; nodes];
    let mut done = Vec::new();
    let starts = (0..nodes).filter(|node| graph.nodes()[*node].kind.is_start());
    for root in starts.chain(0..nodes) {
        if state[root] != State::New {
            continue;
        }
        state[root] = State::Open;
        let mut stack = vec![(root, graph.out(root).map(|(edge, _)| edge).collect::<Vec<_>>().into_iter())];
        while let Some((node, ways)) = stack.last_mut() {
            let Some(edge) = ways.next() else {
                state[*node] = State::Done;
                done.push(*node);
                stack.pop();
                continue;
            };
            let to = graph.edges()[edge].to;
            match state[to] {
                State::Open => back[edge] = true,
                State::Done => {}
                State::New => {
                    state[to] = State::Open;
                    stack.push((to, graph.out(to).map(|(edge, _)| edge).collect::<Vec<_>>().into_iter()));
                }
            }
        }
    }
    done.reverse();
    (back, done)
}

/// Returns the layer of each node, and the edge on which its longest way goes on.
fn into_layers(graph: &Graph, measures: &Measures, back: &[bool], order: &[usize]) -> (Vec<usize>, Vec<Option<usize>>) {
    let nodes = graph.nodes().len();
    // Two labels cannot stand before one node. So every labelled edge but the first begins a layer earlier.
    let mut length = vec![1; graph.edges().len()];
    for node in 0..nodes {
        let labelled = graph.into(node).filter(|(edge, _)| measures.labels[*edge] > 0 && !back[*edge]);
        labelled.skip(1).for_each(|(edge, _)| length[edge] = 2);
        // Two edges between the same nodes cannot run in one line.
        let mut led_to = BTreeSet::new();
        let twins = graph.out(node).filter(|(_, way)| !led_to.insert(way.to));
        twins.for_each(|(edge, _)| length[edge] = 2);
    }
    let forward = |node: usize| graph.out(node).filter(|(edge, _)| !back[*edge]);
    let mut layer = vec![0; nodes];
    for node in order {
        for (edge, way) in forward(*node) {
            layer[way.to] = layer[way.to].max(layer[*node] + length[edge]);
        }
    }
    let mut left = vec![0; nodes];
    let mut main = vec![None; nodes];
    for node in order.iter().rev() {
        let ways = forward(*node).filter(|(_, edge)| !leaves_the_border(&edge.role));
        let longest = ways.max_by_key(|(edge, way)| (left[way.to], std::cmp::Reverse(*edge)));
        if let Some((edge, way)) = longest {
            main[*node] = Some(edge);
            left[*node] = left[way.to] + 1;
        }
        // A node without incoming edges stands right before the nodes it leads to.
        if graph.into(*node).all(|(edge, _)| back[edge]) {
            layer[*node] = forward(*node).map(|(edge, way)| layer[way.to] - length[edge]).min().unwrap_or(0);
        }
    }
    (layer, main)
}

/// Counts the lines that cross between the layers.
///
/// These are the pairs of lines whose order differs from one layer to the next. A binary indexed tree counts them
/// (Fenwick, "A new data structure for cumulative frequency tables", 1994).
fn crossings(layers: &[Vec<Item>], next: &[Vec<Item>]) -> usize {
    let mut place = vec![0; next.len()];
    for layer in layers {
        layer.iter().enumerate().for_each(|(position, item)| place[*item] = position);
    }
    let mut count = 0;
    for pair in layers.windows(2) {
        let mut tree = vec![0_usize; pair[1].len() + 1];
        let mut seen = 0;
        for item in &pair[0] {
            let mut targets: Vec<usize> = next[*item].iter().map(|other| place[*other] + 1).collect();
            targets.sort_unstable();
            for target in targets {
                // Count the earlier lines that lead further down.
                let mut not_below = 0;
                let mut at = target;
                while at > 0 {
                    not_below += tree[at];
                    at &= at - 1;
                }
                count += seen - not_below;
                seen += 1;
                let mut at = target;
                while at < tree.len() {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
        }
    }
    count
}
