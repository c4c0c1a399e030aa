//! One open task, typed by its node.

use std::fmt;
use std::marker::PhantomData;

use viewflow_store::{Document, ProcessId, TaskId, TaskRecord};

use super::lifecycle::draft;
use crate::data::form::Form;
use crate::engine::read::records::read_process;
use crate::engine::{Engine, gate};
use crate::error::{Error, Place, Result};
use crate::flow::Flow;
use crate::flow::node::{HandleNode, Input, Node, SubprocessNode, ViewNode};
use crate::flow::process::{Process, ProcessOf};
use crate::flow::task::Task;
use crate::kernel::{self, Child};
use crate::lifecycle::Action;
use crate::people::User;

impl Engine {
    /// The open task of a node, to be assigned and executed.
    ///
    /// # Errors
    /// [`Error::NoTask`], and [`Error::OtherNode`] when the task is of another node.
    pub fn task<N: Waiting>(&self, node: N, id: TaskId) -> Result<N::Open> {
        let task = self.task_record(id)?;
        let expected = node.full_name();
        if (&task.flow, &task.node) != (&expected.flow, &expected.node) {
            return Err(Error::OtherNode {
                task: id,
                expected: expected.to_string(),
                found: format!("{}.{}", task.flow, task.node),
            });
        }
        Ok(node.open(self.clone(), id))
    }

    /// The open task of a node in a process, for code that knows the process alone. Reads the open tasks of the
    /// process.
    ///
    /// # Errors
    /// [`Error::NoneListed`] when no task of the node is open there.
    pub fn open_task<N: Waiting>(&self, node: N, process: ProcessId) -> Result<N::Open> {
        let name = node.full_name();
        let of_node = |task: &TaskRecord| (&task.flow, &task.node) == (&name.flow, &name.node);
        match self.find_open(process, of_node)? {
            Some(task) => Ok(node.open(self.clone(), task.id)),
            None => {
                let list = format!("process {process} that is open at `{name}`");
                Err(Error::NoneListed(list))
            }
        }
    }
}

/// A node whose tasks wait to be done from outside.
#[diagnostic::on_unimplemented(
    message = "tasks of this node are done by the engine itself",
    label = "only a `View`, a `ManualTask`, a `Handle` or a sub-process has tasks to open"
)]
pub trait Waiting: Node {
    /// The type of an open task of the node.
    type Open;

    /// The open task with this number.
    #[doc(hidden)]
    fn open(self, engine: Engine, id: TaskId) -> Self::Open;
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, Fm: Form> Waiting for ViewNode<F, T, Fm> {
    type Open = OpenTask<F, T, Fm>;

    fn open(self, engine: Engine, id: TaskId) -> OpenTask<F, T, Fm> {
        OpenTask { engine, id, _node: PhantomData }
    }
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, In: Input> Waiting for HandleNode<F, T, In> {
    type Open = OpenHandle<F, T, In>;

    fn open(self, engine: Engine, id: TaskId) -> OpenHandle<F, T, In> {
        OpenHandle { engine, id, _node: PhantomData }
    }
}

#[diagnostic::do_not_recommend]
impl<F: Flow, T: Task, C: Flow> Waiting for SubprocessNode<F, T, C> {
    type Open = OpenSubprocess<C>;

    fn open(self, engine: Engine, id: TaskId) -> OpenSubprocess<C> {
        OpenSubprocess { engine, id, _flow: PhantomData }
    }
}

/// A sub-process whose children run.
pub struct OpenSubprocess<C> {
    engine: Engine,
    id: TaskId,
    _flow: PhantomData<fn() -> C>,
}

impl<C: Flow> OpenSubprocess<C> {
    /// Which task.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Its children, in the order in which they were made.
    ///
    /// # Errors
    /// When a process does not fit its proxy.
    pub fn children(&self) -> Result<Vec<ProcessOf<C::Process>>> {
        self.engine.transaction(|db| {
            let children = db.unit(|unit| unit.children(self.id))?;
            children.into_iter().map(|id| read_process::<C>(db, id)).collect()
        })
    }

    /// Adds a child with this seed and data, and waits for it, too.
    ///
    /// # Errors
    /// [`Error::WrongStatus`](crate::Error::WrongStatus) when the last child has ended, or one has failed.
    pub fn add(&self, seed: Option<<C::Process as Process>::Seed>, data: C::Process) -> Result<ProcessOf<C::Process>> {
        let process_seed = crate::flow::process::encoded(seed.as_ref(), "seed");
        let wrong = |errors| Error::Data { at: Box::new(Place::NewProcess { flow: C::NAME.to_owned() }), errors };
        let process_data = Some(crate::flow::process::data_of(&data).map_err(wrong)?);
        let begin = Child { process_seed: process_seed.map_err(wrong)?, process_data, ..Child::default() };
        let child = self.engine.foreground(Some(self.id.process), None, |step, db| {
            let task = db.unit(|unit| unit.task(self.id).cloned())?;
            gate::pass_code(Action::AddChild, &task)?;
            kernel::check_goes_on(db, self.id.process)?;
            step.add_child(self.id, begin.clone())
        })?;
        self.engine.process::<C>(child)
    }
}

/// A person's task.
pub struct OpenTask<F, T, Fm> {
    engine: Engine,
    id: TaskId,
    _node: PhantomData<fn() -> (F, T, Fm)>,
}

impl<F: Flow, T: Task, Fm: Form> OpenTask<F, T, Fm> {
    /// Which task.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Gives the task to a person, who alone can do it then.
    ///
    /// # Errors
    /// As [`Engine::assign`].
    pub fn assign(self, user: &impl User) -> Result<AssignedTask<F, T, Fm>> {
        self.engine.assign(self.id, user)?;
        Ok(AssignedTask(self))
    }

    /// Somebody has to have the task first.
    #[doc(hidden)]
    pub fn execute(self, user: &impl User, form: Fm) -> Result<()>
    where
        Self: Assigned,
    {
        AssignedTask(self).execute(user, form)
    }
}

/// A task that somebody has: never an [`OpenTask`].
#[doc(hidden)]
#[expect(unnameable_types, reason = "nothing else is to be it")]
#[diagnostic::on_unimplemented(
    message = "this task is unassigned, and only its owner can do it",
    label = "write `.assign(&user)?` before this"
)]
pub trait Assigned {}

/// A person's task that somebody has. Doing it uses the value up.
pub struct AssignedTask<F, T, Fm>(OpenTask<F, T, Fm>);

impl<F: Flow, T: Task, Fm: Form> AssignedTask<F, T, Fm> {
    /// Which task.
    pub fn id(&self) -> TaskId {
        self.0.id
    }

    /// Gives the task back.
    ///
    /// # Errors
    /// As [`Engine::unassign`].
    pub fn unassign(self, user: &impl User) -> Result<OpenTask<F, T, Fm>> {
        self.0.engine.unassign(self.0.id, user)?;
        Ok(self.0)
    }

    /// Gives the task to another person, for good: [`Engine::reassign`].
    ///
    /// # Errors
    /// As there.
    pub fn reassign(self, user: &impl User, to: &impl User) -> Result<Self> {
        self.0.engine.reassign(self.0.id, user, to)?;
        Ok(self)
    }

    /// Has another person do the task in the owner's place: [`Engine::delegate`].
    ///
    /// # Errors
    /// As there.
    pub fn delegate(self, user: &impl User, to: &impl User) -> Result<Self> {
        self.0.engine.delegate(self.0.id, user, to)?;
        Ok(self)
    }

    /// Keeps what was filled in so far, as [`Desk::draft`](crate::Desk::draft) does.
    ///
    /// # Errors
    /// [`Error::NotOwner`] and [`Error::WrongStatus`] when the person does not have the task. [`Error::Form`] when a
    /// value is nested deeper than a store keeps.
    pub fn draft(&self, user: &impl User, form: &Document) -> Result<()> {
        let engine = &self.0.engine;
        engine.gated(self.0.id, Action::Draft, user, |step, task| draft(engine, step, task, form))
    }

    /// Does the task and runs the process on until it waits.
    ///
    /// # Errors
    /// [`Error::Form`] when the form is not filled in right. [`Error::NotOwner`] and [`Error::WrongStatus`] when the
    /// person does not have the task. [`Error::Forbidden`] when the person took it and may no longer have it.
    pub fn execute(self, user: &impl User, form: Fm) -> Result<()> {
        self.0.engine.execute_form(self.0.id, user, &|asked| asked.check(user, &form))
    }
}

/// A task that waits for code.
pub struct OpenHandle<F, T, In> {
    engine: Engine,
    id: TaskId,
    _node: PhantomData<fn() -> (F, T, In)>,
}

impl<F: Flow, T: Task, In: Input> OpenHandle<F, T, In> {
    /// Which task.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Does the task and runs the process on until it waits.
    ///
    /// # Errors
    /// [`Error::WrongStatus`](crate::Error::WrongStatus) when it was done in the meantime.
    pub fn run(self, input: In) -> Result<()> {
        self.engine.run_handle(self.id, &|_| Ok(Box::new(input.clone())))
    }
}

impl<C> fmt::Debug for OpenSubprocess<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenSubprocess({})", self.id)
    }
}

impl<F, T, Fm> fmt::Debug for OpenTask<F, T, Fm> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenTask({})", self.id)
    }
}

impl<F, T, Fm> fmt::Debug for AssignedTask<F, T, Fm> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AssignedTask({})", self.0.id)
    }
}

impl<F, T, In> fmt::Debug for OpenHandle<F, T, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenHandle({})", self.id)
    }
}
