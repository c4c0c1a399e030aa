//! Undoing what was done, by the functions that undo it.

use std::collections::BTreeMap;

use viewflow_graph::Role;

use super::{ROOT, Step};
use crate::error::Result;
use crate::id::TaskId;
use crate::store::{TaskStatus, What};

impl Step {
    /// Undoes what was done in the process of a task and can be undone, newest first, each once.
    pub(super) fn compensate(&mut self, thrower: TaskId) -> Result<()> {
        let process = thrower.process;
        let def = self.def_of(process)?;
        let way = |node: &str| {
            let node = &def.nodes[def.find(node)?];
            Some((node, node.edges.iter().find(|edge| edge.role == Role::Compensation)?))
        };
        let mut done = Vec::new();
        self.db.unit(|unit| {
            unit.each_task(process, 0, |task| {
                if task.status == TaskStatus::Done && !task.compensated && !task.skipped && way(&task.node).is_some() {
                    done.push(task.clone());
                }
            })
        })?;
        if done.is_empty() {
            return Ok(());
        }
        // Times are too coarse to tell which was done last.
        let order: BTreeMap<u32, u32> = self
            .db
            .unit(|unit| unit.events_of(process))?
            .into_iter()
            .filter_map(|event| match event.what {
                What::TaskFinished { task, .. } => Some((task, event.number)),
                _ => None,
            })
            .collect();
        done.sort_by_key(|task| std::cmp::Reverse(order.get(&task.id.ordinal).copied().unwrap_or(0)));
        for host in done {
            let Some((node, edge)) = way(&host.node) else { continue };
            // All of it is undone, or nothing: should the function fail, it is the thrower that has failed.
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
