//! Tasks that wait for something, and open tasks of scopes, as a step sees them.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_store::__private::lists_of_waiting;
use viewflow_store::{Cursor, TaskId, TaskList};

use super::Unit;
use super::looked::looked;
use super::seen::Seen;
use super::walk::{PAGE, Walk};
use crate::error::Result;

/// The lists of waiting tasks, with what the step has changed. They are brought up to date when a list is read. A step
/// that reads none does not pay for them.
#[derive(Default)]
pub(super) struct Waiting {
    lists: Seen<TaskList, Cursor>,
    /// The lists that contain each task, and where.
    places: BTreeMap<TaskId, Vec<(TaskList, Cursor)>>,
    /// The tasks that were changed since.
    changed: Vec<TaskId>,
    /// The signals whose waiting tasks, as the store lists them, have been taken already.
    thrown: BTreeSet<TaskList>,
}

impl Waiting {
    /// Notes that a task has changed.
    pub(super) fn note(&mut self, task: TaskId) {
        if self.changed.last() != Some(&task) {
            self.changed.push(task);
        }
    }
}

impl Unit {
    fn note_waiting(&mut self) {
        let changed: BTreeSet<TaskId> = self.waiting.changed.drain(..).collect();
        let Waiting { lists, places, .. } = &mut self.waiting;
        for task in looked(changed.into_iter()).filter_map(|id| self.tasks.get(&id)?.now()) {
            let now = lists_of_waiting(task);
            let before = places.get(&task.id);
            if before == Some(&now) {
                continue;
            }
            for (list, at) in before.into_iter().flatten() {
                lists.own.remove(list, *at);
            }
            for (list, at) in &now {
                lists.own.insert(list.clone(), *at);
            }
            places.insert(task.id, now);
        }
    }

    /// Returns at most `limit` tasks of a list of waiting tasks, or of a scope, and where to read on.
    pub(crate) fn waiting_after(
        &mut self,
        list: &TaskList,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Cursor>, Option<Cursor>)> {
        self.note_waiting();
        let Self { waiting, tasks, store, .. } = self;
        let read = |after, limit| Ok(store.list_tasks(list, after, limit)?);
        let is_changed = |at: Cursor| tasks.get(&at.task).is_some_and(|held| held.changed);
        waiting.lists.page(list, after, limit, read, is_changed)
    }

    /// Returns all tasks of such a list.
    pub(crate) fn waiting(&mut self, list: &TaskList) -> Result<Vec<TaskId>> {
        let (mut found, mut waiting) = (Vec::new(), Walk::new(None, PAGE));
        while let Some(at) = waiting.next(|after, size| self.waiting_after(list, after, size))? {
            found.push(at.task);
        }
        Ok(found)
    }

    /// Returns the tasks that wait for a signal. A task that an earlier call in this step has returned does not come
    /// again.
    pub(crate) fn take_waiting_for_signal(&mut self, name: &str) -> Result<Vec<TaskId>> {
        let list = TaskList::Signal(name.to_owned());
        let found = if self.waiting.thrown.contains(&list) {
            self.note_waiting();
            looked(self.waiting.lists.own.after(&list, None)).map(|at| at.task).collect()
        } else {
            self.waiting(&list)?
        };
        self.waiting.lists.own.take(&list);
        self.waiting.thrown.insert(list);
        Ok(found)
    }
}
