//! Tasks, sub-processes and events in their order, as the step sees them.

use std::collections::BTreeMap;

use super::Unit;
use super::held::Held;
use super::looked::looked;
use crate::error::Result;
use crate::id::{ProcessId, TaskId, UserId};
use crate::store::{Event, ProcessList, TaskRecord, TaskStatus, What};

impl Unit {
    /// The tasks of a process that were made after the one with the ordinal `after`, in the order in which they were made,
    /// as this step sees them.
    pub(crate) fn each_task(
        &mut self,
        process: ProcessId,
        mut after: u32,
        mut visit: impl FnMut(&TaskRecord),
    ) -> Result<()> {
        const PAGE: usize = 1000;
        self.note_steps();
        self.process(process)?;
        loop {
            let page = self.store.tasks(process, after, PAGE)?;
            let whole = page.len() < PAGE;
            for stored in &page {
                after = stored.id.ordinal;
                visit(self.tasks.get(&stored.id).and_then(Held::now).unwrap_or(stored));
            }
            if whole {
                break;
            }
        }
        let made = TaskId { process, ordinal: after + 1 }..=TaskId { process, ordinal: u32::MAX };
        looked(self.tasks.range(made)).filter_map(|(_, held)| held.now()).for_each(visit);
        Ok(())
    }

    /// The tasks on the way to a task, itself first.
    pub(crate) fn each_on_the_way(&mut self, task: TaskId, mut visit: impl FnMut(&TaskRecord)) -> Result<()> {
        self.on_the_way(task, |task| {
            visit(task);
            false
        })
        .map(drop)
    }

    /// The last task on the way to a task, itself included, that is as asked for.
    pub(crate) fn on_the_way(
        &mut self,
        task: TaskId,
        mut wanted: impl FnMut(&TaskRecord) -> bool,
    ) -> Result<Option<TaskRecord>> {
        let mut at = Some(task.ordinal);
        while let Some(ordinal) = at {
            let task = self.task(TaskId { process: task.process, ordinal })?;
            if wanted(task) {
                return Ok(Some(task.clone()));
            }
            at = task.previous;
        }
        Ok(None)
    }

    /// The last task of a node that was done on the way to a task; where the node is not on the way, the newest one in the
    /// process.
    pub(crate) fn last_done(&mut self, task: TaskId, node: &str) -> Result<Option<TaskRecord>> {
        let done = |task: &TaskRecord| task.node == node && task.status == TaskStatus::Done;
        let mut found = self.on_the_way(task, done)?;
        if found.is_none() {
            self.each_task(task.process, 0, |task| {
                if done(task) {
                    found = Some(task.clone());
                }
            })?;
        }
        Ok(found)
    }

    /// The person who did the most recent one of these nodes: of each, the task that [`Unit::last_done`] finds.
    pub(crate) fn last_doer(&mut self, task: TaskId, nodes: &[&str]) -> Result<Option<UserId>> {
        let mut done = BTreeMap::new();
        for node in nodes {
            let last = self.last_done(task, node)?;
            done.extend(last.and_then(|last| Some((last.id.ordinal, last.owner?))));
        }
        self.last_finished(task.process, done)
    }

    /// What stands here for the one of these tasks of a process that was finished last. The events tell which: two may be finished at
    /// the same time, and a clock may be set back.
    pub(crate) fn last_finished<T>(&mut self, process: ProcessId, mut of_tasks: BTreeMap<u32, T>) -> Result<Option<T>> {
        const PAGE: u32 = 100;
        if of_tasks.len() < 2 {
            return Ok(of_tasks.pop_last().map(|(_, last)| last));
        }
        let finished = |event: &Event| match event.what {
            What::TaskFinished { task, .. } if event.process == process => Some(task),
            _ => None,
        };
        let is_one = |task: &u32| of_tasks.contains_key(task);
        let mut last = self.events.iter().rev().filter_map(finished).find(is_one);
        let own = self.events.iter().filter(|event| event.process == process).count();
        let mut before = self.process(process)?.events.saturating_sub(u32::try_from(own).unwrap_or(u32::MAX));
        while last.is_none() && before > 0 {
            let after = before.saturating_sub(PAGE);
            let page = self.store.events(process, after, (before - after) as usize)?;
            last = page.iter().rev().filter_map(|logged| finished(&logged.event)).find(is_one);
            before = after;
        }
        Ok(match last {
            Some(task) => of_tasks.remove(&task),
            None => of_tasks.pop_last().map(|(_, last)| last),
        })
    }

    /// The sub-processes of a task, in the order in which they were made.
    pub(crate) fn children(&mut self, task: TaskId) -> Result<Vec<ProcessId>> {
        self.children_after(task, None, usize::MAX).map(|(children, _)| children)
    }

    /// At most `limit` of them that come after `after`, and where to read on.
    pub(crate) fn children_after(
        &mut self,
        task: TaskId,
        after: Option<ProcessId>,
        limit: usize,
    ) -> Result<(Vec<ProcessId>, Option<ProcessId>)> {
        self.note_steps();
        let store = &self.store;
        let read = |after, limit| Ok(store.list_processes(&ProcessList::Children(task), after, limit)?);
        self.born.page(&task, after, limit, read, |_| false)
    }

    /// What happened in a process, this step included.
    pub(crate) fn events_of(&self, process: ProcessId) -> Result<Vec<Event>> {
        let stored = self.store.events(process, 0, usize::MAX)?;
        let mut events: Vec<Event> = stored.into_iter().map(|logged| logged.event).collect();
        events.extend(self.events.iter().filter(|event| event.process == process).cloned());
        Ok(events)
    }
}
