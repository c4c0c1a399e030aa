//! Suspending a process: until it is resumed, its open tasks wait for nothing.
//!
//! Resuming does not itself do what has become due meanwhile. Workers find that in the store's lists, as everything
//! else that is due, and do it in steps of their own. So a failure belongs to its task, and nothing keeps a process
//! from being resumed.

use viewflow_graph::Kind;
use viewflow_store::{EventKind, JobState, ProcessId, ProcessStatus, TaskId, TaskRecord, TaskStatus, WaitsFor};

use super::wait::{look_again, schedule};
use super::{Step, mailbox};
use crate::error::{Error, Result};
use crate::unit::{Db, Unit};

/// Checks that a process is not suspended.
pub(crate) fn check_goes_on(db: &Db, process: ProcessId) -> Result<()> {
    match db.unit(|unit| unit.process(process).map(|process| process.status))? {
        ProcessStatus::Suspended => Err(Error::Suspended { process }),
        _ => Ok(()),
    }
}

impl Step {
    /// Suspends a process, and the sub-processes that run in it.
    pub(crate) fn suspend(&mut self, process: ProcessId) -> Result<()> {
        let mut left = vec![process];
        while let Some(process) = left.pop() {
            let children = self.suspend_only(process)?;
            left.extend(children.into_iter().rev());
        }
        Ok(())
    }

    /// Suspends a process. Returns the sub-processes that run in it.
    fn suspend_only(&mut self, process: ProcessId) -> Result<Vec<ProcessId>> {
        let mut children = Vec::new();
        let now = self.db.now();
        self.db.unit(|unit| {
            unit.change_process(process)?.status = ProcessStatus::Suspended;
            unit.record(process, EventKind::ProcessSuspended)
        })?;
        for task in self.open_tasks(process)? {
            self.rest_task(task.id, true)?;
            if let Some(job) = task.job.filter(|_| task.status == TaskStatus::Started) {
                // The worker that is at the job will come too late.
                self.change_task(task.id, |task| schedule(task, JobState { since: Some(now), ..job }, now))?;
            }
            children.extend(self.children_with(&task, ProcessStatus::New)?);
        }
        Ok(children)
    }

    /// Resumes a process, and the sub-processes in it.
    pub(crate) fn resume(&mut self, process: ProcessId) -> Result<()> {
        if let Some(parent) = self.db.unit(|unit| unit.process(process).map(|process| process.parent))? {
            check_goes_on(&self.db, parent.process)?;
        }
        let mut left = vec![process];
        while let Some(process) = left.pop() {
            let children = self.wake(process)?;
            left.extend(children.into_iter().rev());
        }
        Ok(())
    }

    /// Resumes a process. Returns the suspended sub-processes in it.
    fn wake(&mut self, process: ProcessId) -> Result<Vec<ProcessId>> {
        let mut children = Vec::new();
        self.db.unit(|unit| {
            unit.change_process(process)?.status = ProcessStatus::New;
            unit.record(process, EventKind::ProcessResumed)
        })?;
        for task in self.open_tasks(process)? {
            self.rest_task(task.id, false)?;
            children.extend(self.children_with(&task, ProcessStatus::Suspended)?);
            let heard = task.kind == Kind::SignalCatch && task.message.is_some() && task.status != TaskStatus::Error;
            let at_work = task.status == TaskStatus::Started && task.kind.has_children();
            if heard || at_work || matches!(task.waits_for, Some(WaitsFor::Condition { .. })) {
                self.change_task(task.id, |task| {
                    task.catch_up = true;
                    look_again(task);
                })?;
            }
        }
        Ok(children)
    }

    fn open_tasks(&self, process: ProcessId) -> Result<Vec<TaskRecord>> {
        let open = self.db.unit(|unit| unit.open_tasks(process))?;
        open.into_iter().map(|id| self.task(id)).collect()
    }

    fn children_with(&self, task: &TaskRecord, status: ProcessStatus) -> Result<Vec<ProcessId>> {
        if !task.kind.has_children() {
            return Ok(Vec::new());
        }
        self.db.unit(|unit: &mut Unit| {
            let mut children = Vec::new();
            for child in unit.open_children(task.id, None, usize::MAX)? {
                if unit.process(child)?.status == status {
                    children.push(child);
                }
            }
            Ok(children)
        })
    }

    /// Lets a task wait for nothing for a while, or lets it wait again.
    pub(super) fn rest_task(&self, id: TaskId, rests: bool) -> Result<()> {
        let task = self.task(id)?;
        if let Some(WaitsFor::Message { name, key }) = task.waits_for {
            self.db.unit(|unit| {
                // The mailbox looks for the task in the list of waiting tasks, and the task is there until it is
                // suspended.
                if rests {
                    mailbox::rest(unit, &name, &key, id)
                } else {
                    mailbox::wake(unit, &name, &key, task.created)
                }
            })?;
        }
        self.change_task(id, |task| task.suspended = rests)
    }

    /// Lets a task catch up that was suspended. Conditions are evaluated at the end of the step.
    pub(super) fn catch_up(&mut self, task: &TaskRecord) -> Result<()> {
        self.blame(task.id);
        self.change_task(task.id, |task| {
            task.catch_up = false;
            look_again(task);
        })?;
        if let Some(error) = self.fault(task.id) {
            return self.fail(task.id, error);
        }
        if task.kind.has_children() {
            return self.look_at_children(task);
        }
        match (task.kind, &task.message) {
            (Kind::SignalCatch, Some(_)) => {
                self.change_task(task.id, |task| task.message = None)?;
                self.go_through(task.id, &())
            }
            _ => {
                self.asks.insert(task.id);
                Ok(())
            }
        }
    }
}
