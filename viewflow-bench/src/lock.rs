//! How long a commit keeps the others waiting: small ones, large ones, and those that forget, while eight threads are at work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use viewflow::prelude::*;
use viewflow::{Clock as _, SystemClock};

use crate::flows::{self, FanFlow, HelloFlow};
use crate::measure::{Result, Row, Run, float, in_threads, per_mille, readable};
use crate::stores;

const THREADS: usize = 8;
/// How many records the commits have that are to be short.
const SMALL: usize = 100;
/// How long those may keep the others waiting, in microseconds.
const ALLOWED: f64 = 1_000.0;

#[derive(Entity, Clone, Debug)]
pub(crate) struct Note {
    #[id]
    pub id: Id<Note>,
    pub number: u32,
}

/// How long each commit kept the others waiting, in microseconds, and how many keys it wrote.
type Times = Arc<Mutex<Vec<(f64, usize)>>>;

pub(crate) fn run(run: &Run) -> Result<()> {
    if !run.wants("lock") {
        return Ok(());
    }
    let (directory, times) = (TempDir::new()?, Times::default());
    let kept = Arc::clone(&times);
    let note = move |time: Duration, keys| {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push((time.as_secs_f64() * 1e6, keys));
    };
    let builder = Engine::builder(stores::open_timed(directory.path(), Arc::new(note))?).flow(HelloFlow::new());
    let engine = builder.flow(FanFlow::new()).build()?;
    let phase = Phase { engine: &engine, times: &times, length: Duration::from_secs(run.size(20, 3)) };
    let small = phase.run(&|_| Ok(()), &|keys| keys <= 5 * SMALL)?;
    show(run, "lock-100", small, ALLOWED, &format!("commits of up to {SMALL} records"));
    let large = phase.run(&|engine| insert(engine, 100 * SMALL), &|keys| keys > 50 * SMALL)?;
    show(run, "lock-10000", large, ALLOWED * 100.0, &format!("commits of {} records beside them", 100 * SMALL));
    let branches = u32::try_from(run.size(30_000, 3_000))?;
    for _ in 0..10 {
        engine.run(FanFlow::start, branches)?;
    }
    let forgotten = phase.run(&|engine| Ok(engine.purge(SystemClock.now()).map(drop)?), &|keys| keys > 5 * SMALL)?;
    show(
        run,
        "lock-forget",
        forgotten,
        ALLOWED,
        &format!("ten processes of {branches} branches are forgotten beside them"),
    );
    Ok(())
}

struct Phase<'p> {
    engine: &'p Engine,
    times: &'p Times,
    length: Duration,
}

impl Phase<'_> {
    /// How long the commits took that count by their number of keys, while seven threads make small ones and another one does
    /// something else.
    fn run(&self, other: &(dyn Fn(&Engine) -> Result<()> + Sync), counts: &dyn Fn(usize) -> bool) -> Result<Vec<f64>> {
        let (begun, stop) = (Instant::now(), AtomicBool::new(false));
        self.times.lock().unwrap_or_else(PoisonError::into_inner).clear();
        in_threads(THREADS, |number| {
            while !stop.load(Ordering::Relaxed) {
                if number == 0 {
                    other(self.engine)?;
                }
                // Of all sizes up to the largest.
                insert(self.engine, SMALL >> number)?;
                flows::approve(self.engine, flows::start_hello(self.engine)?)?;
                stop.fetch_or(begun.elapsed() > self.length, Ordering::Relaxed);
            }
            Ok(())
        })?;
        let times = std::mem::take(&mut *self.times.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(times.into_iter().filter(|(_, keys)| counts(*keys)).map(|(time, _)| time).collect())
    }
}

/// So many rows in one commit.
fn insert(engine: &Engine, rows: usize) -> Result<()> {
    let row = |number| Note { id: Id::NEW, number };
    Ok(engine.transaction(|db| (0..rows).try_for_each(|_| db.table().insert(row(7)).map(drop)))?)
}

fn show(run: &Run, figure: &str, mut times: Vec<f64>, allowed: f64, what: &str) {
    let [half, most, nearly_all, all] = [500, 990, 999, 1_000].map(|part| per_mille(&mut times, part));
    let row = Row::new(figure, nearly_all, "us p99.9").against(allowed).at_most(1.0);
    let [half, most, all] = [half, most, all].map(readable);
    let count = readable(float(times.len()));
    run.show(&row.note(format!("p50 {half}, p99 {most}, max {all}; {count} {what}, by {THREADS} threads")));
}
