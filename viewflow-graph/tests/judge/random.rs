//! Random flows.
//!
//! Some are put together from sound pieces and then perhaps spoiled. Others consist of nodes and edges drawn blindly.

use proptest::prelude::*;
use viewflow_graph::{Graph, Kind, Role, Selection};

/// A piece of a flow with one way in and one way out.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// A node that waits.
    Wait(Kind),
    /// A node that does not wait.
    Pass(Kind),
    /// Pieces one after the other.
    Seq(Vec<Piece>),
    /// One of two pieces.
    If(Box<Piece>, Box<Piece>),
    /// Ends a token here, or lets it go on.
    Quit(Kind),
    /// Ends every token here.
    Stop(Kind),
    /// A loop with a task in it.
    Loop(Box<Piece>),
    /// A loop without a task.
    Again(Box<Piece>),
    /// Branches that are joined.
    Split(Vec<(Selection, Piece)>),
    /// Branches that are left to the join around them, if there is one.
    Spread(Vec<Piece>),
    /// A split whose two branches each have an end of their own.
    Fork(Box<Piece>),
    /// A race between branches.
    First(Vec<Piece>),
    /// A task with a way at its border that interrupts it.
    Timeout(Box<Piece>),
    /// A task with a side branch that has its own end.
    Beside(Box<Piece>),
    /// A task with a side branch that goes on where the task does. That is right where a join is next.
    Meeting(Box<Piece>),
    /// A job with a way for its errors.
    Caught(Box<Piece>),
    /// A sub-process with a side branch for its escalations.
    Escalates(Box<Piece>),
    /// A task that can be undone.
    Undone,
    /// One of many pieces.
    Switch(Vec<Piece>),
    /// One of many pieces, which a person chooses.
    Decide(Vec<Piece>),
}

pub(crate) fn pieces() -> impl Strategy<Value = Piece> {
    let waits = prop_oneof![
        4 => Just(Kind::View),
        1 => Just(Kind::Handle),
        1 => Just(Kind::Job),
        1 => Just(Kind::Timer),
        1 => Just(Kind::ConditionalCatch),
    ];
    let leaf = prop_oneof![
        6 => waits.prop_map(Piece::Wait),
        1 => Just(Piece::Undone),
        2 => Just(Piece::Pass(Kind::Function)),
        2 => (any::<bool>(), prop_oneof![3 => Just(Kind::End), 1 => Just(Kind::Terminate), 1 => Just(Kind::ErrorEnd)])
            .prop_map(|(sure, kind)| if sure { Piece::Stop(kind) } else { Piece::Quit(kind) }),
    ];
    leaf.prop_recursive(3, 9, 3, |inner| {
        let selection =
            prop_oneof![3 => Just(Selection::Always), 1 => Just(Selection::Conditional), 1 => Just(Selection::PerItem)];
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 1..3).prop_map(Piece::Seq),
            2 => (boxed(), boxed()).prop_map(|(left, right)| Piece::If(left, right)),
            1 => (boxed(), 0..5_u8)
                .prop_map(|(body, chance)| if chance == 0 { Piece::Again(body) } else { Piece::Loop(body) }),
            4 => prop::collection::vec((selection, inner.clone()), 1..4).prop_map(Piece::Split),
            1 => prop::collection::vec(inner.clone(), 2..3).prop_map(Piece::Spread),
            1 => boxed().prop_map(Piece::Fork),
            1 => prop::collection::vec(inner.clone(), 1..3).prop_map(Piece::First),
            1 => boxed().prop_map(Piece::Timeout),
            2 => (boxed(), 0..5_u8)
                .prop_map(|(piece, chance)| if chance == 0 { Piece::Meeting(piece) } else { Piece::Beside(piece) }),
            1 => boxed().prop_map(Piece::Caught),
            1 => boxed().prop_map(Piece::Escalates),
            1 => prop::collection::vec(inner.clone(), 1..3).prop_map(Piece::Switch),
            2 => prop::collection::vec(inner.clone(), 1..4).prop_map(Piece::Decide),
        ]
    })
}

/// Builds a graph from pieces.
struct Layout {
    graph: Graph,
}

/// Ways without a target yet: their nodes and their roles.
type Loose = Vec<(usize, Role)>;

impl Layout {
    fn node(&mut self, kind: Kind) -> usize {
        let name = format!("n{}", self.graph.nodes().len());
        self.graph.node(name, kind)
    }

    fn lead(&mut self, loose: Loose, to: usize) {
        for (from, role) in loose {
            self.graph.edge(from, role, to);
        }
    }

    fn then(&mut self, loose: Loose, kind: Kind) -> usize {
        let node = self.node(kind);
        self.lead(loose, node);
        node
    }

    fn put_branches(&mut self, piece: &Piece, loose: Loose) -> Loose {
        match piece {
            Piece::Split(branches) => {
                let split = self.then(loose, Kind::Split);
                let mut out = Vec::new();
                for (selection, branch) in branches {
                    out.extend(self.put(branch, vec![(split, Role::Branch(*selection))]));
                }
                let sure = branches.iter().any(|(selection, _)| *selection != Selection::Conditional);
                if !sure {
                    out.push((split, Role::Otherwise));
                }
                vec![(self.then(out, Kind::Join), Role::Next)]
            }
            Piece::Spread(branches) => {
                let split = self.then(loose, Kind::Split);
                let branch = || vec![(split, Role::Branch(Selection::Always))];
                branches.iter().flat_map(|piece| self.put(piece, branch())).collect()
            }
            Piece::Fork(side) => {
                let split = self.then(loose, Kind::Split);
                let out = self.put(side, vec![(split, Role::Branch(Selection::Always))]);
                self.then(out, Kind::End);
                // The token that goes on stays within the split for good, so it needs an end of its own.
                let rest = self.then(vec![(split, Role::Branch(Selection::Always))], Kind::View);
                self.then(vec![(rest, Role::Next)], Kind::End);
                Vec::new()
            }
            Piece::First(branches) => {
                let split = self.then(loose, Kind::SplitFirst);
                let mut out = Vec::new();
                for branch in branches {
                    let first = self.then(vec![(split, Role::Branch(Selection::Always))], Kind::View);
                    out.extend(self.put(branch, vec![(first, Role::Next)]));
                }
                out
            }
            _ => loose,
        }
    }

    fn put(&mut self, piece: &Piece, loose: Loose) -> Loose {
        if loose.is_empty() {
            return loose;
        }
        match piece {
            Piece::Wait(kind) | Piece::Pass(kind) => vec![(self.then(loose, *kind), Role::Next)],
            Piece::Seq(pieces) => pieces.iter().fold(loose, |loose, piece| self.put(piece, loose)),
            Piece::If(left, right) => {
                let node = self.then(loose, Kind::If);
                let mut out = self.put(left, vec![(node, Role::Then)]);
                out.extend(self.put(right, vec![(node, Role::Otherwise)]));
                out
            }
            Piece::Quit(kind) => {
                let node = self.then(loose, Kind::If);
                self.then(vec![(node, Role::Then)], *kind);
                vec![(node, Role::Otherwise)]
            }
            Piece::Stop(kind) => {
                self.then(loose, *kind);
                Vec::new()
            }
            Piece::Again(body) => {
                let first = self.then(loose, Kind::Function);
                let inside = self.put(body, vec![(first, Role::Next)]);
                if inside.is_empty() {
                    return Vec::new();
                }
                let again = self.then(inside, Kind::If);
                self.graph.edge(again, Role::Then, first);
                vec![(again, Role::Otherwise)]
            }
            Piece::Loop(body) => {
                let ask = self.then(loose, Kind::View);
                let inside = self.put(body, vec![(ask, Role::Next)]);
                let again = self.then(inside, Kind::If);
                self.graph.edge(again, Role::Then, ask);
                vec![(again, Role::Otherwise)]
            }
            Piece::Split(_) | Piece::Spread(_) | Piece::Fork(_) | Piece::First(_) => self.put_branches(piece, loose),
            Piece::Timeout(late) => {
                let ask = self.then(loose, Kind::View);
                let mut out = self.put(late, vec![(ask, Role::Timeout { interrupting: true })]);
                out.push((ask, Role::Next));
                out
            }
            Piece::Beside(remind) => {
                let ask = self.then(loose, Kind::View);
                let out = self.put(remind, vec![(ask, Role::Timeout { interrupting: false })]);
                self.then(out, Kind::End);
                vec![(ask, Role::Next)]
            }
            Piece::Meeting(remind) => {
                let ask = self.then(loose, Kind::View);
                let mut out = self.put(remind, vec![(ask, Role::Timeout { interrupting: false })]);
                out.push((ask, Role::Next));
                out
            }
            Piece::Caught(handling) => {
                let job = self.then(loose, Kind::Job);
                let mut out = self.put(handling, vec![(job, Role::OnError(None))]);
                out.push((job, Role::Next));
                out
            }
            Piece::Escalates(told) => {
                let host = self.then(loose, Kind::Subprocess);
                let out = self.put(told, vec![(host, Role::OnEscalation(None))]);
                self.then(out, Kind::End);
                vec![(host, Role::Next)]
            }
            Piece::Undone => {
                let ask = self.then(loose, Kind::View);
                self.then(vec![(ask, Role::Compensation)], Kind::Function);
                vec![(ask, Role::Next)]
            }
            Piece::Switch(ways) => {
                let switch = self.then(loose, Kind::Switch);
                let cases = ways.iter().enumerate();
                let mut out: Loose = cases
                    .flat_map(|(case, piece)| self.put(piece, vec![(switch, Role::Case(case.to_string()))]))
                    .collect();
                out.push((switch, Role::Default));
                out
            }
            Piece::Decide(ways) => {
                let ask = self.then(loose, Kind::View);
                let cases = ways.iter().enumerate();
                cases.flat_map(|(case, piece)| self.put(piece, vec![(ask, Role::Case(case.to_string()))])).collect()
            }
        }
    }
}

/// Returns the flow of a piece.
pub(crate) fn of_piece(piece: &Piece) -> Graph {
    let mut layout = Layout { graph: Graph::new("random") };
    let start = layout.node(Kind::StartHandle);
    let loose = layout.put(piece, vec![(start, Role::Next)]);
    if !loose.is_empty() {
        layout.then(loose, Kind::End);
    }
    layout.graph
}

/// A way to spoil a flow. Numbers choose its edges, nodes and roles.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Leads an edge to another node.
    Lead(u8, u8),
    /// Removes an edge.
    Drop(u8),
    /// Adds a copy of an edge that leads to another node.
    Double(u8, u8),
    /// Gives an edge another role.
    Turn(u8, u8),
    /// Gives a node another kind.
    Become(u8, Kind),
    /// Makes all branches of a split conditional.
    Doubt(u8),
    /// Gives a split an `otherwise` that leads where one of its branches leads.
    Else(u8),
    /// Leads an edge from one join to a second join, which goes on as the first join does.
    Part(u8),
}

fn changes() -> impl Strategy<Value = Change> {
    let kind = prop_oneof![Just(Kind::View), Just(Kind::Function), Just(Kind::Terminate), Just(Kind::End)];
    let number = any::<u8>;
    prop_oneof![
        12 => (number(), number()).prop_map(|(edge, to)| Change::Lead(edge, to)),
        1 => number().prop_map(Change::Drop),
        1 => (number(), number()).prop_map(|(edge, to)| Change::Double(edge, to)),
        1 => (number(), number()).prop_map(|(edge, role)| Change::Turn(edge, role)),
        1 => (number(), kind).prop_map(|(node, kind)| Change::Become(node, kind)),
        1 => number().prop_map(Change::Doubt),
        1 => number().prop_map(Change::Else),
        1 => number().prop_map(Change::Part),
    ]
}

/// Returns the same flow with some changes.
pub(crate) fn spoiled(graph: &Graph, changes: &[Change]) -> Graph {
    let mut edges: Vec<_> = graph.edges().iter().map(|edge| (edge.from, edge.role.clone(), edge.to)).collect();
    let mut kinds: Vec<Kind> = graph.nodes().iter().map(|node| node.kind).collect();
    let nodes = kinds.len();
    // Lead few edges to the start.
    let target = |number: u8| {
        let node = usize::from(number) % nodes;
        if node == 0 && number > 24 { 1 } else { node }
    };
    for change in changes {
        let count = edges.len().max(1);
        let at = |number: u8| usize::from(number) % count;
        let of_kind = |kinds: &[Kind], wanted: Kind, number: u8| {
            let all: Vec<usize> = (0..kinds.len()).filter(|node| kinds[*node] == wanted).collect();
            (!all.is_empty()).then(|| all[usize::from(number) % all.len()])
        };
        match change {
            Change::Become(node, kind) => kinds[usize::from(*node) % nodes] = *kind,
            _ if edges.is_empty() => {}
            Change::Lead(edge, to) => edges[at(*edge)].2 = target(*to),
            Change::Drop(edge) => drop(edges.remove(at(*edge))),
            Change::Double(edge, to) => {
                let (from, role, _) = edges[at(*edge)].clone();
                edges.push((from, role, target(*to)));
            }
            Change::Turn(edge, role) => {
                let roles = [
                    Role::Next,
                    Role::Otherwise,
                    Role::Case("0".to_owned()),
                    Role::Timeout { interrupting: true },
                    Role::OnError(None),
                    Role::Branch(Selection::Always),
                ];
                edges[at(*edge)].1 = roles[usize::from(*role) % roles.len()].clone();
            }
            Change::Doubt(split) => {
                let split = of_kind(&kinds, Kind::Split, *split);
                for (_, role, _) in edges.iter_mut().filter(|(from, ..)| Some(*from) == split) {
                    if matches!(role, Role::Branch(_)) {
                        *role = Role::Branch(Selection::Conditional);
                    }
                }
                edges.retain(|(from, role, _)| Some(*from) != split || *role != Role::Otherwise);
            }
            Change::Else(split) => {
                let split = of_kind(&kinds, Kind::Split, *split);
                let to = edges.iter().find(|(from, ..)| Some(*from) == split).map(|(.., to)| *to);
                edges.extend(split.zip(to).map(|(split, to)| (split, Role::Otherwise, to)));
            }
            Change::Part(join) => {
                let join = of_kind(&kinds, Kind::Join, *join);
                let next = edges.iter().find(|(from, ..)| Some(*from) == join).map(|(.., to)| *to);
                let into = edges.iter_mut().find(|(.., to)| Some(*to) == join);
                if let (Some(next), Some(into)) = (next, into) {
                    into.2 = kinds.len();
                    edges.push((kinds.len(), Role::Next, next));
                    kinds.push(Kind::Join);
                }
            }
        }
    }
    let mut spoiled = Graph::new("random");
    for (index, kind) in kinds.into_iter().enumerate() {
        spoiled.node(format!("n{index}"), kind);
    }
    for (from, role, to) in edges {
        spoiled.edge(from, role, to);
    }
    spoiled
}

/// Returns a flow of these nodes, with edges wherever the numbers lead.
pub(crate) fn drawn(nodes: &[(Kind, [u8; 3])]) -> Graph {
    let mut graph = Graph::new("random");
    graph.node("n0", Kind::StartHandle);
    for (index, (kind, _)) in nodes.iter().enumerate() {
        graph.node(format!("n{}", index + 1), *kind);
    }
    let end = graph.node("end", Kind::End);
    let target = |number: u8| 1 + usize::from(number) % end;
    graph.edge(0, Role::Next, 1);
    for (index, (kind, numbers)) in nodes.iter().enumerate() {
        let from = index + 1;
        let [first, second, third] = numbers.map(target);
        match kind {
            Kind::If => {
                graph.edge(from, Role::Then, first);
                graph.edge(from, Role::Otherwise, second);
            }
            Kind::Split | Kind::SplitFirst => {
                let selection = match numbers[2] / 64 {
                    0 => Selection::Conditional,
                    1 => Selection::PerItem,
                    _ => Selection::Always,
                };
                graph.edge(from, Role::Branch(Selection::Always), first);
                graph.edge(from, Role::Branch(selection), second);
            }
            kind if kind.is_end() => {}
            kind => {
                graph.edge(from, Role::Next, first);
                if matches!(kind, Kind::View | Kind::ConditionalCatch) && numbers[1] < 64 {
                    graph.edge(from, Role::Timeout { interrupting: numbers[1] < 24 }, third);
                }
            }
        }
    }
    graph
}

pub(crate) fn graphs() -> impl Strategy<Value = Graph> {
    let kind = prop_oneof![
        4 => Just(Kind::View),
        1 => Just(Kind::Function),
        1 => Just(Kind::ConditionalCatch),
        2 => Just(Kind::If),
        4 => Just(Kind::Split),
        1 => Just(Kind::SplitFirst),
        4 => Just(Kind::Join),
        1 => Just(Kind::End),
    ];
    prop_oneof![
        1 => pieces().prop_map(|piece| of_piece(&piece)),
        3 => (pieces(), prop::collection::vec(changes(), 1..4))
            .prop_map(|(piece, changes)| spoiled(&of_piece(&piece), &changes)),
        2 => prop::collection::vec((kind, any::<[u8; 3]>()), 1..7).prop_map(|nodes| drawn(&nodes)),
    ]
}
