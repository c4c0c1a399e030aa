//! Conditions that tasks wait for: which of them a step evaluates, and what follows.
//!
//! A step evaluates a condition when a task begins to wait for it, when something has changed that the condition read,
//! and when the data of its process has changed. The task records what its condition read. If a condition reads
//! something that cannot be recorded, each step of its process evaluates it.

use viewflow_store::{ProcessId, StoreError, TablePart, TaskId, TaskList, TaskRecord, TaskStatus, WaitsFor};

use super::Step;
use crate::definition::Wait;
use crate::error::{Error, Result};
use crate::unit::Unit;
use crate::unit::watch::{Written, node_hash, was_written};

impl Step {
    /// Evaluates those conditions that may hold by now, in the processes that the step has come to. Tasks whose
    /// conditions hold go on. Returns whether there were any.
    pub(super) fn ask_conditions(&mut self) -> Result<bool> {
        let processes: Vec<ProcessId> = self.running.keys().copied().collect();
        let mut waiting = Vec::new();
        for process in processes {
            let open = self.db.unit(|unit| unit.process(process).map(|process| process.conditions))?;
            waiting.extend((open > 0).then_some((process, open)));
        }
        if waiting.is_empty() {
            return Ok(false);
        }
        let mut held = false;
        let written = self.db.unit(Unit::take_written);
        for (process, open) in waiting {
            for task in self.due_to_be_asked(process, open, &written)? {
                if self.holds(task)? {
                    held = true;
                    self.held += 1;
                    self.go_through(task, &())?;
                    self.advance_all()?;
                }
            }
        }
        Ok(held)
    }

    /// Returns the tasks of a process whose conditions are to be evaluated. `open` is how many wait for conditions.
    fn due_to_be_asked(&mut self, process: ProcessId, open: u32, written: &Written) -> Result<Vec<TaskId>> {
        let of_process = TaskId { process, ordinal: 0 }..=TaskId { process, ordinal: u32::MAX };
        let mut found: Vec<TaskId> = self.asks.extract_if(of_process, |_| true).collect();
        let Some(running) = self.running.get_mut(&process) else { return Ok(found) };
        let first = !std::mem::replace(&mut running.asked, true);
        let all = TaskList::Conditions(process);
        if std::mem::take(&mut running.changed) {
            return self.db.unit(|unit| unit.waiting(&all));
        }
        let so_far;
        let written = if first {
            so_far = self.db.unit(|unit| unit.all_written());
            &so_far
        } else {
            written
        };
        let listed = self.db.unit(|unit| {
            found.extend(unit.waiting(&TaskList::Restless(process))?);
            found.extend(watchers(unit, process, open, written)?);
            Ok(())
        });
        match listed {
            // The store is still filling lists that another release did not keep.
            Err(Error::Store(StoreError::NotReady { .. })) => self.db.unit(|unit| unit.waiting(&all)),
            Err(error) => Err(error),
            Ok(()) => {
                found.sort_unstable();
                found.dedup();
                Ok(found)
            }
        }
    }

    /// Returns whether the condition holds for which a task waits.
    fn holds(&mut self, id: TaskId) -> Result<bool> {
        let task = match self.task(id) {
            Err(Error::NoTask(_)) => return Ok(false),
            task => task?,
        };
        if task.status != TaskStatus::New || task.suspended {
            return Ok(false);
        }
        let def = self.def_of(id.process)?;
        let Some(index) = def.find(&task.node) else {
            // The node belongs to another version of the flow, whose engine evaluates the condition.
            self.db.unit(|unit| unit.leave_tasks(node_hash(&task.flow, &task.node), &[id]))?;
            return Ok(false);
        };
        let node = &def.nodes[index];
        let Wait::Condition(cond) = &node.wait else { return Ok(false) };
        self.blame(id);
        if let Some(error) = self.fault(id) {
            self.fail(id, error)?;
            return Ok(false);
        }
        self.db.unit(|unit| {
            unit.begin_asking();
            if let Some(columns) = def.process.table {
                unit.note_part(columns, TablePart::Row(id.process.0));
            }
        });
        let holds = self.ask(node, &task, |_, activation| cond(&*def.flow, activation))?;
        let mut reads = self.db.unit(Unit::end_asking);
        // Nothing announces a change in the flow's own state.
        reads.steps |= def.has_state;
        let mut tables: Vec<String> = reads.watched.iter().map(|watched| watched.table.clone()).collect();
        tables.dedup();
        let now = Some(WaitsFor::Condition { tables: tables.clone(), reads: Some(reads) });
        if !holds && task.waits_for != now {
            self.db.unit(|unit| unit.watch(tables.iter().map(String::as_str)))?;
            self.change_task(id, |task| task.waits_for = now)?;
        }
        Ok(holds)
    }

    /// Evaluates the conditions for which these tasks wait. Returns how many hold, and the tasks whose flow or node
    /// this engine does not have.
    pub(crate) fn ask_again(&mut self, tasks: &[TaskId]) -> Result<(usize, Vec<TaskRecord>)> {
        let mut strange = Vec::new();
        for id in tasks {
            let task = match self.task(*id) {
                Err(Error::NoTask(_)) => continue,
                task => task?,
            };
            match self.node_of(&task) {
                Ok(_) => drop(self.asks.insert(*id)),
                Err(Error::NoFlow(_) | Error::NoNode { .. }) => strange.push(task),
                Err(error) => return Err(error),
            }
        }
        self.drain()?;
        Ok((self.held, strange))
    }
}

/// Returns the tasks of a process whose conditions have read something in `written`. The search goes by what was
/// written or by the `open` waiting tasks: by the smaller number.
fn watchers(unit: &mut Unit, process: ProcessId, open: u32, written: &Written) -> Result<Vec<TaskId>> {
    if written.is_empty() {
        return Ok(Vec::new());
    }
    let found = if written.values().map(|parts| parts.len() + 1).sum::<usize>() < open as usize {
        unit.watching(process, written)?
    } else {
        unit.waiting(&TaskList::Conditions(process))?
    };
    let mut asked = Vec::new();
    for id in found {
        if let Some(WaitsFor::Condition { reads: Some(reads), .. }) = &unit.task(id)?.waits_for
            && was_written(reads, written)
        {
            asked.push(id);
        }
    }
    Ok(asked)
}
