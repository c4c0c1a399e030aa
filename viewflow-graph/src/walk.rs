//! Walks over nodes and edges, regardless of their meaning.

use std::collections::{BTreeSet, VecDeque};

use crate::graph::Graph;

impl Graph {
    /// Whether a path of one edge or more leads from one node to the other.
    pub fn leads_to(&self, from: usize, to: usize) -> bool {
        let successors = self.successors();
        closure(&successors, successors[from].clone())[to]
    }
}

/// Returns all nodes that can be reached from `from`, including `from`.
pub(crate) fn closure(successors: &[Vec<usize>], from: Vec<usize>) -> Vec<bool> {
    let mut reached = vec![false; successors.len()];
    follow(successors, from, &mut reached);
    reached
}

/// Adds all nodes that can be reached from `from`, but does not go on from nodes reached before.
pub(crate) fn follow(successors: &[Vec<usize>], from: Vec<usize>, reached: &mut [bool]) {
    let mut open = from;
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut reached[node], true) {
            open.extend(&successors[node]);
        }
    }
}

/// Returns all nodes that `steps` can reach from `from`, including `from`.
pub(crate) fn reached(from: impl IntoIterator<Item = usize>, steps: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<usize> = from.into_iter().collect();
    while let Some(node) = open.pop() {
        if seen.insert(node) {
            open.extend(steps(node));
        }
    }
    seen
}

/// Returns the place of each node in an order in which, loops aside, it comes before the nodes it leads to.
///
/// It is the reverse of the order in which a depth-first search leaves the nodes.
pub(crate) fn order(graph: &Graph) -> Vec<usize> {
    let successors = graph.successors();
    let mut place = vec![usize::MAX; successors.len()];
    let mut next = successors.len();
    let mut seen = vec![false; successors.len()];
    for root in 0..successors.len() {
        let mut path = if std::mem::replace(&mut seen[root], true) { Vec::new() } else { vec![(root, 0)] };
        while let Some((node, way)) = path.pop() {
            if let Some(&to) = successors[node].get(way) {
                path.push((node, way + 1));
                if !std::mem::replace(&mut seen[to], true) {
                    path.push((to, 0));
                }
            } else {
                next -= 1;
                place[node] = next;
            }
        }
    }
    place
}

/// Returns one cycle from each strongly connected part that has one.
///
/// The nodes of a cycle come in order, beginning with the node that is declared first.
pub(crate) fn cycles(successors: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let parts = strong_parts(successors);
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    // For each node, its predecessor in the search that saw it last, and the start of that search.
    let mut parent = vec![(usize::MAX, usize::MAX); successors.len()];
    for start in 0..successors.len() {
        if !told.contains(&parts[start])
            && let Some(cycle) = shortest_cycle(successors, &parts, &mut parent, start)
        {
            told.insert(parts[start]);
            found.push(cycle);
        }
    }
    found
}

/// Returns for each node the number of its strongly connected part.
///
/// The algorithm is Tarjan, "Depth-first search and linear graph algorithms", 1972, without recursion.
fn strong_parts(successors: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let count = successors.len();
    let (mut order, mut low, mut part) = (vec![NONE; count], vec![0; count], vec![NONE; count]);
    let (mut next_order, mut next_part) = (0, 0);
    let mut stack = Vec::new();
    for root in 0..count {
        let mut path = if order[root] == NONE { vec![(root, 0)] } else { Vec::new() };
        while let Some((node, way)) = path.pop() {
            if way == 0 {
                (order[node], low[node]) = (next_order, next_order);
                next_order += 1;
                stack.push(node);
            } else {
                let child = successors[node][way - 1];
                low[node] = low[node].min(low[child]);
            }
            let mut unseen = None;
            for (index, &next) in successors[node].iter().enumerate().skip(way) {
                if order[next] == NONE {
                    unseen = Some((index, next));
                    break;
                }
                if part[next] == NONE {
                    low[node] = low[node].min(order[next]);
                }
            }
            if let Some((index, next)) = unseen {
                path.push((node, index + 1));
                path.push((next, 0));
            } else if low[node] == order[node] {
                while let Some(member) = stack.pop() {
                    part[member] = next_part;
                    if member == node {
                        break;
                    }
                }
                next_part += 1;
            }
        }
    }
    part
}

/// Returns the shortest way from a node back to itself, within its part.
fn shortest_cycle(
    successors: &[Vec<usize>],
    parts: &[usize],
    parent: &mut [(usize, usize)],
    start: usize,
) -> Option<Vec<usize>> {
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for &next in successors[node].iter().filter(|next| parts[**next] == parts[start]) {
            if next == start {
                let mut path = vec![node];
                while path[path.len() - 1] != start {
                    path.push(parent[path[path.len() - 1]].0);
                }
                path.reverse();
                return Some(path);
            }
            if parent[next].1 != start {
                parent[next] = (node, start);
                queue.push_back(next);
            }
        }
    }
    None
}
