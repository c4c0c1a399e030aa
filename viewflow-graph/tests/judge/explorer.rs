//! The judge: a brute-force explorer of the token game, for small graphs.
//!
//! The judge is written from the meaning of a flow, which is tokens in a tree of scopes. It knows nothing of the rules
//! and shares no code with them. It plays every choice and every move in every order, and looks at the states that a
//! process can reach. Within a step, either the first or the last ready token has its turn. Some mistakes do not show
//! in any play: edges that no token takes, and ways beside a task that run into the task's own way. The judge looks
//! these up in the graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use viewflow_graph::{Edge, Graph, Kind, Role, Selection};

/// The number of states after which the judge gives up.
const STATES: usize = 2_000;
/// The number of tokens in a process above which the judge gives up. Tokens beside a loop can pile up without end.
const TOKENS: usize = 8;
/// The number of moves after which a step counts as endless. `CROWD` is the same for the number of tokens.
const MOVES: usize = 100;
const CROWD: usize = 40;
/// The number of turns after which the judge gives up.
const TURNS: usize = 4_000;

/// A mistake in a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Tokens are left, and none of them can move.
    Stuck(State),
    /// The process can get into a state from which it is never done.
    NeverDone(State),
    /// A step never ends.
    Endless(usize),
    /// A token arrives at a join outside of the split that the join closes.
    NothingToJoin(usize),
    /// A split takes no branch and has nowhere to go.
    Nowhere(usize),
    /// Tokens arrive at a node in two different nests of splits, so the rest of the way can be taken once for each.
    TwoNests(usize),
    /// The way beside a task meets the task's own way.
    Twice(usize),
    /// No token ever arrives at this node.
    Dead(usize),
    /// A token arrives at this node to wait, and nobody can ever act there.
    InVain(usize),
    /// A function that undoes a node cannot be called for that, or has edges on which tokens arrive or leave.
    NoUndoing(usize),
    /// A token arrives at a node that has no way on, or that lacks a way it may need.
    NoWay(usize),
    /// A token arrives at a start.
    IntoStart(usize),
    /// No token ever takes this edge.
    DeadEdge(usize),
    /// The graph does not say which of two edges is meant.
    Ambiguous(usize),
    /// The game is too large to be explored.
    TooMuch,
}

/// The judge's verdict on a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad(Wrong),
    /// The game is too large to be explored.
    Unknown,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token {
    pub(crate) node: usize,
    /// Whether the token has its turn in this step.
    ready: bool,
    /// The edges at the border of its task that were taken already.
    taken: BTreeSet<usize>,
}

/// A scope, with its tokens and its inner scopes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    /// The split that opened the scope; `None` for the scope of the process.
    split: Option<usize>,
    /// The join at which a token of the scope waits.
    joined: Option<usize>,
    tokens: Vec<Token>,
    inner: Vec<Scope>,
}

/// The state of a process.
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

    /// Counts the tokens and the inner scopes.
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

    /// Returns the paths of all scopes, beginning with this one.
    fn paths(&self) -> Vec<Vec<usize>> {
        let mut paths = vec![Vec::new()];
        for (index, inner) in self.inner.iter().enumerate() {
            paths.extend(inner.paths().into_iter().map(|path| [vec![index], path].concat()));
        }
        paths
    }

    /// Returns the splits from the outermost scope to the one at `path`, without races.
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
    /// Returns the nodes at which tokens wait, once for each token.
    pub(crate) fn waiting(&self) -> Vec<usize> {
        let mut nodes = Vec::new();
        if let Self::Open(scope) = self {
            scope.nodes(&mut nodes);
        }
        nodes.sort_unstable();
        nodes
    }
}

/// The game of a flow: its graph, and the split that each join closes.
pub(crate) struct Game<'g> {
    graph: &'g Graph,
    closes: BTreeMap<usize, usize>,
    /// The nests of splits in which tokens arrived at each node.
    visits: BTreeMap<usize, BTreeSet<Vec<usize>>>,
    /// The joins at which branches arrived.
    joined: BTreeSet<usize>,
    /// The nodes at which somebody or something made a move.
    moved: BTreeSet<usize>,
    /// Whether awaited conditions hold; `None` to play both.
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

    /// Returns the same game with awaited conditions that always hold, or never.
    pub(crate) fn where_conditions_hold(self, holds: bool) -> Self {
        Self { holds: Some(holds), ..self }
    }

    /// Plays every game from every start.
    pub(crate) fn judge(&mut self) -> Verdict {
        match self.explore() {
            Err(Wrong::TooMuch) | Ok(None) => Verdict::Unknown,
            Err(wrong) => Verdict::Bad(wrong),
            Ok(Some(())) => self.look_back().map_or(Verdict::Good, Verdict::Bad),
        }
    }

    /// Looks for mistakes that only all games together show.
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

    /// Whether no token ever takes an edge, or it is unclear which of two edges is meant.
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

    /// Returns the node at which the way beside a task meets the task's own way.
    ///
    /// The join of the scope that contains both does not count.
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

    /// Explores all states of a process between two steps; returns `None` when there are too many.
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
        // Go backwards from the ends. A state that is never met is never done.
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

    /// Returns the states of a process that begins here, with every token at rest.
    pub(crate) fn begin(&mut self, start: usize) -> Outcome {
        let mut root = Scope::new(None);
        root.tokens.push(Token { node: start, ready: true, taken: BTreeSet::new() });
        self.settle(State::Open(root))
    }

    /// Returns the moves that somebody or something can make: the path of the scope, the token, and its edge.
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

    /// Returns the states of a process after a waiting token has taken this way.
    pub(crate) fn play(&mut self, root: &Scope, path: &[usize], token: usize, edge: usize) -> Outcome {
        let mut root = root.clone();
        let way = &self.graph.edges()[edge];
        let arriving = if matches!(way.role, Role::Timeout { interrupting: false } | Role::OnEscalation(_)) {
            let scope = root.at(path);
            scope.tokens[token].taken.insert(edge);
            // The new token runs beside a race, not in it.
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

    /// Takes a token out of its node, and out of a race as the winner. Returns the path of its scope.
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

    /// Puts a token at a node.
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
            // Two joins would each wait for the other.
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

    /// Plays on until every token waits, and returns all states that can result.
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
                // Of the tokens that could have the next turn, keep the first and the last.
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

    /// Plays the turn of a token in a step, and returns all states that can result.
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
            // A token passes a join when the join goes on, not when its first branch arrives.
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
            // Without items, the join of the branches goes on. A split with conditions says where to go when none
            // holds.
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
        // Keeps the scope open until its last branch is in it.
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

/// Whether a token may leave a node of this kind by such an edge after the node is done.
fn goes_on(kind: Kind, role: &Role) -> bool {
    match kind {
        Kind::If => matches!(role, Role::Then | Role::Otherwise),
        Kind::Switch => matches!(role, Role::Case(_) | Role::Default),
        Kind::Split | Kind::SplitFirst => matches!(role, Role::Branch(_) | Role::Otherwise),
        // A person goes on, or decides which way to take.
        Kind::View | Kind::Start => matches!(role, Role::Next | Role::Case(_) | Role::Default),
        kind => *role == Role::Next && !kind.is_end(),
    }
}

/// Whether such an edge leaves the border of a task of this kind.
///
/// It does when time is up, when a worker or child fails, and when a child escalates.
fn leaves(kind: Kind, role: &Role) -> bool {
    let has_children = matches!(kind, Kind::Subprocess | Kind::NSubprocess);
    match role {
        Role::Timeout { .. } => kind.waits() && kind != Kind::Timer,
        Role::OnError(_) => kind == Kind::Job || has_children,
        Role::OnEscalation(_) => has_children,
        _ => false,
    }
}

/// Returns the sets of branches that a split can choose. Two items stand for any number of items.
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

/// Judges a flow without knowledge of the rules.
pub(crate) fn judge_alone(graph: &Graph) -> Verdict {
    Game::new(graph, reading(graph)).judge()
}

/// Returns the split that each join closes, as a reader of the graph would see it.
///
/// It is among the splits through which every way to the join leads. It is the last of them that no other join closes
/// on one of the ways.
pub(crate) fn reading(graph: &Graph) -> BTreeMap<usize, usize> {
    let nodes = 0..graph.nodes().len();
    let of_kind = |wanted: Kind| nodes.clone().filter(move |node| graph.nodes()[*node].kind == wanted);
    let starts = || nodes.clone().filter(|node| graph.nodes()[*node].kind.is_start()).collect::<Vec<_>>();
    // Returns the nodes that can be reached from `from` without passing through `but`.
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
    // The nodes that can be reached only through each split. The split that comes first has the most of them.
    let mut through: Vec<(usize, BTreeSet<usize>)> =
        of_kind(Kind::Split).map(|split| (split, &all - &reached(starts(), Some(split)))).collect();
    through.sort_by_key(|(_, behind)| std::cmp::Reverse(behind.len()));
    let mut closes = BTreeMap::new();
    // The split that a join closes depends on the joins before it.
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
