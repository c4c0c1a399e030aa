//! Schedules, leases, back-offs and delays of jobs go on after a wrong clock is set right.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use viewflow::engine::ManualClock;
use viewflow::prelude::*;
use viewflow::{Store, Timestamp};
use viewflow_testing::inconsistencies;

use crate::support::{boss, on_every_store, open_tasks, wait_until};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// How far a wrong clock is set back.
const WRONG_BY: [Duration; 4] = [Duration::from_mins(2), HOUR, DAY, Duration::from_hours(24 * 3650)];

/// The 28th of November 2026, 10 o'clock.
const MORNING: Timestamp = Timestamp::from_millis(1_795_860_000_000);

#[derive(Flow)]
pub struct HeartFlow {
    #[every("1h")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

#[derive(Flow)]
pub struct NoonFlow {
    #[cron("0 12 * * *")]
    #[next(end)]
    start: StartTimer,
    end: End,
}

fn starts<F: Flow>(engine: &Engine) -> usize {
    engine.processes::<F>().list().unwrap().len()
}

#[test]
fn a_rhythm_goes_on_when_a_clock_that_was_wrong_is_set_right() {
    on_every_store(|store| {
        let clock = Arc::new(ManualClock::at(MORNING));
        let build = || {
            let builder = Engine::builder(Arc::clone(&store)).clock(Arc::clone(&clock));
            builder.flow(HeartFlow::new()).flow(NoonFlow::new()).build().unwrap()
        };
        let mut engine = build();
        engine.run_pending().unwrap();
        let mut right = MORNING;
        for (index, wrong_by) in WRONG_BY.into_iter().enumerate() {
            clock.set(right.after(wrong_by));
            engine.run_pending().unwrap();
            if index % 2 == 0 {
                engine = build();
            }
            right = right.after(30 * MINUTE);
            clock.set(right);
            let next = engine.next_due().unwrap().unwrap();
            assert!(next <= right.after(HOUR), "wrong by {wrong_by:?}: the next one is due {next:?}");
            engine.run_pending().unwrap();
            let before = (starts::<HeartFlow>(&engine), starts::<NoonFlow>(&engine));
            for _ in 0..48 {
                clock.advance(HOUR);
                engine.run_pending().unwrap();
            }
            right = right.after(2 * DAY);
            let hours = starts::<HeartFlow>(&engine) - before.0;
            assert!((46..=48).contains(&hours), "wrong by {wrong_by:?}: {hours} in two days");
            assert_eq!(starts::<NoonFlow>(&engine) - before.1, 2, "wrong by {wrong_by:?}");
        }
    });
}

#[test]
fn a_clock_that_is_corrected_a_little_starts_nothing_twice() {
    on_every_store(|store| {
        let noon = MORNING.after(2 * HOUR);
        let clock = Arc::new(ManualClock::at(MORNING));
        let engine = Engine::builder(store).clock(Arc::clone(&clock)).flow(NoonFlow::new()).build().unwrap();
        engine.run_pending().unwrap();
        clock.set(noon.after(Duration::from_millis(10)));
        engine.run_pending().unwrap();
        assert_eq!(starts::<NoonFlow>(&engine), 1);
        clock.set(Timestamp::from_millis(noon.as_millis() - 20));
        engine.run_pending().unwrap();
        clock.advance(HOUR);
        engine.run_pending().unwrap();
        assert_eq!(starts::<NoonFlow>(&engine), 1);
    });
}

#[derive(Flow)]
pub struct LoadFlow {
    gate: Arc<Mutex<Option<mpsc::Receiver<()>>>>,
    fails: Arc<AtomicBool>,
    #[next(work)]
    start: StartHandle,
    #[call(Self::work)]
    #[delay("10s")]
    #[retry(attempts = 5, backoff = "10s")]
    #[timeout("1h")]
    #[next(end)]
    work: Job,
    end: End,
}

impl LoadFlow {
    fn work(&self, _: &JobRun<Self>) -> Result<()> {
        let gate = self.gate.lock().unwrap().take();
        // The test closes the channel when the worker is no longer lost.
        gate.map_or(Ok(()), |gate| gate.recv()).unwrap_or_default();
        if self.fails.swap(false, Ordering::SeqCst) { Err(Error::msg("not yet")) } else { Ok(()) }
    }
}

/// The state of a job when the clock is set right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Far {
    /// No worker has begun it.
    Delayed,
    /// A worker has it, and is lost.
    Leased,
    /// An attempt has failed, and the next one is due later.
    BackedOff,
    /// A worker had it when its process was suspended; the process has been resumed since.
    Suspended,
}

fn goes_on(store: Arc<dyn Store>, far: Far, wrong_by: Duration, rebuilt: bool) {
    let case = format!("{far:?}, wrong by {wrong_by:?}, rebuilt: {rebuilt}");
    let clock = Arc::new(ManualClock::at(MORNING.after(wrong_by)));
    let build = |gate: Option<mpsc::Receiver<()>>| {
        let flow = LoadFlow::new(Arc::new(Mutex::new(gate)), Arc::new(AtomicBool::new(far == Far::BackedOff)));
        Engine::builder(Arc::clone(&store)).clock(Arc::clone(&clock)).flow(flow).build().unwrap()
    };
    let (open, gate) = mpsc::channel();
    let lost = build(Some(gate).filter(|_| matches!(far, Far::Leased | Far::Suspended)));
    let other = build(None);
    other.run_pending().unwrap();
    let id = lost.run(LoadFlow::start, ()).unwrap().id;
    if far != Far::Delayed {
        clock.advance(20 * Duration::from_secs(1));
    }
    let worker = lost.clone();
    let thread = std::thread::spawn(move || worker.run_pending());
    let status = |engine: &Engine| open_tasks(engine, LoadFlow::work_node, id).first().map(|task| task.status);
    match far {
        Far::Leased | Far::Suspended => wait_until(|| status(&other) == Some(TaskStatus::Started)),
        Far::Delayed | Far::BackedOff => wait_until(|| thread.is_finished()),
    }
    if far == Far::Suspended {
        other.suspend(id, &boss()).unwrap();
        other.resume(id, &boss()).unwrap();
    } else {
        // The other engine has seen the wrong time.
        other.run_pending().unwrap();
    }
    clock.set(MORNING);
    let engine = if rebuilt { build(None) } else { other };
    for _ in 0..4 {
        clock.advance(MINUTE);
        engine.run_pending().unwrap();
    }
    let now = engine.process_record(id).unwrap().status;
    assert_eq!(inconsistencies(&*store), Vec::<String>::new(), "{case}");
    drop(open);
    thread.join().unwrap().unwrap();
    assert_eq!(now, ProcessStatus::Done, "{case}");
}

#[test]
fn a_job_goes_on_however_far_it_was_when_a_clock_that_was_wrong_is_set_right() {
    for (index, wrong_by) in WRONG_BY.into_iter().enumerate() {
        for far in [Far::Delayed, Far::Leased, Far::BackedOff, Far::Suspended] {
            for rebuilt in [false, true] {
                if index == far as usize {
                    on_every_store(|store| goes_on(store, far, wrong_by, rebuilt));
                } else {
                    goes_on(Arc::new(MemoryStore::new()), far, wrong_by, rebuilt);
                }
            }
        }
    }
}
