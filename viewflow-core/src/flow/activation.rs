//! A task while its node is at work on it.

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

/// What a handler or data closure of a node sees: the process, the task, and the tables.
///
/// Handlers get `&mut Activation` and may change the process, the task and the tables; all of it is written together
/// when the step is done. A step whose reads another step has overtaken is run again, so a handler must not do what
/// cannot be undone: sending a mail, say.
pub struct Activation<F: Flow, T: Task> {
    /// The process, through the flow's proxy.
    pub process: ProcessInStep<F::Process>,
    /// The task, as what its node knows.
    pub task: TaskInStep<T>,
    db: Db,
}

impl<F: Flow, T: Task> fmt::Debug for Activation<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activation").field("flow", &F::NAME).field("task", &self.task.id).finish_non_exhaustive()
    }
}

impl<F: Flow, T: Task> Activation<F, T> {
    /// The row referred to: `a.load(a.task.seed)?.title`.
    ///
    /// # Errors
    /// [`Error::NoRow`] when it is gone, [`Error::Empty`] when there is no reference.
    pub fn load<R: ToRef>(&self, reference: R) -> Result<R::Entity> {
        self.db.load(reference)
    }

    /// Changes the row referred to: `a.change(a.process.seed, |post| post.fresh = false)`.
    ///
    /// # Errors
    /// As [`Activation::load`]; [`Error::Data`] and [`Error::NotUnique`] when a field is against its rules.
    pub fn change<R: ToRef>(&self, reference: R, change: impl FnOnce(&mut R::Entity)) -> Result<()> {
        self.db.change(reference, change)
    }

    /// The table of `E`.
    pub fn table<E: Entity>(&self) -> Table<E> {
        self.db.table()
    }

    /// All tables.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The time of this step.
    pub fn now(&self) -> Timestamp {
        self.db.now()
    }

    /// Who does this step, when it is a person.
    pub fn actor(&self) -> Option<UserId> {
        self.db.actor()
    }

    /// The process that a [`Subprocess`](crate::nodes::Subprocess) ran, of those that [`Activation::children`] tells of.
    ///
    /// # Errors
    /// [`Error::Empty`] when there is none that is done.
    pub fn child<C: Flow>(&self, node: SubprocessNode<F, impl Task, C>) -> Result<ProcessOf<C::Process>> {
        self.children(node)?.pop().ok_or(Error::Empty("the sub-process"))
    }

    /// The processes that an [`NSubprocess`](crate::nodes::NSubprocess) ran, as far as they are done, in the order in which they were
    /// made: those of the node's last task on the way to this one; if it is not on the way, of its newest task in this process.
    /// After an error or a timeout of the node they are those that were done by then.
    ///
    /// # Errors
    /// When a process does not fit its proxy.
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

    /// The tasks of a node that were done in the branches which the join closes: at the [`Join`](crate::nodes::Join) itself, in its
    /// `until`, and at the nodes after it, up to the next join. In the order in which they were made; none where the split took
    /// no branch, or no join was on the way to here.
    ///
    /// # Errors
    /// When a task does not fit its struct.
    pub fn branch<N: Node<Flow = F>>(&self, node: N) -> Result<Vec<TaskOf<N::Task>>> {
        self.done_in_branches(node.name())?.iter().map(TaskOf::read).collect()
    }

    fn done_in_branches(&self, node: &str) -> Result<Vec<TaskRecord>> {
        let mut found = Vec::new();
        self.db.unit(|unit| {
            let Some((join, came)) = unit.last_join(*self.task.id)? else { return Ok(()) };
            let Some(closed) = join.around else { return Ok(()) };
            // All in the branches was made after their split, and before the join went on.
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

    /// How many tasks of a node were done in those branches: as many as [`Activation::branch`] gives, without reading them. At a join
    /// that waits, its cost is the same however many branches there are; once the join has gone on it is that of [`Activation::branch`].
    ///
    /// # Errors
    /// When the store fails.
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

    /// The person who did a node: its last task on the way to this one; where the node is not on the way, its newest task in this
    /// process. None where nobody did.
    ///
    /// Of several nodes, `a.done_by((Self::accept, Self::sign))?`, it is the person who did the most recent one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn done_by<N: Nodes<F>>(&self, nodes: N) -> Result<Option<UserId>> {
        self.db.unit(|unit| unit.last_doer(*self.task.id, nodes.names().as_ref()))
    }

    /// How many tokens have arrived at this join so far.
    ///
    /// # Errors
    /// [`Error::Empty`] when this is no join, or all have arrived and it has gone on.
    pub fn arrived(&self) -> Result<u64> {
        let number = self.closed_scope()?.ok_or(Error::Empty("the branches of this join"))?;
        let arrived = self.db.unit(|unit| {
            let scope = unit.open_scope(ScopeId { process: *self.process.id, number })?;
            Ok::<_, Error>(scope.map(|scope| scope.arrived))
        })?;
        arrived.ok_or(Error::Empty("the branches of this join"))
    }

    /// The scope that this join closes, or the last join on the way here; none when its split took no branch.
    fn closed_scope(&self) -> Result<Option<u32>> {
        let join = self.db.unit(|unit| unit.last_join(*self.task.id))?;
        Ok(join.and_then(|(join, _)| join.around))
    }
}

/// Puts an activation together without its types.
pub(crate) fn open<F: Flow, T: Task>(process: Box<dyn Any>, task: &TaskRecord, db: Db) -> Result<Box<dyn Any>> {
    let process =
        process.downcast::<ProcessInStep<F::Process>>().map_err(|_| Error::Internal("an activation's process"))?;
    Ok(Box::new(Activation::<F, T> { process: *process, task: TaskInStep::read(task)?, db }))
}

/// Takes an activation apart again: the process, and the task's artifact and document if a handler may have changed them.
pub(crate) fn close<F: Flow, T: Task>(activation: Box<dyn Any>, changed: bool) -> Result<Closed> {
    let activation = activation.downcast::<Activation<F, T>>().map_err(|_| Error::Internal("an activation"))?;
    let Activation { process, task, .. } = *activation;
    let task = changed.then(|| process.check().and_then(|()| task.save()));
    Ok(Closed { process: Box::new(process), task })
}
