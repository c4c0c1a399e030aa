//! Documents as people send and see them: each field under its name, at every depth, wherever it is stored.

use super::{Document, Fields, Reader, Value, Writer};
use crate::data::field::{FieldKind, FieldSpec, Source};
use crate::error::{Complaint, FieldErrors};

/// The fields of `value` under their names, wherever they are stored; and what is wrong with those that are left out.
pub(crate) fn by_name<T: Fields>(value: &T) -> (Document, FieldErrors) {
    let mut writer = Writer { by_name: true, ..Writer::new(T::FIELDS, &Document::new(), None) };
    value.write(&mut writer);
    (writer.document, writer.errors)
}

/// Reads what a person sent. Keys that are no fields are mistakes.
pub(crate) fn read_sent<T: Fields>(sent: &Document) -> Result<T, FieldErrors> {
    let mut reader = Reader::of_form(T::FIELDS, sent);
    for key in sent.keys().filter(|key| !T::FIELDS.iter().any(|spec| spec.name == *key)) {
        reader.complain(key, Complaint::new("unknown", "is no field of this form"));
    }
    reader.finish()
}

/// Reads a draft, or what is nested in one.
pub(crate) fn read_draft<T: Fields>(draft: &Document) -> Result<T, FieldErrors> {
    Reader::of_draft(T::FIELDS, draft).finish()
}

/// The fields of `T` that are in a document and can be read, by their names, as they are stored today: under the keys, the types and
/// the choices that they have now. What cannot be read is left out.
pub(crate) fn of_today<T: Fields>(document: &Document, columns: Option<&Document>, source: Source) -> Document {
    let reader = Reader::new(T::FIELDS, document, columns);
    let mut reader = Reader { source, today: Some(Document::new()), ..reader };
    // What is wrong with other fields is none of this.
    drop(T::read(&mut reader));
    reader.today.unwrap_or_default()
}

/// A stored value as a person sees it: the fields of nested structs are under their names.
pub(crate) fn named(kind: &FieldKind, value: &Value) -> Value {
    match (kind, value) {
        (FieldKind::List(item), Value::Array(items)) => items.iter().map(|value| named(item, value)).collect(),
        (FieldKind::Map(item), Value::Object(items)) => {
            Value::Object(items.iter().map(|(key, value)| (key.clone(), named(item, value))).collect())
        }
        (FieldKind::Embedded(specs), Value::Object(document)) => {
            let field = |spec: &FieldSpec| Some((spec.name.to_owned(), named(&(spec.kind)(), spec.lookup(document)?)));
            let fields = specs.iter().filter_map(field);
            Value::Object(fields.collect())
        }
        (_, value) => value.clone(),
    }
}

/// Whether a person left it empty.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}
