//! The way to a task: the task itself, the one it came from, and so on. And who did what on it, or elsewhere in the process.
//!
//! A way may be as long as its process is old, so that some tasks carry a summary of it ([`Way`]): there is one within every
//! [`STRIDE`] tasks. It stays true for all who come this way, as what is done is taken back only with all that came after it; and what
//! was not over when the summary was made is looked at again. Tasks of earlier releases have none: there the way is walked to its
//! beginning, or to the first summary made since.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_graph::Kind;
use viewflow_store::{Event, ProcessId, TaskId, TaskRecord, TaskStatus, UserId, Way, What};

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
    /// The last task on the way to a task, itself included, that is as asked for.
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

    /// How many tasks there are since the last summary on the way to a task, and the summary that it is to have itself, which tells who
    /// did these nodes.
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
            // Of scopes one within the other the outer one has the lower number.
            way.splits.extend(earlier.splits.range(..=scope));
            earlier.tells_of(nodes)
        })?;
        for ordinal in way.open.clone() {
            way.note(self.task(TaskId { ordinal, ..previous })?);
        }
        Ok((0, Some(Box::new(way))))
    }

    /// The last task of a node that was done on the way to a task; where the node is not on the way, the newest one in the
    /// process.
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

    /// The person who did the most recent one of these nodes: of each, its last task on the way to this one; where it is not on the
    /// way, its newest one in the process.
    pub(crate) fn last_doer(&mut self, task: TaskId, nodes: &[&str]) -> Result<Option<UserId>> {
        let mut done = BTreeMap::new();
        for node in nodes {
            let last = self.last_done(task, node)?;
            done.extend(last.and_then(|last| Some((last.id.ordinal, (last.place, last.owner?)))));
        }
        self.last_finished(task.process, done)
    }

    /// Who did a node on the way to this task; where it is not on the way, in this process. Who had somebody do it in his
    /// place is one of them.
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

    /// The last task of a node that runs sub-processes on the way to a task; where the node is not on the way, the newest one in the
    /// process.
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

    /// The last join on the way to a task, itself included, and the task on the way that came of it.
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

    /// The split that opened a scope, of which there is one around a task, or around what came before it.
    pub(crate) fn split_of(&mut self, task: TaskId, scope: u32) -> Result<Option<u32>> {
        let of = |task: &TaskRecord| task.kind.is_split() && task.around == Some(scope);
        let summed_up = |task: &TaskRecord| task.way.as_ref().and_then(|way| way.splits.get(&scope)).copied();
        let found = self.on_the_way(task, |task| of(task) || summed_up(task).is_some())?;
        Ok(found.and_then(|task| if of(&task) { Some(task.id.ordinal) } else { summed_up(&task) }))
    }

    /// What stands here for the one of these tasks of a process that was finished last: beside each is the place of its end among the events.
    /// Two may be finished at the same time, and a clock may be set back.
    pub(crate) fn last_finished<T>(
        &mut self,
        process: ProcessId,
        mut of_tasks: BTreeMap<u32, (u32, T)>,
    ) -> Result<Option<T>> {
        // What has no place was finished before all that has one.
        let last = match of_tasks.iter().map(|(task, (place, _))| (*place, *task)).max() {
            Some((0, _)) if of_tasks.len() > 1 => self.last_told(process, |task| of_tasks.contains_key(&task))?,
            last => last.map(|(_, task)| task),
        };
        let last = last.and_then(|task| of_tasks.remove(&task)).or_else(|| of_tasks.pop_last().map(|(_, last)| last));
        Ok(last.map(|(_, last)| last))
    }

    /// The one of the tasks of a process of which the events tell last that it was finished.
    fn last_told(&mut self, process: ProcessId, is_one: impl Fn(u32) -> bool) -> Result<Option<u32>> {
        const PAGE: u32 = 100;
        let finished = |event: &Event| match event.what {
            What::TaskFinished { task, .. } if event.process == process => Some(task).filter(|task| is_one(*task)),
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
