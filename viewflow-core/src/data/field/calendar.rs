//! Dates and times, by way of jiff.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use serde_json::Value;
use viewflow_graph::{Plain, Shape};

use super::{FieldKind, FieldType};

macro_rules! text_in_iso_8601 {
    ($($type:ty, $kind:ident, $what:literal;)*) => {$(
        #[diagnostic::do_not_recommend]
impl FieldType for $type {
            type Item = Self;
            const SHAPE: Shape = Shape::Plain(Plain::$kind);

            fn kind() -> FieldKind {
                FieldKind::$kind
            }

            fn encode(&self) -> Result<Value, String> {
                Ok(Value::String(self.to_string()))
            }

            fn decode(value: &Value) -> Result<Self, String> {
                let parsed = value.as_str().and_then(|text| text.parse().ok());
                parsed.ok_or_else(|| concat!("must be ", $what).to_owned())
            }
        }
    )*};
}
text_in_iso_8601! {
    Date, Date, "a date such as 2026-11-22";
    Time, Time, "a time such as 13:45:00";
    DateTime, DateTime, "a date and time such as 2026-11-22T13:45:00";
    Timestamp, Timestamp, "a point in time such as 2026-11-22T13:45:00Z";
    ZonedDateTime, Timestamp, "a point in time with its zone, such as 2026-11-22T13:45:00+01:00[Europe/Berlin]";
    SignedDuration, Duration, "a duration such as PT1H30M";
}
