//! The cost of an idle engine, with a full store, and after a busy night.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use viewflow::engine::{Clock as _, SystemClock};
use viewflow::prelude::*;

use crate::flows::{self, InboxFlow, OrderFlow, Paid, PauseFlow};
use crate::measure::{Result, Row, Run, in_threads};
use crate::stores;

const WORKERS: usize = 64;
/// The number of threads that fill a store.
const THREADS: usize = 16;
/// The processor time that is allowed, in milliseconds a second.
const ALLOWED: f64 = 1.0;

/// A flow with a timer that fires in a year.
#[derive(Flow)]
pub(crate) struct LaterFlow {
    #[next(later)]
    start: StartHandle,
    #[delay("365d")]
    #[next(end)]
    later: Timer,
    end: End,
}

pub(crate) fn run(run: &Run) -> Result<()> {
    if !run.wants("idle") {
        return Ok(());
    }
    let (tasks, others, night) = run.size((1_000_000, 10_000, 100_000), (20_000, 1_000, 2_000));
    let directory = TempDir::new()?;
    let builder = Engine::builder(stores::open_relaxed(directory.path())?).flow(InboxFlow::new());
    let engine = builder.flow(OrderFlow::new()).flow(PauseFlow::new()).flow(LaterFlow::new()).build()?;
    flows::fill(&engine, THREADS, tasks)?;
    let mine = |number: usize, count: usize| (number..count).step_by(THREADS).map(u32::try_from);
    in_threads(THREADS, |number| {
        for key in mine(number, others) {
            engine.run(OrderFlow::start, key?)?;
            engine.run(LaterFlow::start, ())?;
        }
        Ok(())
    })?;
    let workers = engine.workers(WORKERS);
    let note = format!("{WORKERS} workers, {tasks} open tasks, {others} messages awaited and as many timers not due");
    run.show(&row("idle", rest(run)?).note(note));
    // Workers start and finish each of these processes.
    in_threads(THREADS, |number| {
        for key in mine(number, night) {
            let order = 1_000_000 + key?;
            engine.run(PauseFlow::start, ())?;
            engine.run(OrderFlow::start, order)?;
            engine.send(&Paid { order })?;
        }
        Ok(())
    })?;
    let begun = Instant::now();
    while busy(&engine)? {
        if begun.elapsed() > Duration::from_mins(10) {
            return Err("the night does not end".into());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    let note = format!("after {night} timers have fired and as many messages were taken");
    run.show(&row("idle-after-a-night", rest(run)?).note(note));
    workers.stop();
    Ok(())
}

fn row(figure: &str, time: f64) -> Row {
    Row::new(figure, time, "ms/s").against(ALLOWED).at_most(1.0)
}

/// Whether some work is still due today.
fn busy(engine: &Engine) -> Result<bool> {
    let soon = SystemClock.now().after(Duration::from_hours(24));
    let open = engine.processes::<PauseFlow>().with_status(ProcessStatus::New).page(None, 1)?.items.len();
    Ok(open > 0 || engine.next_due()?.is_some_and(|due| due < soon))
}

/// Returns the processor time that this program takes while idle, in milliseconds a second.
fn rest(run: &Run) -> Result<f64> {
    let length = Duration::from_secs(run.size(20, 5));
    // The store may still be moving earlier writes to their place.
    std::thread::sleep(Duration::from_secs(run.size(10, 3)));
    let before = processor()?;
    std::thread::sleep(length);
    Ok(processor()?.saturating_sub(before).as_secs_f64() * 1e3 / length.as_secs_f64())
}

/// Returns the processor time of all threads of this program. No thread starts or ends meanwhile.
fn processor() -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let told = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let nanoseconds = told.split_whitespace().next().ok_or("no schedstat")?.parse()?;
        sum += Duration::from_nanos(nanoseconds);
    }
    Ok(sum)
}
