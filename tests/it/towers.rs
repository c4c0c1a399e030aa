//! Sub-processes in sub-processes, higher than any stack: no function recurses over stored data.
//!
//! `LEVELS=100000 cargo test --release -p viewflow-tests --test it towers` builds higher towers.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use viewflow::engine::ManualClock;
use viewflow::prelude::*;
use viewflow::store::{Change, Commit, Event, ProcessRecord};
use viewflow::{Store, Timestamp};
use viewflow_testing::inconsistencies;

use crate::support::{boss, do_next, manual, on_every_store, open_task, perform, user};

/// The stack size of a thread of the standard library.
const STACK: usize = 2 << 20;

fn levels() -> u64 {
    std::env::var("LEVELS").map_or(6_000, |levels| levels.parse().expect("`LEVELS` is a number"))
}

#[derive(Process, Clone, Debug)]
pub struct Level {
    #[field(default = false)]
    pub again: bool,
    #[field(default = false)]
    pub refused: bool,
}

/// A flow that runs itself when a person decides so.
#[derive(Flow)]
#[flow(process = Level)]
pub struct LevelFlow {
    #[next(look)]
    start: StartHandle,

    #[fields(again, refused)]
    #[next(check)]
    look: View,

    #[cond(|a| a.process.again)]
    #[then(inner)]
    #[otherwise(judge)]
    check: If,

    #[child(LevelFlow::start)]
    #[on_error(code = "no", then = refuse)]
    #[next(end)]
    inner: Subprocess,

    #[cond(|a| a.process.refused)]
    #[then(refuse)]
    #[otherwise(end)]
    judge: If,

    #[code("no")]
    refuse: ErrorEnd,

    end: End,
}

/// The surroundings of the tower.
#[derive(Flow)]
pub struct GroundFlow {
    #[next(first)]
    start: StartHandle,

    #[next(race)]
    first: View,

    #[branch(inner)]
    #[branch(other)]
    race: SplitFirst,

    #[child(LevelFlow::start)]
    #[on_timeout(after = "1d", then = late)]
    #[on_error(code = "no", then = late)]
    #[next(end)]
    inner: Subprocess,

    #[next(end)]
    other: View,

    late: End,
    end: End,
}

struct Tower {
    engine: Engine,
    clock: Arc<ManualClock>,
    store: Arc<dyn Store>,
    root: ProcessId,
    /// The open task at the top.
    last: TaskId,
}

impl Tower {
    /// A tower of this many levels. The engine makes three of them; the others are copies of the middle one.
    fn of(store: &Arc<dyn Store>, levels: u64) -> Self {
        let (builder, clock) = manual(Arc::clone(store));
        let engine = builder.flow(LevelFlow::new()).flow(GroundFlow::new()).build().unwrap();
        let root = engine.run(GroundFlow::start, ()).unwrap().id;
        do_next(&engine, GroundFlow::first, root, ());
        let ann = user("ann");
        let top = || engine.queue(&ann).of(LevelFlow::look).first().unwrap().id;
        for _ in 0..2 {
            perform(&engine, LevelFlow::look, top(), LookFields { again: true, refused: false });
        }
        let tower = Self { clock, store: Arc::clone(store), root, last: top(), engine: engine.clone() };
        tower.grow(levels.saturating_sub(3));
        tower
    }

    /// Inserts copies of the second process from the top below the top one.
    fn grow(&self, mut more: u64) {
        let store = &*self.store;
        let top = store.process(self.last.process).unwrap().unwrap().record;
        let below = top.parent.unwrap();
        let copied = store.process(below.process).unwrap().unwrap().record;
        let data = store.process_data(copied.id).unwrap().unwrap();
        let tasks = store.tasks(copied.id, 0, 100).unwrap();
        let events: Vec<Event> =
            store.events(copied.id, 0, 100).unwrap().into_iter().map(|logged| logged.event).collect();
        let scopes = store.scopes(copied.id, None, 100).unwrap();
        let mut parent = below;
        while more > 0 {
            let mut commit = Commit::default();
            for _ in 0..more.min(1000) {
                let id = store.next_process().unwrap();
                commit
                    .changes
                    .push(Change::process(None, ProcessRecord { id, parent: Some(parent), ..copied.clone() }));
                commit.changes.push(Change::Data { process: id, new: Box::new(data.clone()) });
                for task in &tasks {
                    let mut task = task.clone();
                    task.id.process = id;
                    commit.changes.push(Change::task(None, task));
                }
                for (scope, record) in &scopes {
                    let mut scope = *scope;
                    scope.process = id;
                    commit.changes.push(Change::Scope { id: scope, new: Some(record.clone()) });
                }
                commit.events.extend(events.iter().cloned().map(|mut event| {
                    event.process = id;
                    event
                }));
                parent.process = id;
            }
            more -= more.min(1000);
            store.commit(commit).unwrap().wait().unwrap();
        }
        let raised = ProcessRecord { parent: Some(parent), ..top.clone() };
        let commit = Commit { changes: vec![Change::process(Some(top), raised)], ..Commit::default() };
        store.commit(commit).unwrap().wait().unwrap();
    }

    fn with_status(&self, status: ProcessStatus) -> usize {
        self.engine.processes::<LevelFlow>().with_status(status).list().unwrap().len()
    }

    fn status(&self) -> ProcessStatus {
        self.engine.process_record(self.root).unwrap().status
    }
}

/// Runs `work` with a high tower on a standard stack. Then runs it with a lower tower over every store, and asserts
/// that the store is consistent afterwards.
fn on_towers(work: impl Fn(&Tower, usize) + Send + Sync) {
    let with = |store: &Arc<dyn Store>, levels: u64| {
        let tower = Tower::of(store, levels);
        thread::scope(|scope| {
            let work = || work(&tower, usize::try_from(levels).unwrap());
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap().join().unwrap();
        });
    };
    let high: Arc<dyn Store> = Arc::new(MemoryStore::new());
    with(&high, levels());
    on_every_store(|store| {
        with(&store, 500);
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn a_tower_of_sub_processes_is_canceled() {
    on_towers(|tower, levels| {
        tower.engine.cancel(tower.root, &boss()).unwrap();
        assert_eq!((tower.status(), tower.with_status(ProcessStatus::Canceled)), (ProcessStatus::Canceled, levels));
    });
}

#[test]
fn a_tower_of_sub_processes_is_suspended_and_resumed() {
    on_towers(|tower, levels| {
        tower.engine.suspend(tower.root, &boss()).unwrap();
        assert_eq!((tower.status(), tower.with_status(ProcessStatus::Suspended)), (ProcessStatus::Suspended, levels));
        tower.engine.resume(tower.root, &boss()).unwrap();
        assert_eq!((tower.status(), tower.with_status(ProcessStatus::New)), (ProcessStatus::New, levels));
    });
}

#[test]
fn one_goes_back_to_before_a_tower_of_sub_processes() {
    on_towers(|tower, levels| {
        tower.engine.go_back(tower.root, GroundFlow::first, &boss()).unwrap();
        assert_eq!(tower.with_status(ProcessStatus::Canceled), levels);
        open_task(&tower.engine, GroundFlow::first, tower.root);
    });
}

#[test]
fn a_timeout_ends_a_tower_of_sub_processes() {
    on_towers(|tower, levels| {
        tower.clock.advance(Duration::from_hours(24));
        tower.engine.run_pending().unwrap();
        assert_eq!((tower.status(), tower.with_status(ProcessStatus::Canceled)), (ProcessStatus::Done, levels));
    });
}

#[test]
fn a_branch_that_is_faster_ends_a_tower_of_sub_processes() {
    on_towers(|tower, levels| {
        do_next(&tower.engine, GroundFlow::other, tower.root, ());
        assert_eq!((tower.status(), tower.with_status(ProcessStatus::Canceled)), (ProcessStatus::Done, levels));
    });
}

#[test]
fn a_tower_of_sub_processes_is_skipped() {
    on_towers(|tower, levels| {
        let inner = open_task(&tower.engine, GroundFlow::inner, tower.root).id;
        tower.engine.skip(inner, &boss()).unwrap();
        assert_eq!((tower.status(), tower.with_status(ProcessStatus::Canceled)), (ProcessStatus::Done, levels));
    });
}

#[test]
fn a_tower_of_sub_processes_fails_when_the_last_one_does() {
    on_towers(|tower, levels| {
        perform(&tower.engine, LevelFlow::look, tower.last, LookFields { again: false, refused: true });
        assert_eq!((tower.status(), tower.with_status(ProcessStatus::Failed)), (ProcessStatus::Done, levels));
    });
}

#[test]
fn a_tower_of_sub_processes_is_done_when_the_last_one_is_and_is_forgotten() {
    on_towers(|tower, levels| {
        perform(&tower.engine, LevelFlow::look, tower.last, LookFields { again: false, refused: false });
        assert_eq!((tower.status(), tower.with_status(ProcessStatus::Done)), (ProcessStatus::Done, levels));
        tower.engine.purge(Timestamp::from_millis(i64::MAX)).unwrap();
        assert_eq!(tower.with_status(ProcessStatus::Done), 0);
    });
}
