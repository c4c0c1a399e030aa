//! Canceling tasks, scopes and processes.
//!
//! A flow may run itself, so open processes may be nested to any depth. That is why the work left to do is a list, and
//! not a recursion.

use std::collections::BTreeSet;

use viewflow_store::{EventKind, ProcessId, ProcessStatus, ScopeId, TaskId, TaskList, TaskRecord, TaskStatus};

use super::{ROOT, Step};
use crate::error::{Error, Result};
use crate::lifecycle::Action;

/// Something to cancel, or to close once everything in it is canceled.
enum Cancel {
    Task(TaskId),
    /// Everything open in a scope, except one task.
    Scope(ScopeId, Option<u32>),
    /// A scope in which nothing is open any longer.
    Closed(ScopeId),
    Process(ProcessId),
    /// A process in which nothing is open any longer.
    Over(ProcessId),
}

impl Step {
    /// Cancels a process by command: everything open in it and its sub-processes. Its parent hears of it.
    pub(crate) fn cancel(&mut self, process: ProcessId) -> Result<()> {
        self.def_of(process)?;
        let record = self.db.unit(|unit| unit.process(process).cloned())?;
        if record.status.is_final() {
            return Err(Error::ProcessIsOver { process, status: record.status });
        }
        self.end_process(process, ProcessStatus::Canceled, None)?;
        self.drain()
    }

    /// Cancels a task by command, and ends its token.
    pub(crate) fn cancel_one(&mut self, id: TaskId) -> Result<()> {
        let task = self.task(id)?;
        let own_token = task.kind.waits() || task.status == TaskStatus::Error;
        if task.status.is_final() || !own_token || self.waits_for_a_scope(&task)? {
            return Err(Error::wrong_status(&task, Action::CancelTask));
        }
        self.def_of(id.process)?;
        self.cancel_task(id)?;
        self.end_token(id.process, task.scope)?;
        self.drain()
    }

    /// Cancels a task and its sub-processes. The caller takes care of its token.
    pub(super) fn cancel_task(&mut self, id: TaskId) -> Result<()> {
        self.cancel_all(vec![Cancel::Task(id)])
    }

    /// Cancels the sub-processes of a task.
    pub(super) fn cancel_children(&mut self, task: &TaskRecord) -> Result<()> {
        let children = self.open_children(task)?;
        self.cancel_all(children)
    }

    /// Cancels everything open in a scope, except one task.
    pub(super) fn cancel_scope(&mut self, process: ProcessId, number: u32, except: Option<u32>) -> Result<()> {
        self.cancel_all(vec![Cancel::Scope(ScopeId { process, number }, except)])
    }

    /// Cancels everything open in a process.
    pub(super) fn cancel_open(&mut self, process: ProcessId) -> Result<()> {
        let open = self.open_in(process, None, None)?;
        self.cancel_all(open)
    }

    /// Cancels one after the other, each with everything in it.
    fn cancel_all(&mut self, mut left: Vec<Cancel>) -> Result<()> {
        left.reverse();
        while let Some(next) = left.pop() {
            let within = match next {
                Cancel::Task(id) => self.cancel_only(id)?,
                Cancel::Scope(id, except) => self.open_in_scope(id, except)?,
                Cancel::Closed(id) => {
                    self.db.unit(|unit| unit.close_scope(id))?;
                    Vec::new()
                }
                Cancel::Process(process) => {
                    self.def_of(process)?;
                    let mut open = self.open_in(process, None, None)?;
                    open.push(Cancel::Over(process));
                    open
                }
                Cancel::Over(process) => {
                    self.note_canceled(process)?;
                    Vec::new()
                }
            };
            left.extend(within.into_iter().rev());
        }
        Ok(())
    }

    /// Cancels a task. Returns its sub-processes, which are to be canceled after it.
    fn cancel_only(&mut self, id: TaskId) -> Result<Vec<Cancel>> {
        self.settle(id, TaskStatus::Canceled)?;
        let task = self.task(id)?;
        self.record(id.process, EventKind::TaskCanceled { task: id.ordinal, node: task.node.clone() })?;
        self.open_children(&task)
    }

    fn open_children(&mut self, task: &TaskRecord) -> Result<Vec<Cancel>> {
        if !task.kind.has_children() {
            return Ok(Vec::new());
        }
        let open = self.db.unit(|unit| unit.open_children(task.id, None, usize::MAX))?;
        Ok(open.into_iter().map(Cancel::Process).collect())
    }

    /// Returns what is open in a scope, except one task.
    fn open_in_scope(&mut self, id: ScopeId, except: Option<u32>) -> Result<Vec<Cancel>> {
        let ScopeId { process, number } = id;
        let scope = self.scope(process, number)?;
        if !scope.listed {
            // This scope was opened by an earlier version of the flow, which had no need to cancel it.
            return self.open_in(process, Some(number), except);
        }
        let mut open = Vec::new();
        for task in self.db.unit(|unit| unit.waiting(&TaskList::Scope(id)))? {
            if Some(task.ordinal) == except {
                continue;
            }
            let record = self.task(task)?;
            if let Some(number) = record.around.filter(|_| record.kind.is_split()) {
                let inner = ScopeId { process, number };
                open.extend([Cancel::Scope(inner, None), Cancel::Closed(inner)]);
            }
            open.push(Cancel::Task(task));
        }
        Ok(open)
    }

    /// Returns what is open in a process, or in one of its scopes. A split comes before what is in its scope.
    fn open_in(&mut self, process: ProcessId, within: Option<u32>, except: Option<u32>) -> Result<Vec<Cancel>> {
        let mut scopes: BTreeSet<u32> = within.into_iter().collect();
        let mut open = Vec::new();
        for id in self.db.unit(|unit| unit.open_tasks(process))? {
            let task = self.task(id)?;
            if (within.is_none() || scopes.contains(&task.scope)) && Some(id.ordinal) != except {
                let opened = task.around.filter(|_| task.kind.is_split());
                scopes.extend(opened);
                open.push(Cancel::Task(id));
                open.extend(opened.map(|number| Cancel::Closed(ScopeId { process, number })));
            }
        }
        Ok(open)
    }

    /// Marks a process as canceled, once everything open in it is canceled. Its parent does not hear of it.
    fn note_canceled(&mut self, process: ProcessId) -> Result<()> {
        self.db.unit(|unit| {
            unit.close_scope(ScopeId { process, number: ROOT })?;
            let now = unit.now;
            let record = unit.change_process(process)?;
            record.status = ProcessStatus::Canceled;
            record.finished = Some(now);
            unit.record(process, EventKind::ProcessCanceled)
        })
    }
}
