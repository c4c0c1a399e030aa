//! What a person fills in.

use std::fmt;

use serde_json::Value;

use crate::data::decision::CaseSpec;
use crate::data::document::{self, Fields};
use crate::data::field::{Choice, FieldKind, FieldSpec, each_item, items_at, plain, whole};
use crate::error::{Complaint, Error, FieldErrors, Result};
use crate::id::ProcessId;
use crate::people::User;
use crate::store::Document;
use crate::unit::Db;

/// A struct that a person fills in. `#[derive(Form)]` implements it, and `#[fields(..)]` on a node makes one from the
/// fields of the process. `()` is a form without fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a form",
    label = "not a form",
    note = "a form is a struct or an enum of your own with `#[derive(Form, Clone)]`"
)]
pub trait Form: Fields + Clone {
    /// The cases of a form that is an enum, each with the number of its field; none where a form is a struct.
    const CASES: &'static [CaseSpec] = &[];

    /// The number of the case that was chosen.
    fn case(&self) -> Option<usize> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl Form for () {}

/// A form described as data, from which a page or a terminal can draw it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FormSpec {
    /// What a person reads above it: the node's title.
    pub title: String,
    /// Its fields, in order.
    pub fields: Vec<FormField>,
}

/// One field of a [`FormSpec`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FormField {
    /// The key under which its value is sent.
    pub name: &'static str,
    /// What a person reads.
    pub label: &'static str,
    /// A sentence of help; empty when there is none.
    pub help: &'static str,
    /// Whether it has to be filled in.
    pub required: bool,
    /// What kind of value it takes.
    pub kind: FieldKind,
    /// The greatest number of characters, items or bytes.
    pub max_length: Option<usize>,
    /// A regular expression that the whole text must match.
    pub pattern: Option<&'static str>,
    /// The least value.
    pub min: Option<Value>,
    /// The greatest value.
    pub max: Option<Value>,
    /// What this person can choose, where that is limited.
    pub choices: Option<Vec<Choice>>,
    /// What it is filled in with at first; null when with nothing.
    pub value: Value,
}

/// A value that is equal to a choice as that choice is written, by which a page knows it.
fn as_chosen(spec: &FieldSpec, choices: Option<&[Choice]>, value: Value) -> Value {
    let Some(choices) = choices else { return value };
    if let Value::Array(items) = value {
        return items.into_iter().map(|item| as_chosen(spec, Some(choices), item)).collect();
    }
    if choices.iter().any(|choice| choice.value == value) {
        return value;
    }
    let key = |value: &Value| spec.key_of_item(value);
    let same = key(&value).and_then(|of| choices.iter().find(|choice| key(&choice.value).as_ref() == Some(&of)));
    same.map_or(value, |choice| choice.value.clone())
}

/// Whether a value is of the kind, whatever its rules: `deep` within nested structs, too.
fn fits(kind: &FieldKind, value: &Value, deep: bool) -> bool {
    match (kind, value) {
        (FieldKind::Json, _) | (_, Value::Null) => true,
        (FieldKind::Bool, value) => value.is_boolean(),
        (FieldKind::Integer { min, max }, value) => whole(value).is_some_and(|whole| (*min..=*max).contains(&whole)),
        (FieldKind::Reference(_) | FieldKind::Process, value) => value.is_u64(),
        (FieldKind::Float, value) => value.is_number(),
        (FieldKind::Decimal, value) => value.is_number() || value.is_string(),
        (FieldKind::List(item), Value::Array(values)) => values.iter().all(|value| fits(item, value, deep)),
        (FieldKind::Map(item), Value::Object(values)) => values.values().all(|value| fits(item, value, deep)),
        (FieldKind::Choice(choices), value) => choices.iter().any(|choice| choice.value == *value),
        (FieldKind::Embedded(specs), Value::Object(fields)) => {
            let known = |name: &String, value| {
                specs.iter().find(|spec| spec.name == name).is_some_and(|spec| fits(&(spec.kind)(), value, deep))
            };
            !deep || fields.iter().all(|(name, value)| known(name, value))
        }
        (FieldKind::Nothing | FieldKind::List(_) | FieldKind::Map(_) | FieldKind::Embedded(_), _) => false,
        (_, value) => value.is_string(),
    }
}

/// What the fields hold before anything is sent: what is stored under their names, or their defaults, and over that what fits of a
/// draft: as it was written; else as it can be read today, which stands beside it.
pub(crate) fn shown(specs: &[FieldSpec], stored: Option<&Document>, draft: Option<(&Document, Document)>) -> Document {
    let value = |spec: &FieldSpec| {
        let kind = (spec.kind)();
        if let Some(value) = draft.as_ref().and_then(|(draft, today)| drafted(spec, &kind, draft, today)) {
            return value;
        }
        let stored = stored.filter(|_| !spec.begins_empty).and_then(|stored| stored.get(spec.name)).cloned();
        stored.or_else(|| spec.default.map(|default| document::named(&kind, &default()))).unwrap_or_default()
    };
    specs.iter().map(|spec| (spec.name.to_owned(), value(spec))).collect()
}

fn drafted(spec: &FieldSpec, kind: &FieldKind, draft: &Document, today: &Document) -> Option<Value> {
    let written = draft.get(spec.name).filter(|value| fits(kind, value, true)).cloned();
    let read = || Some(document::named(kind, today.get(spec.name)?));
    // It need not be whole.
    let in_part = || draft.get(spec.name).or_else(|| spec.named_before(draft)).filter(|value| fits(kind, value, false));
    written.or_else(read).or_else(|| in_part().cloned())
}

/// Describes the fields for somebody who fills them in, with what they hold.
pub(crate) fn describe(
    title: &str,
    specs: &[FieldSpec],
    db: &Db,
    user: &dyn User,
    shown: &Document,
) -> Result<FormSpec> {
    let field = |spec: &FieldSpec| {
        let kind = (spec.kind)();
        let choices = match (spec.choices, &kind) {
            (Some(choices), _) => Some(choices(db, user)?.list()?),
            (None, FieldKind::Choice(choices)) => Some(choices.clone()),
            _ => None,
        };
        Ok(FormField {
            name: spec.name,
            label: spec.label,
            help: spec.help,
            required: spec.required,
            max_length: spec.rules.max_length,
            pattern: spec.rules.pattern,
            min: spec.rules.min.map(|bound| bound()),
            max: spec.rules.max.map(|bound| bound()),
            value: as_chosen(spec, choices.as_deref(), shown.get(spec.name).cloned().unwrap_or_default()),
            choices,
            kind,
        })
    };
    Ok(FormSpec { title: title.to_owned(), fields: specs.iter().map(field).collect::<Result<_>>()? })
}

/// Holds a form against its rules, its choices, and the rows it refers to: as if this person had sent it. What `stays` as it is
/// was not sent, and is not chosen anew.
pub(crate) fn check<F: Form>(form: &F, db: &Db, user: &dyn User, stays: &dyn Fn(&str) -> bool) -> Result<FieldErrors> {
    let (mut sent, unwritable) = document::by_name(form);
    let mut errors = document::read_sent::<F>(&sent).err().unwrap_or_default();
    for spec in F::FIELDS.iter().filter(|spec| !sent.contains_key(spec.name)) {
        errors.forget(spec.name);
    }
    errors.extend(unwritable);
    sent.retain(|name, _| !stays(name));
    check_tables(F::FIELDS, &sent, db, user, &mut errors)?;
    Ok(errors)
}

/// Holds what was sent against what is stored: what this person can choose for its fields, and the rows it refers to.
pub(crate) fn check_tables(
    specs: &[FieldSpec],
    sent: &Document,
    db: &Db,
    user: &dyn User,
    errors: &mut FieldErrors,
) -> Result<()> {
    for spec in specs {
        let Some(value) = sent.get(spec.name) else { continue };
        for (path, item) in items_at(spec.name, value).into_iter().filter(|_| spec.holds_processes) {
            let Some(process) = item.as_u64().filter(|process| *process != 0) else { continue };
            let id = ProcessId(process);
            if matches!(db.unit(|unit| unit.process(id).map(drop)), Err(Error::NoProcess(_))) {
                let message = format!("refers to process {id}, which is not there");
                errors.add(path, Complaint::new("no_process", message).with("process", process));
            }
        }
        let Some(choices) = spec.choices else {
            errors.extend(missing_rows(&(spec.kind)(), value, db)?.under(spec.name));
            continue;
        };
        if errors.within(spec.name) {
            continue;
        }
        let choices = choices(db, user)?;
        let canonical = (spec.canonical)(value);
        let keys = each_item(canonical.as_ref().unwrap_or(value));
        for (item, key) in each_item(value).into_iter().zip(keys) {
            if !choices.contains(key)? {
                let message = format!("cannot be {}: it is none of the choices", plain(item));
                errors.add(spec.name, Complaint::new("not_a_choice", message).with("value", item.clone()));
            }
        }
    }
    Ok(())
}

/// Where a form, or what is nested in it, has a value of this canonical form in a field of this name: the paths, and the value as it
/// was sent.
pub(crate) fn places<F: Form>(form: &F, name: &str, canonical: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    find(F::FIELDS, &document::by_name(form).0, "", &mut |path, spec, held| {
        if spec.name == name {
            let same = |item: &Value| spec.key_of_item(item).as_ref() == Some(canonical);
            let items = items_at(path, held).into_iter().filter(|(_, item)| same(item));
            found.extend(items.map(|(path, item)| (path, item.clone())));
        }
    });
    found
}

/// Calls `visit` with the path, the field and its value, those of nested structs included.
fn find(specs: &[FieldSpec], fields: &Document, above: &str, visit: &mut dyn FnMut(&str, &FieldSpec, &Value)) {
    for spec in specs {
        if let Some(value) = fields.get(spec.name) {
            let path = below(above, spec.name);
            visit(&path, spec, value);
            find_within(&(spec.kind)(), value, &path, visit);
        }
    }
}

fn find_within(kind: &FieldKind, value: &Value, path: &str, visit: &mut dyn FnMut(&str, &FieldSpec, &Value)) {
    match (kind, value) {
        (FieldKind::Embedded(specs), Value::Object(fields)) => find(specs, fields, path, visit),
        (FieldKind::List(item), Value::Array(items)) => {
            items.iter().enumerate().for_each(|(index, value)| find_within(item, value, &below(path, index), visit));
        }
        (FieldKind::Map(item), Value::Object(items)) => {
            items.iter().for_each(|(key, value)| find_within(item, value, &below(path, key), visit));
        }
        _ => {}
    }
}

fn below(path: &str, name: impl fmt::Display) -> String {
    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}

/// Complaints about the rows to which a value refers, and that are not there.
fn missing_rows(kind: &FieldKind, value: &Value, db: &Db) -> Result<FieldErrors> {
    let mut errors = FieldErrors::default();
    match (kind, value) {
        (FieldKind::Reference(table), value) => {
            if let Some(id) = value.as_u64()
                && db.unit(|unit| unit.row(table.name, id).map(|row| row.is_none()))?
            {
                let message = format!("refers to row {id} of `{}`, which is not there", table.name);
                errors.add("", Complaint::new("no_row", message).with("row", id));
            }
        }
        (FieldKind::List(item), Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                errors.extend(missing_rows(item, value, db)?.under(index));
            }
        }
        (FieldKind::Map(item), Value::Object(items)) => {
            for (key, value) in items {
                errors.extend(missing_rows(item, value, db)?.under(key));
            }
        }
        (FieldKind::Embedded(specs), Value::Object(fields)) => {
            for spec in *specs {
                if let Some(value) = fields.get(spec.name) {
                    errors.extend(missing_rows(&(spec.kind)(), value, db)?.under(spec.name));
                }
            }
        }
        _ => {}
    }
    Ok(errors)
}

impl FormField {
    /// Reads what a person typed, for faces that have only text: a terminal, a page's form.
    ///
    /// Nothing typed is null; lists have commas between their items; nested structs and maps are JSON.
    ///
    /// # Errors
    /// What has to be typed instead, as the end of the sentence "`field` ...". Whether the value fits the field besides
    /// is found out when the form is submitted.
    pub fn value_from_text(&self, text: &str) -> Result<Value, String> {
        value_from_text(&self.kind, text.trim())
    }
}

fn value_from_text(kind: &FieldKind, text: &str) -> Result<Value, String> {
    match kind {
        FieldKind::List(item) if !text.starts_with('[') => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(|text| value_from_text(item, text)).collect::<Result<_, _>>().map(Value::Array)
        }
        _ if text.is_empty() => Ok(Value::Null),
        FieldKind::Bool => match text.to_lowercase().as_str() {
            "yes" | "y" | "true" | "on" => Ok(Value::Bool(true)),
            "no" | "n" | "false" | "off" => Ok(Value::Bool(false)),
            _ => Err("must be yes or no".to_owned()),
        },
        FieldKind::Integer { .. } | FieldKind::Reference(_) | FieldKind::Process => {
            let whole = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from));
            whole.map_err(|_| "must be a whole number".to_owned())
        }
        FieldKind::Float => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            number.map(Value::from).ok_or_else(|| "must be a number".to_owned())
        }
        FieldKind::List(_) | FieldKind::Map(_) | FieldKind::Embedded(_) | FieldKind::Json => {
            serde_json::from_str(text).map_err(|error| format!("must be JSON: {error}"))
        }
        _ => Ok(Value::from(text)),
    }
}
