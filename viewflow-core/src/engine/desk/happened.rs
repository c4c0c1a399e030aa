//! Events as a person reads them: with labels, and data before and after.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use viewflow_store::{DataChange, DataPart, Event, EventKind, ProcessId, TaskId, TaskRecord, Timestamp, UserId};

use super::Desk;
use super::shown::Shower;
use super::sight::sees_task;
use super::spelled::{text, time};
use crate::data::document::named;
use crate::data::field::{FieldKind, FieldSpec};
use crate::definition::Definition;
use crate::engine::Page;
use crate::error::Result;
use crate::people::Person;
use crate::unit::Db;

/// Something that happened in a process.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShownEvent {
    /// In which process.
    pub process: ProcessId,
    /// Its number within the process, counting up from 1.
    pub number: u32,
    /// When.
    #[serde(serialize_with = "time")]
    pub at: Timestamp,
    /// The person who did it; none where it happened by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<UserId>,
    /// The person in whose place the actor did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<UserId>,
    /// Why, if the actor said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// What happened, in words.
    pub text: String,
    /// The task that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The title of the node of that task, as it is today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The changes in data that it made: before and after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ShownChange>,
}

/// A part of data that was changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShownChange {
    /// Which part: `process.title`, `process.seed`, `task.text`.
    #[serde(serialize_with = "text")]
    pub part: DataPart,
    /// The label that a person reads before the value, if the field is known today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'static str>,
    /// The value before.
    pub from: ShownValue,
    /// The value after.
    pub to: ShownValue,
}

/// A value of a part of data, before or after a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShownValue {
    /// The value; null where there was none, where it is secret, and where it was too long to be kept.
    pub value: Value,
    /// The value for people.
    pub text: String,
    /// How many bytes of JSON it had, where it was too long to be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl Desk<'_> {
    /// The events of a process, newest first: at most `limit` events with numbers less than `after`.
    ///
    /// A person who may not view the process sees what changed in its data, and in the data of tasks that they see.
    ///
    /// # Errors
    /// [`Error::NoProcess`](crate::Error::NoProcess) for a process that this person does not see.
    pub fn history(&self, process: ProcessId, after: Option<u32>, limit: usize) -> Result<Page<ShownEvent, u32>> {
        let person = Person::of(self);
        self.engine.transaction(|db| {
            let record = self.seen_process(&person, process)?;
            self.happened(db, &person, (process, record.events), after, limit)
        })
    }

    /// The same, for a process that the person is known to see, and that has `last` events.
    pub(super) fn happened(
        &self,
        db: &Db,
        person: &Person,
        (process, last): (ProcessId, u32),
        after: Option<u32>,
        limit: usize,
    ) -> Result<Page<ShownEvent, u32>> {
        let last = after.map_or(last, |after| last.min(after.saturating_sub(1)));
        let first = last.saturating_sub(u32::try_from(limit).unwrap_or(u32::MAX));
        let mut events = self.engine.events(process, first, limit)?;
        events.retain(|event| event.number <= last);
        events.reverse();
        let next = events.last().map(|event| event.number).filter(|number| *number > 1);
        let shower = Shower::new(db);
        let ordinals: BTreeSet<u32> = events.iter().filter_map(|event| event.kind.task()).collect();
        let ids: Vec<TaskId> = ordinals.into_iter().map(|ordinal| TaskId { process, ordinal }).collect();
        let tasks = self.engine.0.store.tasks_at(&ids)?.into_iter().flatten();
        let tasks: BTreeMap<u32, TaskRecord> = tasks.map(|task| (task.id.ordinal, task)).collect();
        let mut items = Vec::new();
        for event in events {
            let task = event.kind.task().and_then(|ordinal| tasks.get(&ordinal));
            items.push(self.shown_event(&shower, person, event, task)?);
        }
        Ok(Page { items, next, is_cut: false })
    }

    fn shown_event(
        &self,
        shower: &Shower<'_>,
        person: &Person,
        event: Event,
        task: Option<&TaskRecord>,
    ) -> Result<ShownEvent> {
        let def = task.and_then(|task| self.engine.0.flows.get(task.flow.as_str()));
        let sees_data = task.is_some_and(|task| sees_task(person, task));
        let is_seen =
            |change: &&DataChange| sees_data || !matches!(change.part, DataPart::TaskField(_) | DataPart::TaskArtifact);
        let node = def.zip(task).and_then(|(def, task)| def.find(&task.node));
        let changes = event.changes.iter().filter(is_seen);
        let changes = changes.map(|change| shown_change(shower, def.map(|def| &**def), node, change));
        Ok(ShownEvent {
            process: event.process,
            number: event.number,
            at: event.at,
            text: event.kind.to_string(),
            task: event.kind.task().map(|ordinal| TaskId { process: event.process, ordinal }),
            title: def.zip(node).map(|(def, node)| def.nodes[node].title.clone()),
            changes: changes.collect::<Result<_>>()?,
            actor: event.actor,
            on_behalf_of: event.on_behalf_of,
            reason: event.reason,
            kind: event.kind,
        })
    }
}

fn shown_change(
    shower: &Shower<'_>,
    def: Option<&Definition>,
    node: Option<usize>,
    change: &DataChange,
) -> Result<ShownChange> {
    let field = |specs: &'static [FieldSpec], key: &str| {
        let spec = specs.iter().find(|spec| spec.key == [key]);
        spec.map(|spec| (spec.label, (spec.kind)()))
    };
    let known = def.and_then(|def| match &change.part {
        DataPart::Field(key) => field(def.process.fields, key),
        DataPart::Seed => Some(("Seed", def.process.end_kinds[0]())),
        DataPart::Artifact => Some(("Artifact", def.process.end_kinds[1]())),
        DataPart::TaskField(key) => field(def.nodes[node?].fields, key),
        DataPart::TaskArtifact => Some(("Artifact", def.nodes[node?].end_kinds[1]())),
    });
    let (label, kind) = known.unzip();
    let kind = kind.unwrap_or(FieldKind::Json);
    let value = |value: &Value, bytes: Option<u64>| {
        let value = named(&kind, value);
        Ok::<_, crate::error::Error>(ShownValue { text: shower.text(&kind, &value)?, value, bytes })
    };
    Ok(ShownChange {
        part: change.part.clone(),
        label,
        from: value(&change.from, change.from_bytes)?,
        to: value(&change.to, change.to_bytes)?,
    })
}
