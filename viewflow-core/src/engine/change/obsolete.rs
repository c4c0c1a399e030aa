//! Tasks of nodes that are gone.

use viewflow_store::{NodeName, TaskId, TaskList, TaskStatus};

use crate::engine::Engine;
use crate::engine::change::plan::OPEN;
use crate::error::Result;
use crate::flow::node::Node;
use crate::lifecycle::Action;
use crate::people::User;

/// How many tasks one step sets aside.
const AT_ONCE: usize = 64;

impl Engine {
    /// Moves an open task to another node of the same scope: another task goes on there with its seed and data. At a
    /// join, it counts as the end of the task's branch. For tasks whose node is gone, and for tasks that are to take
    /// another way. Returns the task that is open now; at a join, the moved task.
    ///
    /// # Errors
    /// - [`Error::CannotMove`](crate::Error::CannotMove) when the node is of another flow or within other splits, or
    ///   when no task can come to it.
    /// - [`Error::Data`](crate::Error::Data) when the node needs other data.
    /// - [`Error::WrongStatus`](crate::Error::WrongStatus) when the task has ended.
    pub fn move_task<N: Node>(&self, id: TaskId, to: N, user: &impl User) -> Result<TaskId> {
        let to = to.full_name();
        self.gated(id, Action::Move, user, |step, _| step.move_to(id, &to))
    }

    /// Sets the tasks of these nodes aside: they wait until a person cancels or moves them.
    pub(in crate::engine) fn set_aside(&self, node: &NodeName) -> Result<()> {
        for status in OPEN.into_iter().filter(|status| *status != TaskStatus::Error) {
            let list = TaskList::Status(node.clone(), status);
            let mut after = None;
            loop {
                let page = self.0.store.list_tasks(&list, after, AT_ONCE)?;
                let Some(end) = page.last() else { break };
                after = Some(*end);
                self.foreground(None, None, |step, _| page.iter().try_for_each(|listed| step.set_aside(listed.task)))?;
            }
        }
        Ok(())
    }
}
