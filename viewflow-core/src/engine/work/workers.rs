//! Threads that do pending work.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::bell::{Bell, LONGEST_WAIT};
use super::pending::worker_panicked;
use crate::engine::Engine;
use crate::engine::call::call;

/// The shortest time for which a thread waits.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// Threads that run jobs, fire timers and deliver signals and messages, until they are stopped or dropped.
#[must_use = "the workers stop when this is dropped"]
pub struct Workers {
    engine: Engine,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts threads that do what is due, as [`Engine::run_pending`] does. `count` is how many jobs can run at a time;
    /// at least one. Failures that no task can be blamed for go to
    /// [`EngineBuilder::on_error`](crate::EngineBuilder::on_error).
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore};
    /// let engine = Engine::builder(MemoryStore::new()).build()?;
    /// let workers = engine.workers(2);
    /// // ..
    /// workers.stop();
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    pub fn workers(&self, count: usize) -> Workers {
        let stop = Arc::new(AtomicBool::new(false));
        let begin = |name: String, work: Box<dyn FnOnce(&Engine, &AtomicBool) + Send>| {
            let (engine, stop) = (self.clone(), Arc::clone(&stop));
            thread::Builder::new().name(name).spawn(move || work(&engine, &stop))
        };
        let mut threads = Vec::new();
        for number in 0..count.max(1) {
            threads.extend(begin(format!("viewflow-worker-{number}"), Box::new(work)));
        }
        threads.extend(begin("viewflow-time".to_owned(), Box::new(keep_time)));
        if !self.0.followers.is_empty() {
            threads.extend(begin("viewflow-log".to_owned(), Box::new(follow)));
        }
        if self.forgets() {
            threads.extend(begin("viewflow-retention".to_owned(), Box::new(forget)));
        }
        for index in 0..self.0.subscribers.len() {
            let tell = move |engine: &Engine, stop: &AtomicBool| tell(engine, stop, index);
            threads.extend(begin(format!("viewflow-subscriber-{index}"), Box::new(tell)));
        }
        Workers { engine: self.clone(), stop, threads }
    }
}

/// Does rounds of work until it is stopped. Reports a round that panics.
fn rounds(engine: &Engine, stop: &AtomicBool, mut round: impl FnMut(&Bell)) {
    while !stop.load(Ordering::SeqCst) {
        if let Err(message) = call(|| round(&engine.0.pending.bell)) {
            engine.report(&worker_panicked(&message));
        }
    }
}

/// Looks for work when it begins and when it is called, and again as long as it finds some.
fn work(engine: &Engine, stop: &AtomicBool) {
    engine.0.pending.bell.count_worker(true);
    let mut begins = true;
    rounds(engine, stop, |bell| {
        if !std::mem::take(&mut begins) {
            bell.wait_for_work(stop);
        }
        while !stop.load(Ordering::SeqCst) && pass(engine, stop, true) {}
    });
    engine.0.pending.bell.count_worker(false);
}

/// Renews leases, and calls a worker when something is due. While all workers are at work, does everything except jobs,
/// so that timers need not wait for a free worker.
fn keep_time(engine: &Engine, stop: &AtomicBool) {
    let every = (engine.0.pending.lease / 3).clamp(Duration::from_millis(1), LONGEST_WAIT);
    let mut renewed = Instant::now();
    rounds(engine, stop, |bell| {
        let begun = Instant::now();
        if renewed.elapsed() >= every {
            renewed = begun;
            engine.keep_leases();
        }
        if bell.has_idle() {
            let (found, pass) = engine.look_ahead();
            pass.errors.iter().for_each(|error| engine.report(error));
            if found {
                bell.call();
            }
        } else {
            // However much work there is, the leases are renewed in time.
            while !stop.load(Ordering::SeqCst) && renewed.elapsed() < every && pass(engine, stop, false) {}
        }
        bell.wait_for_time(stop, || engine.now(), every.saturating_sub(renewed.elapsed()));
        // A round takes at least this long, so that other threads get the processor however often this one is woken.
        thread::sleep(SHORTEST_WAIT.saturating_sub(begun.elapsed()));
    });
}

/// Forgets processes, a batch at a time, so that neither timers nor jobs wait for that.
fn forget(engine: &Engine, stop: &AtomicBool) {
    rounds(engine, stop, |bell| {
        let heard = bell.count_ended();
        if engine.forget_some(&mut |error| engine.report(&error)) == 0 {
            let next = engine.next_to_look().map_or(LONGEST_WAIT, |next| next.since(engine.now()));
            bell.wait_for_end(stop, heard, next.clamp(SHORTEST_WAIT, LONGEST_WAIT));
        }
    });
}

/// Hands events to a subscriber, so that neither other subscribers nor timers and jobs wait for it.
fn tell(engine: &Engine, stop: &AtomicBool, index: usize) {
    rounds(engine, stop, |bell| {
        let heard = bell.count_logged();
        if engine.tell_subscriber(index, &mut |error| engine.report(&error)) == 0 {
            let next = engine.next_to_tell(index).ok().flatten();
            let left = next.map_or(LONGEST_WAIT, |next| next.since(engine.now()));
            bell.wait_for_log(stop, heard, left.clamp(SHORTEST_WAIT, LONGEST_WAIT));
        }
    });
}

/// Passes events to listeners that follow the log.
fn follow(engine: &Engine, stop: &AtomicBool) {
    rounds(engine, stop, |bell| {
        let heard = bell.count_logged();
        if engine.follow_log(&mut |error| engine.report(&error)) == 0 {
            bell.wait_for_log(stop, heard, LONGEST_WAIT);
        }
    });
}

/// Does a pass. Returns whether there may be more to do.
fn pass(engine: &Engine, stop: &AtomicBool, jobs: bool) -> bool {
    let pass = engine.pass(jobs, &|| stop.load(Ordering::SeqCst));
    for error in &pass.errors {
        engine.report(error);
    }
    pass.done + pass.failed > 0
}

impl Workers {
    /// Lets each thread finish its work, and waits for that. Due work that is left stays for the next workers.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.engine.0.pending.bell.stop(&self.stop);
        for thread in self.threads.drain(..) {
            // A thread catches the panics of its work.
            drop(thread.join());
        }
        self.engine.0.duties.give_back(&*self.engine.0.store);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.halt();
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Workers({})", self.threads.len().saturating_sub(1))
    }
}

/// Runs a future on this thread, for at most the given time.
#[cfg(feature = "tokio")]
pub(super) fn block_on(
    future: crate::definition::BoxFuture<crate::error::Result<Box<dyn std::any::Any + Send>>>,
    longest: Option<Duration>,
) -> crate::error::Result<Box<dyn std::any::Any>> {
    if tokio::runtime::Handle::try_current().is_ok() {
        let message =
            "`run_pending` was called from within an async runtime: call it in `spawn_blocking`, or use `workers`";
        return Err(crate::error::Error::msg(message));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let value = runtime.block_on(async move {
        match longest {
            None => future.await,
            Some(longest) => {
                let late = |_| Err(crate::error::Error::msg(crate::kernel::out_of_time().message));
                tokio::time::timeout(longest, future).await.unwrap_or_else(late)
            }
        }
    })?;
    Ok(value)
}
