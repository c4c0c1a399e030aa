//! Decimal numbers, with `rust_decimal`. They are stored as text, so that no digit is lost.

use rust_decimal::Decimal;
use serde_json::{Number, Value};
use viewflow_graph::{Plain, Shape};

use super::{FieldKind, FieldType, Initial, Source};
use crate::error::FieldErrors;

#[diagnostic::do_not_recommend]
impl FieldType for Decimal {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Decimal);

    fn kind() -> FieldKind {
        FieldKind::Decimal
    }

    fn stand_in() -> Option<Self> {
        Some(Self::ZERO)
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::String(self.to_string()))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        let parsed = match value {
            Value::String(text) => Self::from_str_exact(text).ok(),
            Value::Number(number) => of_number(&number.to_string()),
            _ => None,
        };
        parsed.ok_or_else(|| "must be a decimal number such as 12.50".to_owned())
    }

    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        let read = Self::decode(value);
        match value {
            // The number that was sent may differ from the one that was read.
            Value::Number(number) if source == Source::Person && read.is_ok() && has_lost_digits(number) => {
                Err("has more digits than a JSON number keeps: send it as text".to_owned())
            }
            _ => read,
        }
        .map_err(|message| FieldErrors::here(Self::kind().wrong(message)))
    }
}

/// Reads a JSON number. Very small and very large numbers have an exponent.
fn of_number(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// Returns whether a JSON number may have lost digits. A float keeps any fifteen digits; with more, the number that was
/// sent may have been a different one.
fn has_lost_digits(number: &Number) -> bool {
    let text = number.to_string();
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let told = digits.trim_start_matches('0');
    number.is_f64() && told.trim_end_matches('0').len() > 15
}

#[diagnostic::do_not_recommend]
impl Initial for Decimal {
    fn initial() -> Self {
        Self::ZERO
    }
}
