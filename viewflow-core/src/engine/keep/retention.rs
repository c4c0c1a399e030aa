//! How long processes that are over are kept, and how they are forgotten.
//!
//! A process is forgotten in parts of bounded size: its events, its tasks, and at last its record. By the record it is
//! found again if the program stops in between. The first part takes the first event, so a process without it has been
//! exported. Each part relies on the process's revision and changes it. So if two engines forget one process, one of
//! them is refused. Sub-processes go before the tasks that ran them.

use std::fmt;
use std::sync::Mutex;
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
use crate::engine::work::pending::try_lock;
use crate::error::{Error, Result};
use crate::unit::Unit;
use crate::unit::tables::PROCESSES;

/// How many records one commit forgets at most.
const BATCH: usize = 500;
/// How many records are forgotten before the engine waits for the disk, in about ten commits or more.
const AT_ONCE: usize = 5000;
/// How many records are read at a time when none of them is forgotten.
const PAGE: usize = 1000;
/// How long the engine leaves a process alone that it could not forget.
const REST: Duration = Duration::from_mins(1);
/// How long the workers wait at least before they look again, when nothing is over.
const SHORTEST: Duration = Duration::from_secs(1);
/// After how many failures the workers rest.
const FAILURES: usize = 8;
/// How long after its end a process is kept for subscribers at most, unless the application says otherwise.
const PATIENCE: Duration = Duration::from_hours(30 * 24);
/// How often the engine tries a part that others change at the same time.
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
    /// Keeps processes until [`Engine::purge`] is called. This is the default.
    pub fn forever() -> Self {
        Self { keep: None, patience: PATIENCE, export: None }
    }

    /// Forgets a process this long after it ended, with its sub-processes: its record and its columns, its tasks and
    /// events. Rows of other tables stay. A process is kept while a row, or a process that is not over, refers to it by
    /// a field with `on_delete = protect`. Workers forget processes, and so does [`Engine::run_pending`].
    pub fn purge_after(keep: Duration) -> Self {
        Self { keep: Some(keep), ..Self::forever() }
    }

    /// Keeps a process until every [`Subscriber`](crate::engine::Subscriber) has heard all of it, but no longer than
    /// this after it ended. If this is not called, that is 30 days. After that, the subscriber never hears the events
    /// that were forgotten. Call [`Engine::unsubscribe`] for a subscriber that is no longer used.
    pub fn wait_for_subscribers(mut self, at_most: Duration) -> Self {
        self.patience = at_most;
        self
    }

    /// Calls `export` with each process before it is forgotten, sub-processes first. It gets the lines that
    /// [`store::export`](viewflow_store::export) writes for a process, and the line of its columns. It gets all lines
    /// at once, so they have to fit in memory.
    ///
    /// If it fails, the process is kept, [`on_error`](crate::EngineBuilder::on_error) gets the error, and the engine
    /// tries again. It may get a process twice, if the program stops before the process is forgotten.
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

/// The engine's knowledge of the processes to forget. It can find all of that in the store again.
pub(in crate::engine) struct Retaining {
    retention: Retention,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    round: Round,
    /// When the engine last looked.
    looked: Option<Timestamp>,
    /// The earliest time at which there is something to forget.
    next: Option<Timestamp>,
}

/// One walk through the processes that are over, oldest first.
#[derive(Default)]
struct Round {
    /// The process that the walk has reached.
    at: Option<Ended>,
    /// The process and its sub-processes that are left to forget, the last one first.
    family: Vec<ProcessId>,
    /// Whether the engine had to leave some processes.
    left: bool,
    /// Whether the store failed to list the processes.
    over: bool,
    /// How many processes the walk has forgotten.
    forgotten: u64,
    /// The last commit. When it is durable, so are all commits before it. So a whole batch waits for the disk once.
    receipt: Option<Receipt>,
}

impl Round {
    /// Waits until everything that was forgotten is durably forgotten.
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
    /// Forgets all processes that ended before `older_than`, with their sub-processes, as [`Retention::purge_after`]
    /// does. Gives each to [`Retention::export`] before. Returns how many processes, sub-processes included, were
    /// forgotten.
    ///
    /// Sub-processes go with the process that ran them, and not before. A process that a subscriber has not heard is
    /// kept for a while: see [`Retention::wait_for_subscribers`]. If this engine does not know a flow, the rows of its
    /// columns stay, as the engine does not know their table.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore, Timestamp};
    /// let engine = Engine::builder(MemoryStore::new()).build()?;
    /// assert_eq!(engine.purge(Timestamp::from_millis(1_700_000_000_000))?, 0);
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first failure: of the store, of the export, or [`Error::Protected`] when another row refers to the columns
    /// of a process. The other processes are forgotten even so. [`Error::StepInStep`] in a handler.
    pub fn purge(&self, older_than: Timestamp) -> Result<u64> {
        refuse_in_step()?;
        let (mut round, mut first, mut room) = (Round::default(), None, usize::MAX);
        while let Some(result) = self.go_on(&mut round, None, &|ended| ended.at < older_than, &mut room) {
            first = first.or(result.err());
        }
        first = first.or(round.settle().err());
        first.map_or(Ok(round.forgotten), Err)
    }

    /// Forgets some of the processes that are due, unless another thread or engine does so. Returns how much it did.
    pub(in crate::engine) fn forget_some(&self, report: &mut dyn FnMut(Error)) -> usize {
        let retaining = &self.0.retaining;
        let Some(keep) = retaining.retention.keep else { return 0 };
        let Some(mut state) = try_lock(&retaining.state) else { return 0 };
        let now = self.now();
        // After a clock was set back, the time of the last look means nothing.
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
                // Another engine does it.
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
            // The next try goes on behind the processes that failed.
            state.next = Some(now.after(REST));
        }
        done
    }

    /// Returns whether there is something to forget, as far as the store says.
    fn has_to_forget(&self, round: &Round, due: &dyn Fn(&Ended) -> bool) -> bool {
        !round.family.is_empty() || self.0.store.ended(round.at, 1).is_ok_and(|page| page.first().is_some_and(due))
    }

    /// Returns whether this engine forgets processes at all.
    pub(in crate::engine) fn forgets(&self) -> bool {
        self.0.retaining.retention.keep.is_some()
    }

    /// Returns the earliest time at which there is something to forget. Returns none if nothing is ever forgotten, or
    /// while some thread forgets.
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
        // A process that is not over yet ends now at the earliest.
        let first = self.0.store.ended(round.at, 1).ok().and_then(|page| page.first().copied());
        let next = first.map_or_else(|| now.after(keep.max(SHORTEST)), |ended| ended.at.after(keep));
        if round.left { next.min(now.after(REST)) } else { next }
    }

    /// Forgets a part of a process, or goes on to the next process. Returns none when nothing is left to do.
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

    /// Returns a process and its sub-processes, each after the process that ran it. Returns nothing if one is not over.
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

    /// Adds the sub-processes of a task. Returns whether all of them are over.
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

    /// Forgets a part of a process. Returns whether that was the last part. Does nothing if the engine has lost the
    /// duty.
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
                // The other data that was read of it may be older.
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
    /// Returns whether one of the processes is kept for a row, or for a process that is not over.
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

    /// Returns whether a row that refers is the columns of a process that is over.
    fn is_of_over(&self, by: &Reference, read: impl FnOnce(ProcessId) -> Result<ProcessRecord>) -> Result<bool> {
        let of_processes = self.0.flows.values().any(|flow| flow.process.table == Some(by.table.as_str()));
        Ok(of_processes && read(ProcessId(by.id))?.status.is_final())
    }
}

/// Checks that no other row refers to the columns of a process.
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

/// Makes the commit that forgets a part of a process, with its first `events`. Also returns the number of records in
/// it, and whether nothing is left after it.
fn part(
    store: &dyn Store,
    process: Stored<ProcessRecord>,
    events: &[Logged],
    columns: Option<(&str, Stored<RowRecord>)>,
) -> StoreResult<(Commit, usize, bool)> {
    let id = process.id;
    let mut commit = Commit::default();
    commit.expect.push(Expect::Revision(Key::Process(id), Some(process.revision)));
    // No row or process has begun to refer to it meanwhile.
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
