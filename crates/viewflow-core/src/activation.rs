//! A task while its node is at work on it.

use std::any::Any;
use std::collections::BTreeSet;

use viewflow_graph::Kind;

use crate::db::{Db, Unit};
use crate::entity::{Entity, ToRef};
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::id::{TaskId, UserId};
use crate::kernel;
use crate::node::{Node, SubprocessNode};
use crate::process::{Process, ProcessOf};
use crate::store::{ProcessStatus, ScopeId, TaskStatus};
use crate::task::{Task, TaskOf};
use crate::time::Timestamp;

/// What a handler or data closure of a node sees: the process, the task, and the tables.
///
/// Handlers get `&mut Activation` and may change the process, the task and the tables; all of it is written together
/// when the step is done. A step whose reads another step has overtaken is run again, so a handler must not do what
/// cannot be undone: sending a mail, say.
pub struct Activation<F: Flow, T: Task> {
    /// The process, through the flow's proxy.
    pub process: ProcessOf<F::Process>,
    /// The task, as what its node knows.
    pub task: TaskOf<T>,
    db: Db,
}

impl<F: Flow, T: Task> Activation<F, T> {
    /// The row referred to: `a.load(a.task.seed)?.title`.
    ///
    /// # Errors
    /// [`Error::NoRow`] when it is gone, [`Error::Empty`] when there is no reference.
    pub fn load<R: ToRef>(&self, reference: R) -> Result<R::Entity> {
        self.db.load(reference)
    }

    /// The table of `E`.
    pub fn table<E: Entity>(&self) -> crate::Table<E> {
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

    /// The process that a [`Subprocess`](crate::Subprocess) of this process ran: the newest one that is done.
    ///
    /// # Errors
    /// [`Error::Empty`] when there is none.
    pub fn child<C: Flow>(&self, node: SubprocessNode<F, impl Task, C>) -> Result<ProcessOf<C::Process>> {
        self.children(node)?.pop().ok_or(Error::Empty("the sub-process"))
    }

    /// The processes that an [`NSubprocess`](crate::NSubprocess) of this process ran and that are done, in the order in
    /// which they were made. At the node itself they are those of this task, elsewhere those of its newest one.
    ///
    /// # Errors
    /// When a process does not fit its proxy.
    pub fn children<C: Flow>(&self, node: SubprocessNode<F, impl Task, C>) -> Result<Vec<ProcessOf<C::Process>>> {
        let mut host = None;
        self.db.unit(|unit| {
            if unit.task(self.task.id)?.node == node.name() {
                host = Some(self.task.id);
                return Ok(());
            }
            unit.each_task(self.process.id, 0, |task| {
                if task.node == node.name() && task.status == TaskStatus::Done {
                    host = Some(task.id);
                }
            })
        })?;
        let Some(host) = host else { return Ok(Vec::new()) };
        let mut children = Vec::new();
        for id in self.db.unit(|unit| unit.children(host))? {
            let record = self.db.unit(|unit| unit.process(id).cloned())?;
            if record.status == ProcessStatus::Done {
                let columns = kernel::columns(&self.db, <C::Process as Process>::TABLE, id)?;
                children.push(ProcessOf::read(&record, columns)?);
            }
        }
        Ok(children)
    }

    /// The tasks of a node that were done in the branches which the join closes: at the [`Join`](crate::Join) itself, in its
    /// `until`, and at the nodes after it. In the order in which they were made.
    ///
    /// # Errors
    /// [`Error::Empty`] when no join comes before, and when a task does not fit its struct.
    pub fn branch<N: Node<Flow = F>>(&self, node: N) -> Result<Vec<TaskOf<N::Task>>> {
        let mut found = Vec::new();
        self.db.unit(|unit| {
            let mut scopes = BTreeSet::from([self.closed_scope(unit)?]);
            unit.each_task(self.process.id, 0, |task| {
                if scopes.contains(&task.scope) {
                    scopes.extend(task.around.filter(|_| task.kind.is_split()));
                    if task.node == node.name() && task.status == TaskStatus::Done {
                        found.push(task.clone());
                    }
                }
            })
        })?;
        found.iter().map(TaskOf::read).collect()
    }

    /// How many tokens have arrived at this join so far.
    ///
    /// # Errors
    /// [`Error::Empty`] when this is no join, or all have arrived and it has gone on.
    pub fn arrived(&self) -> Result<u64> {
        self.db.unit(|unit| {
            let number = self.closed_scope(unit)?;
            let scope = unit.open_scope(ScopeId { process: self.process.id, number })?;
            scope.map(|scope| scope.arrived).ok_or(Error::Empty("the branches of this join"))
        })
    }

    /// The scope that this join closes, or the last one before this node.
    fn closed_scope(&self, unit: &mut Unit) -> Result<u32> {
        let mut at = Some(self.task.id.ordinal);
        while let Some(ordinal) = at {
            let task = unit.task(TaskId { process: self.process.id, ordinal })?;
            if let (Kind::Join, Some(scope)) = (task.kind, task.around) {
                return Ok(scope);
            }
            at = task.previous;
        }
        Err(Error::Empty("a join before this node"))
    }
}

/// Puts an activation together without its types.
pub(crate) fn open<F: Flow, T: Task>(
    process: Box<dyn Any>,
    task: &crate::store::TaskRecord,
    db: Db,
) -> Result<Box<dyn Any>> {
    let process =
        process.downcast::<ProcessOf<F::Process>>().map_err(|_| Error::Internal("an activation's process"))?;
    Ok(Box::new(Activation::<F, T> { process: *process, task: TaskOf::read(task)?, db }))
}

/// Takes an activation apart again: the process, and the task's artifact and document if a handler may have changed them.
pub(crate) fn close<F: Flow, T: Task>(activation: Box<dyn Any>, changed: bool) -> Result<Closed> {
    let activation = activation.downcast::<Activation<F, T>>().map_err(|_| Error::Internal("an activation"))?;
    let Activation { process, task, .. } = *activation;
    let task = changed.then(|| process.check().and_then(|()| task.save()));
    Ok(Closed { process: Box::new(process), task })
}

/// What is left of an activation.
pub(crate) struct Closed {
    pub(crate) process: Box<dyn Any>,
    pub(crate) task: Option<Result<(serde_json::Value, crate::Document), crate::FieldErrors>>,
}
