//! Canonical forms, by which values are compared and found: equal values have the same form, however they were stored.

use serde_json::{Map, Value};
use viewflow_graph::{FieldShape, Plain, Shape};
use viewflow_store::Document;

use super::{FieldKind, FieldSpec, FieldType};

impl FieldKind {
    /// Returns the canonical form of a value of this kind that was just encoded.
    pub(crate) fn canonical(&self, value: Value) -> Value {
        match (self, value) {
            (Self::Decimal, Value::String(text)) => Value::String(without_zeros(&text)),
            (Self::Timestamp | Self::Zoned, Value::String(text)) => Value::String(in_utc(text)),
            (Self::List(item), Value::Array(items)) => items.into_iter().map(|value| item.canonical(value)).collect(),
            (Self::Map(item), Value::Object(items)) => {
                sorted(items.into_iter().map(|(key, value)| (key, item.canonical(value))))
            }
            (Self::Embedded(specs), Value::Object(mut object)) => {
                canonical_fields(specs, &mut object);
                sorted(object)
            }
            // This includes the number zero, which equals its negative.
            (_, value) => plain(value),
        }
    }
}

/// Replaces the values of fields, in a document in the current stored form, by their canonical forms. Other keys stay.
pub(crate) fn canonical_fields(specs: &[FieldSpec], document: &mut Document) {
    for spec in specs {
        let Some((first, rest)) = spec.key.split_first() else { continue };
        let value = rest.iter().try_fold(document.get_mut(*first), |value, key| Some(value?.get_mut(key)));
        if let Some(Some(value)) = value
            && let Some(canonical) = (spec.canonical)(value)
        {
            *value = canonical;
        }
    }
}

/// Returns the canonical form of a stored `T`; none if the value is no `T`.
pub(crate) fn canonical<T: FieldType>(stored: &Value) -> Option<Value> {
    T::decode(stored).and_then(|value| value.canonical()).ok()
}

/// Returns a text that changes if stored values may have other canonical forms now.
///
/// A choice that is new or gone changes no form, but a renamed choice does. `!` marks a field that is converted.
pub(crate) fn form_of(spec: &FieldSpec) -> String {
    form(&spec.shape) + if spec.converted { "!" } else { "" }
}

fn form(shape: &Shape) -> String {
    match shape {
        Shape::Integer { .. } => "integer".to_owned(),
        Shape::Plain(Plain::F32 | Plain::F64) => "float".to_owned(),
        Shape::Plain(plain) => plain.name().to_owned(),
        Shape::Reference(_) => "reference".to_owned(),
        Shape::Optional(inner) => form(inner),
        Shape::List(inner) => format!("list of {}", form(inner)),
        Shape::Map(inner) => format!("map of {}", form(inner)),
        Shape::Choice(choices) => {
            let renamed = choices.iter().filter(|names| names.len() > 1).map(|names| names.join("<"));
            format!("choice({})", renamed.collect::<Vec<_>>().join(" "))
        }
        Shape::Embedded(fields) => {
            let field = |field: &FieldShape| {
                let converted = if field.converted { "!" } else { "" };
                format!("{}<{}: {}{converted}", field.key, field.was.join("<"), form(&field.shape))
            };
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        _ => "other".to_owned(),
    }
}

/// Any JSON: the keys of objects in order, and no negative zero.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) && number.is_f64() => Value::from(0.0),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(items) => sorted(items.into_iter().map(|(key, value)| (key, plain(value)))),
        value => value,
    }
}

/// Sorts the entries of an object, which may be in the order of their insertion.
fn sorted(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(entries.into_iter().collect::<Map<_, _>>())
}

/// Returns a decimal number without zeros at its end, and zero without a sign.
fn without_zeros(text: &str) -> String {
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if matches!(short, "" | "-" | "-0") { "0".to_owned() } else { short.to_owned() }
}

/// Returns a point in time in UTC: the same point in time in different zones is equal.
fn in_utc(text: String) -> String {
    #[cfg(feature = "jiff")]
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return time.to_string();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::data::field::FieldOf;

    fn of<T: FieldType>(value: &T) -> Value {
        value.canonical().unwrap()
    }

    proptest! {
        #[test]
        fn floats_are_equal_where_their_canonical_forms_are(a: f64, b: f64) {
            for (a, b) in [(a, b), (a, a), (0.0, -0.0), (-0.0, b)] {
                if a.is_finite() && b.is_finite() {
                    let same = a.partial_cmp(&b) == Some(Ordering::Equal);
                    // As text, because for JSON the two zeros are equal.
                    let (one, other) = (of(&a).to_string(), of(&b).to_string());
                    prop_assert_eq!(same, one == other);
                    let (one, other) = (of(&vec![Some(a)]).to_string(), of(&vec![Some(b)]).to_string());
                    prop_assert_eq!(same, one == other);
                }
            }
        }

        #[cfg(feature = "decimal")]
        #[test]
        fn decimals_are_equal_where_their_canonical_forms_are(digits in -200_i64..200, scale in 0..6_u32, zeros in 0..6_u32) {
            use rust_decimal::Decimal;
            let number = Decimal::new(digits, scale);
            let mut other = number;
            other.rescale(scale + zeros);
            let mut negative = -Decimal::ZERO;
            negative.set_scale(zeros).unwrap();
            for (a, b) in [(number, other), (number, number + Decimal::ONE), (number, negative), (negative, Decimal::ZERO)] {
                prop_assert_eq!(a == b, of(&a) == of(&b), "{} and {}", a, b);
                // It is the same number.
                prop_assert_eq!(Decimal::decode(&of(&a)).unwrap(), a);
            }
        }

        #[cfg(feature = "jiff")]
        #[test]
        fn points_in_time_are_equal_where_their_canonical_forms_are(second in -10_000_000_000..10_000_000_000_i64, hours in -12..12_i8) {
            let time = jiff::Timestamp::from_second(second).unwrap();
            let there = time.to_zoned_datetime(jiff::tz::offset(hours).to_time_zone());
            prop_assert_eq!(of(&there), of(&time));
            prop_assert_eq!(of(&there), of(&time.to_zoned_datetime(jiff::tz::TimeZone::UTC)));
        }
    }

    #[test]
    fn objects_have_one_order_at_every_depth() {
        let text = |text: &str| of(&serde_json::from_str::<Value>(text).unwrap()).to_string();
        assert_eq!(text(r#"{"b": [{"d": -0.0, "c": 1}], "a": 0}"#), r#"{"a":0,"b":[{"c":1,"d":0.0}]}"#);
        let map = std::collections::HashMap::from([("b".to_owned(), 1.5), ("a".to_owned(), -0.0)]);
        assert_eq!(of(&map).to_string(), json!({"a": 0.0, "b": 1.5}).to_string());
    }

    #[test]
    fn a_form_is_another_one_when_what_was_stored_may_be_another_value() {
        const OLD: &[&[&str]] = &[&["post"], &["courier"]];
        const MORE: &[&[&str]] = &[&["post"], &["courier"], &["drone"]];
        const RENAMED: &[&[&str]] = &[&["mail", "post"], &["courier"]];
        let form = |shape: Shape| form_of(&FieldOf::<String>::new().shaped(shape).spec("way", "Way", &["way"]));
        assert_eq!(form(Shape::Choice(OLD)), form(Shape::Choice(MORE)));
        assert_ne!(form(Shape::Choice(OLD)), form(Shape::Choice(RENAMED)));
        assert_ne!(form(u32::SHAPE), form(String::SHAPE));
        assert_eq!(form(u32::SHAPE), form(Option::<u64>::SHAPE));
    }
}
