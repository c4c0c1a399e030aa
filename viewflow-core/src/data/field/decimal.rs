//! Decimal numbers, by way of `rust_decimal`; kept as text, so that no digit is lost.

use rust_decimal::Decimal;
use serde_json::Value;
use viewflow_graph::{Plain, Shape};

use super::{FieldKind, FieldType, Initial};

#[diagnostic::do_not_recommend]
impl FieldType for Decimal {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Decimal);

    fn kind() -> FieldKind {
        FieldKind::Decimal
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::String(self.to_string()))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        let parsed = match value {
            Value::String(text) => Self::from_str_exact(text).ok(),
            Value::Number(number) => Self::from_str_exact(&number.to_string()).ok(),
            _ => None,
        };
        parsed.ok_or_else(|| "must be a decimal number such as 12.50".to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl Initial for Decimal {
    fn initial() -> Self {
        Self::ZERO
    }
}
