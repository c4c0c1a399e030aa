//! What a step tells the history.

use super::Unit;
use crate::error::Result;
use crate::id::{ProcessId, TaskId, UserId};
use crate::store::{DataChange, Event, What};

impl Unit {
    pub(crate) fn record(&mut self, process: ProcessId, what: What) -> Result<()> {
        let record = self.change_process(process)?;
        record.events += 1;
        let number = record.events;
        let changes = what.task().and_then(|ordinal| self.untold.remove(&TaskId { process, ordinal }));
        self.events.push(Event {
            actor: self.actor.clone(),
            on_behalf_of: what.task().and_then(|ordinal| self.principal(TaskId { process, ordinal })),
            reason: self.reason.clone(),
            changes: changes.unwrap_or_default(),
            ..Event::new(process, number, self.now, what)
        });
        Ok(())
    }

    /// In whose place the actor of this step has a task, if it is another person's.
    fn principal(&self, task: TaskId) -> Option<UserId> {
        let task = self.tasks.get(&task)?.now()?;
        let is_delegate = self.actor.is_some() && task.owner == self.actor;
        task.principal().filter(|_| is_delegate).cloned()
    }

    /// Notes what a task changed in data. The next event of the task tells of it; if there is none in this step, its last one.
    pub(crate) fn tell(&mut self, task: TaskId, changes: Vec<DataChange>) {
        if !changes.is_empty() {
            self.untold.entry(task).or_default().extend(changes);
        }
    }

    /// Has the events tell of what none of them does yet.
    pub(crate) fn tell_the_rest(&mut self) {
        for (task, changes) in std::mem::take(&mut self.untold) {
            let mut of_process = self.events.iter_mut().rev().filter(|event| event.process == task.process);
            let of_task = |event: &&mut Event| event.what.task() == Some(task.ordinal);
            if let Some(event) = of_process.by_ref().find(of_task) {
                event.changes.extend(changes);
            } else if let Some(event) = self.events.iter_mut().rfind(|event| event.process == task.process) {
                event.changes.extend(changes);
            }
        }
    }
}
