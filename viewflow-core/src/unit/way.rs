//! The way to a task: the task itself, the task it came from, and so on. It answers who did what on the way.
//!
//! A way may be as long as its process is old. So some tasks carry a summary of it ([`Way`]): one within every
//! [`STRIDE`] tasks. A summary stays true for all tasks that come this way, because a task is taken back only with all
//! that came after it. The walk looks again at tasks that were not over when the summary was made. Tasks of earlier
//! releases have no summary. There the way is walked to its beginning, or to the first summary.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_graph::Kind;
use viewflow_store::{Event, EventKind, ProcessId, TaskId, TaskRecord, TaskStatus, UserId, Way};

use super::Unit;
use crate::error::Result;

/// How many tasks there are from one summary to the next.
const STRIDE: u32 = 16;

/// A task that is about to be made.
pub(crate) struct Coming {
    pub(crate) id: TaskId,
    pub(crate) previous: Option<u32>,
    pub(crate) scope: u32,
}

impl Unit {
    /// Returns the last task on the way to a task, itself included, for which `wanted` returns true.
    fn on_the_way(&mut self, task: TaskId, mut wanted: impl FnMut(&TaskRecord) -> bool) -> Result<Option<TaskRecord>> {
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

    /// Returns how many tasks have come since the last summary on the way to a task. Also returns the task's own
    /// summary, if it is to have one. The summary covers the people that did these nodes.
    pub(crate) fn way_to(&mut self, coming: &Coming, nodes: &[&str]) -> Result<(u32, Option<Box<Way>>)> {
        let Some(previous) = coming.previous else { return Ok((0, None)) };
        let previous = TaskId { ordinal: previous, ..coming.id };
        let before = self.task(previous)?;
        let steps = if before.way.is_some() { 1 } else { before.steps.saturating_add(1) };
        if steps < STRIDE {
            return Ok((steps, None));
        }
        let mut way = Way::telling_of(nodes);
        let (mut from, mut scope) = (coming.id.ordinal, coming.scope);
        self.on_the_way(previous, |task| {
            way.note(task);
            if task.kind == Kind::Join {
                way.join = way.join.or(Some((task.id.ordinal, from)));
            }
            from = task.id.ordinal;
            if task.kind.is_split() && task.around == Some(scope) {
                way.splits.insert(scope, from);
                scope = task.scope;
            }
            let Some(earlier) = &task.way else { return false };
            way.note_all(earlier);
            // Of nested scopes, the outer scope has the lower number.
            way.splits.extend(earlier.splits.range(..=scope));
            earlier.tells_of(nodes)
        })?;
        for ordinal in way.open.clone() {
            way.note(self.task(TaskId { ordinal, ..previous })?);
        }
        Ok((0, Some(Box::new(way))))
    }

    /// Returns the last task of a node that was done on the way to a task. If the node is not on the way, returns the
    /// newest one in the process.
    fn last_done(&mut self, task: TaskId, node: &str) -> Result<Option<TaskRecord>> {
        let done = |task: &TaskRecord| task.node == node && task.status == TaskStatus::Done;
        let mut from = task;
        while let Some(found) = self.on_the_way(from, |task| done(task) || task.way.is_some())? {
            if done(&found) {
                return Ok(Some(found));
            }
            let way = found.way.unwrap_or_default();
            let mut last = way.done.get(node).copied();
            for ordinal in way.open {
                if done(self.task(TaskId { ordinal, ..task })?) {
                    last = last.max(Some(ordinal));
                }
            }
            let Some(ordinal) = last else { break };
            from.ordinal = ordinal;
        }
        self.newest_of(task.process, node, |task| task.status == TaskStatus::Done)
    }

    /// Returns the person that did the most recent of these nodes. For each node, its last task on the way counts, or
    /// its newest task in the process if it is not on the way.
    pub(crate) fn last_doer(&mut self, task: TaskId, nodes: &[&str]) -> Result<Option<UserId>> {
        let mut done = BTreeMap::new();
        for node in nodes {
            let last = self.last_done(task, node)?;
            done.extend(last.and_then(|last| Some((last.id.ordinal, (last.place, last.owner?)))));
        }
        self.last_finished(task.process, done)
    }

    /// Returns the people that did a node on the way to this task; if it is not on the way, in this process. A person
    /// that delegated the task is one of them.
    pub(crate) fn doers(&mut self, task: TaskId, node: &str) -> Result<BTreeSet<UserId>> {
        let mut doers = BTreeSet::new();
        let mut add = |task: &TaskRecord| {
            if task.node == node && task.status == TaskStatus::Done {
                doers.extend(task.doers().cloned());
            }
        };
        let summed_up = self.on_the_way(task, |task| {
            add(task);
            task.way.as_ref().is_some_and(|way| way.tells_of(&[node]))
        })?;
        if let Some(mut way) = summed_up.and_then(|task| task.way) {
            for ordinal in way.open {
                add(self.task(TaskId { ordinal, ..task })?);
            }
            doers.extend(way.by.remove(node).unwrap_or_default());
        }
        if doers.is_empty() {
            self.newest_of(task.process, node, |task| {
                if task.status == TaskStatus::Done {
                    doers.extend(task.doers().cloned());
                }
                false
            })?;
        }
        Ok(doers)
    }

    /// Returns the last task, on the way to a task, of a node that runs sub-processes. If the node is not on the way,
    /// returns its newest task in the process.
    pub(crate) fn last_host(&mut self, task: TaskId, node: &str) -> Result<Option<TaskId>> {
        let found = self.on_the_way(task, |task| task.node == node || task.way.is_some())?;
        let on_the_way = match found {
            Some(found) if found.node == node => Some(found.id.ordinal),
            Some(found) => found.way.and_then(|way| way.hosts.get(node).copied()),
            None => None,
        };
        match on_the_way {
            Some(ordinal) => Ok(Some(TaskId { ordinal, ..task })),
            None => Ok(self.newest_of(task.process, node, |_| true)?.map(|host| host.id)),
        }
    }

    /// Returns the last join on the way to a task, itself included, and the next task on the way after it.
    pub(crate) fn last_join(&mut self, task: TaskId) -> Result<Option<(TaskRecord, Option<u32>)>> {
        let mut came = None;
        let found = self.on_the_way(task, |task| {
            let found = task.kind == Kind::Join || task.way.is_some();
            came = if found { came } else { Some(task.id.ordinal) };
            found
        })?;
        match found {
            Some(join) if join.kind == Kind::Join => Ok(Some((join, came))),
            Some(found) => match found.way.and_then(|way| way.join) {
                Some((ordinal, came)) => Ok(Some((self.task(TaskId { ordinal, ..task })?.clone(), Some(came)))),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    /// Returns the split that opened a scope, which must be around a task or around what came before it.
    pub(crate) fn split_of(&mut self, task: TaskId, scope: u32) -> Result<Option<u32>> {
        let of = |task: &TaskRecord| task.kind.is_split() && task.around == Some(scope);
        let summed_up = |task: &TaskRecord| task.way.as_ref().and_then(|way| way.splits.get(&scope)).copied();
        let found = self.on_the_way(task, |task| of(task) || summed_up(task).is_some())?;
        Ok(found.and_then(|task| if of(&task) { Some(task.id.ordinal) } else { summed_up(&task) }))
    }

    /// Returns the value of that task which was finished last. Each task comes with the place of its end among the
    /// events, and with a value. Places are used because two tasks may end at the same time, and a clock may be set
    /// back.
    pub(crate) fn last_finished<T>(
        &mut self,
        process: ProcessId,
        mut of_tasks: BTreeMap<u32, (u32, T)>,
    ) -> Result<Option<T>> {
        // Tasks without a place were finished before all tasks with a place.
        let last = match of_tasks.iter().map(|(task, (place, _))| (*place, *task)).max() {
            Some((0, _)) if of_tasks.len() > 1 => self.last_told(process, |task| of_tasks.contains_key(&task))?,
            last => last.map(|(_, task)| task),
        };
        let last = last.and_then(|task| of_tasks.remove(&task)).or_else(|| of_tasks.pop_last().map(|(_, last)| last));
        Ok(last.map(|(_, last)| last))
    }

    /// Returns that one of the tasks whose end is recorded last among the events.
    fn last_told(&mut self, process: ProcessId, is_one: impl Fn(u32) -> bool) -> Result<Option<u32>> {
        const PAGE: u32 = 100;
        let finished = |event: &Event| match event.kind {
            EventKind::TaskFinished { task, .. } if event.process == process => Some(task).filter(|task| is_one(*task)),
            _ => None,
        };
        let own = self.events.iter().filter(|event| event.process == process).count();
        let mut last = self.events.iter().rev().find_map(finished);
        let mut before = self.process(process)?.events.saturating_sub(u32::try_from(own).unwrap_or(u32::MAX));
        while last.is_none() && before > 0 {
            let after = before.saturating_sub(PAGE);
            let page = self.store.events(process, after, (before - after) as usize)?;
            last = page.iter().rev().find_map(|logged| finished(&logged.event));
            before = after;
        }
        Ok(last)
    }
}
