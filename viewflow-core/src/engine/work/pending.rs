//! What is to be done outside of steps: jobs, timers, signals, messages, conditions over tables, starts by the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use viewflow_graph::Kind;

use super::clock::{NEVER, Next, next_of, schedule_row};
use super::subscribers::SUBSCRIBERS;
use crate::definition::{NodeDef, SCHEDULES};
use crate::engine::Engine;
use crate::engine::call::call;
use crate::error::{Error, Result};
use crate::id::TaskId;
use crate::kernel::signal::SIGNALS;
use crate::store::{Change, Commit, TaskList};
use crate::time::Timestamp;

/// How many entries of a list are looked at before the others get their turn.
pub(in crate::engine) const BATCH: usize = 64;
/// How many pieces of work one call of `run_pending` does at most.
const AT_ONCE: usize = 10_000;
/// How long something that failed in a way that no task is to blame for is left alone.
const REST: Duration = Duration::from_secs(1);

/// What an engine knows of the work that is to be done. All of it can be found in the store again.
pub(in crate::engine) struct Pending {
    /// What some thread is at, and what is left alone until some time, after it failed.
    claims: Mutex<BTreeMap<Claim, Option<Instant>>>,
    /// Jobs that run in this program, each with its attempt.
    pub(in crate::engine) running: Mutex<BTreeMap<TaskId, u32>>,
    /// Tables that were written since the conditions over them were asked.
    pub(super) dirty: Mutex<BTreeSet<String>>,
    /// Whether conditions have been asked since the store was opened.
    pub(in crate::engine) asked: Mutex<bool>,
    /// The latest time that the clock has shown.
    pub(super) shown: Mutex<Option<Timestamp>>,
    /// How far expired messages were looked for.
    pub(super) swept: Mutex<u64>,
    /// Rings when there may be work: how often it has.
    bell: Mutex<u64>,
    rung: Condvar,
    /// How long a worker has a job, unless it renews that.
    pub(in crate::engine) lease: Duration,
    pub(in crate::engine) on_error: Option<Box<dyn Fn(&Error) + Send + Sync>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    Task(TaskId),
    Mailbox(u64),
    Signal(u64),
    Start(String, String),
}

pub(in crate::engine) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pending {
    pub(in crate::engine) fn new(lease: Duration, on_error: Option<Box<dyn Fn(&Error) + Send + Sync>>) -> Self {
        Self {
            claims: Mutex::default(),
            running: Mutex::default(),
            dirty: Mutex::default(),
            asked: Mutex::new(false),
            shown: Mutex::default(),
            swept: Mutex::new(0),
            bell: Mutex::new(0),
            rung: Condvar::new(),
            lease,
            on_error,
        }
    }

    pub(super) fn ring(&self) {
        *lock(&self.bell) += 1;
        self.rung.notify_all();
    }

    /// How often the bell has rung.
    pub(super) fn rings(&self) -> u64 {
        *lock(&self.bell)
    }

    /// Waits until the bell has rung more often than `heard`, or for `longest`.
    pub(in crate::engine) fn wait(&self, heard: u64, longest: Duration) {
        let bell = lock(&self.bell);
        if *bell == heard {
            drop(self.rung.wait_timeout(bell, longest).unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// What a pass over the pending work came to.
#[derive(Default)]
pub(super) struct Pass {
    pub(in crate::engine) done: usize,
    /// What nobody could be blamed for.
    pub(in crate::engine) errors: Vec<Error>,
}

impl Pass {
    pub(in crate::engine) fn note(&mut self, result: Result<usize>) {
        match result {
            Ok(done) => self.done += done,
            Err(error) => self.errors.push(error),
        }
    }

    pub(in crate::engine) fn add(&mut self, other: Self) {
        self.done += other.done;
        self.errors.extend(other.errors);
    }

    pub(in crate::engine) fn result(self) -> Result<usize> {
        self.errors.into_iter().next().map_or(Ok(self.done), Err)
    }
}

/// Goes on without a record that cannot be read: whoever does the work tells of it.
fn readable<R>(read: Result<R>) -> Result<Option<R>> {
    match read {
        Err(error) if error.is_unreadable() => Ok(None),
        read => read.map(Some),
    }
}

impl Engine {
    /// Does what is due now, in this thread: runs jobs, fires timers, delivers signals and messages, asks conditions, starts
    /// processes by the clock; tells subscribers what happened; and forgets what [`EngineBuilder::retain`](crate::EngineBuilder::retain) says. For programs without [`Engine::workers`], such as one with a loop of its own, and for
    /// tests. Answers with how many pieces of work there were; at most 10,000 are done in one call.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore};
    /// let engine = Engine::builder(MemoryStore::new()).build()?;
    /// assert_eq!(engine.run_pending()?, 0);
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first failure that no task could be blamed for, such as of the store; the rest is done all the same. A record that cannot
    /// be read is no failure where [`EngineBuilder::on_error`](crate::EngineBuilder::on_error) hears of it.
    pub fn run_pending(&self) -> Result<usize> {
        let mut all = Pass::default();
        loop {
            let mut pass = self.pass(true);
            let mut failures = Pass::default();
            pass.done += self.tell_subscribers(&mut |error| failures.note(Err(error)));
            pass.done += self.forget_some(&mut |error| failures.note(Err(error)));
            pass.add(failures);
            let idle = pass.done == 0;
            all.add(pass);
            if idle || all.done >= AT_ONCE {
                return self.come_to(all);
            }
        }
    }

    /// What was done, or the first failure. What cannot be read goes to the listener for errors, if there is one, and so do all
    /// failures but the first.
    fn come_to(&self, all: Pass) -> Result<usize> {
        let told = |error: &Error| error.is_unreadable() && self.0.pending.on_error.is_some();
        let (told, left): (Vec<Error>, Vec<Error>) = all.errors.into_iter().partition(told);
        let mut left = left.into_iter();
        let first = left.next();
        told.into_iter().chain(left).for_each(|error| self.report(&error));
        first.map_or(Ok(all.done), Err)
    }

    /// When the next timer, timeout or start by the clock is due, or the next job, or something may be forgotten: now or earlier when something waits
    /// for [`Engine::run_pending`] already. None when nothing is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        let mut next = self.next_work()?;
        for index in 0..self.0.subscribers.len() {
            next = next.into_iter().chain(readable(self.next_to_tell(index))?.flatten()).min();
        }
        Ok(next)
    }

    /// As [`Engine::next_due`], but for subscribers.
    pub(super) fn next_work(&self) -> Result<Option<Timestamp>> {
        let store = &self.0.store;
        let now = self.0.clock.now();
        let dirty = !lock(&self.0.pending.dirty).is_empty();
        if dirty || !self.ready_mailboxes(0, 1)?.is_empty() || !store.row_ids(SIGNALS, 0, 1)?.is_empty() {
            return Ok(Some(now));
        }
        let mut next = self.next_to_look();
        for listed in store.list_tasks(&TaskList::Due, None, BATCH)? {
            if let Some(task) = readable(store.task(listed.task).map_err(Error::Store))? {
                next = next.into_iter().chain(task.and_then(|task| task.due)).min();
                break;
            }
        }
        for (flow, node, rhythm) in self.starts_by_clock() {
            let row = store.row(SCHEDULES, schedule_row(&flow, &node)).map_err(Error::Store);
            let Some(row) = readable(row)? else { continue };
            let due = match row.and_then(|row| next_of(&row.record, &rhythm, now)) {
                Some(Next::At(due)) => due,
                Some(Next::SetBack) | None => now,
            };
            next = next.into_iter().chain(Some(due).filter(|due| *due < NEVER)).min();
        }
        Ok(next)
    }

    /// One look at all that may be pending; at jobs, if they are wanted.
    pub(super) fn pass(&self, jobs: bool) -> Pass {
        let mut pass = self.look_at_clock();
        for (flow, node, _) in self.starts_by_clock() {
            let claim = Claim::Start(flow.clone(), node.clone());
            pass.note(self.claimed(claim, || self.start_by_clock(&flow, &node)));
        }
        pass.add(self.deliver_messages());
        pass.add(self.deliver_signals());
        pass.add(self.ask_conditions());
        pass.add(self.do_due(jobs));
        pass
    }

    /// Does something unless another thread is at it, or it has failed just now.
    pub(super) fn claimed(&self, claim: Claim, work: impl FnOnce() -> Result<usize>) -> Result<usize> {
        {
            let mut claims = lock(&self.0.pending.claims);
            match claims.get(&claim) {
                Some(None) => return Ok(0),
                Some(Some(until)) if Instant::now() < *until => return Ok(0),
                _ => drop(claims.insert(claim.clone(), None)),
            }
        }
        let result = call(work);
        let mut claims = lock(&self.0.pending.claims);
        if let Ok(Ok(_)) = &result {
            claims.remove(&claim);
        } else {
            let now = Instant::now();
            claims.retain(|_, until| until.is_none_or(|until| now < until));
            claims.insert(claim, Some(now + REST));
        }
        drop(claims);
        result.unwrap_or_else(|message| Err(worker_panicked(&message)))
    }

    /// Visits rows batch by batch, until a batch gave something to do or was the last one.
    pub(super) fn batches(&self, rows: impl Fn(u64) -> Result<Vec<u64>>, visit: impl Fn(u64) -> Result<usize>) -> Pass {
        let mut pass = Pass::default();
        let mut after = 0;
        loop {
            let batch = match rows(after) {
                Ok(batch) => batch,
                Err(error) => {
                    pass.note(Err(error));
                    return pass;
                }
            };
            batch.iter().for_each(|row| pass.note(visit(*row)));
            // What comes after a whole batch that others are at, or that fails, can still be done.
            match batch.last() {
                Some(last) if batch.len() == BATCH && pass.done == 0 => after = *last,
                _ => return pass,
            }
        }
    }

    /// What a commit leaves to be done outside of it: the tables it wrote, if conditions may be asked of them.
    pub(in crate::engine) fn note_pending(&self, commit: &Commit) -> Option<Vec<String>> {
        let mut tables = Vec::new();
        // Subscribers wait for events.
        let mut due = !commit.events.is_empty() && !self.0.subscribers.is_empty();
        for change in &commit.changes {
            match change {
                Change::Task { new, .. } => due |= new.due.is_some(),
                Change::Row { table, .. } if table == SUBSCRIBERS => {}
                Change::Row { table, .. } if table.starts_with("viewflow.") => due = true,
                Change::Row { table, .. } if !tables.contains(table) => tables.push(table.clone()),
                _ => {}
            }
        }
        (due || !tables.is_empty()).then_some(tables)
    }

    pub(in crate::engine) fn tell_workers(&self, tables: Vec<String>) {
        let asks = |node: &NodeDef| node.kind == Kind::ConditionalCatch;
        if !tables.is_empty() && self.0.flows.values().any(|def| def.nodes.iter().any(asks)) {
            lock(&self.0.pending.dirty).extend(tables);
        }
        self.0.pending.ring();
    }

    pub(in crate::engine) fn report(&self, error: &Error) {
        if let Some(on_error) = &self.0.pending.on_error {
            // Should it fail itself, nobody is left to be told.
            drop(call(|| on_error(error)));
        }
    }
}

/// What is reported of work that panicked.
pub(super) fn worker_panicked(message: &str) -> Error {
    Error::Other(format!("a worker panicked: {message}").into())
}
