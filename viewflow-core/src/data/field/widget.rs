//! Hints for drawing a field.

use serde::Serialize;
use viewflow_graph::{Plain, Shape};
use viewflow_store::Document;

use super::{FieldKind, FieldSpec};
use crate::data::document::Value;

/// A hint how a field is best filled in. Rules do not depend on it, except for secrets.
///
/// It is serialized as `{"name": "long_text"}`, or `{"name": "currency", "of": "EUR"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "name", content = "of", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Widget {
    /// Text of several lines.
    LongText,
    /// All choices at once, one of them marked.
    Radio,
    /// Secret text. It is not shown while it is typed, and never again. No draft and no change in the history contains
    /// it.
    Password,
    /// An amount of money in this currency, given by its ISO 4217 code.
    Currency(&'static str),
    /// A number in this unit.
    Unit(&'static str),
}

impl Widget {
    /// Returns whether the widget fits values of this shape. For a type of your own without a shape, it returns true.
    pub const fn fits(self, shape: &Shape, has_choices: bool) -> bool {
        let shape = match shape {
            Shape::Optional(inner) => *inner,
            shape => shape,
        };
        match self {
            _ if matches!(shape, Shape::Plain(Plain::Other)) => true,
            Self::LongText | Self::Password => matches!(shape, Shape::Plain(Plain::Text)),
            Self::Radio if matches!(shape, Shape::List(_) | Shape::Map(_)) => false,
            Self::Radio => has_choices || matches!(shape, Shape::Plain(Plain::Bool) | Shape::Choice(_)),
            Self::Currency(_) | Self::Unit(_) => {
                matches!(shape, Shape::Integer { .. } | Shape::Plain(Plain::F32 | Plain::F64 | Plain::Decimal))
            }
        }
    }
}

/// Removes secrets from values that are under the names of their fields.
pub(crate) fn forget_secrets(specs: &[FieldSpec], document: &mut Document) {
    forget(specs, document, by_name);
}

/// Removes secrets from a stored value.
pub(crate) fn forget_secrets_of(spec: &FieldSpec, value: &mut Value) {
    forget_one(spec, value, as_stored);
}

/// Finds a field's value in a document.
type Find = for<'d> fn(&FieldSpec, &'d mut Document) -> Option<&'d mut Value>;

fn by_name<'d>(spec: &FieldSpec, document: &'d mut Document) -> Option<&'d mut Value> {
    document.get_mut(spec.name)
}

fn as_stored<'d>(spec: &FieldSpec, document: &'d mut Document) -> Option<&'d mut Value> {
    let (first, rest) = spec.key.split_first()?;
    rest.iter().try_fold(document.get_mut(*first)?, |value, key| value.get_mut(*key))
}

fn forget(specs: &[FieldSpec], document: &mut Document, find: Find) {
    for spec in specs {
        if let Some(value) = find(spec, document) {
            forget_one(spec, value, find);
        }
    }
}

fn forget_one(spec: &FieldSpec, value: &mut Value, find: Find) {
    if spec.is_secret() {
        *value = Value::Null;
    } else if value.is_object() || value.is_array() {
        forget_within(&(spec.kind)(), value, find);
    }
}

fn forget_within(kind: &FieldKind, value: &mut Value, find: Find) {
    match (kind, value) {
        (FieldKind::Embedded(specs), Value::Object(fields)) => forget(specs, fields, find),
        (FieldKind::List(item), Value::Array(items)) => {
            items.iter_mut().for_each(|value| forget_within(item, value, find));
        }
        (FieldKind::Map(item), Value::Object(items)) => {
            items.values_mut().for_each(|value| forget_within(item, value, find));
        }
        _ => {}
    }
}
