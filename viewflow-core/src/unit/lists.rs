//! Tasks, sub-processes and events in order, as the step sees them.

use std::collections::VecDeque;

use viewflow_store::{
    Cursor, Event, EventKind, ListedTask, NodeName, ProcessId, ProcessList, StoreError, TaskId, TaskList, TaskRecord,
};

use super::Unit;
use super::held::Held;
use super::looked::looked;
use crate::error::{Error, Result};

impl Unit {
    /// Visits the tasks of a process after the task with the ordinal `after`, as this step sees them. They come in the
    /// order in which they were made.
    pub(crate) fn each_task(&mut self, process: ProcessId, after: u32, visit: impl FnMut(&TaskRecord)) -> Result<()> {
        self.each_task_between(process, after, u32::MAX, visit)
    }

    /// As [`Unit::each_task`], for those tasks that were made before the task with the ordinal `before`.
    pub(crate) fn each_task_between(
        &mut self,
        process: ProcessId,
        mut after: u32,
        before: u32,
        mut visit: impl FnMut(&TaskRecord),
    ) -> Result<()> {
        const PAGE: usize = 1000;
        self.note_steps();
        self.process(process)?;
        loop {
            let limit = PAGE.min(before.saturating_sub(after).saturating_sub(1) as usize);
            let page = self.store.tasks(process, after, limit)?;
            let whole = page.len() < PAGE;
            for stored in &page {
                after = stored.id.ordinal;
                visit(self.tasks.get(&stored.id).and_then(Held::now).unwrap_or(stored));
            }
            if whole {
                break;
            }
        }
        let made = TaskId { process, ordinal: after + 1 }..TaskId { process, ordinal: before.max(after + 1) };
        looked(self.tasks.range(made)).filter_map(|(_, held)| held.now()).for_each(visit);
        Ok(())
    }

    /// Returns the newest task of a node for which `wanted` returns true, among the tasks of [`TaskList::Past`].
    pub(crate) fn newest_of(
        &mut self,
        process: ProcessId,
        node: &str,
        mut wanted: impl FnMut(&TaskRecord) -> bool,
    ) -> Result<Option<TaskRecord>> {
        self.note_steps();
        let flow = self.process(process)?.flow.clone();
        let list = TaskList::Past(process, NodeName { flow, node: node.to_owned() });
        // The first task is nearly always the wanted one.
        let (mut limit, mut page, mut after) = (4, VecDeque::new(), None);
        let (mut more, mut before) = (true, u32::MAX);
        loop {
            if page.is_empty() && more {
                let listed = match self.store.list_tasks(&list, after, limit) {
                    Err(StoreError::NotReady { .. }) => self.all_past(process, node)?,
                    listed => listed?,
                };
                more = listed.len() == limit;
                after = listed.last().copied();
                page.extend(listed.into_iter().map(|listed| listed.task.ordinal));
                limit = (limit * 4).min(256);
            }
            self.sort_past()?;
            let own = self.past.get(&process).and_then(|past| past.get(node)?.range(..before).next_back().copied());
            let Some(ordinal) = own.max(page.front().copied()) else { return Ok(None) };
            page.pop_front_if(|listed| *listed == ordinal);
            before = ordinal;
            let task = self.task(TaskId { process, ordinal })?;
            if task.node == node && task.is_past() && wanted(task) {
                return Ok(Some(task.clone()));
            }
        }
    }

    /// Reads the same list from the tasks themselves, for a store that does not have it yet. The step's own tasks come
    /// from elsewhere.
    fn all_past(&mut self, process: ProcessId, node: &str) -> Result<Vec<ListedTask>> {
        let mut past = Vec::new();
        self.each_task(process, 0, |task| {
            if task.node == node && task.is_past() {
                past.push(Cursor { sort: !u64::from(task.id.ordinal), task: task.id });
            }
        })?;
        past.reverse();
        Ok(past)
    }

    /// Notes that a task of this step may be among the past tasks of its node.
    pub(crate) fn note_past(&mut self, id: TaskId) {
        self.noted_past.push(id);
    }

    /// Brings [`Unit::past`] up to date. A step that does not ask for it does not pay for it.
    fn sort_past(&mut self) -> Result<()> {
        for id in std::mem::take(&mut self.noted_past) {
            let task = self.task(id)?;
            if task.is_past() {
                let node = task.node.clone();
                self.past.entry(id.process).or_default().entry(node).or_default().insert(id.ordinal);
            }
        }
        Ok(())
    }

    /// Returns the open tasks of a process, in the order in which they were made.
    pub(crate) fn open_tasks(&mut self, process: ProcessId) -> Result<Vec<TaskId>> {
        self.note_steps();
        self.process(process)?;
        let mut open = match self.waiting(&TaskList::Open(process)) {
            Err(Error::Store(StoreError::NotReady { .. })) => {
                let mut open = Vec::new();
                self.each_task(process, 0, |task| open.extend((!task.status.is_final()).then_some(task.id)))?;
                open
            }
            open => open?,
        };
        open.sort_unstable();
        Ok(open)
    }

    /// Returns the sub-processes of a task, in the order in which they were made.
    pub(crate) fn children(&mut self, task: TaskId) -> Result<Vec<ProcessId>> {
        self.note_steps();
        let store = &self.store;
        let read = |after, limit| Ok(store.list_processes(&ProcessList::Children(task), after, limit)?);
        self.born.page(&task, None, usize::MAX, read, |_| false).map(|(children, _)| children)
    }

    /// Returns at most `limit` sub-processes of a task that are not over. Of those made in this step, only the ones
    /// after `after` count.
    pub(crate) fn open_children(
        &mut self,
        task: TaskId,
        after: Option<ProcessId>,
        limit: usize,
    ) -> Result<Vec<ProcessId>> {
        const PAGE: usize = 256;
        self.note_steps();
        let (mut open, mut page, mut more) = (Vec::new(), VecDeque::new(), true);
        let mut last = None;
        loop {
            if page.is_empty() && more {
                let size = limit.min(PAGE);
                let listed = match self.store.list_processes(&ProcessList::OpenChildren(task), last, size) {
                    Err(StoreError::NotReady { .. }) => {
                        self.store.list_processes(&ProcessList::Children(task), last, PAGE)?
                    }
                    listed => listed?,
                };
                more = !listed.is_empty();
                last = listed.last().copied();
                page.extend(listed);
            }
            let Some(child) = page.pop_front() else { break };
            if open.len() < limit && !self.process(child)?.status.is_final() {
                open.push(child);
            }
            if open.len() == limit {
                return Ok(open);
            }
        }
        let mut after = after;
        loop {
            let next = self.born.own.after(&task, after).next();
            let Some(child) = next else { break };
            after = Some(child);
            if !self.process(child)?.status.is_final() {
                open.push(child);
            }
            if open.len() == limit {
                break;
            }
        }
        Ok(open)
    }

    /// Returns what happened in a process since a task was made, this step included. Returns everything if no event
    /// records that the task was made.
    pub(crate) fn events_since(&mut self, process: ProcessId, task: u32) -> Result<VecDeque<Event>> {
        const PAGE: u32 = 100;
        let mut events: VecDeque<Event> =
            self.events.iter().filter(|event| event.process == process).cloned().collect();
        let own = u32::try_from(events.len()).unwrap_or(u32::MAX);
        let mut before = self.process(process)?.events.saturating_sub(own);
        let made = |event: &Event| matches!(event.kind, EventKind::TaskCreated { task: made, .. } if made == task);
        while before > 0 && !events.iter().take(PAGE as usize).any(made) {
            let after = before.saturating_sub(PAGE);
            let page = self.store.events(process, after, (before - after) as usize)?;
            page.into_iter().rev().for_each(|logged| events.push_front(logged.event));
            before = after;
        }
        Ok(events)
    }

    /// Returns what happened in a process, this step included.
    pub(crate) fn events_of(&self, process: ProcessId) -> Result<Vec<Event>> {
        let stored = self.store.events(process, 0, usize::MAX)?;
        let mut events: Vec<Event> = stored.into_iter().map(|logged| logged.event).collect();
        events.extend(self.events.iter().filter(|event| event.process == process).cloned());
        Ok(events)
    }
}
