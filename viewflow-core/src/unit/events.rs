//! What a step tells the history.

use super::Unit;
use crate::error::Result;
use crate::id::{ProcessId, TaskId};
use crate::store::{DataChange, Event, What};

impl Unit {
    pub(crate) fn record(&mut self, process: ProcessId, what: What) -> Result<()> {
        let record = self.change_process(process)?;
        record.events += 1;
        let number = record.events;
        let changes = what.task().and_then(|ordinal| self.untold.remove(&TaskId { process, ordinal }));
        let (at, actor, reason) = (self.now, self.actor.clone(), self.reason.clone());
        self.events.push(Event { process, number, at, actor, reason, what, changes: changes.unwrap_or_default() });
        Ok(())
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
