//! The limits of what a person may see.
//!
//! A task is seen by people who may take it, have it, had it or delegated it.
//! A process is seen by the person who started it, by people who took part in it, and by those with the permission
//! `flow.view` or `flow.manage` on it; the latter see its tasks, too.
//! Anything else is reported as not there.

use viewflow_store::{Cursor, ProcessId, ProcessRecord, TaskId, TaskList, TaskRecord, TaskStatus, UserId};

use super::Desk;
use crate::engine::act::input::Asked;
use crate::engine::gate;
use crate::error::{Error, Result};
use crate::people::Person;
use crate::unit::Db;

impl Desk<'_> {
    /// A task, if this person may see it.
    pub(super) fn seen_task(&self, person: &Person, id: TaskId) -> Result<TaskRecord> {
        let task = self.engine.0.store.task(id)?;
        task.filter(|task| sees_task(person, task)).ok_or(Error::NoTask(id))
    }

    /// Reports a task that this person may not see as missing.
    pub(super) fn may_see(&self, person: &Person, task: &TaskRecord) -> Result<()> {
        if sees_task(person, task) { Ok(()) } else { Err(Error::NoTask(task.id)) }
    }

    /// A task that the step relies on, if this person may see it.
    pub(super) fn task_in_step(&self, db: &Db, person: &Person, id: TaskId) -> Result<TaskRecord> {
        let task = db.unit(|unit| unit.task(id).cloned())?;
        self.may_see(person, &task)?;
        Ok(task)
    }

    /// A process, if this person may see it.
    pub(super) fn seen_process(&self, person: &Person, id: ProcessId) -> Result<ProcessRecord> {
        let process = self.engine.0.store.process(id)?.map(|process| process.record);
        self.if_seen(person, process.ok_or(Error::NoProcess(id))?)
    }

    /// A process that the step relies on, if this person may see it.
    pub(super) fn process_in_step(&self, db: &Db, person: &Person, id: ProcessId) -> Result<ProcessRecord> {
        self.if_seen(person, db.unit(|unit| unit.process(id).cloned())?)
    }

    fn if_seen(&self, person: &Person, process: ProcessRecord) -> Result<ProcessRecord> {
        if self.sees_process(person, &process)? { Ok(process) } else { Err(Error::NoProcess(process.id)) }
    }

    /// Whether this person may see a process.
    pub(super) fn sees_process(&self, person: &Person, process: &ProcessRecord) -> Result<bool> {
        if !person.is_active() {
            return Ok(false);
        }
        // The record of a sub-process names the person whose step made it, who did not start it.
        let has_started = process.parent.is_none() && process.started_by.as_ref() == Some(person.id());
        if has_started || gate::may_view(person, &process.flow, process.id) {
            return Ok(true);
        }
        self.took_part(person.id(), process.id)
    }

    /// Whether a person takes or took part in a process: whether they have, had, did or delegated a task of it.
    pub(super) fn took_part(&self, user: &UserId, process: ProcessId) -> Result<bool> {
        let before = Cursor::of_part(TaskId { process, ordinal: 0 });
        let next = self.engine.0.store.list_tasks(&TaskList::Part(user.clone()), Some(before), 1)?;
        Ok(next.first().is_some_and(|listed| listed.task.process == process))
    }
}

/// Whether this person may see a task.
pub(super) fn sees_task(person: &Person, task: &TaskRecord) -> bool {
    let is_theirs = || task.people().any(|user| user == person.id());
    let may_take = || task.status == TaskStatus::New && task.kind.is_human() && gate::is_candidate(person, task);
    person.is_active() && (is_theirs() || may_take() || gate::may_view(person, &task.flow, task.id.process))
}

/// Whether this person may see the input of a task's owner so far.
pub(super) fn sees_draft(person: &Person, task: &TaskRecord) -> bool {
    task.owner.as_ref() == Some(person.id()) || gate::may_view(person, &task.flow, task.id.process)
}

/// The questions to the form of a task, over its draft if this person may see that.
pub(super) fn with_draft_seen<'a>(person: &Person, asked: Asked<'a>) -> Asked<'a> {
    let is_seen = asked.task.is_some_and(|task| sees_draft(person, task));
    Asked { draft: asked.draft.filter(|_| is_seen), ..asked }
}
