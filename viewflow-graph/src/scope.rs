//! Which splits a token is inside of, at every node; and which join closes which split.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::check_loops;
use crate::graph::{Edge, Graph};
use crate::kind::{Kind, Role, Selection};
use crate::rule::{Fault, Place, Rule};

/// What is known of a graph that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The innermost split around each node.
    inner: Vec<Option<usize>>,
    closes: BTreeMap<usize, usize>,
}

impl Sound {
    /// The join of each split that has one.
    pub(crate) fn closes(&self) -> &BTreeMap<usize, usize> {
        &self.closes
    }

    /// The splits that are open when a token arrives at `node`, outermost first. For a join: after it has fired.
    pub fn scope(&self, node: usize) -> Vec<usize> {
        let mut splits: Vec<usize> = std::iter::successors(self.inner[node], |split| self.inner[*split]).collect();
        splits.reverse();
        splits
    }

    /// The join that closes `split`; none where each branch has ends of its own or goes on to an outer join.
    pub fn join_of(&self, split: usize) -> Option<usize> {
        self.closes.get(&split).copied()
    }

    /// The split that `join` closes.
    pub fn split_of(&self, join: usize) -> Option<usize> {
        self.closes.iter().find(|(_, j)| **j == join).map(|(split, _)| *split)
    }
}

/// Rules on scopes. Expects edges that are complete and nodes that are all reachable.
///
/// Every node gets one stack of open splits. The stacks are the greatest solution of a data-flow problem whose meet is
/// the longest common prefix (Kildall, "A unified approach to global program optimization", 1973): each edge passes
/// its source's stack on, with the source added when it is a split; a join drops the innermost split.
pub(crate) fn check_scopes(graph: &Graph) -> Result<Sound, Vec<Fault>> {
    let stacks = Stacks::of(graph);
    let mut faults = Vec::new();
    for node in 0..graph.nodes().len() {
        if graph.nodes()[node].kind != Kind::Join {
            check_one_stack(graph, &stacks, node, &mut faults);
        }
    }
    // Without one stack for each node, what a join closes is not known.
    if faults.is_empty() {
        let closes = check_joins(graph, &stacks, &mut faults);
        check_splits(graph, &closes, &mut faults);
        check_beside(graph, &stacks, &closes, &mut faults);
        check_joined_loops(graph, &closes, &mut faults);
        if faults.is_empty() {
            check_can_finish(graph, &closes, &mut faults);
        }
        if faults.is_empty() {
            let nodes = 0..graph.nodes().len();
            let inner = nodes.map(|node| stacks.top(stacks.base(graph, node))).collect();
            return Ok(Sound { inner, closes });
        }
    }
    Err(faults)
}

/// The stacks of open splits. They share what they have in common: a stack is its innermost split on top of another
/// stack.
struct Stacks {
    /// The stack below, the innermost split, and the height. The first one is the empty stack.
    known: Vec<(usize, usize, usize)>,
    numbers: BTreeMap<(usize, usize), usize>,
    /// The meet of all stacks that arrive at each node.
    arriving: Vec<usize>,
}

/// The stack outside of all splits.
const EMPTY: usize = 0;

impl Stacks {
    fn of(graph: &Graph) -> Self {
        let nodes = graph.nodes();
        let mut stacks = Self { known: vec![(EMPTY, usize::MAX, 0)], numbers: BTreeMap::new(), arriving: Vec::new() };
        let mut arriving: Vec<Option<usize>> = nodes.iter().map(|node| node.kind.is_start().then_some(EMPTY)).collect();
        stacks.arriving = vec![EMPTY; nodes.len()];
        // Nodes before those they lead to, as far as there are no loops: then most are looked at once.
        let place = order(graph);
        let mut open: BTreeSet<(usize, usize)> =
            (0..nodes.len()).filter(|node| arriving[*node].is_some()).map(|node| (place[node], node)).collect();
        while let Some((_, node)) = open.pop_first() {
            let passed = stacks.passed_on(graph, node);
            for (_, edge) in graph.ways_out(node) {
                let met = arriving[edge.to].map_or(passed, |stack| stacks.common(stack, passed));
                if arriving[edge.to] != Some(met) {
                    arriving[edge.to] = Some(met);
                    stacks.arriving[edge.to] = met;
                    open.insert((place[edge.to], edge.to));
                }
            }
        }
        stacks
    }

    /// The stack with a split on top of it.
    fn push(&mut self, stack: usize, split: usize) -> usize {
        let height = self.height(stack) + 1;
        let known = &mut self.known;
        *self.numbers.entry((stack, split)).or_insert_with(|| {
            known.push((stack, split, height));
            known.len() - 1
        })
    }

    fn height(&self, stack: usize) -> usize {
        self.known[stack].2
    }

    /// The innermost split.
    fn top(&self, stack: usize) -> Option<usize> {
        (stack != EMPTY).then(|| self.known[stack].1)
    }

    /// The longest stack that both begin with.
    fn common(&self, left: usize, right: usize) -> usize {
        let (mut left, mut right) = (left, right);
        while left != right {
            if self.height(left) >= self.height(right) {
                left = self.known[left].0;
            } else {
                right = self.known[right].0;
            }
        }
        left
    }

    /// What a stack is like without all but its `height` outermost splits.
    fn cut(&self, stack: usize, height: usize) -> usize {
        let mut stack = stack;
        while self.height(stack) > height {
            stack = self.known[stack].0;
        }
        stack
    }

    /// The stack around a node; around a join: after it has fired.
    fn base(&self, graph: &Graph, node: usize) -> usize {
        let stack = self.arriving[node];
        if graph.nodes()[node].kind == Kind::Join { self.known[stack].0 } else { stack }
    }

    /// The stack of a token that has come through `node`.
    fn passed_on(&mut self, graph: &Graph, node: usize) -> usize {
        let stack = self.base(graph, node);
        if graph.nodes()[node].kind == Kind::Split { self.push(stack, node) } else { stack }
    }

    /// As [`Stacks::passed_on`], once all are known.
    fn passed(&self, graph: &Graph, node: usize) -> usize {
        let stack = self.base(graph, node);
        if graph.nodes()[node].kind == Kind::Split {
            self.numbers.get(&(stack, node)).copied().unwrap_or(stack)
        } else {
            stack
        }
    }
}

/// The place of each node in an order in which, loops aside, it comes before those it leads to: the reverse of the order
/// in which a depth-first search leaves them.
fn order(graph: &Graph) -> Vec<usize> {
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

/// Every node other than a join is reached with one and the same stack.
fn check_one_stack(graph: &Graph, stacks: &Stacks, node: usize, faults: &mut Vec<Fault>) {
    let deepest = graph
        .ways_in(node)
        .max_by_key(|(index, edge)| (stacks.height(stacks.passed(graph, edge.from)), std::cmp::Reverse(*index)));
    let Some((index, edge)) = deepest else { return };
    let height = stacks.height(stacks.arriving[node]) + 1;
    let stack = stacks.passed(graph, edge.from);
    if stacks.height(stack) < height {
        return;
    }
    let inside = stacks.cut(stack, height);
    let Some(split) = stacks.top(inside) else { return };
    let name = |node: usize| &graph.nodes()[node].name;
    let outside = graph.ways_in(node).find(|(_, other)| stacks.cut(stacks.passed(graph, other.from), height) != inside);
    let told = outside.map_or(String::new(), |(_, other)| format!(" (from `{}`)", name(other.from)));
    let kind = graph.nodes()[node].kind;
    let way_out = if kind.is_end() {
        format!("give the branches of `{}` an end of their own, or join them first", name(split))
    } else {
        format!("join the branches of `{}` before `{}`, or give each path a node of its own", name(split), name(node))
    };
    let message = format!(
        "`{}` is reached inside split `{}` (from `{}`) and outside it{told}: {way_out}",
        name(node),
        name(split),
        name(edge.from)
    );
    let fault = Fault::edge(Rule::EscapesSplit, node, index, message);
    faults.push(match outside {
        Some((other, _)) => fault.and(Place::Edge(other)),
        None => fault,
    });
}

/// Every join closes a split, and no split is closed by two joins.
fn check_joins(graph: &Graph, stacks: &Stacks, faults: &mut Vec<Fault>) -> BTreeMap<usize, usize> {
    let mut closes = BTreeMap::new();
    let name = |node: usize| &graph.nodes()[node].name;
    for node in (0..graph.nodes().len()).filter(|n| graph.nodes()[*n].kind == Kind::Join) {
        match stacks.top(stacks.arriving[node]) {
            None => {
                let message = format!(
                    "`{}` joins branches, but no `Split` is open where it is reached: lead to the next node \
                     directly, or open the branches with a `Split`",
                    name(node)
                );
                faults.push(Fault::node(Rule::JoinWithoutSplit, node, message));
            }
            Some(split) => {
                if let Some(first) = closes.insert(split, node) {
                    let message = format!(
                        "split `{}` is closed by two joins, `{}` and `{}`: lead all its branches to one of them",
                        name(split),
                        name(first),
                        name(node)
                    );
                    faults.push(Fault::node(Rule::SplitClosedTwice, node, message).and(Place::Node(first)));
                }
            }
        }
    }
    closes
}

/// A token at any node can come to its end, with all that it sets going, or to the end of the whole process.
fn check_can_finish(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    let nodes = graph.nodes();
    let leaves = coming_to_an_end(graph, closes, |node| nodes[node].kind == Kind::End, |_| true, |_| true, false);
    let joined = |split: usize| {
        let mut branches = graph.out(split).filter(|(_, edge)| edge.role == Role::Branch(Selection::Always));
        branches.find(|(_, edge)| nodes[edge.to].kind != Kind::Join && !leaves[edge.to])
    };
    let quits = ending_the_process(graph, closes, |split| joined(split).is_none());
    // Splits that can come to an end in another way than by their join.
    let mut besides = BTreeSet::new();
    let finishes = loop {
        let ends = |node: usize| nodes[node].kind == Kind::End || quits[node] || besides.contains(&node);
        let finishes = coming_to_an_end(graph, closes, ends, |_| true, |_| true, true);
        let more: Vec<usize> = closes
            .iter()
            .filter(|(split, join)| {
                let alone = || coming_to_an_end(graph, closes, ends, |_| true, |other| other != **join, true);
                !finishes[**split] && can_do_without(graph, **split, **join, &alone())
            })
            .map(|(split, _)| *split)
            .collect();
        if more.is_empty() {
            break finishes;
        }
        besides.extend(more);
    };
    let stuck = |node: &usize| !finishes[*node];
    // The split that goes round explains best what its neighbours suffer from.
    let split = closes.keys().copied().find(|split| stuck(split));
    if let Some(node) = split.or_else(|| (0..nodes.len()).find(stuck)) {
        let message = format!(
            "`{}` can never reach the end of the process: an `End` inside a split ends one branch only; \
             give the path after the join a way to an `End`",
            nodes[node].name
        );
        faults.push(Fault::node(Rule::NoWayToAnEnd, node, message));
        return;
    }
    // A join can fire: no branch that is always taken comes to the end of the whole process only. One after another that
    // is never reached is a consequence.
    for (split, join) in closes {
        if let Some((index, edge)) = joined(*split) {
            let message = format!(
                "`{}` is never reached: the branch of `{}` to `{}` always ends the whole process; give that branch a \
                 way to `{}` or to an `End`",
                nodes[*join].name, nodes[*split].name, nodes[edge.to].name, nodes[*join].name
            );
            faults.push(Fault::edge(Rule::UnreachableNode, *join, index, message).and(Place::Node(*join)));
            return;
        }
    }
}

/// Whether all that a split sets going can end without its join, given which nodes can.
fn can_do_without(graph: &Graph, split: usize, join: usize, alone: &[bool]) -> bool {
    let ends = |edge: &Edge| edge.to != join && (graph.nodes()[edge.to].kind == Kind::Join || alone[edge.to]);
    let ways = || graph.out(split).map(|(_, edge)| edge);
    let always = || ways().filter(|edge| edge.role == Role::Branch(Selection::Always));
    if always().next().is_some() { always().all(ends) } else { ways().any(ends) }
}

/// For each node, whether a token there can end the whole process. Past a split that can be joined, what comes after its
/// join can do so, too.
fn ending_the_process(
    graph: &Graph,
    closes: &BTreeMap<usize, usize>,
    can_be_joined: impl Fn(usize) -> bool,
) -> Vec<bool> {
    let nodes = graph.nodes();
    let opened: BTreeMap<usize, usize> = closes.iter().map(|(split, join)| (*join, *split)).collect();
    let mut quits = vec![false; nodes.len()];
    let is_end = |node: &usize| matches!(nodes[*node].kind, Kind::Terminate | Kind::ErrorEnd);
    let mut open: Vec<usize> = (0..nodes.len()).filter(is_end).collect();
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut quits[node], true) {
            continue;
        }
        if nodes[node].kind == Kind::Join {
            open.extend(opened.get(&node).filter(|split| can_be_joined(**split)));
        } else {
            open.extend(graph.ways_in(node).map(|(_, edge)| edge.from));
        }
    }
    quits
}

/// For each node, whether a token there can come to one of these ends by nodes that it may pass, with all that it sets
/// going; what it sets going beside a task only if wanted.
///
/// An `End` inside a split ends a branch, not the token that opened the split: a split that is closed by a join goes on
/// there, and so has to be able to finish *after* the join. The answer is a least fixed point; a token that comes to a
/// join has come to its end if that join `counts`, as what follows is the join's.
fn coming_to_an_end(
    graph: &Graph,
    closes: &BTreeMap<usize, usize>,
    ends: impl Fn(usize) -> bool,
    passes: impl Fn(usize) -> bool,
    counts: impl Fn(usize) -> bool,
    beside: bool,
) -> Vec<bool> {
    let nodes = graph.nodes();
    let always = |edge: &Edge| edge.role == Role::Branch(Selection::Always);
    let splits = |node: usize| nodes[node].kind == Kind::Split;
    let takes_always: Vec<bool> =
        (0..nodes.len()).map(|node| splits(node) && graph.out(node).any(|(_, edge)| always(edge))).collect();
    // What a node waits for before it can finish: all of these edges, the join it is closed by, and one of the others.
    let needs = |edge: &Edge| (beside && edge.role.is_beside()) || (takes_always[edge.from] && always(edge));
    let suffices = |edge: &Edge| !edge.role.is_beside() && !takes_always[edge.from];
    let mut left: Vec<usize> = (0..nodes.len())
        .map(|node| {
            let joined = usize::from(splits(node) && closes.contains_key(&node));
            graph.ways_out(node).filter(|(_, edge)| needs(edge)).count() + joined
        })
        .collect();
    let mut one: Vec<bool> = (0..nodes.len()).map(|node| takes_always[node] || graph.is_compensation(node)).collect();
    let mut finishes = vec![false; nodes.len()];
    // A token that comes to a join has come to its end.
    let arrived = |edge: &Edge, left: &mut [usize], one: &mut [bool]| {
        if needs(edge) {
            left[edge.from] -= 1;
        } else if suffices(edge) {
            one[edge.from] = true;
        }
    };
    let ways = |node: usize| graph.ways_in(node).map(|(_, edge)| edge);
    for join in (0..nodes.len()).filter(|node| nodes[*node].kind == Kind::Join && counts(*node)) {
        ways(join).for_each(|edge| arrived(edge, &mut left, &mut one));
    }
    let opened: BTreeMap<usize, usize> = closes.iter().map(|(split, join)| (*join, *split)).collect();
    let mut open: Vec<usize> = (0..nodes.len()).collect();
    while let Some(node) = open.pop() {
        let through = ends(node) || (left[node] == 0 && one[node] && passes(node));
        if finishes[node] || !through {
            continue;
        }
        finishes[node] = true;
        if nodes[node].kind == Kind::Join {
            if let Some(split) = opened.get(&node) {
                left[*split] -= 1;
                open.push(*split);
            }
        } else {
            for edge in ways(node) {
                arrived(edge, &mut left, &mut one);
                open.push(edge.from);
            }
        }
    }
    finishes
}

/// What a task starts beside itself does not run into the task's own way, but through the join of the scope they are in:
/// else that way would be gone twice.
fn check_beside(graph: &Graph, stacks: &Stacks, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    let nodes = graph.nodes();
    for (index, edge) in graph.edges().iter().enumerate().filter(|(_, edge)| edge.role.is_beside()) {
        let host = edge.from;
        let join = stacks.top(stacks.base(graph, host)).and_then(|split| closes.get(&split)).copied();
        let mut beside = reached([edge.to], |node| {
            let out = graph.out(node).map(|(_, edge)| edge.to);
            out.filter(|_| Some(node) != join).collect()
        });
        beside.retain(|node| !nodes[*node].kind.is_end() && Some(*node) != join);
        // Ways from the host's own next nodes to one of these. Whoever comes round to the host again starts anew what runs
        // beside it. Looked for from the far end, as what runs beside a task is mostly short.
        let own: BTreeSet<usize> =
            graph.ways_out(host).filter(|(_, other)| !other.role.is_beside()).map(|(_, other)| other.to).collect();
        let before = |node: usize| {
            let from = graph.into(node).map(|(_, edge)| edge.from);
            from.filter(|from| *from != host && Some(*from) != join).collect()
        };
        let meets = |nodes: &[usize]| {
            let before = reached(nodes.iter().copied(), before);
            nodes.contains(&host) || before.iter().any(|node| own.contains(node))
        };
        let beside: Vec<usize> = beside.into_iter().collect();
        if !meets(&beside) {
            continue;
        }
        if let Some(shared) = beside.into_iter().find(|node| meets(&[*node])) {
            let (host_name, beside, shared_name) = (&nodes[host].name, &nodes[edge.to].name, &nodes[shared].name);
            let way_out = match edge.role {
                Role::Timeout { .. } => format!("lead `{beside}` to an `End`, or remove `interrupting = false`"),
                _ => format!("lead `{beside}` to an `End`"),
            };
            let message = format!(
                "what `{host_name}` starts beside itself, `{beside}`, and `{host_name}` itself would both go on to \
                 `{shared_name}`: {way_out}"
            );
            faults.push(Fault::edge(Rule::RunsIntoHost, host, index, message).and(Place::Node(shared)));
        }
    }
}

/// The nodes reached from some, those included, by steps.
fn reached(from: impl IntoIterator<Item = usize>, steps: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<usize> = from.into_iter().collect();
    while let Some(node) = open.pop() {
        if seen.insert(node) {
            open.extend(steps(node));
        }
    }
    seen
}

/// A loop around joins has something to wait for, too: a node, or a branch that is always taken.
fn check_joined_loops(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    let successors = in_one_step(graph, closes, |node| graph.nodes()[node].kind.may_not_wait());
    check_loops(graph, &successors, faults);
}

/// For each node, the nodes that a token may come to from there in one step, when it may pass these nodes without
/// waiting. From a split it comes to the join that closes it if all its branches can come to their end in the step, and
/// one of them there.
pub(crate) fn in_one_step(
    graph: &Graph,
    closes: &BTreeMap<usize, usize>,
    passes: impl Fn(usize) -> bool,
) -> Vec<Vec<usize>> {
    let nodes = graph.nodes();
    let quick = coming_to_an_end(graph, closes, |node| nodes[node].kind == Kind::End, &passes, |_| true, false);
    let joins = coming_to_a_join(graph, closes, &passes);
    let arrives = |edge: &Edge| nodes[edge.to].kind == Kind::Join || quick[edge.to];
    let brings = |edge: &Edge| nodes[edge.to].kind == Kind::Join || joins[edge.to];
    let step = |node: usize| {
        let ways = || graph.ways_out(node).map(|(_, edge)| edge);
        let mut next: Vec<usize> = ways().map(|edge| edge.to).filter(|to| nodes[*to].kind != Kind::Join).collect();
        if let Some(join) = closes.get(&node) {
            let is = |role: Role| move |edge: &&Edge| edge.role == role;
            let always = || ways().filter(is(Role::Branch(Selection::Always)));
            let otherwise = ways().find(is(Role::Otherwise));
            let joined = match otherwise {
                _ if always().next().is_some() => {
                    always().all(arrives) && ways().any(|edge| arrives(edge) && brings(edge))
                }
                Some(_) => ways().any(|edge| arrives(edge) && brings(edge)),
                None => true,
            };
            next.extend(joined.then_some(*join));
        }
        next
    };
    (0..nodes.len()).map(|node| if passes(node) { step(node) } else { Vec::new() }).collect()
}

/// For each node, whether a token may come from there to the join of the branches it is in, by nodes it may pass.
fn coming_to_a_join(graph: &Graph, closes: &BTreeMap<usize, usize>, passes: impl Fn(usize) -> bool) -> Vec<bool> {
    let nodes = graph.nodes();
    let opened: BTreeMap<usize, usize> = closes.iter().map(|(split, join)| (*join, *split)).collect();
    // What comes into a split's own branches is not yet what comes out of them.
    let before = |node: usize| {
        let ways = graph.ways_in(node).map(|(_, edge)| edge.from);
        ways.filter(|from| nodes[*from].kind != Kind::Split)
    };
    let mut comes = vec![false; nodes.len()];
    let is_join = |node: &usize| nodes[*node].kind == Kind::Join;
    let mut open: Vec<usize> = (0..nodes.len()).filter(is_join).flat_map(before).collect();
    while let Some(node) = open.pop() {
        if !passes(node) || std::mem::replace(&mut comes[node], true) {
            continue;
        }
        if is_join(&node) {
            open.extend(opened.get(&node));
        } else {
            open.extend(before(node));
        }
    }
    comes
}

/// A split takes a branch on every run, says where to go when it takes none, or has a join to go on to when all its
/// sources were empty.
fn check_splits(graph: &Graph, closes: &BTreeMap<usize, usize>, faults: &mut Vec<Fault>) {
    for split in (0..graph.nodes().len()).filter(|n| graph.nodes()[*n].kind.is_split()) {
        let per_item = graph.out(split).any(|(_, edge)| edge.role == Role::Branch(Selection::PerItem));
        if graph.out(split).any(|(_, edge)| edge.role.is_sure()) || (per_item && closes.contains_key(&split)) {
            continue;
        }
        let name = &graph.nodes()[split].name;
        let message = if per_item {
            format!(
                "no `Join` closes split `{name}`, so there is nowhere to go when it has no items: add `#[otherwise(..)]`"
            )
        } else {
            format!(
                "split `{name}` may take none of its branches: add `#[otherwise(..)]`, or a branch without a condition"
            )
        };
        faults.push(Fault::node(Rule::SplitWithoutBranch, split, message));
    }
}

/// How it is said within which splits something is, outermost first.
pub fn within(splits: &[&str]) -> String {
    match splits {
        [] => "outside of all splits".to_owned(),
        splits => format!("within `{}`", splits.join("`, `")),
    }
}
