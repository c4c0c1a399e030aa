//! Due work: timers and timeouts fire, and jobs are run.

use viewflow_store::{ListedTask, TaskError, TaskId, TaskRecord};

use super::look::is_due_job;
use super::pending::{Claim, lock, worker_panicked};
use crate::definition::{Attempt, Run, Wait};
use crate::engine::Engine;
use crate::engine::call::call;
use crate::error::{Error, Result};

impl Engine {
    /// Fires a timer or a timeout whose time has come, or runs a job if `jobs` is set.
    pub(super) fn do_due(&self, listed: ListedTask, jobs: bool, more: &dyn Fn() -> bool) -> Result<usize> {
        let (id, mut attempt) = (listed.task, None);
        let done = self.claimed(&Claim::Task(listed), more, || {
            let now = self.now();
            let Some(task) = self.0.store.task(id)? else { return Ok(0) };
            if task.due.is_none_or(|due| due > now) {
                return Ok(0);
            }
            if !is_due_job(&task, now) {
                self.background(Some(id.process), |step, _| step.look(id))?;
                return Ok(1);
            }
            if !jobs {
                return Ok(0);
            }
            self.leave_to_others(&task)?;
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

    /// Runs the handler of a job, and records its outcome.
    fn run_attempt(&self, attempt: Attempt) -> Result<()> {
        let (id, number) = (attempt.id, attempt.number());
        let (flow, node) = (attempt.task.flow.clone(), attempt.task.node.clone());
        // Whatever happens, the job does not run here afterwards.
        let recorded = call(|| {
            self.attempt(attempt).and_then(|(outcome, id)| match outcome {
                Ok(value) => self.background(Some(id.process), |step, _| step.job_done(id, number, &*value)),
                Err(error) => self.background(Some(id.process), |step, _| step.job_failed(id, number, error.clone())),
            })
        })
        .unwrap_or_else(|message| Err(worker_panicked(&message)));
        let mut running = lock(&self.0.pending.running);
        if running.get(&id) == Some(&number) {
            running.remove(&id);
        }
        drop(running);
        if let Some(of) = recorded.as_ref().err().and_then(Error::of_another_version) {
            lock(&self.0.pending.left).insert((flow, node), of.clone());
            let given_back = self.background(Some(id.process), |step, _| step.give_back(id, number));
            // If this fails, its lease ends.
            drop(given_back);
        }
        match recorded {
            // Another worker has the job now, or the job is no longer wanted.
            Err(Error::LeaseLost { .. }) => Ok(()),
            recorded => recorded,
        }
    }

    /// Checks that the job of a task does not belong to another version of the program. An earlier job of its node may
    /// have found that the other version has renewed something. Then the engine leaves the node's jobs to that version
    /// as long as that lasts.
    fn leave_to_others(&self, task: &TaskRecord) -> Result<()> {
        let node = (task.flow.clone(), task.node.clone());
        let Some(of) = lock(&self.0.pending.left).get(&node).cloned() else { return Ok(()) };
        self.0.versions.look_of(&*self.0.store, &of)?;
        lock(&self.0.pending.left).remove(&node);
        Ok(())
    }

    pub(in crate::engine) fn attempt(
        &self,
        attempt: Attempt,
    ) -> Result<(Result<Box<dyn std::any::Any>, TaskError>, TaskId)> {
        let id = attempt.id;
        let def = self.definition(&attempt.task.flow)?;
        let node = def.find(&attempt.task.node).map(|index| &def.nodes[index]);
        let Some(Wait::Worker(job)) = node.map(|node| &node.wait) else {
            return Err(Error::Internal("a job"));
        };
        let reading = attempt.reading.clone();
        let outcome = call(|| match &job.run {
            Run::Here(run) => run(&def.flow, attempt),
            #[cfg(feature = "tokio")]
            Run::Future(run) => super::workers::block_on(run(&def.flow, attempt), job.timeout),
        });
        // Even if the handler has ignored the error.
        if let Some(error) = reading.and_then(|reading| reading.superseded()) {
            return Err(error);
        }
        let outcome = match outcome {
            Ok(Err(error)) if error.is_of_another_version() => return Err(error),
            Ok(outcome) => outcome.map_err(|error| TaskError::from(&error)),
            Err(message) => Err(TaskError { code: None, message: format!("panicked: {message}") }),
        };
        Ok((outcome, id))
    }
}
