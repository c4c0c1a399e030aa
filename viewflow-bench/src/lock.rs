//! The time for which a commit keeps other threads waiting, while eight threads are at work.
//!
//! It is measured for small commits, for large commits, and for commits that forget processes.
//!
//! If there are more threads than processors, a thread loses its processor for some milliseconds now and then, whatever
//! it holds. So three times are reported. The first is the time itself, and the second is the processor time of the
//! thread meanwhile. The third is the time of an empty section with the same processor time.

use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;
use viewflow::engine::{Clock as _, SystemClock};
use viewflow::prelude::*;

use crate::flows::{self, FanFlow, HelloFlow};
use crate::measure::{Result, Row, Run, float, in_threads, per_mille, readable};
use crate::stores::{self, Moment};

const THREADS: usize = 8;
/// The greatest number of records in a commit that counts as small.
const SMALL: usize = 100;
/// The time for which a small commit may keep others waiting, in microseconds.
const ALLOWED: f64 = 1_000.0;

#[derive(Entity, Clone, Debug)]
pub(crate) struct Note {
    #[id]
    pub id: Id<Note>,
    pub number: u32,
}

/// The length of a section, and the processor time of its thread meanwhile.
#[derive(Clone, Copy, Default)]
struct Span {
    time: Duration,
    at_work: Duration,
}

impl Span {
    fn now(begun: Instant) -> Self {
        let at_work = clock_gettime(ClockId::ThreadCPUTime);
        Self { time: begun.elapsed(), at_work: Duration::try_from(at_work).unwrap_or_default() }
    }

    fn since(self, earlier: Self) -> Self {
        Self { time: self.time.saturating_sub(earlier.time), at_work: self.at_work.saturating_sub(earlier.at_work) }
    }

    fn longer(self, other: Self) -> Self {
        Self { time: self.time.max(other.time), at_work: self.at_work.max(other.at_work) }
    }
}

/// The times of one commit.
struct Taken {
    keys: usize,
    /// The longest time for which nobody could read.
    held: Span,
    /// The time for which nobody else could commit.
    alone: Span,
    /// The time of an empty section, for every fourth commit.
    empty: Option<Duration>,
}

/// The times of all commits.
struct Times {
    begun: Instant,
    taken: Mutex<Vec<Taken>>,
    empty: Mutex<()>,
}

thread_local! {
    /// The begin of the time for which this thread keeps others from committing, and the same for reading.
    ///
    /// The third value is the longest time for which it kept others from reading.
    static BEGUN: Cell<[Span; 3]> = Cell::default();
}

impl Times {
    fn new() -> Self {
        Self { begun: Instant::now(), taken: Mutex::default(), empty: Mutex::default() }
    }

    fn note(&self, moment: Moment) {
        let now = Span::now(self.begun);
        let [alone, holds, longest] = BEGUN.get();
        match moment {
            Moment::Alone => BEGUN.set([now, Span::default(), Span::default()]),
            Moment::Holds => BEGUN.set([alone, now, longest]),
            Moment::LetsGo => BEGUN.set([alone, holds, longest.longer(now.since(holds))]),
            Moment::Over(keys) => {
                let mut taken = self.taken();
                let nth = taken.len();
                taken.push(Taken { keys, held: longest, alone: now.since(alone), empty: None });
                drop(taken);
                if nth.is_multiple_of(4) {
                    let empty = self.empty_section(longest.at_work);
                    self.taken()[nth].empty = Some(empty);
                }
            }
            _ => {}
        }
    }

    /// Returns the time of a separate section that takes this much processor time.
    fn empty_section(&self, at_work: Duration) -> Duration {
        let _section = self.empty.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = Span::now(self.begun);
        loop {
            let passed = Span::now(self.begun).since(begun);
            if passed.at_work >= at_work {
                return passed.time;
            }
            spin_loop();
        }
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn run(run: &Run) -> Result<()> {
    if !run.wants("lock") {
        return Ok(());
    }
    let (directory, times) = (TempDir::new()?, Arc::new(Times::new()));
    let kept = Arc::clone(&times);
    let store = stores::open_timed(directory.path(), Arc::new(move |moment| kept.note(moment)))?;
    let engine = Engine::builder(store).flow(HelloFlow::new()).flow(FanFlow::new()).build()?;
    let phase = Phase { engine: &engine, times: &times, length: Duration::from_secs(run.size(20, 3)) };
    let small = phase.run(&|_| Ok(()), &|keys| keys <= 5 * SMALL)?;
    show(run, "lock-100", &small, ALLOWED, &format!("commits of up to {SMALL} records"));
    let large = phase.run(&|engine| insert(engine, 100 * SMALL), &|keys| keys > 50 * SMALL)?;
    show(run, "lock-10000", &large, ALLOWED * 100.0, &format!("commits of {} records beside them", 100 * SMALL));
    let branches = u32::try_from(run.size(30_000, 3_000))?;
    for _ in 0..10 {
        engine.run(FanFlow::start, branches)?;
    }
    let forgotten = phase.run(&|engine| Ok(engine.purge(SystemClock.now()).map(drop)?), &|keys| keys > 5 * SMALL)?;
    let what = format!("commits that forget ten processes of {branches} branches beside them");
    show(run, "lock-forget", &forgotten, ALLOWED, &what);
    Ok(())
}

struct Phase<'p> {
    engine: &'p Engine,
    times: &'p Times,
    length: Duration,
}

impl Phase<'_> {
    /// Returns the times of the commits that count by their number of keys.
    ///
    /// Seven threads make small commits. The other thread also does something else.
    fn run(
        &self,
        other: &(dyn Fn(&Engine) -> Result<()> + Sync),
        counts: &dyn Fn(usize) -> bool,
    ) -> Result<Vec<Taken>> {
        let (begun, stop) = (Instant::now(), AtomicBool::new(false));
        self.times.taken().clear();
        in_threads(THREADS, |number| {
            while !stop.load(Ordering::Relaxed) {
                if number == 0 {
                    other(self.engine)?;
                }
                // The sizes go up to the largest one.
                insert(self.engine, SMALL >> number)?;
                flows::approve(self.engine, flows::start_hello(self.engine)?)?;
                stop.fetch_or(begun.elapsed() > self.length, Ordering::Relaxed);
            }
            Ok(())
        })?;
        let taken = std::mem::take(&mut *self.times.taken());
        Ok(taken.into_iter().filter(|taken| counts(taken.keys)).collect())
    }
}

/// Inserts rows in one commit.
fn insert(engine: &Engine, rows: usize) -> Result<()> {
    let row = |number| Note { id: Id::NEW, number };
    Ok(engine.transaction(|db| (0..rows).try_for_each(|_| db.table().insert(row(7)).map(drop)))?)
}

fn show(run: &Run, figure: &str, taken: &[Taken], allowed: f64, what: &str) {
    let micros = |of: &dyn Fn(&Taken) -> Option<Duration>| -> Vec<f64> {
        taken.iter().filter_map(of).map(|time| time.as_secs_f64() * 1e6).collect()
    };
    let mut rows = [
        ("", micros(&|taken| Some(taken.held.time)), "the longest that nobody could read"),
        ("-at-work", micros(&|taken| Some(taken.held.at_work)), "of it with the processor"),
        ("-empty", micros(&|taken| taken.empty), "an empty section with the processor for as long"),
        ("-alone", micros(&|taken| Some(taken.alone.time)), "nobody else could commit"),
        ("-alone-at-work", micros(&|taken| Some(taken.alone.at_work)), "of it with the processor"),
    ];
    for (suffix, times, of) in &mut rows {
        let [half, most, nearly_all, all] = [500, 990, 999, 1_000].map(|part| per_mille(times, part));
        let row = Row::new(format!("{figure}{suffix}"), nearly_all, "us p99.9").against(allowed);
        let row = if suffix.is_empty() { row.at_most(1.0) } else { row };
        let [half, most, all] = [half, most, all].map(readable);
        let count = readable(float(times.len()));
        run.show(&row.note(format!("p50 {half}, p99 {most}, max {all}: {of}; {count} {what}, {THREADS} threads")));
    }
}
