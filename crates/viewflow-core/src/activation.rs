//! A task while its node is at work on it.

use std::any::Any;

use crate::db::Db;
use crate::entity::{Entity, ToRef};
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::id::UserId;
use crate::process::ProcessOf;
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
