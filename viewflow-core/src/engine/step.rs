//! One step: the engine tries it until no other step overtakes it.

mod blame;
mod overtaken;

use std::cell::Cell;
use std::sync::Arc;

use viewflow_store::{Commit, Event, News, ProcessId, StoreError, TaskError};

use self::blame::{Search, fault};
use self::overtaken::Overtaken;
use super::Engine;
use super::call::call;
use crate::error::{Error, Place, Result};
use crate::kernel::{Faults, Step};
use crate::people::User;
use crate::unit::tables::PROCESSES;
use crate::unit::versions::Reading;
use crate::unit::{Db, Unit};

impl Engine {
    /// Runs `work` as one step: again if others overtook it. If it fails, nothing of it happens.
    pub(super) fn step<R>(
        &self,
        process: Option<ProcessId>,
        actor: Option<&dyn User>,
        work: impl Fn(&Db) -> Result<R>,
    ) -> Result<R> {
        self.run_step(process, actor, false, &|db, _| work(db))
    }

    /// Runs `work` as one step on processes, for a person: if it fails, nothing of it happens.
    pub(super) fn foreground<R>(
        &self,
        process: Option<ProcessId>,
        actor: Option<&dyn User>,
        work: impl Fn(&mut Step, &Db) -> Result<R>,
    ) -> Result<R> {
        self.run_step(process, actor, false, &|db, faults| self.kernel_step(db, faults, &work))
    }

    /// Runs `work` as one step on processes, without a person. A task that fails in it stays failed, and everything
    /// before that happens even so.
    pub(super) fn background<R>(
        &self,
        process: Option<ProcessId>,
        work: impl Fn(&mut Step, &Db) -> Result<R>,
    ) -> Result<R> {
        self.run_step(process, None, true, &|db, faults| self.kernel_step(db, faults, &work))
    }

    fn kernel_step<R>(&self, db: &Db, faults: &Faults, work: &dyn Fn(&mut Step, &Db) -> Result<R>) -> Result<R> {
        let mut step = Step::new(Arc::clone(&self.0.flows), db.clone(), faults.clone());
        let answer = work(&mut step, db)?;
        step.finish()?;
        Ok(answer)
    }

    fn run_step<R>(
        &self,
        process: Option<ProcessId>,
        actor: Option<&dyn User>,
        background: bool,
        work: &dyn Fn(&Db, &Faults) -> Result<R>,
    ) -> Result<R> {
        let mut faults = Faults::new();
        let mut search = Search::default();
        let mut numbers = Vec::new();
        let mut overtaken = Overtaken::new(&*self.0.store);
        let mut lane = None;
        loop {
            let running = Running::begin()?;
            if lane.is_none() {
                lane = process.map(|id| self.0.lanes.take(id));
            }
            overtaken.try_again()?;
            let who = actor.map(User::id);
            let reading = Some(Reading::new(Arc::clone(&self.0.versions)));
            let db = Db::with_numbers(Arc::clone(&self.0.store), self.now(), who, numbers, reading);
            db.unit(|unit| unit.reason = actor.and_then(User::reason).map(str::to_owned));
            let whole = || {
                let answer = work(&db, &faults)?;
                db.unit(|unit| unit.tell_watchers().and_then(|()| unit.rely_on_flows()))?;
                Ok(answer)
            };
            let answer = call(whole).unwrap_or_else(|message| Err(panicked(&db, message)));
            let answer = answer.map_err(|error| self.of_processes(error));
            drop(running);
            // If the step only found out which task fails, it is run again without that task.
            let fault = answer.as_ref().err().and_then(|error| fault(&db, error, background, &faults));
            let unread = db.unit(Unit::take_unread);
            numbers = db.unit(|unit| unit.numbered());
            // A failed step writes nothing. But did it really fail, or did another step in between make it fail?
            let mut commit = db.take_commit(answer.is_err());
            overtaken.comes_to(&mut commit);
            let relied = db.unit(|unit| unit.relied_on());
            let news = self.news_of(&commit);
            let events = if self.0.listeners.is_empty() { Vec::new() } else { commit.events.clone() };
            let taken = if relied.iter().any(|(_, agreed)| agreed.is_none()) {
                // Another version has renewed something that the step looked up, or would write.
                Some(Err(StoreError::Conflict))
            } else if commit.expect.is_empty() && commit.changes.is_empty() {
                None
            } else {
                Some(self.0.store.commit(commit))
            };
            if !matches!(taken, Some(Err(StoreError::Conflict))) {
                overtaken.came_through();
            }
            // A step with a turn keeps its lane: if it waited for the lane, a step in there might wait for the turn.
            if !overtaken.has_turn() {
                lane = None;
            }
            let refused = match (&taken, &answer) {
                (Some(Err(error)), _) => {
                    error.is_of_data().then(|| TaskError { code: None, message: error.to_string() })
                }
                (_, Err(error)) => error.is_of_a_task().then(|| error.into()),
                _ => None,
            };
            match taken {
                Some(Err(StoreError::Conflict)) => {
                    for ((about, name), _) in relied {
                        self.0.versions.look(&*self.0.store, about, name)?;
                    }
                    // A task that failed before may not fail now.
                    faults.clear();
                    search = Search::default();
                    overtaken.happened()?;
                }
                taken if fault.is_some() && taken.as_ref().is_none_or(Result::is_ok) => faults.extend(fault),
                // The store refused the result of a whole step, so the engine tries which task is to blame.
                _ if background
                    && refused.is_some_and(|error| {
                        let suspects = db.unit(|unit| unit.suspects());
                        search.go_on(&suspects, &error, &mut faults)
                    }) => {}
                Some(Err(error)) => return answer.and(Err(error.into())),
                Some(Ok(receipt)) if answer.is_ok() => {
                    receipt.wait()?;
                    self.tell_of(news, &events, unread);
                    return answer;
                }
                _ => return answer,
            }
        }
    }

    /// Names the process in the error if the columns of a process hold on to a row: their table is an internal matter.
    fn of_processes(&self, error: Error) -> Error {
        match error {
            Error::Handler { at, source } => Error::Handler { at, source: Box::new(self.of_processes(*source)) },
            Error::Protected { table, id, process, by_table, by, field, .. } => {
                let process = process || table == PROCESSES;
                let by_process = self.0.flows.values().any(|def| def.process.table == Some(by_table.as_str()));
                Error::Protected { table, id, process, by_table, by, by_process, field }
            }
            error => error,
        }
    }

    /// Calls the listeners. The step is done, whatever they do.
    fn tell_listeners(&self, events: &[Event]) {
        for event in events {
            for listener in &self.0.listeners {
                if let Err(message) = call(|| listener(event)) {
                    self.report(&Error::Other(format!("a listener panicked: {message}").into()));
                }
            }
        }
    }

    /// Announces the result of a step.
    fn tell_of(&self, news: Option<News>, events: &[Event], unread: Vec<StoreError>) {
        news.iter().for_each(|news| self.hear(news));
        self.tell_listeners(events);
        unread.into_iter().for_each(|error| self.report(&error.into()));
    }

    /// Returns the news of a commit that the engine has to hear from itself, because the store does not announce it.
    pub(super) fn news_of(&self, commit: &Commit) -> Option<News> {
        let told = self.0.watching.get().is_some_and(|watching| watching.is_told);
        (!told).then(|| News::of(commit)).filter(|news| !news.is_empty())
    }
}

thread_local! {
    /// Whether this thread is within a step.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// While this lives, its thread is within a step. A step within it would wait for its turn for ever.
struct Running;

impl Running {
    fn begin() -> Result<Self> {
        if RUNNING.replace(true) { Err(Error::StepInStep) } else { Ok(Self) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.set(false);
    }
}

/// Refuses a call in a handler: handlers must not call what writes on its own.
pub(super) fn refuse_in_step() -> Result<()> {
    Running::begin().map(drop)
}

fn panicked(db: &Db, message: String) -> Error {
    let culprit = db.unit(|unit| unit.culprit.and_then(|task| unit.task(task).ok().cloned()));
    let at = culprit.map_or_else(Place::unknown, |task| Place::of_task(&task));
    Error::Panicked { at, message }
}
