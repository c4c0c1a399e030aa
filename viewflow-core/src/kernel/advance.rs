//! Advancing: a task's node does its work, and the token goes on.

use std::any::Any;

use serde_json::Value;
use viewflow_graph::{Kind, Role};
use viewflow_store::{Document, ProcessStatus, TaskId, TaskRecord, TaskStatus};

use super::{Step, mailbox};
use crate::definition::{Behavior, Chosen, Definition, EdgeDef, Items, NodeDef};
use crate::error::{Error, Place, Result};

/// How many tasks in a row one step may make, each following from the one before.
const DEPTH: u32 = 10_000;

/// A task to be made.
pub(super) struct Spawn {
    pub(super) target: usize,
    pub(super) seed: Value,
    pub(super) data: Document,
}

impl Step {
    pub(super) fn advance_all(&mut self) -> Result<()> {
        while let Some((task, depth)) = self.ready.pop_front() {
            if depth > DEPTH {
                let task = self.task(task)?;
                return Err(Error::Endless { at: Place::of_task(&task), tasks: DEPTH });
            }
            self.depth = depth;
            self.advance(task)?;
        }
        Ok(())
    }

    pub(super) fn make_ready(&mut self, task: TaskId) {
        self.ready.push_back((task, self.depth + 1));
    }

    /// Advances a task that the engine itself does.
    pub(super) fn advance(&mut self, id: TaskId) -> Result<()> {
        let starts_children = |task: &TaskRecord| task.kind.has_children() && task.status == TaskStatus::New;
        if self.db.unit(|unit| unit.task(id).map(starts_children))? {
            self.blame(id);
            match self.fault(id) {
                Some(error) => self.fail(id, error),
                None => {
                    let task = self.task(id)?;
                    self.start_children(&task)
                }
            }
        } else {
            self.go_through(id, &())
        }
    }

    /// Does the work of the task's node, finishes the task and makes its followers.
    pub(super) fn go_through(&mut self, id: TaskId, input: &dyn Any) -> Result<()> {
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        let node = &def.nodes[index];
        // If a compensation fails, the task that threw it is to blame.
        if !node.undoes {
            self.blame(id);
        }
        if task.status.is_final() {
            // Another token of this step has ended the process or the scope.
            return Ok(());
        }
        if let Some(error) = self.fault(id) {
            return self.fail(id, error);
        }
        self.throw(node, &task)?;
        if self.db.unit(|unit| unit.task(id).map(|task| task.status.is_final()))? {
            // What the task threw has ended its process.
            return Ok(());
        }
        let handler = matches!(node.behavior, Behavior::Call(_));
        let is_plain = matches!(node.behavior, Behavior::Pass | Behavior::Signal(_))
            && node.decide.is_none()
            && node.edges.iter().all(EdgeDef::is_plain);
        let (spawns, decision) = if is_plain {
            // Nothing looks at the data, which may be long, so it is not opened.
            self.act(&def, node, &mut (), input)?
        } else {
            self.activate(node, &task, handler, |step, activation| step.act(&def, node, activation, input))?
        };
        if decision.is_some() {
            self.change_task(id, |task| task.decision = decision)?;
        }
        self.go_on(&def, index, &task, spawns)
    }

    /// Does the work of a node. Returns the tasks that follow, and the decision.
    fn act(
        &self,
        def: &Definition,
        node: &NodeDef,
        activation: &mut dyn Any,
        input: &dyn Any,
    ) -> Result<(Vec<Spawn>, Option<String>)> {
        let flow = &*def.flow;
        let chosen = match &node.behavior {
            Behavior::Pass | Behavior::Signal(_) => None,
            Behavior::Call(call) => call(flow, activation, input).map(|()| None)?,
            Behavior::Send(_, letter) => {
                let letter = letter(flow, activation)?;
                self.db.unit(|unit| mailbox::post(unit, &letter))?;
                None
            }
            Behavior::Cond(cond) => {
                let role = if cond(flow, activation)? { Role::Then } else { Role::Otherwise };
                node.edges.iter().find(|edge| edge.role == role)
            }
            Behavior::Switch(choose) => {
                let chosen = node.edges.get(choose(flow, activation)?);
                Some(chosen.ok_or(Error::Internal("a switch that chose an edge it does not have"))?)
            }
        };
        let case = node.form.as_ref().and_then(|form| (form.case)(input));
        let case = case.map(|case| case.name.to_owned());
        if let Some(decide) = &node.decide {
            let Chosen { edge, seed, data, decision } = decide(flow, activation, input)?;
            let edge = node.edges.get(edge);
            let target = edge.ok_or(Error::Internal("a decision for an edge that its node does not have"))?.target;
            let data = data.map_or_else(|| plain_spawn(def, target).map(|spawn| spawn.data), Ok)?;
            return Ok((vec![Spawn { target, seed: seed.unwrap_or_default(), data }], case.or(decision)));
        }
        let spawns = match node.kind {
            kind if kind.is_split() => self.branches(def, node, activation),
            kind if kind.is_end() || node.undoes => Ok(Vec::new()),
            _ => match chosen.or_else(|| node.edges.iter().find(|edge| edge.role == Role::Next)) {
                Some(edge) => self.spawn(def, edge, activation),
                None => Err(Error::Internal("a node without edges")),
            },
        }?;
        Ok((spawns, case))
    }

    /// Finishes a task whose node has done its work, and makes the tasks that follow.
    fn go_on(&mut self, def: &Definition, index: usize, task: &TaskRecord, spawns: Vec<Spawn>) -> Result<()> {
        let (id, node) = (task.id, &def.nodes[index]);
        if node.kind.is_end() {
            self.ends.insert(id.process, task.node.clone());
        }
        match node.kind {
            // A split whose branches run is not done, as its scope is open.
            kind if kind.is_split() && !spawns.is_empty() => {
                self.change_task(id, |task| task.status = TaskStatus::Started)?;
                self.open_scope(def, index, task, spawns)
            }
            kind if kind.is_split() => {
                self.finish_task(id)?;
                self.pass_empty_split(def, index, task)
            }
            Kind::End => {
                self.finish_task(id)?;
                self.db.unit(|unit| {
                    let process = unit.change_process(id.process)?;
                    (process.ends, process.last_end) = (process.ends + 1, id.ordinal);
                    Ok::<_, Error>(())
                })?;
                self.end_token(id.process, task.scope)
            }
            Kind::Terminate => {
                self.finish_task(id)?;
                self.end_process(id.process, ProcessStatus::Done, None)
            }
            Kind::ErrorEnd => {
                self.finish_task(id)?;
                let code = node.code.unwrap_or_default().to_owned();
                self.end_process(id.process, ProcessStatus::Failed, Some(code))
            }
            _ => {
                let scope = self.leave(task)?;
                self.finish_task(id)?;
                spawns.into_iter().try_for_each(|spawn| self.arrive(id.process, &spawn, scope, id.ordinal))
            }
        }
    }

    /// Opens an activation for `work`. If `handler` is set, writes back what the work changed.
    pub(super) fn activate<R>(
        &mut self,
        node: &NodeDef,
        task: &TaskRecord,
        handler: bool,
        work: impl FnOnce(&mut Self, &mut dyn Any) -> Result<R>,
    ) -> Result<R> {
        let place = || Place::of_task(task);
        let def = self.def_of(task.id.process)?;
        let proxy = match self.running.get_mut(&task.id.process).and_then(|running| running.proxy.take()) {
            Some(proxy) => proxy,
            None => {
                let columns = self.db.columns(def.process.table, task.id.process)?;
                self.db.unit(|unit| {
                    let (record, data) = unit.process_and_data(task.id.process)?;
                    (def.process.open)(record, data, columns)
                })?
            }
        };
        let mut activation = (node.open)(proxy, task, self.db.clone())?;
        let answer = work(self, &mut *activation).map_err(|error| error.at(place))?;
        let closed = (node.close)(activation, handler)?;
        if let Some(running) = self.running.get_mut(&task.id.process) {
            running.proxy = Some(closed.process);
            running.worked_on |= handler;
        }
        if handler {
            self.tell_process(task.id)?;
        }
        if let Some(changed) = closed.task {
            let (artifact, data) = changed.map_err(|errors| Error::Data { at: place(), errors })?;
            self.tell_task(node, task.id, &artifact, &data)?;
            self.change_task(task.id, |task| {
                task.artifact = artifact;
                task.data = data;
            })?;
        }
        Ok(answer)
    }

    /// Opens an activation for a question, which changes nothing.
    pub(super) fn ask<R>(
        &mut self,
        node: &NodeDef,
        task: &TaskRecord,
        question: impl FnOnce(&mut Self, &dyn Any) -> Result<R>,
    ) -> Result<R> {
        self.activate(node, task, false, |step, activation| question(step, activation))
    }

    /// Returns the tasks of the branches that a split takes, in declaration order.
    fn branches(&self, def: &Definition, node: &NodeDef, activation: &dyn Any) -> Result<Vec<Spawn>> {
        let flow = &*def.flow;
        let mut spawns = Vec::new();
        for edge in node.edges.iter().filter(|edge| matches!(edge.role, Role::Branch(_))) {
            let taken = edge.when.as_ref().map_or(Ok(true), |when| when(flow, activation))?;
            if taken {
                spawns.extend(self.spawn(def, edge, activation)?);
            }
        }
        match node.edges.iter().find(|edge| edge.role == Role::Otherwise) {
            Some(edge) if spawns.is_empty() => self.spawn(def, edge, activation),
            _ => Ok(spawns),
        }
    }

    /// Returns the tasks that go along an edge: one, or one for each item.
    pub(super) fn spawn(&self, def: &Definition, edge: &EdgeDef, activation: &dyn Any) -> Result<Vec<Spawn>> {
        let flow = &*def.flow;
        let target = edge.target;
        let seed = edge.seed.as_ref().map_or(Ok(Value::Null), |seed| seed(flow, activation));
        let data = || match &edge.data {
            Some(data) => data(flow, activation),
            None => plain_spawn(def, target).map(|spawn| spawn.data),
        };
        match &edge.items {
            None => Ok(vec![Spawn { target, seed: seed?, data: data()? }]),
            Some(Items::Seeds(seeds)) => {
                let (seeds, data) = (seeds(flow, activation)?, data()?);
                Ok(seeds.into_iter().map(|seed| Spawn { target, seed, data: data.clone() }).collect())
            }
            Some(Items::Data(items)) => {
                let (items, seed) = (items(flow, activation)?, seed?);
                Ok(items.into_iter().map(|data| Spawn { target, seed: seed.clone(), data }).collect())
            }
        }
    }
}

/// Makes a task that was given nothing.
pub(super) fn plain_spawn(def: &Definition, target: usize) -> Result<Spawn> {
    let node = &def.nodes[target];
    let place = || Box::new(Place::Node { flow: def.name.to_owned(), node: node.name.to_owned() });
    let data = (node.no_data)().map_err(|errors| Error::Data { at: place(), errors })?;
    Ok(Spawn { target, seed: Value::Null, data })
}
