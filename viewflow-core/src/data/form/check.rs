//! Checks what a person sent against what is stored: possible choices, and the rows and processes it refers to.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use viewflow_store::{Document, ProcessId};

use super::Form;
use crate::data::document::{self, NOT_ASKED, is_blank};
use crate::data::field::{ChoiceList, FieldKind, FieldSpec, each_item, items_at, plain};
use crate::error::{Complaint, Error, FieldErrors, Result};
use crate::people::User;
use crate::unit::Db;

/// A form sent in part, and its stored values. A value that was not sent stays as it is stored, and is not checked as a
/// new choice.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'a> {
    /// None if nothing was sent.
    pub(crate) sent: Option<&'a Document>,
    pub(crate) stored: Option<&'a Document>,
}

/// Checks a form against its rules, its choices, and the rows it refers to, as if this person had sent it. Kept values
/// are exempt from the choices.
pub(crate) fn check<F: Form>(form: &F, db: &Db, user: &dyn User, kept: Option<Kept<'_>>) -> Result<FieldErrors> {
    let (sent, unwritable) = document::by_name(form);
    let mut errors = document::read_sent::<F>(&sent).err().unwrap_or_default();
    for spec in F::FIELDS.iter().filter(|spec| !sent.contains_key(spec.name)) {
        errors.forget(spec.name);
    }
    errors.extend(unwritable);
    check_tables(F::FIELDS, &sent, kept, db, user, &mut errors)?;
    Ok(errors)
}

/// Checks what was filled in against what is stored, at every depth. Empty values are not checked.
pub(crate) fn check_tables(
    specs: &[FieldSpec],
    whole: &Document,
    kept: Option<Kept<'_>>,
    db: &Db,
    user: &dyn User,
    errors: &mut FieldErrors,
) -> Result<()> {
    Look { db, user, errors, choices: BTreeMap::new() }.fields(specs, whole, kept, "")
}

struct Look<'a> {
    db: &'a Db,
    user: &'a dyn User,
    errors: &'a mut FieldErrors,
    /// The choices already asked for, by the field: a field in a list occurs many times.
    choices: BTreeMap<usize, Box<dyn ChoiceList>>,
}

impl Look<'_> {
    fn fields(&mut self, specs: &[FieldSpec], whole: &Document, kept: Option<Kept<'_>>, above: &str) -> Result<()> {
        for spec in specs {
            let is_given = |value: &&Value| !is_blank(value) && !spec.is_computed();
            let Some(value) = whole.get(spec.name).filter(is_given) else { continue };
            let within = match kept {
                None => None,
                Some(Kept { sent, stored }) => {
                    let stored = stored.and_then(|stored| stored.get(spec.name));
                    match sent.and_then(|sent| sent.get(spec.name)) {
                        None if stored == Some(value) => continue,
                        // Structs are sent in part, as forms are.
                        Some(Value::Object(sent)) => {
                            Some(Kept { sent: Some(sent), stored: stored.and_then(Value::as_object) })
                        }
                        _ => None,
                    }
                }
            };
            let path = below(above, spec.name);
            self.field(spec, value, &path)?;
            self.within(&(spec.kind)(), value, within, &path)?;
        }
        Ok(())
    }

    fn field(&mut self, spec: &FieldSpec, value: &Value, path: &str) -> Result<()> {
        if spec.holds_processes {
            self.processes(value, path)?;
        }
        let Some(choices) = spec.choices else { return self.rows(&(spec.kind)(), value, path) };
        if self.errors.within(path) {
            return Ok(());
        }
        let address = std::ptr::from_ref(spec).addr();
        if !self.choices.contains_key(&address) {
            self.choices.insert(address, choices(self.db, self.user)?);
        }
        let Some(choices) = self.choices.get(&address) else { return Ok(()) };
        let canonical = (spec.canonical)(value);
        let keys = each_item(canonical.as_ref().unwrap_or(value));
        for (item, key) in each_item(value).into_iter().zip(keys) {
            if !choices.contains(key)? {
                let message = format!("cannot be {}: it is none of the choices", plain(item));
                self.errors.add(path, Complaint::new("not_a_choice", message).with("value", item.clone()));
            }
        }
        Ok(())
    }

    /// Checks what is nested in a field. A map is sent in part, as a struct is; a list is sent as a whole.
    fn within(&mut self, kind: &FieldKind, value: &Value, kept: Option<Kept<'_>>, path: &str) -> Result<()> {
        match (kind, value) {
            (FieldKind::Embedded(specs), Value::Object(fields)) => self.fields(specs, fields, kept, path),
            (FieldKind::List(item), Value::Array(items)) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, value)| self.within(item, value, None, &below(path, index)))
            }
            (FieldKind::Map(item), Value::Object(items)) => items.iter().try_for_each(|(key, value)| {
                let inner = kept.and_then(|Kept { sent, stored }| {
                    let stored = stored.and_then(|stored| stored.get(key)).and_then(Value::as_object);
                    match sent.and_then(|sent| sent.get(key)) {
                        Some(sent) => Some(Kept { sent: Some(sent.as_object()?), stored }),
                        None => Some(Kept { sent: None, stored }),
                    }
                });
                self.within(item, value, inner, &below(path, key))
            }),
            _ => Ok(()),
        }
    }

    fn processes(&mut self, value: &Value, path: &str) -> Result<()> {
        for (path, item) in items_at(path, value) {
            let Some(process) = item.as_u64().filter(|process| *process != 0) else { continue };
            let id = ProcessId(process);
            if matches!(self.db.unit(|unit| unit.process(id).map(drop)), Err(Error::NoProcess(_))) {
                let message = format!("refers to process {id}, which does not exist");
                self.errors.add(path, Complaint::new("no_process", message).with("process", process));
            }
        }
        Ok(())
    }

    /// Complains about missing rows to which a value itself, or an item of it, refers.
    fn rows(&mut self, kind: &FieldKind, value: &Value, path: &str) -> Result<()> {
        match (kind, value) {
            (FieldKind::Reference(table), value) => {
                if let Some(id) = value.as_u64()
                    && self.db.unit(|unit| unit.row(table.name, id).map(|row| row.is_none()))?
                {
                    let message = format!("refers to row {id} of `{}`, which does not exist", table.name);
                    self.errors.add(path, Complaint::new("no_row", message).with("row", id));
                }
                Ok(())
            }
            (FieldKind::List(item), Value::Array(items)) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, value)| self.rows(item, value, &below(path, index)))
            }
            (FieldKind::Map(item), Value::Object(items)) => {
                items.iter().try_for_each(|(key, value)| self.rows(item, value, &below(path, key)))
            }
            _ => Ok(()),
        }
    }
}

/// Removes fields that are not asked and were not sent from a form sent in part. They were kept from a time when they
/// were asked. Returns whether there were any.
pub(crate) fn forget_unasked(whole: &mut Document, sent: &Document, complaints: &FieldErrors) -> bool {
    let unasked = complaints.iter().filter(|(_, told)| told.iter().any(|complaint| complaint.code() == NOT_ASKED));
    unasked.fold(false, |any, (path, _)| forget(whole, Some(sent), path) || any)
}

fn forget(whole: &mut Document, sent: Option<&Document>, path: &str) -> bool {
    let sent_at = |key: &str| sent.and_then(|sent| sent.get(key));
    if whole.contains_key(path) {
        return sent_at(path).is_none() && whole.remove(path).is_some();
    }
    // A key of a map may contain dots.
    whole.iter_mut().any(|(key, value)| {
        let rest = path.strip_prefix(key.as_str()).and_then(|rest| rest.strip_prefix('.'));
        match (rest, value, sent_at(key)) {
            (Some(rest), Value::Object(inner), None) => forget(inner, None, rest),
            (Some(rest), Value::Object(inner), Some(Value::Object(sent))) => forget(inner, Some(sent), rest),
            _ => false,
        }
    })
}

/// Finds a canonical value in fields of this name, in a form or nested in it. Returns the paths, and the values as they
/// were sent.
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

/// Calls `visit` with the path, the field and its value, for all fields including those of nested structs.
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
