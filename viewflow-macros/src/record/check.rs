//! Holds what was read against rules that take more than one option to break.

use syn::Attribute;

use super::face::Face;
use super::model::{Field, Latch, Record};
use crate::errors::Errors;
use crate::syntax::plain_name;

/// A process is found only by its columns.
pub(super) fn check_column(face: Face, field: &Field, attributes: &[Attribute], errors: &mut Errors) {
    if face == Face::Process && !field.column && (field.index.is_some() || field.on_delete.is_some()) {
        let at = attributes.iter().find(|attribute| attribute.path().is_ident("field"));
        errors.over(at, "only a column of a process has an index or `on_delete`: write `#[field(column, ..)]`");
    }
    if field.column && field.key.len() > 1 {
        errors.at(field.ident.span(), "a column has a key without dots");
    }
}

/// The key of a message is one of its fields.
pub(super) fn check_message(record: &mut Record, errors: &mut Errors) {
    if let (Latch::Drop, Some(_)) = (record.latch, record.expires) {
        errors.over(&record.ident, "a message that is dropped when nobody waits does not expire: keep one of the two");
    }
    let Some(key) = &record.key else { return };
    if record.fields.iter().any(|field| field.ident == *key) {
        return;
    }
    let names: Vec<String> = record.fields.iter().map(|field| plain_name(&field.ident)).collect();
    let hint = match viewflow_graph::nearest(&plain_name(key), names.iter().map(String::as_str)) {
        Some(near) => format!(", did you mean `{near}`?"),
        None => format!(": the key is one of the fields of `{}`", record.ident),
    };
    errors.at(key.span(), format!("there is no field `{key}` here{hint}"));
    record.key = None;
}

/// No two fields share a key, and none lies below another: the keys that they had before included.
pub(super) fn check_keys(record: &Record, errors: &mut Errors) {
    let overlap = |a: &[String], b: &[String]| a.starts_with(b) || b.starts_with(a);
    for (index, field) in record.fields.iter().enumerate() {
        check_own_keys(field, errors);
        for other in record.fields[..index].iter().filter(|other| other.column == field.column) {
            let keys = |field: &'_ Field| -> Vec<Vec<String>> {
                std::iter::once(&field.key).chain(&field.was).cloned().collect()
            };
            let (own, others) = (keys(field), keys(other));
            if let Some(key) = own.iter().find(|key| others.iter().any(|other| overlap(key, other))) {
                let (first, second, joined) = (&other.ident, &field.ident, key.join("."));
                let message = if *key == field.key && *key == other.key {
                    format!("`{first}` and `{second}` are both kept under `{joined}`: give one of them another key")
                } else if *key == field.key && others.first().is_some_and(|other| overlap(key, other)) {
                    format!("of `{first}` and `{second}` one is kept within the other: give one of them another `key`")
                } else {
                    format!(
                        "`{first}` and `{second}` are, or once were, both kept under `{joined}`: an old key of one is not the key of another"
                    )
                };
                errors.at(field.ident.span(), message);
            }
        }
    }
}

/// A field tells each key that it had once.
fn check_own_keys(field: &Field, errors: &mut Errors) {
    for (index, was) in field.was.iter().enumerate() {
        if *was == field.key || field.was[..index].contains(was) {
            let (ident, was) = (&field.ident, was.join("."));
            errors.at(ident.span(), format!("`{ident}` is or was kept under `{was}` anyway: tell an earlier key once"));
        }
    }
}
