//! Work to do outside of steps: jobs, timers, signals, messages, conditions over tables, starts by the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use viewflow_store::{Cursor, ListedTask, News, TaskId, TaskList, Timestamp, due_of_sort};

use super::bell::Bell;
use super::clock::Starts;
use super::conditions::{are_there, asked_by};
use super::messages::Sweep;
use crate::definition::Flows;
use crate::engine::Engine;
use crate::engine::call::call;
use crate::error::{Error, Result, Stale};
use crate::kernel::signal::SIGNALS;

/// How many entries of a list the engine looks at before other lists get their turn.
pub(in crate::engine) const BATCH: usize = 64;
/// How many pieces of work one call of `run_pending` does at most.
const AT_ONCE: usize = 10_000;
/// How long a piece of work is left alone after a failure that no task is to blame for.
const REST: Duration = Duration::from_secs(1);
/// How long other engines leave a piece of work alone that this engine has begun.
const HOLD: Duration = Duration::from_secs(5);

/// How long an engine leaves work alone that belongs to an engine of another version.
pub(super) const LEFT: Duration = Duration::from_mins(1);

/// An engine's knowledge of the work to do. It can find all of that in the store again.
pub(in crate::engine) struct Pending {
    /// The work that some thread does, and failed work that is left alone until some time.
    claims: Mutex<BTreeMap<Claim, Option<Instant>>>,
    /// Jobs that run in this program, each with its attempt.
    pub(in crate::engine) running: Mutex<BTreeMap<TaskId, u32>>,
    /// Nodes whose jobs are left to engines of another version, each with what that version has renewed.
    pub(super) left: Mutex<BTreeMap<(String, String), Stale>>,
    /// Renewals by another version that have been reported. Each is reported once.
    told: Mutex<BTreeSet<String>>,
    /// Whether all conditions have been evaluated since the engine was built.
    pub(super) asked: Mutex<bool>,
    /// The keys by which the engine finds conditions to evaluate.
    pub(super) asked_by: Vec<Vec<u8>>,
    /// When processes start by the clock.
    pub(super) starts: Starts,
    /// The latest time that the clock has shown.
    pub(super) shown: Mutex<Option<Timestamp>>,
    /// How far sweeping has come, which forgets messages that were kept too long.
    pub(super) sweep: Mutex<Sweep>,
    /// How far the engine has looked through due tasks for work that is not a job.
    pub(super) walked: Mutex<Option<Cursor>>,
    pub(super) bell: Bell,
    /// How long a worker has a job, unless it renews that.
    pub(in crate::engine) lease: Duration,
    pub(in crate::engine) on_error: Option<Box<dyn Fn(&Error) + Send + Sync>>,
}

/// A piece of work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    Start(usize),
    Mailbox(u64),
    Signal(u64),
    Conditions,
    /// What is due of a task. Anything that is due of it later is another piece.
    Task(ListedTask),
}

/// Locks it, unless another thread has it.
pub(in crate::engine) fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(guard)) => Some(guard.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

pub(in crate::engine) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pending {
    pub(in crate::engine) fn new(
        flows: &Flows,
        lease: Duration,
        on_error: Option<Box<dyn Fn(&Error) + Send + Sync>>,
    ) -> Self {
        Self {
            claims: Mutex::default(),
            running: Mutex::default(),
            left: Mutex::default(),
            told: Mutex::default(),
            asked: Mutex::new(!are_there(flows)),
            asked_by: asked_by(flows),
            starts: Starts::of(flows),
            shown: Mutex::default(),
            sweep: Mutex::default(),
            walked: Mutex::default(),
            bell: Bell::default(),
            lease,
            on_error,
        }
    }

    /// How long a piece of work is left alone. None if no thread works on it, and it has not just failed.
    pub(super) fn is_taken(&self, claim: &Claim) -> Option<Duration> {
        let left = match lock(&self.claims).get(claim)? {
            None => HOLD,
            Some(until) => until.saturating_duration_since(Instant::now()),
        };
        Some(left).filter(|left| !left.is_zero())
    }
}

/// The result of a pass over the pending work.
#[derive(Default)]
pub(super) struct Pass {
    pub(in crate::engine) done: usize,
    /// How many pieces failed without a task to blame. They are left alone for a while, so that the pieces after them
    /// have their turn.
    pub(super) failed: usize,
    /// Failures without a task to blame.
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
        self.failed += other.failed;
        self.errors.extend(other.errors);
    }

    pub(in crate::engine) fn result(self) -> Result<usize> {
        self.errors.into_iter().next().map_or(Ok(self.done), Err)
    }
}

/// Goes on without a record that cannot be read: the code that does the work reports it.
pub(super) fn readable<R>(read: Result<R>) -> Result<Option<R>> {
    match read {
        Err(error) if error.is_unreadable() => Ok(None),
        read => read.map(Some),
    }
}

impl Engine {
    /// Does the work that is due now, in this thread. It is for programs without [`Engine::workers`], such as tests or
    /// a program with a loop of its own.
    ///
    /// It runs jobs, fires timers, delivers signals and messages, evaluates conditions, and starts processes by the
    /// clock. It passes events to subscribers, and to listeners that follow the log. It forgets processes as
    /// [`EngineBuilder::retain`](crate::EngineBuilder::retain) says. Returns how many pieces of work it did; one call
    /// does at most 10,000.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore};
    /// let engine = Engine::builder(MemoryStore::new()).build()?;
    /// assert_eq!(engine.run_pending()?, 0);
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first failure that no task could be blamed for, such as a failure of the store. The rest is done even so. A
    /// record that cannot be read is no failure if [`EngineBuilder::on_error`](crate::EngineBuilder::on_error) is set,
    /// which gets it.
    pub fn run_pending(&self) -> Result<usize> {
        let mut all = Pass::default();
        loop {
            let mut pass = self.pass(true, &|| false);
            let mut failures = Pass::default();
            pass.done += self.tell_subscribers(&mut |error| failures.note(Err(error)));
            pass.done += self.follow_log(&mut |error| failures.note(Err(error)));
            pass.done += self.forget_some(&mut |error| failures.note(Err(error)));
            pass.add(failures);
            let idle = pass.done + pass.failed == 0;
            all.add(pass);
            if idle || all.done + all.failed >= AT_ONCE {
                return self.come_to(all);
            }
        }
    }

    /// Returns how much was done, or the first failure. All other failures go to the listener for errors, and so do
    /// unreadable records if there is a listener.
    fn come_to(&self, mut all: Pass) -> Result<usize> {
        all.errors.retain(|error| self.is_to_be_told(error));
        let told = |error: &Error| error.is_unreadable() && self.0.pending.on_error.is_some();
        let (told, left): (Vec<Error>, Vec<Error>) = all.errors.into_iter().partition(told);
        let mut left = left.into_iter();
        let first = left.next();
        told.into_iter().chain(left).for_each(|error| self.tell(&error));
        first.map_or(Ok(all.done), Err)
    }

    /// Returns when the next piece of work is due: a timer, a timeout, a start by the clock, a job, or a process to
    /// forget. The time is now or earlier if work already waits for [`Engine::run_pending`]. Returns none if there is
    /// no work.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        let mut next = self.next_work()?;
        for index in 0..self.0.subscribers.len() {
            next = next.into_iter().chain(readable(self.next_to_tell(index))?.flatten()).min();
        }
        if self.has_to_follow()? {
            next = next.into_iter().chain([self.now()]).min();
        }
        Ok(next)
    }

    /// As [`Engine::next_due`], but without subscribers and listeners.
    fn next_work(&self) -> Result<Option<Timestamp>> {
        let store = &self.0.store;
        let now = self.now();
        if self.has_to_ask()? || !self.ready_mailboxes(0, 1)?.is_empty() || !store.row_ids(SIGNALS, 0, 1)?.is_empty() {
            return Ok(Some(now));
        }
        let due = store.list_tasks(&TaskList::Due, None, 1)?.pop().map(|first| due_of_sort(first.sort));
        let next = self.next_to_look().into_iter().chain(due).chain(self.next_start(now)?).min();
        Ok(next)
    }

    /// Looks once at all pending work and does what it finds, until `stops` returns true. Runs jobs if `jobs` is set.
    pub(super) fn pass(&self, jobs: bool, stops: &dyn Fn() -> bool) -> Pass {
        let mut pass = self.look_at_clock();
        let looked = self.look(jobs, &mut pass);
        for (index, piece) in looked.pieces.iter().enumerate() {
            if stops() {
                break;
            }
            let more = || looked.pieces[index + 1..].iter().any(|other| self.0.pending.is_taken(other).is_none());
            pass.add(self.do_piece(piece, jobs, &more));
        }
        pass.note(self.sweep_mailboxes());
        pass.note(self.sweep_once());
        pass
    }

    fn do_piece(&self, piece: &Claim, jobs: bool, more: &dyn Fn() -> bool) -> Pass {
        let done = match piece {
            Claim::Start(node) => self.claimed(piece, more, || self.start_what_is_due(*node)),
            Claim::Mailbox(row) => self.claimed(piece, more, || self.deliver_messages(*row)),
            Claim::Signal(row) => self.claimed(piece, more, || self.deliver_signal(*row)),
            Claim::Conditions => return self.ask_conditions(more),
            Claim::Task(listed) => self.do_due(*listed, jobs, more),
        };
        let mut pass = Pass { failed: usize::from(done.is_err()), ..Pass::default() };
        pass.note(done);
        pass
    }

    /// The name that stores use for a piece of work: [`Store::reserve`](crate::Store::reserve).
    fn name_of(&self, piece: &Claim) -> String {
        match piece {
            Claim::Start(node) => self.0.pending.starts.name_of(*node),
            Claim::Mailbox(row) => format!("mailbox {row}"),
            Claim::Signal(row) => format!("signal {row}"),
            Claim::Conditions => "conditions".to_owned(),
            Claim::Task(listed) => format!("task {} at {}", listed.task, listed.sort),
        }
    }

    /// Does a piece of work, unless another thread or engine does it, or it has just failed. If there is more to do,
    /// calls another worker.
    pub(super) fn claimed(
        &self,
        claim: &Claim,
        more: &dyn Fn() -> bool,
        work: impl FnOnce() -> Result<usize>,
    ) -> Result<usize> {
        let pending = &self.0.pending;
        {
            let mut claims = lock(&pending.claims);
            match claims.get(claim) {
                Some(None) => return Ok(0),
                Some(Some(until)) if Instant::now() < *until => return Ok(0),
                _ => drop(claims.insert(claim.clone(), None)),
            }
        }
        let (what, me) = (self.name_of(claim), self.0.duties.me);
        let result = call(|| {
            if !self.0.store.reserve(&what, me, HOLD)? {
                return Ok(0);
            }
            if more() {
                pending.bell.call();
            }
            let done = work();
            self.0.store.release(&what, me)?;
            done
        });
        let mut claims = lock(&pending.claims);
        if let Ok(Ok(_)) = &result {
            claims.remove(claim);
        } else {
            let of_another = matches!(&result, Ok(Err(error)) if error.is_of_another_version());
            let (rest, now) = (if of_another { LEFT } else { REST }, Instant::now());
            claims.retain(|_, until| until.is_none_or(|until| now < until));
            claims.insert(claim.clone(), Some(now + rest));
            let now = self.now();
            pending.bell.plan(now.after(rest), now);
        }
        drop(claims);
        result.unwrap_or_else(|message| Err(worker_panicked(&message)))
    }

    /// Hears that a commit, of this engine or another, leaves something to do.
    pub(in crate::engine) fn hear(&self, news: &News) {
        let pending = &self.0.pending;
        let now = self.now();
        if news.deliverable || news.due.is_some_and(|due| due <= now) {
            pending.bell.call();
        } else if let Some(due) = news.due {
            pending.bell.plan(due, now);
        }
        if news.logged && !(self.0.subscribers.is_empty() && self.0.followers.is_empty()) {
            pending.bell.logged();
        }
        if news.ended && self.forgets() {
            pending.bell.ended();
        }
    }

    pub(in crate::engine) fn report(&self, error: &Error) {
        if self.is_to_be_told(error) {
            self.tell(error);
        }
    }

    /// Returns whether an error has not been reported yet. Work that is left to another version is not reported for
    /// each piece.
    fn is_to_be_told(&self, error: &Error) -> bool {
        error.of_another_version().is_none_or(|of| lock(&self.0.pending.told).insert(of.to_string()))
    }

    fn tell(&self, error: &Error) {
        if let Some(on_error) = &self.0.pending.on_error {
            // If the listener itself fails, there is nothing left to notify.
            drop(call(|| on_error(error)));
        }
    }
}

/// Makes the error that is reported when work has panicked.
pub(super) fn worker_panicked(message: &str) -> Error {
    Error::Other(format!("a worker panicked: {message}").into())
}
