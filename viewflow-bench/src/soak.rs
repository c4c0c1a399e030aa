//! Mixed work for a long time: it checks whether memory and disk usage stay flat.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use viewflow::EventKind;
use viewflow::prelude::{Engine, ProcessId};

use crate::flows::{self, FanFlow, OrderFlow, Paid, PauseFlow, WorkFlow};
use crate::measure::{Random, Result, float, in_threads, percentile, readable};
use crate::{bare, child, stores};

const THREADS: usize = 8;
const WORKERS: usize = 4;
/// The default number of steps a second, including those of workers. Two cores can do that and have time left.
const RATE: f64 = 2_000.0;
/// The time between two lines of output.
const EVERY: Duration = Duration::from_secs(10);
/// The number of processes that a thread leaves open for a while.
const OPEN: usize = 50;
/// The number of processes above which no new ones are started until workers have caught up.
const BACKLOG: i64 = 5_000;
/// The greatest ratio to the earlier value that counts as flat.
const FLAT: f64 = 1.1;
const MIB: f64 = 1_048_576.0;

/// The counts of all threads.
#[derive(Default)]
struct Counts {
    /// The commands of the threads.
    commands: AtomicUsize,
    /// All commits, if the store reports them.
    commits: Arc<AtomicUsize>,
    running: Arc<AtomicI64>,
    orders: AtomicU32,
    /// The latencies of the commands since the last line, in microseconds.
    latencies: Mutex<Vec<f64>>,
    stop: AtomicBool,
}

/// The values in a line that should stay flat.
struct Sample {
    resident: f64,
    disk: f64,
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (minutes, rate, json) = parse(arguments)?;
    let (directory, counts) = (TempDir::new()?, Counts::default());
    let engine = engine(directory.path(), &counts)?;
    let workers = engine.workers(WORKERS);
    let samples = Mutex::new(Vec::new());
    let end = Duration::from_secs_f64(minutes * 60.0);
    in_threads(THREADS + 1, |number| {
        let done = if number == THREADS {
            let watched = watch(directory.path(), &counts, end, json);
            watched.map(|all| samples.lock().unwrap_or_else(PoisonError::into_inner).extend(all))
        } else {
            Worker::new(number).work(&engine, &counts, rate)
        };
        // A thread that fails or is done stops the other threads.
        counts.stop.store(true, Ordering::Relaxed);
        done
    })?;
    workers.stop();
    drop(engine);
    tell(&samples.into_inner().unwrap_or_else(PoisonError::into_inner));
    Ok(())
}

fn parse(arguments: &[String]) -> Result<(f64, f64, bool)> {
    let (mut minutes, mut rate, mut json) = (30.0, RATE, false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--minutes" => minutes = arguments.next().ok_or("how many minutes?")?.parse()?,
            "--rate" => rate = arguments.next().ok_or("how many steps a second?")?.parse()?,
            other => {
                let usage = "viewflow-bench soak [--minutes N] [--rate STEPS] [--json]";
                return Err(format!("`{other}`? usage: {usage}").into());
            }
        }
    }
    Ok((minutes, rate, json))
}

fn engine(path: &Path, counts: &Counts) -> Result<Engine> {
    let (commits, running) = (Arc::clone(&counts.commits), Arc::clone(&counts.running));
    let trace: stores::Trace = Arc::new(move |_| {
        commits.fetch_add(1, Ordering::Relaxed);
    });
    let builder = stores::retaining(stores::open_traced(path, trace)?);
    let builder = builder.on_error(|error| eprintln!("a worker: {error}")).on_event(move |event| {
        let change = match event.kind {
            EventKind::ProcessStarted => 1,
            EventKind::ProcessFinished | EventKind::ProcessCanceled | EventKind::ProcessFailed { .. } => -1,
            _ => return,
        };
        running.fetch_add(change, Ordering::Relaxed);
    });
    flows::soak_engine(builder)
}

/// A thread, with the processes that it has left open.
struct Worker {
    random: Random,
    hellos: VecDeque<ProcessId>,
    orders: VecDeque<u32>,
    latencies: Vec<f64>,
}

impl Worker {
    fn new(number: usize) -> Self {
        let random = Random::new(number);
        Self { random, hellos: VecDeque::new(), orders: VecDeque::new(), latencies: Vec::new() }
    }

    fn work(mut self, engine: &Engine, counts: &Counts, rate: f64) -> Result<()> {
        let begun = Instant::now();
        while !counts.stop.load(Ordering::Relaxed) {
            let ahead = float(counts.commits.load(Ordering::Relaxed)) > rate * begun.elapsed().as_secs_f64();
            if ahead || counts.running.load(Ordering::Relaxed) > BACKLOG {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
            self.turn(engine, counts)?;
            counts.commands.fetch_add(self.latencies.len(), Ordering::Relaxed);
            counts.latencies.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.latencies);
        }
        Ok(())
    }

    /// Does one of many things, and finishes processes that were open long enough.
    fn turn(&mut self, engine: &Engine, counts: &Counts) -> Result<()> {
        match self.random.below(5) {
            0 => {
                let started = self.timed(|| flows::start_hello(engine))?;
                self.hellos.push_back(started);
                if self.hellos.len() > OPEN
                    && let Some(process) = self.hellos.pop_front()
                {
                    let (task, ann) = (flows::task_of(process), flows::somebody());
                    self.timed(|| Ok(engine.assign(task, &ann)?))?;
                    self.timed(|| flows::approve(engine, process))?;
                }
            }
            1 => drop(self.timed(|| Ok(engine.run(WorkFlow::start, ())?))?),
            2 => drop(self.timed(|| Ok(engine.run(PauseFlow::start, ())?))?),
            3 => {
                let order = counts.orders.fetch_add(1, Ordering::Relaxed);
                self.timed(|| Ok(engine.run(OrderFlow::start, order)?))?;
                self.orders.push_back(order);
                if self.orders.len() > OPEN
                    && let Some(order) = self.orders.pop_front()
                {
                    self.timed(|| Ok(engine.send(&Paid { order })?))?;
                }
            }
            _ => {
                let size = 1 + u32::try_from(self.random.below(20))?;
                self.timed(|| Ok(engine.run(FanFlow::start, size)?))?;
            }
        }
        Ok(())
    }

    fn timed<R>(&mut self, command: impl FnOnce() -> Result<R>) -> Result<R> {
        let begun = Instant::now();
        let answer = command()?;
        self.latencies.push(begun.elapsed().as_secs_f64() * 1e6);
        Ok(answer)
    }
}

/// Writes lines at intervals, until the time is over or a thread has failed.
fn watch(path: &Path, counts: &Counts, end: Duration, json: bool) -> Result<Vec<Sample>> {
    let (begun, mut before, mut samples) = (Instant::now(), (0, 0.0), Vec::new());
    let mut next = EVERY.min(end);
    while !counts.stop.load(Ordering::Relaxed) {
        if begun.elapsed() < next {
            std::thread::sleep(Duration::from_millis(50));
            continue;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let steps = counts.commands.load(Ordering::Relaxed).max(counts.commits.load(Ordering::Relaxed));
        let rate = float(steps - before.0) / (seconds - before.1);
        let mut latencies = std::mem::take(&mut *counts.latencies.lock().unwrap_or_else(PoisonError::into_inner));
        let (p50, p99) = (percentile(&mut latencies, 50) / 1e3, percentile(&mut latencies, 99) / 1e3);
        let sample = Sample { resident: float(child::resident()?), disk: float(bare::on_disk(path)?) };
        let running = counts.running.load(Ordering::Relaxed);
        if json {
            println!(
                "{}",
                json!({
                    "seconds": seconds.round(), "steps": steps, "steps_per_s": rate.round(), "p50_ms": p50,
                    "p99_ms": p99, "resident": sample.resident, "disk": sample.disk, "running": running,
                })
            );
        } else {
            println!(
                "{seconds:6.0} s  {:>12} steps  {:>7}/s  p50 {p50:7.2} ms  p99 {p99:7.2} ms  memory {:>6.0} MiB  \
                 disk {:>7.0} MiB  {running:>6} running",
                readable(float(steps)),
                readable(rate),
                sample.resident / MIB,
                sample.disk / MIB,
            );
        }
        samples.push(sample);
        before = (steps, seconds);
        if next >= end {
            break;
        }
        next = (next + EVERY).min(end);
    }
    Ok(samples)
}

/// Compares the second half of the run with the quarter before it, and reports the result.
///
/// The first quarter does not count, as it only fills the store. sled lets its file grow until half of it is free. So
/// one quarter may be at the top of that growth, and the next one at the bottom.
fn tell(samples: &[Sample]) {
    let quarter = samples.len() / 4;
    if quarter == 0 {
        println!("too short to say whether memory and disk stayed flat");
        return;
    }
    for (name, what) in [("memory", (|sample| sample.resident) as fn(&Sample) -> f64), ("disk", |sample| sample.disk)] {
        let mean = |of: &[Sample]| of.iter().map(what).sum::<f64>() / float(of.len()) / MIB;
        let [first, second, third, last] = [0, 1, 2, 3].map(|number| mean(&samples[quarter * number..][..quarter]));
        let verdict = if f64::midpoint(third, last) <= second * FLAT { "stayed flat" } else { "GREW" };
        println!("{name} {verdict}: {first:.0}, {second:.0}, {third:.0}, {last:.0} MiB in the four quarters");
    }
}
