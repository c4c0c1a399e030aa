//! Going back: everything that came after a task is taken back, the newest first, then the task itself. Its node waits
//! again.
//!
//! The links between tasks say what came after a task, and so do scopes: if a closed scope has to be open again,
//! everything that went on when it closed came after the task, too.

mod links;

use std::collections::BTreeMap;

use viewflow_graph::{Kind, Role};

use super::advance::Spawn;
use super::{ROOT, Step};
use crate::definition::Definition;
use crate::error::{Error, Place, Result};
use crate::lifecycle::Action;
use crate::unit::Coming;
use links::{Back, Link, Links};
use viewflow_store::{EventKind, ProcessId, ProcessStatus, ScopeId, ScopeRecord, TaskId, TaskRecord, TaskStatus};

impl Step {
    /// Takes back one task, if nothing that came after it is done.
    pub(crate) fn undo(&mut self, id: TaskId) -> Result<TaskId> {
        let task = self.done_task(id, Action::Undo)?;
        self.take_back(task, true)
    }

    /// Takes back a task and everything that came after it.
    pub(crate) fn go_back(&mut self, id: TaskId) -> Result<TaskId> {
        let task = self.done_task(id, Action::GoBack)?;
        self.take_back(task, false)
    }

    /// Takes back the task of a node that was done last, and everything that came after it. Returns none if no task of
    /// the node is done.
    pub(crate) fn go_back_to_node(&mut self, process: ProcessId, node: &str) -> Result<Option<TaskId>> {
        let Some(newest) = self.newest_done(process, node)? else { return Ok(None) };
        let task = self.done_task(newest, Action::GoBack)?;
        self.take_back(task, false).map(Some)
    }

    fn newest_done(&mut self, process: ProcessId, node: &str) -> Result<Option<TaskId>> {
        let def = self.def_of(process)?;
        self.db.unit(|unit| {
            let mut done = BTreeMap::new();
            let mut add = |task: &TaskRecord| {
                if task.node == node && task.status == TaskStatus::Done {
                    done.insert(task.id.ordinal, (task.place, task.id));
                }
            };
            if def.find(node).is_none_or(|node| def.nodes[node].kind.acts()) {
                let crossed = unit.process(process)?.crossed;
                unit.newest_of(process, node, |task| {
                    add(task);
                    // Nothing made before this task was done after it.
                    task.status == TaskStatus::Done && task.place != 0 && task.id.ordinal > crossed
                })?;
            } else {
                // A node that does nothing cannot be gone back to, and the error is about its last task.
                unit.each_task(process, 0, add)?;
            }
            unit.last_finished(process, done)
        })
    }

    /// Returns a task, if it is possible to go back to it.
    fn done_task(&mut self, id: TaskId, action: Action) -> Result<TaskRecord> {
        let task = self.task(id)?;
        let process = id.process;
        let status = self.db.unit(|unit| unit.process(process).map(|process| process.status))?;
        if status.is_final() {
            return Err(Error::ProcessIsOver { process, status });
        }
        if task.status != TaskStatus::Done {
            return Err(Error::wrong_status(&task, action));
        }
        let (def, index) = self.node_of(&task)?;
        if !task.kind.acts() || def.nodes[index].undoes {
            return Err(no_way_back(&task, "it does nothing that waits to be done again"));
        }
        Ok(task)
    }

    fn take_back(&mut self, task: TaskRecord, alone: bool) -> Result<TaskId> {
        let (id, process) = (task.id, task.id.process);
        let (_, index) = self.node_of(&task)?;
        let links = &self.links(&task)?;
        let back = &links.back(id.ordinal)?;
        if alone {
            self.check_alone(&task, back, links)?;
        }
        self.take_back_all(process, back, links)?;
        if task.kind.is_start() {
            self.end_process(process, ProcessStatus::Canceled, None)?;
            self.drain()?;
            return Ok(id);
        }
        self.reopen(&task, back, links)?;
        let spawn = Spawn { target: index, seed: task.seed.clone(), data: self.task(id)?.data };
        let new = self.add_task(process, &spawn, task.scope, Some(id.ordinal))?;
        self.change_task(id, |task| task.status = TaskStatus::Revived)?;
        self.record(process, EventKind::TaskRevived { task: id.ordinal, node: task.node, by: new.ordinal })?;
        self.prepare(new, true)?;
        self.drain()?;
        Ok(new)
    }

    /// Returns how those tasks hang together that matter for going back to a task: the tasks made since, and the splits
    /// around it. If a scope around it is to be opened again, or tokens wait at its join, everything in that scope is
    /// included.
    fn links(&mut self, task: &TaskRecord) -> Result<Links> {
        let (id, process) = (task.id, task.id.process);
        let def = self.def_of(process)?;
        let (mut first, mut scope) = (id.ordinal, task.scope);
        let mut links = Links::default();
        while scope != ROOT {
            let record = self.open_scope_record(process, scope)?;
            let split = record.as_ref().and_then(|record| record.split.as_ref()).map(|(_, split)| *split);
            let split = match split {
                Some(split) => split,
                None => self.db.unit(|unit| unit.split_of(id, scope))?.ok_or(Error::Internal("a scope's split"))?,
            };
            if record.is_none_or(|record| record.join.is_some()) {
                first = split;
            }
            let split = self.task(TaskId { process, ordinal: split })?;
            links.add(&split);
            scope = split.scope;
        }
        self.db.unit(|unit| {
            unit.each_task(process, first - 1, |task| {
                if !def.find(&task.node).is_some_and(|node| def.nodes[node].undoes) {
                    links.add(task);
                }
            })
        })?;
        links.first = first;
        if links.without_place {
            // Some of the tasks were done under an earlier release.
            for event in self.db.unit(|unit| unit.events_since(process, first))? {
                if let EventKind::TaskFinished { task, .. } | EventKind::TaskSkipped { task, .. } = event.kind {
                    links.done.insert(task, event.number);
                }
            }
        }
        Ok(links)
    }

    /// Counts how often each task was left by its boundary for a node.
    fn left(&mut self, process: ProcessId, links: &Links, node: &str) -> Result<BTreeMap<u32, u64>> {
        let def = self.def_of(process)?;
        let mut left = BTreeMap::new();
        for event in self.db.unit(|unit| unit.events_since(process, links.first))? {
            if let EventKind::BoundaryTaken { task, then, .. } = event.kind {
                // Events keep the names that nodes had then.
                if def.find_renamed(&then).map_or(then.as_str(), |node| def.nodes[node].name) == node {
                    *left.entry(task).or_default() += 1;
                }
            }
        }
        Ok(left)
    }

    /// Checks that nothing that came after the task has done anything.
    fn check_alone(&mut self, task: &TaskRecord, back: &Back, links: &Links) -> Result<()> {
        for ordinal in &back.gone {
            let link = &links.tasks[ordinal];
            let after = TaskId { ordinal: *ordinal, ..task.id };
            let did = link.did() && link.kind.acts();
            if after != task.id && !link.undone && (did || self.has_done_children(after, link.kind)?) {
                let after = Place::of_task(&self.task(after)?);
                return Err(Error::DoneAfter { at: Place::of_task(task), after });
            }
        }
        Ok(())
    }

    /// Returns whether a task ran sub-processes, and at least one is done.
    fn has_done_children(&self, id: TaskId, kind: Kind) -> Result<bool> {
        if !kind.has_children() {
            return Ok(false);
        }
        self.db.unit(|unit| {
            for child in unit.children(id)? {
                if unit.process(child)?.status == ProcessStatus::Done {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Cancels what is open among the tasks to take back. Then undoes those that are done, the newest first.
    fn take_back_all(&mut self, process: ProcessId, back: &Back, links: &Links) -> Result<()> {
        let of = |ordinal: &u32| (TaskId { process, ordinal: *ordinal }, &links.tasks[ordinal]);
        for (id, link) in back.gone.iter().map(of).filter(|(_, link)| !link.status.is_final()) {
            if let Some(number) = link.around.filter(|_| link.kind.is_split()) {
                self.db.unit(|unit| unit.close_scope(ScopeId { process, number }))?;
            }
            self.cancel_task(id)?;
        }
        for (id, link) in back.gone.iter().map(of).filter(|(_, link)| !link.undone) {
            self.undo_one(id, link)?;
            // Another token will make a new join.
            if link.kind == Kind::Join && link.around.is_some_and(|around| back.scopes.contains(&around)) {
                self.change_task(id, |task| task.around = None)?;
            }
        }
        Ok(())
    }

    /// Takes back what one task did.
    fn undo_one(&mut self, id: TaskId, link: &Link) -> Result<()> {
        let task = self.task(id)?;
        let def = self.def_of(id.process)?;
        let node = def.find(&task.node).map(|index| &def.nodes[index]);
        let undo = node.and_then(|node| Some((node, node.undo.as_ref()?)));
        let was_done = link.status == TaskStatus::Done;
        let has_done_children = !link.compensated && self.has_done_children(id, task.kind)?;
        if has_done_children && undo.is_none() {
            return Err(no_way_back(&task, "its sub-processes are done, and its node has no `#[undo(..)]`"));
        }
        if node.is_none() && task.kind.acts() && link.did() {
            return Err(no_way_back(&task, "its node is gone, and with it what could take back what it did"));
        }
        if let Some((node, undo)) = undo.filter(|_| link.did() || has_done_children) {
            self.blame(id);
            self.activate(node, &task, true, |_, activation| undo(&*def.flow, activation, &()))?;
        }
        if was_done && task.kind == Kind::End {
            self.db.unit(|unit| {
                let process = unit.change_process(id.process)?;
                process.ends = process.ends.saturating_sub(1);
                if process.last_end == id.ordinal {
                    process.last_end = 0;
                }
                Ok::<_, Error>(())
            })?;
        }
        self.change_task(id, |task| {
            task.undone = true;
            task.joined = None;
            if was_done {
                task.status = TaskStatus::Canceled;
            }
        })?;
        if was_done {
            self.record(id.process, EventKind::TaskUndone { task: id.ordinal, node: task.node })
        } else {
            Ok(())
        }
    }

    /// Opens the scopes around a task again: without what was taken back, and with a new token for the task.
    fn reopen(&mut self, task: &TaskRecord, back: &Back, links: &Links) -> Result<()> {
        let process = task.id.process;
        let (mut alive, mut done) = (links.alive(back), links.done_within(back));
        let (gone, undone) = (links.alive_gone(back), links.done_gone(back));
        let mut listed = task.listed;
        for number in back.scopes.iter().copied().chain([ROOT]) {
            let own = u64::from(number == task.scope);
            // An open scope has kept its count all along.
            let stays = |scope: &ScopeRecord| {
                let (more, less) = gone.get(&number).copied().unwrap_or_default();
                (scope.live + more + own).saturating_sub(less)
            };
            let Some(split) = links.splits.get(&number).map(|ordinal| TaskId { process, ordinal: *ordinal }) else {
                self.change_scope(process, number, |scope| scope.live = stays(scope))?;
                continue;
            };
            self.closed.remove(&ScopeId { process, number });
            let id = ScopeId { process, number };
            let opened = self.task(split)?;
            let scope = match self.open_scope_record(process, number)? {
                Some(mut open) => {
                    open.live = stays(&open);
                    for (node, less) in undone.get(&number).into_iter().flatten() {
                        open.uncount(node, *less);
                    }
                    open
                }
                None => {
                    let live = alive.remove(&number).unwrap_or_default() + own;
                    let done = Some(done.remove(&number).unwrap_or_default());
                    let scope = ScopeRecord {
                        parent: Some(opened.scope),
                        split: Some((opened.node, split.ordinal)),
                        first: opened.kind == Kind::SplitFirst,
                        live,
                        done,
                        listed,
                        ..ScopeRecord::default()
                    };
                    self.db.unit(|unit| unit.add_scope(id, scope.clone()));
                    scope
                }
            };
            let (join, arrived) = self.join_again(process, number, &scope, back, links)?;
            self.change_scope(process, number, |open| *open = ScopeRecord { join, arrived, ..scope })?;
            self.reopen_task(opened.id)?;
            listed = opened.listed;
        }
        Ok(())
    }

    /// Returns the join of a scope that is open again, and how many tokens have arrived there.
    fn join_again(
        &mut self,
        process: ProcessId,
        number: u32,
        scope: &ScopeRecord,
        back: &Back,
        links: &Links,
    ) -> Result<(Option<u32>, u64)> {
        match back.waiting.get(&number) {
            _ if links.joins.get(&number).is_none_or(|join| !back.after.contains(join)) => {
                Ok((scope.join, scope.arrived))
            }
            Some(join) => Ok((Some(*join), self.wait_again(TaskId { process, ordinal: *join }, back, links)?)),
            None => Ok((None, 0)),
        }
    }

    /// Lets a join wait again for the missing tokens. Returns how many have arrived.
    fn wait_again(&mut self, join: TaskId, back: &Back, links: &Links) -> Result<u64> {
        self.reopen_task(join)?;
        let task = self.task(join)?;
        let def = self.def_of(join.process)?;
        let target = def.find(&task.node);
        let mut arrived = 0;
        let left = self.left(join.process, links, &task.node)?;
        let leaders =
            links.leaders.get(&join.ordinal).into_iter().flatten().filter(|leader| !back.after.contains(leader));
        for (place, leader) in leaders.enumerate() {
            let beside = left.get(leader).copied().unwrap_or(0);
            let record = self.task(TaskId { ordinal: *leader, ..join })?;
            let own = record.status == TaskStatus::Done && (beside == 0 || leads_to(&def, &record, Role::Next, target));
            arrived += (beside + u64::from(own)).max(1);
            if place == 0 && task.previous.is_none_or(|first| back.after.contains(&first)) {
                self.come_from(&task, &record, &def)?;
            }
        }
        Ok(arrived)
    }

    /// Makes another token the first one at a join: the join gets its seed and data from it.
    fn come_from(&mut self, join: &TaskRecord, from: &TaskRecord, def: &Definition) -> Result<()> {
        let coming = Coming { id: join.id, previous: Some(from.id.ordinal), scope: join.scope };
        let (steps, way) = self.db.unit(|unit| unit.way_to(&coming, &def.looked_at))?;
        self.change_task(join.id, |task| {
            task.previous = coming.previous;
            (task.steps, task.way) = (steps, way);
        })?;
        let (Some(node), target) = (def.find(&from.node), def.find(&join.node)) else { return Ok(()) };
        let node = &def.nodes[node];
        let Some(edge) = node.edges.iter().find(|edge| Some(edge.target) == target) else { return Ok(()) };
        if edge.seed.is_none() && edge.data.is_none() {
            return Ok(());
        }
        let spawn = self.ask(node, from, |step, activation| step.spawn(def, edge, activation))?.pop();
        let Some(Spawn { seed, data, .. }) = spawn else { return Ok(()) };
        self.change_task(join.id, |task| (task.seed, task.data) = (seed, data))
    }

    /// Puts a split or join to work again.
    fn reopen_task(&mut self, id: TaskId) -> Result<()> {
        let task = self.task(id)?;
        if task.status == TaskStatus::Started {
            return Ok(());
        }
        self.change_task(id, |task| {
            task.status = TaskStatus::Started;
            (task.finished, task.error) = (None, None);
        })?;
        self.record(id.process, EventKind::TaskReopened { task: id.ordinal, node: task.node })
    }
}

/// Returns whether an edge of a task leads to a node.
fn leads_to(def: &Definition, task: &TaskRecord, role: Role, target: Option<usize>) -> bool {
    let node = def.find(&task.node).map(|index| &def.nodes[index]);
    node.is_some_and(|node| node.edges.iter().any(|edge| edge.role == role && Some(edge.target) == target))
}

fn no_way_back(task: &TaskRecord, why: &'static str) -> Error {
    Error::NoWayBack { at: Place::of_task(task), why }
}
