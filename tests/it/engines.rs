//! Several engines over one store. Work for only one at a time is done by one engine, and another takes over when
//! that one is gone.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use viewflow::engine::{Clock as _, ManualClock, Retention, Subscriber};
use viewflow::prelude::*;
use viewflow::store::Event;
use viewflow::{EngineBuilder, Store, Timestamp};
use viewflow_testing::CountingStore;

use crate::shared::Shared;
use crate::support::{do_next, on_every_store, user, wait_until};

const LEASE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_hours(1);
const NOON: Timestamp = Timestamp::from_millis(1_795_867_200_000);

#[derive(Flow)]
pub struct TripFlow {
    #[next(rest)]
    start: Start,
    #[next(end)]
    rest: View,
    end: End,
}

#[derive(Flow)]
pub struct PulseFlow {
    #[every("1h")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn trip(engine: &Engine) -> ProcessId {
    engine.start(TripFlow::start, &user("ann"), ()).unwrap().id
}

/// All events, in the order of their commits.
fn log(store: &dyn Store) -> Vec<(u64, u32)> {
    let log = store.log(None, usize::MAX).unwrap();
    log.into_iter().map(|logged| (logged.process.0, logged.number)).collect()
}

/// All events that subscribers heard: engine, process, number.
type Heard = Arc<Mutex<Vec<(&'static str, u64, u32)>>>;

fn heard(heard: &Heard) -> Vec<(u64, u32)> {
    heard.lock().unwrap().iter().map(|(_, process, number)| (*process, *number)).collect()
}

fn by(heard: &Heard) -> Vec<&'static str> {
    heard.lock().unwrap().iter().map(|(engine, ..)| *engine).collect()
}

/// A subscriber that also runs `then` on each event.
fn mailer(
    engine: &'static str,
    heard: &Heard,
    then: impl Fn(&Event) -> Result<()> + Send + Sync + 'static,
) -> Subscriber {
    let heard = Arc::clone(heard);
    Subscriber::from_the_beginning("mailer", move |_, event| {
        heard.lock().unwrap().push((engine, event.process.0, event.number));
        then(event)
    })
}

fn over(store: &Arc<dyn Store>, clock: &Arc<ManualClock>) -> EngineBuilder {
    Engine::builder(Arc::clone(store)).clock(Arc::clone(clock)).lease(LEASE)
}

fn noon() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(NOON))
}

/// An engine that another engine runs in its handlers.
type Other = Arc<OnceLock<Engine>>;

fn run(other: &Other) -> Result<()> {
    other.get().map_or(Ok(0), Engine::run_pending).map(drop)
}

/// Runs a test alone in one program, and with a store that other programs may have open.
fn alone_and_shared(test: impl Fn(Arc<dyn Store>, bool)) {
    on_every_store(|store| test(store, false));
    on_every_store(|store| test(Shared::over(&store, None), true));
}

#[test]
fn a_subscriber_is_told_by_one_of_several_engines_at_a_time() {
    alone_and_shared(|store, shared| {
        let (clock, told, other) = (noon(), Heard::default(), Other::default());
        let second = Arc::clone(&other);
        let one = over(&store, &clock).subscriber(mailer("one", &told, move |_| run(&second)));
        let one = one.flow(TripFlow::new()).build().unwrap();
        let two = over(&store, &clock).subscriber(mailer("two", &told, |_| Ok(()))).flow(TripFlow::new());
        other.set(two.build().unwrap()).unwrap();
        for _ in 0..3 {
            trip(&one);
        }
        one.run_pending().unwrap();
        assert_eq!((heard(&told), by(&told).contains(&"two")), (log(&*store), false));
        // If others may have the store open, the first engine keeps its duty for the length of the lease. Otherwise
        // it gives the duty up at rest.
        let two = other.get().unwrap();
        trip(two);
        two.run_pending().unwrap();
        assert_eq!(by(&told).contains(&"two"), !shared);
        one.run_pending().unwrap();
        assert_eq!(heard(&told), log(&*store));
    });
}

#[test]
fn when_an_engine_dies_another_goes_on_with_its_subscriber_after_the_lease() {
    on_every_store(|store| {
        let store = Shared::over(&store, None);
        let (clock, told) = (noon(), Heard::default());
        let build = |engine| {
            let builder = over(&store, &clock).subscriber(mailer(engine, &told, |_| Ok(())));
            builder.flow(TripFlow::new()).build().unwrap()
        };
        let (one, two) = (build("one"), build("two"));
        trip(&one);
        one.run_pending().unwrap();
        let before = heard(&told).len();
        trip(&one);
        // This engine disappears without giving up its duty.
        std::mem::forget(one);
        assert_eq!((two.run_pending().unwrap(), heard(&told).len()), (0, before));
        assert_eq!(two.next_due().unwrap(), Some(NOON.after(LEASE)));
        clock.advance(LEASE.saturating_sub(Duration::from_millis(1)));
        assert_eq!(two.run_pending().unwrap(), 0);
        clock.advance(Duration::from_millis(1));
        two.run_pending().unwrap();
        assert_eq!(heard(&told), log(&*store));
        assert!(by(&told)[before..].iter().all(|engine| *engine == "two"));
    });
}

#[test]
fn where_no_other_program_has_the_store_nobody_waits_for_an_engine_that_is_gone() {
    on_every_store(|store| {
        let (clock, told) = (noon(), Heard::default());
        let build = |engine| {
            let builder = over(&store, &clock).subscriber(mailer(engine, &told, |_| Ok(())));
            builder.retain(Retention::purge_after(HOUR)).flow(TripFlow::new()).flow(PulseFlow::new()).build().unwrap()
        };
        for engine in ["one", "two"] {
            let engine = build(engine);
            clock.advance(2 * HOUR);
            trip(&engine);
            engine.run_pending().unwrap();
            std::mem::forget(engine);
        }
        assert_eq!(store.row_ids("viewflow.duty", 0, 10).unwrap(), Vec::<u64>::new(), "nothing need be written");
        assert!(by(&told).contains(&"one") && by(&told).contains(&"two"));
    });
}

#[test]
fn engines_that_are_dropped_or_whose_workers_stop_give_their_duties_back() {
    for dropped in [true, false] {
        on_every_store(|store| {
            let store = Shared::over(&store, None);
            let (clock, told) = (noon(), Heard::default());
            let build = |engine| {
                let builder = over(&store, &clock).subscriber(mailer(engine, &told, |_| Ok(())));
                builder.flow(TripFlow::new()).build().unwrap()
            };
            let (one, two) = (build("one"), build("two"));
            trip(&one);
            if dropped {
                one.run_pending().unwrap();
                drop(one);
            } else {
                let workers = one.workers(1);
                wait_until(|| heard(&told) == log(&*store));
                workers.stop();
            }
            trip(&two);
            two.run_pending().unwrap();
            assert_eq!((heard(&told), by(&told).contains(&"two")), (log(&*store), true));
        });
    }
}

#[test]
fn what_an_engine_writes_that_has_lost_its_duty_is_refused() {
    on_every_store(|store| {
        let store = Shared::over(&store, None);
        // Nothing synchronizes the clocks of the hosts. By the second clock, the lease of the first engine is over.
        let (slow, fast) = (noon(), Arc::new(ManualClock::at(NOON.after(LEASE))));
        let (told, other) = (Heard::default(), Other::default());
        let second = Arc::clone(&other);
        let one = over(&store, &slow).subscriber(mailer("one", &told, move |event| {
            // The second engine reports the first event, and fails at the second.
            if event.number == 1 {
                assert!(run(&second).is_err());
            }
            Ok(())
        }));
        let one = one.flow(TripFlow::new()).build().unwrap();
        let fails = |event: &Event| if event.number == 2 { Err(Error::msg("no letterbox")) } else { Ok(()) };
        let two = over(&store, &fast).subscriber(mailer("two", &told, fails)).flow(TripFlow::new());
        other.set(two.build().unwrap()).unwrap();
        trip(&one);
        let all = log(&*store);
        assert!(all.len() > 2);
        one.run_pending().unwrap();
        let first = store.log(None, 1).unwrap()[0].cursor;
        assert_eq!(one.subscriptions().unwrap()[0].cursor, first, "it is where the second engine left it");
    });
}

#[test]
fn what_an_engine_forgets_that_has_lost_its_duty_stays() {
    on_every_store(|store| {
        let store = Shared::over(&store, None);
        let (slow, fast) = (noon(), Arc::new(ManualClock::at(NOON.after(LEASE))));
        let other = Other::default();
        let build = |clock: &Arc<ManualClock>, first: bool| {
            let second = Arc::clone(&other);
            // The second engine takes over the duty while the first one exports, and fails.
            let export = move |_: &[String]| {
                assert!(!first || run(&second).is_err());
                if first { Ok(()) } else { Err(Error::msg("no archive")) }
            };
            let retention = Retention::purge_after(HOUR).export(export);
            over(&store, clock).retain(retention).flow(TripFlow::new()).build().unwrap()
        };
        let one = build(&slow, true);
        other.set(build(&fast, false)).unwrap();
        let id = trip(&one);
        do_next(&one, TripFlow::rest, id, ());
        for clock in [slow, fast] {
            clock.advance(2 * HOUR);
        }
        one.run_pending().unwrap();
        assert!(store.process(id).unwrap().is_some());
        assert_eq!(store.events(id, 0, 1).unwrap()[0].number, 1, "nothing of it is gone");
    });
}

#[derive(Flow)]
pub struct WorkFlow {
    work: Arc<dyn Fn() + Send + Sync>,
    #[next(rest)]
    start: StartHandle,
    #[delay("30m")]
    #[next(lift)]
    rest: Timer,
    #[call(Self::lift)]
    #[next(end)]
    lift: Job,
    end: End,
}

impl WorkFlow {
    fn lift(&self, _: &JobRun<Self>) -> Result<()> {
        (self.work)();
        Ok(())
    }
}

/// Runs two hosts, the second one with a clock that is an hour fast. Returns how often a job ran, and what
/// subscribers heard.
fn with_a_fast_clock(store: Arc<dyn Store>, clock: &Arc<ManualClock>) -> (usize, Heard) {
    let fast = Arc::new(ManualClock::at(clock.now().after(HOUR)));
    let (runs, told, other) = (Arc::new(AtomicUsize::new(0)), Heard::default(), Other::default());
    let build = |name, clock: &Arc<ManualClock>| {
        let (runs, other) = (Arc::clone(&runs), Arc::clone(&other));
        let second = Arc::clone(&other);
        let work = move || {
            if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                run(&other).unwrap();
            }
        };
        let first = AtomicBool::new(name == "one");
        let asks_other = move |_: &Event| if first.swap(false, Ordering::SeqCst) { run(&second) } else { Ok(()) };
        let builder = over(&store, clock).subscriber(mailer(name, &told, asks_other));
        builder.flow(WorkFlow::new(Arc::new(work))).build().unwrap()
    };
    let one = build("one", clock);
    other.set(build("two", &fast)).unwrap();
    let id = one.run(WorkFlow::start, ()).unwrap().id;
    one.run_pending().unwrap();
    let two = other.get().unwrap();
    two.run_pending().unwrap();
    let early = one.tasks(id, 0, 10).unwrap().len();
    for clock in [clock, &fast] {
        clock.advance(HOUR);
    }
    one.run_pending().unwrap();
    assert!(runs.load(Ordering::SeqCst) > 0);
    (runs.load(Ordering::SeqCst) + 10 * early, told)
}

#[test]
fn a_host_whose_clock_is_fast_takes_nothing_early_where_the_store_has_a_clock() {
    let twice = |told: &Heard| {
        let mut all = heard(told);
        all.sort_unstable();
        all.windows(2).any(|pair| pair[0] == pair[1])
    };
    on_every_store(|store| {
        let clock = noon();
        let (runs, told) = with_a_fast_clock(Shared::over(&store, None), &clock);
        assert!(runs != 21 && twice(&told), "this is what a store's clock is for");
    });
    on_every_store(|store| {
        let clock = noon();
        let (runs, told) = with_a_fast_clock(Shared::over(&store, Some(&clock)), &clock);
        assert_eq!((runs, twice(&told)), (21, false), "a timer that is not due, and one run of the job");
    });
}

#[test]
fn by_a_store_with_a_clock_all_times_are_reckoned() {
    on_every_store(|store| {
        let (clock, own) = (noon(), Arc::new(ManualClock::default()));
        let engine = over(&Shared::over(&store, Some(&clock)), &own).flow(TripFlow::new()).build().unwrap();
        let now = || engine.transaction(|db| Ok(db.now())).unwrap();
        assert_eq!(now(), NOON);
        // The engine follows the store's clock, whatever its own clock says.
        own.advance(HOUR);
        clock.advance(HOUR);
        assert_eq!(now(), NOON.after(HOUR));
        own.set(Timestamp::from_millis(5));
        assert_eq!(now(), NOON.after(HOUR));
    });
}

#[test]
fn one_of_several_engines_forgets_at_a_time() {
    alone_and_shared(|store, _| {
        let (clock, other) = (noon(), Other::default());
        let exported = Arc::new(Mutex::new(Vec::new()));
        let build = || {
            let (exported, second) = (Arc::clone(&exported), Arc::clone(&other));
            let retention = Retention::purge_after(HOUR).export(move |lines| {
                exported.lock().unwrap().push(lines[0].clone());
                run(&second)
            });
            over(&store, &clock).retain(retention).flow(TripFlow::new()).build().unwrap()
        };
        let one = build();
        other.set(build()).unwrap();
        for _ in 0..5 {
            let id = trip(&one);
            do_next(&one, TripFlow::rest, id, ());
        }
        clock.advance(2 * HOUR);
        one.run_pending().unwrap();
        let mut all = exported.lock().unwrap().clone();
        assert_eq!(all.len(), 5);
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), store.processes(ProcessId(0), 10).unwrap().len()), (5, 0), "each once");
    });
}

#[test]
fn a_rhythm_of_several_engines_starts_once_and_by_the_one_that_has_it() {
    on_every_store(|store| {
        let store = Shared::over(&store, None);
        let clock = noon();
        let build = || over(&store, &clock).lease(3 * HOUR).flow(PulseFlow::new()).build().unwrap();
        let (one, two) = (build(), build());
        one.run_pending().unwrap();
        clock.advance(HOUR);
        assert_eq!(two.run_pending().unwrap(), 0, "it is the first engine's");
        assert_eq!(two.next_due().unwrap(), Some(NOON.after(3 * HOUR)));
        assert_eq!(one.run_pending().unwrap(), 1);
        drop(one);
        clock.advance(HOUR);
        assert_eq!(two.run_pending().unwrap(), 1);
        let three = build();
        for _ in 0..20 {
            clock.advance(HOUR);
            thread::scope(|scope| {
                for engine in [&two, &three] {
                    scope.spawn(|| engine.run_pending().unwrap());
                }
            });
        }
        clock.advance(3 * HOUR);
        two.run_pending().unwrap();
        three.run_pending().unwrap();
        let starts = two.processes::<PulseFlow>().list().unwrap().len();
        assert_eq!(starts, 24, "when it was new, and then each hour once; except the last three, where it missed two");
    });
}

#[test]
fn a_duty_costs_one_commit_for_each_half_of_a_lease_and_nothing_at_rest() {
    let counting = Arc::new(CountingStore::new(MemoryStore::new()));
    let store: Arc<dyn Store> = Arc::clone(&counting) as _;
    let (clock, told) = (noon(), Heard::default());
    let builder = over(&Shared::over(&store, None), &clock).subscriber(mailer("one", &told, |_| Ok(())));
    let engine = builder.flow(TripFlow::new()).build().unwrap();
    counting.take();
    for _ in 0..10 {
        for _ in 0..10 {
            trip(&engine);
            engine.run_pending().unwrap();
        }
        clock.advance(LEASE / 2);
    }
    let told = heard(&told).len() as u64;
    let rows = counting.take().written("row");
    assert_eq!((told, rows), (400, 100 + 10), "how far it has come, and who tells it");
    for _ in 0..100 {
        clock.advance(LEASE / 10);
        engine.run_pending().unwrap();
    }
    assert_eq!(counting.take().written("row"), 0);
}

#[test]
fn whoever_is_at_work_for_longer_than_a_lease_keeps_the_duty() {
    let shared = Shared::over(&(Arc::new(MemoryStore::new()) as Arc<dyn Store>), None);
    let told = Heard::default();
    let build = |engine| {
        let builder = Engine::builder(Arc::clone(&shared)).lease(Duration::from_secs(2));
        let slow = |event: &Event| {
            thread::sleep(Duration::from_secs(if event.number == 1 { 5 } else { 0 }));
            Ok(())
        };
        builder.subscriber(mailer(engine, &told, slow)).flow(TripFlow::new()).build().unwrap()
    };
    let (one, two) = (build("one"), build("two"));
    trip(&one);
    let workers = [one.workers(1), two.workers(1)];
    wait_until(|| heard(&told).len() == log(&*shared).len());
    workers.into_iter().for_each(viewflow::Workers::stop);
    assert_eq!(heard(&told), log(&*shared));
}

#[test]
fn listeners_that_follow_the_log_hear_of_the_steps_of_all_engines() {
    alone_and_shared(|store, _| {
        let clock = noon();
        let (told, errors) = (Heard::default(), Arc::new(AtomicUsize::new(0)));
        let build = |engine| {
            let (told, errors) = (Arc::clone(&told), Arc::clone(&errors));
            let builder = over(&store, &clock)
                .on_logged(|_| panic!("broken pipe"))
                .on_logged(move |event| told.lock().unwrap().push((engine, event.process.0, event.number)))
                .on_error(move |_| {
                    errors.fetch_add(1, Ordering::SeqCst);
                });
            builder.flow(TripFlow::new()).build().unwrap()
        };
        let one = build("one");
        trip(&one);
        let (two, before) = (build("two"), log(&*store).len());
        assert!(one.next_due().unwrap().is_some());
        assert_eq!(two.next_due().unwrap(), None, "it was built after that");
        trip(&two);
        trip(&one);
        let all = log(&*store);
        for (engine, heard) in [(&one, &all[..]), (&two, &all[before..])] {
            told.lock().unwrap().clear();
            assert_eq!(engine.run_pending().unwrap(), heard.len());
            let told: Vec<_> = told.lock().unwrap().iter().map(|(_, process, number)| (*process, *number)).collect();
            assert_eq!((&told[..], engine.run_pending().unwrap()), (heard, 0), "each once, in order");
        }
        assert_eq!(errors.load(Ordering::SeqCst), 2 * all.len() - before, "and it hears each one though others panic");
        // The same with workers.
        told.lock().unwrap().clear();
        let workers = two.workers(1);
        trip(&one);
        let begun = Instant::now();
        wait_until(|| heard(&told).len() == log(&*store).len() - all.len());
        assert!(begun.elapsed() < Duration::from_secs(10));
        workers.stop();
    });
}

#[test]
fn where_nobody_listens_the_log_is_not_read() {
    let counting = Arc::new(CountingStore::new(MemoryStore::new()));
    let engine = Engine::builder(Arc::clone(&counting)).flow(TripFlow::new()).build().unwrap();
    trip(&engine);
    counting.take();
    engine.run_pending().unwrap();
    let counts = counting.take();
    assert_eq!((counts.asked("log"), counts.asked("log_places")), (0, 0));
}
