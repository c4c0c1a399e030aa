//! A job, as its handler sees it outside of any step.

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

/// A job, as its handler sees it: the process and the task as they were when the attempt began.
///
/// The handler runs outside of the step, on a worker, *at least once*. If a worker is lost in the middle, another
/// worker takes the job over. The node's `#[done(..)]` handler gets its result, in the step that records it.
pub struct JobRun<F: Flow, T: Task = ()> {
    /// The process, through the flow's proxy.
    pub process: ProcessOf<F::Process>,
    /// The task, with its node's data.
    pub task: TaskOf<T>,
    /// The number of this attempt, counted from 1.
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
    /// Returns a text that is the same for all attempts of this job, and different for any other job. Pass it to
    /// services that use it to recognize a repetition.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// Returns the row that `reference` names, as it is now.
    ///
    /// # Errors
    /// [`Error::NoRow`] if it is gone, [`Error::Empty`] if there is no reference.
    pub fn load<R: ToRef>(&self, reference: R) -> Result<R::Entity> {
        self.db().load(reference)
    }

    /// Returns the table of `E`, for reading.
    pub fn table<E: Entity>(&self) -> Table<E> {
        self.db().table()
    }

    /// Returns all tables, for reading. Writing fails with [`Error::ReadOnly`].
    pub fn db(&self) -> Db {
        let store = Arc::clone(&self.store);
        match &self.reading {
            Some(reading) => Db::reader_of(store, self.now, reading.clone()),
            None => Db::reader(store, self.now),
        }
    }

    /// Returns the time when the attempt began.
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
