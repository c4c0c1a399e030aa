//! Compensation: undoing what was done, with the functions that the flow has for it.

use std::collections::BTreeMap;

use viewflow_graph::Role;
use viewflow_store::{Event, EventKind, TaskId, TaskStatus};

use super::{ROOT, Step};
use crate::error::Result;

impl Step {
    /// Compensates everything in the process of `thrower` that is done and has a compensation: the newest first, each
    /// once.
    pub(super) fn compensate(&mut self, thrower: TaskId) -> Result<()> {
        let process = thrower.process;
        let def = self.def_of(process)?;
        let mut done = Vec::new();
        for node in &def.nodes {
            let Some(edge) = node.edges.iter().find(|edge| edge.role == Role::Compensation) else { continue };
            self.db.unit(|unit| {
                unit.newest_of(process, node.name, |task| {
                    if task.status == TaskStatus::Done && !task.compensated && !task.skipped {
                        done.push((task.clone(), node, edge));
                    }
                    false
                })
            })?;
        }
        // Times are too coarse to order the tasks. Tasks of an earlier release have no place, so the events order them.
        if done.iter().any(|(task, ..)| task.place == 0) {
            let events = self.db.unit(|unit| unit.events_of(process))?;
            let order: BTreeMap<u32, u32> = events.into_iter().filter_map(finished).collect();
            done.iter_mut().for_each(|(task, ..)| task.place = order.get(&task.id.ordinal).copied().unwrap_or(0));
        }
        done.sort_by_key(|(task, ..)| std::cmp::Reverse(task.place));
        for (host, node, edge) in done {
            // Either everything is undone, or nothing: if a compensation fails, the thrower has failed.
            let spawns = self.ask(node, &host, |step, activation| step.spawn(&def, edge, activation))?;
            self.change_task(host.id, |task| task.compensated = true)?;
            for spawn in spawns {
                let task = self.add_task(process, &spawn, ROOT, Some(host.id.ordinal))?;
                self.go_through(task, &())?;
            }
        }
        Ok(())
    }
}

fn finished(event: Event) -> Option<(u32, u32)> {
    match event.kind {
        EventKind::TaskFinished { task, .. } => Some((task, event.number)),
        _ => None,
    }
}
