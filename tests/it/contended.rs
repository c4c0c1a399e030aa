//! Steps that other steps overtake: what makes them run again, and that they succeed in the end.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use viewflow::prelude::*;
use viewflow::{Db, Store};

use crate::support::on_every_store;

#[derive(Entity, Clone, Debug)]
pub struct Sheep {
    #[id]
    pub id: Id<Sheep>,
    #[field(index, max_length = 20)]
    pub shepherd: String,
    #[field(unique, max_length = 20)]
    pub name: String,
    pub wool: u32,
}

#[derive(Entity, Clone, Debug)]
pub struct Count {
    #[id]
    pub id: Id<Count>,
    pub sheep: u32,
}

#[derive(Entity, Clone, Debug)]
pub struct Guard {
    #[id]
    pub id: Id<Guard>,
    #[field(index)]
    pub on_watch: bool,
    pub rounds: u32,
}

fn engine(store: Arc<dyn Store>) -> Engine {
    Engine::builder(store).build().unwrap()
}

fn sheep(shepherd: &str, name: &str) -> Sheep {
    Sheep { id: Id::NEW, shepherd: shepherd.to_owned(), name: name.to_owned(), wool: 1 }
}

fn insert(engine: &Engine, shepherd: &str, name: &str) -> Ref<Sheep> {
    engine.transaction(|db| db.table().insert(sheep(shepherd, name))).unwrap()
}

fn write_down(db: &Db, sheep: usize) -> Result<()> {
    db.table().insert(Count { id: Id::NEW, sheep: u32::try_from(sheep).unwrap() }).map(drop)
}

/// Returns how often a step runs if another step commits once in between, after its queries.
fn tries(
    engine: &Engine,
    asks: impl Fn(&Db) -> Result<()>,
    comes_between: impl Fn(&Engine, Ref<Sheep>) + Sync,
    of_ann: Ref<Sheep>,
) -> u32 {
    let tried = AtomicU32::new(0);
    engine
        .transaction(|db| {
            asks(db)?;
            if tried.fetch_add(1, Ordering::SeqCst) == 0 {
                // On another thread, because this thread is within a step.
                thread::scope(|scope| scope.spawn(|| comes_between(engine, of_ann)).join().unwrap());
            }
            write_down(db, 0)
        })
        .unwrap();
    tried.into_inner()
}

#[test]
fn a_query_by_index_relies_on_the_rows_with_that_value_and_on_no_others() {
    let anns = |db: &Db| db.table().by(Sheep::BY_SHEPHERD, "ann").list().map(drop);
    let eve = |db: &Db| db.table().by(Sheep::BY_NAME, "eve").first().map(drop);
    let all = |db: &Db| db.table::<Sheep>().filter(|sheep| sheep.shepherd == "ann").count().map(drop);
    let bobs_comes = |engine: &Engine, _| {
        insert(engine, "bob", "bea");
    };
    let anns_comes = |engine: &Engine, _| {
        insert(engine, "ann", "ada");
    };
    let eve_comes = |engine: &Engine, _| {
        insert(engine, "bob", "eve");
    };
    let is_shorn =
        |engine: &Engine, dolly: Ref<Sheep>| engine.transaction(|db| db.change(dolly, |sheep| sheep.wool = 0)).unwrap();
    let leaves = |engine: &Engine, dolly: Ref<Sheep>| {
        engine.transaction(|db| db.change(dolly, |sheep| "bob".clone_into(&mut sheep.shepherd))).unwrap();
    };
    let dies = |engine: &Engine, dolly: Ref<Sheep>| engine.transaction(|db| db.table().delete(dolly.id())).unwrap();
    on_every_store(|store| {
        let case = |number: u32| {
            let engine = engine(Arc::clone(&store));
            // Each case begins with the same rows.
            engine
                .transaction(|db| {
                    db.table::<Sheep>().all().list()?.iter().try_for_each(|sheep| db.table().delete(sheep.id))
                })
                .unwrap();
            let dolly = insert(&engine, "ann", "dolly");
            let tried = match number {
                0 => tries(&engine, anns, bobs_comes, dolly),
                1 => tries(&engine, anns, anns_comes, dolly),
                2 => tries(&engine, anns, is_shorn, dolly),
                3 => tries(&engine, anns, leaves, dolly),
                4 => tries(&engine, anns, dies, dolly),
                5 => tries(&engine, eve, bobs_comes, dolly),
                6 => tries(&engine, eve, eve_comes, dolly),
                _ => tries(&engine, all, bobs_comes, dolly),
            };
            (number, tried)
        };
        let expected = [(0, 1), (1, 2), (2, 2), (3, 2), (4, 2), (5, 1), (6, 2), (7, 2)];
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(case), expected);
    });
}

/// Lets writers write at the worst moment: after the others have read and before they commit.
#[derive(Default)]
struct Scheduler {
    state: Mutex<Moment>,
    moved: Condvar,
}

#[derive(Default)]
struct Moment {
    number: u64,
    written: usize,
    over: bool,
}

impl Scheduler {
    /// Gives the writers their moment, until all have written or some are held back.
    fn now(&self, writers: usize) {
        let mut state = self.state.lock().unwrap();
        state.number += 1;
        state.written = 0;
        self.moved.notify_all();
        let most = Duration::from_millis(40);
        drop(self.moved.wait_timeout_while(state, most, |state| state.written < writers).unwrap());
    }

    /// Waits for the moment after `seen`; `None` if all steps are through.
    fn next(&self, seen: u64) -> Option<u64> {
        let state = self.state.lock().unwrap();
        let state = self.moved.wait_while(state, |state| state.number <= seen && !state.over).unwrap();
        (!state.over).then_some(state.number)
    }

    fn wrote(&self) {
        self.state.lock().unwrap().written += 1;
        self.moved.notify_all();
    }

    fn end(&self) {
        self.state.lock().unwrap().over = true;
        self.moved.notify_all();
    }
}

/// Returns how often steps run that count all sheep. Meanwhile 16 others shear one sheep each whenever a step has
/// counted.
fn tries_among_writers(engines: &[Engine], steps: usize) -> Vec<u32> {
    const WRITERS: usize = 16;
    let flock: Vec<Ref<Sheep>> = (0..WRITERS).map(|number| insert(&engines[0], "ann", &format!("{number}"))).collect();
    let scheduler = Scheduler::default();
    thread::scope(|scope| {
        for (number, one) in flock.iter().enumerate() {
            let (engine, scheduler) = (&engines[number % engines.len()], &scheduler);
            scope.spawn(move || {
                let mut seen = 0;
                while let Some(moment) = scheduler.next(seen) {
                    seen = moment;
                    engine.transaction(|db| db.change(*one, |sheep| sheep.wool += 1)).unwrap();
                    scheduler.wrote();
                }
            });
        }
        let victims: Vec<_> = (0..steps)
            .map(|number| {
                let (engine, scheduler) = (&engines[number % engines.len()], &scheduler);
                scope.spawn(move || {
                    let tried = AtomicU32::new(0);
                    let counted = engine.transaction(|db| {
                        tried.fetch_add(1, Ordering::SeqCst);
                        let wool: u32 = db.table::<Sheep>().all().list()?.iter().map(|sheep| sheep.wool).sum();
                        scheduler.now(WRITERS);
                        write_down(db, wool as usize)
                    });
                    counted.map(|()| tried.into_inner())
                })
            })
            .collect();
        let tried: Vec<_> = victims.into_iter().map(|victim| victim.join().unwrap()).collect();
        scheduler.end();
        tried.into_iter().map(Result::unwrap).collect()
    })
}

#[test]
fn a_step_that_is_overtaken_whenever_it_can_be_gets_through_beside_16_writers() {
    on_every_store(|store| {
        let engines = [0, 1].map(|_| engine(Arc::clone(&store)));
        for engines in [&engines[..1], &engines[..]] {
            engines[0]
                .transaction(|db| {
                    db.table::<Sheep>().all().list()?.iter().try_for_each(|sheep| db.table().delete(sheep.id))
                })
                .unwrap();
            let tried = tries_among_writers(engines, 1);
            assert!((2..=8).contains(&tried[0]), "over {} engines it was tried {tried:?} times", engines.len());
        }
    });
}

#[test]
fn steps_that_are_overtaken_all_get_through_in_turn() {
    on_every_store(|store| {
        let engines = [0, 1].map(|_| engine(Arc::clone(&store)));
        let tried = tries_among_writers(&engines, 4);
        assert!(tried.iter().all(|tried| *tried <= 16), "they were tried {tried:?} times");
    });
}

#[test]
fn a_scan_gets_through_beside_16_threads_that_write_all_the_time_and_they_go_on() {
    on_every_store(|store| {
        let engine = engine(store);
        let flock: Vec<Ref<Sheep>> = (0..500)
            .map(|number| sheep("ann", &format!("{number}")))
            .collect::<Vec<_>>()
            .chunks(100)
            .flat_map(|some| {
                engine
                    .transaction(|db| some.iter().map(|one| db.table().insert(one.clone())).collect::<Result<Vec<_>>>())
                    .unwrap()
            })
            .collect();
        let (over, written) = (AtomicBool::new(false), AtomicU32::new(0));
        let tried: Vec<u32> = thread::scope(|scope| {
            for one in &flock[..16] {
                scope.spawn(|| {
                    while !over.load(Ordering::SeqCst) {
                        engine.transaction(|db| db.change(*one, |sheep| sheep.wool += 1)).unwrap();
                        written.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            let scan = || {
                let (tried, before) = (AtomicU32::new(0), written.load(Ordering::SeqCst));
                let counted = engine.transaction(|db| {
                    tried.fetch_add(1, Ordering::SeqCst);
                    write_down(db, db.table::<Sheep>().filter(|sheep| sheep.wool > 1).count()?)
                });
                let begun = Instant::now();
                while written.load(Ordering::SeqCst) < before + 16 && begun.elapsed() < Duration::from_secs(20) {
                    thread::sleep(Duration::from_millis(1));
                }
                assert!(written.load(Ordering::SeqCst) >= before + 16, "the others go on");
                counted.map(|()| tried.into_inner())
            };
            let tried: Vec<_> = (0..5).map(|_| scan()).collect();
            over.store(true, Ordering::SeqCst);
            tried.into_iter().map(Result::unwrap).collect()
        });
        assert!(tried.iter().all(|tried| *tried <= 16), "they were tried {tried:?} times");
    });
}

/// A step that relies on a sheep, which another thread shears in each try. `work` decides what the step does in
/// each try.
fn overtaken(engine: &Engine, one: Ref<Sheep>, work: impl Fn(u32) -> Result<bool> + Sync) -> Result<u32> {
    let tried = AtomicU32::new(0);
    engine.transaction(|db| {
        let number = tried.fetch_add(1, Ordering::SeqCst) + 1;
        db.load(one)?;
        if work(number)? {
            let shear = || engine.transaction(|db| db.change(one, |sheep| sheep.wool += 1));
            thread::scope(|scope| scope.spawn(shear).join().unwrap())?;
        }
        write_down(db, 0)
    })?;
    Ok(tried.into_inner())
}

#[test]
fn a_step_that_fails_or_panics_in_its_turn_lets_the_others_go_on() {
    on_every_store(|store| {
        let engine = engine(store);
        let one = insert(&engine, "ann", "dolly");
        let begun = Instant::now();
        for _ in 0..2 {
            let failed =
                overtaken(&engine, one, |number| if number < 5 { Ok(true) } else { Err(Error::msg("no more")) });
            assert_eq!(failed.unwrap_err().to_string(), "no more");
            let panicked = overtaken(&engine, one, |number| {
                assert!(number < 5, "on purpose");
                Ok(true)
            });
            assert!(matches!(panicked, Err(Error::Panicked { .. })));
            engine.transaction(|db| db.change(one, |sheep| sheep.wool += 1)).unwrap();
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_step_that_waits_for_another_one_in_its_turn_holds_it_up_for_a_time_only() {
    on_every_store(|store| {
        let engine = engine(store);
        let one = insert(&engine, "ann", "dolly");
        // In the last tries the step waits for no other.
        assert_eq!(overtaken(&engine, one, |number| Ok(number <= 5)).unwrap(), 6);
    });
}

#[test]
fn an_engine_that_is_dropped_leaves_no_turn_behind() {
    on_every_store(|store| {
        let stays = engine(Arc::clone(&store));
        let one = insert(&stays, "ann", "dolly");
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let goes = engine(Arc::clone(&store));
                thread::spawn(move || drop(overtaken(&goes, one, |number| Ok(number < 4))))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let begun = Instant::now();
        stays.transaction(|db| db.change(one, |sheep| sheep.wool += 1)).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn two_engines_let_no_two_guards_leave_because_of_each_other() {
    on_every_store(|store| {
        let engines = [0, 1].map(|_| engine(Arc::clone(&store)));
        let guards: Vec<Ref<Guard>> = engines[0]
            .transaction(|db| {
                (0..4).map(|_| db.table().insert(Guard { id: Id::NEW, on_watch: true, rounds: 0 })).collect()
            })
            .unwrap();
        let on_watch = |db: &Db| db.table().by(Guard::BY_ON_WATCH, true).list();
        thread::scope(|scope| {
            for (number, guard) in guards.iter().enumerate() {
                let (engine, on_watch) = (&engines[number % 2], &on_watch);
                scope.spawn(move || {
                    for _ in 0..25 {
                        // A guard that is not alone may leave; otherwise it comes back.
                        engine
                            .transaction(|db| {
                                let others = on_watch(db)?.iter().filter(|other| other.id != guard.id()).count();
                                db.change(*guard, |guard| guard.on_watch = others == 0)
                            })
                            .unwrap();
                        // The step writes, so the store checks what it has read.
                        let count =
                            |db: &Db| on_watch(db).and_then(|left| write_down(db, left.len()).map(|()| left.len()));
                        let left = engine.transaction(count).unwrap();
                        assert!(left >= 1, "nobody is on watch");
                        engine
                            .transaction(|db| {
                                db.change(*guard, |guard| (guard.on_watch, guard.rounds) = (true, guard.rounds + 1))
                            })
                            .unwrap();
                    }
                });
            }
        });
        let rounds = engines[1].transaction(on_watch).unwrap().iter().map(|guard| guard.rounds).collect::<Vec<_>>();
        assert_eq!(rounds, [25; 4], "no update is lost");
    });
}
