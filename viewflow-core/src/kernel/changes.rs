//! What handlers change in data, for the history: under the names of today, and whether values are equal is told by their
//! canonical forms.

use std::mem;

use serde_json::Value;
use viewflow_store::__private::differences;
use viewflow_store::{DataChange, DataPart, Document, ProcessData, ProcessRecord, TaskId};

use super::Step;
use crate::data::field::{FieldSpec, canonical_fields, forget_secrets_of};
use crate::definition::{Definition, NodeDef};
use crate::error::{Error, Result};

/// Makes the canonical form of a value that is stored as of today.
type Canonical = fn(&Value) -> Option<Value>;

impl Step {
    /// Notes what the handler of a task changed in its process, whose record is brought up to date.
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
                // Another handler may mend it: what is wrong at the end of the step fails it.
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

/// What differs in the data of a process, and perhaps in its columns, before and after.
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

/// The data and columns of a process as they would be stored today; as they are, where they cannot be read.
fn of_today(
    def: &Definition,
    process: &ProcessRecord,
    (data, columns): (ProcessData, Option<Document>),
) -> (ProcessData, Option<Document>) {
    // It was begun with the fields of today.
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

/// The parts in which two documents differ by more than how equal values were written.
fn changes_of(
    specs: &[FieldSpec],
    before: &Document,
    after: &Document,
    part: fn(String) -> DataPart,
    changes: &mut Vec<DataChange>,
) {
    // Most of a document stays as it is when one field of it changes; and what was not there before has changed in any form.
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
        // That it has changed is told, and not from what to what.
        for spec in specs.iter().filter(|spec| spec.key == [key.as_str()]) {
            [&mut change.from, &mut change.to].into_iter().for_each(|value| forget_secrets_of(spec, value));
        }
    }
}
