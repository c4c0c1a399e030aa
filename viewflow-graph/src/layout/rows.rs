//! The row of each node, and of each place of a line.

use std::collections::BTreeMap;

use super::layers::Layers;
use super::{Item, Measures};
use crate::graph::Graph;

impl Layers {
    /// Returns for each item the item of the next layer that stands in one line with it.
    fn aligned(&self, graph: &Graph) -> Vec<Option<Item>> {
        let mut place = vec![0; self.items];
        for layer in &self.stacks {
            layer.iter().enumerate().for_each(|(position, item)| place[*item] = position);
        }
        let nodes = graph.nodes().len();
        let mut next: Vec<Option<Item>> = vec![None; self.items];
        let mut taken = vec![false; self.items];
        // The straight lines between each two layers; no two of them cross.
        let mut lines: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new(); self.stacks.len()];
        let main = self.met.iter().filter_map(|node| self.main[*node]);
        let mut pairs: Vec<(usize, Item, Item)> = Vec::new();
        let of = |edge: usize| self.chains[edge].items.windows(2).map(|pair| (pair[0], pair[1]));
        for edge in main {
            let first = self.layer[graph.edges()[edge].from];
            pairs.extend((first..).zip(of(edge)).map(|(layer, (a, b))| (layer, a, b)));
        }
        let mut others = Vec::new();
        for (edge, chain) in self.chains.iter().enumerate() {
            let first = self.layer[graph.edges()[edge].from].min(self.layer[graph.edges()[edge].to]);
            for (layer, (a, b)) in (first..).zip(of(edge)) {
                match (a >= nodes && b >= nodes, a < nodes && chain.boundary.is_some()) {
                    (true, _) => pairs.push((layer, a, b)),
                    (false, true) => {}
                    (false, false) => others.push((layer, a, b)),
                }
            }
        }
        for (layer, a, b) in pairs.into_iter().chain(others) {
            let (from, to) = (place[a], place[b]);
            let above = lines[layer].range(..from).next_back().is_some_and(|(_, other)| *other > to);
            let below = lines[layer].range(from..).next().is_some_and(|(_, other)| *other < to);
            let crosses = above || below;
            if next[a].is_none() && !taken[b] && !crosses {
                (next[a], taken[b]) = (Some(b), true);
                lines[layer].insert(from, to);
            }
        }
        next
    }

    /// Returns the row of each item.
    ///
    /// Blocks start as high as they can be, and then move nearer to the blocks that they are connected with.
    pub(super) fn rows(&self, graph: &Graph, measures: &Measures) -> Vec<i32> {
        let next = self.aligned(graph);
        let mut block = vec![usize::MAX; self.items];
        let mut blocks = 0;
        for item in self.stacks.iter().flatten() {
            if block[*item] == usize::MAX {
                let mut at = Some(*item);
                while let Some(member) = at {
                    block[member] = blocks;
                    at = next[member];
                }
                blocks += 1;
            }
        }
        let size = |item: Item| self.size(graph, measures, item);
        // For each block, the blocks directly below and above it, with their least distance.
        let mut below: Vec<Vec<(usize, i32)>> = vec![Vec::new(); blocks];
        let mut above: Vec<Vec<(usize, i32)>> = vec![Vec::new(); blocks];
        for pair in self.stacks.iter().flat_map(|layer| layer.windows(2)) {
            let apart = size(pair[0]).1 + measures.gap + size(pair[1]).0;
            below[block[pair[0]]].push((block[pair[1]], apart));
            above[block[pair[1]]].push((block[pair[0]], apart));
        }
        let order = downwards(&below);
        let mut near: Vec<Vec<usize>> = vec![Vec::new(); blocks];
        for (edge, chain) in self.chains.iter().enumerate() {
            let ends = &graph.edges()[edge];
            let own = [(ends.from, chain.items.last()), (ends.to, chain.items.first())];
            let turns =
                own.into_iter().filter_map(|(node, item)| item.filter(|_| chain.back).map(|item| (node, *item)));
            for (a, b) in chain.items.windows(2).map(|pair| (pair[0], pair[1])).chain(turns) {
                if block[a] != block[b] {
                    near[block[a]].push(block[b]);
                    near[block[b]].push(block[a]);
                }
            }
        }
        let mut y = vec![0; blocks];
        for at in &order {
            y[*at] = above[*at].iter().map(|(over, apart)| y[*over] + apart).max().unwrap_or(0);
        }
        for _ in 0..4 {
            for at in order.iter().rev().chain(&order) {
                let mut wished: Vec<i32> = near[*at].iter().map(|other| y[*other]).collect();
                wished.sort_unstable();
                let Some(wish) = wished.get(wished.len().saturating_sub(1) / 2) else { continue };
                let least = above[*at].iter().map(|(over, apart)| y[*over] + apart).max().unwrap_or(i32::MIN);
                let most = below[*at].iter().map(|(under, apart)| y[*under] - apart).min().unwrap_or(i32::MAX);
                y[*at] = (*wish).min(most).max(least);
            }
        }
        let rows: Vec<i32> = (0..self.items).map(|item| y.get(block[item]).copied().unwrap_or(0)).collect();
        let top = self.stacks.iter().flatten().map(|item| rows[*item] - size(*item).0).min().unwrap_or(0);
        rows.into_iter().map(|row| row - top).collect()
    }

    /// Returns the room that an item takes above and below its line.
    pub(super) fn size(&self, graph: &Graph, measures: &Measures, item: Item) -> (i32, i32) {
        let Some(size) = measures.nodes.get(item) else { return measures.line };
        let numbers = graph.out(item).filter_map(|(edge, _)| self.chains[edge].boundary);
        let borders = numbers.map(|number| size.border + measures.boundary * (number + 1) + measures.line.1).max();
        (size.up, borders.map_or(size.down, |borders| borders.max(size.down)))
    }
}

/// Orders the blocks so that each comes before those below it.
fn downwards(below: &[Vec<(usize, i32)>]) -> Vec<usize> {
    let mut over = vec![0; below.len()];
    below.iter().flatten().for_each(|(under, _)| over[*under] += 1);
    let mut order: Vec<usize> = (0..below.len()).filter(|block| over[*block] == 0).collect();
    let mut at = 0;
    while let Some(block) = order.get(at).copied() {
        at += 1;
        for (under, _) in &below[block] {
            over[*under] -= 1;
            if over[*under] == 0 {
                order.push(*under);
            }
        }
    }
    order
}
