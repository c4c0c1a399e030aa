//! Runs random flows with random commands, and compares them with a simple model.
//!
//! The model knows nothing of graphs, scopes or tokens: it walks over the blocks that a flow is composed of. It
//! does not share code with the kernel, either. The test compares both after every command.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use proptest::prelude::*;
use viewflow::builder::{Chosen, FlowBuilder};
use viewflow::engine::{Delivery, ManualClock};
use viewflow::graph::{Kind, Role, Selection};
use viewflow::nodes::{HandleNode, StartHandleNode, ViewNode};
use viewflow::prelude::*;
use viewflow::{EventKind, Timestamp};

use crate::support::{boss, manual};

/// A second of the model, in milliseconds. All waits are whole seconds. Each command adds a millisecond, so that no
/// two things are due at the same time.
pub(crate) const UNIT: u64 = 1_000_000;

#[derive(Process, Clone, Debug)]
pub struct Turns {
    #[field(default = 0)]
    pub turn: u32,
}

#[derive(viewflow::Message, Clone, Debug)]
#[message(key = task, latch = drop)]
pub struct Go {
    pub task: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Handle,
    Timer,
    Job,
    Message,
    Decision,
}

/// A person's decision: to go on, or to take another way and change the process.
#[derive(Form, Clone, Debug)]
pub(crate) enum Pick {
    Stay,
    Turn { by: u32 },
}

/// A waiting task with its number, and whether a timeout interrupts it or runs beside it.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    number: u32,
    wait: Wait,
    timeout: Option<bool>,
}

impl Task {
    fn wait(&self) -> u64 {
        u64::from(2 * self.number + 1) * UNIT
    }

    fn timeout(&self) -> u64 {
        u64::from(2 * self.number + 2) * UNIT
    }
}

/// After this many turns no loop begins again.
const LAST_ROUND: u32 = 12;

/// Holds when the turn modulo the first number equals the second.
pub(crate) type Cond = (u32, u32);

#[derive(Clone, Debug)]
pub(crate) enum Block {
    Task(Task),
    Seq(Vec<Block>),
    /// Ends the branch when the condition holds.
    Quit(Cond),
    Choice(Cond, Box<Block>, Box<Block>),
    /// Repeats as long as the condition holds.
    Loop(Cond, Box<Block>),
    /// The number is how many branches are enough, if not all are needed.
    Par(Option<usize>, Vec<Block>),
    Each(u32, Task),
    First(Vec<(Task, Block)>),
}

fn task() -> impl Strategy<Value = Task> {
    let wait =
        prop_oneof![Just(Wait::Handle), Just(Wait::Timer), Just(Wait::Job), Just(Wait::Message), Just(Wait::Decision)];
    (wait, proptest::option::of(any::<bool>())).prop_map(|(wait, timeout)| Task {
        number: 0,
        wait,
        timeout: timeout.filter(|_| wait != Wait::Timer),
    })
}

fn handle() -> Task {
    Task { number: 0, wait: Wait::Handle, timeout: None }
}

pub(crate) fn begun_by_a_task(rest: impl Strategy<Value = Block>) -> impl Strategy<Value = Block> {
    (task(), rest).prop_map(|(task, rest)| Block::Seq(vec![Block::Task(task), rest]))
}

pub(crate) fn block() -> impl Strategy<Value = Block> {
    let cond = (2..4_u32, 0..2_u32);
    let leaf = prop_oneof![4 => task().prop_map(Block::Task), 1 => cond.clone().prop_map(Block::Quit)];
    leaf.prop_recursive(4, 14, 3, move |inner| {
        let branch = begun_by_a_task(inner.clone());
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(Block::Seq),
            1 => (cond.clone(), inner.clone(), inner.clone())
                .prop_map(|(cond, left, right)| Block::Choice(cond, Box::new(left), Box::new(right))),
            1 => (cond.clone(), inner.clone()).prop_map(|(cond, body)| {
                Block::Loop(cond, Box::new(Block::Seq(vec![Block::Task(handle()), body])))
            }),
            3 => (proptest::option::of(1..3_usize), prop::collection::vec(branch, 2..4))
                .prop_map(|(until, branches)| Block::Par(until, branches)),
            1 => (0..4_u32).prop_map(|items| Block::Each(items, handle())),
            2 => prop::collection::vec((task(), inner), 2..4).prop_map(Block::First),
        ]
    })
}

/// Gives each task its number.
pub(crate) fn number(block: &mut Block, next: &mut u32) {
    let mut count = |task: &mut Task| {
        task.number = *next;
        *next += 1;
    };
    match block {
        Block::Task(task) | Block::Each(_, task) => count(task),
        Block::Quit(_) => {}
        Block::Choice(_, left, right) => {
            number(left, next);
            number(right, next);
        }
        Block::Loop(_, body) => number(body, next),
        Block::Seq(blocks) | Block::Par(_, blocks) => blocks.iter_mut().for_each(|block| number(block, next)),
        Block::First(branches) => {
            for (task, rest) in branches {
                task.number = *next;
                *next += 1;
                number(rest, next);
            }
        }
    }
}

// --- the flow ---

fn name(number: usize) -> &'static str {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    &NAMES.get_or_init(|| (0..2000).map(|number| format!("n{number}")).collect())[number]
}

/// The stored name of the node of a task.
fn task_name(number: u32) -> &'static str {
    name(usize::try_from(number).unwrap())
}

thread_local! {
    pub(crate) static PLAN: RefCell<Block> = const { RefCell::new(Block::Seq(Vec::new())) };
}

pub(crate) struct RandomFlow {
    pub(crate) failing: Arc<AtomicBool>,
}

pub(crate) const START: StartHandleNode<RandomFlow, (), ()> = StartHandleNode::new("start");

impl Flow for RandomFlow {
    type Process = Turns;
    const NAME: &'static str = "random";
    const TITLE: &'static str = "Random";

    fn define(flow: &mut FlowBuilder<Self>) {
        let plan = PLAN.with(|plan| plan.borrow().clone());
        let mut nodes = Nodes { flow, next: 1000 };
        let end = nodes.end();
        let first = nodes.lay(&plan, end);
        nodes.flow.node::<()>("start", Kind::StartHandle).edge::<()>(Role::Next, first);
    }
}

struct Nodes<'f> {
    flow: &'f mut FlowBuilder<RandomFlow>,
    next: usize,
}

impl Nodes<'_> {
    fn fresh(&mut self) -> &'static str {
        self.next += 1;
        name(self.next)
    }

    fn end(&mut self) -> &'static str {
        let end = self.fresh();
        self.flow.node::<()>(end, Kind::End);
        end
    }

    /// Lays a block before a node. Returns the node where the block begins.
    fn lay(&mut self, block: &Block, next: &'static str) -> &'static str {
        match block {
            Block::Task(task) => self.task(task, next),
            Block::Seq(blocks) => blocks.iter().rev().fold(next, |next, block| self.lay(block, next)),
            Block::Quit(cond) => {
                let end = self.end();
                self.choice(*cond, end, next)
            }
            Block::Choice(cond, left, right) => {
                let (left, right) = (self.lay(left, next), self.lay(right, next));
                self.choice(*cond, left, right)
            }
            Block::Loop(cond, body) => {
                let check = self.fresh();
                let first = self.lay(body, check);
                self.choose(check, *cond, LAST_ROUND, first, next);
                first
            }
            Block::Par(until, branches) => {
                let join = self.fresh();
                let entries: Vec<_> = branches.iter().map(|branch| self.lay(branch, join)).collect();
                let split = self.fresh();
                let mut node = self.flow.node::<()>(split, Kind::Split);
                for entry in entries {
                    node.edge::<()>(Role::Branch(Selection::Always), entry);
                }
                let mut node = self.flow.node::<()>(join, Kind::Join);
                if let Some(enough) = until.map(|enough| enough as u64) {
                    node = node.until(move |_, a| Ok(a.arrived()? >= enough));
                }
                node.edge::<()>(Role::Next, next);
                split
            }
            Block::Each(items, task) => {
                let join = self.fresh();
                let entry = self.task(task, join);
                let split = self.fresh();
                let items = *items;
                self.flow
                    .node::<()>(split, Kind::Split)
                    .edge::<()>(Role::Branch(Selection::PerItem), entry)
                    .seed_source(move |_, _| Ok((0..items).map(|_| ()).collect()));
                self.flow.node::<()>(join, Kind::Join).edge::<()>(Role::Next, next);
                split
            }
            Block::First(branches) => {
                let entries: Vec<_> = branches
                    .iter()
                    .map(|(task, rest)| {
                        let rest = self.lay(rest, next);
                        self.task(task, rest)
                    })
                    .collect();
                let split = self.fresh();
                let mut node = self.flow.node::<()>(split, Kind::SplitFirst);
                for entry in entries {
                    node.edge::<()>(Role::Branch(Selection::Always), entry);
                }
                split
            }
        }
    }

    fn choice(&mut self, cond: Cond, then: &'static str, otherwise: &'static str) -> &'static str {
        let node = self.fresh();
        self.choose(node, cond, u32::MAX, then, otherwise);
        node
    }

    /// Goes to `then` when the condition holds and the turn is before `last`.
    fn choose(
        &mut self,
        node: &'static str,
        (modulus, rest): Cond,
        last: u32,
        then: &'static str,
        otherwise: &'static str,
    ) {
        let mut node = self
            .flow
            .node::<()>(node, Kind::If)
            .cond(move |_, a| Ok(a.process.turn % modulus == rest && a.process.turn < last));
        node.edge::<()>(Role::Then, then);
        node.edge::<()>(Role::Otherwise, otherwise);
    }

    fn task(&mut self, task: &Task, next: &'static str) -> &'static str {
        let way = task.timeout.map(|interrupting| {
            let end = self.end();
            if interrupting {
                return end;
            }
            let beside = self.fresh();
            self.flow.node::<()>(beside, Kind::Function).call(|_, _| Ok(())).edge::<()>(Role::Next, end);
            beside
        });
        let entry = task_name(task.number);
        let wait = Duration::from_millis(task.wait());
        let key = task.number;
        let turned = (task.wait == Wait::Decision).then(|| {
            let turned = self.fresh();
            self.flow.node::<()>(turned, Kind::Function).call(|_, _| Ok(())).edge::<()>(Role::Next, next);
            turned
        });
        let mut node = match task.wait {
            Wait::Decision => self
                .flow
                .node::<()>(entry, Kind::View)
                .form::<Pick>(|_, a, pick| {
                    if let Pick::Turn { by } = pick {
                        a.process.turn += by;
                    }
                    Ok(())
                })
                .decide::<Pick>(|_, _, pick| Ok(Chosen::new(usize::from(matches!(pick, Pick::Turn { .. }))))),
            Wait::Handle => self.flow.node::<()>(entry, Kind::Handle).call(|_, a| {
                a.process.turn += 1;
                Ok(())
            }),
            Wait::Timer => self.flow.node::<()>(entry, Kind::Timer).delay(wait),
            Wait::Job => {
                self.flow
                    .node::<()>(entry, Kind::Job)
                    .job(|flow, _| {
                        if flow.failing.load(Ordering::SeqCst) { Err(Error::msg("as it was told to")) } else { Ok(()) }
                    })
                    .retry(2, wait, wait)
                    .delay(wait)
            }
            Wait::Message => self.flow.node::<()>(entry, Kind::MessageCatch).message::<Go, u32>(move |_, _| Ok(key)),
        };
        match turned {
            Some(turned) => {
                node.edge::<()>(Role::Case("Stay".to_owned()), next);
                node.edge::<()>(Role::Case("Turn".to_owned()), turned);
            }
            None => drop(node.edge::<()>(Role::Next, next)),
        }
        if let (Some(way), Some(interrupting)) = (way, task.timeout) {
            node.edge::<()>(Role::Timeout { interrupting }, way).after(Duration::from_millis(task.timeout()));
        }
        entry
    }
}

// --- the model ---

#[derive(Clone, Debug)]
enum State {
    Done,
    Ended,
    Waiting(Waiting),
    Seq(usize, Box<State>),
    Choice(bool, Box<State>),
    Loop(Box<State>),
    Par(Vec<State>),
    /// The states of the first tasks.
    First(Vec<State>),
    /// The branch that won, and the state of the rest of it.
    Won(usize, Box<State>),
}

#[derive(Clone, Debug)]
struct Waiting {
    id: usize,
    task: Task,
    /// The time at which it goes on by itself, or is tried.
    at: Option<u64>,
    timeout: Option<u64>,
    failures: u32,
    failed: bool,
}

/// How often each kind of event happened to a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    created: u32,
    finished: u32,
    canceled: u32,
}

#[derive(Debug, Default)]
struct Model {
    now: u64,
    turn: u32,
    ends: u32,
    next: usize,
    counts: BTreeMap<u32, Count>,
}

/// An event that happens to a waiting task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Finish,
    Cancel,
    Fail,
    Retry,
    Revive,
    Timeout,
}

impl Model {
    fn holds(&self, (modulus, rest): Cond) -> bool {
        self.turn % modulus == rest
    }

    fn wait(&mut self, task: &Task) -> State {
        self.counts.entry(task.number).or_default().created += 1;
        self.next += 1;
        State::Waiting(self.armed(self.next, task))
    }

    fn armed(&self, id: usize, task: &Task) -> Waiting {
        let at = matches!(task.wait, Wait::Timer | Wait::Job).then(|| self.now + task.wait());
        let timeout = task.timeout.map(|_| self.now + task.timeout());
        Waiting { id, task: task.clone(), at, timeout, failures: 0, failed: false }
    }

    fn begin(&mut self, block: &Block) -> State {
        let state = match block {
            Block::Task(task) => self.wait(task),
            Block::Seq(blocks) => match blocks.first() {
                None => State::Done,
                Some(first) => State::Seq(0, Box::new(self.begin(first))),
            },
            Block::Quit(cond) if self.holds(*cond) => {
                self.ends += 1;
                State::Ended
            }
            Block::Quit(_) | Block::Each(0, _) => State::Done,
            Block::Choice(cond, left, right) => {
                let holds = self.holds(*cond);
                State::Choice(holds, Box::new(self.begin(if holds { left } else { right })))
            }
            Block::Loop(_, body) => State::Loop(Box::new(self.begin(body))),
            Block::Par(_, branches) => State::Par(branches.iter().map(|branch| self.begin(branch)).collect()),
            Block::Each(items, task) => State::Par((0..*items).map(|_| self.wait(task)).collect()),
            Block::First(branches) => State::First(branches.iter().map(|(task, _)| self.wait(task)).collect()),
        };
        self.go_on(block, state)
    }

    /// Derives the next state from the states of the parts.
    fn go_on(&mut self, block: &Block, state: State) -> State {
        match (block, state) {
            (Block::Seq(blocks), State::Seq(at, inner)) => match *inner {
                State::Done if at + 1 == blocks.len() => State::Done,
                State::Done => {
                    let next = self.begin(&blocks[at + 1]);
                    self.go_on(block, State::Seq(at + 1, Box::new(next)))
                }
                State::Ended => State::Ended,
                inner => State::Seq(at, Box::new(inner)),
            },
            (Block::Choice(..), State::Choice(_, inner)) if matches!(*inner, State::Done | State::Ended) => *inner,
            (Block::Loop(cond, body), State::Loop(inner)) => match *inner {
                State::Done if self.holds(*cond) && self.turn < LAST_ROUND => {
                    let again = self.begin(body);
                    self.go_on(block, State::Loop(Box::new(again)))
                }
                State::Done | State::Ended => *inner,
                inner => State::Loop(Box::new(inner)),
            },
            (Block::Par(..) | Block::Each(..), State::Par(mut branches)) => {
                let done = branches.iter().filter(|branch| matches!(branch, State::Done)).count();
                let over = branches.iter().all(|branch| matches!(branch, State::Done | State::Ended));
                let enough = matches!(block, Block::Par(Some(enough), _) if done >= *enough);
                if enough {
                    branches.iter_mut().for_each(|branch| self.cancel(branch));
                }
                match (over || enough, done) {
                    (false, _) => State::Par(branches),
                    (true, 0) => State::Ended,
                    (true, _) => State::Done,
                }
            }
            (Block::First(_), State::First(branches)) if branches.iter().all(|b| matches!(b, State::Ended)) => {
                State::Ended
            }
            (Block::First(branches), State::First(mut states)) => {
                let Some(won) = states.iter().position(|state| matches!(state, State::Done)) else {
                    return State::First(states);
                };
                states.iter_mut().for_each(|state| self.cancel(state));
                let rest = self.begin(&branches[won].1);
                self.go_on(block, State::Won(won, Box::new(rest)))
            }
            (Block::First(_), State::Won(_, rest)) if matches!(*rest, State::Done | State::Ended) => *rest,
            (_, state) => state,
        }
    }

    /// Cancels everything that waits.
    fn cancel(&mut self, state: &mut State) {
        for waiting in open(state) {
            self.counts.entry(waiting.task.number).or_default().canceled += 1;
        }
        if !matches!(state, State::Done) {
            *state = State::Ended;
        }
    }

    /// Does something to the task with this id. Returns the new state.
    fn act(&mut self, block: &Block, state: State, id: usize, act: Act) -> State {
        let state = match (block, state) {
            (_, State::Waiting(waiting)) if waiting.id == id => self.act_on(waiting, act),
            (Block::Seq(blocks), State::Seq(at, inner)) => {
                State::Seq(at, Box::new(self.act(&blocks[at], *inner, id, act)))
            }
            (Block::Choice(_, left, right), State::Choice(holds, inner)) => {
                let taken = if holds { left } else { right };
                State::Choice(holds, Box::new(self.act(taken, *inner, id, act)))
            }
            (Block::Loop(_, body), State::Loop(inner)) => State::Loop(Box::new(self.act(body, *inner, id, act))),
            (Block::Par(_, branches), State::Par(states)) => {
                let states = branches.iter().zip(states).map(|(branch, state)| self.act(branch, state, id, act));
                State::Par(states.collect())
            }
            (Block::Each(_, task), State::Par(states)) => {
                let task = Block::Task(task.clone());
                State::Par(states.into_iter().map(|state| self.act(&task, state, id, act)).collect())
            }
            (Block::First(branches), State::First(mut states)) => {
                let interrupted = act == Act::Timeout
                    && states
                        .iter()
                        .any(|state| matches!(state, State::Waiting(w) if w.id == id && w.task.timeout == Some(true)));
                for ((task, _), state) in branches.iter().zip(&mut states) {
                    let task = Block::Task(task.clone());
                    *state = self.act(&task, state.clone(), id, act);
                }
                if interrupted {
                    // The way of the timeout has won.
                    states.iter_mut().for_each(|state| self.cancel(state));
                }
                State::First(states)
            }
            (Block::First(branches), State::Won(won, rest)) => {
                State::Won(won, Box::new(self.act(&branches[won].1, *rest, id, act)))
            }
            (_, state) => state,
        };
        self.go_on(block, state)
    }

    fn act_on(&mut self, mut waiting: Waiting, act: Act) -> State {
        let count = self.counts.entry(waiting.task.number).or_default();
        match act {
            Act::Finish => {
                count.finished += 1;
                State::Done
            }
            Act::Cancel => {
                count.canceled += 1;
                State::Ended
            }
            Act::Timeout if waiting.task.timeout == Some(true) => {
                count.canceled += 1;
                self.ends += 1;
                State::Ended
            }
            Act::Timeout => {
                self.ends += 1;
                waiting.timeout = None;
                State::Waiting(waiting)
            }
            Act::Fail => {
                waiting.failures += 1;
                waiting.failed = waiting.failures == 2;
                waiting.at = (!waiting.failed).then(|| self.now + waiting.task.wait());
                waiting.timeout = waiting.timeout.filter(|_| !waiting.failed);
                State::Waiting(waiting)
            }
            Act::Retry => State::Waiting(self.armed(waiting.id, &waiting.task.clone())),
            Act::Revive => {
                count.canceled += 1;
                self.wait(&waiting.task)
            }
        }
    }
}

/// Everything that waits.
fn open(state: &State) -> Vec<Waiting> {
    match state {
        State::Done | State::Ended => Vec::new(),
        State::Waiting(waiting) => vec![waiting.clone()],
        State::Seq(_, inner) | State::Choice(_, inner) | State::Loop(inner) | State::Won(_, inner) => open(inner),
        State::Par(states) | State::First(states) => states.iter().flat_map(open).collect(),
    }
}

// --- both ---

struct Run {
    plan: Block,
    model: Model,
    state: State,
    engine: Engine,
    clock: Arc<ManualClock>,
    failing: Arc<AtomicBool>,
    process: ProcessId,
}

impl Run {
    fn begin(plan: Block) -> Option<Self> {
        PLAN.with(|place| place.replace(plan.clone()));
        let failing = Arc::new(AtomicBool::new(false));
        let (builder, clock) = manual(Arc::new(MemoryStore::new()));
        let engine = match builder.flow(RandomFlow { failing: Arc::clone(&failing) }).build() {
            Ok(engine) => engine,
            // For example, a block after a block that always ends.
            Err(Error::Build(problems)) => {
                assert!(problems.iter().all(|problem| problem.ends_with(']')), "{problems:?}");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let mut model = Model::default();
        let state = model.begin(&plan);
        let process = engine.run(START, ()).unwrap().id;
        Some(Self { plan, model, state, engine, clock, failing, process })
    }

    fn act(&mut self, id: usize, act: Act) {
        let state = std::mem::replace(&mut self.state, State::Ended);
        self.state = self.model.act(&self.plan, state, id, act);
    }

    /// The engine's open task that belongs to the model's task.
    fn task(&self, waiting: &Waiting) -> TaskId {
        let tasks = self.engine.tasks(self.process, 0, usize::MAX).unwrap();
        let name = task_name(waiting.task.number);
        tasks.iter().find(|task| task.node == name && !task.status.is_final()).unwrap().id
    }

    fn command(&mut self, kind: u8, choice: usize, failing: bool) {
        let open = open(&self.state);
        let pick = |wanted: &dyn Fn(&Waiting) -> bool| {
            let fit: Vec<_> = open.iter().filter(|waiting| wanted(waiting)).cloned().collect();
            (!fit.is_empty()).then(|| fit[choice % fit.len()].clone())
        };
        match kind {
            0..=3 => {
                let by_hand = |waiting: &Waiting| matches!(waiting.task.wait, Wait::Handle | Wait::Decision);
                let Some(waiting) = pick(&by_hand) else { return self.after(failing) };
                if waiting.task.wait == Wait::Decision {
                    let by = u32::try_from(choice % 3).unwrap();
                    let form = if by == 0 { Pick::Stay } else { Pick::Turn { by } };
                    let node = ViewNode::<RandomFlow, (), Pick>::new(task_name(waiting.task.number));
                    let task = self.engine.task(node, self.task(&waiting)).unwrap();
                    task.assign(&boss()).unwrap().execute(&boss(), form).unwrap();
                    self.model.turn += by;
                    self.act(waiting.id, Act::Finish);
                } else {
                    let node = HandleNode::<RandomFlow, (), ()>::new(task_name(waiting.task.number));
                    self.engine.task(node, self.task(&waiting)).unwrap().run(()).unwrap();
                    self.model.turn += 1;
                    self.act(waiting.id, Act::Finish);
                }
            }
            4 | 5 => {
                if let Some(waiting) = pick(&|waiting| waiting.task.wait == Wait::Message) {
                    let sent = self.engine.send(&Go { task: waiting.task.number }).unwrap();
                    assert_eq!(sent, Delivery::Waiting);
                    self.act(waiting.id, Act::Finish);
                } else {
                    // A message that no process waits for, or that no flow knows, has no effect.
                    assert!(!matches!(self.engine.send(&Go { task: 999 }), Ok(Delivery::Waiting | Delivery::Kept)));
                }
            }
            6 | 7 => {
                let by = u64::try_from(choice % 12).unwrap() * UNIT / 2;
                self.clock.advance(Duration::from_millis(by));
                self.model.now += by;
            }
            8 => {
                if let Some(waiting) = pick(&|_| true) {
                    self.engine.cancel_task(self.task(&waiting), &boss()).unwrap();
                    self.act(waiting.id, Act::Cancel);
                }
            }
            9 | 10 => {
                if let Some(waiting) = pick(&|waiting| waiting.failed) {
                    let task = self.task(&waiting);
                    if kind == 9 {
                        self.engine.retry(task, &boss()).unwrap();
                        self.act(waiting.id, Act::Retry);
                    } else {
                        self.engine.revive(task, &boss()).unwrap();
                        self.act(waiting.id, Act::Revive);
                    }
                } else {
                    let error = self.engine.retry(TaskId { process: self.process, ordinal: 1 }, &boss()).unwrap_err();
                    assert!(matches!(error, Error::WrongStatus { .. }));
                }
            }
            _ if choice.is_multiple_of(10) && self.is_open() => {
                self.engine.cancel(self.process, &boss()).unwrap();
                let mut state = std::mem::replace(&mut self.state, State::Ended);
                self.model.cancel(&mut state);
                self.model.ends = 0;
            }
            _ if self.is_open() => {
                // Events that become due or arrive during the suspension happen afterwards, as without a
                // suspension.
                self.engine.suspend(self.process, &boss()).unwrap();
                let awaited = pick(&|waiting| waiting.task.wait == Wait::Message && !waiting.failed);
                if let Some(waiting) = &awaited {
                    let sent = self.engine.send(&Go { task: waiting.task.number }).unwrap();
                    assert_eq!(sent, Delivery::Waiting);
                }
                let by = u64::try_from(choice % 12).unwrap() * UNIT / 2;
                self.clock.advance(Duration::from_millis(by));
                self.model.now += by;
                assert_eq!(self.engine.run_pending().unwrap(), 0);
                self.engine.resume(self.process, &boss()).unwrap();
                awaited.into_iter().for_each(|waiting| self.act(waiting.id, Act::Finish));
            }
            _ => {}
        }
        self.after(failing);
    }

    /// The engine's own work after a command.
    fn after(&mut self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
        self.engine.run_pending().unwrap();
        self.settle(failing);
        self.compare();
        self.clock.advance(Duration::from_millis(1));
        self.model.now += 1;
    }

    fn is_open(&self) -> bool {
        !matches!(self.state, State::Done | State::Ended)
    }

    /// Handles everything due in the model, until nothing is.
    fn settle(&mut self, failing: bool) {
        loop {
            let now = self.model.now;
            let over = |time: Option<u64>| time.filter(|time| *time <= now);
            let mut due: Vec<(u64, usize)> = open(&self.state)
                .iter()
                .filter(|waiting| !waiting.failed)
                .filter_map(|w| Some((over(w.at).into_iter().chain(over(w.timeout)).min()?, w.id)))
                .collect();
            due.sort_unstable();
            if due.is_empty() {
                return;
            }
            for (_, id) in due {
                let Some(waiting) = open(&self.state).into_iter().find(|waiting| waiting.id == id) else { continue };
                let act = match (over(waiting.timeout), waiting.task.wait) {
                    (Some(_), _) => Act::Timeout,
                    (None, Wait::Job) if failing => Act::Fail,
                    _ => Act::Finish,
                };
                self.act(id, act);
            }
        }
    }

    fn compare(&self) {
        let record = self.engine.process_record(self.process).unwrap();
        let expected = match (&self.state, self.model.ends) {
            (State::Ended, 0) => ProcessStatus::Canceled,
            (State::Done | State::Ended, _) => ProcessStatus::Done,
            _ => ProcessStatus::New,
        };
        assert_eq!(record.status, expected, "{:?}", self.state);
        let mut counts: BTreeMap<u32, Count> = BTreeMap::new();
        let mut left: BTreeMap<u32, i32> = BTreeMap::new();
        for event in self.engine.events(self.process, 0, usize::MAX).unwrap() {
            let (task, node, change): (u32, &String, fn(&mut Count)) = match &event.kind {
                EventKind::TaskCreated { task, node } => (*task, node, |count| count.created += 1),
                EventKind::TaskFinished { task, node, .. } => (*task, node, |count| count.finished += 1),
                EventKind::TaskCanceled { task, node } => (*task, node, |count| count.canceled += 1),
                _ => continue,
            };
            *left.entry(task).or_default() += if matches!(event.kind, EventKind::TaskCreated { .. }) { 1 } else { -1 };
            if let Some(number) = (0..1000_u32).find(|number| task_name(*number) == node) {
                change(counts.entry(number).or_default());
            }
        }
        assert_eq!(counts, self.model.counts, "created, finished, canceled");
        let tasks = self.engine.tasks(self.process, 0, usize::MAX).unwrap();
        for task in &tasks {
            let open = i32::from(!task.status.is_final());
            assert_eq!(left[&task.id.ordinal], open, "task {} of {} begins once and ends once", task.id, task.node);
        }
        if record.status != ProcessStatus::New {
            assert!(tasks.iter().all(|task| task.status.is_final()), "nothing is left open");
            assert_eq!(self.engine.next_due().unwrap(), None, "nothing is left in the queue");
        }
        let mut expected: Vec<_> =
            open(&self.state).iter().map(|waiting| (task_name(waiting.task.number), waiting.failed)).collect();
        let numbered = |task: &&viewflow::store::TaskRecord| (0..1000).any(|number| task_name(number) == task.node);
        let mut found: Vec<_> = tasks
            .iter()
            .filter(|task| !task.status.is_final())
            .filter(numbered)
            .map(|task| (task.node.as_str(), task.status == TaskStatus::Error))
            .collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "what is open");
    }
}

/// How many flows are tried: `PROPTEST_CASES`, or a number for everyday runs.
pub(crate) fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_flows_do_what_the_model_says_and_never_get_stuck(
        block in begun_by_a_task(block()),
        commands in prop::collection::vec((0..12_u8, 0..60_usize, any::<bool>()), 0..40),
    ) {
        let mut plan = block;
        number(&mut plan, &mut 0);
        let Some(mut run) = Run::begin(plan) else { return Ok(()) };
        run.compare();
        for (kind, choice, failing) in commands {
            run.command(kind, choice, failing);
        }
        // Whatever has happened, the process can be brought to its end.
        for round in 0_usize.. {
            if !run.is_open() {
                break;
            }
            prop_assert!(round < 2000, "stuck at {:?}", run.state);
            run.command([0, 4, 7, 9][round % 4], round, false);
        }
    }
}

#[test]
fn the_times_of_the_model_are_those_of_the_engine() {
    let mut plan = Block::Task(Task { number: 0, wait: Wait::Timer, timeout: None });
    number(&mut plan, &mut 0);
    let mut run = Run::begin(plan).unwrap();
    assert_eq!(run.engine.next_due().unwrap(), Some(Timestamp::from_millis(1_000_000)));
    run.command(7, 2, false);
    assert!(!run.is_open());
}
