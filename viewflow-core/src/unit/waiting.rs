//! Who waits to hear of something, and what is open in a scope, as a step sees it.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_store::__private::lists_of_waiting;
use viewflow_store::{Cursor, TaskId, TaskList};

use super::Unit;
use super::looked::looked;
use super::seen::Seen;
use super::walk::{PAGE, Walk};
use crate::error::Result;

/// The lists of those who wait, of what the step has changed. They are brought up to date when one is asked for: a step that asks for
/// none does not pay for them.
#[derive(Default)]
pub(super) struct Waiting {
    lists: Seen<TaskList, Cursor>,
    /// In which of them the tasks stand, and where.
    places: BTreeMap<TaskId, Vec<(TaskList, Cursor)>>,
    /// What was changed since.
    changed: Vec<TaskId>,
    /// The signals of which those have been told whom the store lists.
    thrown: BTreeSet<TaskList>,
}

impl Waiting {
    /// Notes that a task is changed.
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

    /// At most `limit` tasks of a list of those that wait to hear of something, or of a scope, and where to read on.
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

    /// All tasks of such a list.
    pub(crate) fn waiting(&mut self, list: &TaskList) -> Result<Vec<TaskId>> {
        let (mut found, mut waiting) = (Vec::new(), Walk::new(None, PAGE));
        while let Some(at) = waiting.next(|after, size| self.waiting_after(list, after, size))? {
            found.push(at.task);
        }
        Ok(found)
    }

    /// Those who wait for a signal, but for whom an earlier call in this step has given: nobody hears of it twice.
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
