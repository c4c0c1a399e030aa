//! How long processes that are over are kept, and forgetting them.
//!
//! A process is forgotten in parts of bounded size: its events, its tasks, and at last its record, by which it is found
//! again should the program stop in between. The first part takes the first event, so that a process without it has
//! been exported. Each part relies on the process's revision and changes it, so that of two who forget one process one is
//! refused. Sub-processes go before the tasks that ran them.

use std::fmt;
use std::sync::{Mutex, TryLockError};
use std::time::{Duration, Instant};

use viewflow_store::__private::process_lines;
use viewflow_store::{
    Change, Commit, Ended, Expect, Key, Logged, OnDelete, ProcessId, ProcessList, ProcessRecord, Receipt, Reference,
    RowRecord, Store, StoreError, StoreResult, Stored, TaskId, Timestamp, TransferError,
};

use crate::engine::Engine;
use crate::engine::call::call;
use crate::engine::step::refuse_in_step;
use crate::engine::work::duties::OnDuty;
use crate::error::{Error, Result};
use crate::unit::Unit;
use crate::unit::tables::PROCESSES;

/// How many records one commit forgets at most.
const BATCH: usize = 500;
/// How many records are forgotten until the disk is waited for, in about ten commits or more.
const AT_ONCE: usize = 5000;
/// How many are read at a time where none is forgotten.
const PAGE: usize = 1000;
/// How long what could not be forgotten is left alone.
const REST: Duration = Duration::from_mins(1);
/// How long at least the workers do not look where nothing is over.
const SHORTEST: Duration = Duration::from_secs(1);
/// After how many failures the workers rest.
const FAILURES: usize = 8;
/// How long after its end a process is kept at most for subscribers, if nothing else is said.
const PATIENCE: Duration = Duration::from_hours(30 * 24);
/// How often a part is tried that somebody else was at, too.
const ATTEMPTS: u32 = 5;
/// The duty of forgetting.
const FORGETTING: &str = "retention";

/// How long processes are kept once they are over: for [`EngineBuilder::retain`](crate::EngineBuilder::retain).
///
/// ```
/// use std::time::Duration;
/// use viewflow_core::{Engine, MemoryStore, engine::Retention};
///
/// let year = Duration::from_secs(365 * 24 * 3600);
/// let engine = Engine::builder(MemoryStore::new()).retain(Retention::purge_after(year)).build()?;
/// # Ok::<(), viewflow_core::Error>(())
/// ```
pub struct Retention {
    keep: Option<Duration>,
    patience: Duration,
    export: Option<Box<dyn Fn(&[String]) -> Result<()> + Send + Sync>>,
}

impl Retention {
    /// Processes are kept until [`Engine::purge`] is called. This is how it is if nothing is said.
    pub fn forever() -> Self {
        Self { keep: None, patience: PATIENCE, export: None }
    }

    /// A process is forgotten so long after it ended, with its sub-processes: its record and its columns, its tasks and
    /// events. Rows of other tables stay. A process to which a row refers, or a process that is not over, is kept until it does not any
    /// more, if the field that refers has `on_delete = protect`. Workers do it, and [`Engine::run_pending`].
    pub fn purge_after(keep: Duration) -> Self {
        Self { keep: Some(keep), ..Self::forever() }
    }

    /// A process that some [`Subscriber`](crate::engine::Subscriber) has not heard all of is kept, but no longer than this after it ended; 30 days
    /// if this is not called. The subscriber never hears of what was forgotten then. One that is not used any more is let go with
    /// [`Engine::unsubscribe`].
    pub fn wait_for_subscribers(mut self, at_most: Duration) -> Self {
        self.patience = at_most;
        self
    }

    /// Calls `export` with each process before it is forgotten, sub-processes first. It gets the lines that
    /// [`store::export`](viewflow_store::export) writes of a process, and that of its columns; all at once, so that they
    /// have to fit in memory.
    ///
    /// When it fails the process is kept, [`on_error`](crate::EngineBuilder::on_error) hears of it, and it is tried again.
    /// It may see a process twice, when the program stops before the process is forgotten.
    pub fn export(mut self, export: impl Fn(&[String]) -> Result<()> + Send + Sync + 'static) -> Self {
        self.export = Some(Box::new(export));
        self
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self::forever()
    }
}

impl fmt::Debug for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let export = self.export.as_ref().map(|_| "..");
        let mut told = f.debug_struct("Retention");
        told.field("keep", &self.keep).field("patience", &self.patience).field("export", &export).finish()
    }
}

/// What an engine knows of what is to be forgotten. All of it can be found in the store again.
pub(in crate::engine) struct Retaining {
    retention: Retention,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    round: Round,
    /// When it was looked for the last time.
    looked: Option<Timestamp>,
    /// When there is something to forget, at the soonest.
    next: Option<Timestamp>,
}

/// One way through the processes that are over, oldest first.
#[derive(Default)]
struct Round {
    /// The process it has come to.
    at: Option<Ended>,
    /// What is to be forgotten of it, the last one first.
    family: Vec<ProcessId>,
    /// Whether some had to be left.
    left: bool,
    /// Whether the store does not say which processes there are.
    over: bool,
    /// How many processes it has forgotten.
    forgotten: u64,
    /// The last commit. When that is durable all those before it are, too, so that a whole batch waits for the disk once.
    receipt: Option<Receipt>,
}

impl Round {
    /// Waits until all that was forgotten is so for good.
    fn settle(&mut self) -> Result<()> {
        Ok(self.receipt.take().map_or(Ok(()), Receipt::wait)?)
    }
}

impl Retaining {
    pub(in crate::engine) fn new(retention: Retention) -> Self {
        Self { retention, state: Mutex::default() }
    }
}

impl Engine {
    /// Forgets all processes that ended before `older_than`, with their sub-processes, as
    /// [`Retention::purge_after`] does; each is given to [`Retention::export`] before. Answers with how many processes, sub-processes
    /// included, were forgotten.
    ///
    /// Sub-processes go with the process that ran them, and not before. What a subscriber has not heard of is kept for a while:
    /// [`Retention::wait_for_subscribers`]. Of a flow that this engine does not know
    /// the rows of columns stay, as it does not know their table.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore, Timestamp};
    /// let engine = Engine::builder(MemoryStore::new()).build()?;
    /// assert_eq!(engine.purge(Timestamp::from_millis(1_700_000_000_000))?, 0);
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first failure: of the store, of the export, or [`Error::Protected`] when another row refers to the
    /// columns of a process. The other processes are forgotten all the same. [`Error::StepInStep`] in a handler.
    pub fn purge(&self, older_than: Timestamp) -> Result<u64> {
        refuse_in_step()?;
        let (mut round, mut first, mut room) = (Round::default(), None, usize::MAX);
        while let Some(result) = self.go_on(&mut round, None, &|ended| ended.at < older_than, &mut room) {
            first = first.or(result.err());
        }
        first = first.or(round.settle().err());
        first.map_or(Ok(round.forgotten), Err)
    }

    /// Forgets some of what is to be forgotten by now, unless another thread or engine is at it. Answers with how much it did.
    pub(in crate::engine) fn forget_some(&self, report: &mut dyn FnMut(Error)) -> usize {
        let retaining = &self.0.retaining;
        let Some(keep) = retaining.retention.keep else { return 0 };
        let mut state = match retaining.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => return 0,
        };
        let now = self.now();
        // A clock that was set back tells nothing of when it was looked.
        if state.next.is_some_and(|next| now < next) && state.looked.is_some_and(|looked| looked <= now) {
            return 0;
        }
        state.looked = Some(now);
        state.next = None;
        let due = |ended: &Ended| ended.at.after(keep) <= now;
        let mut duty = None;
        if self.has_to_forget(&state.round, &due) {
            duty = self.on_duty(FORGETTING).unwrap_or_else(|error| {
                report(error);
                None
            });
            if duty.is_none() {
                // Another engine is at it.
                state.next = Some(now.after(SHORTEST));
                return 0;
            }
        }
        let (mut room, mut done, mut failures) = (AT_ONCE, 0, 0);
        while room > 0 && failures < FAILURES && duty.as_ref().is_none_or(OnDuty::lasts) {
            match self.go_on(&mut state.round, duty.as_ref(), &due, &mut room) {
                Some(Ok(())) => done += 1,
                Some(Err(error)) => {
                    failures += 1;
                    report(error);
                }
                None => {
                    state.round.settle().unwrap_or_else(&mut *report);
                    state.next = Some(self.next_to_forget(keep, &state.round, now));
                    state.round = Round::default();
                    return done;
                }
            }
        }
        state.round.settle().unwrap_or_else(report);
        if failures == FAILURES {
            // The next time it goes on behind them.
            state.next = Some(now.after(REST));
        }
        done
    }

    /// Whether there is something to forget, as far as the store tells.
    fn has_to_forget(&self, round: &Round, due: &dyn Fn(&Ended) -> bool) -> bool {
        !round.family.is_empty() || self.0.store.ended(round.at, 1).is_ok_and(|page| page.first().is_some_and(due))
    }

    /// Whether processes are forgotten some day.
    pub(in crate::engine) fn forgets(&self) -> bool {
        self.0.retaining.retention.keep.is_some()
    }

    /// When there is something to forget, at the soonest; none when nothing is forgotten, or some thread is at it.
    pub(in crate::engine) fn next_to_look(&self) -> Option<Timestamp> {
        let retaining = &self.0.retaining;
        retaining.retention.keep?;
        let state = retaining.state.try_lock().ok()?;
        Some(state.next.unwrap_or_else(|| self.now()))
    }

    fn next_to_forget(&self, keep: Duration, round: &Round, now: Timestamp) -> Timestamp {
        if round.over {
            return now.after(REST);
        }
        // What is not over yet ends now at the soonest.
        let first = self.0.store.ended(round.at, 1).ok().and_then(|page| page.first().copied());
        let next = first.map_or_else(|| now.after(keep.max(SHORTEST)), |ended| ended.at.after(keep));
        if round.left { next.min(now.after(REST)) } else { next }
    }

    /// Forgets a part of a process, or goes on to the next one; none when there is no more to do.
    fn go_on(
        &self,
        round: &mut Round,
        duty: Option<&OnDuty>,
        due: &dyn Fn(&Ended) -> bool,
        room: &mut usize,
    ) -> Option<Result<()>> {
        if round.over {
            return None;
        }
        *room = room.saturating_sub(1);
        let result = self.try_to_go_on(round, duty, due, room);
        if result.is_err() {
            round.left = true;
            round.family.clear();
        }
        result.transpose()
    }

    fn try_to_go_on(
        &self,
        round: &mut Round,
        duty: Option<&OnDuty>,
        due: &dyn Fn(&Ended) -> bool,
        room: &mut usize,
    ) -> Result<Option<()>> {
        let Some(process) = round.family.last() else {
            let page = self.0.store.ended(round.at, 1).inspect_err(|_| round.over = true)?;
            let Some(next) = page.first().copied().filter(due) else { return Ok(None) };
            round.at = Some(next);
            round.family = self.family(next.process)?;
            let given_up = next.at.after(self.0.retaining.retention.patience) <= self.now();
            if !given_up && self.is_untold(&round.family)? {
                round.family.clear();
            }
            if self.is_held(&round.family)? {
                round.family.clear();
            }
            round.left |= round.family.is_empty();
            return Ok(Some(()));
        };
        if self.forget_part(*process, duty, room, &mut round.receipt)? {
            round.family.pop();
            round.forgotten += 1;
        }
        Ok(Some(()))
    }

    /// A process and its sub-processes, each after the one that ran it; nothing when one of them is not over.
    fn family(&self, root: ProcessId) -> Result<Vec<ProcessId>> {
        let store = &self.0.store;
        let (mut family, mut next) = (vec![root], 0);
        while let Some(process) = family.get(next).copied() {
            next += 1;
            let mut after = 0;
            loop {
                let tasks = store.tasks(process, after, PAGE)?;
                let Some(last) = tasks.last() else { break };
                after = last.id.ordinal;
                for task in tasks.iter().filter(|task| task.kind.has_children()) {
                    if !self.add_children(task.id, &mut family)? {
                        return Ok(Vec::new());
                    }
                }
            }
        }
        Ok(family)
    }

    /// Adds the sub-processes of a task; answers whether they are over.
    fn add_children(&self, task: TaskId, family: &mut Vec<ProcessId>) -> Result<bool> {
        let mut after = None;
        loop {
            let page = self.0.store.list_processes(&ProcessList::Children(task), after, PAGE)?;
            let Some(last) = page.last() else { return Ok(true) };
            after = Some(*last);
            for child in page {
                match self.0.store.process(child)? {
                    Some(process) if process.status.is_final() => family.push(child),
                    Some(_) => return Ok(false),
                    None => {}
                }
            }
        }
    }

    /// Forgets a part of a process; answers whether that was all. Without the duty it does nothing.
    fn forget_part(
        &self,
        id: ProcessId,
        duty: Option<&OnDuty>,
        room: &mut usize,
        last: &mut Option<Receipt>,
    ) -> Result<bool> {
        let store = &*self.0.store;
        let begun = Instant::now();
        for _ in 0..ATTEMPTS {
            let Some(expect) = duty.map_or(Ok(Some(Vec::new())), OnDuty::expectation)? else { return Ok(false) };
            let Some(process) = store.process(id)? else { return Ok(true) };
            if !process.status.is_final() {
                break;
            }
            let table = self.0.flows.get(process.flow.as_str()).and_then(|flow| flow.process.table);
            if let Some(table) = table {
                check_unreferenced(store, table, id)?;
            }
            if store.row(PROCESSES, id.0)?.is_some() {
                let is_over = |unit: &mut Unit, by: &Reference| self.is_of_over(by, |id| unit.process(id).cloned());
                self.step(None, None, |db| db.unit(|unit| unit.let_go(id, &is_over)))?;
                // What else was read of it may be older.
                continue;
            }
            let events = store.events(id, 0, BATCH)?;
            let begun = process.events > 0 && events.first().is_none_or(|first| first.number != 1);
            if !begun && let Some(export) = &self.0.retaining.retention.export {
                match process_lines(store, id, table) {
                    Ok(lines) => hand_over(export, &lines)?,
                    Err(TransferError::Changed(_)) => continue,
                    Err(TransferError::Store(error)) => return Err(error.into()),
                    Err(error) => return Err(Error::other(error)),
                }
            }
            let columns = table.map(|table| Ok((table, store.row(table, id.0)?))).transpose();
            let columns = columns.map_err(Error::Store)?.and_then(|(table, row)| Some((table, row?)));
            let (mut commit, records, all) = part(store, process, &events, columns)?;
            commit.expect.extend(expect);
            let news = self.news_of(&commit);
            match store.commit(commit) {
                Ok(receipt) => {
                    *last = Some(receipt);
                    news.iter().for_each(|news| self.hear(news));
                    *room = room.saturating_sub(records);
                    return Ok(all);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended { attempts: ATTEMPTS, waited: begun.elapsed() })
    }
}

impl Engine {
    /// Whether one of the processes is kept for a row, or for a process that is not over.
    fn is_held(&self, family: &[ProcessId]) -> Result<bool> {
        let store = &self.0.store;
        for process in family {
            for by in store.references(PROCESSES, process.0, usize::MAX)? {
                let read = |id| store.process(id)?.map(|stored| stored.record).ok_or(Error::NoProcess(id));
                if by.on_delete == OnDelete::Protect && !self.is_of_over(&by, read)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether a row that refers is the columns of a process that is over.
    fn is_of_over(&self, by: &Reference, read: impl FnOnce(ProcessId) -> Result<ProcessRecord>) -> Result<bool> {
        let of_processes = self.0.flows.values().any(|flow| flow.process.table == Some(by.table.as_str()));
        Ok(of_processes && read(ProcessId(by.id))?.status.is_final())
    }
}

/// No other row refers to the columns of a process.
fn check_unreferenced(store: &dyn Store, table: &str, id: ProcessId) -> Result<()> {
    let others = store.references(table, id.0, 2)?;
    match others.into_iter().find(|by| (by.table.as_str(), by.id) != (table, id.0)) {
        None => Ok(()),
        Some(by) => Err(Error::Protected {
            table: table.to_owned(),
            id: id.0,
            process: true,
            by_table: by.table,
            by: by.id,
            by_process: false,
            field: by.field,
        }),
    }
}

fn hand_over(export: &dyn Fn(&[String]) -> Result<()>, lines: &[String]) -> Result<()> {
    call(|| export(lines))
        .unwrap_or_else(|message| Err(Error::msg(format!("the export of a process panicked: {message}"))))
}

/// What forgets a part of a process, with its first `events`: the commit, how many records that are, and whether it is all.
fn part(
    store: &dyn Store,
    process: Stored<ProcessRecord>,
    events: &[Logged],
    columns: Option<(&str, Stored<RowRecord>)>,
) -> StoreResult<(Commit, usize, bool)> {
    let id = process.id;
    let mut commit = Commit::default();
    commit.expect.push(Expect::Revision(Key::Process(id), Some(process.revision)));
    // Nobody has come to refer to it meanwhile.
    commit.expect.push(Expect::Revision(Key::Row(PROCESSES.to_owned(), id.0), None));
    let mut records = events.len();
    if let Some(last) = events.last() {
        commit.changes.push(Change::ForgetEvents { process: id, through: last.number });
    }
    if records < BATCH {
        let old = store.tasks(id, 0, BATCH - records)?;
        records += old.len();
        if !old.is_empty() {
            commit.changes.push(Change::ForgetTasks { old });
        }
    }
    if records < BATCH {
        let scopes = store.scopes(id, None, BATCH - records)?;
        records += scopes.len();
        commit.changes.extend(scopes.into_iter().map(|(id, _)| Change::Scope { id, new: None }));
    }
    if let Some((table, row)) = columns {
        commit.expect.push(Expect::Revision(Key::Row(table.to_owned(), id.0), Some(row.revision)));
        commit.changes.push(Change::Row { table: table.to_owned(), id: id.0, old: Some(row.record), new: None });
    }
    let all = records < BATCH;
    let old = Box::new(process.record);
    let last = if all { Change::ForgetProcess { old } } else { Change::Process { old: Some(old.clone()), new: old } };
    commit.changes.push(last);
    Ok((commit, records, all))
}
