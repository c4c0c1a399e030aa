//! How a task fails: it takes the flow's edge for its error, or stays and waits for a person.

use viewflow_graph::Role;
use viewflow_store::{EventKind, TaskError, TaskId, TaskRecord, TaskStatus};

use super::Step;
use crate::error::Result;

impl Step {
    /// Marks a task as failed. Its token stays, and so does the process, until a person retries, revives or cancels the
    /// task.
    pub(super) fn fail(&mut self, id: TaskId, error: TaskError) -> Result<()> {
        self.settle(id, TaskStatus::Error)?;
        let message = error.message.clone();
        let node = self.change_task(id, |task| {
            task.error = Some(error);
            task.node.clone()
        })?;
        self.record(id.process, EventKind::TaskFailed { task: id.ordinal, node, error: message })
    }

    /// Takes the edge for an error of a task, or marks the task as failed if there is none.
    pub(super) fn fail_or_take_way(&mut self, task: &TaskRecord, error: TaskError) -> Result<()> {
        match self.way_of_error(task, error.code.as_deref(), true)? {
            Some(edge) => self.take_boundary(task, edge),
            None => self.fail(task.id, error),
        }
    }

    /// Returns the edge for an error of a task: the edge for its code, else the edge for all errors if `any` is set.
    pub(super) fn way_of_error(&mut self, task: &TaskRecord, code: Option<&str>, any: bool) -> Result<Option<usize>> {
        let (def, index) = self.node_of(task)?;
        let edges = &def.nodes[index].edges;
        let of = |wanted: Option<&str>| {
            edges.iter().position(|edge| matches!(&edge.role, Role::OnError(code) if code.as_deref() == wanted))
        };
        Ok(code.and_then(|code| of(Some(code))).or_else(|| if any { of(None) } else { None }))
    }
}
