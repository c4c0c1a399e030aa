//! The judge: a brute-force explorer of the token game, for small graphs.
//!
//! It is written from what a flow means (tokens in a tree of scopes), not from the rules, and shares no code with them:
//! it plays every choice, every move in every order, and looks at what can become of a process. Within a step the first or the
//! last of those that are ready has its turn. What no play could show is looked up in the graph: edges that nothing goes, and
//! what runs beside a task and into its way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use viewflow_graph::{Edge, Graph, Kind, Role, Selection};

/// How many states are looked at before the judge gives up.
const STATES: usize = 2_000;
/// How many tokens a process may have before the judge gives up: what runs beside a loop can pile up without end.
const TOKENS: usize = 8;
/// How many moves a step may take, and how many tokens it may make, before it counts as one that never ends.
const MOVES: usize = 100;
const CROWD: usize = 40;
/// How many turns of tokens are played before the judge gives up.
const TURNS: usize = 4_000;

/// What can be wrong with a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Tokens are left and none of them can move.
    Stuck(State),
    /// The process can come to where it will never be done.
    NeverDone(State),
    /// A step goes on for ever.
    Endless(usize),
    /// A token comes to a join outside of the split that it closes.
    NothingToJoin(usize),
    /// A split has nothing to do and nowhere to go.
    Nowhere(usize),
    /// A node is come to in two different nests of splits: what follows can happen once for each.
    TwoNests(usize),
    /// What runs beside a task comes to where the task itself goes.
    Twice(usize),
    /// No token ever comes to this node.
    Dead(usize),
    /// A token comes to this node to wait, and never can anybody do anything about it.
    InVain(usize),
    /// What undoes a node cannot be called for that, or a token comes to it or would go on from it.
    NoUndoing(usize),
    /// A token comes to a node that has no way on, or lacks one that it may need.
    NoWay(usize),
    /// A token comes to a start.
    IntoStart(usize),
    /// An edge that nothing ever goes.
    DeadEdge(usize),
    /// Which of two edges is meant is not said.
    Ambiguous(usize),
    /// There is too much to look at.
    TooMuch,
}

/// What the judge says of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad(Wrong),
    /// There is too much to look at.
    Unknown,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token {
    pub(crate) node: usize,
    /// Whether it has its turn in this step.
    ready: bool,
    /// Which of the ways at the border of its task were taken already.
    taken: BTreeSet<usize>,
}

/// A scope, with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    /// The split that opened it; none for the process.
    split: Option<usize>,
    /// The join at which a token of it waits.
    joined: Option<usize>,
    tokens: Vec<Token>,
    inner: Vec<Scope>,
}

/// How far a process is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Open(Scope),
    Done,
    Failed,
}

impl Scope {
    fn new(split: Option<usize>) -> Self {
        Self { split, joined: None, tokens: Vec::new(), inner: Vec::new() }
    }

    /// How many tokens and inner scopes there are.
    fn count(&self) -> usize {
        self.tokens.len() + self.inner.iter().map(|inner| 1 + inner.count()).sum::<usize>()
    }

    fn sort(&mut self) {
        self.inner.iter_mut().for_each(Self::sort);
        self.tokens.sort();
        self.inner.sort();
    }

    fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter().fold(self, |scope, index| &mut scope.inner[*index])
    }

    /// The paths of all scopes, this one's first.
    fn paths(&self) -> Vec<Vec<usize>> {
        let mut paths = vec![Vec::new()];
        for (index, inner) in self.inner.iter().enumerate() {
            paths.extend(inner.paths().into_iter().map(|path| [vec![index], path].concat()));
        }
        paths
    }

    /// The splits from the outermost scope to the one at `path`, and its races left out.
    fn nest(&self, path: &[usize], races: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let mut nest = Vec::new();
        let mut scope = self;
        for index in path {
            scope = &scope.inner[*index];
            nest.extend(scope.split.filter(|split| !races(*split)));
        }
        nest
    }

    fn nodes(&self, into: &mut Vec<usize>) {
        into.extend(self.tokens.iter().map(|token| token.node));
        self.inner.iter().for_each(|inner| inner.nodes(into));
    }
}

impl State {
    /// The nodes at which tokens wait, each as often as there are any.
    pub(crate) fn waiting(&self) -> Vec<usize> {
        let mut nodes = Vec::new();
        if let Self::Open(scope) = self {
            scope.nodes(&mut nodes);
        }
        nodes.sort_unstable();
        nodes
    }
}

/// A flow's rules of play: its graph, and which split each join closes.
pub(crate) struct Game<'g> {
    graph: &'g Graph,
    closes: BTreeMap<usize, usize>,
    /// The nests of splits in which each node was come to.
    visits: BTreeMap<usize, BTreeSet<Vec<usize>>>,
    /// The joins to which a branch came.
    joined: BTreeSet<usize>,
    /// The nodes from which somebody or something made a move.
    moved: BTreeSet<usize>,
    /// Whether conditions hold that are waited for; none where both is to be played.
    holds: Option<bool>,
    turns: usize,
}

type Outcome = Result<Vec<State>, Wrong>;

impl<'g> Game<'g> {
    pub(crate) fn new(graph: &'g Graph, closes: BTreeMap<usize, usize>) -> Self {
        Self {
            graph,
            closes,
            visits: BTreeMap::new(),
            joined: BTreeSet::new(),
            moved: BTreeSet::new(),
            holds: None,
            turns: 0,
        }
    }

    /// The same game where conditions that are waited for hold, or do not.
    pub(crate) fn where_conditions_hold(self, holds: bool) -> Self {
        Self { holds: Some(holds), ..self }
    }

    /// Plays everything, from every start.
    pub(crate) fn judge(&mut self) -> Verdict {
        match self.explore() {
            Err(Wrong::TooMuch) | Ok(None) => Verdict::Unknown,
            Err(wrong) => Verdict::Bad(wrong),
            Ok(Some(())) => self.look_back().map_or(Verdict::Good, Verdict::Bad),
        }
    }

    /// What was seen on the whole.
    fn look_back(&self) -> Option<Wrong> {
        let nodes = 0..self.graph.nodes().len();
        let lonely = |node: usize| self.graph.nodes()[node].kind == Kind::Join && !self.joined.contains(&node);
        let visited =
            |node: usize| (self.visits.contains_key(&node) && !lonely(node)) || self.graph.is_compensation(node);
        if let Some(node) = nodes.clone().find(|node| !visited(*node)) {
            return Some(Wrong::Dead(node));
        }
        let waits = |node: &usize| self.graph.nodes()[*node].kind.waits() && !self.graph.is_compensation(*node);
        if let Some(node) = nodes.clone().filter(waits).find(|node| !self.moved.contains(node)) {
            return Some(Wrong::InVain(node));
        }
        let many = |node: &usize| self.visits.get(node).is_some_and(|nests| nests.len() > 1);
        if let Some(node) = nodes.clone().find(|node| self.graph.nodes()[*node].kind != Kind::Join && many(node)) {
            return Some(Wrong::TwoNests(node));
        }
        if let Some(wrong) = (0..self.graph.edges().len()).find_map(|edge| self.is_in_vain(edge)) {
            return Some(wrong);
        }
        let undoing = self.graph.edges().iter().filter(|edge| edge.role == Role::Compensation).map(|edge| edge.to);
        let mut not_apart = undoing.filter(|node| {
            let is_function = self.graph.nodes()[*node].kind == Kind::Function;
            !is_function || self.visits.contains_key(node) || self.graph.out(*node).next().is_some()
        });
        if let Some(node) = not_apart.next() {
            return Some(Wrong::NoUndoing(node));
        }
        self.graph.edges().iter().find_map(|edge| self.runs_into(edge)).map(Wrong::Twice)
    }

    /// Whether nothing ever goes an edge, or it is not said whether it or another one is meant.
    fn is_in_vain(&self, index: usize) -> Option<Wrong> {
        let edge = &self.graph.edges()[index];
        let kind = self.graph.nodes()[edge.from].kind;
        let always = self.graph.out(edge.from).any(|(_, other)| other.role == Role::Branch(Selection::Always));
        let undoes =
            edge.role == Role::Compensation && (kind == Kind::Function || (kind.waits() && kind != Kind::Timer));
        let goes = goes_on(kind, &edge.role) || leaves(kind, &edge.role) || undoes;
        if !goes || (edge.role == Role::Otherwise && kind != Kind::If && always) {
            return Some(Wrong::DeadEdge(index));
        }
        let timeout = |role: &Role| matches!(role, Role::Timeout { .. });
        let mut twins = self.graph.out(edge.from).filter(|(other, _)| *other != index).filter(|(_, other)| {
            let both_timeouts = timeout(&other.role) && timeout(&edge.role);
            let decides = matches!(kind, Kind::View | Kind::Start);
            let many = matches!(edge.role, Role::Branch(_)) || (matches!(edge.role, Role::Case(_)) && !decides);
            let both_ways = edge.role == Role::Next && matches!(other.role, Role::Case(_) | Role::Default);
            if both_timeouts { other.to == edge.to } else { both_ways || (other.role == edge.role && !many) }
        });
        twins.next().map(|_| Wrong::Ambiguous(index))
    }

    /// Where what runs beside a task meets the task's own way, other than in the join of the scope both are in.
    fn runs_into(&self, edge: &Edge) -> Option<usize> {
        if !matches!(edge.role, Role::Timeout { interrupting: false } | Role::OnEscalation(_)) {
            return None;
        }
        let nest = self.visits.get(&edge.from)?.first()?;
        let join = nest.last().and_then(|split| self.closes.iter().find(|(_, closed)| *closed == split));
        let join = join.map(|(join, _)| *join);
        let walk = |from: Vec<usize>, stop: Option<usize>| {
            let mut seen = BTreeSet::new();
            let mut open = from;
            while let Some(node) = open.pop() {
                if Some(node) != join && seen.insert(node) && Some(node) != stop {
                    open.extend(self.graph.out(node).map(|(_, edge)| edge.to));
                }
            }
            seen
        };
        let beside = walk(vec![edge.to], None);
        let ways = self.graph.out(edge.from).map(|(_, edge)| edge);
        let own = ways.filter(|way| !matches!(way.role, Role::Timeout { interrupting: false } | Role::OnEscalation(_)));
        let mut own = walk(own.map(|way| way.to).collect(), Some(edge.from));
        own.insert(edge.from);
        beside.intersection(&own).copied().find(|node| !self.graph.nodes()[*node].kind.is_end())
    }

    /// All states a process can come to between two steps; none when there are too many.
    fn explore(&mut self) -> Result<Option<()>, Wrong> {
        let mut known: BTreeMap<State, usize> = BTreeMap::new();
        let mut before: Vec<Vec<usize>> = Vec::new();
        let mut states: Vec<State> = Vec::new();
        let mut open = VecDeque::new();
        let mut whole = true;
        for start in self.starts() {
            for state in self.begin(start)? {
                if !known.contains_key(&state) {
                    known.insert(state.clone(), states.len());
                    open.push_back(states.len());
                    states.push(state);
                    before.push(Vec::new());
                }
            }
        }
        while let Some(index) = open.pop_front() {
            let State::Open(scope) = states[index].clone() else { continue };
            let moves = self.moves(&scope);
            if moves.is_empty() {
                return Err(Wrong::Stuck(states[index].clone()));
            }
            if scope.count() > TOKENS || states.len() > STATES {
                whole = false;
                continue;
            }
            for (path, token, edge) in moves {
                self.moved.insert(self.graph.edges()[edge].from);
                for next in self.play(&scope, &path, token, edge)? {
                    let number = *known.entry(next.clone()).or_insert_with(|| {
                        open.push_back(states.len());
                        states.push(next);
                        before.push(Vec::new());
                        states.len() - 1
                    });
                    before[number].push(index);
                }
            }
        }
        if !whole {
            return Ok(None);
        }
        // Backwards from the end: whoever is not met will never be done.
        let mut ends = vec![false; states.len()];
        let mut back: Vec<usize> =
            (0..states.len()).filter(|state| !matches!(states[*state], State::Open(_))).collect();
        while let Some(state) = back.pop() {
            if !std::mem::replace(&mut ends[state], true) {
                back.extend(&before[state]);
            }
        }
        match ends.iter().position(|end| !end) {
            Some(state) => Err(Wrong::NeverDone(states[state].clone())),
            None => Ok(Some(())),
        }
    }

    pub(crate) fn starts(&self) -> Vec<usize> {
        (0..self.graph.nodes().len()).filter(|node| self.graph.nodes()[*node].kind.is_start()).collect()
    }

    /// What can become of a process that begins here, when every token waits.
    pub(crate) fn begin(&mut self, start: usize) -> Outcome {
        let mut root = Scope::new(None);
        root.tokens.push(Token { node: start, ready: true, taken: BTreeSet::new() });
        self.settle(State::Open(root))
    }

    /// The moves that somebody or something can make: the token, and the way it takes.
    pub(crate) fn moves(&self, root: &Scope) -> Vec<(Vec<usize>, usize, usize)> {
        let mut moves = Vec::new();
        for path in root.paths() {
            let scope = path.iter().fold(root, |scope, index| &scope.inner[*index]);
            for (index, token) in scope.tokens.iter().enumerate() {
                for (edge, way) in self.graph.out(token.node) {
                    let kind = self.graph.nodes()[token.node].kind;
                    let possible = goes_on(kind, &way.role) || leaves(kind, &way.role);
                    if possible && !token.taken.contains(&edge) {
                        moves.push((path.clone(), index, edge));
                    }
                }
            }
        }
        moves
    }

    /// What can become of a process when a waiting token goes this way.
    pub(crate) fn play(&mut self, root: &Scope, path: &[usize], token: usize, edge: usize) -> Outcome {
        let mut root = root.clone();
        let way = &self.graph.edges()[edge];
        let arriving = if matches!(way.role, Role::Timeout { interrupting: false } | Role::OnEscalation(_)) {
            let scope = root.at(path);
            scope.tokens[token].taken.insert(edge);
            // Beside a race, not in it.
            let race = scope.split.is_some_and(|split| self.is_race(split));
            if race { path[..path.len() - 1].to_vec() } else { path.to_vec() }
        } else {
            self.leave(&mut root, path, token)
        };
        let state = self.arrive(root, &arriving, way.to)?;
        self.settle(state)
    }

    fn is_race(&self, split: usize) -> bool {
        self.graph.nodes()[split].kind == Kind::SplitFirst
    }

    /// A token leaves its node; out of a race as the one that has won. Answers with the scope it is in.
    fn leave(&self, root: &mut Scope, path: &[usize], token: usize) -> Vec<usize> {
        let scope = root.at(path);
        if scope.split.is_some_and(|split| self.is_race(split)) {
            let (last, around) = path.split_last().expect("a race is in a scope");
            root.at(around).inner.remove(*last);
            return around.to_vec();
        }
        scope.tokens.remove(token);
        path.to_vec()
    }

    /// A token comes to a node.
    fn arrive(&mut self, mut root: Scope, path: &[usize], node: usize) -> Result<State, Wrong> {
        if self.graph.nodes()[node].kind.is_start() {
            return Err(Wrong::IntoStart(node));
        }
        if self.graph.nodes()[node].kind == Kind::Join {
            self.joined.insert(node);
        } else {
            let nest = root.nest(path, &|split| self.is_race(split));
            self.visits.entry(node).or_default().insert(nest);
            root.at(path).tokens.push(Token { node, ready: true, taken: BTreeSet::new() });
            return Ok(State::Open(root));
        }
        let split = self.closes.get(&node).copied().ok_or(Wrong::NothingToJoin(node))?;
        let mut around = path.to_vec();
        while root.at(&around).split != Some(split) {
            around.pop().ok_or(Wrong::NothingToJoin(node))?;
        }
        let scope = root.at(&around);
        if scope.joined.is_some_and(|joined| joined != node) {
            // Each of the two waits for the other.
            root.sort();
            return Err(Wrong::Stuck(State::Open(root)));
        }
        scope.joined = Some(node);
        Ok(self.close(root))
    }

    /// Closes the scopes in which nothing is left.
    fn close(&mut self, mut root: Scope) -> State {
        loop {
            let empty = |path: &Vec<usize>| {
                let scope = path.iter().fold(&root, |scope, index| &scope.inner[*index]);
                scope.tokens.is_empty() && scope.inner.is_empty()
            };
            let Some(path) = root.paths().into_iter().find(empty) else { return State::Open(root) };
            let Some((last, around)) = path.split_last() else { return State::Done };
            let scope = root.at(around).inner.remove(*last);
            if let Some(join) = scope.joined {
                root.at(around).tokens.push(Token { node: join, ready: true, taken: BTreeSet::new() });
            }
        }
    }

    /// Plays on until every token waits: all that can come of it.
    fn settle(&mut self, state: State) -> Outcome {
        let mut done = BTreeSet::new();
        let mut level = BTreeSet::from([state]);
        let mut moves = 0;
        while !level.is_empty() {
            let mut next = BTreeSet::new();
            for state in std::mem::take(&mut level) {
                let State::Open(mut root) = state else {
                    done.insert(state);
                    continue;
                };
                root.sort();
                let mut ready = Vec::new();
                for path in root.paths() {
                    let tokens = root.at(&path).tokens.iter().enumerate();
                    ready.extend(tokens.filter(|(_, token)| token.ready).map(|(token, _)| (path.clone(), token)));
                }
                // Of those that could have the next turn, the first and the last.
                ready.dedup_by_key(|(path, token)| root.at(path).tokens[*token].clone());
                let Some((first, last)) = ready.split_first().map(|(first, others)| (first, others.last())) else {
                    done.insert(State::Open(root));
                    continue;
                };
                for (path, token) in [Some(first), last].into_iter().flatten() {
                    if moves > MOVES || root.count() > CROWD {
                        return Err(Wrong::Endless(root.at(path).tokens[*token].node));
                    }
                    next.extend(self.turn(&root, path, *token)?);
                }
            }
            level = next;
            moves += 1;
        }
        Ok(done.into_iter().collect())
    }

    /// The turn of a token in a step: all that can come of it.
    fn turn(&mut self, root: &Scope, path: &[usize], token: usize) -> Outcome {
        self.turns += 1;
        if self.turns > TURNS {
            return Err(Wrong::TooMuch);
        }
        let mut root = root.clone();
        let node = root.at(path).tokens[token].node;
        let kind = self.graph.nodes()[node].kind;
        let has = |wanted: &dyn Fn(&Role) -> bool| self.graph.out(node).any(|(_, edge)| wanted(&edge.role));
        let may_go = match kind {
            kind if kind.is_end() => true,
            Kind::If => has(&|role| *role == Role::Then) && has(&|role| *role == Role::Otherwise),
            Kind::Split | Kind::SplitFirst => has(&|role| matches!(role, Role::Branch(_))),
            Kind::View | Kind::Start => has(&|role| matches!(role, Role::Next | Role::Case(_) | Role::Default)),
            kind => has(&|role| goes_on(kind, role)),
        };
        if !may_go {
            return Err(Wrong::NoWay(node));
        }
        let mut outcomes = Vec::new();
        if kind.waits() {
            let mut waiting = root.clone();
            waiting.at(path).tokens[token].ready = false;
            let passes = kind == Kind::ConditionalCatch && self.holds != Some(false);
            if !passes || self.holds.is_none() {
                outcomes.push(State::Open(waiting));
            }
            if !passes {
                return Ok(outcomes);
            }
        }
        if kind.is_start() || kind == Kind::Join {
            // A join is reached when it goes on, not when a first branch comes to it.
            self.visits.entry(node).or_default().insert(Vec::new());
        }
        let ways: Vec<Edge> = self.graph.out(node).map(|(_, edge)| edge.clone()).collect();
        let around = self.leave(&mut root, path, token);
        match kind {
            Kind::End => outcomes.push(self.close(root)),
            Kind::Terminate => outcomes.push(State::Done),
            Kind::ErrorEnd => outcomes.push(State::Failed),
            Kind::Split | Kind::SplitFirst => {
                for branches in selections(&ways) {
                    outcomes.push(self.open(root.clone(), &around, node, &branches)?);
                }
            }
            _ => {
                for way in ways.iter().filter(|way| goes_on(kind, &way.role)) {
                    outcomes.push(self.arrive(root.clone(), &around, way.to)?);
                }
            }
        }
        Ok(outcomes)
    }

    /// Opens a scope with these branches.
    fn open(&mut self, mut root: Scope, path: &[usize], split: usize, branches: &[usize]) -> Result<State, Wrong> {
        if branches.is_empty() {
            // Without items what joins the branches goes on. Of conditions it is said where to go when none holds.
            let mut ways = self.graph.out(split);
            if !ways.any(|(_, way)| way.role == Role::Branch(Selection::PerItem)) {
                return Err(Wrong::Nowhere(split));
            }
            let join = self.closes.iter().find(|(_, closed)| **closed == split).map(|(join, _)| *join);
            let join = join.ok_or(Wrong::Nowhere(split))?;
            root.at(path).tokens.push(Token { node: join, ready: true, taken: BTreeSet::new() });
            return Ok(State::Open(root));
        }
        let scope = root.at(path);
        scope.inner.push(Scope::new(Some(split)));
        let inner = [path.to_vec(), vec![scope.inner.len() - 1]].concat();
        // So that the scope is not closed before its last branch is in it.
        let hold = Token { node: split, ready: false, taken: BTreeSet::new() };
        root.at(&inner).tokens.push(hold);
        for branch in branches {
            match self.arrive(root, &inner, *branch)? {
                State::Open(next) => root = next,
                ended => return Ok(ended),
            }
        }
        root.at(&inner).tokens.remove(0);
        Ok(self.close(root))
    }
}

/// Whether a token that is done with a node of this kind may go such a way.
fn goes_on(kind: Kind, role: &Role) -> bool {
    match kind {
        Kind::If => matches!(role, Role::Then | Role::Otherwise),
        Kind::Switch => matches!(role, Role::Case(_) | Role::Default),
        Kind::Split | Kind::SplitFirst => matches!(role, Role::Branch(_) | Role::Otherwise),
        // A person goes on, or decides which way.
        Kind::View | Kind::Start => matches!(role, Role::Next | Role::Case(_) | Role::Default),
        kind => *role == Role::Next && !kind.is_end(),
    }
}

/// Whether such a way leaves the border of a task of this kind: time is up, a worker or a child fails, a child escalates.
fn leaves(kind: Kind, role: &Role) -> bool {
    let has_children = matches!(kind, Kind::Subprocess | Kind::NSubprocess);
    match role {
        Role::Timeout { .. } => kind.waits() && kind != Kind::Timer,
        Role::OnError(_) => kind == Kind::Job || has_children,
        Role::OnEscalation(_) => has_children,
        _ => false,
    }
}

/// The ways a split can choose its branches. Of many items two stand for all.
fn selections(ways: &[Edge]) -> Vec<Vec<usize>> {
    let mut selections = vec![Vec::new()];
    for way in ways {
        let counts: &[usize] = match way.role {
            Role::Branch(Selection::Always) => &[1],
            Role::Branch(Selection::Conditional) => &[0, 1],
            Role::Branch(Selection::PerItem) => &[0, 1, 2],
            _ => continue,
        };
        selections = selections
            .iter()
            .flat_map(|taken: &Vec<usize>| counts.iter().map(|count| [taken.clone(), vec![way.to; *count]].concat()))
            .collect();
    }
    let otherwise = ways.iter().find(|way| way.role == Role::Otherwise);
    for selection in selections.iter_mut().filter(|selection| selection.is_empty()) {
        selection.extend(otherwise.map(|way| way.to));
    }
    selections
}

/// Judges a flow that the rules know nothing of.
pub(crate) fn judge_alone(graph: &Graph) -> Verdict {
    Game::new(graph, reading(graph)).judge()
}

/// Which split each join closes, as one reads it: of the splits that every way to the join comes through, the last one that no
/// other join closes on one of the ways.
pub(crate) fn reading(graph: &Graph) -> BTreeMap<usize, usize> {
    let nodes = 0..graph.nodes().len();
    let of_kind = |wanted: Kind| nodes.clone().filter(move |node| graph.nodes()[*node].kind == wanted);
    let starts = || nodes.clone().filter(|node| graph.nodes()[*node].kind.is_start()).collect::<Vec<_>>();
    // Where one can come to from these, but through one.
    let reached = |from: Vec<usize>, but: Option<usize>| {
        let mut seen = BTreeSet::new();
        let mut open = from;
        while let Some(node) = open.pop() {
            if Some(node) != but && seen.insert(node) {
                open.extend(graph.out(node).filter(|(_, way)| way.role != Role::Compensation).map(|(_, way)| way.to));
            }
        }
        seen
    };
    let all = reached(starts(), None);
    // What one comes to through each split only; the first split that one comes through has the most.
    let mut through: Vec<(usize, BTreeSet<usize>)> =
        of_kind(Kind::Split).map(|split| (split, &all - &reached(starts(), Some(split)))).collect();
    through.sort_by_key(|(_, behind)| std::cmp::Reverse(behind.len()));
    let mut closes = BTreeMap::new();
    // What one join closes depends on the joins before it.
    for _ in nodes.clone() {
        let before: BTreeMap<usize, usize> = closes.clone();
        for join in of_kind(Kind::Join) {
            let on_the_way = |split: usize| {
                let mut others = before.iter().filter(|(other, closed)| **other != join && **closed == split);
                others.any(|(other, _)| reached(vec![*other], Some(split)).contains(&join))
            };
            let around = |(split, behind): &&(usize, BTreeSet<usize>)| {
                *split != join && behind.contains(&join) && !on_the_way(*split)
            };
            match through.iter().rfind(around) {
                Some((split, _)) => closes.insert(join, *split),
                None => closes.remove(&join),
            };
        }
        if closes == before {
            break;
        }
    }
    closes
}
