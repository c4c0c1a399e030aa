//! The owner of a task and its due date: actions of people on their own tasks and on each other's.

use viewflow_store::{EventKind, ProcessId, TaskId, TaskRecord, Timestamp};

use crate::engine::desk::may::may_do_to_process;
use crate::engine::{Engine, gate};
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::kernel::{self, Step};
use crate::lifecycle::Action;
use crate::people::{Person, User};

impl Engine {
    /// Gives a task that nobody has to a person who may take it. To give it again to the same person changes nothing.
    ///
    /// # Errors
    /// [`Error::NotOwner`] when somebody else has it, [`Error::Forbidden`] when it is not for this person,
    /// [`Error::WrongStatus`] when it is done.
    pub fn assign(&self, id: TaskId, user: &impl User) -> Result<()> {
        self.gated(id, Action::Assign, user, |step, task| take(step, task, user))
    }

    /// Gives a task back, so that nobody has it. A delegated task goes back to the person that delegated it.
    ///
    /// The owner may do that, the person that delegated it, and a manager.
    /// If the flow gave the task to a person and it is for no other candidates, that person alone can take it
    /// afterwards.
    ///
    /// # Errors
    /// [`Error::NotOwner`] when somebody else has it, [`Error::WrongStatus`] when nobody has, or it is done.
    pub fn unassign(&self, id: TaskId, user: &impl User) -> Result<()> {
        self.gated(id, Action::Unassign, user, |step, _| kernel::unassign(&step.db, id))
    }

    /// Gives a task to another person who may take it, for good.
    ///
    /// The owner may do that, or a manager, but not a person who has it in another's place.
    /// If a task is for one person alone, to whom the flow gave it, a manager may give it to anybody.
    ///
    /// # Errors
    /// As [`Engine::unassign`]; [`Error::Forbidden`] also when the task is not for `to`, or no longer for the owner.
    pub fn reassign(&self, id: TaskId, user: &impl User, to: &impl User) -> Result<()> {
        self.gated(id, Action::Reassign, user, |step, task| give(step, task, user, to))
    }

    /// Has another person do a task in the owner's place, whether or not that person could have taken it. Given back,
    /// it is the owner's again.
    ///
    /// # Errors
    /// As [`Engine::unassign`]. [`Error::Forbidden`] when `to` is barred by the task's `#[not_by(..)]`, or when the
    /// task is no longer for the owner.
    pub fn delegate(&self, id: TaskId, user: &impl User, to: &impl User) -> Result<()> {
        self.gated(id, Action::Delegate, user, |step, task| hand_on(step, task, user, to))
    }

    /// Sets by when a task should be done; none takes the date away.
    ///
    /// # Errors
    /// As [`Engine::unassign`]; [`Error::Forbidden`] when nobody has it and one is no manager.
    pub fn set_due_date(&self, id: TaskId, user: &impl User, date: Option<Timestamp>) -> Result<()> {
        self.reschedule(id, user, |task| task.due_date = date)
    }

    /// Sets how urgent a task is: the greater the more.
    ///
    /// # Errors
    /// As [`Engine::set_due_date`].
    pub fn set_priority(&self, id: TaskId, user: &impl User, priority: Option<i32>) -> Result<()> {
        self.reschedule(id, user, |task| task.priority = priority)
    }

    /// Sets when one wants to look at a task again.
    ///
    /// # Errors
    /// As [`Engine::set_due_date`].
    pub fn set_follow_up(&self, id: TaskId, user: &impl User, date: Option<Timestamp>) -> Result<()> {
        self.reschedule(id, user, |task| task.follow_up = date)
    }

    fn reschedule(&self, id: TaskId, user: &dyn User, set: impl Fn(&mut TaskRecord)) -> Result<()> {
        self.gated(id, Action::Reschedule, user, |step, task| reschedule(step, task, &set))
    }

    /// The actions that this person may do to a task as it is now, in the order of [`Action::ALL`]: for the buttons of
    /// a page.
    ///
    /// # Errors
    /// [`Error::NoTask`].
    pub fn actions(&self, id: TaskId, user: &impl User) -> Result<Vec<Action>> {
        let (task, process) = (self.task_record(id)?, self.process_record(id.process)?);
        let mut may = self.may_do(&Person::of(user), &process, &task);
        // The way back is an action on the process.
        may.retain(|may| may.allowed && may.action != Action::GoBack);
        Ok(may.into_iter().map(|may| may.action).collect())
    }

    /// The actions that this person may do to a process as it is now, also in that order.
    ///
    /// # Errors
    /// [`Error::NoProcess`].
    pub fn process_actions(&self, id: ProcessId, user: &impl User) -> Result<Vec<Action>> {
        let may = may_do_to_process(&Person::of(user), &*self.process_record(id)?);
        Ok(may.into_iter().filter(|may| may.allowed).map(|may| may.action).collect())
    }
}

/// Gives a task to the person who takes it; it stays theirs if they have it.
pub(in crate::engine) fn take(step: &Step, task: &TaskRecord, user: &dyn User) -> Result<()> {
    match &task.owner {
        Some(_) => Ok(()),
        None => kernel::assign(&step.db, task.id, user.id(), false),
    }
}

/// Gives a task to another person, for good.
pub(in crate::engine) fn give(step: &Step, task: &TaskRecord, user: &dyn User, to: &dyn User) -> Result<()> {
    let receiver = Person::of(to);
    gate::pass_receiver(Action::Reassign, &Person::of(user), &receiver, task)?;
    kernel::assign(&step.db, task.id, to.id(), !gate::is_candidate(&receiver, task))
}

/// Has another person do a task in the place of the person who has it.
pub(in crate::engine) fn hand_on(step: &Step, task: &TaskRecord, user: &dyn User, to: &dyn User) -> Result<()> {
    gate::pass_receiver(Action::Delegate, &Person::of(user), &Person::of(to), task)?;
    kernel::delegate(&step.db, task.id, to.id())
}

/// Sets when something about a task is to happen, or how urgent it is.
pub(in crate::engine) fn reschedule(step: &Step, task: &TaskRecord, set: impl Fn(&mut TaskRecord)) -> Result<()> {
    step.db.unit(|unit| {
        set(unit.change_task(task.id)?);
        unit.record(task.id.process, EventKind::TaskRescheduled { task: task.id.ordinal, node: task.node.clone() })
    })
}
