//! The engine checks a condition again only when something that it read has changed. The tests compare it with a
//! model that always checks, and count.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use viewflow::prelude::*;
use viewflow::store::TaskRecord;
use viewflow::store::WaitsFor;
use viewflow::{Db, Store};
use viewflow_testing::{CountingStore, Counts, inconsistencies};

use crate::support::{boss, on_every_store, open_task, open_tasks};

/// How often conditions were checked.
static ASKED: AtomicU64 = AtomicU64::new(0);
/// Held by a test that counts, because the count is shared.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[derive(Entity, Clone, Debug, PartialEq)]
pub struct Part {
    #[id]
    pub id: Id<Part>,
    #[field(index)]
    pub shelf: u32,
    pub pieces: u32,
}

#[derive(Process, Clone, Debug)]
pub struct OrderProcess {
    /// Selects what its condition reads.
    #[field(default = 0)]
    pub reads: u32,
    #[field(default = 0)]
    pub number: u32,
    #[field(default = 0)]
    pub goal: u32,
    #[field(default = 0)]
    pub counted: u32,
    pub text: Option<String>,
}

/// The parameters of an order: what it waits for.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    reads: u32,
    number: u32,
    goal: u32,
}

/// What a process hears.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// A number for the process itself.
    Counted(u32),
    /// The process writes the row with this number.
    Row(u64, u32, u32),
    /// Nothing.
    Nothing,
}

#[derive(Flow)]
#[flow(process = OrderProcess)]
pub struct OrderFlow {
    #[input(Order)]
    #[call(Self::order)]
    #[next(fork)]
    start: StartHandle,
    #[branch(wait)]
    #[branch(tell)]
    fork: Split,
    #[cond(|a| Self::is_there(a)?)]
    #[next(gather)]
    wait: ConditionalCatch,
    #[input(Told)]
    #[call(Self::told)]
    #[next(again)]
    tell: Handle,
    #[cond(|a| a.process.goal == u32::MAX)]
    #[then(gather)]
    #[otherwise(tell)]
    again: If,
    #[next(end)]
    gather: Join,
    end: End,
}

impl OrderFlow {
    fn order(&self, a: &mut Activation<Self, ()>, order: Order) -> Result<()> {
        (a.process.reads, a.process.number, a.process.goal) = (order.reads, order.number, order.goal);
        Ok(())
    }

    fn is_there(a: &Activation<Self, ()>) -> Result<bool> {
        ASKED.fetch_add(1, Ordering::SeqCst);
        let (number, goal) = (a.process.number, a.process.goal);
        let of = |parts: Vec<Part>| parts.iter().map(|part| part.pieces).sum::<u32>();
        let row = |number: u32| -> Result<u32> {
            Ok(a.table::<Part>().get(Id::from_number(number.into()))?.map_or(0, |part| part.pieces))
        };
        Ok(match a.process.reads {
            0 => a.process.counted >= goal,
            1 => row(number)? >= goal,
            2 => of(a.table::<Part>().by(Part::BY_SHELF, number).list()?) >= goal,
            3 => of(a.table::<Part>().filter(move |part| part.shelf >= number).list()?) >= goal,
            // The first row decides whether the condition reads the others.
            4 => row(number)? % 2 == 1 && of(a.table::<Part>().by(Part::BY_SHELF, number).list()?) >= goal,
            // Reads by key, then by the number found there.
            5 => {
                let first = a.table::<Part>().by(Part::BY_SHELF, number).first()?;
                first.map_or(Ok(0), |part| row(part.pieces))? >= goal
            }
            _ => a.process.counted + row(number)? >= goal && a.done_by(Self::tell)?.is_none(),
        })
    }

    fn told(&self, a: &mut Activation<Self, ()>, told: Told) -> Result<()> {
        match told {
            Told::Counted(number) => a.process.counted = number,
            Told::Row(row, on, pieces) => write(a.db(), row, on, pieces)?,
            Told::Nothing => {}
        }
        Ok(())
    }
}

/// Changes a row, or makes or deletes one.
fn write(db: &Db, row: u64, shelf: u32, pieces: u32) -> Result<()> {
    let parts = db.table::<Part>();
    match parts.get(Id::from_number(row))? {
        Some(_) if pieces == 0 => parts.delete(Id::<Part>::from_number(row)),
        Some(part) => parts.update(&Part { shelf, pieces, ..part }),
        None => parts.insert(Part { id: Id::NEW, shelf, pieces }).map(drop),
    }
}

fn waits(engine: &Engine, id: ProcessId) -> bool {
    !open_tasks(engine, OrderFlow::wait, id).is_empty()
}

/// The actions, each on one of two engines.
#[derive(Clone, Copy, Debug)]
enum Act {
    Order(u32, u32, u32),
    Write(u64, u32, u32),
    Tell(usize, u8, u32, u32),
    Suspend(usize),
    Resume(usize),
    Pass,
}

fn acts() -> impl Strategy<Value = Vec<(Act, bool)>> {
    let act = prop_oneof![
        3 => (0..7_u32, 1..6_u32, 1..9_u32).prop_map(|(reads, number, goal)| Act::Order(reads, number, goal)),
        5 => (1..7_u64, 1..6_u32, 0..9_u32).prop_map(|(row, shelf, pieces)| Act::Write(row, shelf, pieces)),
        4 => (0..50_usize, 0..3_u8, 1..6_u32, 0..9_u32).prop_map(|(who, what, one, two)| Act::Tell(who, what, one, two)),
        1 => (0..50_usize).prop_map(Act::Suspend),
        1 => (0..50_usize).prop_map(Act::Resume),
        3 => Just(Act::Pass),
    ];
    proptest::collection::vec((act, any::<bool>()), 1..40)
}

fn build(store: &Arc<dyn Store>) -> Engine {
    Engine::builder(Arc::clone(store)).flow(OrderFlow::new()).build().unwrap()
}

fn play(engine: &Engine, ids: &mut Vec<ProcessId>, act: Act) {
    let one = |who: usize| ids.get(who % ids.len().max(1)).copied();
    match act {
        Act::Order(reads, number, goal) => {
            ids.push(engine.run(OrderFlow::start, Order { reads, number, goal }).unwrap().id);
        }
        Act::Write(row, shelf, pieces) => engine.transaction(|db| write(db, row, shelf, pieces)).unwrap(),
        Act::Tell(who, what, shelf, pieces) => {
            let Some(id) = one(who) else { return };
            let told = match what {
                0 => Told::Counted(pieces),
                1 => Told::Row(who as u64 % 6 + 1, shelf, pieces),
                _ => Told::Nothing,
            };
            if let Some(task) = open_tasks(engine, OrderFlow::tell, id).pop().filter(|task| !task.suspended) {
                engine.task(OrderFlow::tell, task.id).unwrap().run(told).unwrap();
            }
        }
        Act::Suspend(who) => drop(one(who).map(|id| engine.suspend(id, &boss()))),
        Act::Resume(who) => drop(one(who).map(|id| engine.resume(id, &boss()))),
        Act::Pass => assert!(engine.run_pending().is_ok()),
    }
}

/// Processes that still wait although their condition holds, at the end.
fn missed(engine: &Engine, store: &Arc<dyn Store>, ids: &[ProcessId]) -> Vec<String> {
    let waiting = |engine: &Engine| {
        let suspended = |id: &ProcessId| engine.process_record(*id).unwrap().status == ProcessStatus::Suspended;
        ids.iter().filter(|id| !suspended(id) && waits(engine, **id)).copied().collect::<Vec<_>>()
    };
    let before = waiting(engine);
    // A new engine checks all conditions.
    let model = build(store);
    model.run_pending().unwrap();
    let after = waiting(&model);
    let missed = before.iter().filter(|id| !after.contains(id));
    missed.map(|id| format!("process {id}: {:?}", engine.process::<OrderFlow>(*id).unwrap())).collect()
}

#[test]
fn whoever_writes_what_no_condition_that_holds_is_missed() {
    let _alone = ALONE.lock();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(60) });
    let played = runner.run(&acts(), |acts| {
        let failed = RefCell::new(Vec::new());
        on_every_store(|store| {
            let engines = [build(&store), build(&store)];
            engines.iter().for_each(|engine| assert_eq!(engine.run_pending().unwrap(), 0));
            let mut ids = Vec::new();
            for (act, which) in &acts {
                play(&engines[usize::from(*which)], &mut ids, *act);
            }
            engines[0].run_pending().unwrap();
            failed.borrow_mut().extend(missed(&engines[0], &store, &ids));
            failed.borrow_mut().extend(inconsistencies(&*store));
        });
        prop_assert!(failed.borrow().is_empty(), "{failed:?}");
        Ok(())
    });
    played.unwrap();
}

#[test]
fn what_a_condition_read_is_noted_row_by_row_and_key_by_key() {
    let _alone = ALONE.lock();
    on_every_store(|store| {
        let engine = build(&store);
        let noted = |reads| {
            let id = engine.run(OrderFlow::start, Order { reads, number: 3, goal: 5 }).unwrap().id;
            let task: TaskRecord = open_task(&engine, OrderFlow::wait, id);
            let Some(WaitsFor::Condition { tables, reads: Some(reads) }) = task.waits_for else { panic!("it waits") };
            let parts: Vec<String> = reads.watched.iter().map(|watched| format!("{:?}", watched.part)).collect();
            let parts = parts.iter().map(|part| part.split('(').next().unwrap_or_default().to_owned());
            (tables.join(" "), parts.collect::<Vec<_>>().join(" "), reads.steps)
        };
        let of = |table: &str, parts: &str, steps| (table.to_owned(), parts.to_owned(), steps);
        assert_eq!(noted(0), of("", "", false));
        assert_eq!(noted(1), of("part", "Row", false));
        assert_eq!(noted(2), of("part", "Key", false));
        assert_eq!(noted(3), of("part", "All", false));
        assert_eq!(noted(4), of("part", "Row", false), "the other rows are not looked at yet");
        assert_eq!(noted(6), of("part", "Row", false), "the sum is not reached");
    });
}

fn asked(work: impl FnOnce()) -> u64 {
    ASKED.store(0, Ordering::SeqCst);
    work();
    ASKED.load(Ordering::SeqCst)
}

/// Counts with this many others that wait: how often conditions are checked, and how often the store is called.
fn counted(others: u32, reads: u32, work: impl Fn(&Engine, ProcessId)) -> (u64, u64) {
    let store = Arc::new(CountingStore::new(MemoryStore::new()));
    let engine = Engine::builder(Arc::clone(&store)).flow(OrderFlow::new()).build().unwrap();
    for pieces in 0..5 {
        engine.transaction(|db| db.table().insert(Part { id: Id::NEW, shelf: pieces, pieces: 1 })).unwrap();
    }
    for other in 0..others {
        engine.run(OrderFlow::start, Order { reads, number: 1000 + other, goal: 5 }).unwrap();
    }
    let id = engine.run(OrderFlow::start, Order { reads: 1, number: 2, goal: 5 }).unwrap().id;
    engine.run_pending().unwrap();
    store.take();
    let asked = asked(|| work(&engine, id));
    (asked, store.take().read())
}

#[test]
fn a_row_is_asked_of_by_those_who_read_it_however_many_wait() {
    let _alone = ALONE.lock();
    let write = |engine: &Engine, _: ProcessId| {
        engine.transaction(|db| write(db, 2, 2, 3)).unwrap();
        engine.run_pending().unwrap();
    };
    for reads in [1, 2, 0] {
        let (few, many) = (counted(10, reads, write), counted(1000, reads, write));
        assert_eq!(few, many, "{reads}");
        assert_eq!(few.0, 1);
    }
}

#[test]
fn a_row_that_nobody_reads_is_asked_of_by_nobody() {
    let _alone = ALONE.lock();
    let write = |engine: &Engine, _: ProcessId| {
        engine.transaction(|db| write(db, 4, 4, 3)).unwrap();
        engine.run_pending().unwrap();
    };
    assert_eq!(counted(100, 2, write).0, 0);
}

#[test]
fn a_table_over_which_nobody_waits_has_nobody_told_of_its_rows() {
    let store = Arc::new(CountingStore::new(MemoryStore::new()));
    let engine = Engine::builder(Arc::clone(&store)).flow(OrderFlow::new()).build().unwrap();
    engine.run(OrderFlow::start, Order { reads: 0, number: 1, goal: 5 }).unwrap();
    engine.run_pending().unwrap();
    let insert = || engine.transaction(|db| db.table().insert(Part { id: Id::NEW, shelf: 1, pieces: 1 })).unwrap();
    // An engine that first meets a table which it does not know reads the notes on that table.
    insert();
    store.take();
    insert();
    let counts: Counts = store.take();
    assert_eq!((counts.written("row"), counts.asked("row")), (1, 2), "the row itself, and whether somebody waits");
    assert_eq!(engine.next_due().unwrap(), None);
}

/// Many conditions in one process.
#[derive(Flow)]
#[flow(process = OrderProcess)]
pub struct ManyFlow {
    #[input(u32)]
    #[call(Self::begin)]
    #[next(fork)]
    start: StartHandle,
    #[branch(each, task_seed_source = |a| 0..a.process.number)]
    #[branch(tell)]
    fork: Split,
    #[cond(|a| Self::is_there(a)?)]
    #[next(gather)]
    each: ConditionalCatch<Seed<u32>>,
    #[input(Told)]
    #[call(Self::told)]
    #[next(again)]
    tell: Handle,
    #[cond(|a| a.process.goal == u32::MAX)]
    #[then(gather)]
    #[otherwise(tell)]
    again: If,
    #[next(end)]
    gather: Join,
    end: End,
}

impl ManyFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, number: u32) -> Result<()> {
        a.process.number = number;
        Ok(())
    }

    fn is_there(a: &Activation<Self, Seed<u32>>) -> Result<bool> {
        ASKED.fetch_add(1, Ordering::SeqCst);
        let part = a.table::<Part>().get(Id::from_number(u64::from(a.task.seed) + 1))?;
        Ok(part.is_some_and(|part| part.pieces > 100) || a.process.counted > 100)
    }

    fn told(&self, a: &mut Activation<Self, ()>, told: Told) -> Result<()> {
        match told {
            Told::Counted(number) => a.process.counted = number,
            Told::Row(row, on, pieces) => write(a.db(), row, on, pieces)?,
            Told::Nothing => {}
        }
        Ok(())
    }
}

/// How often a process with this many conditions checks them in a step, and how much that reads.
fn in_a_step(conditions: u32, told: Told) -> (u64, u64) {
    let store = Arc::new(CountingStore::new(MemoryStore::new()));
    let engine = Engine::builder(Arc::clone(&store)).flow(ManyFlow::new()).build().unwrap();
    engine.transaction(|db| write(db, 1, 1, 1)).unwrap();
    let id = engine.run(ManyFlow::start, conditions).unwrap().id;
    engine.run_pending().unwrap();
    let task = open_task(&engine, ManyFlow::tell, id);
    store.take();
    let asked = asked(|| engine.task(ManyFlow::tell, task.id).unwrap().run(told).unwrap());
    (asked, store.take().read())
}

#[test]
fn a_step_asks_the_conditions_of_its_process_that_read_what_it_changes() {
    let _alone = ALONE.lock();
    for (told, asks) in [(Told::Nothing, 0), (Told::Row(1, 1, 7), 1)] {
        let (few, many) = (in_a_step(10, told), in_a_step(1000, told));
        assert_eq!((few.0, many.0), (asks, asks), "{told:?}");
        assert!(many.1 <= few.1 + 2, "{told:?}: {few:?} and {many:?}");
    }
    assert_eq!(in_a_step(10, Told::Counted(7)).0, 10, "each may have read it");
    assert_eq!(in_a_step(10, Told::Counted(0)).0, 0, "it was that before");
}

#[test]
fn a_question_writes_no_data_however_long_that_is() {
    let _alone = ALONE.lock();
    let store = Arc::new(CountingStore::new(MemoryStore::new()));
    let engine = Engine::builder(Arc::clone(&store)).flow(OrderFlow::new()).build().unwrap();
    engine.transaction(|db| write(db, 1, 1, 1)).unwrap();
    engine.run(OrderFlow::start, Order { reads: 1, number: 1, goal: 5 }).unwrap();
    engine.run_pending().unwrap();
    store.take();
    engine.transaction(|db| write(db, 1, 1, 2)).unwrap();
    assert_eq!(asked(|| assert_eq!(engine.run_pending().unwrap(), 0)), 1);
    let counts = store.take();
    let written = ["process", "data", "task", "event"].map(|kind| counts.written(kind));
    assert_eq!(written, [0; 4], "a condition that does not hold changes nothing");
}
