//! Jobs: what steps do about work that happens outside of steps.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use viewflow_store::{EventKind, JobState, TaskError, TaskId, TaskRecord, TaskStatus, Timestamp};

use super::Step;
use super::wait::{look_again, schedule};
use crate::definition::Attempt;
use crate::definition::{Definition, JobDef, Wait};
use crate::error::{Error, Place, Result};
use crate::unit::versions::Reading;

/// How many workers may be lost with a job before the job counts as their cause.
const LOST: u32 = 10;
/// How far a clock may be set back before times are recomputed. Clocks are corrected a little all the time.
const CORRECTION: Duration = Duration::from_mins(1);

/// Returns whether the clock was set back after it showed `then`.
pub(crate) fn was_set_back(then: Timestamp, now: Timestamp) -> bool {
    then > now.after(CORRECTION)
}

impl Step {
    /// Gives a job to a worker for the time `lease`, if the job is due. Returns none if it is not.
    pub(crate) fn lease(&mut self, id: TaskId, lease: Duration) -> Result<Option<Attempt>> {
        let now = self.db.now();
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        let (Wait::Worker(job), Some(state)) = (&def.nodes[index].wait, task.job) else { return Ok(None) };
        let begun = match task.status {
            TaskStatus::Scheduled => false,
            TaskStatus::Started => true,
            _ => return Ok(None),
        };
        if task.suspended || state.at.is_none_or(|at| at > now) {
            return Ok(None);
        }
        if begun && state.until.is_some_and(|until| until <= now) {
            self.attempt_failed(&task, job, out_of_time())?;
            self.drain()?;
            return Ok(None);
        }
        let lost = state.lost + u32::from(begun);
        if lost > LOST {
            let message = format!("{lost} workers were lost with it, one after the other");
            self.fail(id, TaskError { code: None, message })?;
            return Ok(None);
        }
        self.blame(id);
        if let Some(error) = self.fault(id) {
            self.fail_or_take_way(&task, error)?;
            self.drain()?;
            return Ok(None);
        }
        let attempt = state.attempt + 1;
        let until = job.timeout.map(|timeout| now.after(timeout));
        let at = Some(until.map_or(now.after(lease), |until| until.min(now.after(lease))));
        self.change_task(id, |task| {
            task.status = TaskStatus::Started;
            task.job = Some(JobState { attempt, at, lost, since: Some(now), until, ..state });
            look_again(task);
        })?;
        self.record(id.process, EventKind::TaskStarted { task: id.ordinal, node: task.node.clone(), attempt })?;
        let (process, data) = self
            .db
            .unit(|unit| unit.process_and_data(id.process).map(|(process, data)| (process.clone(), data.clone())))?;
        let columns = self.db.columns(def.process.table, id.process)?;
        let (store, reading) = self.db.unit(|unit| (Arc::clone(&unit.store), unit.reading.clone()));
        let reading = reading.map(|reading| Reading::new(reading.versions));
        Ok(Some(Attempt { id, process, data, columns, task: self.task(id)?, store, now, reading }))
    }

    /// Gives a job back, so that a worker of another engine can take it.
    pub(crate) fn give_back(&mut self, id: TaskId, attempt: u32) -> Result<()> {
        let now = self.db.now();
        let (_, state, ..) = self.attempt(id, attempt)?;
        self.change_task(id, |task| schedule(task, JobState { since: Some(now), ..state }, now))
    }

    /// Extends the lease of the worker that is at this attempt. Returns whether that worker still has the job.
    pub(crate) fn renew(&mut self, id: TaskId, attempt: u32, lease: Duration) -> Result<bool> {
        let now = self.db.now();
        self.set_right(id)?;
        let Ok((_, state, ..)) = self.attempt(id, attempt) else { return Ok(false) };
        let at = Some(state.until.map_or(now.after(lease), |until| until.min(now.after(lease))));
        self.change_task(id, |task| {
            task.job = Some(JobState { at, since: Some(now), ..state });
            look_again(task);
        })?;
        Ok(true)
    }

    /// Recomputes the times of a job if the clock was set back since they were set. Returns whether it was.
    ///
    /// The job waits as long from now on as it would have waited from then on.
    pub(crate) fn set_right(&mut self, id: TaskId) -> Result<bool> {
        let now = self.db.now();
        let task = self.task(id)?;
        let waits = matches!(task.status, TaskStatus::Scheduled | TaskStatus::Started);
        let Some((state, since)) = task.job.and_then(|job| Some((job, job.since?))).filter(|_| waits) else {
            return Ok(false);
        };
        if !was_set_back(since, now) {
            return Ok(false);
        }
        let anew = |time: Timestamp| now.after(time.since(since));
        self.change_task(id, |task| {
            let (at, until) = (state.at.map(anew), state.until.map(anew));
            task.job = Some(JobState { at, until, since: Some(now), ..state });
            look_again(task);
        })?;
        Ok(true)
    }

    /// Returns the job, if the worker that is at this attempt still has it.
    fn attempt(&mut self, id: TaskId, attempt: u32) -> Result<(TaskRecord, JobState, Arc<Definition>, usize)> {
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        match task.job {
            Some(state) if task.status == TaskStatus::Started && state.attempt == attempt => {
                Ok((task, state, def, index))
            }
            _ => Err(Error::LeaseLost { at: Place::of_task(&task), attempt }),
        }
    }

    /// Finishes a job whose handler returned a value, unless its own `done` handler fails.
    pub(crate) fn job_done(&mut self, id: TaskId, attempt: u32, value: &dyn Any) -> Result<()> {
        let (task, state, def, index) = self.attempt(id, attempt)?;
        let late = state.until.is_some_and(|until| until <= self.db.now()).then(out_of_time);
        let fault = self.faults.get(&id).map(|fault| fault.error.clone());
        match (fault.or(late), &def.nodes[index].wait) {
            (Some(error), Wait::Worker(job)) => self.attempt_failed(&task, job, error)?,
            _ => self.go_through(id, value)?,
        }
        self.drain()
    }

    /// Handles the failure of an attempt.
    pub(crate) fn job_failed(&mut self, id: TaskId, attempt: u32, error: TaskError) -> Result<()> {
        let (task, _, def, index) = self.attempt(id, attempt)?;
        let Wait::Worker(job) = &def.nodes[index].wait else { return Err(Error::Internal("a job")) };
        self.attempt_failed(&task, job, error)?;
        self.drain()
    }

    /// Handles an error: if the flow has an edge for its code, the job takes the edge at once. Otherwise the job is
    /// tried again, as often as it may be.
    fn attempt_failed(&mut self, task: &TaskRecord, job: &JobDef, error: TaskError) -> Result<()> {
        let id = task.id;
        // The edge itself may be what failed.
        if self.faults.remove(&id).is_some_and(|fault| fault.twice) {
            return self.fail(id, error);
        }
        if let Some(edge) = self.way_of_error(task, error.code.as_deref(), false)? {
            return self.take_boundary(task, edge);
        }
        let state = task.job.unwrap_or_default();
        let failures = state.failures + 1;
        self.change_task(id, |task| task.job = Some(JobState { failures, ..state }))?;
        if failures >= job.attempts {
            return self.fail_or_take_way(task, error);
        }
        let now = self.db.now();
        let until = now.after(job.wait_after(failures));
        self.change_task(id, |task| schedule(task, JobState { failures, lost: 0, since: Some(now), ..state }, until))?;
        let (node, error) = (task.node.clone(), error.message);
        self.record(id.process, EventKind::TaskDelayed { task: id.ordinal, node, until, error })
    }
}

/// Returns the error of an attempt that took longer than it may.
pub(crate) fn out_of_time() -> TaskError {
    TaskError { code: None, message: "the attempt ran out of time".to_owned() }
}
