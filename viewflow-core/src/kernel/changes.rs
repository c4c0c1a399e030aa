//! Changes that handlers make in data, for the history.
//!
//! Changes are recorded under the current names of fields. Two values are equal if their canonical forms are.

use std::mem;

use serde_json::Value;
use viewflow_store::__private::differences;
use viewflow_store::{DataChange, DataPart, Document, ProcessData, ProcessRecord, TaskId};

use super::Step;
use crate::data::field::{FieldSpec, canonical_fields, forget_secrets_of};
use crate::definition::{Definition, NodeDef};
use crate::error::{Error, Result};

/// Makes the canonical form of a value that is stored in the current form.
type Canonical = fn(&Value) -> Option<Value>;

impl Step {
    /// Notes what the handler of a task changed in its process, and updates the record of the process.
    pub(super) fn tell_process(&mut self, id: TaskId) -> Result<()> {
        let Some(running) = self.running.get_mut(&id.process) else { return Ok(()) };
        let Some(proxy) = running.proxy.as_deref() else { return Ok(()) };
        let def = &*running.def;
        let told = running.told.take();
        let (changes, columns, differs) = self.db.unit(|unit| {
            let now = unit.change_process_data(id.process)?;
            let data = mem::take(&mut now.data);
            let before =
                ProcessData { seed: now.seed.take(), artifact: now.artifact.take(), data, ..ProcessData::default() };
            match (def.process.save)(proxy, now) {
                Ok(columns) => {
                    let (opened, columns) = columns.unzip();
                    let before = (before, told.or(opened));
                    let (process, now) = unit.process_and_data(id.process)?;
                    if is_same(&before, (now, columns.as_ref())) {
                        return Ok((Vec::new(), columns, false));
                    }
                    let changes = process_changes(def, process, before, (now, columns.as_ref()));
                    Ok::<_, Error>((changes, columns, true))
                }
                // A later handler may still correct the data. If it is wrong at the end of the step, the step fails.
                Err(_) => {
                    (now.data, now.seed, now.artifact) = (before.data, before.seed, before.artifact);
                    Ok((Vec::new(), told, true))
                }
            }
        })?;
        running.told = columns;
        running.changed |= differs;
        self.db.unit(|unit| unit.tell(id, changes));
        Ok(())
    }

    /// Notes what changes in a task.
    pub(super) fn tell_task(&self, node: &NodeDef, id: TaskId, artifact: &Value, data: &Document) -> Result<()> {
        self.db.unit(|unit| {
            let task = unit.task(id)?;
            let mut changes = Vec::new();
            if task.artifact != *artifact || task.data != *data {
                let (was, before) = (node.of_today)(task).unwrap_or_else(|| (task.artifact.clone(), task.data.clone()));
                changes.extend(change_of(DataPart::TaskArtifact, node.artifact, &was, artifact));
                changes_of(node.fields, &before, data, DataPart::TaskField, &mut changes);
            }
            unit.tell(id, changes);
            Ok(())
        })
    }
}

fn is_same(
    (before, columns): &(ProcessData, Option<Document>),
    (after, columns_after): (&ProcessData, Option<&Document>),
) -> bool {
    (&before.data, &before.seed, &before.artifact) == (&after.data, &after.seed, &after.artifact)
        && columns.as_ref() == columns_after
}

/// Returns what differs in the data of a process, and in its columns if both are known.
fn process_changes(
    def: &Definition,
    process: &ProcessRecord,
    before: (ProcessData, Option<Document>),
    (after, columns_after): (&ProcessData, Option<&Document>),
) -> Vec<DataChange> {
    let mut changes = Vec::new();
    let (before, columns) = of_today(def, process, before);
    let [seed, artifact] = def.process.ends;
    changes.extend(change_of(DataPart::Seed, seed, &before.seed, &after.seed));
    changes.extend(change_of(DataPart::Artifact, artifact, &before.artifact, &after.artifact));
    changes_of(def.process.fields, &before.data, &after.data, DataPart::Field, &mut changes);
    if let (Some(before), Some(after)) = (columns, columns_after) {
        changes_of(def.process.fields, &before, after, DataPart::Field, &mut changes);
    }
    changes
}

/// Returns the data and columns of a process in the form in which they would be stored now. Data that cannot be read
/// stays as it is.
fn of_today(
    def: &Definition,
    process: &ProcessRecord,
    (data, columns): (ProcessData, Option<Document>),
) -> (ProcessData, Option<Document>) {
    // The process was begun with the current fields.
    if process.shape == def.shape {
        return (data, columns);
    }
    def.process.of_today(process, &data, columns.clone()).unwrap_or((data, columns))
}

fn change_of(part: DataPart, canonical: Canonical, from: &Value, to: &Value) -> Option<DataChange> {
    let change = DataChange::of(part, from, to)?;
    let (from, to) = (canonical(from), canonical(to));
    (from.is_none() || from != to).then_some(change)
}

/// Notes the parts in which two documents differ. A value that is only written in another form does not differ.
fn changes_of(
    specs: &[FieldSpec],
    before: &Document,
    after: &Document,
    part: fn(String) -> DataPart,
    changes: &mut Vec<DataChange>,
) {
    // Only keys whose values differ need their canonical form. A key that is new has changed in any form.
    let canonical = |document: &Document, other: &Document| {
        let differ = document.iter().filter(|(key, value)| other.get(*key).is_some_and(|other| other != *value));
        let mut differ = differ.map(|(key, value)| (key.clone(), value.clone())).collect();
        canonical_fields(specs, &mut differ);
        differ
    };
    let (before_key, after_key) = (canonical(before, after), canonical(after, before));
    let same = |key: &str| before_key.get(key) == after_key.get(key);
    let told = changes.len();
    differences(before, after, same, part, changes);
    for change in &mut changes[told..] {
        let (DataPart::Field(key) | DataPart::TaskField(key)) = &change.part else { continue };
        // For a secret, the history says that it changed, but neither the old nor the new value.
        for spec in specs.iter().filter(|spec| spec.key == [key.as_str()]) {
            [&mut change.from, &mut change.to].into_iter().for_each(|value| forget_secrets_of(spec, value));
        }
    }
}
