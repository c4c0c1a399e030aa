//! Activations: a task while its node works on it.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;

use viewflow_store::{ProcessStatus, ScopeId, TaskRecord, TaskStatus, Timestamp, UserId};

use crate::data::entity::{Entity, ToRef};
use crate::data::table::Table;
use crate::definition::Closed;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::flow::in_step::{ProcessInStep, TaskInStep};
use crate::flow::node::{Node, Nodes, SubprocessNode};
use crate::flow::process::{Process, ProcessOf};
use crate::flow::task::{Task, TaskOf};
use crate::unit::Db;

/// A task at work, as a handler or data closure of its node sees it: the process, the task, and the tables.
///
/// Handlers get `&mut Activation` and may change the process, the task and the tables. The engine writes all of it
/// together when the step is done. If another step changes what this step has read, the engine runs the step again. So
/// a handler must not do what cannot be undone, such as sending a mail.
pub struct Activation<F: Flow, T: Task> {
    /// The process, through the flow's proxy.
    pub process: ProcessInStep<F::Process>,
    /// The task, with its node's data.
    pub task: TaskInStep<T>,
    db: Db,
}

impl<F: Flow, T: Task> fmt::Debug for Activation<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activation").field("flow", &F::NAME).field("task", &self.task.id).finish_non_exhaustive()
    }
}

impl<F: Flow, T: Task> Activation<F, T> {
    /// Returns the row that `reference` names: `a.load(a.task.seed)?.title`.
    ///
    /// # Errors
    /// [`Error::NoRow`] if it is gone, [`Error::Empty`] if there is no reference.
    pub fn load<R: ToRef>(&self, reference: R) -> Result<R::Entity> {
        self.db.load(reference)
    }

    /// Changes the row that `reference` names: `a.change(a.process.seed, |post| post.fresh = false)`.
    ///
    /// # Errors
    /// As [`Activation::load`]; [`Error::Data`] and [`Error::NotUnique`] if a field breaks its rules.
    pub fn change<R: ToRef>(&self, reference: R, change: impl FnOnce(&mut R::Entity)) -> Result<()> {
        self.db.change(reference, change)
    }

    /// Returns the table of `E`.
    pub fn table<E: Entity>(&self) -> Table<E> {
        self.db.table()
    }

    /// Returns all tables.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Returns the time of this step.
    pub fn now(&self) -> Timestamp {
        self.db.now()
    }

    /// Returns the person that does this step, if it is a person.
    pub fn actor(&self) -> Option<UserId> {
        self.db.actor()
    }

    /// Returns the process that a [`Subprocess`](crate::nodes::Subprocess) ran: the last of those that
    /// [`Activation::children`] returns.
    ///
    /// # Errors
    /// [`Error::Empty`] if none is done.
    pub fn child<C: Flow>(&self, node: SubprocessNode<F, impl Task, C>) -> Result<ProcessOf<C::Process>> {
        self.children(node)?.pop().ok_or(Error::Empty("the sub-process"))
    }

    /// Returns the processes that an [`NSubprocess`](crate::nodes::NSubprocess) ran, in the order in which they were
    /// made.
    /// Only those that are done are included.
    ///
    /// They belong to the node's last task on the way to this one. If the node is not on the way, they belong to its
    /// newest task in this process. After an error or a timeout of the node, they are those that were done by then.
    ///
    /// # Errors
    /// If a process does not fit its proxy.
    pub fn children<C: Flow>(&self, node: SubprocessNode<F, impl Task, C>) -> Result<Vec<ProcessOf<C::Process>>> {
        let host = self.db.unit(|unit| unit.last_host(*self.task.id, node.name()))?;
        let Some(host) = host else { return Ok(Vec::new()) };
        let mut children = Vec::new();
        for id in self.db.unit(|unit| unit.children(host))? {
            if self.db.unit(|unit| unit.process(id).map(|child| child.status))? == ProcessStatus::Done {
                let columns = self.db.columns(<C::Process as Process>::TABLE, id)?;
                children.push(self.db.unit(|unit| {
                    let (record, data) = unit.process_and_data(id)?;
                    ProcessOf::read(record, data, columns)
                })?);
            }
        }
        Ok(children)
    }

    /// Returns the done tasks of a node in the branches that the join closes, in the order in which they were made.
    ///
    /// It works at the [`Join`](crate::nodes::Join) itself, in its `until`, and at the nodes after it, up to the next
    /// join.
    /// The list is empty if the split took no branch, or if there was no join on the way.
    ///
    /// # Errors
    /// If a task does not fit its struct.
    pub fn branch<N: Node<Flow = F>>(&self, node: N) -> Result<Vec<TaskOf<N::Task>>> {
        self.done_in_branches(node.name())?.iter().map(TaskOf::read).collect()
    }

    fn done_in_branches(&self, node: &str) -> Result<Vec<TaskRecord>> {
        let mut found = Vec::new();
        self.db.unit(|unit| {
            let Some((join, came)) = unit.last_join(*self.task.id)? else { return Ok(()) };
            let Some(closed) = join.around else { return Ok(()) };
            // Everything in the branches was made after their split, and before the join went on.
            let split = unit.split_of(join.id, closed)?.unwrap_or(0);
            let mut scopes = BTreeSet::from([closed]);
            unit.each_task_between(join.id.process, split, came.unwrap_or(u32::MAX), |task| {
                if scopes.contains(&task.scope) {
                    scopes.extend(task.around.filter(|_| task.kind.is_split()));
                    if task.node == node && task.status == TaskStatus::Done && !task.skipped {
                        found.push(task.clone());
                    }
                }
            })
        })?;
        Ok(found)
    }

    /// Returns how many tasks [`Activation::branch`] would return, without reading them.
    ///
    /// At a waiting join, its cost does not depend on the number of branches. Once the join has gone on, it costs as
    /// much as [`Activation::branch`].
    ///
    /// # Errors
    /// If the store fails.
    pub fn branch_count<N: Node<Flow = F>>(&self, node: N) -> Result<u64> {
        let Some(number) = self.closed_scope()? else { return Ok(0) };
        let counted = self.db.unit(|unit| {
            let scope = unit.open_scope(ScopeId { process: *self.process.id, number })?;
            let done = scope.and_then(|scope| scope.done.as_ref());
            Ok::<_, Error>(done.map(|done| done.get(node.name()).copied().unwrap_or(0)))
        })?;
        match counted {
            Some(count) => Ok(count.into()),
            None => Ok(self.done_in_branches(node.name())?.len() as u64),
        }
    }

    /// Returns the person that did a node; none if no person did.
    ///
    /// The node's last task on the way to this one counts. If the node is not on the way, its newest task in this
    /// process counts. For several nodes, as in `a.done_by((Self::accept, Self::sign))?`, the most recently done one
    /// counts.
    ///
    /// # Errors
    /// If the store fails.
    pub fn done_by<N: Nodes<F>>(&self, nodes: N) -> Result<Option<UserId>> {
        self.db.unit(|unit| unit.last_doer(*self.task.id, nodes.names().as_ref()))
    }

    /// Returns how many tokens have arrived at this join so far.
    ///
    /// # Errors
    /// [`Error::Empty`] if this is no join, or if all have arrived and it has gone on.
    pub fn arrived(&self) -> Result<u64> {
        let number = self.closed_scope()?.ok_or(Error::Empty("the branches of this join"))?;
        let arrived = self.db.unit(|unit| {
            let scope = unit.open_scope(ScopeId { process: *self.process.id, number })?;
            Ok::<_, Error>(scope.map(|scope| scope.arrived))
        })?;
        arrived.ok_or(Error::Empty("the branches of this join"))
    }

    /// Returns the scope that this join closes, or that the last join on the way closed; none if its split took no
    /// branch.
    fn closed_scope(&self) -> Result<Option<u32>> {
        let join = self.db.unit(|unit| unit.last_join(*self.task.id))?;
        Ok(join.and_then(|(join, _)| join.around))
    }
}

/// Makes an activation, without its types.
pub(crate) fn open<F: Flow, T: Task>(process: Box<dyn Any>, task: &TaskRecord, db: Db) -> Result<Box<dyn Any>> {
    let process =
        process.downcast::<ProcessInStep<F::Process>>().map_err(|_| Error::Internal("an activation's process"))?;
    Ok(Box::new(Activation::<F, T> { process: *process, task: TaskInStep::read(task)?, db }))
}

/// Takes an activation apart: its process, and the task's artifact and document if a handler may have changed them.
pub(crate) fn close<F: Flow, T: Task>(activation: Box<dyn Any>, changed: bool) -> Result<Closed> {
    let activation = activation.downcast::<Activation<F, T>>().map_err(|_| Error::Internal("an activation"))?;
    let Activation { process, task, .. } = *activation;
    let task = changed.then(|| process.check().and_then(|()| task.save()));
    Ok(Closed { process: Box::new(process), task })
}
