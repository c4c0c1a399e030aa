//! What tasks wait for: arming it, hearing of it, giving it up.

use std::any::Any;

use viewflow_graph::{Kind, Role};

use super::people::People;
use super::{Step, TaskError};
use crate::data::document::Document;
use crate::definition::{Definition, NodeDef, Wait};
use crate::error::{Error, Place, Result};
use crate::id::{ProcessId, TaskId};
use crate::unit::Unit;

use super::mailbox::{self, Mailbox};
use crate::store::{JobState, TaskList, TaskRecord, TaskStatus, Timeout, WaitsFor, What};
use crate::time::Timestamp;

/// What a task waits for, before it is written down.
#[derive(Default)]
struct Armed {
    people: Option<People>,
    due: Option<Timestamp>,
    waits_for: Option<WaitsFor>,
    timeouts: Vec<Timeout>,
}

impl Step {
    /// Makes a task wait for what its node waits for; one that does not wait has its turn. `made` is whether it is a new
    /// task: then `on_create` and `assign` are called.
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

    /// Asks what a task waits for.
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
            Wait::Condition(_) => armed.waits_for = Some(WaitsFor::Condition { tables: Vec::new() }),
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
        match &waits_for {
            Some(WaitsFor::Message { name, key }) => {
                self.db.unit(|unit| mailbox::wait(unit, name, key))?;
            }
            Some(WaitsFor::Condition { .. }) => {
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
                (Kind::Job, Some(at)) => schedule(task, task.job.unwrap_or_default(), at),
                _ => look_again(task),
            }
        })?;
        match people {
            Some(people) => self.note_people(task.id, people),
            None => Ok(()),
        }
    }

    /// Gives a task its last status, or that of one that failed: it waits for nothing any more.
    pub(super) fn settle(&mut self, id: TaskId, status: TaskStatus) -> Result<()> {
        let now = self.db.now();
        if self.task(id)?.suspended {
            self.rest_task(id, false)?;
        }
        let waited_for = self.change_task(id, |task| {
            task.status = status;
            task.finished = status.is_final().then_some(now);
            task.draft = task.draft.take().filter(|_| !status.is_final());
            task.due = None;
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

    /// Goes on with a task whose time has come: fires its timeouts, or lets a timer go on.
    pub(crate) fn look(&mut self, id: TaskId) -> Result<()> {
        let now = self.db.now();
        loop {
            let task = self.task(id)?;
            if task.status.is_final() || task.status == TaskStatus::Error || task.suspended {
                break;
            }
            let (def, index) = self.node_of(&task)?;
            let over = task.timeouts.iter().filter(|timeout| timeout.at <= now).min_by_key(|timeout| timeout.at);
            if let Some(timeout) = over.cloned() {
                self.change_task(id, |task| {
                    task.timeouts.retain(|other| *other != timeout);
                    look_again(task);
                })?;
                if let Some(edge) = timeout_edge(&def, index, &task, &timeout.then) {
                    self.take_boundary(&task, edge)?;
                }
                continue;
            }
            match (task.kind, task.due.is_some_and(|due| due <= now)) {
                (Kind::Timer, true) => self.go_through(id, &())?,
                (Kind::Job, _) | (_, false) => {}
                (_, true) => self.catch_up(&task)?,
            }
            break;
        }
        self.drain()
    }

    /// Takes a way that leaves the border of a waiting task.
    pub(super) fn take_boundary(&mut self, host: &TaskRecord, edge: usize) -> Result<()> {
        let id = host.id;
        self.blame(id);
        if let Some(error) = self.fault(id) {
            return self.fail(id, error);
        }
        let (def, index) = self.node_of(host)?;
        let node = &def.nodes[index];
        let way = &node.edges[edge];
        let spawns = self.ask(node, host, |step, activation| step.spawn(&def, way, activation))?;
        let then = def.nodes[way.target].name.to_owned();
        self.record(id.process, What::BoundaryTaken { task: id.ordinal, node: host.node.clone(), then })?;
        let scope = if way.role.is_beside() {
            let scope = self.scope_beside(host)?;
            self.change_scope(id.process, scope, |scope| scope.live += 1)?;
            scope
        } else {
            let scope = self.leave(host)?;
            self.cancel_task(id)?;
            self.change_task(id, |task| task.left = true)?;
            scope
        };
        spawns.into_iter().try_for_each(|spawn| self.arrive(id.process, &spawn, scope, id.ordinal))
    }

    /// The scope of what a task starts beside itself: not that of the branches of which only one will go on.
    fn scope_beside(&self, host: &TaskRecord) -> Result<u32> {
        let record = self.scope(host.id.process, host.scope)?;
        Ok(if record.first { record.parent.unwrap_or(super::ROOT) } else { host.scope })
    }

    /// A token moves on from its task. Among branches of which only one goes on, it is that one: the others are canceled.
    /// Answers with the scope it goes on in.
    pub(super) fn leave(&mut self, task: &TaskRecord) -> Result<u32> {
        let (process, number) = (task.id.process, task.scope);
        if number == super::ROOT {
            return Ok(number);
        }
        let Some(record) = self.open_scope_record(process, number)?.filter(|record| record.first) else {
            return Ok(number);
        };
        self.cancel_scope(process, number, Some(task.id.ordinal))?;
        self.close_scope(process, number, &record)?;
        record.parent.ok_or(Error::Internal("branches around a process"))
    }

    /// Whether the join of a scope goes on though not all have arrived. What is left in the scope is canceled then.
    pub(super) fn join_need_not_wait(
        &mut self,
        process: ProcessId,
        number: u32,
        record: &crate::store::ScopeRecord,
    ) -> Result<bool> {
        let Some(ordinal) = record.join else { return Ok(false) };
        let id = TaskId { process, ordinal };
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        let node = &def.nodes[index];
        let Some(until) = &node.until else { return Ok(false) };
        if task.status != TaskStatus::Started {
            return Ok(false);
        }
        let before = self.blame(id);
        if let Some(error) = self.fault(id) {
            self.fail(id, error)?;
            self.db.unit(|unit| unit.culprit = before);
            return Ok(false);
        }
        let enough = self.ask(node, &task, |_, activation| until(&*def.flow, activation))?;
        self.db.unit(|unit| unit.culprit = before);
        if enough {
            self.cancel_scope(process, number, None)?;
        }
        Ok(enough)
    }

    /// Asks the conditions of all processes the step has come to, and lets go on what waits for those that hold. Answers
    /// whether there were any.
    pub(super) fn ask_conditions(&mut self) -> Result<bool> {
        let mut held = false;
        let processes: Vec<ProcessId> = self.running.keys().copied().collect();
        for process in processes {
            let open = self.db.unit(|unit| unit.process(process).map(|process| process.conditions))?;
            if open == 0 {
                continue;
            }
            let waiting = self.db.unit(|unit| unit.waiting(&TaskList::Conditions(process), usize::MAX))?;
            for task in waiting {
                if self.holds(task)? {
                    held = true;
                    self.held += 1;
                    self.go_through(task, &())?;
                    self.take_turns()?;
                }
            }
        }
        Ok(held)
    }

    /// Whether the condition holds that a task waits for.
    fn holds(&mut self, id: TaskId) -> Result<bool> {
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        let node = &def.nodes[index];
        let Wait::Condition(cond) = &node.wait else { return Ok(false) };
        if task.status != TaskStatus::New || task.suspended {
            return Ok(false);
        }
        self.blame(id);
        if let Some(error) = self.fault(id) {
            self.fail(id, error)?;
            return Ok(false);
        }
        let before = self.db.unit(|unit| {
            unit.asking = true;
            std::mem::take(&mut unit.read_tables)
        });
        let holds = self.ask(node, &task, |_, activation| cond(&*def.flow, activation))?;
        let read = self.db.unit(|unit| {
            unit.asking = false;
            let read = unit.read_tables.clone();
            unit.read_tables.extend(before);
            read
        });
        let mut tables: Vec<String> = read.into_iter().collect();
        if let Some(columns) = def.process.table.filter(|columns| !tables.iter().any(|table| table == columns)) {
            tables.push(columns.to_owned());
        }
        let now = Some(WaitsFor::Condition { tables });
        if !holds && task.waits_for != now {
            self.change_task(id, |task| task.waits_for = now)?;
        }
        Ok(holds)
    }

    /// Looks at the conditions of a process again, as a table they read has changed. Answers with how many hold.
    pub(crate) fn ask_again(&mut self, process: ProcessId) -> Result<usize> {
        self.def_of(process)?;
        self.drain()?;
        Ok(self.held)
    }

    /// A signal reaches a task, if it still waits for it.
    pub(crate) fn hear(&mut self, id: TaskId, signal: &str) -> Result<bool> {
        let Ok(task) = self.task(id) else { return Ok(false) };
        let waits = matches!(&task.waits_for, Some(WaitsFor::Signal(name)) if name == signal);
        if waits && task.suspended {
            // It was thrown before that.
            self.change_task(id, |task| task.message = Some(Document::new()))?;
        } else if waits {
            self.go_through(id, &())?;
            self.drain()?;
        }
        Ok(waits)
    }

    /// Hands the first message kept in a row of mailboxes to the first task that waits for it.
    pub(crate) fn deliver(&mut self, row: u64) -> Result<bool> {
        let boxes = self.db.unit(|unit| mailbox::read(unit, row))?;
        for mailbox in boxes.into_iter().filter(Mailbox::can_be_taken) {
            let (name, key) = (&mailbox.name, &mailbox.key);
            let Some(letter) = self.db.unit(|unit| mailbox.first(unit))? else { continue };
            let list = TaskList::Message(name.clone(), key.clone());
            let Some(id) = self.db.unit(|unit| unit.waiting(&list, 1))?.pop() else {
                return Err(Error::Internal("a mailbox that nobody waits at"));
            };
            let task = self.task(id)?;
            if letter.until.is_some_and(|until| until <= task.created) {
                // It was over before this task began to wait.
                let forget = |unit: &mut Unit, mailbox: &mut Mailbox| mailbox.forget(unit, task.created);
                self.db.unit(|unit| mailbox::change(unit, name, key, forget))?;
                return Ok(true);
            }
            // From now on it is the task's, whatever comes of it: nobody else should fail over it.
            let take = |unit: &mut Unit, mailbox: &mut Mailbox| mailbox.take(unit, &letter);
            self.db.unit(|unit| mailbox::change(unit, name, key, take))?;
            self.blame(id);
            if let Some(error) = self.fault(id) {
                self.fail(id, error)?;
                self.change_task(id, |task| task.message = Some(letter.content))?;
            } else {
                self.handle(id, &letter.content)?;
            }
            self.drain()?;
            return Ok(true);
        }
        Ok(false)
    }

    /// A task handles the message that it took.
    fn handle(&mut self, id: TaskId, content: &Document) -> Result<()> {
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        let Wait::Message(message) = &def.nodes[index].wait else {
            return Err(Error::NoNode { flow: task.flow, node: task.node, what: "that waits for this message" });
        };
        let input =
            (message.parse)(content).map_err(|errors| Error::Data { at: Place::of_message(message.name), errors })?;
        self.change_task(id, |task| task.message = None)?;
        self.go_through(id, &*input)
    }

    /// What a node sends out by itself.
    pub(super) fn throw(&mut self, node: &NodeDef, task: &TaskRecord) -> Result<()> {
        match (node.kind, &node.action) {
            (_, crate::definition::Action::Signal(name)) => {
                self.db.unit(|unit| crate::kernel::signal::throw(unit, name)).map(|_| ())
            }
            (Kind::EscalationThrow, _) => self.escalate(task, node.code.unwrap_or_default()),
            (Kind::CompensateThrow, _) => self.compensate(task.id),
            _ => Ok(()),
        }
    }

    /// Tells the task whose sub-process this is.
    fn escalate(&mut self, task: &TaskRecord, code: &str) -> Result<()> {
        let parent = self.db.unit(|unit| unit.process(task.id.process).map(|process| process.parent))?;
        let Some(parent) = parent else { return Ok(()) };
        let host = self.task(parent)?;
        if host.status != TaskStatus::Started {
            return Ok(());
        }
        let (def, index) = self.node_of(&host)?;
        let edges = &def.nodes[index].edges;
        let of = |wanted: Option<&str>| {
            edges.iter().position(|edge| matches!(&edge.role, Role::OnEscalation(code) if code.as_deref() == wanted))
        };
        match of(Some(code)).or_else(|| of(None)) {
            Some(edge) => self.take_boundary(&host, edge),
            None => Ok(()),
        }?;
        self.blame(task.id);
        Ok(())
    }

    /// The way that an error of a task takes, if there is one for its code, or one for all.
    pub(super) fn way_of_error(&mut self, task: &TaskRecord, code: Option<&str>, any: bool) -> Result<Option<usize>> {
        let (def, index) = self.node_of(task)?;
        let edges = &def.nodes[index].edges;
        let of = |wanted: Option<&str>| {
            edges.iter().position(|edge| matches!(&edge.role, Role::OnError(code) if code.as_deref() == wanted))
        };
        Ok(code.and_then(|code| of(Some(code))).or_else(|| if any { of(None) } else { None }))
    }

    /// An error of a task takes its way, or stays with the task.
    pub(super) fn fail_or_take_way(&mut self, task: &TaskRecord, error: TaskError) -> Result<()> {
        match self.way_of_error(task, error.code.as_deref(), true)? {
            Some(edge) => self.take_boundary(task, edge),
            None => self.fail(task.id, error),
        }
    }
}

/// When the engine has to look at a task again.
pub(super) fn look_again(task: &mut TaskRecord) {
    let timeouts = task.timeouts.iter().map(|timeout| timeout.at);
    task.due = timeouts.chain(task.job.and_then(|job| job.at)).min();
}

/// Lets a worker begin a job, from `at` on.
pub(super) fn schedule(task: &mut TaskRecord, job: JobState, at: Timestamp) {
    task.status = TaskStatus::Scheduled;
    task.job = Some(JobState { at: Some(at), until: None, ..job });
    look_again(task);
}

/// The way of a timeout that was armed. The flow may have changed since: the only timeout of a node leads where it leads now,
/// and one that the node has no more is over.
fn timeout_edge(def: &Definition, node: usize, task: &TaskRecord, then: &str) -> Option<usize> {
    let edges = def.nodes[node].edges.iter().enumerate();
    let timeouts: Vec<_> = edges.filter(|(_, edge)| matches!(edge.role, Role::Timeout { .. })).collect();
    let by_name = timeouts.iter().find(|(_, edge)| def.nodes[edge.target].name == then);
    let only = || match (&timeouts[..], &task.timeouts[..]) {
        ([only], [_]) => Some(only),
        _ => None,
    };
    by_name.or_else(only).map(|(index, _)| *index)
}
