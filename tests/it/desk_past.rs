//! Any moment of a process's past, held against snapshots that were taken at every commit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use viewflow::desk::{PastProcess, ShownField};
use viewflow::graph::Mark;
use viewflow::nodes::{HandleNode, ViewNode};
use viewflow::prelude::*;
use viewflow::store::ManualClock;
use viewflow::store::TaskRecord;
use viewflow::{JobRun, Store};

use crate::random::{Block, Go, PLAN, Pick, RandomFlow, START, UNIT, begun_by_a_task, block, cases, number};
use crate::support::{boss, manual, on_every_store, user};

/// All that a process is at a moment.
#[derive(Clone, Debug, PartialEq)]
struct Snapshot {
    status: ProcessStatus,
    fields: BTreeMap<&'static str, Value>,
    ends: [Option<Value>; 2],
    tasks: Vec<(u32, String, TaskStatus, Option<UserId>)>,
    marks: Vec<Mark>,
}

fn values(fields: &[ShownField]) -> BTreeMap<&'static str, Value> {
    fields.iter().map(|field| (field.name, field.value.clone())).collect()
}

impl Snapshot {
    /// As the process is now.
    fn now(engine: &Engine, process: ProcessId) -> Self {
        let whole = engine.desk(&boss()).process(process).unwrap();
        let tasks = engine.tasks(process, 0, usize::MAX).unwrap().into_iter();
        Self {
            status: whole.line.status,
            fields: values(&whole.fields),
            ends: [whole.seed, whole.artifact].map(|end| end.map(|end| end.value)),
            tasks: tasks.map(|task| (task.id.ordinal, task.node, task.status, task.owner)).collect(),
            marks: engine.marks(process).unwrap(),
        }
    }

    fn of_past(past: PastProcess) -> Self {
        Self {
            status: past.status,
            fields: values(&past.fields),
            ends: [past.seed, past.artifact].map(|end| end.map(|end| end.value)),
            tasks: past.tasks.into_iter().map(|task| (task.id.ordinal, task.node, task.status, task.owner)).collect(),
            marks: past.chart.unwrap().marks,
        }
    }
}

/// Snapshots of all processes, each by the last event of the commit after which it was taken.
#[derive(Clone, Default)]
struct Album {
    /// The engine that looks: a second one over the same store.
    looker: Arc<OnceLock<Engine>>,
    taken: Arc<Mutex<BTreeMap<(ProcessId, u32), Snapshot>>>,
}

impl Album {
    /// Called with each event once its commit is in the store: after the last one of the commit, a snapshot is taken.
    fn hear(&self) -> impl Fn(&viewflow::Event) + Send + Sync + 'static {
        let album = self.clone();
        move |event| {
            let Some(looker) = album.looker.get() else { return };
            if looker.process_record(event.process).unwrap().events == event.number {
                let snapshot = Snapshot::now(looker, event.process);
                album.taken.lock().unwrap().insert((event.process, event.number), snapshot);
            }
        }
    }

    /// Holds every moment against its snapshot.
    fn check(&self, engine: &Engine) {
        let taken = self.taken.lock().unwrap();
        for ((process, number), snapshot) in &*taken {
            let past = engine.desk(&boss()).process_at(*process, *number).unwrap();
            let at = engine.events(*process, number - 1, 1).unwrap()[0].at;
            assert_eq!((past.event, past.at), (*number, at));
            assert_eq!(Snapshot::of_past(past), *snapshot, "process {process} after event {number}");
        }
    }

    fn is_complete(&self, engine: &Engine, process: ProcessId) {
        let last = engine.process_record(process).unwrap().events;
        assert!(self.taken.lock().unwrap().contains_key(&(process, last)), "a snapshot of now is there");
    }
}

/// A random flow, with a snapshot of it at every commit.
struct Run {
    engine: Engine,
    clock: Arc<ManualClock>,
    failing: Arc<AtomicBool>,
    album: Album,
    process: ProcessId,
}

impl Run {
    fn begin(store: Arc<dyn Store>, plan: &Block) -> Option<Self> {
        let (failing, album) = (Arc::new(AtomicBool::new(false)), Album::default());
        let flow = || {
            PLAN.with(|place| place.replace(plan.clone()));
            RandomFlow { failing: Arc::clone(&failing) }
        };
        let (builder, clock) = manual(Arc::clone(&store));
        // Some blocks make no sound flow.
        let engine = builder.on_event(album.hear()).flow(flow()).build().ok()?;
        album.looker.set(Engine::builder(store).clock(Arc::clone(&clock)).flow(flow()).build().unwrap()).unwrap();
        let process = engine.run(START, ()).unwrap().id;
        Some(Self { engine, clock, failing, album, process })
    }

    fn tasks(&self, wanted: impl Fn(&TaskRecord) -> bool) -> Vec<TaskRecord> {
        self.engine.tasks(self.process, 0, usize::MAX).unwrap().into_iter().filter(wanted).collect()
    }

    fn is_open(&self) -> bool {
        self.engine.process_record(self.process).unwrap().status == ProcessStatus::New
    }

    /// Does something to some task, or to the process.
    fn command(&self, kind: u8, choice: usize, failing: bool) {
        let engine = &self.engine;
        let person = |choice: usize| user(["ann", "bob", "cid"][choice % 3]);
        let pick = |wanted: &dyn Fn(&TaskRecord) -> bool| {
            let found = self.tasks(wanted);
            choice.checked_rem(found.len()).map(|choice| found[choice].clone())
        };
        let is_open = |task: &TaskRecord| !task.status.is_final();
        match kind {
            0..=3 => self.go_on(choice),
            4 | 5 => self.clock.advance(Duration::from_millis(choice as u64 % 12 * UNIT + 1)),
            6 => {
                if let Some(task) =
                    pick(&|task| task.status == TaskStatus::Done && task.kind.acts() && !task.kind.is_start())
                {
                    drop(engine.go_back_to(task.id, &boss()));
                }
            }
            7 => {
                if let Some(task) = pick(&|task| is_open(task) && task.kind.name() == "View") {
                    match (&task.owner, choice % 4) {
                        (None, _) => engine.assign(task.id, &person(choice)).unwrap(),
                        (Some(owner), 0) => engine.unassign(task.id, owner).unwrap(),
                        (Some(owner), 1) => drop(engine.reassign(task.id, owner, &person(choice))),
                        (Some(owner), _) => drop(engine.delegate(task.id, owner, &person(choice / 4))),
                    }
                }
            }
            8 => {
                if let Some(task) = pick(&|task| is_open(task) && task.kind.name() != "Join") {
                    let _ = match choice % 3 {
                        0 => engine.skip(task.id, &boss()),
                        _ => engine.cancel_task(task.id, &boss()),
                    };
                }
            }
            9 => {
                let is_retried = |task: &TaskRecord| matches!(task.status, TaskStatus::Error | TaskStatus::Canceled);
                if let Some(task) = pick(&is_retried) {
                    let _ = if choice.is_multiple_of(2) {
                        engine.retry(task.id, &boss())
                    } else {
                        engine.revive(task.id, &boss())
                    };
                }
            }
            10 => {
                engine.suspend(self.process, &boss()).unwrap();
                self.clock.advance(Duration::from_millis(choice as u64 * UNIT / 2));
                engine.run_pending().unwrap();
                engine.resume(self.process, &boss()).unwrap();
            }
            _ if choice.is_multiple_of(20) => engine.cancel(self.process, &boss()).unwrap(),
            _ => {}
        }
        self.failing.store(failing, Ordering::SeqCst);
        engine.run_pending().unwrap();
    }

    fn go_on(&self, choice: usize) {
        let kinds = ["Handle", "MessageCatch", "View"];
        let waits = |task: &TaskRecord| {
            matches!(task.status, TaskStatus::New | TaskStatus::Assigned) && kinds.contains(&task.kind.name())
        };
        let open = self.tasks(waits);
        let Some(task) = choice.checked_rem(open.len()).and_then(|choice| open.get(choice)) else { return };
        let name = Box::leak(task.node.clone().into_boxed_str());
        match task.kind.name() {
            "Handle" => {
                self.engine.task(HandleNode::<RandomFlow, (), ()>::new(name), task.id).unwrap().run(()).unwrap();
            }
            "View" => {
                let by = u32::try_from(choice % 3).unwrap();
                let pick = if by == 0 { Pick::Stay } else { Pick::Turn { by } };
                let owner = task.owner.clone().unwrap_or_else(|| user("ann"));
                let node = ViewNode::<RandomFlow, (), Pick>::new(name);
                self.engine.task(node, task.id).unwrap().assign(&owner).unwrap().execute(&owner, pick).unwrap();
            }
            _ => drop(self.engine.send(&Go { task: task.node[1..].parse().unwrap() }).unwrap()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases() / 4,
        max_shrink_iters: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_moment_of_a_random_flow_is_shown_as_it_was(
        block in begun_by_a_task(block()),
        commands in prop::collection::vec((0..12_u8, 0..60_usize, any::<bool>()), 0..30),
    ) {
        let mut plan = block;
        number(&mut plan, &mut 0);
        let Some(run) = Run::begin(Arc::new(MemoryStore::new()), &plan) else { return Ok(()) };
        for (kind, choice, failing) in commands {
            if run.is_open() {
                run.command(kind, choice, failing);
            }
        }
        run.album.is_complete(&run.engine, run.process);
        run.album.check(&run.engine);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases() / 20,
        max_shrink_iters: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_moment_of_random_data_is_shown_as_it_was(
        edits in prop::collection::vec((0..8_u8, 0..6_u32, 0..10_u8), 0..30),
    ) {
        held(Arc::new(MemoryStore::new()), &edits);
    }
}

#[derive(Embedded, Clone, Debug)]
pub struct Place {
    #[field(key = "at")]
    pub street: String,
    pub floor: Option<u8>,
}

#[derive(Process, Clone, Debug)]
#[process(seed = u32, artifact = String)]
pub struct Notes {
    #[field(default = 7)]
    pub count: u32,
    pub text: Option<String>,
    #[field(column, index, default = 3)]
    pub kind: u32,
    #[field(column, key = "shelf_of")]
    pub shelf: Option<String>,
    pub place: Option<Place>,
    pub tags: Vec<String>,
    #[field(key = "written.under.here")]
    pub deep: Option<u32>,
    #[field(widget = password)]
    pub secret: Option<String>,
    pub is_over: bool,
}

/// Something is edited again and again.
#[derive(Flow)]
#[flow(process = Notes, name = "past")]
pub struct NotesFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(edit)]
    start: StartHandle,

    #[input((u8, u32))]
    #[call(Self::edited)]
    #[undo(Self::unedit)]
    #[next(check)]
    edit: Handle,

    #[cond(|a| a.process.is_over)]
    #[then(end)]
    #[otherwise(edit)]
    check: If,

    end: End,
}

impl NotesFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, kind: u32) -> Result<()> {
        a.process.kind = kind;
        Ok(())
    }

    fn edited(&self, a: &mut Activation<Self, ()>, (which, to): (u8, u32)) -> Result<()> {
        let text = || (to > 0).then(|| format!("text {to}"));
        let process = &mut a.process;
        match which {
            0 => process.count = to,
            1 => process.text = text(),
            2 => (process.kind, process.shelf) = (to, text()),
            3 => process.place = text().map(|street| Place { street, floor: (to % 2 == 0).then_some(1) }),
            4 => process.tags = (0..to).map(|tag| tag.to_string()).collect(),
            5 => process.deep = (to > 1).then_some(to),
            6 => process.secret = text(),
            _ => process.artifact = text(),
        }
        Ok(())
    }

    fn unedit(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.count += 100;
        a.process.shelf = None;
        Ok(())
    }
}

fn notes(store: Arc<dyn Store>) -> (Engine, Album) {
    let album = Album::default();
    let engine = Engine::builder(Arc::clone(&store)).flow(NotesFlow::new()).on_event(album.hear()).build().unwrap();
    album.looker.set(Engine::builder(store).flow(NotesFlow::new()).build().unwrap()).unwrap();
    (engine, album)
}

fn edit(engine: &Engine, process: ProcessId, which: u8, to: u32) {
    engine.open_task(NotesFlow::edit, process).unwrap().run((which, to)).unwrap();
}

/// Edits, and goes back now and then; every moment has to be as it was.
fn held(store: Arc<dyn Store>, edits: &[(u8, u32, u8)]) {
    let (engine, album) = notes(store);
    let id = engine.run(NotesFlow::start, 3).unwrap().id;
    for (which, to, back) in edits {
        let done = engine.tasks(id, 0, usize::MAX).unwrap();
        let mut done = done.into_iter().filter(|task| task.node == "edit" && task.status == TaskStatus::Done);
        match done.nth(usize::from(*back)) {
            Some(task) => drop(engine.go_back_to(task.id, &boss()).unwrap()),
            None => edit(&engine, id, *which, *to),
        }
    }
    album.is_complete(&engine, id);
    album.check(&engine);
}

#[test]
fn every_moment_of_data_is_shown_as_it_was_on_every_store() {
    let edits: Vec<_> = (0..24).map(|n| (n % 8, u32::from(n % 5), if n % 6 == 5 { 1 } else { 99 })).collect();
    on_every_store(|store| held(store, &edits));
}

#[test]
fn every_moment_of_a_flow_of_all_sorts_is_shown_as_it_was_on_every_store() {
    on_every_store(|store| {
        use proptest::strategy::ValueTree as _;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let mut tried = 0;
        while tried < 5 {
            let mut plan = begun_by_a_task(block()).new_tree(&mut runner).unwrap().current();
            number(&mut plan, &mut 0);
            // A flow of another plan is another flow: each has its own part of the store's numbers.
            let Some(run) = Run::begin(Arc::clone(&store), &plan) else { continue };
            for step in 0..24_u8 {
                let choice = usize::from(step) * 7 % 60;
                if run.is_open() {
                    run.command(step * 5 % 12, choice, step.is_multiple_of(4));
                }
            }
            run.album.is_complete(&run.engine, run.process);
            run.album.check(&run.engine);
            if run.is_open() {
                run.engine.cancel(run.process, &boss()).unwrap();
            }
            tried += 1;
        }
    });
}

/// While a worker is at a job, its process is suspended.
#[derive(Flow)]
#[flow(name = "interrupted")]
pub struct InterruptedFlow {
    engine: Arc<OnceLock<Engine>>,

    #[next(work)]
    start: StartHandle,

    #[call(Self::work)]
    #[next(end)]
    work: Job,

    end: End,
}

impl InterruptedFlow {
    fn work(&self, job: &JobRun<Self>) -> Result<()> {
        if let Some(engine) = self.engine.get() {
            engine.suspend(job.process.id, &boss())?;
        }
        Ok(())
    }
}

#[test]
fn a_job_at_work_is_shown_as_waiting_once_its_process_is_suspended() {
    on_every_store(|store| {
        let (within, album) = (Arc::new(OnceLock::new()), Album::default());
        let flow = InterruptedFlow::new;
        let builder = Engine::builder(Arc::clone(&store)).on_event(album.hear());
        let engine = builder.flow(flow(Arc::clone(&within))).build().unwrap();
        album.looker.set(Engine::builder(store).flow(flow(Arc::default())).build().unwrap()).unwrap();
        within.set(engine.clone()).unwrap();
        let id = engine.run(InterruptedFlow::start, ()).unwrap().id;
        engine.run_pending().unwrap();
        let events = engine.events(id, 0, usize::MAX).unwrap();
        assert_eq!(events.last().unwrap().kind.to_string(), "process suspended");
        let status = |number: u32| engine.desk(&boss()).process_at(id, number).unwrap().tasks[1].status;
        let last = events.last().unwrap().number;
        assert_eq!((status(last - 1), status(last)), (TaskStatus::Started, TaskStatus::Scheduled));
        album.is_complete(&engine, id);
        album.check(&engine);
    });
}

#[test]
fn a_moment_that_never_was_is_refused() {
    let (engine, _) = notes(Arc::new(MemoryStore::new()));
    let id = engine.run(NotesFlow::start, 3).unwrap().id;
    let last = engine.process_record(id).unwrap().events;
    for number in [0, last + 1] {
        let error = engine.desk(&boss()).process_at(id, number).unwrap_err();
        assert!(matches!(error, Error::NoEvent { .. }), "{error}");
        assert_eq!(error.to_string(), format!("process 1 has no event {number}: its events are 1 to {last}"));
    }
    assert!(engine.desk(&boss()).process_at(id, last).is_ok());
}

#[test]
fn a_value_that_was_too_long_for_the_history_is_told_by_its_length() {
    on_every_store(|store| {
        let (engine, _) = notes(store);
        let id = engine.run(NotesFlow::start, 3).unwrap().id;
        let moment = || engine.process_record(id).unwrap().events;
        let tags = |number: u32| {
            let past = engine.desk(&boss()).process_at(id, number).unwrap();
            let tags = past.fields.into_iter().find(|field| field.name == "tags").unwrap();
            (tags.value, tags.bytes)
        };
        edit(&engine, id, 4, 2);
        let short = moment();
        edit(&engine, id, 4, 1000);
        let long = moment();
        let all: Vec<String> = (0..1000).map(|tag| tag.to_string()).collect();
        assert_eq!(tags(short), (json!(["0", "1"]), None));
        assert_eq!(tags(long), (json!(all), None), "as long as it is the current value");
        edit(&engine, id, 4, 3);
        assert_eq!(tags(long), (Value::Null, Some(json!(all).to_string().len() as u64)));
        assert_eq!(tags(moment()), (json!(["0", "1", "2"]), None));
    });
}

#[test]
fn what_was_secret_is_not_shown_at_any_moment() {
    let (engine, _) = notes(Arc::new(MemoryStore::new()));
    let id = engine.run(NotesFlow::start, 3).unwrap().id;
    edit(&engine, id, 6, 1);
    edit(&engine, id, 6, 2);
    for number in 1..=engine.process_record(id).unwrap().events {
        let past = engine.desk(&boss()).process_at(id, number).unwrap();
        let whole = serde_json::to_string(&past).unwrap();
        assert!(!whole.contains("text 1") && !whole.contains("text 2"), "{whole}");
    }
}
