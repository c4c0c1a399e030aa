//! One step: from what was asked for until every token waits.
//!
//! A token is a task that is open, in a scope. A `Split` opens a scope around the tokens of its branches; a scope
//! counts what is alive in it, tokens and inner scopes, and stands for one in the scope around it. A token that comes to
//! the scope's `Join`, to an `End`, or to the join of an outer scope leaves the count. At zero the scope closes: its
//! join goes on if a token is waiting there, in the scope around; else the scope ends as a token does. So every end
//! of a token lets the scopes around it be looked at again, at a cost that does not grow with their size.
//!
//! A step may reach into other processes: down into sub-processes, and up again when they are done.

mod activity;
mod changes;
mod children;
mod ending;
pub(crate) mod mailbox;
mod moving;
mod people;
pub(crate) mod signal;
mod skip;
mod suspend;
mod undo;
mod waiting;

pub(crate) use activity::out_of_time;
pub(crate) use children::Child;
pub(crate) use moving::{split_names, splits_around};
pub(crate) use people::{assign, delegate, unassign};
pub(crate) use suspend::check_goes_on;

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;
use viewflow_graph::{Kind, Role};

use crate::data::document::Document;
use crate::definition::{Action, Data, Definition, EdgeDef, Flows, Items, NodeDef};
use crate::error::{Error, Place, Result};
use crate::id::{ProcessId, TaskId, UserId};
use crate::people::Permission;
use crate::store::{ProcessRecord, ProcessStatus, ScopeId, ScopeRecord, TaskError, TaskRecord, TaskStatus, What};
use crate::unit::{Db, Unit};

/// The scope that is the process itself.
pub(crate) const ROOT: u32 = 0;
/// How many tasks one step may make one after the other, each from the one before.
const DEPTH: u32 = 10_000;

/// The tasks that are to fail when their turn comes, and with what: found out by an earlier run of the same step.
pub(crate) type Faults = BTreeMap<TaskId, Fault>;

/// What a task is to fail with.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) error: TaskError,
    /// Whether what was to be done about the error failed as well.
    pub(crate) twice: bool,
}

pub(crate) struct Step {
    flows: Arc<Flows>,
    pub(crate) db: Db,
    faults: Faults,
    /// The processes the step has come to.
    running: BTreeMap<ProcessId, Running>,
    /// Tasks whose turn has come, in order, each with how many came before it one from the other.
    ready: VecDeque<(TaskId, u32)>,
    depth: u32,
    /// How many conditions were found to hold.
    held: usize,
}

struct Running {
    def: Arc<Definition>,
    /// The proxy, once it was opened and while no activation has it.
    proxy: Option<Box<dyn Any>>,
    /// The columns of which the history has told; none: those that the proxy was opened with.
    told: Option<Document>,
}

/// A task to be made.
struct Spawn {
    target: usize,
    seed: Value,
    data: Document,
}

/// What a process begins with.
#[derive(Default)]
struct Begin {
    parent: Option<TaskId>,
    seed: Value,
    data: Data,
}

impl Step {
    pub(crate) fn new(flows: Arc<Flows>, db: Db, faults: Faults) -> Self {
        Self { flows, db, faults, running: BTreeMap::new(), ready: VecDeque::new(), depth: 0, held: 0 }
    }

    fn definition(&self, flow: &str) -> Result<Arc<Definition>> {
        self.flows.get(flow).cloned().ok_or_else(|| Error::NoFlow(flow.to_owned()))
    }

    /// Begins a process at a start, with what was handed in.
    pub(crate) fn start(
        &mut self,
        def: &Arc<Definition>,
        node: usize,
        owner: Option<UserId>,
        input: &dyn Any,
        allowed: &dyn Fn(Option<&Permission>) -> Result<()>,
    ) -> Result<ProcessId> {
        let id = self.begin(def, Begin::default())?;
        let spawn = plain_spawn(def, node)?;
        let task = self.add_task(id, &spawn, ROOT, None)?;
        self.change_task(task, |task| task.owner = owner)?;
        self.go_through(task, input)?;
        // What the permission is on is known when the form was submitted: should it be missing, nothing of this happens.
        allowed(self.permission_of(def, node, task)?.as_ref())?;
        self.drain()?;
        Ok(id)
    }

    /// Does an open task, and all that follows.
    pub(crate) fn execute(&mut self, task: TaskId, input: &dyn Any) -> Result<()> {
        self.go_through(task, input)?;
        self.drain()
    }

    /// Makes a process that has no task yet.
    fn begin(&mut self, def: &Arc<Definition>, begin: Begin) -> Result<ProcessId> {
        let id = self.db.unit(Unit::next_process)?;
        let (data, columns) = begin.data;
        let mut record = ProcessRecord::new(id, def.name, self.db.now());
        (record.parent, record.seed, record.data) = (begin.parent, begin.seed, data);
        record.shape.clone_from(&def.shape);
        let proxy = (def.process.open)(&record, def.process.table.map(|_| columns.unwrap_or_default()))?;
        // With its defaults, so that these are not told as changes. It need not keep the rules before the start has run.
        let told = (def.process.save)(&*proxy, &mut record).ok().flatten().map(|(_, columns)| columns);
        self.db.unit(|unit| {
            unit.add_process(record);
            unit.add_scope(ScopeId { process: id, number: ROOT }, ScopeRecord { live: 1, ..ScopeRecord::default() });
            unit.record(id, What::ProcessStarted)
        })?;
        self.running.insert(id, Running { def: Arc::clone(def), proxy: Some(proxy), told });
        Ok(id)
    }

    /// The flow of a process, which the step comes to if it has not yet.
    fn def_of(&mut self, id: ProcessId) -> Result<Arc<Definition>> {
        if let Some(running) = self.running.get(&id) {
            return Ok(Arc::clone(&running.def));
        }
        let flow = self.db.unit(|unit| unit.process(id).map(|process| process.flow.clone()))?;
        let def = self.definition(&flow)?;
        self.running.insert(id, Running { def: Arc::clone(&def), proxy: None, told: None });
        Ok(def)
    }

    /// The flow and the node of a task.
    fn node_of(&mut self, task: &TaskRecord) -> Result<(Arc<Definition>, usize)> {
        let def = self.def_of(task.id.process)?;
        let index = def.find(&task.node).ok_or_else(|| Error::NoNode {
            flow: task.flow.clone(),
            node: task.node.clone(),
            what: "any more",
        })?;
        Ok((def, index))
    }

    /// Writes all processes back. The step is complete.
    pub(crate) fn finish(mut self) -> Result<()> {
        let running = std::mem::take(&mut self.running);
        running.iter().try_for_each(|(id, running)| self.save(*id, running))?;
        self.db.unit(Unit::tell_the_rest);
        Ok(())
    }

    /// Writes a process back, if its proxy was opened.
    fn save(&self, id: ProcessId, running: &Running) -> Result<()> {
        let Running { def, proxy: Some(proxy), .. } = running else { return Ok(()) };
        let proxy = &**proxy;
        let columns = self.db.unit(|unit| (def.process.save)(proxy, unit.change_process(id)?))?;
        let (Some(table), Some((before, mut columns))) = (def.process.table, columns) else { return Ok(()) };
        let specs = def.process.columns();
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
            let row = crate::data::table::row_of(&specs, columns);
            if unit.row(table, id.0)? == Some(&row) { Ok(()) } else { unit.write_row(table, id.0, row) }
        })
    }

    /// Takes turns until every token waits, and no condition holds that is waited for.
    pub(crate) fn drain(&mut self) -> Result<()> {
        self.take_turns()?;
        while self.ask_conditions()? {}
        Ok(())
    }

    fn take_turns(&mut self) -> Result<()> {
        while let Some((task, depth)) = self.ready.pop_front() {
            if depth > DEPTH {
                let task = self.task(task)?;
                return Err(Error::Endless { at: Place::of_task(&task), tasks: DEPTH });
            }
            self.depth = depth;
            self.turn(task)?;
        }
        Ok(())
    }

    fn make_ready(&mut self, task: TaskId) {
        self.ready.push_back((task, self.depth + 1));
    }

    /// The turn of a task that is done by the engine itself.
    fn turn(&mut self, id: TaskId) -> Result<()> {
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

    /// What a task is to fail with, if it is.
    fn fault(&self, id: TaskId) -> Option<TaskError> {
        self.faults.get(&id).map(|fault| fault.error.clone())
    }

    /// Should the step fail from here on, it is because of this task.
    fn blame(&self, task: TaskId) -> Option<TaskId> {
        self.db.unit(|unit| unit.culprit.replace(task))
    }

    /// Does what the task's node does, finishes the task and makes its followers.
    fn go_through(&mut self, id: TaskId, input: &dyn Any) -> Result<()> {
        let task = self.task(id)?;
        let (def, index) = self.node_of(&task)?;
        let node = &def.nodes[index];
        // Of an undoing it is the thrower that fails.
        if !node.undoes {
            self.blame(id);
        }
        if task.status.is_final() {
            // Another token of this step ended the process or the scope.
            return Ok(());
        }
        if let Some(error) = self.fault(id) {
            return self.fail(id, error);
        }
        self.throw(node, &task)?;
        if self.db.unit(|unit| unit.task(id).map(|task| task.status.is_final()))? {
            // What it threw ended its process.
            return Ok(());
        }
        let handler = matches!(node.action, Action::Call(_));
        let spawns = self.activate(node, &task, handler, |step, activation| {
            let flow = &*def.flow;
            let chosen = match &node.action {
                Action::Pass | Action::Signal(_) => None,
                Action::Call(call) => call(flow, activation, input).map(|()| None)?,
                Action::Send(_, letter) => {
                    let letter = letter(flow, activation)?;
                    step.db.unit(|unit| mailbox::post(unit, &letter))?;
                    None
                }
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
                kind if kind.is_split() => step.branches(&def, node, activation),
                kind if kind.is_end() || node.undoes => Ok(Vec::new()),
                _ => match chosen.or_else(|| node.edges.iter().find(|edge| edge.role == Role::Next)) {
                    Some(edge) => step.spawn(&def, edge, activation),
                    None => Err(Error::Internal("a node without edges")),
                },
            }
        })?;
        match node.kind {
            // A split whose branches run is not done: its scope is open.
            kind if kind.is_split() && !spawns.is_empty() => {
                self.change_task(id, |task| task.status = TaskStatus::Started)?;
                self.open_scope(&def, index, &task, spawns)
            }
            kind if kind.is_split() => {
                self.finish_task(id)?;
                self.pass_empty_split(&def, index, &task)
            }
            Kind::End => {
                self.finish_task(id)?;
                self.db.unit(|unit| unit.change_process(id.process).map(|process| process.ends += 1))?;
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
                let scope = self.leave(&task)?;
                self.finish_task(id)?;
                spawns.into_iter().try_for_each(|spawn| self.arrive(id.process, &spawn, scope, id.ordinal))
            }
        }
    }

    /// Opens an activation for a question, which changes nothing.
    fn ask<R>(
        &mut self,
        node: &NodeDef,
        task: &TaskRecord,
        question: impl FnOnce(&mut Self, &dyn Any) -> Result<R>,
    ) -> Result<R> {
        self.activate(node, task, false, |step, activation| question(step, activation))
    }

    /// Opens an activation for `work`, and writes back what it changed, where a handler is called that may.
    fn activate<R>(
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
                let record = self.db.unit(|unit| unit.process(task.id.process).cloned())?;
                (def.process.open)(&record, self.db.columns(def.process.table, record.id)?)?
            }
        };
        let mut activation = (node.open)(proxy, task, self.db.clone())?;
        let answer = work(self, &mut *activation).map_err(|error| error.at(place))?;
        let closed = (node.close)(activation, handler)?;
        if let Some(running) = self.running.get_mut(&task.id.process) {
            running.proxy = Some(closed.process);
        }
        if handler {
            self.tell_process(task.id)?;
        }
        if let Some(changed) = closed.task {
            let (artifact, data) = changed.map_err(|errors| Error::Data { at: place(), errors })?;
            self.tell_task(task.id, &artifact, &data)?;
            self.change_task(task.id, |task| {
                task.artifact = artifact;
                task.data = data;
            })?;
        }
        Ok(answer)
    }

    /// The tasks of the branches that a split takes, in declaration order.
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

    /// The tasks that go along an edge: one, or one for each item.
    fn spawn(&self, def: &Definition, edge: &EdgeDef, activation: &dyn Any) -> Result<Vec<Spawn>> {
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

    /// Without branches the closing join goes on at once.
    fn pass_empty_split(&mut self, def: &Definition, split: usize, task: &TaskRecord) -> Result<()> {
        let join = def.sound.as_ref().and_then(|sound| sound.join_of(split));
        let Some(target) = join else { return self.end_token(task.id.process, task.scope) };
        let spawn = plain_spawn(def, target)?;
        let join = self.add_task(task.id.process, &spawn, task.scope, Some(task.id.ordinal))?;
        self.make_ready(join);
        Ok(())
    }

    /// Puts the branches of a split into a scope of their own.
    fn open_scope(&mut self, def: &Definition, split: usize, task: &TaskRecord, spawns: Vec<Spawn>) -> Result<()> {
        let (id, node) = (task.id.process, &def.nodes[split]);
        let live = spawns.len() as u64;
        let first = node.kind == Kind::SplitFirst;
        let join = def.sound.as_ref().and_then(|sound| sound.join_of(split));
        let listed = first || task.listed || join.is_some_and(|join| def.nodes[join].until.is_some());
        let number = self.db.unit(|unit| {
            let process = unit.change_process(id)?;
            process.scopes += 1;
            let number = process.scopes;
            let scope = ScopeRecord {
                parent: Some(task.scope),
                split: Some((node.name.to_owned(), task.id.ordinal)),
                live,
                first,
                listed,
                ..ScopeRecord::default()
            };
            unit.add_scope(ScopeId { process: id, number }, scope);
            Ok::<_, Error>(number)
        })?;
        self.change_task(task.id, |task| task.around = Some(number))?;
        for spawn in spawns {
            // A branch that a join did not wait for, or that was won already, is not begun.
            if self.open_scope_record(id, number)?.is_none() {
                return Ok(());
            }
            self.arrive(id, &spawn, number, task.id.ordinal)?;
        }
        Ok(())
    }

    /// A token of `scope` comes to a node.
    fn arrive(&mut self, process: ProcessId, spawn: &Spawn, scope: u32, from: u32) -> Result<()> {
        let def = self.def_of(process)?;
        let kind = def.nodes[spawn.target].kind;
        if kind == Kind::Join {
            return self.arrive_at_join(process, spawn, scope, from);
        }
        let task = self.add_task(process, spawn, scope, Some(from))?;
        self.prepare(task, true)
    }

    /// A token comes to a join: it stops counting in its scope. The first one makes the join's task.
    fn arrive_at_join(&mut self, process: ProcessId, spawn: &Spawn, scope: u32, from: u32) -> Result<()> {
        let closed = self.scope_closed_by(process, spawn.target, scope)?;
        let record = self.scope(process, closed)?;
        match record.join {
            Some(join) => self.change_task(TaskId { process, ordinal: from }, |task| task.joined = Some(join))?,
            None => {
                let around = record.parent.ok_or(Error::Internal("a join without a split"))?;
                let join = self.add_task(process, spawn, around, Some(from))?;
                self.change_task(join, |task| {
                    task.status = TaskStatus::Started;
                    task.around = Some(closed);
                })?;
                self.change_scope(process, closed, |scope| scope.join = Some(join.ordinal))?;
            }
        }
        self.change_scope(process, closed, |scope| scope.arrived += 1)?;
        self.end_token(process, scope)
    }

    /// The innermost scope around `scope`, itself included, that the join closes.
    fn scope_closed_by(&mut self, process: ProcessId, join: usize, scope: u32) -> Result<u32> {
        let def = self.def_of(process)?;
        let split = def.sound.as_ref().and_then(|sound| sound.split_of(join));
        let mut number = scope;
        loop {
            let record = self.scope(process, number)?;
            if record.split.as_ref().and_then(|(name, _)| def.find_renamed(name)) == split {
                return Ok(number);
            }
            number = record.parent.ok_or(Error::Internal("a join without a split"))?;
        }
    }

    /// Something alive in a scope came to its end.
    fn end_token(&mut self, process: ProcessId, scope: u32) -> Result<()> {
        let mut number = scope;
        loop {
            let record = self.change_scope(process, number, |scope| scope.live = scope.live.saturating_sub(1))?;
            if record.live > 0 && !self.join_need_not_wait(process, number, &record)? {
                return Ok(());
            }
            self.close_scope(process, number, &record)?;
            match (record.join, record.parent) {
                (Some(join), _) => {
                    self.make_ready(TaskId { process, ordinal: join });
                    return Ok(());
                }
                (None, Some(parent)) => number = parent,
                (None, None) => {
                    let ends = self.db.unit(|unit| unit.process(process).map(|process| process.ends))?;
                    let status = if ends > 0 { ProcessStatus::Done } else { ProcessStatus::Canceled };
                    return self.finish_process(process, status, None);
                }
            }
        }
    }

    fn close_scope(&mut self, process: ProcessId, number: u32, record: &ScopeRecord) -> Result<()> {
        self.db.unit(|unit| unit.close_scope(ScopeId { process, number }))?;
        match &record.split {
            Some((_, split)) => self.finish_task(TaskId { process, ordinal: *split }),
            None => Ok(()),
        }
    }

    /// Makes a task, in status New.
    fn add_task(&mut self, id: ProcessId, spawn: &Spawn, scope: u32, previous: Option<u32>) -> Result<TaskId> {
        let def = self.def_of(id)?;
        let node = &def.nodes[spawn.target];
        self.db.unit(|unit| {
            let created = unit.now;
            let listed = scope != ROOT && unit.scope(ScopeId { process: id, number: scope })?.listed;
            let process = unit.change_process(id)?;
            process.tasks += 1;
            let task = TaskId { process: id, ordinal: process.tasks };
            let made = TaskRecord::new(task, def.name, node.name, node.kind, created);
            let (seed, data) = (spawn.seed.clone(), spawn.data.clone());
            unit.add_task(TaskRecord { scope, previous, listed, seed, data, ..made });
            unit.record(id, What::TaskCreated { task: task.ordinal, node: node.name.to_owned() })?;
            Ok(task)
        })
    }

    fn finish_task(&mut self, id: TaskId) -> Result<()> {
        self.settle(id, TaskStatus::Done)?;
        let node = self.change_task(id, |task| {
            task.error = None;
            task.node.clone()
        })?;
        self.record(id.process, What::TaskFinished { task: id.ordinal, node })
    }

    fn record(&self, process: ProcessId, what: What) -> Result<()> {
        self.db.unit(|unit| unit.record(process, what))
    }

    fn task(&self, id: TaskId) -> Result<TaskRecord> {
        self.db.unit(|unit| unit.task(id).cloned())
    }

    fn change_task<R>(&self, id: TaskId, change: impl FnOnce(&mut TaskRecord) -> R) -> Result<R> {
        self.db.unit(|unit| unit.change_task(id).map(change))
    }

    fn scope(&self, process: ProcessId, number: u32) -> Result<ScopeRecord> {
        self.db.unit(|unit| unit.scope(ScopeId { process, number }).cloned())
    }

    fn open_scope_record(&self, process: ProcessId, number: u32) -> Result<Option<ScopeRecord>> {
        self.db.unit(|unit| unit.open_scope(ScopeId { process, number }).map(Option::<&ScopeRecord>::cloned))
    }

    fn change_scope(
        &self,
        process: ProcessId,
        number: u32,
        change: impl FnOnce(&mut ScopeRecord),
    ) -> Result<ScopeRecord> {
        self.db.unit(|unit| {
            let scope = unit.change_scope(ScopeId { process, number })?;
            change(scope);
            Ok(scope.clone())
        })
    }
}

/// A task that was given nothing.
fn plain_spawn(def: &Definition, target: usize) -> Result<Spawn> {
    let node = &def.nodes[target];
    let place = || Box::new(Place::Node { flow: def.name.to_owned(), node: node.name.to_owned() });
    let data = (node.no_data)().map_err(|errors| Error::Data { at: place(), errors })?;
    Ok(Spawn { target, seed: Value::Null, data })
}

/// Has the columns of a process found by the indexes of today, as [`crate::data::table::reindex`].
pub(crate) fn reindex(db: &Db, def: &Definition, id: ProcessId) -> Result<bool> {
    let Some(table) = def.process.table else { return Ok(true) };
    let mut record = db.unit(|unit| unit.process(id).cloned())?;
    let stored = db.columns(Some(table), id)?;
    let saved = (def.process.open)(&record, stored).and_then(|proxy| (def.process.save)(&*proxy, &mut record));
    let Ok(Some((_, columns))) = saved else { return Ok(false) };
    let row = crate::data::table::row_of(&def.process.columns(), columns);
    db.unit(|unit| unit.index_row_as(table, id.0, row)).map(|()| true)
}
