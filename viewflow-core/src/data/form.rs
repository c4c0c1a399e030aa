//! Forms, which people fill in.

mod check;
mod describe;
mod schema;
mod spec;

use std::collections::BTreeSet;

use serde_json::Value;
use viewflow_store::Document;

use crate::data::decision::CaseSpec;
use crate::data::document::{self, Fields};
use crate::data::field::{FieldKind, FieldSpec, whole};

pub(crate) use check::{Kept, check, check_tables, forget_unasked, places};
pub(crate) use describe::describe;
pub use spec::{Filled, FormCase, FormField, FormPage, FormSpec};

/// A struct that a person fills in. `#[derive(Form)]` implements it, and `#[fields(..)]` on a node makes one from
/// fields of the process. `()` is a form without fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a form",
    label = "not a form",
    note = "a form is a struct or an enum of your own with `#[derive(Form, Clone)]`"
)]
pub trait Form: Fields + Clone {
    /// The cases of a form that is an enum, each with the number of its field. A form that is a struct has none.
    const CASES: &'static [CaseSpec] = &[];

    /// Returns the number of the case that was chosen.
    fn case(&self) -> Option<usize> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl Form for () {}

/// Returns whether something in a form of these fields is computed.
pub(crate) fn computes(specs: &'static [FieldSpec]) -> bool {
    let (mut open, mut seen) = (vec![specs], BTreeSet::new());
    while let Some(specs) = open.pop() {
        // A struct may contain itself.
        if !seen.insert(specs.as_ptr().addr()) {
            continue;
        }
        if specs.iter().any(FieldSpec::is_computed) {
            return true;
        }
        open.extend(specs.iter().filter_map(|spec| nested(&(spec.kind)())));
    }
    false
}

/// Returns the fields of the struct that a value of this kind is, or contains.
pub(crate) fn nested(kind: &FieldKind) -> Option<&'static [FieldSpec]> {
    match kind {
        FieldKind::Embedded(specs) => Some(specs),
        FieldKind::List(inner) | FieldKind::Map(inner) => nested(inner),
        _ => None,
    }
}

/// Returns whether a value is of the kind, whatever its rules are. With `deep`, also looks within nested structs.
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

/// Returns what the fields hold before anything is sent: their stored values under their names, or their defaults. The
/// fitting parts of a draft come over that: as they were written, or else as they can be read now. `draft` holds both.
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
    // A struct in the draft need not be complete.
    let in_part = || draft.get(spec.name).or_else(|| spec.named_before(draft)).filter(|value| fits(kind, value, false));
    written.or_else(read).or_else(|| in_part().cloned())
}
