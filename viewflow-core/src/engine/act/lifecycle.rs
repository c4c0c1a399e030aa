//! Actions of people on running processes and tasks: ending them, trying again, going back, going on without a task,
//! stopping for a while.

use viewflow_store::{Document, NodeName, ProcessId, TaskId, TaskRecord};

use super::input::Asked;
use crate::data::document;
use crate::engine::{Engine, gate};
use crate::error::{Error, Result};
use crate::flow::node::Node;
use crate::kernel::{self, Step};
use crate::lifecycle::Action;
use crate::people::{Person, User};

impl Engine {
    /// Cancels a process: what is open in it is taken away, and so are its sub-processes.
    ///
    /// # Errors
    /// [`Error::ProcessIsOver`] when it has ended.
    pub fn cancel(&self, process: ProcessId, user: &impl User) -> Result<()> {
        self.on_process(process, Action::Cancel, user, |step| step.cancel(process))
    }

    /// Cancels an open or failed task: its token ends, and a join that waits for it goes on without it.
    ///
    /// # Errors
    /// [`Error::WrongStatus`] when it has ended, or is a split or join whose branches are open: cancel those.
    pub fn cancel_task(&self, id: TaskId, user: &impl User) -> Result<()> {
        self.gated(id, Action::CancelTask, user, |step, _| step.cancel_one(id))
    }

    /// Has a failed task tried again, with all its attempts if it is a job. A sub-process is revived, as its children
    /// cannot be tried again. Returns the task that is open now.
    ///
    /// # Errors
    /// [`Error::WrongStatus`] when it has not failed, and what it fails with this time.
    pub fn retry(&self, id: TaskId, user: &impl User) -> Result<TaskId> {
        self.gated(id, Action::Retry, user, |step, _| step.retry(id))
    }

    /// Makes a canceled or failed task again, as a new task with the same seed and data. Its timeouts begin again.
    /// Returns the new task.
    ///
    /// # Errors
    /// [`Error::WrongStatus`] when it was neither canceled nor failed, or when its branch has been joined;
    /// [`Error::ProcessIsOver`].
    pub fn revive(&self, id: TaskId, user: &impl User) -> Result<TaskId> {
        self.gated(id, Action::Revive, user, |step, _| step.revive(id))
    }

    /// Takes back a task that is done, if nothing that came after it is done.
    ///
    /// The engine cancels the tasks that wait after it and calls the task's `#[undo(..)]`. Then its node waits again.
    /// A process whose start is undone is canceled. Returns the task that is open now.
    ///
    /// # Errors
    /// [`Error::DoneAfter`] when something that came after it is done: use [`Engine::go_back`].
    /// [`Error::WrongStatus`] when it is not done, or is a gateway or an end.
    /// [`Error::NoWayBack`] when it ran sub-processes that are done and has no `#[undo(..)]`. [`Error::ProcessIsOver`].
    /// The error of an `#[undo(..)]` that fails. Nothing happens then.
    pub fn undo(&self, id: TaskId, user: &impl User) -> Result<TaskId> {
        self.gated(id, Action::Undo, user, |step, _| step.undo(id))
    }

    /// Goes back to a node, to the task of it that was done last.
    ///
    /// The engine takes back all that came after it, from the leaves.
    /// It cancels open tasks, with timers, jobs and sub-processes, and calls the `#[undo(..)]` of tasks that are done,
    /// newest first.
    /// Then the node waits again. Returns the task that is open now.
    /// The cost is a look at everything made since, and in the branches around it.
    ///
    /// # Errors
    /// [`Error::NoneListed`] when no task of the node is done there. Else as [`Engine::undo`], without
    /// [`Error::DoneAfter`].
    pub fn go_back<N: Node>(&self, process: ProcessId, node: N, user: &impl User) -> Result<TaskId> {
        let name = node.full_name();
        self.on_process(process, Action::GoBack, user, |step| go_back_to_node(step, process, &name))
    }

    /// As [`Engine::go_back`], for pages: to this task.
    ///
    /// # Errors
    /// As [`Engine::go_back`]; [`Error::WrongStatus`] when the task is not done.
    pub fn go_back_to(&self, id: TaskId, user: &impl User) -> Result<TaskId> {
        self.on_process(id.process, Action::GoBack, user, |step| step.go_back(id))
    }

    /// Goes on without an open or failed task, as if it were done.
    ///
    /// The engine does not call its handler, unassigns it, and cancels its sub-processes.
    /// The nodes that follow have to do without the data that the task never made.
    ///
    /// # Errors
    /// [`Error::WrongStatus`] when it is done already, or is a start, a gateway or an end.
    /// [`Error::Undecided`] where a person decides which way it goes on.
    /// [`Error::Handler`] when the seed or the data of the next task cannot be made. Nothing happens then.
    pub fn skip(&self, id: TaskId, user: &impl User) -> Result<()> {
        self.gated(id, Action::Skip, user, |step, _| step.skip(id))
    }

    /// Suspends a process, and the sub-processes that run in it: nothing goes on there until it is resumed.
    ///
    /// Its tasks leave inboxes and queues, and nobody can do anything to them. Its timers, timeouts and jobs wait.
    /// A job that a worker has at that moment is done again afterwards, and the engine refuses that worker's result.
    /// A message for a task that waits there is kept; a signal is missed.
    ///
    /// # Errors
    /// [`Error::Suspended`] when it is suspended already, [`Error::ProcessIsOver`].
    pub fn suspend(&self, process: ProcessId, user: &impl User) -> Result<()> {
        self.on_process(process, Action::Suspend, user, |step| step.suspend(process))
    }

    /// Lets a suspended process go on, and the sub-processes in it. The workers, or [`Engine::run_pending`], do the
    /// work that has become due meanwhile.
    ///
    /// # Errors
    /// [`Error::NotSuspended`]; [`Error::Suspended`] when the process that it is a sub-process of is;
    /// [`Error::ProcessIsOver`].
    pub fn resume(&self, process: ProcessId, user: &impl User) -> Result<()> {
        self.on_process(process, Action::Resume, user, |step| step.resume(process))
    }

    /// Does something to a task for somebody who may do that.
    pub(in crate::engine) fn gated<R>(
        &self,
        id: TaskId,
        action: Action,
        user: &dyn User,
        work: impl Fn(&mut Step, &TaskRecord) -> Result<R>,
    ) -> Result<R> {
        self.foreground(Some(id.process), Some(user), |step, db| {
            let task = db.unit(|unit| unit.task(id).cloned())?;
            gate::pass(action, &Person::of(user), &task)?;
            kernel::check_goes_on(db, id.process)?;
            work(step, &task)
        })
    }

    /// Does something to a process for somebody who may do that.
    fn on_process<R>(
        &self,
        process: ProcessId,
        action: Action,
        user: &dyn User,
        work: impl Fn(&mut Step) -> Result<R>,
    ) -> Result<R> {
        self.foreground(Some(process), Some(user), |step, db| {
            let record = db.unit(|unit| unit.process(process).cloned())?;
            gate::pass_process(action, &Person::of(user), &record)?;
            work(step)
        })
    }
}

/// Keeps what was filled in so far of a task's form.
pub(in crate::engine) fn draft(engine: &Engine, step: &Step, task: &TaskRecord, form: &Document) -> Result<()> {
    document::check_depth(form)?;
    let def = engine.definition(&task.flow)?;
    let draft = Asked::of_task(&def, task, &step.db).drafted(form)?;
    step.db.unit(|unit| unit.change_task(task.id).map(|task| task.draft = Some(draft)))
}

/// Goes back to the task of a node that was done last.
pub(in crate::engine) fn go_back_to_node(step: &mut Step, process: ProcessId, name: &NodeName) -> Result<TaskId> {
    let flow = step.db.unit(|unit| unit.process(process).map(|process| process.flow.clone()))?;
    if flow != name.flow {
        return Err(Error::OtherFlow { process, expected: name.flow.clone(), found: flow });
    }
    let list = || format!("process {process} that is done at `{name}`");
    step.go_back_to_node(process, &name.node)?.ok_or_else(|| Error::NoneListed(list()))
}
