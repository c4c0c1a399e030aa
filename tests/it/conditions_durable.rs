//! The store keeps what conditions have to be checked for, so another engine checks them when the writing engine is
//! gone.

use std::sync::Arc;

use viewflow::Store;
use viewflow::prelude::*;
use viewflow_testing::inconsistencies;

use crate::support::{on_every_store, open_tasks};

#[derive(Entity, Clone, Debug)]
pub struct Tide {
    #[id]
    pub id: Id<Tide>,
    pub level: u32,
}

macro_rules! waiting_flow {
    ($flow:ident, $name:literal, $level:literal) => {
        #[derive(Flow)]
        #[flow(name = $name)]
        pub struct $flow {
            #[next(wait)]
            start: StartHandle,
            #[cond(|a| a.table::<Tide>().all().list()?.iter().any(|tide| tide.level >= $level))]
            #[next(end)]
            wait: ConditionalCatch,
            end: End,
        }
    };
}

waiting_flow!(HarbourFlow, "harbour", 3);
waiting_flow!(CanalFlow, "canal", 5);

fn harbour(store: &Arc<dyn Store>) -> Engine {
    let engine = Engine::builder(Arc::clone(store)).flow(HarbourFlow::new()).build().unwrap();
    engine.run_pending().unwrap();
    engine
}

fn rises(engine: &Engine, level: u32) {
    engine.transaction(|db| db.table().insert(Tide { id: Id::NEW, level })).unwrap();
}

#[test]
fn another_engine_asks_when_the_one_that_wrote_is_gone() {
    on_every_store(|store| {
        let (first, second) = (harbour(&store), harbour(&store));
        let id = first.run(HarbourFlow::start, ()).unwrap().id;
        rises(&first, 4);
        drop(first);
        assert!(second.next_due().unwrap().is_some(), "it knows that something is to be done");
        assert_eq!(second.run_pending().unwrap(), 1);
        assert!(open_tasks(&second, HarbourFlow::wait, id).is_empty());
        assert_eq!(second.next_due().unwrap(), None);
        assert!(store.row_ids("viewflow.changed", 0, 10).unwrap().is_empty());
        assert_eq!(inconsistencies(&*store), Vec::<String>::new());
    });
}

#[test]
fn an_engine_that_knows_no_flow_at_all_leaves_what_it_writes_to_those_who_do() {
    on_every_store(|store| {
        let knows = harbour(&store);
        let id = knows.run(HarbourFlow::start, ()).unwrap().id;
        let writes = Engine::builder(Arc::clone(&store)).flow(CanalFlow::new());
        let Err(Error::Build(_)) = writes.build() else { panic!("it has open tasks of a flow that is not here") };
        assert_eq!(open_tasks(&knows, HarbourFlow::wait, id).len(), 1);
    });
}

#[test]
fn what_an_engine_cannot_ask_it_leaves_to_the_one_that_can() {
    on_every_store(|store| {
        // This engine is built before the other flow has a task.
        let canal = Engine::builder(Arc::clone(&store)).flow(CanalFlow::new()).build().unwrap();
        canal.run_pending().unwrap();
        let harbour = harbour(&store);
        let ships = [
            harbour.run(HarbourFlow::start, ()).unwrap().id,
            canal.run(CanalFlow::start, ()).unwrap().id,
            harbour.run(HarbourFlow::start, ()).unwrap().id,
        ];
        rises(&canal, 9);
        assert_eq!(canal.run_pending().unwrap(), 1, "its own, and no error of the others");
        assert_eq!(canal.next_due().unwrap(), None, "the others are not its business");
        assert!(harbour.next_due().unwrap().is_some());
        assert_eq!(harbour.run_pending().unwrap(), 2);
        assert_eq!(harbour.next_due().unwrap(), None);
        for id in ships {
            assert_eq!(store.process(id).unwrap().unwrap().record.status, ProcessStatus::Done);
        }
        assert!(store.row_ids("viewflow.changed", 0, 10).unwrap().is_empty());
    });
}

#[test]
fn who_begins_to_wait_while_somebody_writes_is_not_missed() {
    on_every_store(|store| {
        for round in 0..40 {
            // Engines that are new in each round: nobody waits for the table when the round begins.
            let engines = [harbour(&store), harbour(&store)];
            std::thread::scope(|scope| {
                let waits = scope.spawn(|| engines[0].run(HarbourFlow::start, ()).unwrap().id);
                let writes = scope.spawn(|| rises(&engines[1], 3));
                let id = waits.join().unwrap();
                writes.join().unwrap();
                engines[1].run_pending().unwrap();
                assert!(open_tasks(&engines[0], HarbourFlow::wait, id).is_empty(), "in round {round}");
            });
            let level = |engine: &Engine| {
                engine.transaction(|db| {
                    let tides = db.table::<Tide>();
                    tides.all().list()?.into_iter().try_for_each(|tide| tides.delete(tide.id))
                })
            };
            level(&engines[0]).unwrap();
            engines[0].run_pending().unwrap();
        }
    });
}

#[test]
fn a_task_that_an_earlier_release_left_waiting_is_asked_and_watched_from_then_on() {
    on_every_store(|store| {
        let engine = harbour(&store);
        let id = engine.run(HarbourFlow::start, ()).unwrap().id;
        forget_what_was_read(&store, id);
        let later = harbour(&store);
        assert_eq!(open_tasks(&later, HarbourFlow::wait, id).len(), 1);
        rises(&engine, 3);
        drop(engine);
        assert_eq!(later.run_pending().unwrap(), 1);
        assert!(open_tasks(&later, HarbourFlow::wait, id).is_empty());
    });
}

/// Changes the store to what an earlier release would have left.
fn forget_what_was_read(store: &Arc<dyn Store>, id: ProcessId) {
    use viewflow::store::TaskRecord;
    use viewflow::store::{Change, Commit, Expect, Key, WaitsFor};
    let stored = store.process(id).unwrap().unwrap();
    let wait = store.tasks(id, 0, 10).unwrap().into_iter().find(|task| task.waits_for.is_some()).unwrap();
    let noted = Some(WaitsFor::Condition { tables: vec!["tide".to_owned()], reads: None });
    let before = TaskRecord { waits_for: noted, ..wait.clone() };
    let mut changes =
        vec![Change::process(Some(stored.record.clone()), stored.record.clone()), Change::task(Some(wait), before)];
    for row in store.row_ids("viewflow.watched", 0, 10).unwrap() {
        let old = store.row("viewflow.watched", row).unwrap().map(|row| row.record);
        changes.push(Change::Row { table: "viewflow.watched".to_owned(), id: row, old, new: None });
    }
    let expect = vec![Expect::Revision(Key::Process(id), Some(stored.revision))];
    store.commit(Commit { expect, changes, ..Commit::default() }).unwrap().wait().unwrap();
}
