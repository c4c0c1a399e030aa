//! UUIDs, as text with hyphens.

use serde_json::Value;
use uuid::Uuid;
use viewflow_graph::{Plain, Shape};

use super::{FieldKind, FieldType};

#[diagnostic::do_not_recommend]
impl FieldType for Uuid {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Uuid);

    fn kind() -> FieldKind {
        FieldKind::Uuid
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::String(self.hyphenated().to_string()))
    }

    fn decode(value: &Value) -> Result<Self, String> {
        let parsed = value.as_str().and_then(|text| Self::try_parse(text).ok());
        parsed.ok_or_else(|| "must be a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned())
    }
}
