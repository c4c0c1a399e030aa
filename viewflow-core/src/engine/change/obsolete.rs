//! Tasks of nodes that are gone.

use viewflow_store::{NodeName, TaskId, TaskList, TaskStatus};

use crate::engine::Engine;
use crate::engine::change::plan::OPEN;
use crate::error::Result;
use crate::flow::node::Node;
use crate::lifecycle::Action;
use crate::people::User;

/// How many tasks are set aside in one step.
const AT_ONCE: usize = 64;

impl Engine {
    /// Lets an open task go on at another node of the same scope, as another task with its seed and data; to a join, that its
    /// branch is done. For tasks whose node is gone, and for those that are to take another way. Answers with the task that is
    /// open now; at a join with the one that was moved.
    ///
    /// # Errors
    /// [`Error::CannotMove`](crate::Error::CannotMove) when the node is of another flow, within other splits, or one to which
    /// no task comes; [`Error::Data`](crate::Error::Data) when it asks for other data;
    /// [`Error::WrongStatus`](crate::Error::WrongStatus) when the task has ended.
    pub fn move_task<N: Node>(&self, id: TaskId, to: N, user: &impl User) -> Result<TaskId> {
        let to = to.full_name();
        self.gated(id, Action::Move, user, |step, _| step.move_to(id, &to))
    }

    /// Tasks of these nodes wait for nothing any more but for somebody who cancels or moves them.
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
