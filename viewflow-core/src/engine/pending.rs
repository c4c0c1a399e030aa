//! What is to be done outside of steps: jobs, timers, signals, messages, conditions over tables, starts by the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use viewflow_graph::Kind;

use super::Engine;
use super::step::panic_message;
use super::subscribers::SUBSCRIBERS;
use crate::definition::Definition;
use crate::definition::SCHEDULES;
use crate::definition::{Attempt, Run};
use crate::error::{Error, Result};
use crate::id::{ProcessId, TaskId, stable_hash};
use crate::kernel;
use crate::kernel::mailbox::{self, MAILBOXES, READY};
use crate::kernel::signal::{self, SIGNALS};
use crate::store::{Change, Commit, Cursor, NodeName, RowRecord, TaskError, TaskList, TaskStatus, due_sort, index_key};
use crate::time::Timestamp;
use crate::unit::Unit;

/// How many entries of a list are looked at before the others get their turn.
const BATCH: usize = 64;
/// How many pieces of work one call of `run_pending` does at most.
const AT_ONCE: usize = 10_000;
/// When the next process starts where none does any more.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);
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

    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.error = self.error.take().or(other.error);
    }

    fn result(self) -> Result<usize> {
        self.error.map_or(Ok(self.done), Err)
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
    /// The first failure that no task could be blamed for, such as of the store; the rest is done all the same.
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
                return all.result();
            }
        }
    }

    /// When the next timer, timeout or start by the clock is due, or the next job, or something may be forgotten: now or earlier when something waits
    /// for [`Engine::run_pending`] already. None when nothing is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn next_due(&self) -> Result<Option<Timestamp>> {
        let mut next = self.next_work()?;
        for index in 0..self.0.subscribers.len() {
            next = next.into_iter().chain(self.next_to_tell(index)?).min();
        }
        Ok(next)
    }

    /// As [`Engine::next_due`], but for subscribers.
    pub(super) fn next_work(&self) -> Result<Option<Timestamp>> {
        let store = &self.0.store;
        let now = self.0.clock.now();
        let dirty = !lock(&self.0.pending.dirty).is_empty();
        if dirty || !self.ready_mailboxes(0, 1)?.is_empty() || !store.rows(SIGNALS, 0, 1)?.is_empty() {
            return Ok(Some(now));
        }
        let mut next = self.next_to_look();
        if let Some(first) = store.list_tasks(&TaskList::Due, None, 1)?.first() {
            let due = store.task(first.task)?.and_then(|task| task.due);
            next = next.into_iter().chain(due).min();
        }
        for (flow, node, rhythm) in self.starts_by_clock() {
            let row = store.row(SCHEDULES, schedule_row(&flow, &node))?;
            let due = row.and_then(|row| next_of(&row.record, &rhythm)).unwrap_or(now);
            next = next.into_iter().chain(Some(due).filter(|due| *due < NEVER)).min();
        }
        Ok(next)
    }

    /// One look at all that may be pending; at jobs, if they are wanted.
    pub(super) fn pass(&self, jobs: bool) -> Pass {
        let mut pass = Pass::default();
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
            let now = Instant::now();
            claims.retain(|_, until| until.is_none_or(|until| now < until));
            claims.insert(claim, Some(now + REST));
        }
        drop(claims);
        result
            .unwrap_or_else(|panic| Err(Error::Other(format!("a worker panicked: {}", panic_message(&*panic)).into())))
    }

    /// The nodes where processes start by the clock: flow, node, rhythm.
    fn starts_by_clock(&self) -> Vec<(String, String, String)> {
        let nodes = self.0.flows.values().flat_map(|def| {
            let nodes = def.nodes.iter().filter_map(|node| Some((node.name, node.schedule.as_ref()?)));
            nodes.map(|(node, schedule)| (def.name.to_owned(), node.to_owned(), schedule.text.clone()))
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
        let known = self.0.store.row(SCHEDULES, row)?.and_then(|known| next_of(&known.record, &schedule.text));
        if known.is_some_and(|next| next > now) {
            return Ok(0);
        }
        self.background(None, |step, db| {
            let stored = db.unit(|unit| schedule_of(unit, &def, index))?;
            let now = db.now();
            let (starts, next) = match stored.as_ref().and_then(|stored| next_of(stored, &schedule.text)) {
                Some(next) if next > now => return Ok(0),
                Some(due) => (true, schedule.after(due, now)),
                None => match schedule.first(now) {
                    Some(first) if first <= now => (true, schedule.after(now, now)),
                    first => (false, first),
                },
            };
            let name = |text: &str| Value::String(text.to_owned());
            let next = Value::from(next.unwrap_or(NEVER).as_millis());
            let data = [("flow", name(flow)), ("node", name(node)), ("rhythm", name(&schedule.text)), ("next", next)];
            let data = data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            db.unit(|unit| unit.put_row(SCHEDULES, row, Some(RowRecord { data, ..RowRecord::default() })))?;
            if starts {
                step.start(&def, index, None, &(), &|_| Ok(()))?;
            }
            Ok(usize::from(starts))
        })
    }

    fn ready_mailboxes(&self, after: u64, limit: usize) -> Result<Vec<u64>> {
        let ready = index_key(&Value::Bool(true)).unwrap_or_default();
        Ok(self.0.store.rows_by(MAILBOXES, READY, &ready, after, limit)?)
    }

    /// Visits rows batch by batch, until a batch gave something to do or was the last one.
    fn batches(&self, rows: impl Fn(u64) -> Result<Vec<u64>>, visit: impl Fn(u64) -> Result<usize>) -> Pass {
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

    fn deliver_messages(&self) -> Pass {
        let deliver = |row| {
            self.claimed(Claim::Mailbox(row), || {
                let mut delivered = 0;
                while self.background(None, |step, _| step.deliver(row))? {
                    delivered += 1;
                }
                Ok(delivered)
            })
        };
        let mut pass = self.batches(|after| self.ready_mailboxes(after, BATCH), deliver);
        pass.note(self.sweep_mailboxes().map(|()| 0));
        pass
    }

    /// Forgets messages that were kept too long: a few mailboxes each time.
    fn sweep_mailboxes(&self) -> Result<()> {
        let Ok(mut swept) = self.0.pending.swept.try_lock() else { return Ok(()) };
        if self.0.store.rows(MAILBOXES, *swept, 1)?.is_empty() && *swept == 0 {
            return Ok(());
        }
        let after = *swept;
        let last = self.step(None, None, |db| db.unit(|unit| mailbox::sweep(unit, after, BATCH)))?;
        *swept = last.unwrap_or(0);
        Ok(())
    }

    fn deliver_signals(&self) -> Pass {
        let store = &self.0.store;
        let rows = |after| Ok(store.rows(SIGNALS, after, BATCH)?.into_iter().map(|(row, _)| row).collect());
        self.batches(rows, |row| {
            self.claimed(Claim::Signal(row), || {
                let Some(record) = store.row(SIGNALS, row)? else { return Ok(0) };
                let (name, tasks) = signal::read(&record);
                let mut heard = Pass::default();
                for task in tasks {
                    heard.note(self.background(Some(task.process), |step, _| step.hear(task, &name).map(usize::from)));
                }
                // Who could not be reached is tried again, and nobody hears it twice.
                let heard = heard.result()?;
                self.step(None, None, |db| db.unit(|unit| unit.put_row(SIGNALS, row, None)))?;
                // A signal whose tasks have gone on in another way was work all the same.
                Ok(heard.max(1))
            })
        })
    }

    /// Asks the conditions over tables that have changed; all conditions, the first time.
    fn ask_conditions(&self) -> Pass {
        let mut lists = Vec::new();
        let first = !std::mem::replace(&mut *lock(&self.0.pending.asked), true);
        if first {
            for def in self.0.flows.values() {
                for node in def.nodes.iter().filter(|node| node.kind == Kind::ConditionalCatch) {
                    let name = NodeName { flow: def.name.to_owned(), node: node.name.to_owned() };
                    lists.push(TaskList::Status(name, TaskStatus::New));
                }
            }
        }
        let dirty = std::mem::take(&mut *lock(&self.0.pending.dirty));
        lists.extend(dirty.iter().cloned().map(TaskList::Watching));
        let mut pass = Pass::default();
        lists.iter().for_each(|list| pass.add(self.ask_list(list)));
        if pass.error.is_some() {
            // They are asked again, those that were asked already, too.
            lock(&self.0.pending.dirty).extend(dirty);
            *lock(&self.0.pending.asked) = !first;
        }
        pass
    }

    fn ask_list(&self, list: &TaskList) -> Pass {
        let mut after: Option<Cursor> = None;
        let mut asked: Option<ProcessId> = None;
        let mut pass = Pass::default();
        loop {
            let page = match self.0.store.list_tasks(list, after, BATCH) {
                Ok(page) => page,
                Err(error) => {
                    pass.note(Err(error.into()));
                    return pass;
                }
            };
            after = page.last().copied();
            if after.is_none() {
                return pass;
            }
            for process in page.into_iter().map(|listed| listed.task.process) {
                if asked.replace(process) != Some(process) {
                    pass.note(self.background(Some(process), |step, _| step.ask_again(process)));
                }
            }
        }
    }

    /// Fires timers and runs jobs whose time has come.
    fn do_due(&self, jobs: bool) -> Pass {
        let mut pass = Pass::default();
        let mut after = None;
        let now = self.0.clock.now();
        loop {
            let page = match self.0.store.list_tasks(&TaskList::Due, after, BATCH) {
                Ok(page) => page,
                Err(error) => {
                    pass.note(Err(error.into()));
                    return pass;
                }
            };
            after = page.last().copied();
            let over = page.len() < BATCH || page.iter().any(|listed| listed.sort > due_sort(now));
            for listed in page.into_iter().filter(|listed| listed.sort <= due_sort(now)) {
                pass.note(self.do_one(listed.task, jobs));
            }
            // What comes after a whole batch that others are at can still be done.
            if over || pass.done > 0 {
                return pass;
            }
        }
    }

    fn do_one(&self, id: TaskId, jobs: bool) -> Result<usize> {
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
            if !jobs {
                return Ok(0);
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
    stable_hash([flow, node])
}

/// What was noted of a start, under the names that it has or had before. What is under those is taken away.
fn schedule_of(unit: &mut Unit, def: &Definition, node: usize) -> Result<Option<RowRecord>> {
    let mut found = unit.row_copy(SCHEDULES, schedule_row(def.name, def.nodes[node].name))?;
    let flows = || std::iter::once(&def.name).chain(def.was);
    let nodes = || std::iter::once(&def.nodes[node].name).chain(def.nodes[node].was);
    for row in flows().flat_map(|flow| nodes().map(|node| schedule_row(flow, node))).skip(1) {
        if let Some(earlier) = unit.row_copy(SCHEDULES, row)? {
            unit.put_row(SCHEDULES, row, None)?;
            found = found.or(Some(earlier));
        }
    }
    Ok(found)
}

/// When the next process starts, if that was told for this rhythm.
fn next_of(record: &RowRecord, rhythm: &str) -> Option<Timestamp> {
    let same = record.data.get("rhythm").and_then(Value::as_str) == Some(rhythm);
    record.data.get("next").and_then(Value::as_i64).map(Timestamp::from_millis).filter(|_| same)
}
