//! A flow's graph, and how far a process is in it.

use viewflow_graph::{Graph, Mark};

use crate::engine::Engine;
use crate::error::Result;
use crate::id::ProcessId;
use crate::store::TaskStatus;

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
        let mut after = 0;
        loop {
            let tasks = self.tasks(process, after, 1000)?;
            let Some(last) = tasks.last() else { return Ok(marks) };
            after = last.id.ordinal;
            for task in &tasks {
                if let Some(node) = def.find(&task.node) {
                    let mark = match task.status {
                        TaskStatus::Error => Mark::Failed,
                        status if status.is_final() => Mark::Passed,
                        _ => Mark::Active,
                    };
                    marks[node] = marks[node].max(mark);
                }
            }
        }
    }
}
