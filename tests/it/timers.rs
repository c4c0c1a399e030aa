//! Timers, timeouts and starts by the clock.

use std::sync::Arc;
use std::time::Duration;

use viewflow::engine::Clock as _;
use viewflow::prelude::*;
use viewflow::{Store, Timestamp};

use crate::support::{boss, do_next, events, manual, on_every_store, open_task, open_tasks, user};

const DAY: Duration = Duration::from_hours(24);

#[derive(Process, Clone, Debug)]
pub struct Order {
    #[field(default = 0)]
    pub reminders: u32,
    #[field(default = 0)]
    pub days: u32,
    #[field(default = 0)]
    pub started: u32,
}

#[derive(Flow)]
#[flow(process = Order)]
pub struct OrderFlow {
    #[fields(days)]
    #[next(cool)]
    start: Start,

    #[delay(|a| DAY * a.process.days)]
    #[next(approve)]
    cool: Timer,

    #[on_timeout(after = "1d", then = remind, interrupting = false)]
    #[on_timeout(after = "3d", then = escalate)]
    #[next(end)]
    approve: View,

    #[call(Self::remind)]
    #[next(reminded)]
    remind: Function,

    reminded: End,

    escalate: End,

    end: End,
}

impl OrderFlow {
    fn remind(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.reminders += 1;
        Ok(())
    }
}

#[test]
fn a_timer_goes_on_when_its_time_has_come_and_not_before() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        let id = engine.start(OrderFlow::start, &user("ann"), StartFields { days: 2 }).unwrap().id;
        assert_eq!(open_task(&engine, OrderFlow::cool, id).status, TaskStatus::Scheduled);
        clock.advance(Duration::from_millis(2 * 24 * 60 * 60 * 1000 - 1));
        assert_eq!(engine.run_pending().unwrap(), 0);
        assert_eq!(engine.next_due().unwrap(), Some(clock.now().after(Duration::from_millis(1))));
        clock.advance(Duration::from_millis(1));
        assert_eq!(engine.run_pending().unwrap(), 1);
        assert_eq!(open_tasks(&engine, OrderFlow::approve, id).len(), 1);
        assert_eq!(engine.run_pending().unwrap(), 0, "once");
    });
}

fn waiting_for_approval(engine: &Engine) -> ProcessId {
    let id = engine.start(OrderFlow::start, &user("ann"), StartFields { days: 0 }).unwrap().id;
    engine.run_pending().unwrap();
    assert_eq!(open_tasks(engine, OrderFlow::approve, id).len(), 1);
    id
}

#[test]
fn a_timeout_beside_a_task_leaves_it_and_one_that_interrupts_cancels_it() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        let id = waiting_for_approval(&engine);
        clock.advance(DAY);
        engine.run_pending().unwrap();
        assert_eq!(engine.process::<OrderFlow>(id).unwrap().reminders, 1);
        assert_eq!(open_tasks(&engine, OrderFlow::approve, id).len(), 1);
        clock.advance(DAY * 2);
        engine.run_pending().unwrap();
        let process = engine.process::<OrderFlow>(id).unwrap();
        assert_eq!((process.reminders, process.status), (1, ProcessStatus::Done));
        let happened = events(&engine, id);
        let end = ["approve left for escalate", "approve canceled", "escalate created", "escalate finished"];
        assert_eq!(happened[happened.len() - 5..happened.len() - 1], end);
    });
}

#[test]
fn timeouts_that_are_both_over_fire_in_the_order_of_their_times() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        let id = waiting_for_approval(&engine);
        clock.advance(DAY * 30);
        engine.run_pending().unwrap();
        let process = engine.process::<OrderFlow>(id).unwrap();
        assert_eq!((process.reminders, process.status), (1, ProcessStatus::Done));
    });
}

#[test]
fn the_timeouts_of_a_done_task_do_not_fire() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        let id = waiting_for_approval(&engine);
        do_next(&engine, OrderFlow::approve, id, ());
        assert_eq!(engine.next_due().unwrap(), None);
        clock.advance(DAY * 30);
        assert_eq!(engine.run_pending().unwrap(), 0);
        assert_eq!(engine.process::<OrderFlow>(id).unwrap().reminders, 0);
    });
}

#[test]
fn a_thousand_timers_fire_at_once_and_those_that_are_not_due_are_not_looked_at() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        let start = |days| engine.start(OrderFlow::start, &user("ann"), StartFields { days }).unwrap();
        (0..1000).for_each(|number| drop(start(1 + number % 2 * 10)));
        clock.advance(DAY);
        assert_eq!(engine.run_pending().unwrap(), 500);
        assert_eq!(engine.tasks_of(OrderFlow::cool, TaskStatus::Done).list().unwrap().len(), 500);
        assert_eq!(engine.tasks_of(OrderFlow::cool, TaskStatus::Scheduled).list().unwrap().len(), 500);
    });
}

#[test]
fn time_that_goes_backwards_fires_nothing_twice_and_loses_nothing() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(OrderFlow::new()).build().unwrap();
        clock.advance(DAY * 100);
        let id = waiting_for_approval(&engine);
        clock.advance(DAY);
        engine.run_pending().unwrap();
        clock.set(Timestamp::from_millis(-5));
        assert_eq!(engine.run_pending().unwrap(), 0);
        assert_eq!(engine.process::<OrderFlow>(id).unwrap().reminders, 1);
        let second = waiting_for_approval(&engine);
        clock.set(Timestamp::from_millis(0).after(DAY * 103));
        engine.run_pending().unwrap();
        for id in [id, second] {
            let process = engine.process::<OrderFlow>(id).unwrap();
            assert_eq!((process.reminders, process.status), (1, ProcessStatus::Done));
        }
    });
}

#[test]
fn a_timer_that_is_due_after_a_long_time_is_due_never_too_early() {
    #[derive(Flow)]
    struct LongFlow {
        #[next(wait)]
        start: StartHandle,
        #[delay(|_a| Duration::MAX)]
        #[next(end)]
        wait: Timer,
        end: End,
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(LongFlow::new()).build().unwrap();
        engine.run(LongFlow::start, ()).unwrap();
        clock.set(Timestamp::from_millis(i64::MAX - 1));
        assert_eq!(engine.run_pending().unwrap(), 0);
    });
}

#[derive(Flow)]
#[flow(process = Order)]
pub struct HeartbeatFlow {
    #[every("1h")]
    #[call(Self::count)]
    #[next(end)]
    beat: StartTimer,

    #[cron("0 8 * * 1-5", tz = "Europe/Berlin")]
    #[next(end)]
    morning: StartTimer,

    end: End,
}

impl HeartbeatFlow {
    fn count(&self, a: &mut Activation<Self, ()>) -> Result<()> {
        a.process.started += 1;
        Ok(())
    }
}

#[test]
fn processes_start_by_the_clock_once_each_time_and_what_was_missed_is_not_made_up_for() {
    on_every_store(|store| {
        // Friday, 2026-11-20, 06:00 UTC: 07:00 in Berlin.
        let friday = Timestamp::from_millis(1_795_154_400_000);
        let started = |engine: &Engine| {
            let all = engine.processes::<HeartbeatFlow>().list().unwrap();
            let beats = all.iter().filter(|process| process.started == 1).count();
            (beats, all.len() - beats)
        };
        let (builder, clock) = manual(Arc::clone(&store));
        clock.set(friday);
        let engine = builder.flow(HeartbeatFlow::new()).build().unwrap();
        engine.run_pending().unwrap();
        assert_eq!(started(&engine), (1, 0), "an interval begins at once, a pattern at its first time");
        engine.run_pending().unwrap();
        assert_eq!(started(&engine), (1, 0));
        clock.advance(Duration::from_hours(1));
        engine.run_pending().unwrap();
        assert_eq!(started(&engine), (2, 1), "at eight in Berlin");
        // Another engine over the same store continues where this engine stopped.
        let second = Engine::builder(store).clock(Arc::clone(&clock)).flow(HeartbeatFlow::new());
        let second = second.build().unwrap();
        second.run_pending().unwrap();
        assert_eq!(started(&second), (2, 1));
        clock.advance(Duration::from_hours(1) * 10 + Duration::from_mins(1));
        assert_eq!(second.run_pending().unwrap(), 1);
        assert_eq!(started(&engine), (3, 1), "ten hours were missed: one start");
        assert_eq!(second.next_due().unwrap(), Some(friday.after(Duration::from_hours(12))));
        clock.set(friday.after(DAY * 3));
        engine.run_pending().unwrap();
        assert_eq!(started(&engine), (4, 1), "not on a weekend");
        clock.advance(Duration::from_hours(1));
        engine.run_pending().unwrap();
        assert_eq!(started(&engine), (5, 2));
    });
}

#[derive(Flow)]
pub struct NightlyFlow {
    #[cron("30 2 * * *", tz = "Europe/Berlin")]
    #[next(end)]
    night: StartTimer,
    end: End,
}

#[test]
fn a_time_that_is_skipped_or_comes_twice_when_clocks_change_starts_one_process() {
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(NightlyFlow::new()).build().unwrap();
        let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap().into();
        for (from, hours, expected) in [
            // 02:30 is skipped: the start comes at 03:00 in summer time.
            ("2026-03-28T12:00:00Z", 37, &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"][..]),
            // 02:30 comes twice: the start comes at the first one.
            ("2026-10-24T12:00:00Z", 38, &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        ] {
            clock.set(time(from));
            engine.run_pending().unwrap();
            let before = engine.processes::<NightlyFlow>().list().unwrap().len();
            for _ in 0..hours * 2 {
                clock.advance(Duration::from_mins(30));
                engine.run_pending().unwrap();
            }
            let started = engine.processes::<NightlyFlow>().list().unwrap();
            let started: Vec<Timestamp> = started[before..].iter().map(|process| process.created).collect();
            let expected: Vec<Timestamp> = expected.iter().map(|text| time(text)).collect();
            assert_eq!(started, expected, "{from}");
        }
    });
}

#[test]
fn a_pattern_or_time_zone_that_is_none_is_told_when_the_engine_is_built() {
    use viewflow::graph::{Kind, Role};
    struct ByHand;
    impl Flow for ByHand {
        type Process = ();
        const NAME: &'static str = "by_hand";
        const TITLE: &'static str = "By hand";
        fn define(flow: &mut viewflow::builder::FlowBuilder<Self>) {
            flow.node::<()>("a", Kind::StartTimer).cron("61 * * * *", None).edge::<()>(Role::Next, "end");
            flow.node::<()>("b", Kind::StartTimer)
                .cron("0 8 * * *", Some("Europe/Atlantis"))
                .edge::<()>(Role::Next, "end");
            flow.node::<()>("c", Kind::StartTimer).edge::<()>(Role::Next, "end");
            flow.node::<()>("end", Kind::End);
        }
    }
    let error = Engine::builder(MemoryStore::new()).flow(ByHand).build().unwrap_err().to_string();
    for told in ["`61 * * * *` is no cron pattern", "`Europe/Atlantis` is no time zone", "`c` needs a rhythm"] {
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn a_rhythm_that_was_changed_is_followed_from_then_on() {
    mod before {
        use super::*;
        #[derive(Flow)]
        #[flow(name = "clock")]
        pub struct YearlyFlow {
            #[cron("0 0 1 1 *")]
            #[next(end)]
            tick: StartTimer,
            end: End,
        }
    }
    mod after {
        use super::*;
        #[derive(Flow)]
        #[flow(name = "clock")]
        pub struct HourlyFlow {
            #[cron("0 * * * *")]
            #[next(end)]
            tick: StartTimer,
            end: End,
        }
    }
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        builder.flow(before::YearlyFlow::new()).build().unwrap().run_pending().unwrap();
        let engine = Engine::builder(store).clock(Arc::clone(&clock)).flow(after::HourlyFlow::new()).build().unwrap();
        engine.run_pending().unwrap();
        for _ in 0..5 {
            clock.advance(Duration::from_hours(1));
            engine.run_pending().unwrap();
        }
        assert_eq!(engine.processes::<after::HourlyFlow>().list().unwrap().len(), 5);
    });
}

#[test]
fn a_task_whose_token_went_on_by_its_timeout_is_not_revived_into_a_second_token() {
    #[derive(Flow)]
    struct TwiceFlow {
        #[next(fork)]
        start: StartHandle,
        #[branch(ask)]
        #[branch(other)]
        fork: Split,
        #[on_timeout(after = "1d", then = late)]
        #[next(gather)]
        ask: View,
        #[next(gather)]
        late: View,
        #[next(gather)]
        other: View,
        #[next(end)]
        gather: Join,
        end: End,
    }
    on_every_store(|store| {
        let (builder, clock) = manual(store);
        let engine = builder.flow(TwiceFlow::new()).build().unwrap();
        let id = engine.run(TwiceFlow::start, ()).unwrap().id;
        let ask = open_task(&engine, TwiceFlow::ask, id).id;
        clock.advance(Duration::from_hours(24));
        engine.run_pending().unwrap();
        let error = engine.revive(ask, &boss()).unwrap_err().to_string();
        assert!(error.contains("after its timeout or error has taken its way"), "{error}");
        assert!(open_tasks(&engine, TwiceFlow::ask, id).is_empty());
    });
}

/// Many nodes at which processes start by the clock.
struct BeatsFlow<const STARTS: usize>;

impl<const STARTS: usize> Flow for BeatsFlow<STARTS> {
    type Process = ();
    const NAME: &'static str = "beats";
    const TITLE: &'static str = "Beats";

    fn define(flow: &mut viewflow::builder::FlowBuilder<Self>) {
        use viewflow::graph::{Kind, Role};
        for start in 0..STARTS {
            let name: &'static str = Box::leak(format!("beat_{start}").into_boxed_str());
            flow.node::<()>(name, Kind::StartTimer).every(Duration::from_hours(1)).edge::<()>(Role::Next, "end");
        }
        flow.node::<()>("end", Kind::End);
    }
}

/// The records that a pass and a query for the next due time read, when one of many starts is due.
fn read_of_starts<const STARTS: usize>() -> (u64, u64) {
    let store = Arc::new(viewflow_testing::CountingStore::new(MemoryStore::new()));
    let (builder, clock) = manual(Arc::clone(&store) as Arc<dyn Store>);
    let engine = builder.flow(BeatsFlow::<STARTS>).build().unwrap();
    engine.run_pending().unwrap();
    clock.advance(Duration::from_mins(59));
    store.take();
    assert_eq!(engine.run_pending().unwrap(), 0);
    let pass = store.take().asked("row");
    assert_eq!(engine.next_due().unwrap(), Some(Timestamp::from_millis(0).after(Duration::from_hours(1))));
    let due = store.take().asked("row");
    clock.advance(Duration::from_mins(1));
    assert_eq!(engine.run_pending().unwrap(), STARTS);
    (pass, due)
}

#[test]
fn starts_by_the_clock_that_are_not_due_are_not_read() {
    assert_eq!(read_of_starts::<3>(), (0, 0));
    assert_eq!(read_of_starts::<300>(), (0, 0));
}

#[test]
fn a_start_that_another_engine_made_is_not_made_twice() {
    on_every_store(|store| {
        let (builder, clock) = manual(Arc::clone(&store));
        let first = builder.flow(BeatsFlow::<2>).build().unwrap();
        let second = Engine::builder(store).clock(Arc::clone(&clock)).flow(BeatsFlow::<2>).build().unwrap();
        first.run_pending().unwrap();
        second.run_pending().unwrap();
        for _ in 0..3 {
            clock.advance(Duration::from_hours(1));
            assert_eq!((first.run_pending().unwrap(), second.run_pending().unwrap()), (2, 0));
            assert_eq!(second.next_due().unwrap(), Some(clock.now().after(Duration::from_hours(1))));
        }
    });
}
