//! Skipping: going on without doing a task.

use viewflow_graph::Role;
use viewflow_store::{EventKind, TaskId, TaskStatus};

use super::Step;
use crate::error::{Error, Place, Result};
use crate::lifecycle::Action;

impl Step {
    /// Goes on from a task as if it were done, without what its node does.
    pub(crate) fn skip(&mut self, id: TaskId) -> Result<()> {
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        let node = &def.nodes[index];
        let next = node.edges.iter().find(|edge| edge.role == Role::Next);
        let has_one_way = task.kind.acts() && !task.kind.is_start() && !task.status.is_final();
        if has_one_way && node.decide.is_some() {
            return Err(Error::Undecided { at: Place::of_task(&task) });
        }
        let Some(next) = next.filter(|_| has_one_way) else { return Err(Error::wrong_status(&task, Action::Skip)) };
        self.blame(id);
        let spawns = self.ask(node, &task, |step, activation| step.spawn(&def, next, activation))?;
        self.cancel_children(&task)?;
        let scope = self.leave(&task)?;
        self.settle(id, TaskStatus::Done)?;
        self.change_task(id, |task| {
            task.skipped = true;
            task.given = false;
            task.pass_to(None, None);
            (task.error, task.message) = (None, None);
            task.children = 0;
        })?;
        self.record(id.process, EventKind::TaskSkipped { task: id.ordinal, node: task.node.clone() })?;
        self.note_done(id)?;
        spawns.into_iter().try_for_each(|spawn| self.arrive(id.process, &spawn, scope, id.ordinal))?;
        self.drain()
    }
}
