//! A process as it was: just after any of its events.
//!
//! The events report changes of tasks, and changes in data.
//! Statuses and owners are found by following the events from the first one.
//! A part of the data is what the last change up to the event made of it.
//! Where there is no such change, it is what the first later change found there; without either it is as it is now.
//!
//! Some things are not kept, and are not shown as they were:
//!
//! - A value of more than 2,048 bytes of JSON, or of more than 64 arrays and objects.
//!   The history keeps its length. The value is shown while it is the current one, and else as null with its length.
//! - Secrets: they are null.
//! - How an equal value was written: `1.5` may be shown for `1.50`.
//! - That a deletion of a row has emptied a column, as no event reports it. Until the next change the column is shown
//!   as before.
//! - That a worker gave a job back: the job is shown as at work until a worker begins it again.
//! - Drafts and the data of tasks.
//! - Due dates, priorities and follow-up dates: an event only reports that a task was rescheduled.
//! - Nodes and fields that the current flow does not have.
//!
//! Between two events of one step, the process is shown as the events up to there tell it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use viewflow_graph::{Kind, Mark};
use viewflow_store::{
    DataChange, DataPart, Document, Event, EventKind, ProcessData, ProcessId, ProcessStatus, TaskId, TaskRecord,
    TaskStatus, Timestamp, UserId,
};

use super::Desk;
use super::chart::{Chart, chart_of};
use super::shown::{Shower, ShownField};
use super::spelled::{text, time};
use crate::data::field::{FieldKind, FieldSpec};
use crate::definition::Definition;
use crate::engine::read::chart::mark_of;
use crate::error::{Error, Result};
use crate::people::Person;

/// How many tasks and events are read at a time.
const CHUNK: usize = 256;

/// A process as it was just after one of its events.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PastProcess {
    /// Which process.
    pub id: ProcessId,
    /// The number of the event.
    pub event: u32,
    /// When that was.
    #[serde(serialize_with = "time")]
    pub at: Timestamp,
    /// How far the process was.
    #[serde(serialize_with = "text")]
    pub status: ProcessStatus,
    /// The data it had, columns included.
    pub fields: Vec<ShownField>,
    /// What it had been given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<ShownField>,
    /// What it had come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ShownField>,
    /// The tasks that it had had by then, in the order in which they were made.
    pub tasks: Vec<PastTask>,
    /// Its chart, as it was; none where the flow is not known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
}

/// A task as it was just after an event of its process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PastTask {
    /// Which task.
    pub id: TaskId,
    /// The stored name of its node.
    pub node: String,
    /// The title of its node; the name where the node is gone.
    pub title: String,
    /// The kind of its node.
    pub kind: Kind,
    /// How far it was.
    #[serde(serialize_with = "text")]
    pub status: TaskStatus,
    /// The person who had it, or had done it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
}

impl Desk<'_> {
    /// A process as it was just after the event of this number: its data, its tasks, and its chart.
    ///
    /// It is made from the events, so it costs what the whole history of the process costs to read.
    /// It holds what events tell.
    /// Values that were too long for the history are shown by their length alone: see [`ShownField::bytes`].
    /// Secrets, drafts, and the data and dates of tasks are not shown.
    /// A column that the deletion of a row has emptied is shown as before until its next change.
    ///
    /// # Errors
    /// [`Error::NoProcess`] for a process that this person does not see, or whose events are forgotten.
    /// [`Error::NoEvent`] for a number that no event of it has.
    pub fn process_at(&self, id: ProcessId, event: u32) -> Result<PastProcess> {
        let person = Person::of(self);
        self.engine.transaction(|db| {
            let process = self.process_in_step(db, &person, id)?;
            let last = process.events;
            if !(1..=last).contains(&event) {
                return Err(Error::NoEvent { process: id, number: event, last });
            }
            let def = self.engine.0.flows.get(process.flow.as_str());
            let past = self.follow((id, last), event, def.map_or(&[], |def| def.process.fields))?;
            let Some(def) = def else { return Ok(past.shown(None)) };
            let mut shown = past.shown(Some(def));
            let columns = db.columns(def.process.table, id)?;
            let now = db.unit(|unit| unit.process_data(id).cloned())?;
            let Then { data, columns, lengths, end_lengths } = past.data(now, columns);
            let shower = Shower::new(db);
            shown.fields = shower.process(&def.process, &data, columns.as_ref())?;
            for field in &mut shown.fields {
                if let Some(length) = lengths.get(field.name) {
                    field.has_only(*length);
                }
            }
            let [seed, artifact] = shower.ends(def.process.end_kinds, &data.seed, &data.artifact)?;
            let [seed_length, artifact_length] = end_lengths;
            let [seed_kind, artifact_kind] = def.process.end_kinds;
            let only = |name, label, kind: fn() -> FieldKind, length: Option<u64>| {
                length.map(|length| ShownField::of_length(name, label, kind().plain(), length))
            };
            shown.seed = only("seed", "Seed", seed_kind, seed_length).or(seed);
            shown.artifact = only("artifact", "Artifact", artifact_kind, artifact_length).or(artifact);
            Ok(shown)
        })
    }

    /// Follows all events of a process, and keeps their news of the moment after one of them.
    fn follow(&self, (process, last): (ProcessId, u32), event: u32, specs: &'static [FieldSpec]) -> Result<Past> {
        let mut past = Past::new(process, event, specs, self.kinds_of(process)?);
        let mut after = 0;
        while after < last {
            let events = self.engine.events(process, after, CHUNK)?;
            // Those of a process that is being forgotten go first.
            if events.first().is_none_or(|event| event.number != after + 1) {
                return Err(Error::NoProcess(process));
            }
            for event in events.into_iter().take_while(|event| event.number <= last) {
                after = event.number;
                past.add(event);
            }
        }
        Ok(past)
    }

    /// The parts of the tasks of a process that never change.
    fn kinds_of(&self, process: ProcessId) -> Result<BTreeMap<u32, Made>> {
        let mut made = BTreeMap::new();
        let mut after = 0;
        loop {
            let tasks = self.engine.tasks(process, after, CHUNK)?;
            let Some(last) = tasks.last() else { return Ok(made) };
            after = last.id.ordinal;
            made.extend(tasks.into_iter().map(|task| (task.id.ordinal, Made::of(task))));
        }
    }
}

/// What of a task never changes.
struct Made {
    node: String,
    kind: Kind,
    /// The person who did it, if it is a start: no event records that.
    starter: Option<UserId>,
}

impl Made {
    fn of(task: TaskRecord) -> Self {
        let starter = task.owner.filter(|_| task.kind.is_start());
        Self { node: task.node, kind: task.kind, starter }
    }

    /// The status with which such a task waits, if nothing else happens to it in the step that made it.
    fn first_status(&self, owner: Option<&UserId>) -> TaskStatus {
        match self.kind {
            Kind::Timer | Kind::Job => TaskStatus::Scheduled,
            kind if kind == Kind::Join || kind.is_split() || kind.has_children() => TaskStatus::Started,
            _ if owner.is_some() => TaskStatus::Assigned,
            _ => TaskStatus::New,
        }
    }
}

/// A part of data around a moment.
#[derive(Default)]
struct Part {
    /// The last change before it.
    before: Option<DataChange>,
    /// The first change after it.
    after: Option<DataChange>,
}

/// The state of a process at one moment, from its events.
struct Past {
    process: ProcessId,
    event: u32,
    at: Timestamp,
    status: ProcessStatus,
    /// The fields of the process.
    specs: &'static [FieldSpec],
    made: BTreeMap<u32, Made>,
    tasks: BTreeMap<u32, (TaskStatus, Option<UserId>)>,
    parts: BTreeMap<DataPart, Part>,
}

impl Past {
    fn new(process: ProcessId, event: u32, specs: &'static [FieldSpec], made: BTreeMap<u32, Made>) -> Self {
        Self {
            process,
            event,
            at: Timestamp::from_millis(0),
            status: ProcessStatus::New,
            specs,
            made,
            tasks: BTreeMap::new(),
            parts: BTreeMap::new(),
        }
    }

    fn add(&mut self, event: Event) {
        let is_before = event.number <= self.event;
        for change in event.changes {
            let part = match &change.part {
                DataPart::TaskField(_) | DataPart::TaskArtifact => continue,
                DataPart::Field(key) => DataPart::Field(key_of_today(self.specs, key).to_owned()),
                part => part.clone(),
            };
            let part = self.parts.entry(part).or_default();
            if is_before {
                part.before = Some(change);
            } else if part.after.is_none() {
                part.after = Some(change);
            }
        }
        if is_before {
            self.at = event.at;
            self.happened(event.kind);
        }
    }

    fn happened(&mut self, what: EventKind) {
        let ordinal = what.task();
        let Some(ordinal) = ordinal else { return self.happened_to_process(&what) };
        let made = self.made.get(&ordinal);
        let (status, owner) = self.tasks.entry(ordinal).or_insert((TaskStatus::New, None));
        match what {
            EventKind::TaskCreated { .. } => {
                *owner = made.and_then(|made| made.starter.clone());
                *status = made.map_or(TaskStatus::New, |made| made.first_status(None));
            }
            EventKind::TaskRetried { .. } => {
                *status = made.map_or(TaskStatus::New, |made| made.first_status(owner.as_ref()));
            }
            EventKind::TaskAssigned { owner: to, .. } | EventKind::TaskDelegated { to, .. } => {
                (*status, *owner) = (TaskStatus::Assigned, Some(to));
            }
            EventKind::TaskUnassigned { .. } => (*status, *owner) = (TaskStatus::New, None),
            EventKind::TaskStarted { .. } | EventKind::TaskReopened { .. } => *status = TaskStatus::Started,
            EventKind::TaskDelayed { .. } => *status = TaskStatus::Scheduled,
            EventKind::TaskFinished { .. } => *status = TaskStatus::Done,
            EventKind::TaskSkipped { .. } => (*status, *owner) = (TaskStatus::Done, None),
            EventKind::TaskFailed { .. } => *status = TaskStatus::Error,
            EventKind::TaskCanceled { .. } | EventKind::TaskUndone { .. } => *status = TaskStatus::Canceled,
            EventKind::TaskRevived { .. } | EventKind::TaskMoved { .. } => *status = TaskStatus::Revived,
            _ => {}
        }
    }

    fn happened_to_process(&mut self, what: &EventKind) {
        self.status = match what {
            EventKind::ProcessFinished => ProcessStatus::Done,
            EventKind::ProcessCanceled => ProcessStatus::Canceled,
            EventKind::ProcessFailed { .. } => ProcessStatus::Failed,
            EventKind::ProcessSuspended => ProcessStatus::Suspended,
            _ => ProcessStatus::New,
        };
        if self.status == ProcessStatus::Suspended {
            // A worker that is at a job comes too late.
            for (ordinal, (status, _)) in &mut self.tasks {
                let is_job = self.made.get(ordinal).is_some_and(|made| made.kind == Kind::Job);
                if is_job && *status == TaskStatus::Started {
                    *status = TaskStatus::Scheduled;
                }
            }
        }
    }

    /// The process without its data.
    fn shown(&self, def: Option<&Definition>) -> PastProcess {
        let mut marks = vec![Mark::Untouched; def.map_or(0, |def| def.nodes.len())];
        let mut tasks = Vec::new();
        for (ordinal, (status, owner)) in &self.tasks {
            let Some(Made { node, kind, .. }) = self.made.get(ordinal) else { continue };
            let index = def.and_then(|def| def.find(node));
            if let Some(index) = index {
                marks[index] = marks[index].max(mark_of(*status));
            }
            tasks.push(PastTask {
                id: TaskId { process: self.process, ordinal: *ordinal },
                node: node.clone(),
                title: def.zip(index).map_or(node, |(def, index)| &def.nodes[index].title).clone(),
                kind: *kind,
                status: *status,
                owner: owner.clone(),
            });
        }
        PastProcess {
            id: self.process,
            event: self.event,
            at: self.at,
            status: self.status,
            fields: Vec::new(),
            seed: None,
            artifact: None,
            tasks,
            chart: def.map(|def| chart_of(def, marks)),
        }
    }

    /// The data of the process at the moment, made from its current data.
    fn data(&self, data: ProcessData, columns: Option<Document>) -> Then {
        let mut then = Then { data, columns, lengths: BTreeMap::new(), end_lengths: [None; 2] };
        let [seed_length, artifact_length] = &mut then.end_lengths;
        for (part, around) in &self.parts {
            match part {
                DataPart::Seed => (then.data.seed, *seed_length) = around.value(&then.data.seed),
                DataPart::Artifact => (then.data.artifact, *artifact_length) = around.value(&then.data.artifact),
                DataPart::Field(key) => {
                    let at_key = || self.specs.iter().filter(|spec| spec.key.first() == Some(&&**key));
                    let is_column = at_key().any(|spec| spec.column);
                    let document = match &mut then.columns {
                        Some(columns) if is_column => columns,
                        _ => &mut then.data.data,
                    };
                    let (value, length) = around.value(document.get(key).unwrap_or(&Value::Null));
                    if let Some(length) = length {
                        then.lengths.extend(at_key().map(|spec| (spec.name, length)));
                    }
                    document.insert(key.clone(), value);
                }
                DataPart::TaskField(_) | DataPart::TaskArtifact => {}
            }
        }
        then
    }
}

/// The data of a process at a moment.
struct Then {
    data: ProcessData,
    columns: Option<Document>,
    /// How long values were that were too long to be kept, by the fields in which they stood.
    lengths: BTreeMap<&'static str, u64>,
    /// The same of the seed and of the artifact.
    end_lengths: [Option<u64>; 2],
}

impl Part {
    /// The value at the moment, given the current one. Also its length, if the history keeps only that.
    fn value(&self, now: &Value) -> (Value, Option<u64>) {
        match (&self.before, &self.after) {
            (Some(before), None) if before.to_bytes.is_some_and(|bytes| bytes == now.to_string().len() as u64) => {
                (now.clone(), None)
            }
            (Some(before), _) => (before.to.clone(), before.to_bytes),
            (None, Some(after)) => (after.from.clone(), after.from_bytes),
            (None, None) => (now.clone(), None),
        }
    }
}

/// The first key under which a field is stored today that was stored under this one.
fn key_of_today<'k>(specs: &'static [FieldSpec], key: &'k str) -> &'k str {
    let is_known = specs.iter().any(|spec| spec.key.first() == Some(&key));
    let renamed = specs.iter().find(|spec| spec.key.len() == 1 && spec.was.contains(&[key].as_slice()));
    renamed.filter(|_| !is_known).map_or(key, |spec| spec.key[0])
}
