//! How tasks and processes end other than by being done, and what can be done about it.

use std::collections::{BTreeMap, BTreeSet};

use viewflow_graph::{Kind, Role};

use super::{ROOT, Step, TaskError};
use crate::error::{Error, Place, Result};
use crate::id::{ProcessId, TaskId};
use crate::store::{ProcessStatus, ScopeId, TaskList, TaskRecord, TaskStatus, What};

impl Step {
    /// A task failed. Its token stays, and with it the process, until somebody retries, revives or cancels it.
    pub(super) fn fail(&mut self, id: TaskId, error: TaskError) -> Result<()> {
        self.settle(id, TaskStatus::Error)?;
        let message = error.message.clone();
        let node = self.change_task(id, |task| {
            task.error = Some(error);
            task.node.clone()
        })?;
        self.record(id.process, What::TaskFailed { task: id.ordinal, node, error: message })
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
    fn cancel_open(&mut self, process: ProcessId, within: Option<u32>, after: u32, except: Option<u32>) -> Result<()> {
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

    /// Ends a process, whatever is open in it.
    pub(super) fn end_process(
        &mut self,
        process: ProcessId,
        status: ProcessStatus,
        code: Option<String>,
    ) -> Result<()> {
        self.cancel_open(process, None, 0, None)?;
        self.db.unit(|unit| unit.close_scope(ScopeId { process, number: ROOT }))?;
        self.finish_process(process, status, code)
    }

    /// Nothing is open in a process any more.
    pub(super) fn finish_process(
        &mut self,
        process: ProcessId,
        status: ProcessStatus,
        code: Option<String>,
    ) -> Result<()> {
        // A parent may read what has come of it in this very step.
        if let Some(running) = self.running.get(&process) {
            self.save(process, running)?;
        }
        let parent = self.db.unit(|unit| {
            let now = unit.now;
            let record = unit.change_process(process)?;
            record.status = status;
            record.finished = Some(now);
            record.error.clone_from(&code);
            let parent = record.parent;
            unit.record(
                process,
                match (status, &code) {
                    (ProcessStatus::Failed, code) => What::ProcessFailed { code: code.clone().unwrap_or_default() },
                    (ProcessStatus::Canceled, _) => What::ProcessCanceled,
                    _ => What::ProcessFinished,
                },
            )?;
            Ok::<_, Error>(parent)
        })?;
        match parent {
            Some(parent) => self.child_ended(parent, process, status, code),
            None => Ok(()),
        }
    }

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
            return Err(wrong_status(&task, "cancel"));
        }
        self.def_of(id.process)?;
        self.cancel_task(id)?;
        self.end_token(id.process, task.scope)?;
        self.drain()
    }

    /// Whether it is a join whose scope is still open.
    pub(super) fn waits_for_a_scope(&self, task: &TaskRecord) -> Result<bool> {
        match (task.kind, task.around) {
            (Kind::Join, Some(number)) => Ok(self.open_scope_record(task.id.process, number)?.is_some()),
            _ => Ok(false),
        }
    }

    /// Has a failed task tried again. A sub-process is made again, as [`Step::revive`] does.
    pub(crate) fn retry(&mut self, id: TaskId) -> Result<TaskId> {
        let task = self.task(id)?;
        if task.status != TaskStatus::Error {
            return Err(wrong_status(&task, "retry"));
        }
        if task.kind.has_children() && !(task.children == 0 && self.all_children_are_done(id)?) {
            return self.revive(id);
        }
        self.record(id.process, What::TaskRetried { task: id.ordinal, node: task.node.clone() })?;
        let has_owner = task.owner.is_some();
        self.change_task(id, |task| {
            task.status = if has_owner { TaskStatus::Assigned } else { TaskStatus::New };
            task.error = None;
            task.unprepared = false;
            if let Some(job) = &mut task.job {
                (job.failures, job.lost) = (0, 0);
            }
        })?;
        if task.kind.has_children() {
            // What failed came after the children.
            self.change_task(id, |task| task.status = TaskStatus::Started)?;
            self.make_ready(id);
        } else if task.kind != Kind::Join {
            self.prepare(id, task.unprepared)?;
        } else if let Some(closed) = task.around.filter(|_| self.waits_for_a_scope(&task).unwrap_or(false)) {
            // What `until` failed on may be other now.
            self.change_task(id, |task| task.status = TaskStatus::Started)?;
            self.look_at_scope(id.process, closed)?;
        } else {
            self.make_ready(id);
        }
        self.drain()?;
        Ok(id)
    }

    /// Whether a sub-process has had children, and all of them are done.
    fn all_children_are_done(&self, id: TaskId) -> Result<bool> {
        self.db.unit(|unit| {
            let children = unit.children(id)?;
            for child in &children {
                if unit.process(*child)?.status != ProcessStatus::Done {
                    return Ok(false);
                }
            }
            Ok(!children.is_empty())
        })
    }

    /// Makes a canceled or failed task again, as another one.
    pub(crate) fn revive(&mut self, id: TaskId) -> Result<TaskId> {
        let task = self.task(id)?;
        if !matches!(task.status, TaskStatus::Canceled | TaskStatus::Error) || matches!(task.kind, Kind::Join) {
            return Err(wrong_status(&task, "revive"));
        }
        if task.undone {
            return Err(wrong_status(&task, "revive, after it was taken back,"));
        }
        if task.left {
            return Err(wrong_status(&task, "revive, after its timeout or error has taken its way,"));
        }
        let (def, index) = self.node_of(&task)?;
        let process = self.db.unit(|unit| unit.process(id.process).cloned())?;
        if process.status.is_final() {
            return Err(Error::ProcessIsOver { process: id.process, status: process.status });
        }
        let Some(scope) = self.open_scope_record(id.process, task.scope)? else {
            return Err(wrong_status(&task, "revive, after its branches were joined,"));
        };
        if scope.split.is_none() && task.previous.is_none() {
            return Err(wrong_status(&task, "revive, as the start of its process,"));
        }
        if task.status == TaskStatus::Error {
            // Its token goes over to the new task.
            self.cancel_task(id)?;
        } else {
            self.change_scope(id.process, task.scope, |scope| scope.live += 1)?;
        }
        let spawn = super::Spawn { target: index, seed: task.seed.clone(), data: task.data.clone() };
        debug_assert_eq!(def.nodes[index].name, task.node);
        let new = self.add_task(id.process, &spawn, task.scope, Some(id.ordinal))?;
        self.change_task(id, |task| task.status = TaskStatus::Revived)?;
        self.change_task(new, |new| {
            new.message = task.message;
            (new.due_date, new.priority, new.follow_up) = (task.due_date, task.priority, task.follow_up);
        })?;
        self.record(id.process, What::TaskRevived { task: id.ordinal, node: task.node.clone(), by: new.ordinal })?;
        self.prepare(new, true)?;
        self.drain()?;
        Ok(new)
    }

    /// Asks again whether the join of a scope need not wait.
    fn look_at_scope(&mut self, process: ProcessId, number: u32) -> Result<()> {
        let record = self.scope(process, number)?;
        if self.join_need_not_wait(process, number, &record)? {
            self.close_scope(process, number, &record)?;
            if let Some(ordinal) = record.join {
                self.make_ready(TaskId { process, ordinal });
            }
        }
        Ok(())
    }

    /// Undoes what was done in the process of a task and can be undone, newest first, each once.
    pub(super) fn compensate(&mut self, thrower: TaskId) -> Result<()> {
        let process = thrower.process;
        let def = self.def_of(process)?;
        let way = |node: &str| {
            let node = &def.nodes[def.find(node)?];
            Some((node, node.edges.iter().find(|edge| edge.role == Role::Compensation)?))
        };
        let mut done = Vec::new();
        self.db.unit(|unit| {
            unit.each_task(process, 0, |task| {
                if task.status == TaskStatus::Done && !task.compensated && !task.skipped && way(&task.node).is_some() {
                    done.push(task.clone());
                }
            })
        })?;
        if done.is_empty() {
            return Ok(());
        }
        // Times are too coarse to tell which was done last.
        let order: BTreeMap<u32, u32> = self
            .db
            .unit(|unit| unit.events_of(process))?
            .into_iter()
            .filter_map(|event| match event.what {
                What::TaskFinished { task, .. } => Some((task, event.number)),
                _ => None,
            })
            .collect();
        done.sort_by_key(|task| std::cmp::Reverse(order.get(&task.id.ordinal).copied().unwrap_or(0)));
        for host in done {
            let Some((node, edge)) = way(&host.node) else { continue };
            // All of it is undone, or nothing: should the function fail, it is the thrower that has failed.
            let spawns = self.ask(node, &host, |step, activation| step.spawn(&def, edge, activation))?;
            self.change_task(host.id, |task| task.compensated = true)?;
            for spawn in spawns {
                let task = self.add_task(process, &spawn, ROOT, Some(host.id.ordinal))?;
                self.go_through(task, &())?;
            }
        }
        Ok(())
    }
}

pub(super) fn wrong_status(task: &TaskRecord, action: &'static str) -> Error {
    Error::WrongStatus { at: Place::of_task(task), action, status: task.status }
}
