//! Conditions are asked again when a table they read was written.

use viewflow_graph::Kind;

use super::pending::{BATCH, Pass, lock};
use crate::engine::Engine;
use crate::error::Error;
use crate::id::ProcessId;
use crate::store::{Cursor, NodeName, TaskList, TaskStatus};

impl Engine {
    /// Asks the conditions over tables that have changed; all conditions, the first time.
    pub(super) fn ask_conditions(&self) -> Pass {
        let mut lists = Vec::new();
        let first = !std::mem::replace(&mut *lock(&self.0.pending.asked), true);
        if first {
            for def in self.0.flows.values() {
                for node in def.nodes.iter().filter(|node| node.kind == Kind::ConditionalCatch) {
                    let name = NodeName { flow: def.name.to_owned(), node: node.name.to_owned() };
                    lists.push(TaskList::Status(name, TaskStatus::New));
                }
            }
        }
        let dirty = std::mem::take(&mut *lock(&self.0.pending.dirty));
        lists.extend(dirty.iter().cloned().map(TaskList::Watching));
        let mut pass = Pass::default();
        lists.iter().for_each(|list| pass.add(self.ask_list(list)));
        // Of what cannot be read the next write tells again.
        if !pass.errors.iter().all(Error::is_unreadable) {
            // They are asked again, those that were asked already, too.
            lock(&self.0.pending.dirty).extend(dirty);
            *lock(&self.0.pending.asked) = !first;
        }
        pass
    }

    fn ask_list(&self, list: &TaskList) -> Pass {
        let mut after: Option<Cursor> = None;
        let mut asked: Option<ProcessId> = None;
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
            for process in page.into_iter().map(|listed| listed.task.process) {
                if asked.replace(process) != Some(process) {
                    pass.note(self.background(Some(process), |step, _| step.ask_again(process)));
                }
            }
        }
    }
}
