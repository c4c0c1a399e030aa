//! What is to be done outside of steps: jobs, timers, signals, messages, conditions over tables, starts by the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use viewflow_graph::Kind;

use super::Engine;
use super::step::panic_message;
use crate::error::{Error, Result};
use crate::id::{ProcessId, TaskId};
use crate::job::{Attempt, Run};
use crate::kernel;
use crate::message::{self, MAILBOXES, READY};
use crate::schedule::SCHEDULES;
use crate::signal::{self, SIGNALS};
use crate::store::{Change, Commit, Cursor, RowRecord, TaskError, TaskList, TaskStatus, due_sort, index_key};
use crate::time::Timestamp;

/// How many entries of a list are looked at before the others get their turn.
const BATCH: usize = 64;
/// How many pieces of work one call of `run_pending` does at most.
const AT_ONCE: usize = 10_000;
/// How long something that failed in a way that no task is to blame for is left alone.
const REST: Duration = Duration::from_secs(1);

/// What an engine knows of the work that is to be done. All of it can be found in the store again.
pub(super) struct Pending {
    /// What some thread is at, and what is left alone until some time, after it failed.
    claims: Mutex<BTreeMap<Claim, Option<Instant>>>,
    /// Jobs that run in this program, each with its attempt.
    pub(super) running: Mutex<BTreeMap<TaskId, u32>>,
    /// Tables that were written since the conditions over them were asked.
    dirty: Mutex<BTreeSet<String>>,
    /// Whether conditions have been asked since the store was opened.
    asked: Mutex<bool>,
    /// How far expired messages were looked for.
    swept: Mutex<u64>,
    /// Rings when there may be work: how often it has.
    bell: Mutex<u64>,
    rung: Condvar,
    /// How long a worker has a job, unless it renews that.
    pub(super) lease: Duration,
    pub(super) on_error: Option<Box<dyn Fn(&Error) + Send + Sync>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Task(TaskId),
    Mailbox(u64),
    Signal(u64),
    Start(String, String),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pending {
    pub(super) fn new(lease: Duration, on_error: Option<Box<dyn Fn(&Error) + Send + Sync>>) -> Self {
        Self {
            claims: Mutex::default(),
            running: Mutex::default(),
            dirty: Mutex::default(),
            asked: Mutex::new(false),
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
    pub(super) fn wait(&self, heard: u64, longest: Duration) {
        let bell = lock(&self.bell);
        if *bell == heard {
            drop(self.rung.wait_timeout(bell, longest).unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// What a pass over the pending work came to.
#[derive(Default)]
pub(super) struct Pass {
    pub(super) done: usize,
    pub(super) error: Option<Error>,
}

impl Pass {
    fn note(&mut self, result: Result<usize>) {
        match result {
            Ok(done) => self.done += done,
            Err(error) => self.error = self.error.take().or(Some(error)),
        }
    }
}

impl Engine {
    /// Does what is due now, in this thread: runs jobs, fires timers, delivers signals and messages, asks conditions, starts
    /// processes by the clock. For programs without [`Engine::workers`], such as one with a loop of its own, and for
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
    /// The first failure that no task could be blamed for, such as of the store; the rest is done all the same.
    pub fn run_pending(&self) -> Result<usize> {
        let mut done = 0;
        loop {
            let pass = self.pass();
            done += pass.done;
            match pass.error {
                Some(error) => return Err(error),
                None if pass.done == 0 || done >= AT_ONCE => return Ok(done),
                None => {}
            }
        }
    }

    /// When the next timer, timeout or start by the clock is due, or the next job: now or earlier when something waits
    /// for [`Engine::run_pending`] already. None when nothing is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        let store = &self.0.store;
        let now = self.0.clock.now();
        let dirty = !lock(&self.0.pending.dirty).is_empty();
        if dirty || !self.ready_mailboxes(1)?.is_empty() || !store.rows(SIGNALS, 0, 1)?.is_empty() {
            return Ok(Some(now));
        }
        let mut next = None;
        if let Some(first) = store.list_tasks(&TaskList::Due, None, 1)?.first() {
            next = store.task(first.task)?.and_then(|task| task.due);
        }
        for (flow, node) in self.starts_by_clock() {
            let row = store.row(SCHEDULES, schedule_row(&flow, &node))?;
            let due = row.map_or(Some(now), |row| next_of(&row.record));
            next = next.into_iter().chain(due).min();
        }
        Ok(next)
    }

    /// One look at all that may be pending.
    pub(super) fn pass(&self) -> Pass {
        let mut pass = Pass::default();
        for (flow, node) in self.starts_by_clock() {
            let claim = Claim::Start(flow.clone(), node.clone());
            pass.note(self.claimed(claim, || self.start_by_clock(&flow, &node)));
        }
        pass.note(self.deliver_messages());
        pass.note(self.deliver_signals());
        pass.note(self.ask_conditions());
        pass.note(self.do_due());
        pass
    }

    /// Does something unless another thread is at it, or it has failed just now.
    fn claimed(&self, claim: Claim, work: impl FnOnce() -> Result<usize>) -> Result<usize> {
        {
            let mut claims = lock(&self.0.pending.claims);
            match claims.get(&claim) {
                Some(None) => return Ok(0),
                Some(Some(until)) if Instant::now() < *until => return Ok(0),
                _ => drop(claims.insert(claim.clone(), None)),
            }
        }
        let result = catch_unwind(AssertUnwindSafe(work));
        let mut claims = lock(&self.0.pending.claims);
        if let Ok(Ok(_)) = &result {
            claims.remove(&claim);
        } else {
            claims.insert(claim, Some(Instant::now() + REST));
        }
        drop(claims);
        result
            .unwrap_or_else(|panic| Err(Error::Other(format!("a worker panicked: {}", panic_message(&*panic)).into())))
    }

    /// The nodes where processes start by the clock.
    fn starts_by_clock(&self) -> Vec<(String, String)> {
        let nodes = self.0.flows.values().flat_map(|def| {
            let nodes = def.nodes.iter().filter(|node| node.schedule.is_some());
            nodes.map(|node| (def.name.to_owned(), node.name.to_owned()))
        });
        nodes.collect()
    }

    /// Starts a process if its time has come, and notes when the next one does, in one step.
    fn start_by_clock(&self, flow: &str, node: &str) -> Result<usize> {
        let def = self.definition(flow)?;
        let index = def.find(node).ok_or(Error::Internal("a start by the clock"))?;
        let Some(schedule) = &def.nodes[index].schedule else { return Ok(0) };
        let row = schedule_row(flow, node);
        let now = self.0.clock.now();
        let known = self.0.store.row(SCHEDULES, row)?;
        if known.is_some_and(|known| next_of(&known.record).is_none_or(|next| next > now)) {
            return Ok(0);
        }
        self.background(None, |step, db| {
            let stored = db.unit(|unit| unit.row_copy(SCHEDULES, row))?;
            let now = db.now();
            let (starts, next) = match stored.as_ref().map(next_of) {
                Some(None) => return Ok(0),
                Some(Some(next)) if next > now => return Ok(0),
                Some(Some(due)) => (true, schedule.after(due, now)),
                None => match schedule.first(now) {
                    Some(first) if first <= now => (true, schedule.after(now, now)),
                    first => (false, first),
                },
            };
            let name = |text: &str| Value::String(text.to_owned());
            let next = next.map_or(Value::Null, |next| Value::from(next.as_millis()));
            let data = [("flow", name(flow)), ("node", name(node)), ("next", next)];
            let data = data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            db.unit(|unit| unit.put_row(SCHEDULES, row, Some(RowRecord { data, ..RowRecord::default() })))?;
            if starts {
                step.start(&def, index, None, &())?;
            }
            Ok(usize::from(starts))
        })
    }

    fn ready_mailboxes(&self, limit: usize) -> Result<Vec<u64>> {
        let ready = index_key(&Value::Bool(true)).unwrap_or_default();
        Ok(self.0.store.rows_by(MAILBOXES, READY, &ready, 0, limit)?)
    }

    fn deliver_messages(&self) -> Result<usize> {
        let mut pass = Pass::default();
        for row in self.ready_mailboxes(BATCH)? {
            pass.note(self.claimed(Claim::Mailbox(row), || {
                let mut delivered = 0;
                while self.background(None, |step, _| step.deliver(row))? {
                    delivered += 1;
                }
                Ok(delivered)
            }));
        }
        self.sweep_mailboxes()?;
        pass.error.map_or(Ok(pass.done), Err)
    }

    /// Forgets messages that were kept too long: a few mailboxes each time.
    fn sweep_mailboxes(&self) -> Result<()> {
        let Ok(mut swept) = self.0.pending.swept.try_lock() else { return Ok(()) };
        if self.0.store.rows(MAILBOXES, *swept, 1)?.is_empty() && *swept == 0 {
            return Ok(());
        }
        let after = *swept;
        let last = self.step(None, None, |db| db.unit(|unit| message::sweep(unit, after, BATCH)))?;
        *swept = last.unwrap_or(0);
        Ok(())
    }

    fn deliver_signals(&self) -> Result<usize> {
        let mut pass = Pass::default();
        for (row, record) in self.0.store.rows(SIGNALS, 0, BATCH)? {
            pass.note(self.claimed(Claim::Signal(row), || {
                let (name, tasks) = signal::read(&record);
                let mut heard = 0;
                for task in tasks {
                    heard += usize::from(self.background(Some(task.process), |step, _| step.hear(task, &name))?);
                }
                self.step(None, None, |db| db.unit(|unit| unit.put_row(SIGNALS, row, None)))?;
                // A signal whose tasks have gone on in another way was work all the same.
                Ok(heard.max(1))
            }));
        }
        pass.error.map_or(Ok(pass.done), Err)
    }

    /// Asks the conditions over tables that have changed; all conditions, the first time.
    fn ask_conditions(&self) -> Result<usize> {
        let mut lists = Vec::new();
        let first = !std::mem::replace(&mut *lock(&self.0.pending.asked), true);
        if first {
            for def in self.0.flows.values() {
                for node in def.nodes.iter().filter(|node| node.kind == Kind::ConditionalCatch) {
                    let name = crate::NodeName { flow: def.name.to_owned(), node: node.name.to_owned() };
                    lists.push(TaskList::Status(name, TaskStatus::New));
                }
            }
        }
        lists.extend(std::mem::take(&mut *lock(&self.0.pending.dirty)).into_iter().map(TaskList::Watching));
        let mut pass = Pass::default();
        for list in lists {
            let result = self.ask_list(&list);
            if let (Err(_), TaskList::Watching(table)) = (&result, &list) {
                lock(&self.0.pending.dirty).insert(table.clone());
            }
            pass.note(result);
        }
        pass.error.map_or(Ok(pass.done), Err)
    }

    fn ask_list(&self, list: &TaskList) -> Result<usize> {
        let mut after: Option<Cursor> = None;
        let mut asked: Option<ProcessId> = None;
        let mut fired = 0;
        loop {
            let page = self.0.store.list_tasks(list, after, BATCH)?;
            after = page.last().copied();
            if after.is_none() {
                return Ok(fired);
            }
            for listed in page {
                if asked == Some(listed.task.process) {
                    continue;
                }
                asked = Some(listed.task.process);
                fired += self.background(Some(listed.task.process), |step, _| step.ask_again(listed.task.process))?;
            }
        }
    }

    /// Fires timers and runs jobs whose time has come.
    fn do_due(&self) -> Result<usize> {
        let mut pass = Pass::default();
        let mut after = None;
        let now = self.0.clock.now();
        loop {
            let page = self.0.store.list_tasks(&TaskList::Due, after, BATCH)?;
            after = page.last().copied();
            let over = page.len() < BATCH || page.iter().any(|listed| listed.sort > due_sort(now));
            for listed in page.into_iter().filter(|listed| listed.sort <= due_sort(now)) {
                pass.note(self.do_one(listed.task));
            }
            // What comes after a whole batch that others are at can still be done.
            if over || pass.done > 0 {
                return pass.error.map_or(Ok(pass.done), Err);
            }
        }
    }

    fn do_one(&self, id: TaskId) -> Result<usize> {
        let mut attempt = None;
        let done = self.claimed(Claim::Task(id), || {
            let now = self.0.clock.now();
            let Some(task) = self.0.store.task(id)? else { return Ok(0) };
            let job_is_due = task.job.is_some_and(|job| job.at.is_some_and(|at| at <= now));
            if task.due.is_none_or(|due| due > now) {
                return Ok(0);
            }
            if !job_is_due || task.timeouts.iter().any(|timeout| timeout.at <= now) {
                self.background(Some(id.process), |step, _| step.look(id))?;
                return Ok(1);
            }
            let overdue = task.job.is_some_and(|job| job.until.is_some_and(|until| until <= now));
            if lock(&self.0.pending.running).contains_key(&id) && !overdue {
                return Ok(0);
            }
            attempt = self.background(Some(id.process), |step, _| step.lease(id, self.0.pending.lease))?;
            if let Some(attempt) = &attempt {
                lock(&self.0.pending.running).insert(id, attempt.number());
            }
            Ok(1)
        })?;
        if let Some(attempt) = attempt {
            self.run_attempt(attempt)?;
        }
        Ok(done)
    }

    /// Runs the handler of a job, and records what came of it.
    fn run_attempt(&self, attempt: Attempt) -> Result<()> {
        let (id, number) = (attempt.id, attempt.number());
        let recorded = self.attempt(attempt).and_then(|(outcome, id)| match outcome {
            Ok(value) => self.background(Some(id.process), |step, _| step.job_done(id, number, &*value)),
            Err(error) => self.background(Some(id.process), |step, _| step.job_failed(id, number, error.clone())),
        });
        let mut running = lock(&self.0.pending.running);
        if running.get(&id) == Some(&number) {
            running.remove(&id);
        }
        drop(running);
        match recorded {
            // Somebody else has the job now, or nobody wants it any more.
            Err(Error::LeaseLost { .. }) => Ok(()),
            recorded => recorded,
        }
    }

    fn attempt(&self, attempt: Attempt) -> Result<(Result<Box<dyn std::any::Any>, TaskError>, TaskId)> {
        let id = attempt.id;
        let def = self.definition(&attempt.task.flow)?;
        let node = def.find(&attempt.task.node).map(|index| &def.nodes[index]);
        let Some(crate::definition::Wait::Worker(job)) = node.map(|node| &node.wait) else {
            return Err(Error::Internal("a job"));
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| match &job.run {
            Run::Here(run) => run(&def.flow, attempt),
            #[cfg(feature = "tokio")]
            Run::Future(run) => super::workers::block_on(run(&def.flow, attempt), job.timeout),
        }));
        let outcome = match outcome {
            Ok(outcome) => outcome.map_err(|error| TaskError::from(&error)),
            Err(panic) => Err(TaskError { code: None, message: format!("panicked: {}", panic_message(&*panic)) }),
        };
        Ok((outcome, id))
    }

    /// What a commit leaves to be done outside of it: the tables it wrote, if conditions may be asked of them.
    pub(super) fn note_pending(&self, commit: &Commit) -> Option<Vec<String>> {
        let mut tables = Vec::new();
        let mut due = false;
        for change in &commit.changes {
            match change {
                Change::Task { new, .. } => due |= new.due.is_some(),
                Change::Row { table, .. } if table.starts_with("viewflow.") => due = true,
                Change::Row { table, .. } if !tables.contains(table) => tables.push(table.clone()),
                _ => {}
            }
        }
        (due || !tables.is_empty()).then_some(tables)
    }

    pub(super) fn tell_workers(&self, tables: Vec<String>) {
        let asks = |node: &crate::definition::NodeDef| node.kind == Kind::ConditionalCatch;
        if !tables.is_empty() && self.0.flows.values().any(|def| def.nodes.iter().any(asks)) {
            lock(&self.0.pending.dirty).extend(tables);
        }
        self.0.pending.ring();
    }

    /// Renews the leases of the jobs that run here, and gives up those whose time is over.
    pub(super) fn keep_leases(&self) {
        let running: Vec<(TaskId, u32)> =
            lock(&self.0.pending.running).iter().map(|(id, attempt)| (*id, *attempt)).collect();
        for (id, attempt) in running {
            let now = self.0.clock.now();
            let late = |job: crate::store::JobState| job.until.is_some_and(|until| until <= now);
            let overdue = self.0.store.task(id).ok().flatten().and_then(|task| task.job).is_some_and(late);
            let kept = if overdue {
                self.background(Some(id.process), |step, _| step.job_failed(id, attempt, kernel::out_of_time()))
            } else {
                let lease = self.0.pending.lease;
                self.background(Some(id.process), |step, _| step.renew(id, attempt, lease)).map(|_| ())
            };
            match kept {
                Ok(()) | Err(Error::LeaseLost { .. }) => {}
                Err(error) => self.report(&error),
            }
        }
    }

    pub(super) fn report(&self, error: &Error) {
        if let Some(on_error) = &self.0.pending.on_error {
            on_error(error);
        }
    }
}

fn schedule_row(flow: &str, node: &str) -> u64 {
    message::stable_hash([flow, node])
}

/// When the next process starts; none when no more do.
fn next_of(record: &RowRecord) -> Option<Timestamp> {
    record.data.get("next").and_then(Value::as_i64).map(Timestamp::from_millis)
}
