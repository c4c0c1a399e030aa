//! Documents as people send and see them: each field is under its name, at every depth, wherever it is stored.

use super::{Document, Fields, Reader, Value, Writer};
use crate::data::field::{FieldKind, FieldSpec, Source};
use crate::error::{Complaint, FieldErrors};

/// Returns the fields of `value` under their names, and complaints about those that are left out.
pub(crate) fn by_name<T: Fields>(value: &T) -> (Document, FieldErrors) {
    let mut writer = Writer { by_name: true, ..Writer::new(T::FIELDS, Document::new(), None) };
    value.write(&mut writer);
    (writer.document, writer.errors)
}

/// Returns the fields of a stored document under their names, in their current form. A field that cannot be read is
/// shown as it is stored.
pub(crate) fn stored_by_name<T: Fields>(document: &Document, columns: Option<&Document>) -> Document {
    let raw = |spec: &FieldSpec| Some((spec.name.to_owned(), named(&(spec.kind)(), spec.find(document, columns)?)));
    let mut shown: Document = T::FIELDS.iter().filter_map(raw).collect();
    for (name, value) in of_today::<T>(document, columns, Source::Store) {
        let spec = T::FIELDS.iter().find(|spec| spec.name == name);
        shown.extend(spec.map(|spec| (name, named(&(spec.kind)(), &value))));
    }
    shown
}

/// Merges a sent value over an existing one, as a JSON merge patch (RFC 7396) does. In structs and maps, what is left
/// out stays, and null empties. Lists are replaced as a whole, and so are fields of any JSON.
fn patched(kind: &FieldKind, before: Option<&Value>, sent: &Value) -> Value {
    let before = || before.and_then(Value::as_object).cloned().unwrap_or_default();
    match (kind, sent) {
        (FieldKind::Embedded(specs), Value::Object(fields)) => Value::Object(completed(specs, before(), fields)),
        (FieldKind::Map(item), Value::Object(entries)) => {
            let mut map = before();
            for (key, value) in entries {
                if value.is_null() {
                    map.remove(key);
                } else {
                    let value = patched(item, map.get(key), value);
                    map.insert(key.clone(), value);
                }
            }
            Value::Object(map)
        }
        (_, sent) => sent.clone(),
    }
}

/// Merges the sent fields of a form or nested struct over the existing ones.
pub(crate) fn completed(specs: &[FieldSpec], mut before: Document, sent: &Document) -> Document {
    for (name, value) in sent {
        let spec = specs.iter().find(|spec| spec.name == name);
        let value = spec.map_or_else(|| value.clone(), |spec| patched(&(spec.kind)(), before.get(name), value));
        before.insert(name.clone(), value);
    }
    before
}

/// Reads what a person sent. A key that is not a field is a mistake.
pub(crate) fn read_sent<T: Fields>(sent: &Document) -> Result<T, FieldErrors> {
    let mut reader = Reader::of_form(T::FIELDS, sent);
    for key in sent.keys().filter(|key| !T::FIELDS.iter().any(|spec| spec.name == *key)) {
        reader.complain(key, Complaint::new("unknown", "is no field of this form"));
    }
    reader.finish()
}

/// Reads a draft, or a struct nested in one.
pub(crate) fn read_draft<T: Fields>(draft: &Document) -> Result<T, FieldErrors> {
    Reader::of_draft(T::FIELDS, draft).finish()
}

/// Returns the readable fields of `T` in a document, by their names. They have the form in which they would be stored
/// now: with their current keys, types and choices. Fields that cannot be read are left out.
pub(crate) fn of_today<T: Fields>(document: &Document, columns: Option<&Document>, source: Source) -> Document {
    let reader = Reader::new(T::FIELDS, document, columns);
    let mut reader = Reader { source, today: Some(Document::new()), ..reader };
    // Complaints about the other fields do not matter here.
    drop(T::read(&mut reader));
    reader.today.unwrap_or_default()
}

/// Returns a stored value as a person sees it: the fields of nested structs are under their names.
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

/// Returns whether a person left the value empty.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}
