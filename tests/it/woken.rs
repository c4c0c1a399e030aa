//! Which worker is woken by which event: one worker for each piece of work, and none without work.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use viewflow::prelude::*;
use viewflow::{EventKind, ProcessStatus, Store, Workers};
use viewflow_testing::CountingStore;

use crate::refused::store::Refusing;
use crate::support::{on_every_store, wait_until};

#[derive(Process, Clone, Debug)]
pub struct Errand {
    #[field(default = 1)]
    pub many: u32,
}

#[derive(Entity, Clone, Debug)]
pub struct Note {
    #[id]
    pub id: Id<Note>,
    pub text: String,
}

#[derive(Flow)]
#[flow(process = Errand)]
pub struct ErrandFlow {
    /// How many jobs have to be at work at a time.
    together: Arc<Barrier>,

    #[input(u32)]
    #[call(Self::begin)]
    #[next(split)]
    start: StartHandle,

    #[branch(job, task_seed_source = |a| 0..a.process.many)]
    split: Split,

    #[call(Self::work)]
    #[next(join)]
    job: Job<Seed<u32>>,

    #[next(end)]
    join: Join,

    end: End,
}

impl ErrandFlow {
    fn begin(&self, a: &mut Activation<Self, ()>, many: u32) -> Result<()> {
        a.process.many = many;
        Ok(())
    }

    fn work(&self, _job: &JobRun<Self, Seed<u32>>) -> Result<()> {
        self.together.wait();
        Ok(())
    }
}

#[derive(Flow)]
#[flow(process = Errand)]
pub struct NapFlow {
    #[next(nap)]
    start: StartHandle,

    #[delay("50ms")]
    #[next(end)]
    nap: Timer,

    end: End,
}

fn engine(store: impl Store, together: usize) -> Engine {
    let together = Arc::new(Barrier::new(together));
    Engine::builder(store).flow(ErrandFlow::new(together)).flow(NapFlow::new()).build().unwrap()
}

/// Workers that have looked for work once, and now wait.
fn rested(engine: &Engine, count: usize) -> Workers {
    let workers = engine.workers(count);
    std::thread::sleep(Duration::from_millis(100));
    workers
}

fn wait_for_end(engine: &Engine, process: ProcessId) {
    wait_until(|| engine.process_record(process).unwrap().status == ProcessStatus::Done);
}

/// How often the store is asked for due work while `work` runs.
fn looks(store: &CountingStore<Arc<dyn Store>>, work: impl FnOnce()) -> u64 {
    store.take();
    work();
    store.take().asked("list_tasks")
}

#[test]
fn a_piece_of_work_wakes_as_many_workers_of_64_as_of_one() {
    on_every_store(|store| {
        let looks_of = |workers: usize| {
            let store = Arc::new(CountingStore::new(Arc::clone(&store)));
            let engine = engine(Arc::clone(&store), 1);
            let _workers = rested(&engine, workers);
            looks(&store, || {
                for _ in 0..50 {
                    let process = engine.run(ErrandFlow::start, 1).unwrap().id;
                    wait_for_end(&engine, process);
                }
            })
        };
        let (few, many) = (looks_of(1), looks_of(64));
        assert!(many <= 2 * few + 50, "{few} looks by one worker, {many} by 64");
    });
}

#[test]
fn a_row_that_no_condition_reads_wakes_nobody() {
    on_every_store(|store| {
        let store = Arc::new(CountingStore::new(store));
        let engine = engine(Arc::clone(&store), 1);
        let _workers = rested(&engine, 16);
        let begun = Instant::now();
        let looks = looks(&store, || {
            for number in 0..100 {
                engine
                    .transaction(|db| {
                        db.table().insert(Note { id: Id::default(), text: number.to_string() }).map(|_| ())
                    })
                    .unwrap();
            }
        });
        assert!(looks <= 1 + begun.elapsed().as_secs(), "{looks} looks for 100 rows");
    });
}

#[test]
fn workers_that_wait_look_once_a_second_together() {
    let store = Arc::new(CountingStore::new(Arc::new(MemoryStore::new()) as Arc<dyn Store>));
    let engine = engine(Arc::clone(&store), 1);
    let _workers = rested(&engine, 64);
    let begun = Instant::now();
    let looks = looks(&store, || std::thread::sleep(Duration::from_millis(2500)));
    assert!((1..=2 + begun.elapsed().as_secs()).contains(&looks), "{looks} looks in {:?}", begun.elapsed());
}

#[test]
fn as_many_workers_come_as_there_is_work_for() {
    on_every_store(|store| {
        // No job is done before all of them are at work.
        let engine = engine(store, 8);
        let _workers = rested(&engine, 8);
        let process = engine.run(ErrandFlow::start, 8).unwrap().id;
        wait_for_end(&engine, process);
    });
}

#[test]
fn what_is_there_when_workers_begin_is_done_at_once() {
    on_every_store(|store| {
        let engine = engine(store, 1);
        let begun = Instant::now();
        for _ in 0..8 {
            let process = engine.run(ErrandFlow::start, 1).unwrap().id;
            let workers = engine.workers(2);
            wait_for_end(&engine, process);
            workers.stop();
        }
        assert!(begun.elapsed() < Duration::from_secs(4), "eight jobs took {:?}", begun.elapsed());
    });
}

#[test]
fn what_another_engine_commits_is_heard_of_at_once() {
    on_every_store(|store| {
        let (works, other) = (engine(Arc::clone(&store), 1), engine(store, 1));
        let _workers = rested(&works, 2);
        let begun = Instant::now();
        for _ in 0..10 {
            let process = other.run(ErrandFlow::start, 1).unwrap().id;
            wait_for_end(&other, process);
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "ten jobs took {:?}", begun.elapsed());
    });
}

#[test]
fn over_a_store_that_does_not_tell_an_engine_tells_itself_and_looks_for_what_others_did() {
    let store: Arc<dyn Store> = Arc::new(Refusing::new(Arc::new(MemoryStore::new())));
    let (works, other) = (engine(Arc::clone(&store), 1), engine(store, 1));
    let _workers = rested(&works, 2);
    let begun = Instant::now();
    for _ in 0..10 {
        let process = works.run(ErrandFlow::start, 1).unwrap().id;
        wait_for_end(&works, process);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "ten jobs took {:?}", begun.elapsed());
    let process = other.run(ErrandFlow::start, 1).unwrap().id;
    wait_for_end(&other, process);
}

#[test]
fn a_timer_that_is_due_before_anything_else_is_not_waited_over() {
    on_every_store(|store| {
        let engine = engine(store, 1);
        let _workers = rested(&engine, 1);
        let begun = Instant::now();
        for _ in 0..5 {
            let process = engine.run(NapFlow::start, ()).unwrap().id;
            wait_for_end(&engine, process);
        }
        assert!(begun.elapsed() < Duration::from_secs(4), "five naps of 50 ms took {:?}", begun.elapsed());
    });
}

#[test]
fn two_engines_do_each_piece_of_work_once() {
    on_every_store(|store| {
        let store = Arc::new(CountingStore::new(store));
        let engines = [engine(Arc::clone(&store), 1), engine(Arc::clone(&store), 1)];
        let _workers = engines.each_ref().map(|engine| rested(engine, 4));
        let processes: Vec<ProcessId> =
            (0..100).map(|number| engines[number % 2].run(ErrandFlow::start, 1).unwrap().id).collect();
        processes.iter().for_each(|process| wait_for_end(&engines[0], *process));
        for process in processes {
            let events = engines[0].events(process, 0, usize::MAX).unwrap();
            let begun = events.iter().filter(|event| matches!(event.kind, EventKind::TaskStarted { .. })).count();
            assert_eq!(begun, 1, "{:?}", events.iter().map(|event| event.kind.to_string()).collect::<Vec<_>>());
        }
    });
}
