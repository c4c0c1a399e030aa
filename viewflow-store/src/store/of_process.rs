//! The lists of each process's own tasks, for stores that keep everything in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::list::{open_at, open_cursor, past_at, past_cursor};
use super::{Cursor, NodeName, TaskList, TaskRecord};
use crate::id::{ProcessId, TaskId};

/// The lists [`TaskList::Open`] and [`TaskList::Past`] of all processes.
///
/// There are as many of them as there are processes, and most are short. So all lists share common sets of entries, in
/// which nodes have numbers instead of names.
#[derive(Debug, Default)]
pub(super) struct OfProcess {
    open: BTreeSet<TaskId>,
    /// The process, the node, and the ordinal of the task with its bits inverted, so that the newest task comes first.
    past: BTreeSet<(ProcessId, u32, u32)>,
    /// The number of each node, by its flow and its name.
    nodes: BTreeMap<String, BTreeMap<String, u32>>,
    numbers: u32,
}

impl OfProcess {
    /// Updates the lists for a task that is made, changed or forgotten.
    pub(super) fn replace(&mut self, old: Option<&TaskRecord>, new: Option<&TaskRecord>) {
        let is_open = |task: &&TaskRecord| open_at(task).is_some();
        match (old.filter(is_open), new.filter(is_open)) {
            (Some(old), None) => drop(self.open.remove(&old.id)),
            (None, Some(new)) => drop(self.open.insert(new.id)),
            _ => {}
        }
        let is_past = |task: &&TaskRecord| past_at(task).is_some();
        let (old, new) = (old.filter(is_past), new.filter(is_past));
        if let (Some(old), Some(new)) = (old, new)
            && (old.id, &old.flow, &old.node) == (new.id, &new.flow, &new.node)
        {
            return;
        }
        if let Some(old) = old
            && let Some(node) = self.number(&old.flow, &old.node)
        {
            self.past.remove(&(old.id.process, node, !old.id.ordinal));
        }
        if let Some(new) = new {
            let node = self.number(&new.flow, &new.node).unwrap_or_else(|| self.add_node(new));
            self.past.insert((new.id.process, node, !new.id.ordinal));
        }
    }

    fn number(&self, flow: &str, node: &str) -> Option<u32> {
        self.nodes.get(flow)?.get(node).copied()
    }

    fn add_node(&mut self, task: &TaskRecord) -> u32 {
        self.numbers += 1;
        self.nodes.entry(task.flow.clone()).or_default().insert(task.node.clone(), self.numbers);
        self.numbers
    }

    /// Returns at most `limit` entries of such a list after a place; none if it is another kind of list.
    pub(super) fn list(&self, list: &TaskList, after: Option<Cursor>, limit: usize) -> Option<Vec<Cursor>> {
        let is_after = |at: &Cursor| after.is_none_or(|after| *at > after);
        match list {
            TaskList::Open(process) => {
                let id = |ordinal| TaskId { process: *process, ordinal };
                let first = after.map_or(0, |after| u32::try_from(after.sort).unwrap_or(u32::MAX));
                let found = self.open.range(id(first)..=id(u32::MAX)).map(|task| open_cursor(*task));
                Some(found.filter(is_after).take(limit).collect())
            }
            TaskList::Past(process, NodeName { flow, node }) => {
                let Some(node) = self.number(flow, node) else { return Some(Vec::new()) };
                let first = after.map_or(0, |after| u32::try_from(!after.sort).map_or(0, |ordinal| !ordinal));
                let found = self.past.range((*process, node, first)..=(*process, node, u32::MAX));
                let found = found.map(|(_, _, turned)| past_cursor(TaskId { process: *process, ordinal: !turned }));
                Some(found.filter(is_after).take(limit).collect())
            }
            _ => None,
        }
    }
}
