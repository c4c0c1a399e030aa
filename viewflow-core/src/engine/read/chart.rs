//! A flow's graph, and how far a process is in it.

use viewflow_graph::{Graph, Mark};
use viewflow_store::{ProcessId, TaskRecord, TaskStatus};

use crate::engine::Engine;
use crate::error::Result;

impl Engine {
    /// The graph of a flow, by its name.
    ///
    /// # Errors
    /// [`Error::NoFlow`](crate::Error::NoFlow).
    pub fn graph(&self, flow: &str) -> Result<Graph> {
        Ok(self.definition(flow)?.graph.clone())
    }

    /// How far each node of a process is, in the order of the graph's nodes.
    ///
    /// # Errors
    /// [`Error::NoProcess`](crate::Error::NoProcess).
    pub fn marks(&self, process: ProcessId) -> Result<Vec<Mark>> {
        let record = self.process_record(process)?;
        let def = self.definition(&record.flow)?;
        let mut marks = vec![Mark::Untouched; def.nodes.len()];
        let mut mark = |node: &str, mark: Mark| {
            if let Some(node) = def.find(node) {
                marks[node] = marks[node].max(mark);
            }
        };
        record.nodes.lines().for_each(|node| mark(node, Mark::Passed));
        let mut look = |task: &TaskRecord| {
            mark(&task.node, mark_of(task.status));
            false
        };
        if record.nodes.is_empty() {
            // An earlier release began it.
            self.find_task(process, &mut look)?;
        } else {
            self.find_open(process, &mut look)?;
        }
        Ok(marks)
    }
}

/// How far a node is because of a task with this status.
pub(in crate::engine) fn mark_of(status: TaskStatus) -> Mark {
    match status {
        TaskStatus::Error => Mark::Failed,
        status if status.is_final() => Mark::Passed,
        _ => Mark::Active,
    }
}
