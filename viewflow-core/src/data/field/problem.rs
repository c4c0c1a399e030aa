//! Problems in the rules of fields themselves, found before the engine runs.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;
use viewflow_store::TaskId;

use super::{FieldKind, FieldSpec, FieldType, check_pattern, plain, whole};

/// Returns the problems in the rules of these fields, and of the fields of nested structs. Each problem is a path, and
/// the end of the sentence "field `path` ...".
pub(crate) fn problems(specs: &'static [FieldSpec]) -> Vec<(String, String)> {
    let (mut problems, mut open) = (Vec::new(), vec![(String::new(), specs)]);
    // A struct may contain itself.
    let mut seen = BTreeSet::new();
    while let Some((within, specs)) = open.pop() {
        if !specs.is_empty() && !seen.insert(specs.as_ptr().addr()) {
            continue;
        }
        for spec in specs {
            let path = format!("{within}{}", spec.name);
            problems.extend(of_one(spec).into_iter().map(|problem| (path.clone(), problem)));
            let mut kind = (spec.kind)();
            while let FieldKind::List(inner) | FieldKind::Map(inner) = kind {
                kind = *inner;
            }
            if let FieldKind::Embedded(inner) = kind {
                open.push((format!("{path}."), inner));
            }
        }
    }
    problems
}

fn of_one(spec: &FieldSpec) -> Vec<String> {
    let mut problems = Vec::new();
    problems.extend(spec.rules.pattern.and_then(|pattern| check_pattern(pattern).err()));
    let value = |value: Option<fn() -> Value>| value.map(|value| value());
    let (min, max, default) = (value(spec.rules.min), value(spec.rules.max), value(spec.default));
    for (name, bound) in [("min", &min), ("max", &max)] {
        if bound.as_ref().is_some_and(Value::is_null) {
            problems.push(format!("has a `{name}` that is no value, such as a float that is no number"));
        }
    }
    let kind = (spec.kind)();
    if let (Some(min), Some(max)) = (&min, &max)
        && compared(&kind, min, max) == Some(Ordering::Greater)
    {
        let (min, max) = (plain(min), plain(max));
        problems.push(format!("has `min = {min}`, which is above `max = {max}`: no value keeps both"));
    }
    // An optional field does not need a default of none.
    if default.is_some_and(|default| default.is_null() && (spec.required || matches!(kind, FieldKind::Float))) {
        problems.push("has a default that is no value, such as a float that is no number".to_owned());
    }
    problems
}

/// Returns the order of two values of a kind; none if the kind has no order.
fn compared(kind: &FieldKind, a: &Value, b: &Value) -> Option<Ordering> {
    match kind {
        FieldKind::Integer { .. } | FieldKind::Process => whole(a)?.partial_cmp(&whole(b)?),
        FieldKind::Float => a.as_f64()?.partial_cmp(&b.as_f64()?),
        FieldKind::Text | FieldKind::User => a.as_str().partial_cmp(&b.as_str()),
        FieldKind::Task => read::<TaskId>(a, b),
        #[cfg(feature = "decimal")]
        FieldKind::Decimal => read::<rust_decimal::Decimal>(a, b),
        #[cfg(feature = "jiff")]
        FieldKind::Date => read::<jiff::civil::Date>(a, b),
        #[cfg(feature = "jiff")]
        FieldKind::Time => read::<jiff::civil::Time>(a, b),
        #[cfg(feature = "jiff")]
        FieldKind::DateTime => read::<jiff::civil::DateTime>(a, b),
        #[cfg(feature = "jiff")]
        FieldKind::Timestamp => read::<jiff::Timestamp>(a, b),
        #[cfg(not(feature = "jiff"))]
        FieldKind::Timestamp => read::<viewflow_store::Timestamp>(a, b),
        #[cfg(feature = "jiff")]
        FieldKind::Zoned => read::<jiff::ZonedDateTime>(a, b),
        #[cfg(feature = "jiff")]
        FieldKind::Duration => read::<jiff::SignedDuration>(a, b),
        _ => None,
    }
}

fn read<T: FieldType + PartialOrd>(a: &Value, b: &Value) -> Option<Ordering> {
    T::decode(a).ok()?.partial_cmp(&T::decode(b).ok()?)
}
