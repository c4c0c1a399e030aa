//! How a process ends.

use std::collections::BTreeMap;

use viewflow_store::{EventKind, ProcessId, ProcessStatus, ScopeId, TaskId, TaskStatus};

use super::{ROOT, Step};
use crate::error::{Error, Result};

impl Step {
    /// Ends a process, and cancels what is open in it.
    pub(super) fn end_process(
        &mut self,
        process: ProcessId,
        status: ProcessStatus,
        code: Option<String>,
    ) -> Result<()> {
        self.cancel_open(process)?;
        self.db.unit(|unit| unit.close_scope(ScopeId { process, number: ROOT }))?;
        self.finish_process(process, status, code)
    }

    /// Finishes a process in which nothing is open any longer, and informs its parent.
    pub(super) fn finish_process(
        &mut self,
        process: ProcessId,
        status: ProcessStatus,
        code: Option<String>,
    ) -> Result<()> {
        // The parent may read the result in this same step.
        if let Some(running) = self.running.get(&process) {
            self.save(process, running)?;
        }
        let outcome = if status == ProcessStatus::Canceled { None } else { self.outcome(process)? };
        let parent = self.db.unit(|unit| {
            let now = unit.now;
            let record = unit.change_process(process)?;
            record.status = status;
            record.finished = Some(now);
            record.error.clone_from(&code);
            record.outcome = outcome;
            (record.last_end, record.crossed) = (0, 0);
            let parent = record.parent;
            unit.record(
                process,
                match (status, &code) {
                    (ProcessStatus::Failed, code) => {
                        EventKind::ProcessFailed { code: code.clone().unwrap_or_default() }
                    }
                    (ProcessStatus::Canceled, _) => EventKind::ProcessCanceled,
                    _ => EventKind::ProcessFinished,
                },
            )?;
            Ok::<_, Error>(parent)
        })?;
        let Some(parent) = parent else { return Ok(()) };
        let depth = self.depth;
        if !self.db.unit(|unit| unit.is_new(process)) {
            // A process of an earlier step ends once, so it is no loop if many processes around it end with it.
            self.depth = 0;
        }
        let heard = self.child_ended(parent, process, status, code);
        self.depth = depth;
        heard
    }

    /// Returns the outcome of the end that the last token of a process came to.
    fn outcome(&mut self, process: ProcessId) -> Result<Option<String>> {
        let end = self.ends.remove(&process).map_or_else(|| self.last_end(process), |end| Ok(Some(end)))?;
        let Some(end) = end else { return Ok(None) };
        let def = self.def_of(process)?;
        let told = def.find(&end).and_then(|node| def.nodes[node].outcome);
        Ok(Some(told.map_or(end, str::to_owned)))
    }

    /// Returns the name of the end that the last token of a process came to, in an earlier step. The tokens beside it
    /// have been canceled since.
    fn last_end(&self, process: ProcessId) -> Result<Option<String>> {
        self.db.unit(|unit| {
            let record = unit.process(process)?;
            match (record.ends, record.last_end) {
                (0, _) => return Ok(None),
                (_, 0) => {}
                (_, ordinal) => return Ok(Some(unit.task(TaskId { process, ordinal })?.node.clone())),
            }
            let mut ends = BTreeMap::new();
            unit.each_task(process, 0, |task| {
                if task.kind.is_end() && task.status == TaskStatus::Done {
                    ends.insert(task.id.ordinal, (task.place, task.node.clone()));
                }
            })?;
            unit.last_finished(process, ends)
        })
    }
}
