//! The engine skips records that it cannot read in its lists of pending work, and reports them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use viewflow::engine::ManualClock;
use viewflow::prelude::*;
use viewflow::{EngineBuilder, Store, StoreError, Timestamp};
use viewflow_testing::inconsistencies;

use super::store::Refusing;
use crate::support::{on_every_store, open_task};

#[derive(Message, Clone, Debug)]
pub struct News {
    pub number: u32,
}

#[derive(Entity, Clone, Debug)]
#[entity(table = "refused_go")]
pub struct Go {
    #[id]
    pub id: Id<Self>,
}

/// A flow with one kind of waiting.
macro_rules! waits {
    ($flow:ident: $(#[$attribute:meta])* $kind:ident) => {
        #[derive(Flow)]
        pub struct $flow {
            #[next(wait)]
            start: StartHandle,
            $(#[$attribute])*
            #[next(end)]
            wait: $kind,
            end: End,
        }
    };
}

waits!(TimerFlow: #[delay("1h")] Timer);
waits!(JobFlow: #[call(Self::work)] Job);
waits!(SignalFlow: #[signal("news")] SignalCatch);
waits!(MessageFlow: #[message(News)] MessageCatch);
waits!(ConditionFlow: #[cond(|a| a.table::<Go>().all().count()? > 0)] ConditionalCatch);

impl JobFlow {
    fn work(&self, _: &JobRun<Self>) -> Result<()> {
        Ok(())
    }
}

#[derive(Flow)]
pub struct HourlyFlow {
    #[every("1h")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Timer,
    Job,
    Signal,
    Message,
    Condition,
}

const WAITS: [Waits; 5] = [Waits::Timer, Waits::Job, Waits::Signal, Waits::Message, Waits::Condition];

/// An engine over a store that cannot read everything, with the engine's reports.
struct Desk {
    engine: Engine,
    clock: Arc<ManualClock>,
    refusing: Arc<Refusing>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    fn over(store: &Arc<dyn Store>) -> Self {
        Self::with(store, |builder| {
            let builder = builder.flow(TimerFlow::new()).flow(JobFlow::new()).flow(SignalFlow::new());
            builder.flow(MessageFlow::new()).flow(ConditionFlow::new()).build()
        })
    }

    fn with(store: &Arc<dyn Store>, build: impl FnOnce(EngineBuilder) -> Result<Engine>) -> Self {
        let refusing = Arc::new(Refusing::new(Arc::clone(store)));
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let clock = Arc::new(ManualClock::default());
        let hears = Arc::clone(&told);
        let builder = Engine::builder(Arc::clone(&refusing) as Arc<dyn Store>).clock(Arc::clone(&clock));
        let engine = build(builder.on_error(move |error| hears.lock().unwrap().push(error.to_string()))).unwrap();
        Self { engine, clock, refusing, told }
    }

    fn start(&self, waits: Waits) -> TaskId {
        let engine = &self.engine;
        match waits {
            Waits::Timer => open_task(engine, TimerFlow::wait, engine.run(TimerFlow::start, ()).unwrap().id),
            Waits::Job => open_task(engine, JobFlow::wait, engine.run(JobFlow::start, ()).unwrap().id),
            Waits::Signal => open_task(engine, SignalFlow::wait, engine.run(SignalFlow::start, ()).unwrap().id),
            Waits::Message => open_task(engine, MessageFlow::wait, engine.run(MessageFlow::start, ()).unwrap().id),
            Waits::Condition => {
                open_task(engine, ConditionFlow::wait, engine.run(ConditionFlow::start, ()).unwrap().id)
            }
        }
        .id
    }

    fn happens(&self, waits: Waits, all: u32) {
        let engine = &self.engine;
        match waits {
            Waits::Timer | Waits::Job => {}
            Waits::Signal => {
                engine.signal("news").unwrap();
            }
            Waits::Message => {
                for number in 0..all {
                    engine.send(&News { number }).unwrap();
                }
            }
            Waits::Condition => {
                engine.transaction(|db| db.table().insert(Go { id: Id::NEW })).unwrap();
            }
        }
    }

    fn is_done(&self, task: TaskId) -> bool {
        self.engine.process_record(task.process).unwrap().status == ProcessStatus::Done
    }

    fn told(&self) -> usize {
        self.told.lock().unwrap().iter().filter(|text| text.contains("is damaged")).count()
    }

    /// Waits until the engine tries the failed work again.
    fn rests(&self) {
        std::thread::sleep(Duration::from_millis(1050));
        self.clock.advance(Duration::from_mins(1));
    }
}

fn passes_over(store: &Arc<dyn Store>, waits: Waits, all: &[Option<bool>]) {
    let desk = Desk::over(store);
    let tasks: Vec<TaskId> = all.iter().map(|_| desk.start(waits)).collect();
    for (task, unreadable) in tasks.iter().zip(all) {
        match unreadable {
            None => {}
            Some(true) => desk.refusing.cannot_read(Refusing::process(task.process)),
            Some(false) => desk.refusing.cannot_read(Refusing::task(*task)),
        }
    }
    desk.clock.advance(Duration::from_hours(2));
    desk.happens(waits, u32::try_from(all.len()).unwrap());
    desk.engine.run_pending().unwrap();
    for (task, _) in tasks.iter().zip(all).filter(|(_, unreadable)| unreadable.is_none()) {
        assert!(desk.is_done(*task), "{waits:?}, {all:?}: {task} can be read");
    }
    let damaged = all.iter().flatten().count();
    assert!(desk.told() >= damaged.min(1), "{waits:?}: {:?}", desk.told);
    if waits == Waits::Condition {
        let told = desk.told();
        desk.engine.run_pending().unwrap();
        assert_eq!(desk.told(), told, "nothing was written since, so that nobody is asked again");
    } else if damaged > 0 {
        // The tasks have not failed: they go on once they can be read again.
        desk.refusing.is_repaired();
        desk.rests();
        desk.engine.run_pending().unwrap();
        assert!(tasks.iter().all(|task| desk.is_done(*task)), "{waits:?}, {all:?}");
    }
    desk.refusing.is_repaired();
    assert_eq!(inconsistencies(&**store), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record_that_cannot_be_read_keeps_nothing_else_from_being_done(
        waits in select(&WAITS[..]),
        all in prop::collection::vec(prop::option::of(any::<bool>()), 1..5),
    ) {
        on_every_store(|store| passes_over(&store, waits, &all));
    }
}

#[test]
fn the_first_one_that_waits_cannot_be_read_and_the_others_go_on() {
    for waits in WAITS {
        for of_process in [true, false] {
            on_every_store(|store| passes_over(&store, waits, &[Some(of_process), None, None]));
        }
    }
}

#[test]
fn a_letter_that_cannot_be_read_is_in_the_way_of_none() {
    on_every_store(|store| {
        let desk = Desk::over(&store);
        let tasks = [desk.start(Waits::Message), desk.start(Waits::Message)];
        desk.engine.send(&News { number: 1 }).unwrap();
        desk.engine.send(&News { number: 2 }).unwrap();
        let letter = store.row_ids("viewflow.letter", 0, 1).unwrap()[0];
        desk.refusing.cannot_read(Refusing::row("viewflow.letter", letter));
        desk.engine.run_pending().unwrap();
        assert_eq!(tasks.map(|task| desk.is_done(task)), [true, false]);
        assert!(desk.told() > 0);
        // A process that still waits can be canceled.
        desk.engine.cancel(tasks[1].process, &crate::support::boss()).unwrap();
    });
}

#[test]
fn mailboxes_and_signals_that_cannot_be_read_are_in_the_way_of_none() {
    #[derive(Message, Clone, Debug)]
    #[message(key = key, expires = "1h")]
    struct Keyed {
        key: String,
    }
    #[derive(Process, Clone, Debug)]
    struct WithKey {
        key: String,
    }
    #[derive(Flow)]
    #[flow(process = WithKey)]
    struct KeyFlow {
        #[input(String)]
        #[call(Self::begin)]
        #[next(wait)]
        start: StartHandle,
        #[message(Keyed, key = |a| a.process.key.clone())]
        #[next(end)]
        wait: MessageCatch,
        end: End,
    }
    impl KeyFlow {
        fn begin(&self, a: &mut Activation<Self, ()>, key: String) -> Result<()> {
            a.process.key = key;
            Ok(())
        }
    }
    on_every_store(|store| {
        let desk = Desk::with(&store, |builder| builder.flow(KeyFlow::new()).flow(SignalFlow::new()).build());
        let engine = &desk.engine;
        let start = |key: &str| engine.run(KeyFlow::start, key.to_owned()).unwrap().id;
        let a = start("a");
        let boxes = store.row_ids("viewflow.mailbox", 0, 10).unwrap();
        desk.refusing.cannot_read(Refusing::row("viewflow.mailbox", boxes[0]));
        let b = start("b");
        engine.send(&Keyed { key: "b".into() }).unwrap();
        engine.send(&Keyed { key: "a".into() }).unwrap_err();
        // Letters without a receiver are forgotten, behind the mailbox that cannot be read.
        for number in 0..20 {
            engine.send(&Keyed { key: format!("nobody {number}") }).unwrap();
        }
        let first = engine.run(SignalFlow::start, ()).unwrap().id;
        engine.signal("news").unwrap();
        let signal = store.row_ids("viewflow.signal", 0, 10).unwrap()[0];
        desk.refusing.cannot_read(Refusing::row("viewflow.signal", signal));
        let second = engine.run(SignalFlow::start, ()).unwrap().id;
        engine.signal("news").unwrap();
        desk.clock.advance(Duration::from_hours(2));
        engine.run_pending().unwrap();
        let is_done = |id| engine.process_record(id).unwrap().status == ProcessStatus::Done;
        assert!(is_done(b), "its mailbox can be read");
        assert!(is_done(first) && is_done(second), "the later signal reaches both");
        assert_eq!(store.row_ids("viewflow.letter", 0, 100).unwrap(), Vec::<u64>::new(), "all letters were forgotten");
        // A process that waits at an unreadable mailbox can be canceled.
        engine.cancel(a, &crate::support::boss()).unwrap();
    });
}

#[test]
fn whoever_has_heard_a_signal_does_not_hear_it_again_when_another_one_can_be_read() {
    #[derive(Process, Clone, Debug)]
    struct Heard {
        #[field(default = 0)]
        times: u32,
    }
    #[derive(Flow)]
    #[flow(process = Heard)]
    struct AgainFlow {
        #[next(listen)]
        start: StartHandle,
        #[signal("news")]
        #[call(Self::heard)]
        #[next(again)]
        listen: SignalCatch,
        #[cond(|a| a.process.times < 5)]
        #[then(listen)]
        #[otherwise(end)]
        again: If,
        end: End,
    }
    impl AgainFlow {
        fn heard(&self, a: &mut Activation<Self, ()>) -> Result<()> {
            a.process.times += 1;
            Ok(())
        }
    }
    on_every_store(|store| {
        let desk = Desk::with(&store, |builder| builder.flow(AgainFlow::new()).build());
        let start = || open_task(&desk.engine, AgainFlow::listen, desk.engine.run(AgainFlow::start, ()).unwrap().id).id;
        let tasks = [start(), start(), start()];
        desk.refusing.cannot_read(Refusing::task(tasks[1]));
        assert_eq!(desk.engine.signal("news").unwrap(), 3);
        desk.engine.run_pending().unwrap();
        desk.refusing.is_repaired();
        desk.rests();
        desk.engine.run_pending().unwrap();
        let times = |task: TaskId| desk.engine.process::<AgainFlow>(task.process).unwrap().times;
        assert_eq!(tasks.map(times), [1, 1, 1]);
    });
}

#[test]
fn a_rhythm_that_cannot_be_read_stops_no_other_work() {
    on_every_store(|store| {
        let desk = Desk::with(&store, |builder| builder.flow(HourlyFlow::new()).flow(TimerFlow::new()).build());
        desk.engine.run_pending().unwrap();
        let id = desk.engine.run(TimerFlow::start, ()).unwrap().id;
        let rhythm = store.row_ids("viewflow.schedule", 0, 1).unwrap()[0];
        desk.refusing.cannot_read(Refusing::row("viewflow.schedule", rhythm));
        assert_eq!(desk.engine.next_due().unwrap(), Some(Timestamp::from_millis(3_600_000)));
        desk.clock.advance(Duration::from_hours(2));
        desk.engine.run_pending().unwrap();
        assert_eq!(desk.engine.process_record(id).unwrap().status, ProcessStatus::Done);
        assert_eq!(desk.told(), 1);
    });
}

#[test]
fn timers_that_cannot_be_read_do_not_hide_the_one_behind_them_however_many_there_are() {
    on_every_store(|store| {
        let desk = Desk::with(&store, |builder| builder.flow(TimerFlow::new()).build());
        let processes: Vec<ProcessId> = (0..150).map(|_| desk.engine.run(TimerFlow::start, ()).unwrap().id).collect();
        let (last, others) = processes.split_last().unwrap();
        others.iter().for_each(|process| desk.refusing.cannot_read(Refusing::process(*process)));
        desk.clock.advance(Duration::from_hours(2));
        desk.engine.run_pending().unwrap();
        assert_eq!(desk.engine.process_record(*last).unwrap().status, ProcessStatus::Done);
        assert_eq!(desk.told(), others.len());
    });
}

#[test]
fn without_a_listener_run_pending_tells_what_it_cannot_read() {
    on_every_store(|store| {
        let refusing = Arc::new(Refusing::new(store));
        let clock = Arc::new(ManualClock::default());
        let builder = Engine::builder(Arc::clone(&refusing) as Arc<dyn Store>).clock(Arc::clone(&clock));
        let engine = builder.flow(TimerFlow::new()).build().unwrap();
        let (first, second) =
            (engine.run(TimerFlow::start, ()).unwrap().id, engine.run(TimerFlow::start, ()).unwrap().id);
        refusing.cannot_read(Refusing::process(first));
        clock.advance(Duration::from_hours(2));
        let error = engine.run_pending().unwrap_err();
        assert!(matches!(error, Error::Store(StoreError::Damaged { .. })), "{error}");
        assert_eq!(engine.process_record(second).unwrap().status, ProcessStatus::Done);
    });
}

#[test]
fn workers_go_on_beside_what_cannot_be_read() {
    on_every_store(|store| {
        let desk = Desk::over(&store);
        let tasks: Vec<TaskId> = WAITS.iter().flat_map(|waits| [desk.start(*waits), desk.start(*waits)]).collect();
        for task in tasks.iter().step_by(2) {
            desk.refusing.cannot_read(Refusing::task(*task));
        }
        desk.clock.advance(Duration::from_hours(2));
        let workers = desk.engine.workers(2);
        WAITS.iter().for_each(|waits| desk.happens(*waits, 2));
        crate::support::wait_until(|| tasks.iter().skip(1).step_by(2).all(|task| desk.is_done(*task)));
        let tells = |task: &TaskId| desk.told.lock().unwrap().iter().any(|text| text.contains(&Refusing::task(*task)));
        crate::support::wait_until(|| tasks.iter().step_by(2).all(tells));
        workers.stop();
    });
}
