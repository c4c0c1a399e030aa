//! The events that a step adds to the history.

use std::collections::BTreeMap;

use viewflow_store::{DataChange, Event, EventKind, ProcessId, TaskId, UserId};

use super::Unit;
use super::looked::looked;
use crate::error::Result;

impl Unit {
    /// Records what happened. The task that it is about, if there is one, gets the number of the event.
    pub(crate) fn record(&mut self, process: ProcessId, kind: EventKind) -> Result<()> {
        let record = self.change_process(process)?;
        record.events += 1;
        let number = record.events;
        let task = kind.task().map(|ordinal| TaskId { process, ordinal });
        if let Some(task) = task {
            self.change_task(task)?.event = number;
        }
        let changes = task.and_then(|task| self.untold.remove(&task));
        self.events.push(Event {
            actor: self.actor.clone(),
            on_behalf_of: task.and_then(|task| self.principal(task)),
            reason: self.reason.clone(),
            changes: changes.unwrap_or_default(),
            ..Event::new(process, number, self.now, kind)
        });
        Ok(())
    }

    /// Returns the person in whose place the actor of this step has a task, if the task was delegated to the actor.
    fn principal(&self, task: TaskId) -> Option<UserId> {
        let task = self.tasks.get(&task)?.now()?;
        let is_delegate = self.actor.is_some() && task.owner == self.actor;
        task.principal().filter(|_| is_delegate).cloned()
    }

    /// Notes what a task changed in data. The next event of the task records it. If there is none in this step, the
    /// last one does.
    pub(crate) fn tell(&mut self, task: TaskId, changes: Vec<DataChange>) {
        if !changes.is_empty() {
            self.untold.entry(task).or_default().extend(changes);
        }
    }

    /// Adds all changes that no event has recorded yet to the last events of their tasks.
    pub(crate) fn tell_the_rest(&mut self) {
        let untold = std::mem::take(&mut self.untold);
        if untold.is_empty() {
            return;
        }
        let (mut of_tasks, mut of_processes) = (BTreeMap::new(), BTreeMap::new());
        for (index, event) in looked(self.events.iter().enumerate()) {
            let task = event.kind.task().map(|ordinal| TaskId { process: event.process, ordinal });
            of_tasks.extend(task.filter(|task| untold.contains_key(task)).map(|task| (task, index)));
            of_processes.insert(event.process, index);
        }
        for (task, changes) in untold {
            let last = of_tasks.get(&task).or_else(|| of_processes.get(&task.process));
            if let Some(event) = last.and_then(|index| self.events.get_mut(*index)) {
                event.changes.extend(changes);
            }
        }
    }
}
