//! Booleans, numbers, text, bytes, JSON; options, lists and maps of field types.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use viewflow_graph::{Plain, Shape};

use super::spec::whole_number;
use super::{FieldKind, FieldType, Initial, Source, canonical};
use crate::data::document::is_blank;
use crate::error::{Complaint, FieldErrors};

/// Bytes, kept as base64 text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

macro_rules! initial_is_default {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
impl Initial for $type {
            fn initial() -> Self {
                Self::default()
            }
        }
    )*};
}
initial_is_default!(bool, i8, i16, i32, i64, u8, u16, u32, u64, isize, usize, f32, f64, String, Bytes, Value, ());

#[diagnostic::do_not_recommend]
impl FieldType for () {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Nothing);

    fn kind() -> FieldKind {
        FieldKind::Nothing
    }

    fn stand_in() -> Option<Self> {
        Some(())
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::Null)
    }

    fn decode(_: &Value) -> Result<Self, String> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for bool {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Bool);

    fn kind() -> FieldKind {
        FieldKind::Bool
    }

    fn stand_in() -> Option<Self> {
        Some(false)
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::Bool(*self))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "must be true or false".to_owned())
    }
}

macro_rules! integer {
    ($($type:ident as $wide:ident by $read:ident),*) => {$(
        #[diagnostic::do_not_recommend]
impl FieldType for $type {
            type Item = Self;
            const SHAPE: Shape = Shape::Integer { min: $type::MIN as i128, max: $type::MAX as i128 };

            fn kind() -> FieldKind {
                let wide = |bound| i128::try_from(bound).unwrap_or_default();
                FieldKind::Integer { min: wide($type::MIN), max: wide($type::MAX) }
            }

            fn stand_in() -> Option<Self> {
                Some(0)
            }

            fn encode(&self) -> Result<Value, String> {
                Ok(Value::from(*self))
            }

            fn decode(value: &Value) -> Result<Self, String> {
                value
                    .$read()
                    .and_then(|wide: $wide| Self::try_from(wide).ok())
                    .ok_or_else(|| whole_number(Self::MIN, Self::MAX))
            }
        }
    )*};
}
integer!(
    i8 as i64 by as_i64, i16 as i64 by as_i64, i32 as i64 by as_i64, i64 as i64 by as_i64,
    u8 as u64 by as_u64, u16 as u64 by as_u64, u32 as u64 by as_u64, u64 as u64 by as_u64,
    isize as i64 by as_i64, usize as u64 by as_u64
);

#[diagnostic::do_not_recommend]
impl FieldType for f64 {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::F64);

    fn kind() -> FieldKind {
        FieldKind::Float
    }

    fn stand_in() -> Option<Self> {
        Some(0.0)
    }

    fn encode(&self) -> Result<Value, String> {
        serde_json::Number::from_f64(*self)
            .map(Value::Number)
            .ok_or_else(|| format!("is {self}, which is no finite number"))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        value.as_f64().ok_or_else(|| "must be a number".to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for f32 {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::F32);

    fn kind() -> FieldKind {
        FieldKind::Float
    }

    fn stand_in() -> Option<Self> {
        Some(0.0)
    }

    fn encode(&self) -> Result<Value, String> {
        f64::from(*self).encode()
    }

    fn decode(value: &Value) -> Result<Self, String> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what was encoded is a f32; what a person enters is rounded"
        )]
        let narrow = f64::decode(value)? as Self;
        if narrow.is_finite() { Ok(narrow) } else { Err(format!("must be a number of at most {}", Self::MAX)) }
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for String {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Text);

    fn kind() -> FieldKind {
        FieldKind::Text
    }

    fn stand_in() -> Option<Self> {
        Some(Self::new())
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::String(self.clone()))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(|| "must be text".to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for Bytes {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Bytes);

    fn kind() -> FieldKind {
        FieldKind::Bytes
    }

    fn stand_in() -> Option<Self> {
        Some(Self::default())
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::String(STANDARD.encode(&self.0)))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
        bytes.map(Self).ok_or_else(|| "must be bytes in base64".to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for Value {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Json);

    fn kind() -> FieldKind {
        FieldKind::Json
    }

    fn stand_in() -> Option<Self> {
        Some(Self::Null)
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(self.clone())
    }

    fn decode(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<T: FieldType> FieldType for Option<T> {
    type Item = T::Item;
    const OPTIONAL: bool = true;
    const SHAPE: Shape = Shape::Optional(&T::SHAPE);

    fn kind() -> FieldKind {
        T::kind()
    }

    fn stand_in() -> Option<Self> {
        Some(None)
    }

    fn encode(&self) -> Result<Value, String> {
        self.as_ref()
            .map_or(Ok(Value::Null), |value| value.encode().and_then(|value| some(value).ok_or(NOTHING.to_owned())))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        if value.is_null() { Ok(None) } else { T::decode(value).map(Some) }
    }

    fn canonical(&self) -> Result<Value, String> {
        self.as_ref().map_or(Ok(Value::Null), T::canonical)
    }

    fn merge(&self, stored: Option<&Value>) -> Result<Value, FieldErrors> {
        self.as_ref()
            .map_or(Ok(Value::Null), |value| some(value.merge(stored)?).ok_or_else(|| FieldErrors::here(NOTHING)))
    }

    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        if value.is_null() { Ok(None) } else { T::read_from(value, source).map(Some) }
    }
}

#[diagnostic::do_not_recommend]
impl<T> Initial for Option<T> {
    fn initial() -> Self {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<T: FieldType> FieldType for Vec<T> {
    type Item = T::Item;
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn kind() -> FieldKind {
        FieldKind::List(Box::new(T::kind()))
    }

    fn stand_in() -> Option<Self> {
        Some(Self::new())
    }

    fn encode(&self) -> Result<Value, String> {
        let items = self.iter().enumerate().map(|(index, item)| item.encode().map_err(|e| in_item(index, &e)));
        items.collect::<Result<_, _>>().map(Value::Array)
    }

    fn decode(value: &Value) -> Result<Self, String> {
        let items = value.as_array().ok_or("must be a list")?.iter().enumerate();
        items.map(|(index, item)| T::decode(item).map_err(|e| in_item(index, &e))).collect()
    }

    fn canonical(&self) -> Result<Value, String> {
        let items = self.iter().enumerate().map(|(index, item)| item.canonical().map_err(|e| in_item(index, &e)));
        items.collect::<Result<_, _>>().map(Value::Array)
    }

    fn merge(&self, stored: Option<&Value>) -> Result<Value, FieldErrors> {
        let stored = stored.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let merge = |index: usize, item: &T| {
            let encoded = item.merge(None)?;
            // Unknown keys are kept only for an item that is still the same in the same place.
            let before = stored.get(index).filter(|before| before.is_object());
            let same = before.filter(|before| canonical::<T>(before).is_some_and(|old| item.canonical() == Ok(old)));
            same.map_or(Ok(encoded), |before| item.merge(Some(before)))
        };
        all(self.iter().enumerate().map(|(index, item)| merge(index, item).map_err(|errors| errors.under(index))))
            .map(Value::Array)
    }

    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        let items = value.as_array().ok_or_else(|| no::<Self>("must be a list"))?.iter().enumerate();
        all(items.map(|(index, item)| read_item(item, source).map_err(|errors| errors.under(index))))
    }
}

#[diagnostic::do_not_recommend]
impl<T> Initial for Vec<T> {
    fn initial() -> Self {
        Self::new()
    }
}

#[diagnostic::do_not_recommend]
impl<T: FieldType> FieldType for BTreeMap<String, T> {
    type Item = Self;
    const SHAPE: Shape = Shape::Map(&T::SHAPE);

    fn kind() -> FieldKind {
        FieldKind::Map(Box::new(T::kind()))
    }

    fn stand_in() -> Option<Self> {
        Some(Self::new())
    }

    fn encode(&self) -> Result<Value, String> {
        let entries = self.iter().map(|(key, item)| Ok((key.clone(), item.encode().map_err(|e| in_key(key, &e))?)));
        entries.collect::<Result<Map<_, _>, String>>().map(Value::Object)
    }

    fn decode(value: &Value) -> Result<Self, String> {
        decode_entries(value)
    }

    fn canonical(&self) -> Result<Value, String> {
        canonical_entries(self)
    }

    fn merge(&self, stored: Option<&Value>) -> Result<Value, FieldErrors> {
        merge_entries(self, stored)
    }

    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        let entries = value.as_object().ok_or_else(|| no::<Self>("must be an object with names"))?.iter();
        all(entries.map(|(key, item)| match read_item(item, source) {
            Ok(item) => Ok((key.clone(), item)),
            Err(errors) => Err(errors.under(key)),
        }))
    }
}

#[diagnostic::do_not_recommend]
impl<T> Initial for BTreeMap<String, T> {
    fn initial() -> Self {
        Self::new()
    }
}

#[diagnostic::do_not_recommend]
impl<T: FieldType, H: BuildHasher + Default + 'static> FieldType for HashMap<String, T, H> {
    type Item = Self;
    const SHAPE: Shape = Shape::Map(&T::SHAPE);

    fn kind() -> FieldKind {
        FieldKind::Map(Box::new(T::kind()))
    }

    fn stand_in() -> Option<Self> {
        Some(Self::default())
    }

    fn encode(&self) -> Result<Value, String> {
        let entries = self.iter().map(|(key, item)| Ok((key.clone(), item.encode().map_err(|e| in_key(key, &e))?)));
        entries.collect::<Result<Map<_, _>, String>>().map(Value::Object)
    }

    fn decode(value: &Value) -> Result<Self, String> {
        decode_entries(value)
    }

    fn canonical(&self) -> Result<Value, String> {
        canonical_entries(self)
    }

    fn merge(&self, stored: Option<&Value>) -> Result<Value, FieldErrors> {
        merge_entries(self, stored)
    }

    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        let entries = value.as_object().ok_or_else(|| no::<Self>("must be an object with names"))?.iter();
        all(entries.map(|(key, item)| match read_item(item, source) {
            Ok(item) => Ok((key.clone(), item)),
            Err(errors) => Err(errors.under(key)),
        }))
    }
}

#[diagnostic::do_not_recommend]
impl<T, H: Default> Initial for HashMap<String, T, H> {
    fn initial() -> Self {
        Self::default()
    }
}

/// Returns the entries of a map as JSON, each merged over what is stored of it.
fn merge_entries<'a, T: FieldType>(
    entries: impl IntoIterator<Item = (&'a String, &'a T)>,
    stored: Option<&Value>,
) -> Result<Value, FieldErrors> {
    let entries = entries.into_iter().map(|(key, item)| {
        let merged = item.merge(stored.and_then(|stored| stored.get(key)));
        Ok((key.clone(), merged.map_err(|errors| errors.under(key))?))
    });
    all::<_, Map<_, _>>(entries).map(Value::Object)
}

const NOTHING: &str = "is `Some` of nothing, which cannot be told from `None` when it is stored";

/// Returns what an `Option` holds, unless it is null.
fn some(value: Value) -> Option<Value> {
    (!value.is_null()).then_some(value)
}

/// Returns the canonical forms of the entries of a map, in the order of their keys.
fn canonical_entries<'a, T: FieldType>(
    entries: impl IntoIterator<Item = (&'a String, &'a T)>,
) -> Result<Value, String> {
    let entries: BTreeMap<_, _> = entries.into_iter().collect();
    let entry = |(key, item): (&String, &T)| Ok((key.clone(), item.canonical().map_err(|e| in_key(key, &e))?));
    entries.into_iter().map(entry).collect::<Result<Map<_, _>, String>>().map(Value::Object)
}

/// Reads an item of a list or map. An item that a person left empty is missing, as a field would be.
fn read_item<T: FieldType>(value: &Value, source: Source) -> Result<T, FieldErrors> {
    if source != Source::Person || !is_blank(value) || matches!(T::kind(), FieldKind::Json | FieldKind::Nothing) {
        T::read_from(value, source)
    } else if T::OPTIONAL {
        T::read_from(&Value::Null, source)
    } else {
        Err(FieldErrors::here(Complaint::required()))
    }
}

/// Returns all values, or else all complaints.
fn all<X, C: FromIterator<X>>(results: impl Iterator<Item = Result<X, FieldErrors>>) -> Result<C, FieldErrors> {
    let mut errors = FieldErrors::default();
    let good: C = results.filter_map(|result| result.map_err(|wrong| errors.extend(wrong)).ok()).collect();
    errors.into_result().map(|()| good)
}

fn no<T: FieldType>(message: &str) -> FieldErrors {
    FieldErrors::here(T::kind().wrong(message.to_owned()))
}

fn decode_entries<T: FieldType, M: FromIterator<(String, T)>>(value: &Value) -> Result<M, String> {
    let entries = value.as_object().ok_or("must be an object with names")?.iter();
    entries.map(|(key, item)| Ok((key.clone(), T::decode(item).map_err(|e| in_key(key, &e))?))).collect()
}

fn in_item(index: usize, message: &str) -> String {
    format!("has an item, number {}, that {message}", index + 1)
}

fn in_key(key: &str, message: &str) -> String {
    format!("has an item, `{key}`, that {message}")
}
