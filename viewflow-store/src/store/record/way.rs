//! A summary of the way to a task.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{TaskRecord, TaskStatus};
use crate::id::UserId;

/// A summary of the way to a task before it: the task it came from, the task before that, and so on. Some tasks of a
/// long process have one. So a question about the way costs the same, however long the way is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The last done task of each node, by its ordinal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub done: BTreeMap<String, u32>,
    /// The people that did a node's done tasks, or delegated them. Only nodes named by a `#[not_by(..)]` are included.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, BTreeSet<UserId>>,
    /// The last task of each node that runs sub-processes, whatever its status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, u32>,
    /// The tasks that were not over yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub open: BTreeSet<u32>,
    /// The last join, and the task that came from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<(u32, u32)>,
    /// The scopes around the task, each with the split that opened it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub splits: BTreeMap<u32, u32>,
}

impl Way {
    /// Makes an empty way that is to record the people that did these nodes.
    pub fn telling_of(nodes: &[&str]) -> Self {
        Self { by: nodes.iter().map(|node| ((*node).to_owned(), BTreeSet::new())).collect(), ..Self::default() }
    }

    /// Returns whether it records the people that did these nodes.
    pub fn tells_of(&self, nodes: &[&str]) -> bool {
        nodes.iter().all(|node| self.by.contains_key(*node))
    }

    /// Notes a task on the way. A task that is not over has to be looked at again.
    pub fn note(&mut self, task: &TaskRecord) {
        let ordinal = task.id.ordinal;
        if task.status.is_final() {
            self.open.remove(&ordinal);
        } else {
            self.open.insert(ordinal);
        }
        if task.kind.has_children() {
            note_last(&mut self.hosts, &task.node, ordinal);
        }
        if task.status == TaskStatus::Done {
            note_last(&mut self.done, &task.node, ordinal);
            if let Some(by) = self.by.get_mut(&task.node) {
                by.extend(task.doers().cloned());
            }
        }
    }

    /// Notes the summary of an earlier part of the way.
    pub fn note_all(&mut self, earlier: &Self) {
        for (own, earlier) in [(&mut self.done, &earlier.done), (&mut self.hosts, &earlier.hosts)] {
            earlier.iter().for_each(|(node, last)| note_last(own, node, *last));
        }
        for (node, by) in &earlier.by {
            if let Some(own) = self.by.get_mut(node) {
                own.extend(by.iter().cloned());
            }
        }
        self.open.extend(&earlier.open);
        self.join = self.join.or(earlier.join);
    }

    /// Returns the same way with other names of nodes.
    pub fn renamed<'n>(self, name: impl Fn(&str) -> Option<&'n str>) -> Self {
        let name = |node: String| name(&node).map_or(node.clone(), str::to_owned);
        let (mut done, mut hosts, mut by) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::<_, BTreeSet<_>>::new());
        self.done.into_iter().for_each(|(node, last)| note_last(&mut done, &name(node), last));
        self.hosts.into_iter().for_each(|(node, last)| note_last(&mut hosts, &name(node), last));
        self.by.into_iter().for_each(|(node, people)| by.entry(name(node)).or_default().extend(people));
        Self { done, by, hosts, ..self }
    }
}

/// Notes a task of a node on a way, if it is the last one: the last one has the highest ordinal.
fn note_last(last: &mut BTreeMap<String, u32>, node: &str, ordinal: u32) {
    match last.get_mut(node) {
        Some(last) => *last = ordinal.max(*last),
        None => drop(last.insert(node.to_owned(), ordinal)),
    }
}
