//! Compares the kernel with the judge of the graph rules, step by step. Each state of a process must be possible
//! for the judge, and each move that the judge allows must be possible in the engine.
//!
//! The judge plays the token game from the meaning of a flow. It knows neither the rules nor the kernel.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use viewflow::Timestamp;
use viewflow::builder::{Chosen, FlowBuilder};
use viewflow::engine::ManualClock;
use viewflow::graph::{Edge, Graph, Kind, Role};
use viewflow::nodes::{HandleNode, StartHandleNode, ViewNode};
use viewflow::prelude::*;

use crate::support::{manual, user};

#[allow(dead_code)]
#[path = "../../viewflow-graph/tests/judge/explorer.rs"]
mod explorer;
#[allow(dead_code)]
#[path = "../../viewflow-graph/tests/judge/random.rs"]
pub(crate) mod random;

use explorer::{Game, State};

thread_local! {
    static GRAPH: RefCell<Graph> = RefCell::default();
}

/// A node, and its edge if it is a timeout.
type Due = (usize, Option<usize>);

/// Decides wherever the judge allows several outcomes.
#[derive(Default)]
pub(crate) struct Chance {
    seed: AtomicU64,
    /// Whether the conditions hold that processes wait for.
    pub(crate) holds: AtomicBool,
    /// The event due at each requested time: a job, a timer, or the timeout of this edge. All times differ.
    due: Mutex<BTreeMap<i64, Due>>,
}

impl Chance {
    /// A number below `end`.
    fn below(&self, end: u64) -> u64 {
        // splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
        let seed = self.seed.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn time(&self, now: Timestamp, what: Due) -> Timestamp {
        let mut due = self.due.lock().unwrap();
        let number = due.len() as u64;
        let time = now.as_millis() + i64::try_from((1 + self.below(1000)) * 1_000_000 + number).unwrap();
        assert!(due.insert(time, what).is_none(), "no two things are due at the same time");
        Timestamp::from_millis(time)
    }
}

struct JudgedFlow {
    chance: Arc<Chance>,
    clock: Arc<ManualClock>,
}

fn name(node: usize) -> &'static str {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    &NAMES.get_or_init(|| (0..1000).map(|number| format!("n{number}")).collect())[node]
}

impl Flow for JudgedFlow {
    type Process = ();
    const NAME: &'static str = "judged";
    const TITLE: &'static str = "Judged";

    fn define(flow: &mut FlowBuilder<Self>) {
        let graph = GRAPH.with(|graph| graph.borrow().clone());
        for (index, node) in graph.nodes().iter().enumerate() {
            let mut built = flow.node::<()>(name(index), node.kind);
            built = match node.kind {
                Kind::If => built.cond(|flow, _| Ok(flow.chance.below(2) == 0)),
                Kind::Function => built.call(|_, _| Ok(())),
                Kind::Job => {
                    let caught = graph.out(index).any(|(_, edge)| matches!(edge.role, Role::OnError(_)));
                    let work = move |flow: &Self, _: &JobRun<Self>| {
                        let fails = caught && flow.chance.below(2) == 0;
                        if fails { Err(Error::msg("as it was told to")) } else { Ok(()) }
                    };
                    built.job(work).delay_by(move |flow, _| Ok(flow.chance.time(flow.now(), (index, None))))
                }
                Kind::Timer => built.delay_by(move |flow, _| Ok(flow.chance.time(flow.now(), (index, None)))),
                Kind::Switch => {
                    let ways = graph.out(index).count();
                    built.switch(move |flow, _| Ok(usize::try_from(flow.chance.below(ways as u64)).unwrap_or(0)))
                }
                Kind::View if graph.decides(index) => {
                    let is_way =
                        |(_, (_, edge)): &(usize, (usize, &Edge))| matches!(edge.role, Role::Case(_) | Role::Default);
                    let ways: Vec<usize> =
                        graph.out(index).enumerate().filter(is_way).map(|(number, _)| number).collect();
                    built.decide::<()>(move |flow, _, ()| {
                        let way = usize::try_from(flow.chance.below(ways.len() as u64)).unwrap_or(0);
                        Ok(Chosen::new(ways[way]))
                    })
                }
                Kind::ConditionalCatch => built.cond(|flow, _| Ok(flow.chance.holds.load(Ordering::SeqCst))),
                Kind::ErrorEnd => built.code("failed"),
                _ => built,
            };
            for (number, edge) in graph.out(index) {
                let leading = built.edge::<()>(edge.role.clone(), name(edge.to));
                match edge.role {
                    Role::Timeout { .. } => {
                        let _ =
                            leading.after_by(move |flow, _| Ok(flow.chance.time(flow.now(), (index, Some(number)))));
                    }
                    Role::Branch(viewflow::graph::Selection::Conditional) => {
                        let _ = leading.when(|flow, _| Ok(flow.chance.below(2) == 0));
                    }
                    Role::Branch(viewflow::graph::Selection::PerItem) => {
                        let _ = leading.seed_source(|flow, _| {
                            let items = flow.chance.below(3);
                            Ok((0..items).map(|_| ()).collect())
                        });
                    }
                    _ => {}
                }
            }
        }
    }
}

impl JudgedFlow {
    fn now(&self) -> Timestamp {
        viewflow::engine::Clock::now(&*self.clock)
    }
}

/// The visible state of a process: whether it goes on, and where its tasks wait.
type Seen = (ProcessStatus, Vec<usize>);

fn seen_in(state: &State) -> Seen {
    let status = match state {
        State::Open(_) => ProcessStatus::New,
        State::Done => ProcessStatus::Done,
        State::Failed => ProcessStatus::Failed,
    };
    (status, state.waiting())
}

pub(crate) struct Run {
    pub(crate) graph: Graph,
    closes: BTreeMap<usize, usize>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) chance: Arc<Chance>,
    pub(crate) process: ProcessId,
    /// All states that the process may have, given what was seen of it.
    states: BTreeSet<State>,
}

/// The judge has too many states to follow.
pub(crate) struct TooMuch;

impl Run {
    pub(crate) fn begin(graph: Graph, seed: u64, holds: bool) -> Result<Option<Self>, TooMuch> {
        let Ok(sound) = graph.check() else { return Ok(None) };
        // The flows of the children are missing here.
        if graph.nodes().iter().any(|node| node.kind.has_children()) {
            return Ok(None);
        }
        let joins = (0..graph.nodes().len()).filter(|node| graph.nodes()[*node].kind == Kind::Join);
        let closes = joins.filter_map(|join| Some((join, sound.split_of(join)?))).collect();
        GRAPH.with(|place| place.replace(graph.clone()));
        let store = Arc::new(MemoryStore::new());
        let (builder, clock) = manual(store.clone());
        let chance = Arc::new(Chance::default());
        chance.seed.store(seed, Ordering::SeqCst);
        chance.holds.store(holds, Ordering::SeqCst);
        let flow = JudgedFlow { chance: Arc::clone(&chance), clock: Arc::clone(&clock) };
        let engine = builder.flow(flow).build().expect("what is sound can be built");
        let start = StartHandleNode::<JudgedFlow, (), ()>::new(name(0));
        let process = engine.run(start, ()).expect("a process begins").id;
        let mut run = Self { graph, closes, store, engine, clock, chance, process, states: BTreeSet::new() };
        let begun = run.game().begin(0).map_err(|_| TooMuch)?;
        run.engine.run_pending().unwrap();
        run.look("it began", begun.into_iter().collect())?;
        Ok(Some(run))
    }

    fn game(&self) -> Game<'_> {
        Game::new(&self.graph, self.closes.clone()).where_conditions_hold(self.chance.holds.load(Ordering::SeqCst))
    }

    /// All states after one move from these states.
    fn moved(&self, from: &BTreeSet<State>, wanted: &dyn Fn(usize, &Edge) -> bool) -> Result<BTreeSet<State>, TooMuch> {
        let mut states = BTreeSet::new();
        for state in from {
            let State::Open(scope) = state else { continue };
            for (path, token, edge) in self.game().moves(scope) {
                if wanted(edge, &self.graph.edges()[edge]) {
                    states.extend(self.game().play(scope, &path, token, edge).map_err(|_| TooMuch)?);
                }
            }
        }
        Ok(states)
    }

    /// Compares the visible state of the process with the possible ones. If conditions hold, the tasks that wait
    /// for them may go on.
    fn look(&mut self, what: &str, mut expected: BTreeSet<State>) -> Result<(), TooMuch> {
        if self.chance.holds.load(Ordering::SeqCst) {
            let caught = |_: usize, edge: &Edge| {
                self.graph.nodes()[edge.from].kind == Kind::ConditionalCatch && edge.role == Role::Next
            };
            let mut last = expected.clone();
            while !last.is_empty() && expected.len() < 3_000 {
                let next = self.moved(&last, &caught)?;
                last = next.difference(&expected).cloned().collect();
                expected.extend(last.iter().cloned());
            }
            if expected.len() >= 3_000 {
                return Err(TooMuch);
            }
        }
        // A condition that holds after a step leaves no task waiting for it. A condition that does not hold lets no
        // task go on.
        if self.chance.holds.load(Ordering::SeqCst) {
            let caught = |node: &usize| self.graph.nodes()[*node].kind == Kind::ConditionalCatch;
            expected.retain(|state| !state.waiting().iter().any(caught));
        }
        let seen = self.seen();
        let fits = expected.iter().filter(|state| seen_in(state) == seen).cloned().collect();
        let before = std::mem::replace(&mut self.states, fits);
        let told: BTreeSet<Seen> = expected.iter().map(seen_in).collect();
        assert!(
            !self.states.is_empty(),
            "after {what} the kernel is at {seen:?}, but the judge says {told:?}, from {before:#?}\n{}",
            self.graph.outline(|_| viewflow::graph::Mark::Untouched)
        );
        Ok(())
    }

    fn seen(&self) -> Seen {
        let status = self.engine.process_record(self.process).unwrap().status;
        let mut nodes: Vec<usize> =
            self.open().map(|(_, node)| node).filter(|node| self.graph.nodes()[*node].kind.waits()).collect();
        nodes.sort_unstable();
        (status, nodes)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.engine.process_record(self.process).unwrap().status == ProcessStatus::New
    }

    /// The open tasks, each with its node.
    pub(crate) fn open(&self) -> impl Iterator<Item = (TaskId, usize)> {
        let tasks = self.engine.tasks(self.process, 0, usize::MAX).unwrap().into_iter();
        let open = tasks.filter(|task| !task.status.is_final());
        open.map(|task| {
            (task.id, self.graph.nodes().iter().position(|node| node.name == task.node).unwrap_or(usize::MAX))
        })
    }

    fn command(&mut self, choice: usize, holds: bool) -> Result<(), TooMuch> {
        self.chance.holds.store(holds, Ordering::SeqCst);
        let by_hand = |node: usize| matches!(self.graph.nodes()[node].kind, Kind::View | Kind::Handle);
        let tasks: Vec<(TaskId, usize)> = self.open().filter(|(_, node)| by_hand(*node)).collect();
        let due = self.engine.next_due().unwrap();
        let choice = choice % (tasks.len() + usize::from(due.is_some())).max(1);
        match (tasks.get(choice), due) {
            (Some((task, node)), _) => {
                self.finish(*task, *node);
                let node = *node;
                let goes = |role: &Role| matches!(role, Role::Next | Role::Case(_) | Role::Default);
                let moved = self.moved(&self.states, &|_, edge| edge.from == node && goes(&edge.role))?;
                self.engine.run_pending().unwrap();
                self.look(&format!("{} was done", name(node)), moved)
            }
            (None, Some(due)) => {
                let wait = due.as_millis() - viewflow::engine::Clock::now(&*self.clock).as_millis();
                self.clock.advance(std::time::Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
                self.engine.run_pending().unwrap();
                let what = self.chance.due.lock().unwrap().get(&due.as_millis()).copied();
                let (node, timeout) = what.expect("only what was asked for is due");
                let fired = |number: usize, edge: &Edge| match timeout {
                    Some(timeout) => number == timeout,
                    None => edge.from == node && matches!(edge.role, Role::Next | Role::OnError(_)),
                };
                let moved = self.moved(&self.states, &fired)?;
                self.look(&format!("{} was due", name(node)), moved)
            }
            // The process waits only for conditions, and checks them when it changes.
            (None, None) => Ok(()),
        }
    }

    pub(crate) fn finish(&self, task: TaskId, node: usize) {
        let ann = user("ann");
        if self.graph.nodes()[node].kind == Kind::View {
            let view = ViewNode::<JudgedFlow, (), ()>::new(name(node));
            self.engine.task(view, task).unwrap().assign(&ann).unwrap().execute(&ann, ()).unwrap();
        } else {
            self.engine.task(HandleNode::<JudgedFlow, (), ()>::new(name(node)), task).unwrap().run(()).unwrap();
        }
    }
}

/// The names that the flow is built with.
pub(crate) fn renamed(graph: &Graph) -> Graph {
    let mut renamed = Graph::new("judged");
    for (index, node) in graph.nodes().iter().enumerate() {
        renamed.node(name(index), node.kind);
    }
    for edge in graph.edges() {
        renamed.edge(edge.from, edge.role.clone(), edge.to);
    }
    renamed
}

/// How many flows are tried: `PROPTEST_CASES`, or a number for everyday runs.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(5000)
}

#[test]
fn enough_is_judged() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut begun, mut steps) = (0, 0);
    for seed in 0..500 {
        let piece = random::pieces().new_tree(&mut runner).unwrap().current();
        let Ok(Some(mut run)) = Run::begin(renamed(&random::of_piece(&piece)), seed, false) else { continue };
        begun += 1;
        steps += (0..20).take_while(|step| run.is_open() && run.command(*step, step % 3 == 0).is_ok()).count();
    }
    assert!(begun > 150 && steps > 500, "{begun} flows, {steps} steps");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_does_what_the_judge_says_can_happen(
        graph in prop_oneof![random::pieces().prop_map(|piece| random::of_piece(&piece)), random::graphs()],
        seed in any::<u64>(),
        begins in any::<bool>(),
        commands in prop::collection::vec((0..60_usize, any::<bool>()), 0..30),
    ) {
        let Ok(Some(mut run)) = Run::begin(renamed(&graph), seed, begins) else { return Ok(()) };
        for (choice, holds) in commands {
            if run.command(choice, holds).is_err() {
                return Ok(());
            }
        }
    }
}
