//! The rules for flows that start each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::check_loops;
use crate::course::in_one_step;
use crate::graph::Graph;
use crate::kind::Kind;
use crate::rule::{Fault, Rule};
use crate::sound::Sound;
use crate::walk::closure;

/// A start of a flow: the index of the graph, and that of the node.
type Begin = (usize, usize);

/// Finds processes that would start each other, or run in a loop, without ever waiting.
///
/// Every graph has to be sound by itself. Children whose flow is not among the graphs are left out. Returns each fault
/// with the index of its graph.
pub fn check_family(graphs: &[&Graph]) -> Vec<(usize, Fault)> {
    let Some(family) = Family::of(graphs) else { return Vec::new() };
    let mut faults = Vec::new();
    for (index, graph) in graphs.iter().enumerate() {
        let mut own = Vec::new();
        check_loops(graph, &family.in_one_step(index), &mut own);
        faults.extend(own.into_iter().map(|fault| (index, fault)));
    }
    faults.extend(family.check_starts());
    faults
}

struct Family<'g> {
    graphs: &'g [&'g Graph],
    sound: Vec<Sound>,
    children: BTreeMap<Begin, Begin>,
    /// The starts from which a token can reach an end without waiting.
    quick: BTreeSet<Begin>,
}

impl<'g> Family<'g> {
    fn of(graphs: &'g [&'g Graph]) -> Option<Self> {
        let sound = graphs.iter().map(|graph| graph.check().ok()).collect::<Option<Vec<Sound>>>()?;
        let mut family = Self { graphs, sound, children: BTreeMap::new(), quick: BTreeSet::new() };
        for (index, graph) in graphs.iter().enumerate() {
            for (node, child) in graph.nodes().iter().enumerate() {
                let begin = child.child.as_ref().and_then(|(flow, start)| family.begin(flow, start));
                if let Some(begin) = begin {
                    family.children.insert((index, node), begin);
                }
            }
        }
        // A larger set of quick starts can only make more starts quick.
        loop {
            let starts = graphs.iter().enumerate().flat_map(|(index, graph)| {
                (0..graph.nodes().len())
                    .filter(|node| graph.nodes()[*node].kind.is_start())
                    .map(move |node| (index, node))
            });
            let quick: BTreeSet<Begin> = starts.filter(|begin| family.reaches_an_end(*begin)).collect();
            if quick == family.quick {
                return Some(family);
            }
            family.quick = quick;
        }
    }

    fn begin(&self, flow: &str, start: &str) -> Option<Begin> {
        let graph = self.graphs.iter().position(|graph| graph.name == flow)?;
        Some((graph, self.graphs[graph].find(start)?))
    }

    /// Whether a token may pass the node without waiting.
    fn passes(&self, graph: usize, node: usize) -> bool {
        let kind = self.graphs[graph].nodes()[node].kind;
        match kind {
            Kind::Subprocess | Kind::NSubprocess => {
                self.children.get(&(graph, node)).is_some_and(|begin| self.quick.contains(begin))
            }
            _ => kind.may_not_wait(),
        }
    }

    /// Returns the nodes that a process can reach in the step in which it begins here.
    fn first_step(&self, (graph, start): Begin) -> Vec<bool> {
        closure(&self.in_one_step(graph), vec![start])
    }

    /// Returns for each node of a graph the nodes that a token can reach from it directly within one step.
    fn in_one_step(&self, graph: usize) -> Vec<Vec<usize>> {
        in_one_step(self.graphs[graph], self.sound[graph].closes(), |node| self.passes(graph, node))
    }

    fn reaches_an_end(&self, begin: Begin) -> bool {
        let nodes = self.graphs[begin.0].nodes();
        self.first_step(begin).into_iter().zip(nodes).any(|(reached, node)| reached && node.kind.is_end())
    }

    /// Checks that no start starts itself again in its first step, directly or through other flows.
    fn check_starts(&self) -> Vec<(usize, Fault)> {
        let begins: Vec<Begin> = self.children.values().copied().collect::<BTreeSet<_>>().into_iter().collect();
        // For each start, the sub-processes that its first step can reach.
        let calls = |begin: &Begin| -> Vec<Begin> {
            let reached = self.first_step(*begin);
            let hosts = self.children.keys().filter(|(graph, node)| *graph == begin.0 && reached[*node]);
            hosts.copied().collect()
        };
        let calls: Vec<Vec<Begin>> = begins.iter().map(calls).collect();
        let place = |host: &Begin| begins.iter().position(|begin| self.children.get(host) == Some(begin));
        let successors: Vec<Vec<usize>> = calls.iter().map(|hosts| hosts.iter().filter_map(place).collect()).collect();
        let mut faults = Vec::new();
        let mut told = vec![false; begins.len()];
        for (index, begin) in begins.iter().enumerate() {
            let around = closure(&successors, successors[index].clone());
            if !around[index] || told[index] {
                continue;
            }
            for (other, reached) in around.iter().enumerate() {
                told[other] |= *reached;
            }
            let Some((graph, node)) = calls[index]
                .iter()
                .find(|host| place(host).is_some_and(|next| next == index || closure(&successors, vec![next])[index]))
            else {
                continue;
            };
            let host = &self.graphs[*graph].nodes()[*node];
            let message = format!(
                "flow `{}` comes from `{}` to `{}` without waiting, and that starts it again: one step would start \
                 processes for ever; put a node that waits before it",
                self.graphs[begin.0].name,
                self.graphs[begin.0].nodes()[begin.1].name,
                host.name
            );
            faults.push((*graph, Fault::node(Rule::StartsForEver, *node, message)));
        }
        faults
    }
}
