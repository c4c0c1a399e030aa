//! What the handler of a job sees, outside of any step.

use std::fmt;
use std::sync::Arc;

use viewflow_store::{Store, Timestamp};

use crate::data::entity::{Entity, ToRef};
use crate::data::table::Table;
use crate::definition::{Attempt, SharedFlow};
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::flow::process::ProcessOf;
use crate::flow::task::{Task, TaskOf};
use crate::unit::Db;
use crate::unit::versions::Reading;

/// What the handler of a `Job` sees: the process and the task as they were when the attempt began.
///
/// The handler runs outside of the step, on a worker, *at least once*: when a worker is lost in the middle, another one
/// takes the job over. What it returns is handed to the node's `#[done(..)]` handler, in the step that records it.
pub struct JobRun<F: Flow, T: Task = ()> {
    /// The process, through the flow's proxy.
    pub process: ProcessOf<F::Process>,
    /// The task, as what its node knows.
    pub task: TaskOf<T>,
    /// Which attempt this is, counting from 1.
    pub attempt: u32,
    key: String,
    store: Arc<dyn Store>,
    now: Timestamp,
    reading: Option<Reading>,
}

impl<F: Flow, T: Task> fmt::Debug for JobRun<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobRun")
            .field("flow", &F::NAME)
            .field("task", &self.task.id)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl<F: Flow, T: Task> JobRun<F, T> {
    /// A text that is the same for all attempts of this job, and that no other job has: hand it to services that
    /// can tell a repetition by it.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// The row referred to, as it is now.
    ///
    /// # Errors
    /// [`Error::NoRow`] when it is gone, [`Error::Empty`] when there is no reference.
    pub fn load<R: ToRef>(&self, reference: R) -> Result<R::Entity> {
        self.db().load(reference)
    }

    /// The table of `E`, for reading.
    pub fn table<E: Entity>(&self) -> Table<E> {
        self.db().table()
    }

    /// All tables, for reading: writing fails with [`Error::ReadOnly`].
    pub fn db(&self) -> Db {
        let store = Arc::clone(&self.store);
        match &self.reading {
            Some(reading) => Db::reader_of(store, self.now, reading.clone()),
            None => Db::reader(store, self.now),
        }
    }

    /// When the attempt began.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

impl Attempt {
    pub(crate) fn open<F: Flow, T: Task>(self) -> Result<JobRun<F, T>> {
        let key = format!("{}.{}/{}/{}", self.task.flow, self.task.node, self.id, self.task.created.as_millis());
        Ok(JobRun {
            process: ProcessOf::read(&self.process, &self.data, self.columns.clone())?,
            task: TaskOf::read(&self.task)?,
            attempt: self.number(),
            key,
            store: self.store,
            now: self.now,
            reading: self.reading,
        })
    }
}

pub(crate) fn flow_of<F: Flow>(flow: &SharedFlow) -> Result<Arc<F>> {
    Arc::clone(flow).downcast().map_err(|_| Error::Internal("a job's flow"))
}
