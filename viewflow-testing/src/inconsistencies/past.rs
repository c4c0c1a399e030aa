//! Checks what a process keeps about its past against the past itself.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_graph::Kind;
use viewflow_store::{NodeName, ProcessRecord, StoreResult, TaskId, TaskList, TaskRecord, TaskStatus, Way};

use super::Check;

/// The greatest number of tasks on a way without a summary.
const STRIDE: u32 = 16;

/// The tasks of a process, by ordinal.
pub(super) type Tasks = BTreeMap<u32, TaskRecord>;

/// The facts about the tasks of a process that its events report.
#[derive(Default)]
pub(super) struct Told {
    /// The events that tell last of each task that it was finished.
    pub(super) finished: BTreeMap<u32, u32>,
    /// The last events about each task.
    pub(super) last: BTreeMap<u32, u32>,
    /// The events up to this one are forgotten.
    pub(super) forgotten: u32,
}

/// The way to a task, up to the task before it, without nodes that were not over.
fn walked(tasks: &Tasks, told_of: &Way, task: &TaskRecord) -> Way {
    let nodes: Vec<&str> = told_of.by.keys().map(String::as_str).collect();
    let mut way = Way::telling_of(&nodes);
    let (mut from, mut scope) = (task.id.ordinal, task.scope);
    let mut at = task.previous;
    while let Some(before) = at.and_then(|ordinal| tasks.get(&ordinal)) {
        way.note(before);
        let ordinal = before.id.ordinal;
        if before.kind == Kind::Join {
            way.join = way.join.or(Some((ordinal, from)));
        }
        if before.kind.is_split() && before.around == Some(scope) {
            way.splits.insert(scope, ordinal);
            scope = before.scope;
        }
        (from, at) = (ordinal, before.previous);
    }
    way.open.clear();
    way
}

/// Returns a summary as it reads by now.
fn read(tasks: &Tasks, way: &Way) -> Way {
    let mut way = way.clone();
    for task in std::mem::take(&mut way.open).iter().filter_map(|ordinal| tasks.get(ordinal)) {
        way.note(task);
    }
    way.open.clear();
    way
}

impl Check<'_> {
    pub(super) fn past(
        &mut self,
        process: &ProcessRecord,
        tasks: &Tasks,
        finished: &BTreeMap<u32, u32>,
    ) -> StoreResult<()> {
        let id = process.id;
        self.task_list(&TaskList::Open(id))?;
        let nodes: BTreeSet<&str> = tasks.values().map(|task| task.node.as_str()).collect();
        for node in &nodes {
            let node = NodeName { flow: process.flow.clone(), node: (*node).to_owned() };
            self.task_list(&TaskList::Past(id, node))?;
        }
        if tasks.len() != process.tasks as usize {
            // The process is being forgotten.
            return Ok(());
        }
        let noted: BTreeSet<&str> = process.nodes.lines().collect();
        // After a node was renamed, the process has its new name. Tasks that were not written since have the old one.
        let renamed = noted.difference(&nodes).next().is_some() && nodes.difference(&noted).next().is_some();
        if !noted.is_empty() && noted != nodes && !renamed {
            self.complain(format!("process {id} notes tasks of {noted:?}, and has some of {nodes:?}"));
        }
        self.last_end(process, tasks);
        let mut latest = 0;
        for task in tasks.values() {
            let told = finished.get(&task.id.ordinal).copied();
            // When a process is being forgotten, its events go first.
            let forgotten = told.is_none() && process.status.is_final();
            if task.status == TaskStatus::Done && task.place != 0 && Some(task.place) != told && !forgotten {
                self.complain(format!(
                    "task {} was done at event {}, and the events say {told:?}",
                    task.id, task.place
                ));
            }
            if task.status == TaskStatus::Done && task.place != 0 {
                let crossed = task.place < latest && task.id.ordinal > process.crossed;
                if crossed && !process.status.is_final() {
                    self.complain(format!(
                        "an older task was done after task {}, and the process does not tell",
                        task.id
                    ));
                }
                latest = task.place.max(latest);
            }
            // A task that was taken back is not on any way.
            if !task.undone && !renamed {
                self.way(tasks, task);
            }
        }
        Ok(())
    }

    /// Each task has the number of the last event about it, unless an earlier release wrote that one.
    pub(super) fn last_events(&mut self, tasks: &Tasks, told: &Told) {
        let noted = tasks.values().map(|task| task.event).filter(|event| *event != 0);
        // An earlier release wrote none of the events from this one on.
        let first = noted.min().unwrap_or(u32::MAX);
        for task in tasks.values() {
            let last = told.last.get(&task.id.ordinal).copied();
            let fits = match last {
                Some(last) => task.event == last || (task.event == 0 && last < first),
                None => task.event <= told.forgotten,
            };
            if !fits {
                self.complain(format!(
                    "task {} has {} as its last event, and the events say {last:?}",
                    task.id, task.event
                ));
            }
        }
    }

    fn last_end(&mut self, process: &ProcessRecord, tasks: &Tasks) {
        if process.last_end == 0 {
            return;
        }
        let done = tasks.values().filter(|task| task.kind == Kind::End && task.status == TaskStatus::Done);
        let last = done.max_by_key(|task| task.place).map(|task| task.id.ordinal);
        if last != Some(process.last_end) {
            let id = TaskId { process: process.id, ordinal: process.last_end };
            self.complain(format!("task {id} is not the end that a token came to last: that is {last:?}"));
        }
    }

    /// Checks that the summary at a task says the same as a walk along its way, and that the next summary is not far.
    fn way(&mut self, tasks: &Tasks, task: &TaskRecord) {
        if let Some(way) = &task.way {
            let (told, is) = (read(tasks, way), walked(tasks, way, task));
            if told != is {
                self.complain(format!("the way to task {} is noted as {told:?}, and is {is:?}", task.id));
            }
        } else if let Some(before) = task.previous.and_then(|before| tasks.get(&before))
            && task.steps != 0
        {
            let steps = if before.way.is_some() { 1 } else { before.steps + 1 };
            if task.steps != steps || steps >= STRIDE {
                self.complain(format!(
                    "task {} counts {} tasks on the way to it, and it has {steps}",
                    task.id, task.steps
                ));
            }
        }
    }
}
