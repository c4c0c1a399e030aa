//! How a waiting task receives what it waits for: its time, a signal, a message, an edge from its boundary.

use viewflow_graph::{Kind, Role};
use viewflow_store::{Document, EventKind, TaskId, TaskList, TaskRecord, TaskStatus, WaitsFor};

use super::mailbox::{self, Mailbox};
use super::wait::look_again;
use super::{Step, signal};
use crate::definition::{Behavior, Definition, NodeDef, Wait};
use crate::error::{Error, Place, Result};
use crate::unit::Unit;
use crate::unit::walk::Walk;

/// How many of the tasks that wait for a message are tried until one can be read.
const LOOK: usize = 64;

impl Step {
    /// Handles a task whose time has come: fires its timeouts, or lets a timer go on.
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

    /// Takes an edge that leaves the boundary of a waiting task.
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
        self.record(id.process, EventKind::BoundaryTaken { task: id.ordinal, node: host.node.clone(), then })?;
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

    /// Delivers a signal to a task. Returns whether the task still waited for it.
    pub(crate) fn hear(&mut self, id: TaskId, signal: &str) -> Result<bool> {
        let task = match self.task(id) {
            Err(Error::NoTask(_)) => return Ok(false),
            task => task?,
        };
        let waits = matches!(&task.waits_for, Some(WaitsFor::Signal(name)) if name == signal);
        if waits && task.suspended {
            // The signal was thrown before the task was suspended, so the task keeps it.
            self.change_task(id, |task| task.message = Some(Document::new()))?;
        } else if waits {
            self.go_through(id, &())?;
            self.drain()?;
        }
        Ok(waits)
    }

    /// Delivers a letter from a row of mailboxes: the first one, to the first task that waits for it. Returns whether
    /// there was one to deliver.
    pub(crate) fn deliver(&mut self, row: u64) -> Result<bool> {
        let boxes = self.db.unit(|unit| mailbox::read(unit, row))?;
        for mailbox in boxes.into_iter().filter(Mailbox::can_be_taken) {
            let (name, key) = (&mailbox.name, &mailbox.key);
            let Some(letter) = self.db.unit(|unit| mailbox.first(unit))? else { continue };
            let list = TaskList::Message(name.clone(), key.clone());
            let Some(task) = self.first_to_take(&list)? else { continue };
            let id = task.id;
            if letter.until.is_some_and(|until| until <= task.created) {
                // The letter had expired before this task began to wait.
                let forget = |unit: &mut Unit, mailbox: &mut Mailbox| mailbox.forget(unit, task.created);
                self.db.unit(|unit| mailbox::change(unit, name, key, forget))?;
                return Ok(true);
            }
            // The letter now belongs to this task, even if the task fails: no other task should fail over it.
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
        match self.db.unit(Unit::take_unread).pop() {
            Some(unreadable) => Err(unreadable.into()),
            None => Ok(false),
        }
    }

    /// Returns the first task that waits for a message and can be read.
    fn first_to_take(&mut self, list: &TaskList) -> Result<Option<TaskRecord>> {
        let mut waiting = Walk::new(None, 1);
        for looked in 0..LOOK {
            let next = waiting.next(|after, size| self.db.unit(|unit| unit.waiting_after(list, after, size)))?;
            let Some(at) = next else {
                let nobody = Error::Internal("a mailbox that nobody waits at");
                return if looked == 0 { Err(nobody) } else { Ok(None) };
            };
            let task = self.task(at.task);
            let task = self.db.unit(|unit| unit.pass_over(task))?;
            if task.is_some() {
                return Ok(task);
            }
        }
        Ok(None)
    }

    /// Lets a task handle the message that it took, or the signal that it heard.
    pub(super) fn handle(&mut self, id: TaskId, content: &Document) -> Result<()> {
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        if task.kind == Kind::SignalCatch {
            self.change_task(id, |task| task.message = None)?;
            return self.go_through(id, &());
        }
        let Wait::Message(message) = &def.nodes[index].wait else {
            return Err(Error::NoNode { flow: task.flow, node: task.node, what: "that waits for this message" });
        };
        let input =
            (message.parse)(content).map_err(|errors| Error::Data { at: Place::of_message(message.name), errors })?;
        self.change_task(id, |task| task.message = None)?;
        self.go_through(id, &*input)
    }

    /// Sends out what a node sends by itself.
    pub(super) fn throw(&mut self, node: &NodeDef, task: &TaskRecord) -> Result<()> {
        match (node.kind, &node.behavior) {
            (_, Behavior::Signal(name)) => self.db.unit(|unit| signal::throw(unit, name)).map(|_| ()),
            (Kind::EscalationThrow, _) => self.escalate(task, node.code.unwrap_or_default()),
            (Kind::CompensateThrow, _) => self.compensate(task.id),
            _ => Ok(()),
        }
    }

    /// Takes the edge for an escalation, at the task whose sub-process this is.
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
}

/// Returns the edge of an armed timeout. The flow may have changed since the timeout was armed. A node with one timeout
/// takes the edge that it has now. A timeout that the node no longer has is dropped.
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
