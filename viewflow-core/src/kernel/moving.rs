//! Tasks whose nodes are gone, and moving a task to another node.

use viewflow_graph::{Kind, within};
use viewflow_store::{EventKind, NodeName, ScopeRecord, TaskError, TaskId, TaskRecord, TaskStatus};

use super::advance::{Spawn, plain_spawn};
use super::{ROOT, Step};
use crate::definition::Definition;
use crate::error::{Error, Place, Result};

/// The code of the error of a task whose node is gone.
pub(crate) const OBSOLETE: &str = "obsolete";

/// Returns the splits whose scopes are open around a token, outermost first; none for a split that the flow does not
/// have. A race is no scope for the rules, as its winner goes on in the scope around it.
pub(crate) fn splits_around(
    def: &Definition,
    scope: u32,
    mut read: impl FnMut(u32) -> Result<Option<ScopeRecord>>,
) -> Result<Vec<Option<usize>>> {
    let mut splits = Vec::new();
    let mut number = scope;
    while number != ROOT {
        let Some(record) = read(number)? else { break };
        if let (Some((name, _)), false) = (&record.split, record.first) {
            splits.push(def.find_renamed(name));
        }
        number = record.parent.unwrap_or(ROOT);
    }
    splits.reverse();
    Ok(splits)
}

/// Returns the names of splits.
pub(crate) fn split_names(def: &Definition, splits: &[Option<usize>]) -> Vec<&'static str> {
    splits.iter().map(|split| split.map_or("a split that is gone", |split| def.nodes[split].name)).collect()
}

impl Step {
    /// Sets a task aside whose node is gone: it waits until a person cancels or moves it.
    pub(crate) fn set_aside(&mut self, id: TaskId) -> Result<()> {
        let task = self.task(id)?;
        if task.status.is_final() || task.status == TaskStatus::Error {
            return Ok(());
        }
        let message = format!("its node `{}` is gone: cancel the task, or move it to another node", task.node);
        self.fail(id, TaskError { code: Some(OBSOLETE.to_owned()), message })?;
        // As long as the process stands still, so does the task.
        if task.suspended { self.rest_task(id, true) } else { Ok(()) }
    }

    /// Lets a task go on at another node of the same scope, as a new task. Returns the new task, or `id` at a join.
    pub(crate) fn move_to(&mut self, id: TaskId, to: &NodeName) -> Result<TaskId> {
        let task = self.task(id)?;
        super::check_goes_on(&self.db, id.process)?;
        let (def, target) = self.target_of(&task, to)?;
        self.settle(id, TaskStatus::Revived)?;
        self.cancel_children(&task)?;
        // A task that goes on beyond its race has won the race.
        let scope = if self.is_within_its_race(&def, &task, target)? { task.scope } else { self.leave(&task)? };
        let node = &def.nodes[target];
        if node.kind == Kind::Join {
            self.record_move(&task, to, None)?;
            let spawn = plain_spawn(&def, target)?;
            let first = TaskRecord { seed: spawn.seed.clone(), data: spawn.data.clone(), ..task };
            self.ask(node, &first, |_, _| Ok(()))?;
            self.arrive(id.process, &spawn, scope, id.ordinal)?;
            self.drain()?;
            return Ok(id);
        }
        let spawn = Spawn { target, seed: task.seed.clone(), data: task.data.clone() };
        let new = self.add_task(id.process, &spawn, scope, Some(id.ordinal))?;
        self.record_move(&task, to, Some(new.ordinal))?;
        let record = self.task(new)?;
        // A task of that node has to accept the seed and data of the old task.
        self.ask(node, &record, |_, _| Ok(()))?;
        self.prepare(new, true)?;
        self.drain()?;
        Ok(new)
    }

    /// Returns whether a task is in an undecided race, and the node is one with which the race begins.
    fn is_within_its_race(&self, def: &Definition, task: &TaskRecord, target: usize) -> Result<bool> {
        let scope = self.open_scope_record(task.id.process, task.scope)?.filter(|scope| scope.first);
        let split = scope.and_then(|scope| scope.split).and_then(|(name, _)| def.find_renamed(&name));
        Ok(split.is_some_and(|split| def.nodes[split].edges.iter().any(|edge| edge.target == target)))
    }

    fn record_move(&self, task: &TaskRecord, to: &NodeName, by: Option<u32>) -> Result<()> {
        let (node, to) = (task.node.clone(), to.node.clone());
        self.record(task.id.process, EventKind::TaskMoved { task: task.id.ordinal, node, to, by })
    }

    /// Returns the node to which a task is to be moved, if a token of its scope may come there.
    fn target_of(&mut self, task: &TaskRecord, to: &NodeName) -> Result<(std::sync::Arc<Definition>, usize)> {
        let def = self.def_of(task.id.process)?;
        let refused = |why: String| Error::CannotMove { at: Place::of_task(task), to: to.to_string(), why };
        if def.name != to.flow {
            return Err(refused(format!("is a node of another flow: the task is of `{}`", def.name)));
        }
        let index = def.find(&to.node).ok_or_else(|| refused("is no node of the flow".to_owned()))?;
        let node = &def.nodes[index];
        if node.kind.is_start() || node.undoes {
            return Err(refused(format!("is {}, to which no task comes", node.kind.with_article())));
        }
        let process = task.id.process;
        let own_token = task.kind.waits() || task.status == TaskStatus::Error;
        if !own_token || self.waits_for_a_scope(task)? {
            return Err(refused(format!(
                "cannot take the place of {}, whose branches are open",
                task.kind.with_article()
            )));
        }
        let around = splits_around(&def, task.scope, |number| self.open_scope_record(process, number))?;
        let sound = def.sound.as_ref().ok_or(Error::Internal("a flow that is not sound"))?;
        let mut expected: Vec<Option<usize>> = sound.scope(index).into_iter().map(Some).collect();
        if node.kind == Kind::Join {
            expected.push(sound.split_of(index));
        }
        if around == expected {
            return Ok((std::sync::Arc::clone(&def), index));
        }
        let within = |splits: &[Option<usize>]| within(&split_names(&def, splits));
        Err(refused(format!("is {}, and the task is {}", within(&expected), within(&around))))
    }
}
