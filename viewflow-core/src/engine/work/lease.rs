//! The leases of the jobs that run in this program.

use super::pending::lock;
use crate::engine::Engine;
use crate::error::Error;
use crate::id::TaskId;
use crate::kernel;
use crate::store::JobState;

impl Engine {
    /// Renews the leases of the jobs that run here, and gives up those whose time is over.
    pub(super) fn keep_leases(&self) {
        let running: Vec<(TaskId, u32)> =
            lock(&self.0.pending.running).iter().map(|(id, attempt)| (*id, *attempt)).collect();
        for (id, attempt) in running {
            let now = self.0.clock.now();
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
}
