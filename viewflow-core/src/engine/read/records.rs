//! Processes, tasks and events as they are stored.

use viewflow_store::{Event, ProcessData, ProcessId, StoreError, TaskId, TaskList, TaskRecord, WholeProcess};

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::flow::process::{Process, ProcessOf};
use crate::unit::Db;

impl Engine {
    /// A process, through the proxy of its flow.
    ///
    /// # Errors
    /// [`Error::NoProcess`], and [`Error::OtherFlow`] when the process is of another flow.
    pub fn process<F: Flow>(&self, id: ProcessId) -> Result<ProcessOf<F::Process>> {
        self.transaction(|db| read_process::<F>(db, id))
    }

    /// A process as it is stored, with its data and its columns.
    ///
    /// # Errors
    /// [`Error::NoProcess`].
    pub fn process_record(&self, id: ProcessId) -> Result<WholeProcess> {
        let store = &self.0.store;
        loop {
            let process = store.process(id)?.ok_or(Error::NoProcess(id))?;
            let Some(ProcessData { seed, artifact, mut data, .. }) = store.process_data(id)? else { continue };
            let table = self.0.flows.get(process.flow.as_str()).and_then(|flow| flow.process.table);
            if let Some(table) = table
                && let Some(columns) = store.row(table, id.0)?
            {
                data.extend(columns.record.data);
            }
            // It may have changed between the one record and the other.
            if store.process(id)?.is_none_or(|now| now.revision == process.revision) {
                return Ok(WholeProcess { record: process.record, seed, artifact, data });
            }
        }
    }

    /// A task as it is stored.
    ///
    /// # Errors
    /// [`Error::NoTask`].
    pub fn task_record(&self, id: TaskId) -> Result<TaskRecord> {
        self.0.store.task(id)?.ok_or(Error::NoTask(id))
    }

    /// The tasks of a process in the order in which they were made: at most `limit` that come after the ordinal
    /// `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tasks(&self, process: ProcessId, after: u32, limit: usize) -> Result<Vec<TaskRecord>> {
        Ok(self.0.store.tasks(process, after, limit)?)
    }

    /// The first of all tasks of a process, in the order in which they were made, that is as asked for.
    pub(in crate::engine) fn find_task(
        &self,
        process: ProcessId,
        mut wanted: impl FnMut(&TaskRecord) -> bool,
    ) -> Result<Option<TaskRecord>> {
        let mut after = 0;
        loop {
            let tasks = self.tasks(process, after, 256)?;
            let Some(last) = tasks.last() else { return Ok(None) };
            after = last.id.ordinal;
            if let Some(task) = tasks.into_iter().find(&mut wanted) {
                return Ok(Some(task));
            }
        }
    }

    /// The same for its open tasks.
    pub(in crate::engine) fn find_open(
        &self,
        process: ProcessId,
        mut wanted: impl FnMut(&TaskRecord) -> bool,
    ) -> Result<Option<TaskRecord>> {
        let (list, mut after) = (TaskList::Open(process), None);
        let mut is_wanted = |task: &TaskRecord| !task.status.is_final() && wanted(task);
        loop {
            let page = match self.0.store.list_tasks(&list, after, 256) {
                // A store of an earlier release is read as a whole until it has the list.
                Err(StoreError::NotReady { .. }) => return self.find_task(process, is_wanted),
                page => page?,
            };
            let Some(end) = page.last() else { return Ok(None) };
            after = Some(*end);
            for listed in page {
                // One that is gone meanwhile is none.
                if let Some(task) = self.0.store.task(listed.task)?.filter(&mut is_wanted) {
                    return Ok(Some(task));
                }
            }
        }
    }

    /// The events of a process, at most `limit` that come after the number `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn events(&self, process: ProcessId, after: u32, limit: usize) -> Result<Vec<Event>> {
        Ok(self.0.store.events(process, after, limit)?.into_iter().map(|logged| logged.event).collect())
    }
}

pub(crate) fn read_process<F: Flow>(db: &Db, id: ProcessId) -> Result<ProcessOf<F::Process>> {
    let flow = db.unit(|unit| unit.process(id).map(|process| process.flow.clone()))?;
    if flow != F::NAME {
        return Err(Error::OtherFlow { process: id, expected: F::NAME.to_owned(), found: flow });
    }
    let columns = db.columns(<F::Process as Process>::TABLE, id)?;
    db.unit(|unit| {
        let (record, data) = unit.process_and_data(id)?;
        ProcessOf::read(record, data, columns)
    })
}
