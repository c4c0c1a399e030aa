//! How a task begins to wait, and how every wait ends.

use std::any::Any;

use viewflow_graph::{Kind, Role};
use viewflow_store::{JobState, TaskId, TaskRecord, TaskStatus, Timeout, Timestamp, WaitsFor};

use super::people::People;
use super::{Step, mailbox};
use crate::definition::{After, Definition, NodeDef, Wait};
use crate::error::{Error, Result};

/// Everything that a task is to wait for, before it is written down.
#[derive(Default)]
struct Armed {
    people: Option<People>,
    due: Option<Timestamp>,
    waits_for: Option<WaitsFor>,
    timeouts: Vec<Timeout>,
}

impl Step {
    /// Makes a task wait for what its node waits for. If the node does not wait, the task is ready to advance. `made`
    /// says whether the task is new: then `on_create` and `assign` are called.
    pub(super) fn prepare(&mut self, id: TaskId, made: bool) -> Result<()> {
        let before = self.blame(id);
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        let node = &def.nodes[index];
        if let Some(error) = self.fault(id) {
            self.fail(id, error)?;
            self.change_task(id, |task| task.unprepared = made)?;
        } else {
            let has_timeouts = node.edges.iter().any(|edge| matches!(edge.role, Role::Timeout { .. }));
            let calls = made && (node.people.asks() || node.on_create.is_some());
            if calls || has_timeouts || !matches!(node.wait, Wait::Nothing | Wait::Children(_)) {
                let handler = made && node.on_create.is_some();
                let arm = |step: &mut Self, activation: &mut dyn Any| step.arm(&def, node, &task, activation, made);
                let armed = self.activate(node, &task, handler, arm)?;
                self.wait(&task, node, armed)?;
            }
            if let Some(message) = task.message {
                self.handle(id, &message)?;
            }
            if !node.kind.waits() || node.kind.has_children() {
                self.make_ready(id);
            }
        }
        self.db.unit(|unit| unit.culprit = before);
        Ok(())
    }

    /// Asks the flow what a task waits for.
    fn arm(
        &self,
        def: &Definition,
        node: &NodeDef,
        task: &TaskRecord,
        activation: &mut dyn Any,
        made: bool,
    ) -> Result<Armed> {
        let flow = &*def.flow;
        let now = self.db.now();
        let mut armed = Armed::default();
        if made {
            if let Some(on_create) = &node.on_create {
                on_create(flow, activation, &())?;
            }
            armed.people = Some(self.ask_people(def, node, task, activation)?);
        }
        match &node.wait {
            Wait::Nothing | Wait::Children(_) => {}
            Wait::Time(after) => armed.due = Some(after.at(now, flow, activation)?),
            Wait::Worker(job) => armed.due = Some(job.delay.at(now, flow, activation)?),
            Wait::Signal(name) => armed.waits_for = Some(WaitsFor::Signal((*name).to_owned())),
            Wait::Message(message) => {
                let key = (message.key)(flow, activation)?;
                armed.waits_for = Some(WaitsFor::Message { name: message.name.to_owned(), key });
            }
            Wait::Condition(_) => armed.waits_for = Some(WaitsFor::Condition { tables: Vec::new(), reads: None }),
        }
        for edge in node.edges.iter().filter(|edge| matches!(edge.role, Role::Timeout { .. })) {
            let after = edge.after.as_ref().ok_or(Error::Internal("a timeout without a time"))?;
            let then = def.nodes[edge.target].name.to_owned();
            armed.timeouts.push(Timeout { then, at: after.at(now, flow, activation)? });
        }
        Ok(armed)
    }

    fn wait(&mut self, task: &TaskRecord, node: &NodeDef, armed: Armed) -> Result<()> {
        let Armed { people, due, waits_for, timeouts } = armed;
        // A point in time that the flow names stays as it is, whatever a clock shows.
        let reckoned = matches!(&node.wait, Wait::Worker(job) if matches!(job.delay, After::Fixed(_)));
        let since = reckoned.then(|| self.db.now());
        match &waits_for {
            Some(WaitsFor::Message { name, key }) => {
                self.db.unit(|unit| mailbox::wait(unit, name, key))?;
            }
            Some(WaitsFor::Condition { .. }) => {
                self.asks.insert(task.id);
                self.db.unit(|unit| unit.change_process(task.id.process).map(|process| process.conditions += 1))?;
            }
            _ => {}
        }
        self.change_task(task.id, |task| {
            task.timeouts = timeouts;
            task.waits_for = waits_for;
            match (node.kind, due) {
                (Kind::Timer, Some(due)) => {
                    task.status = TaskStatus::Scheduled;
                    task.due = Some(due);
                }
                (Kind::Job, Some(at)) => schedule(task, JobState { since, ..task.job.unwrap_or_default() }, at),
                _ => look_again(task),
            }
        })?;
        match people {
            Some(people) => self.note_people(task.id, people),
            None => Ok(()),
        }
    }

    /// Gives a task its last status, or the status of a failed task. It no longer waits for anything.
    pub(super) fn settle(&mut self, id: TaskId, status: TaskStatus) -> Result<()> {
        let now = self.db.now();
        if self.db.unit(|unit| unit.task(id).map(|task| task.suspended))? {
            self.rest_task(id, false)?;
        }
        let waited_for = self.change_task(id, |task| {
            task.status = status;
            task.finished = status.is_final().then_some(now);
            task.draft = task.draft.take().filter(|_| !status.is_final());
            (task.due, task.catch_up) = (None, false);
            task.timeouts.clear();
            task.waits_for.take()
        })?;
        match waited_for {
            Some(WaitsFor::Message { name, key }) => self.db.unit(|unit| mailbox::leave(unit, &name, &key)),
            Some(WaitsFor::Condition { .. }) => self.db.unit(|unit| {
                let process = unit.change_process(id.process)?;
                process.conditions = process.conditions.saturating_sub(1);
                Ok(())
            }),
            _ => Ok(()),
        }
    }
}

/// Sets the time at which the engine has to look at a task again.
pub(super) fn look_again(task: &mut TaskRecord) {
    let timeouts = task.timeouts.iter().map(|timeout| timeout.at);
    // The lowest time is due even if a clock is set back meanwhile.
    let at_once = task.catch_up.then_some(Timestamp::from_millis(i64::MIN));
    task.due = timeouts.chain(task.job.and_then(|job| job.at)).chain(at_once).min();
}

/// Makes a job available to workers, from `at` on.
pub(super) fn schedule(task: &mut TaskRecord, job: JobState, at: Timestamp) {
    task.status = TaskStatus::Scheduled;
    task.job = Some(JobState { at: Some(at), until: None, ..job });
    look_again(task);
}
