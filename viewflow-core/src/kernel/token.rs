//! Tokens: the nodes they come to, the scopes they are in, and what follows when they end.

use std::collections::BTreeMap;

use viewflow_graph::Kind;
use viewflow_store::{EventKind, ProcessId, ProcessStatus, ScopeId, ScopeRecord, TaskId, TaskRecord, TaskStatus};

use super::advance::{Spawn, plain_spawn};
use super::{ROOT, Step};
use crate::definition::Definition;
use crate::error::{Error, Result};
use crate::unit::Coming;

impl Step {
    /// Brings a token of `scope` to a node.
    pub(super) fn arrive(&mut self, process: ProcessId, spawn: &Spawn, scope: u32, from: u32) -> Result<()> {
        let def = self.def_of(process)?;
        let kind = def.nodes[spawn.target].kind;
        if kind == Kind::Join {
            return self.arrive_at_join(process, spawn, scope, from);
        }
        let task = self.add_task(process, spawn, scope, Some(from))?;
        self.prepare(task, true)
    }

    /// Brings a token to a join, where it stops counting in its scope. The first token makes the join's task.
    fn arrive_at_join(&mut self, process: ProcessId, spawn: &Spawn, scope: u32, from: u32) -> Result<()> {
        let closed = self.scope_closed_by(process, spawn.target, scope)?;
        let scope_closed = ScopeId { process, number: closed };
        let (join, parent) = self.db.unit(|unit| unit.scope(scope_closed).map(|scope| (scope.join, scope.parent)))?;
        match join {
            Some(join) => self.change_task(TaskId { process, ordinal: from }, |task| task.joined = Some(join))?,
            None => {
                let around = parent.ok_or(Error::Internal("a join without a split"))?;
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

    /// Returns the innermost scope that the join closes: `scope` itself or one around it.
    fn scope_closed_by(&mut self, process: ProcessId, join: usize, scope: u32) -> Result<u32> {
        let def = self.def_of(process)?;
        let split = def.sound.as_ref().and_then(|sound| sound.split_of(join));
        let mut number = scope;
        loop {
            let (opened_by, parent) = self.db.unit(|unit| {
                let scope = unit.scope(ScopeId { process, number })?;
                let opened_by = scope.split.as_ref().and_then(|(name, _)| def.find_renamed(name));
                Ok::<_, Error>((opened_by, scope.parent))
            })?;
            if opened_by == split {
                return Ok(number);
            }
            number = parent.ok_or(Error::Internal("a join without a split"))?;
        }
    }

    /// Puts the branches of a split into a scope of their own.
    pub(super) fn open_scope(
        &mut self,
        def: &Definition,
        split: usize,
        task: &TaskRecord,
        spawns: Vec<Spawn>,
    ) -> Result<()> {
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
                done: Some(BTreeMap::new()),
                ..ScopeRecord::default()
            };
            unit.add_scope(ScopeId { process: id, number }, scope);
            Ok::<_, Error>(number)
        })?;
        self.change_task(task.id, |task| task.around = Some(number))?;
        for spawn in spawns {
            // An earlier branch may have closed the scope: it won the race, or the join did not wait for the rest.
            if self.open_scope_record(id, number)?.is_none() {
                return Ok(());
            }
            self.arrive(id, &spawn, number, task.id.ordinal)?;
        }
        Ok(())
    }

    /// Goes on from a split that takes no branch: the join that closes it goes on at once.
    pub(super) fn pass_empty_split(&mut self, def: &Definition, split: usize, task: &TaskRecord) -> Result<()> {
        let join = def.sound.as_ref().and_then(|sound| sound.join_of(split));
        let Some(target) = join else { return self.end_token(task.id.process, task.scope) };
        let spawn = plain_spawn(def, target)?;
        let join = self.add_task(task.id.process, &spawn, task.scope, Some(task.id.ordinal))?;
        self.make_ready(join);
        Ok(())
    }

    /// Makes a task in status `New`.
    pub(super) fn add_task(
        &mut self,
        id: ProcessId,
        spawn: &Spawn,
        scope: u32,
        previous: Option<u32>,
    ) -> Result<TaskId> {
        let def = self.def_of(id)?;
        let node = &def.nodes[spawn.target];
        self.db.unit(|unit| {
            let created = unit.now;
            let listed = scope != ROOT && unit.scope(ScopeId { process: id, number: scope })?.listed;
            let process = unit.change_process(id)?;
            process.note_node(node.name);
            process.tasks += 1;
            let task = TaskId { process: id, ordinal: process.tasks };
            let made = TaskRecord::new(task, def.name, node.name, node.kind, created);
            let (seed, data) = (spawn.seed.clone(), spawn.data.clone());
            // A task that undoes another task is not on any way.
            let previous_of_way = previous.filter(|_| !node.undoes);
            let coming = Coming { id: task, previous: previous_of_way, scope };
            let (steps, way) = unit.way_to(&coming, &def.looked_at)?;
            unit.add_task(TaskRecord { scope, previous, listed, steps, way, seed, data, ..made });
            if node.kind.has_children() {
                unit.note_past(task);
            }
            unit.record(id, EventKind::TaskCreated { task: task.ordinal, node: node.name.to_owned() })?;
            Ok(task)
        })
    }

    pub(super) fn finish_task(&mut self, id: TaskId) -> Result<()> {
        self.settle(id, TaskStatus::Done)?;
        let (node, scope, decision) = self.change_task(id, |task| {
            task.error = None;
            (task.node.clone(), task.scope, task.decision.clone())
        })?;
        self.count_done(id.process, scope, &node)?;
        self.record(id.process, EventKind::TaskFinished { task: id.ordinal, node, decision })?;
        self.note_done(id)
    }

    /// Records when a task was done, and that its node has a done task, for later questions about either.
    pub(super) fn note_done(&self, id: TaskId) -> Result<()> {
        self.db.unit(|unit| {
            let process = unit.change_process(id.process)?;
            let place = process.events;
            if process.tasks > id.ordinal {
                process.crossed = process.tasks;
            }
            unit.change_task(id)?.place = place;
            unit.note_past(id);
            Ok(())
        })
    }

    /// Counts a done task in the scopes around it.
    fn count_done(&mut self, process: ProcessId, scope: u32, node: &str) -> Result<()> {
        let mut number = scope;
        while number != ROOT {
            // In a race, the scope is closed before its winner is done.
            if let Some(parent) = self.closed.get(&ScopeId { process, number }) {
                number = *parent;
                continue;
            }
            let parent = self.db.unit(|unit| {
                let scope = unit.change_scope(ScopeId { process, number })?;
                if let Some(done) = &mut scope.done {
                    match done.get_mut(node) {
                        Some(count) => *count += 1,
                        None => drop(done.insert(node.to_owned(), 1)),
                    }
                }
                Ok::<_, Error>(scope.parent)
            })?;
            number = parent.unwrap_or(ROOT);
        }
        Ok(())
    }

    /// Moves a token on from its task. In a race the token is the winner, and the other branches are canceled. Returns
    /// the scope in which the token goes on.
    pub(super) fn leave(&mut self, task: &TaskRecord) -> Result<u32> {
        let (process, number) = (task.id.process, task.scope);
        if number == ROOT {
            return Ok(number);
        }
        let id = ScopeId { process, number };
        let of_first =
            self.db.unit(|unit| Ok::<_, Error>(unit.open_scope(id)?.filter(|scope| scope.first).cloned()))?;
        let Some(record) = of_first else { return Ok(number) };
        self.cancel_scope(process, number, Some(task.id.ordinal))?;
        self.close_scope(process, number, &record)?;
        record.parent.ok_or(Error::Internal("branches around a process"))
    }

    /// Returns the scope for what a task starts beside itself. For a task in a race it is the scope around the race.
    pub(super) fn scope_beside(&self, host: &TaskRecord) -> Result<u32> {
        let record = self.scope(host.id.process, host.scope)?;
        Ok(if record.first { record.parent.unwrap_or(ROOT) } else { host.scope })
    }

    /// Ends a token in a scope, and closes the scopes that this leaves without tokens.
    pub(super) fn end_token(&mut self, process: ProcessId, scope: u32) -> Result<()> {
        let mut number = scope;
        loop {
            let (live, join) = self.change_scope(process, number, |scope| {
                scope.live = scope.live.saturating_sub(1);
                (scope.live, scope.join)
            })?;
            if live > 0 && !self.may_have_enough(process, join)? {
                return Ok(());
            }
            let record = self.change_scope(process, number, without_done)?;
            if live > 0 && !self.join_need_not_wait(process, number, &record)? {
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

    /// Returns whether a join might go on before all tokens have arrived. Most joins wait for all.
    fn may_have_enough(&mut self, process: ProcessId, join: Option<u32>) -> Result<bool> {
        let Some(ordinal) = join else { return Ok(false) };
        let def = self.def_of(process)?;
        let index = self.db.unit(|unit| unit.task(TaskId { process, ordinal }).map(|task| def.find(&task.node)))?;
        Ok(index.is_none_or(|index| def.nodes[index].until.is_some()))
    }

    /// Returns whether the join of a scope goes on before all tokens have arrived. If so, cancels what is left in the
    /// scope.
    fn join_need_not_wait(&mut self, process: ProcessId, number: u32, record: &ScopeRecord) -> Result<bool> {
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

    /// Checks again whether the join of a scope need not wait.
    pub(super) fn look_at_scope(&mut self, process: ProcessId, number: u32) -> Result<()> {
        let record = self.scope(process, number)?;
        if self.join_need_not_wait(process, number, &record)? {
            self.close_scope(process, number, &record)?;
            if let Some(ordinal) = record.join {
                self.make_ready(TaskId { process, ordinal });
            }
        }
        Ok(())
    }

    pub(super) fn close_scope(&mut self, process: ProcessId, number: u32, record: &ScopeRecord) -> Result<()> {
        let id = ScopeId { process, number };
        self.db.unit(|unit| unit.close_scope(id))?;
        self.closed.insert(id, record.parent.unwrap_or(ROOT));
        match &record.split {
            Some((_, split)) => self.finish_task(TaskId { process, ordinal: *split }),
            None => Ok(()),
        }
    }

    /// Returns whether a task is a join whose scope is still open.
    pub(super) fn waits_for_a_scope(&self, task: &TaskRecord) -> Result<bool> {
        match (task.kind, task.around) {
            (Kind::Join, Some(number)) => Ok(self.open_scope_record(task.id.process, number)?.is_some()),
            _ => Ok(false),
        }
    }
}

/// Copies a scope without its `done` counts. Those are for questions only, and would be costly to copy for each token.
fn without_done(scope: &mut ScopeRecord) -> ScopeRecord {
    let done = scope.done.take();
    let copy = scope.clone();
    scope.done = done;
    copy
}
