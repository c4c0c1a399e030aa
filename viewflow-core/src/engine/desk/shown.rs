//! Data as a person reads it: each field with its label, its value, and the value as text.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use viewflow_store::{Document, ProcessData, TaskRecord};

use crate::data::document::named;
use crate::data::entity::TableSpec;
use crate::data::field::{FieldKind, FieldSpec, ValueKind, forget_secrets, plain};
use crate::definition::{NodeDef, ProcessDef};
use crate::error::Result;
use crate::unit::Db;

/// A field of a process or a task, or its seed or artifact, with its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShownField {
    /// The name of the field; `seed` or `artifact` of those.
    pub name: &'static str,
    /// What a person reads before the value.
    pub label: &'static str,
    /// What kind of value it is.
    pub kind: ValueKind,
    /// The value; null where there is none, and where it is secret.
    pub value: Value,
    /// The value for people: a reference as the label of its row, a choice as its label.
    pub text: String,
    /// How many bytes of JSON the value had, where the history has kept its length alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl ShownField {
    /// A field whose length alone was kept.
    pub(super) fn of_length(name: &'static str, label: &'static str, kind: ValueKind, bytes: u64) -> Self {
        Self { name, label, kind, value: Value::Null, text: String::new(), bytes: Some(bytes) }
    }

    /// The same for an existing field.
    pub(super) fn has_only(&mut self, bytes: u64) {
        *self = Self::of_length(self.name, self.label, self.kind, bytes);
    }
}

/// Shows data, and looks up each row that it refers to once.
pub(super) struct Shower<'a> {
    db: &'a Db,
    labels: RefCell<BTreeMap<(&'static str, u64), String>>,
}

impl<'a> Shower<'a> {
    pub(super) fn new(db: &'a Db) -> Self {
        Self { db, labels: RefCell::default() }
    }

    /// The fields of a process, in the order of their declaration.
    pub(super) fn process(
        &self,
        def: &ProcessDef,
        data: &ProcessData,
        columns: Option<&Document>,
    ) -> Result<Vec<ShownField>> {
        self.fields(def.fields, (def.by_name)(&data.data, columns))
    }

    /// The seed and the artifact of a process.
    pub(super) fn ends(
        &self,
        kinds: [fn() -> FieldKind; 2],
        seed: &Value,
        artifact: &Value,
    ) -> Result<[Option<ShownField>; 2]> {
        let [seed_kind, artifact_kind] = kinds;
        Ok([
            self.end("seed", "Seed", &seed_kind(), seed)?,
            self.end("artifact", "Artifact", &artifact_kind(), artifact)?,
        ])
    }

    /// The fields of a task.
    pub(super) fn task(&self, node: &NodeDef, task: &TaskRecord) -> Result<Vec<ShownField>> {
        self.fields(node.fields, (node.by_name)(&task.data, None))
    }

    /// A value of a kind as a person reads it.
    pub(super) fn text(&self, kind: &FieldKind, value: &Value) -> Result<String> {
        Ok(match (kind, value) {
            (_, Value::Null) => String::new(),
            (_, Value::Bool(true)) => "yes".to_owned(),
            (_, Value::Bool(false)) => "no".to_owned(),
            (FieldKind::Choice(choices), value) => {
                let choice = choices.iter().find(|choice| choice.value == *value);
                choice.map_or_else(|| plain(value), |choice| choice.label.clone())
            }
            (FieldKind::Reference(table), value) => match value.as_u64() {
                Some(id) => self.label(*table, id, value)?,
                None => plain(value),
            },
            (FieldKind::List(item), Value::Array(items)) => {
                let items = items.iter().map(|value| self.text(item, value));
                items.collect::<Result<Vec<_>>>()?.join(", ")
            }
            (FieldKind::Map(item), Value::Object(items)) => {
                let items = items.iter().map(|(key, value)| Ok(format!("{key}: {}", self.text(item, value)?)));
                items.collect::<Result<Vec<_>>>()?.join(", ")
            }
            (FieldKind::Embedded(specs), Value::Object(fields)) => {
                let mut texts = Vec::new();
                for spec in *specs {
                    let value = fields.get(spec.name).filter(|value| !value.is_null());
                    let text = value.map(|value| self.text(&(spec.kind)(), value)).transpose()?;
                    texts.extend(text.map(|text| format!("{}: {text}", spec.label)));
                }
                texts.join(", ")
            }
            (_, value) => plain(value),
        })
    }

    fn fields(&self, specs: &'static [FieldSpec], mut values: Document) -> Result<Vec<ShownField>> {
        forget_secrets(specs, &mut values);
        let field = |spec: &'static FieldSpec| {
            let (kind, value) = ((spec.kind)(), values.remove(spec.name).unwrap_or_default());
            let text = self.text(&kind, &value)?;
            Ok(ShownField { name: spec.name, label: spec.label, kind: kind.plain(), value, text, bytes: None })
        };
        specs.iter().map(field).collect()
    }

    fn end(
        &self,
        name: &'static str,
        label: &'static str,
        kind: &FieldKind,
        value: &Value,
    ) -> Result<Option<ShownField>> {
        if value.is_null() {
            return Ok(None);
        }
        let mut value = named(kind, value);
        if let FieldKind::Embedded(specs) = kind {
            value.as_object_mut().into_iter().for_each(|fields| forget_secrets(specs, fields));
        }
        let text = self.text(kind, &value)?;
        Ok(Some(ShownField { name, label, kind: kind.plain(), value, text, bytes: None }))
    }

    /// The label of a row; its table and number if it is gone.
    fn label(&self, table: TableSpec, id: u64, value: &Value) -> Result<String> {
        if let Some(label) = self.labels.borrow().get(&(table.name, id)) {
            return Ok(label.clone());
        }
        let row = (table.choices)(self.db).choice_of(value)?;
        let label = row.map_or_else(|| format!("{} {id}", table.name), |row| row.label);
        self.labels.borrow_mut().insert((table.name, id), label.clone());
        Ok(label)
    }
}
