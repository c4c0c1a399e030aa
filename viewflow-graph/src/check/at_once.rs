//! The rule for branches that end the whole process as soon as they begin.

use std::collections::BTreeMap;

use crate::graph::{Edge, Graph};
use crate::kind::Kind;
use crate::role::{Role, Selection};
use crate::rule::{Fault, Rule, Spot};
use crate::walk::order;

/// Checks that no branch of a split ends the process for certain and without waiting.
///
/// The other branches would begin in vain. Where the join of a split is not known, the check does not look beyond it.
pub(super) fn check_ends_at_once(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    let nodes = graph.nodes();
    let certain = Certain::of(graph, closes);
    for split in (0..nodes.len()).filter(|node| nodes[*node].kind == Kind::Split) {
        let ending = graph.out(split).find(|(_, edge)| is_always(edge) && certain.ends(edge));
        if let (Some((index, edge)), true) = (ending, graph.out(split).count() > 1) {
            let message = format!(
                "the branch to `{}` ends the process as soon as split `{}` opens, so that its other branches are in \
                 vain: put a node that waits before it, or give the branch a `cond`",
                nodes[edge.to].name, nodes[split].name
            );
            faults.push(Fault::edge(Rule::EndsAtOnce, split, index, message).and(Spot::Node(edge.to)));
        }
    }
}

fn is_always(edge: &Edge) -> bool {
    edge.role == Role::Branch(Selection::Always)
}

/// The fate of a token at each node: the outcomes that are certain within the step of its arrival.
struct Certain<'g> {
    graph: &'g Graph,
    closes: &'g BTreeMap<usize, usize>,
    nodes: Vec<Fate>,
}

#[derive(Clone, Copy, Default)]
struct Fate {
    /// The token ends the whole process.
    ends: bool,
    /// The token comes to some end, with all tokens that it starts.
    stops: bool,
    /// The token comes to the join of its branches, or ends the process.
    joins: bool,
}

impl<'g> Certain<'g> {
    /// Computes the fate of each node after the fates of all nodes behind it.
    ///
    /// One look at each node is enough, as another rule refuses loops within one step.
    fn of(graph: &'g Graph, closes: &'g BTreeMap<usize, usize>) -> Self {
        let count = graph.nodes().len();
        let mut last_first = vec![0; count];
        for (node, place) in order(graph).into_iter().enumerate() {
            last_first[count - 1 - place] = node;
        }
        let mut certain = Self { graph, closes, nodes: vec![Fate::default(); count] };
        for node in last_first {
            certain.nodes[node] = certain.fate(node);
        }
        certain
    }

    fn is_join(&self, edge: &Edge) -> bool {
        self.graph.nodes()[edge.to].kind == Kind::Join
    }

    /// A join waits for other branches, so the rest of the way is no longer up to one branch.
    fn ends(&self, edge: &Edge) -> bool {
        !self.is_join(edge) && self.nodes[edge.to].ends
    }

    fn stops(&self, edge: &Edge) -> bool {
        self.is_join(edge) || self.nodes[edge.to].stops
    }

    fn joins(&self, edge: &Edge) -> bool {
        self.is_join(edge) || self.nodes[edge.to].joins
    }

    fn fate(&self, node: usize) -> Fate {
        let kind = self.graph.nodes()[node].kind;
        let ways: Vec<&Edge> = self.graph.ways_out(node).map(|(_, edge)| edge).collect();
        match kind {
            Kind::Terminate | Kind::ErrorEnd => Fate { ends: true, stops: true, joins: true },
            Kind::End => Fate { stops: true, ..Fate::default() },
            _ if kind.waits() || ways.is_empty() => Fate::default(),
            _ if kind.is_split() => self.fate_of_split(node, &ways),
            _ => {
                let all = |does: &dyn Fn(&Edge) -> bool| ways.iter().all(|edge| does(edge));
                Fate {
                    ends: all(&|edge| self.ends(edge)),
                    stops: all(&|edge| self.stops(edge)),
                    joins: all(&|edge| self.joins(edge)),
                }
            }
        }
    }

    fn fate_of_split(&self, split: usize, ways: &[&Edge]) -> Fate {
        let mut always = ways.iter().filter(|edge| is_always(edge)).peekable();
        let stop = ways.iter().all(|edge| self.stops(edge));
        let joined = match always.peek() {
            Some(_) => always.clone().any(|edge| self.joins(edge)),
            None => ways.iter().all(|edge| self.joins(edge)),
        };
        let at_once = always.any(|edge| self.ends(edge));
        let after = self.closes.get(&split).map_or(Fate::default(), |join| self.nodes[*join]);
        let goes_on = stop && joined;
        Fate {
            ends: at_once || (goes_on && after.ends),
            stops: at_once || (stop && (after.stops || !self.closes.contains_key(&split))),
            joins: at_once || (goes_on && after.joins),
        }
    }
}
