//! Canceling tasks, scopes and processes.

use std::collections::BTreeSet;

use super::{ROOT, Step};
use crate::error::{Error, Result};
use crate::id::{ProcessId, TaskId};
use crate::lifecycle::Action;
use crate::store::{ProcessStatus, ScopeId, TaskList, TaskRecord, TaskStatus, What};

impl Step {
    /// Cancels a process for somebody: what is open in it, its sub-processes, and it tells its parent.
    pub(crate) fn cancel(&mut self, process: ProcessId) -> Result<()> {
        self.def_of(process)?;
        let record = self.db.unit(|unit| unit.process(process).cloned())?;
        if record.status.is_final() {
            return Err(Error::ProcessIsOver { process, status: record.status });
        }
        self.end_process(process, ProcessStatus::Canceled, None)?;
        self.drain()
    }

    /// Cancels a task for somebody: its token ends.
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

    /// Takes a task away, and its sub-processes with it. Its token is the caller's business.
    pub(super) fn cancel_task(&mut self, id: TaskId) -> Result<()> {
        self.settle(id, TaskStatus::Canceled)?;
        let task = self.task(id)?;
        self.record(id.process, What::TaskCanceled { task: id.ordinal, node: task.node.clone() })?;
        self.cancel_children(&task)
    }

    /// Cancels the sub-processes of a task.
    pub(super) fn cancel_children(&mut self, task: &TaskRecord) -> Result<()> {
        if task.kind.has_children() {
            for child in self.db.unit(|unit| unit.children(task.id))? {
                let open = self.db.unit(|unit| unit.process(child).map(|process| !process.status.is_final()))?;
                if open {
                    self.cancel_process(child)?;
                }
            }
        }
        Ok(())
    }

    /// Cancels all that is open in a scope, but for one task.
    pub(super) fn cancel_scope(&mut self, process: ProcessId, number: u32, except: Option<u32>) -> Result<()> {
        let scope = self.scope(process, number)?;
        if !scope.listed {
            // It was opened before the flow was changed so that it may be canceled. All in it was made after its split.
            let split = scope.split.map_or(0, |(_, split)| split);
            return self.cancel_open(process, Some(number), split, except);
        }
        let list = TaskList::Scope(ScopeId { process, number });
        for task in self.db.unit(|unit| unit.waiting(&list, usize::MAX))? {
            if Some(task.ordinal) == except {
                continue;
            }
            let record = self.task(task)?;
            if let Some(inner) = record.around.filter(|_| record.kind.is_split()) {
                self.cancel_scope(process, inner, None)?;
                self.db.unit(|unit| unit.close_scope(ScopeId { process, number: inner }))?;
            }
            self.cancel_task(task)?;
        }
        Ok(())
    }

    /// Cancels all that is open in a process, or in one of its scopes, of what was made after the task `after`.
    pub(super) fn cancel_open(
        &mut self,
        process: ProcessId,
        within: Option<u32>,
        after: u32,
        except: Option<u32>,
    ) -> Result<()> {
        let mut scopes: BTreeSet<u32> = within.into_iter().collect();
        let mut open = Vec::new();
        self.db.unit(|unit| {
            unit.each_task(process, after, |task| {
                let inside = within.is_none() || scopes.contains(&task.scope);
                if inside && !task.status.is_final() && Some(task.id.ordinal) != except {
                    let opened = task.around.filter(|_| task.kind.is_split());
                    scopes.extend(opened);
                    open.push((task.id, opened));
                }
            })
        })?;
        for (task, opened) in open {
            self.cancel_task(task)?;
            if let Some(number) = opened {
                self.db.unit(|unit| unit.close_scope(ScopeId { process, number }))?;
            }
        }
        Ok(())
    }

    /// Cancels a process and all that is open in it. Its parent is not told.
    fn cancel_process(&mut self, process: ProcessId) -> Result<()> {
        self.def_of(process)?;
        self.cancel_open(process, None, 0, None)?;
        self.db.unit(|unit| {
            unit.close_scope(ScopeId { process, number: ROOT })?;
            let now = unit.now;
            let record = unit.change_process(process)?;
            record.status = ProcessStatus::Canceled;
            record.finished = Some(now);
            unit.record(process, What::ProcessCanceled)
        })
    }
}
