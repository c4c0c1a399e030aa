//! What is to be done outside of steps: jobs, timers, signals, messages, conditions over tables, starts by the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// How many entries of a list are looked at before the others get their turn.
pub(in crate::engine) const BATCH: usize = 64;
/// How many pieces of work one call of `run_pending` does at most.
const AT_ONCE: usize = 10_000;
/// How long something that failed in a way that no task is to blame for is left alone.
const REST: Duration = Duration::from_secs(1);
/// How long other engines leave a piece of work alone that this one has begun.
const HOLD: Duration = Duration::from_secs(5);

/// How long an engine leaves alone what is for one of another version.
pub(super) const LEFT: Duration = Duration::from_mins(1);

/// What an engine knows of the work that is to be done. All of it can be found in the store again.
pub(in crate::engine) struct Pending {
    /// What some thread is at, and what is left alone until some time, after it failed.
    claims: Mutex<BTreeMap<Claim, Option<Instant>>>,
    /// Jobs that run in this program, each with its attempt.
    pub(in crate::engine) running: Mutex<BTreeMap<TaskId, u32>>,
    /// Nodes whose jobs are left to engines of another version, each with what that has renewed.
    pub(super) left: Mutex<BTreeMap<(String, String), Stale>>,
    /// What was told of that another version has renewed. It is told once.
    told: Mutex<BTreeSet<String>>,
    /// Whether all conditions have been asked since the engine was built.
    pub(super) asked: Mutex<bool>,
    /// By what it is found of what conditions are to be asked.
    pub(super) asked_by: Vec<Vec<u8>>,
    /// When processes start by the clock.
    pub(super) starts: Starts,
    /// The latest time that the clock has shown.
    pub(super) shown: Mutex<Option<Timestamp>>,
    /// How far messages that were kept too long are forgotten.
    pub(super) sweep: Mutex<Sweep>,
    /// How far it was looked among what is due for what is not a job.
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
    /// What is due of a task: what is due of it later is another piece.
    Task(ListedTask),
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

    /// How long a piece of work is left alone: none when nobody is at it, and it has not failed just now.
    pub(super) fn is_taken(&self, claim: &Claim) -> Option<Duration> {
        let left = match lock(&self.claims).get(claim)? {
            None => HOLD,
            Some(until) => until.saturating_duration_since(Instant::now()),
        };
        Some(left).filter(|left| !left.is_zero())
    }
}

/// What a pass over the pending work came to.
#[derive(Default)]
pub(super) struct Pass {
    pub(in crate::engine) done: usize,
    /// How many pieces failed that nobody could be blamed for: they are left alone for a while, so that what comes after them has its turn.
    pub(super) failed: usize,
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
        self.failed += other.failed;
        self.errors.extend(other.errors);
    }

    pub(in crate::engine) fn result(self) -> Result<usize> {
        self.errors.into_iter().next().map_or(Ok(self.done), Err)
    }
}

/// Goes on without a record that cannot be read: whoever does the work tells of it.
pub(super) fn readable<R>(read: Result<R>) -> Result<Option<R>> {
    match read {
        Err(error) if error.is_unreadable() => Ok(None),
        read => read.map(Some),
    }
}

impl Engine {
    /// Does what is due now, in this thread: runs jobs, fires timers, delivers signals and messages, asks conditions, starts
    /// processes by the clock; tells subscribers what happened, and listeners that follow the log; and forgets what [`EngineBuilder::retain`](crate::EngineBuilder::retain) says. For programs without [`Engine::workers`], such as one with a loop of its own, and for
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

    /// What was done, or the first failure. What cannot be read goes to the listener for errors, if there is one, and so do all
    /// failures but the first.
    fn come_to(&self, mut all: Pass) -> Result<usize> {
        all.errors.retain(|error| self.is_to_be_told(error));
        let told = |error: &Error| error.is_unreadable() && self.0.pending.on_error.is_some();
        let (told, left): (Vec<Error>, Vec<Error>) = all.errors.into_iter().partition(told);
        let mut left = left.into_iter();
        let first = left.next();
        told.into_iter().chain(left).for_each(|error| self.tell(&error));
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
        if self.has_to_follow()? {
            next = next.into_iter().chain([self.now()]).min();
        }
        Ok(next)
    }

    /// As [`Engine::next_due`], but for subscribers.
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

    /// One look at all that may be pending, and what there is of it is done, until it `stops`; jobs, if they are wanted.
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

    /// As stores know a piece of work: [`Store::reserve`](crate::Store::reserve).
    fn name_of(&self, piece: &Claim) -> String {
        match piece {
            Claim::Start(node) => self.0.pending.starts.name_of(*node),
            Claim::Mailbox(row) => format!("mailbox {row}"),
            Claim::Signal(row) => format!("signal {row}"),
            Claim::Conditions => "conditions".to_owned(),
            Claim::Task(listed) => format!("task {} at {}", listed.task, listed.sort),
        }
    }

    /// Does something unless another thread or another engine is at it, or it has failed just now. Where there is more to do, another
    /// worker is called.
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

    /// A commit, of this engine or of another one, leaves something to be done.
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

    /// Whether it is not known yet: what is left to another version is not told of for each piece of work.
    fn is_to_be_told(&self, error: &Error) -> bool {
        error.of_another_version().is_none_or(|of| lock(&self.0.pending.told).insert(of.to_string()))
    }

    fn tell(&self, error: &Error) {
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
