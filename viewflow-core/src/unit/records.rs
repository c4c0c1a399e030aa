//! The processes, tasks and scopes of a unit, as they were read and as they will be.

use std::collections::btree_map::Entry;

use viewflow_store::{ProcessData, ProcessId, ProcessRecord, ScopeId, ScopeRecord, TaskId, TaskRecord};

use super::Unit;
use super::held::{Held, held_process};
use crate::error::{Error, Result};

impl Unit {
    pub(crate) fn add_process(&mut self, record: ProcessRecord, data: ProcessData) {
        if let Some(parent) = record.parent {
            self.born.own.insert(parent, record.id);
        }
        self.data.insert(record.id, Held::made(data));
        self.processes.insert(record.id, (None, Held::made(record)));
    }

    fn held_process(&mut self, id: ProcessId) -> Result<&mut Held<ProcessRecord>> {
        held_process(&mut self.processes, &*self.store, id)
    }

    /// Returns whether this step has made the process.
    pub(crate) fn is_new(&self, id: ProcessId) -> bool {
        self.processes.get(&id).is_some_and(|(_, held)| held.old.is_none())
    }

    pub(crate) fn process(&mut self, id: ProcessId) -> Result<&ProcessRecord> {
        self.held_process(id)?.now().ok_or_else(|| Error::NoProcess(id))
    }

    pub(crate) fn change_process(&mut self, id: ProcessId) -> Result<&mut ProcessRecord> {
        self.held_process(id)?.change().ok_or_else(|| Error::NoProcess(id))
    }

    /// Returns the data of a process. The process is read first, as its revision covers the data.
    fn held_data(&mut self, id: ProcessId) -> Result<&mut Held<ProcessData>> {
        match self.data.entry(id) {
            Entry::Occupied(held) => Ok(held.into_mut()),
            Entry::Vacant(place) => {
                held_process(&mut self.processes, &*self.store, id)?;
                let data = self.store.process_data(id)?.ok_or(Error::NoProcess(id))?;
                Ok(place.insert(Held::read(Some(data))))
            }
        }
    }

    pub(crate) fn process_data(&mut self, id: ProcessId) -> Result<&ProcessData> {
        self.held_data(id)?.now().ok_or_else(|| Error::NoProcess(id))
    }

    /// Returns the data of a process for a change. The process counts as changed too, as its revision covers the data.
    pub(crate) fn change_process_data(&mut self, id: ProcessId) -> Result<&mut ProcessData> {
        self.change_process(id)?;
        self.held_data(id)?.change().ok_or_else(|| Error::NoProcess(id))
    }

    /// Returns a process with its data.
    pub(crate) fn process_and_data(&mut self, id: ProcessId) -> Result<(&ProcessRecord, &ProcessData)> {
        self.held_data(id)?;
        self.held_process(id)?;
        let process = self.processes.get(&id).and_then(|(_, held)| held.now());
        process.zip(self.data.get(&id).and_then(Held::now)).ok_or_else(|| Error::NoProcess(id))
    }

    pub(crate) fn add_task(&mut self, record: TaskRecord) {
        self.waiting.note(record.id);
        self.tasks.insert(record.id, Held::made(record));
    }

    /// Returns a task. Its process is read first, as the revision of the process covers the task.
    fn held_task(&mut self, id: TaskId) -> Result<&mut Held<TaskRecord>> {
        self.note_steps();
        match self.tasks.entry(id) {
            Entry::Occupied(held) => Ok(held.into_mut()),
            Entry::Vacant(place) => {
                let record = match self.processes.entry(id.process) {
                    Entry::Occupied(_) => self.store.task(id)?,
                    Entry::Vacant(place) => {
                        let (process, task) = self.store.process_and_task(id)?.ok_or(Error::NoTask(id))?;
                        place.insert((Some(process.revision), Held::read(Some(process.record))));
                        task
                    }
                };
                Ok(place.insert(Held::read(Some(record.ok_or(Error::NoTask(id))?))))
            }
        }
    }

    pub(crate) fn task(&mut self, id: TaskId) -> Result<&TaskRecord> {
        self.held_task(id)?.now().ok_or_else(|| Error::NoTask(id))
    }

    /// Returns a task for a change. Its process counts as changed too, as its revision covers the task.
    pub(crate) fn change_task(&mut self, id: TaskId) -> Result<&mut TaskRecord> {
        self.change_process(id.process)?;
        self.waiting.note(id);
        self.held_task(id)?.change().ok_or_else(|| Error::NoTask(id))
    }

    pub(crate) fn add_scope(&mut self, id: ScopeId, record: ScopeRecord) {
        self.scopes.insert(id, Held::made(record));
    }

    fn held_scope(&mut self, id: ScopeId) -> Result<&mut Held<ScopeRecord>> {
        self.note_steps();
        match self.scopes.entry(id) {
            Entry::Occupied(held) => Ok(held.into_mut()),
            Entry::Vacant(place) => {
                held_process(&mut self.processes, &*self.store, id.process)?;
                Ok(place.insert(Held::read(self.store.scope(id)?)))
            }
        }
    }

    /// Returns a scope, unless it is closed.
    pub(crate) fn open_scope(&mut self, id: ScopeId) -> Result<Option<&ScopeRecord>> {
        Ok(self.held_scope(id)?.now())
    }

    pub(crate) fn scope(&mut self, id: ScopeId) -> Result<&ScopeRecord> {
        self.held_scope(id)?.now().ok_or_else(|| Error::Internal("a scope that is closed"))
    }

    /// Returns a scope for a change, as [`Unit::change_task`] does for a task.
    pub(crate) fn change_scope(&mut self, id: ScopeId) -> Result<&mut ScopeRecord> {
        self.change_process(id.process)?;
        self.held_scope(id)?.change().ok_or_else(|| Error::Internal("a scope that is closed"))
    }

    pub(crate) fn close_scope(&mut self, id: ScopeId) -> Result<()> {
        self.held_scope(id)?.set(None);
        Ok(())
    }
}
