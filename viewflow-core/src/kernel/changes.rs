//! What handlers change in data, for the history.

use std::mem;

use serde_json::Value;

use super::Step;
use crate::error::{Error, Result};
use crate::id::TaskId;
use crate::store::{DataChange, DataPart, Document, differences};

impl Step {
    /// Notes what the handler of a task changed in its process, whose record is brought up to date.
    pub(super) fn tell_process(&mut self, id: TaskId) -> Result<()> {
        let Some(running) = self.running.get_mut(&id.process) else { return Ok(()) };
        let Some(proxy) = running.proxy.as_deref() else { return Ok(()) };
        let save = running.def.process.save;
        let mut changes = Vec::new();
        let columns = self.db.unit(|unit| {
            let record = unit.change_process_data(id.process)?;
            let data = mem::take(&mut record.data);
            let (seed, artifact) = (record.seed.take(), record.artifact.take());
            match save(proxy, record) {
                Ok(columns) => {
                    changes.extend(DataChange::of(DataPart::Seed, &seed, &record.seed));
                    changes.extend(DataChange::of(DataPart::Artifact, &artifact, &record.artifact));
                    differences(&data, &record.data, DataPart::Field, &mut changes);
                    Ok::<_, Error>(columns)
                }
                // Another handler may mend it: what is wrong at the end of the step fails it.
                Err(_) => {
                    (record.data, record.seed, record.artifact) = (data, seed, artifact);
                    Ok(None)
                }
            }
        })?;
        if let Some((opened, columns)) = columns {
            differences(running.told.as_ref().unwrap_or(&opened), &columns, DataPart::Field, &mut changes);
            running.told = Some(columns);
        }
        self.db.unit(|unit| unit.tell(id, changes));
        Ok(())
    }

    /// Notes what changes in a task.
    pub(super) fn tell_task(&self, id: TaskId, artifact: &Value, data: &Document) -> Result<()> {
        self.db.unit(|unit| {
            let task = unit.task(id)?;
            let mut changes = Vec::new();
            changes.extend(DataChange::of(DataPart::TaskArtifact, &task.artifact, artifact));
            differences(&task.data, data, DataPart::TaskField, &mut changes);
            unit.tell(id, changes);
            Ok(())
        })
    }
}
