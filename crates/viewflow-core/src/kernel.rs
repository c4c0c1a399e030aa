//! One step of one process: from what was asked for until every token waits.
//!
//! A token is a task that is open, in a scope. A `Split` opens a scope around the tokens of its branches; a scope
//! counts what is alive in it, tokens and inner scopes, and stands for one in the scope around it. A token that comes to
//! the scope's `Join`, to an `End`, or to the join of an outer scope leaves the count. At zero the scope closes: its
//! join goes on if a token is waiting there, in the scope around; else the scope ends as a token does. So every end
//! of a token lets the scopes around it be looked at again, at a cost that does not grow with their size.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;
use viewflow_graph::{Kind, Role};

use crate::db::Db;
use crate::definition::{Action, Definition, EdgeDef, Items, NodeDef};
use crate::document::Document;
use crate::error::{Error, Place, Result};
use crate::id::{ProcessId, TaskId, UserId};
use crate::store::{ProcessRecord, ProcessStatus, ScopeId, ScopeRecord, TaskRecord, TaskStatus, What};

/// The scope that is the process itself.
const ROOT: u32 = 0;

pub(crate) struct Step {
    def: Arc<Definition>,
    db: Db,
    id: ProcessId,
    /// The proxy, while no activation has it.
    proxy: Option<Box<dyn Any>>,
    /// Tasks whose turn has come, in order.
    ready: VecDeque<u32>,
}

/// A task to be made.
struct Spawn {
    target: usize,
    seed: Value,
    data: Document,
}

impl Step {
    /// Begins a process.
    pub(crate) fn begin(def: Arc<Definition>, db: Db) -> Result<Self> {
        let id = db.unit(|unit| unit.store.next_process())?;
        let record = ProcessRecord {
            id,
            flow: def.name.to_owned(),
            status: ProcessStatus::New,
            created: db.now(),
            finished: None,
            seed: Value::Null,
            artifact: Value::Null,
            data: Document::new(),
            tasks: 0,
            scopes: 0,
            events: 0,
        };
        let proxy = (def.process.open)(&record, def.process.table.map(|_| Document::new()))?;
        db.unit(|unit| {
            unit.add_process(record);
            unit.add_scope(
                ScopeId { process: id, number: ROOT },
                ScopeRecord { parent: None, split: None, live: 1, join: None },
            );
            unit.record(id, What::ProcessStarted)
        })?;
        Ok(Self { def, db, id, proxy: Some(proxy), ready: VecDeque::new() })
    }

    /// Goes on with a process.
    pub(crate) fn resume(def: Arc<Definition>, db: Db, id: ProcessId) -> Result<Self> {
        let proxy = open_proxy(&def, &db, id)?;
        Ok(Self { def, db, id, proxy: Some(proxy), ready: VecDeque::new() })
    }

    pub(crate) fn id(&self) -> ProcessId {
        self.id
    }

    /// Makes the task of a start and does it.
    pub(crate) fn start(&mut self, node: usize, owner: Option<UserId>, input: &dyn Any) -> Result<()> {
        let def = Arc::clone(&self.def);
        let data = (def.nodes[node].no_data)().map_err(|errors| Error::Data { at: self.node_place(node), errors })?;
        let ordinal = self.add_task(&Spawn { target: node, seed: Value::Null, data }, ROOT, None)?;
        self.change_task(ordinal, |task| task.owner = owner)?;
        self.go_through(ordinal, input)?;
        self.drain()
    }

    /// Does an open task, and all that follows.
    pub(crate) fn execute(&mut self, ordinal: u32, input: &dyn Any) -> Result<()> {
        self.go_through(ordinal, input)?;
        self.drain()
    }

    /// Writes the process back. The step is complete.
    pub(crate) fn finish(mut self) -> Result<()> {
        let proxy = self.proxy.take().ok_or(Error::Internal("a step"))?;
        let (def, id) = (&self.def, self.id);
        let columns = self.db.unit(|unit| (def.process.save)(&*proxy, unit.change_process(id)?))?;
        if let (Some(table), Some((before, mut columns))) = (def.process.table, columns) {
            let specs: Vec<_> = def.process.fields.iter().filter(|spec| spec.column).copied().collect();
            self.db.unit(|unit| {
                // A deletion in this step may have set a column to none; the proxy does not know of it.
                let now = unit.row_copy(table, id.0)?.unwrap_or_default().data;
                for key in specs.iter().filter_map(|spec| spec.key.first()) {
                    if columns.get(*key) == before.get(*key)
                        && let Some(value) = now.get(*key)
                    {
                        columns.insert((*key).to_owned(), value.clone());
                    }
                }
                let row = crate::table::row_of(&specs, columns);
                if unit.row(table, id.0)? == Some(&row) { Ok(()) } else { crate::table::write(unit, table, id.0, row) }
            })?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<()> {
        while let Some(ordinal) = self.ready.pop_front() {
            self.go_through(ordinal, &())?;
        }
        Ok(())
    }

    /// Does what the task's node does, finishes the task and makes its followers.
    fn go_through(&mut self, ordinal: u32, input: &dyn Any) -> Result<()> {
        let def = Arc::clone(&self.def);
        let task = self.task(ordinal)?;
        let index = self.node_of(&task)?;
        let node = &def.nodes[index];
        let spawns = self.activate(node, &task, |step, activation| {
            let flow = &*def.flow;
            let chosen = match &node.action {
                Action::Pass => None,
                Action::Call(call) => call(flow, activation, input).map(|()| None)?,
                Action::Cond(cond) => {
                    let role = if cond(flow, activation)? { Role::Then } else { Role::Otherwise };
                    node.edges.iter().find(|edge| edge.role == role)
                }
                Action::Switch(choose) => {
                    let chosen = node.edges.get(choose(flow, activation)?);
                    Some(chosen.ok_or(Error::Internal("a switch that chose an edge it does not have"))?)
                }
            };
            match node.kind {
                Kind::Split => step.branches(node, activation),
                Kind::End => Ok(Vec::new()),
                _ => match chosen.or(node.edges.first()) {
                    Some(edge) => step.spawn(edge, activation),
                    None => Err(Error::Internal("a node without edges")),
                },
            }
        })?;
        // A split whose branches run is not done: its scope is open.
        let opens = node.kind == Kind::Split && !spawns.is_empty();
        if opens {
            self.change_task(ordinal, |task| task.status = TaskStatus::Started)?;
        } else {
            self.finish_task(ordinal)?;
        }
        match node.kind {
            Kind::End => self.end_token(task.scope),
            Kind::Split => self.open_scope(index, &task, spawns),
            _ => spawns.into_iter().try_for_each(|spawn| self.arrive(&spawn, task.scope, ordinal)),
        }
    }

    /// Opens an activation for `work`, and writes back what it changed.
    fn activate<R>(
        &mut self,
        node: &NodeDef,
        task: &TaskRecord,
        work: impl FnOnce(&mut Self, &mut dyn Any) -> Result<R>,
    ) -> Result<R> {
        let place = || crate::task::place(task);
        let proxy = self.proxy.take().ok_or(Error::Internal("a step"))?;
        let mut activation = (node.open)(proxy, task, self.db.clone())?;
        let answer = work(self, &mut *activation).map_err(|error| error.at(place))?;
        let handlers = matches!(node.action, Action::Call(_)) || node.on_create.is_some();
        let closed = (node.close)(activation, handlers)?;
        self.proxy = Some(closed.process);
        if let Some(changed) = closed.task {
            let (artifact, data) = changed.map_err(|errors| Error::Data { at: place(), errors })?;
            self.change_task(task.id.ordinal, |task| {
                task.artifact = artifact;
                task.data = data;
            })?;
        }
        Ok(answer)
    }

    /// The tasks of the branches that a split takes, in declaration order.
    fn branches(&self, node: &NodeDef, activation: &dyn Any) -> Result<Vec<Spawn>> {
        let flow = &*self.def.flow;
        let mut spawns = Vec::new();
        for edge in node.edges.iter().filter(|edge| matches!(edge.role, Role::Branch(_))) {
            let taken = edge.when.as_ref().map_or(Ok(true), |when| when(flow, activation))?;
            if taken {
                spawns.extend(self.spawn(edge, activation)?);
            }
        }
        match node.edges.iter().find(|edge| edge.role == Role::Otherwise) {
            Some(edge) if spawns.is_empty() => self.spawn(edge, activation),
            _ => Ok(spawns),
        }
    }

    /// The tasks that go along an edge: one, or one for each item.
    fn spawn(&self, edge: &EdgeDef, activation: &dyn Any) -> Result<Vec<Spawn>> {
        let flow = &*self.def.flow;
        let target = edge.target;
        let seed = edge.seed.as_ref().map_or(Ok(Value::Null), |seed| seed(flow, activation));
        let data = || match &edge.data {
            Some(data) => data(flow, activation),
            None => {
                (self.def.nodes[target].no_data)().map_err(|errors| Error::Data { at: self.node_place(target), errors })
            }
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

    /// Puts the branches of a split into a scope of their own. Without branches the closing join goes on at once.
    fn open_scope(&mut self, split: usize, task: &TaskRecord, spawns: Vec<Spawn>) -> Result<()> {
        if spawns.is_empty() {
            let join = self.def.sound.as_ref().and_then(|sound| sound.join_of(split));
            let Some(target) = join else { return self.end_token(task.scope) };
            let data = (self.def.nodes[target].no_data)()
                .map_err(|errors| Error::Data { at: self.node_place(target), errors })?;
            let spawn = Spawn { target, seed: Value::Null, data };
            let ordinal = self.add_task(&spawn, task.scope, Some(task.id.ordinal))?;
            self.ready.push_back(ordinal);
            return Ok(());
        }
        let (id, name) = (self.id, self.def.nodes[split].name);
        let live = spawns.len() as u64;
        let number = self.db.unit(|unit| {
            let process = unit.change_process(id)?;
            process.scopes += 1;
            let number = process.scopes;
            let parent = Some(task.scope);
            let scope = ScopeRecord { parent, split: Some((name.to_owned(), task.id.ordinal)), live, join: None };
            unit.add_scope(ScopeId { process: id, number }, scope);
            Ok::<_, Error>(number)
        })?;
        spawns.into_iter().try_for_each(|spawn| self.arrive(&spawn, number, task.id.ordinal))
    }

    /// A token of `scope` comes to a node.
    fn arrive(&mut self, spawn: &Spawn, scope: u32, from: u32) -> Result<()> {
        if self.def.nodes[spawn.target].kind == Kind::Join {
            return self.arrive_at_join(spawn, scope, from);
        }
        let ordinal = self.add_task(spawn, scope, Some(from))?;
        self.prepare(spawn.target, ordinal)?;
        if !self.def.nodes[spawn.target].kind.waits() {
            self.ready.push_back(ordinal);
        }
        Ok(())
    }

    /// A token comes to a join: it stops counting in its scope. The first one makes the join's task.
    fn arrive_at_join(&mut self, spawn: &Spawn, scope: u32, from: u32) -> Result<()> {
        let closed = self.scope_closed_by(spawn.target, scope)?;
        let record = self.scope(closed)?;
        match record.join {
            Some(join) => self.change_task(from, |task| task.joined = Some(join))?,
            None => {
                let around = record.parent.ok_or(Error::Internal("a join without a split"))?;
                let join = self.add_task(spawn, around, Some(from))?;
                self.change_task(join, |task| task.status = TaskStatus::Started)?;
                self.change_scope(closed, |scope| scope.join = Some(join))?;
            }
        }
        self.end_token(scope)
    }

    /// The innermost scope around `scope`, itself included, that the join closes.
    fn scope_closed_by(&self, join: usize, scope: u32) -> Result<u32> {
        let split = self.def.sound.as_ref().and_then(|sound| sound.split_of(join));
        let split = split.map(|split| self.def.nodes[split].name);
        let mut number = scope;
        loop {
            let record = self.scope(number)?;
            if record.split.as_ref().map(|(name, _)| name.as_str()) == split {
                return Ok(number);
            }
            number = record.parent.ok_or(Error::Internal("a join without a split"))?;
        }
    }

    /// Something alive in a scope came to its end.
    fn end_token(&mut self, scope: u32) -> Result<()> {
        let mut number = scope;
        loop {
            let record = self.change_scope(number, |scope| scope.live = scope.live.saturating_sub(1))?;
            if record.live > 0 {
                return Ok(());
            }
            let id = ScopeId { process: self.id, number };
            self.db.unit(|unit| unit.close_scope(id))?;
            if let Some((_, split)) = record.split {
                self.finish_task(split)?;
            }
            match (record.join, record.parent) {
                (Some(join), _) => {
                    self.ready.push_back(join);
                    return Ok(());
                }
                (None, Some(parent)) => number = parent,
                (None, None) => return self.finish_process(),
            }
        }
    }

    fn finish_process(&mut self) -> Result<()> {
        let id = self.id;
        self.db.unit(|unit| {
            let now = unit.now;
            let process = unit.change_process(id)?;
            process.status = ProcessStatus::Done;
            process.finished = Some(now);
            unit.record(id, What::ProcessFinished)
        })
    }

    /// Makes a task, in status New.
    fn add_task(&mut self, spawn: &Spawn, scope: u32, previous: Option<u32>) -> Result<u32> {
        let node = &self.def.nodes[spawn.target];
        let (id, flow) = (self.id, self.def.name);
        self.db.unit(|unit| {
            let created = unit.now;
            let process = unit.change_process(id)?;
            process.tasks += 1;
            let ordinal = process.tasks;
            unit.add_task(TaskRecord {
                id: TaskId { process: id, ordinal },
                flow: flow.to_owned(),
                node: node.name.to_owned(),
                kind: node.kind,
                status: TaskStatus::New,
                scope,
                owner: None,
                created,
                assigned: None,
                finished: None,
                previous,
                joined: None,
                seed: spawn.seed.clone(),
                artifact: Value::Null,
                data: spawn.data.clone(),
            });
            unit.record(id, What::TaskCreated { task: ordinal, node: node.name.to_owned() })?;
            Ok(ordinal)
        })
    }

    /// Calls `on_create` and `assign` of a new task.
    fn prepare(&mut self, index: usize, ordinal: u32) -> Result<()> {
        let def = Arc::clone(&self.def);
        let node = &def.nodes[index];
        if node.assign.is_none() && node.on_create.is_none() {
            return Ok(());
        }
        let task = self.task(ordinal)?;
        let owner = self.activate(node, &task, |_, activation| {
            if let Some(on_create) = &node.on_create {
                on_create(&*def.flow, activation, &())?;
            }
            node.assign.as_ref().map_or(Ok(None), |assign| assign(&*def.flow, activation))
        })?;
        match owner {
            Some(owner) => assign(&self.db, task.id, owner),
            None => Ok(()),
        }
    }

    fn finish_task(&mut self, ordinal: u32) -> Result<()> {
        let now = self.db.now();
        let node = self.change_task(ordinal, |task| {
            task.status = TaskStatus::Done;
            task.finished = Some(now);
            task.node.clone()
        })?;
        let id = self.id;
        self.db.unit(|unit| unit.record(id, What::TaskFinished { task: ordinal, node }))
    }

    fn task(&self, ordinal: u32) -> Result<TaskRecord> {
        self.db.unit(|unit| unit.task(TaskId { process: self.id, ordinal }).cloned())
    }

    fn change_task<R>(&self, ordinal: u32, change: impl FnOnce(&mut TaskRecord) -> R) -> Result<R> {
        self.db.unit(|unit| unit.change_task(TaskId { process: self.id, ordinal }).map(change))
    }

    fn scope(&self, number: u32) -> Result<ScopeRecord> {
        self.db.unit(|unit| unit.scope(ScopeId { process: self.id, number }).cloned())
    }

    fn change_scope(&self, number: u32, change: impl FnOnce(&mut ScopeRecord)) -> Result<ScopeRecord> {
        self.db.unit(|unit| {
            let scope = unit.change_scope(ScopeId { process: self.id, number })?;
            change(scope);
            Ok(scope.clone())
        })
    }

    fn node_of(&self, task: &TaskRecord) -> Result<usize> {
        self.def.find(&task.node).ok_or_else(|| Error::NoNode {
            flow: task.flow.clone(),
            node: task.node.clone(),
            what: "any more",
        })
    }

    fn node_place(&self, node: usize) -> Box<Place> {
        Box::new(Place::Node { flow: self.def.name.to_owned(), node: self.def.nodes[node].name.to_owned() })
    }
}

/// Lays the flow's proxy over a process.
fn open_proxy(def: &Definition, db: &Db, id: ProcessId) -> Result<Box<dyn Any>> {
    let record = db.unit(|unit| unit.process(id).cloned())?;
    (def.process.open)(&record, columns(db, def.process.table, id)?)
}

/// The columns of a process whose proxy has a table of its own.
pub(crate) fn columns(db: &Db, table: Option<&str>, id: ProcessId) -> Result<Option<Document>> {
    let Some(table) = table else { return Ok(None) };
    let row = db.unit(|unit| unit.row_copy(table, id.0))?;
    Ok(Some(row.unwrap_or_default().data))
}

/// Gives a task to a person.
pub(crate) fn assign(db: &Db, id: TaskId, owner: UserId) -> Result<()> {
    db.unit(|unit| {
        let now = unit.now;
        let task = unit.change_task(id)?;
        task.status = TaskStatus::Assigned;
        task.owner = Some(owner.clone());
        task.assigned = Some(now);
        let node = task.node.clone();
        unit.record(id.process, What::TaskAssigned { task: id.ordinal, node, owner })
    })
}

/// Takes a task back from whoever has it.
pub(crate) fn unassign(db: &Db, id: TaskId) -> Result<()> {
    db.unit(|unit| {
        let task = unit.change_task(id)?;
        task.status = TaskStatus::New;
        task.owner = None;
        task.assigned = None;
        let node = task.node.clone();
        unit.record(id.process, What::TaskUnassigned { task: id.ordinal, node })
    })
}
