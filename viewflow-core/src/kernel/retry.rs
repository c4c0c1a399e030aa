//! Trying a failed task again.

use viewflow_graph::Kind;
use viewflow_store::{EventKind, ProcessStatus, TaskId, TaskStatus};

use super::Step;
use crate::error::{Error, Result};
use crate::lifecycle::Action;

impl Step {
    /// Tries a failed task again. A sub-process is made again, as [`Step::revive`] does.
    pub(crate) fn retry(&mut self, id: TaskId) -> Result<TaskId> {
        let task = self.task(id)?;
        if task.status != TaskStatus::Error {
            return Err(Error::wrong_status(&task, Action::Retry));
        }
        if task.kind.has_children() && !(task.children == 0 && self.all_children_are_done(id)?) {
            return self.revive(id);
        }
        self.record(id.process, EventKind::TaskRetried { task: id.ordinal, node: task.node.clone() })?;
        let has_owner = task.owner.is_some();
        self.change_task(id, |task| {
            task.status = if has_owner { TaskStatus::Assigned } else { TaskStatus::New };
            task.error = None;
            task.unprepared = false;
            if let Some(job) = &mut task.job {
                (job.failures, job.lost) = (0, 0);
            }
        })?;
        if task.kind.has_children() {
            // The failure came after the children were done.
            self.change_task(id, |task| task.status = TaskStatus::Started)?;
            self.make_ready(id);
        } else if task.kind != Kind::Join {
            self.prepare(id, task.unprepared)?;
        } else if let Some(closed) = task.around.filter(|_| self.waits_for_a_scope(&task).unwrap_or(false)) {
            // The join's `until`, which failed, may succeed now.
            self.change_task(id, |task| task.status = TaskStatus::Started)?;
            self.look_at_scope(id.process, closed)?;
        } else {
            self.make_ready(id);
        }
        self.drain()?;
        Ok(id)
    }

    /// Returns whether a sub-process has had children, and all of them are done.
    fn all_children_are_done(&self, id: TaskId) -> Result<bool> {
        self.db.unit(|unit| {
            let children = unit.children(id)?;
            for child in &children {
                if unit.process(*child)?.status != ProcessStatus::Done {
                    return Ok(false);
                }
            }
            Ok(!children.is_empty())
        })
    }
}
