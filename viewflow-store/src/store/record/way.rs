//! What was on the way to a task, summed up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{TaskRecord, TaskStatus};
use crate::id::UserId;

/// What was on the way to a task before it: the task it came from, the one before that, and so on. It stands on some of the tasks of
/// a long process, so that what is asked of the way costs the same however long it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Of each node the last task that was done, by its ordinal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub done: BTreeMap<String, u32>,
    /// Who did the tasks of a node that were done, or had them done in their place: of the nodes that are named by a `#[not_by(..)]`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, BTreeSet<UserId>>,
    /// Of each node that runs sub-processes the last task, whatever became of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, u32>,
    /// What was not over yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub open: BTreeSet<u32>,
    /// The last join, and the task that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<(u32, u32)>,
    /// The scopes around the task, each with the split that opened it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub splits: BTreeMap<u32, u32>,
}

impl Way {
    /// A way with nothing on it, of which it is to be told who did these nodes.
    pub fn telling_of(nodes: &[&str]) -> Self {
        Self { by: nodes.iter().map(|node| ((*node).to_owned(), BTreeSet::new())).collect(), ..Self::default() }
    }

    /// Whether it tells who did these nodes.
    pub fn tells_of(&self, nodes: &[&str]) -> bool {
        nodes.iter().all(|node| self.by.contains_key(*node))
    }

    /// Notes a task on the way. One that is not over is looked at again.
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

    /// Notes what was on the way to a task on the way.
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

    /// The same with other names of nodes.
    pub fn renamed<'n>(self, name: impl Fn(&str) -> Option<&'n str>) -> Self {
        let name = |node: String| name(&node).map_or(node.clone(), str::to_owned);
        let (mut done, mut hosts, mut by) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::<_, BTreeSet<_>>::new());
        self.done.into_iter().for_each(|(node, last)| note_last(&mut done, &name(node), last));
        self.hosts.into_iter().for_each(|(node, last)| note_last(&mut hosts, &name(node), last));
        self.by.into_iter().for_each(|(node, people)| by.entry(name(node)).or_default().extend(people));
        Self { done, by, hosts, ..self }
    }
}

/// Of the tasks of one node on a way the last one has the highest ordinal.
fn note_last(last: &mut BTreeMap<String, u32>, node: &str, ordinal: u32) {
    match last.get_mut(node) {
        Some(last) => *last = ordinal.max(*last),
        None => drop(last.insert(node.to_owned(), ordinal)),
    }
}
