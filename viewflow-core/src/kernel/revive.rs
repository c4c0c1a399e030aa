//! Making a canceled or failed task again, as a new task.

use viewflow_graph::Kind;
use viewflow_store::{EventKind, TaskId, TaskStatus};

use super::Step;
use super::advance::Spawn;
use crate::error::{Error, Place, Result};
use crate::lifecycle::Action;

impl Step {
    /// Makes a canceled or failed task again. Returns the new task.
    pub(crate) fn revive(&mut self, id: TaskId) -> Result<TaskId> {
        let task = self.task(id)?;
        if !matches!(task.status, TaskStatus::Canceled | TaskStatus::Error) || matches!(task.kind, Kind::Join) {
            return Err(Error::wrong_status(&task, Action::Revive));
        }
        let not_revived = |because| Error::WrongStatus {
            at: Place::of_task(&task),
            action: Action::Revive,
            kind: task.kind,
            status: task.status,
            because: Some(because),
        };
        if task.undone {
            return Err(not_revived("after it was taken back"));
        }
        if task.left {
            return Err(not_revived("after its timeout or error has taken its way"));
        }
        let (def, index) = self.node_of(&task)?;
        let process = self.db.unit(|unit| unit.process(id.process).cloned())?;
        if process.status.is_final() {
            return Err(Error::ProcessIsOver { process: id.process, status: process.status });
        }
        let Some(scope) = self.open_scope_record(id.process, task.scope)? else {
            return Err(not_revived("after its branches were joined"));
        };
        if scope.split.is_none() && task.previous.is_none() {
            return Err(not_revived("as it is the start of its process"));
        }
        if task.status == TaskStatus::Error {
            // The new task takes over its token.
            self.cancel_task(id)?;
        } else {
            self.change_scope(id.process, task.scope, |scope| scope.live += 1)?;
        }
        let spawn = Spawn { target: index, seed: task.seed.clone(), data: task.data.clone() };
        debug_assert_eq!(def.nodes[index].name, task.node);
        let new = self.add_task(id.process, &spawn, task.scope, Some(id.ordinal))?;
        self.change_task(id, |task| task.status = TaskStatus::Revived)?;
        self.change_task(new, |new| {
            new.message = task.message;
            (new.due_date, new.priority, new.follow_up) = (task.due_date, task.priority, task.follow_up);
        })?;
        self.record(id.process, EventKind::TaskRevived { task: id.ordinal, node: task.node.clone(), by: new.ordinal })?;
        self.prepare(new, true)?;
        self.drain()?;
        Ok(new)
    }
}
