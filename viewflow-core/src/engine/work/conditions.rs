//! Conditions are evaluated again after a write to something that they read in a table.

use std::collections::BTreeMap;

use serde_json::Value;
use viewflow_graph::Kind;
use viewflow_store::{Cursor, NodeName, ProcessId, TaskId, TaskList, TaskStatus, index_key};

use super::pending::{BATCH, Claim, Pass, lock};
use crate::definition::{Definition, Flows, NodeDef};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::unit::watch::{ANYBODY, BY, CHANGED, Changed, node_hash};

/// Tasks whose node this engine does not know, by the number of the node.
type Strange = BTreeMap<u64, Vec<TaskId>>;

/// The keys by which this engine finds conditions to evaluate. They are for everything that was written, and for
/// conditions that others left to engines that know these nodes.
pub(super) fn asked_by(flows: &Flows) -> Vec<Vec<u8>> {
    let mut found = vec![ANYBODY];
    for (def, node) in conditional(flows) {
        // Another version may know them by their former names.
        for flow in std::iter::once(&def.name).chain(def.was) {
            let names = std::iter::once(&node.name).chain(node.was);
            found.extend(names.map(|name| node_hash(flow, name)));
        }
    }
    found.into_iter().filter_map(|by| index_key(&Value::from(by))).collect()
}

/// Returns whether the flows have conditions.
pub(super) fn are_there(flows: &Flows) -> bool {
    conditional(flows).next().is_some()
}

fn conditional(flows: &Flows) -> impl Iterator<Item = (&Definition, &NodeDef)> {
    flows.values().flat_map(|def| {
        let nodes = def.nodes.iter().filter(|node| node.kind == Kind::ConditionalCatch);
        nodes.map(|node| (&**def, node))
    })
}

impl Engine {
    /// Returns whether the conditions have not been evaluated since the engine was built.
    pub(super) fn has_to_ask_all(&self) -> bool {
        !*lock(&self.0.pending.asked)
    }

    /// Returns whether something was written for which no condition has been evaluated yet.
    pub(super) fn has_to_ask(&self) -> Result<bool> {
        if self.0.store.row_ids(CHANGED, 0, 1)?.is_empty() {
            return Ok(false);
        }
        for by in &self.0.pending.asked_by {
            if !self.0.store.rows_by(CHANGED, BY, by, 0, 1)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Evaluates the conditions that read what was written since; all conditions, the first time.
    pub(super) fn ask_conditions(&self, more: &dyn Fn() -> bool) -> Pass {
        let (mut pass, mut others) = (Pass::default(), Vec::new());
        let asked = self.claimed(&Claim::Conditions, more, || {
            let mut pass = self.ask_all_once();
            pass.add(self.ask_of_changes());
            // Unreadable records are reported again after the next write.
            others.extend(pass.errors.extract_if(.., |error| error.is_unreadable()));
            others.extend(pass.errors.drain(1.min(pass.errors.len())..));
            pass.result()
        });
        pass.note(asked);
        pass.errors.extend(others);
        pass
    }

    /// Evaluates all conditions: this program may define them differently from the program that evaluated them last.
    fn ask_all_once(&self) -> Pass {
        let mut pass = Pass::default();
        if std::mem::replace(&mut *lock(&self.0.pending.asked), true) {
            return pass;
        }
        for (def, node) in conditional(&self.0.flows) {
            let node = NodeName::new(def.name, node.name);
            pass.add(self.ask_list(&TaskList::Status(node, TaskStatus::New), &mut Strange::new()));
        }
        if !pass.errors.iter().all(Error::is_unreadable) {
            // All are evaluated again, including those that already were.
            *lock(&self.0.pending.asked) = false;
        }
        pass
    }

    fn ask_of_changes(&self) -> Pass {
        let mut pass = Pass::default();
        match self.has_to_ask() {
            Ok(true) => {}
            no => {
                pass.note(no.map(|_| 0));
                return pass;
            }
        }
        for by in &self.0.pending.asked_by {
            let mut after = 0;
            loop {
                let rows = match self.0.store.rows_by(CHANGED, BY, by, after, BATCH) {
                    Ok(rows) => rows,
                    Err(error) => {
                        pass.note(Err(error.into()));
                        return pass;
                    }
                };
                let Some(last) = rows.last() else { break };
                after = *last;
                pass.add(self.ask_of(&rows));
            }
        }
        pass
    }

    /// Evaluates the conditions that wait for what these rows say, and removes the rows when all have been evaluated.
    /// If some could not be, all are evaluated again: the others give the same result.
    fn ask_of(&self, rows: &[u64]) -> Pass {
        let (mut pass, mut changed, mut read) = (Pass::default(), Changed::default(), Vec::new());
        for row in rows {
            match self.0.store.row(CHANGED, *row) {
                Ok(Some(stored)) => {
                    changed.add(&stored.record);
                    read.push(*row);
                }
                Ok(None) => {}
                Err(error) => pass.note(Err(error.into())),
            }
        }
        let mut strange = Strange::new();
        for watched in changed.watched {
            pass.add(self.ask_list(&TaskList::Watching(watched), &mut strange));
        }
        let tasks: Vec<TaskId> = changed.tasks.into_iter().collect();
        pass.add(self.ask_tasks(&tasks, &mut strange));
        if pass.errors.iter().all(Error::is_unreadable) {
            let done = self.step(None, None, |db| {
                db.unit(|unit| {
                    read.iter().try_for_each(|row| unit.put_row(CHANGED, *row, None))?;
                    strange.iter().try_for_each(|(node, tasks)| unit.leave_tasks(*node, tasks))
                })
            });
            pass.note(done.map(|()| 0));
        }
        pass
    }

    fn ask_list(&self, list: &TaskList, strange: &mut Strange) -> Pass {
        let mut after: Option<Cursor> = None;
        let mut pass = Pass::default();
        loop {
            let page = match self.0.store.list_tasks(list, after, BATCH) {
                Ok(page) => page,
                Err(error) => {
                    pass.note(Err(error.into()));
                    return pass;
                }
            };
            after = page.last().copied();
            if after.is_none() {
                return pass;
            }
            let tasks: Vec<TaskId> = page.into_iter().map(|listed| listed.task).collect();
            pass.add(self.ask_tasks(&tasks, strange));
        }
    }

    /// Evaluates the conditions of these tasks. Tasks of one process share a step.
    fn ask_tasks(&self, tasks: &[TaskId], strange: &mut Strange) -> Pass {
        let mut pass = Pass::default();
        for tasks in tasks.chunk_by(|one, next| one.process == next.process) {
            let process: ProcessId = tasks[0].process;
            let asked = self.background(Some(process), |step, _| step.ask_again(tasks));
            pass.note(asked.map(|(held, others)| {
                for task in others {
                    strange.entry(node_hash(&task.flow, &task.node)).or_default().push(task.id);
                }
                held
            }));
        }
        pass
    }
}
