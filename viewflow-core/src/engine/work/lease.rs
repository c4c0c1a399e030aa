//! The leases of jobs that run in this program, and of jobs that began while the clock was wrong.

use viewflow_graph::Kind;
use viewflow_store::{JobState, NodeName, TaskId, TaskList, TaskStatus};

use super::pending::{BATCH, Pass, lock};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::kernel;

impl Engine {
    /// Renews the leases of the duties and jobs that are at work here. Gives up jobs whose time is over.
    pub(super) fn keep_leases(&self) {
        self.keep_duties();
        let running: Vec<(TaskId, u32)> =
            lock(&self.0.pending.running).iter().map(|(id, attempt)| (*id, *attempt)).collect();
        for (id, attempt) in running {
            let now = self.now();
            let late = |job: JobState| job.until.is_some_and(|until| until <= now);
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

    /// Corrects the times of jobs if the clock was set back; otherwise they would wait until it shows the wrong time
    /// again. Right after the engine was built, it corrects at least the jobs that workers have.
    pub(super) fn look_at_clock(&self) -> Pass {
        let now = self.now();
        let before = {
            let mut shown = lock(&self.0.pending.shown);
            let before = *shown;
            if before.is_some_and(|before| !kernel::was_set_back(before, now)) {
                *shown = before.max(Some(now));
                return Pass::default();
            }
            *shown = Some(now);
            before
        };
        let mut pass = Pass::default();
        match self.was_set_back(before.is_some()) {
            Ok(true) => pass.add(self.set_right(&[TaskStatus::Started, TaskStatus::Scheduled])),
            Ok(false) => pass.add(self.set_right(&[TaskStatus::Started])),
            Err(error) => pass.note(Err(error)),
        }
        if !pass.errors.is_empty() {
            // The next call looks again.
            *lock(&self.0.pending.shown) = before;
        }
        pass
    }

    /// Returns whether the clock was set back. If that is not known, the store tells by its newest event, which is then
    /// in the future.
    fn was_set_back(&self, known: bool) -> Result<bool> {
        let newest = self.0.store.history(None, None, 1)?.pop();
        Ok(known || newest.is_some_and(|newest| kernel::was_set_back(newest.at, self.now())))
    }

    fn set_right(&self, of: &[TaskStatus]) -> Pass {
        let mut pass = Pass::default();
        let jobs = self.0.flows.values().flat_map(|def| {
            let nodes = def.nodes.iter().filter(|node| node.kind == Kind::Job);
            nodes.map(|node| NodeName::new(def.name, node.name))
        });
        for list in jobs.flat_map(|node| of.iter().map(move |status| TaskList::Status(node.clone(), *status))) {
            let mut after = None;
            loop {
                let page = match self.0.store.list_tasks(&list, after, BATCH) {
                    Ok(page) => page,
                    Err(error) => {
                        pass.note(Err(error.into()));
                        break;
                    }
                };
                after = page.last().copied().filter(|_| page.len() == BATCH);
                page.iter().for_each(|listed| pass.note(self.set_one_right(listed.task)));
                if after.is_none() {
                    break;
                }
            }
        }
        pass
    }

    fn set_one_right(&self, id: TaskId) -> Result<usize> {
        let now = self.now();
        let since = self.0.store.task(id)?.and_then(|task| task.job).and_then(|job| job.since);
        if since.is_none_or(|since| !kernel::was_set_back(since, now)) {
            return Ok(0);
        }
        self.background(Some(id.process), |step, _| step.set_right(id).map(usize::from))
    }
}
