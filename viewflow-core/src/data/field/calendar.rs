//! Dates and times, with jiff.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::OffsetConflict;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use serde_json::Value;
use viewflow_graph::{Plain, Shape};

use super::{FieldKind, FieldType, Source};
use crate::error::FieldErrors;

macro_rules! text_in_iso_8601 {
    ($($type:ty, $kind:ident, $read:expr, $what:literal;)*) => {$(
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
                let parsed = value.as_str().and_then($read);
                parsed.ok_or_else(|| concat!("must be ", $what).to_owned())
            }
        }
    )*};
}
text_in_iso_8601! {
    Date, Date, |text| whole(text, is_date), "a date such as 2026-11-22";
    Time, Time, |text| whole(text, is_time), "a time such as 13:45:00";
    DateTime, DateTime, |text| whole(text, is_local), "a date and time such as 2026-11-22T13:45:00";
    Timestamp, Timestamp, |text| text.parse().ok(), "a point in time such as 2026-11-22T13:45:00Z";
    SignedDuration, Duration, |text| text.parse().ok(), "a duration such as PT1H30M";
}

/// Parses a text as a whole: jiff would read what it needs of a longer text, and silently drop the rest.
fn whole<T: FromStr>(text: &str, has_all: fn(&str) -> bool) -> Option<T> {
    text.parse().ok().filter(|_| has_all(text))
}

fn is_date(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'+')
}

fn is_time(text: &str) -> bool {
    let text = text.strip_prefix(['T', 't']).unwrap_or(text);
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b','))
}

fn is_local(text: &str) -> bool {
    text.split_once(['T', 't', ' ']).is_some_and(|(date, time)| is_date(date) && is_time(time))
}

const ZONED: &str = "must be a point in time with its zone, such as 2026-11-22T13:45:00+01:00[Europe/Berlin]";

#[diagnostic::do_not_recommend]
impl FieldType for ZonedDateTime {
    type Item = Self;
    const SHAPE: Shape = Shape::Plain(Plain::Timestamp);

    fn kind() -> FieldKind {
        FieldKind::Zoned
    }

    fn encode(&self) -> Result<Value, String> {
        Ok(Value::String(self.to_string()))
    }

    /// Reads a point in time with its zone.
    ///
    /// The rules of a zone may change, so that the stored offset is not the zone's offset any longer. Then the point in
    /// time stays. The text holds an offset in minutes only; if the zone has it, the zone's offset counts to the
    /// second.
    fn decode(value: &Value) -> Result<Self, String> {
        let parser = DateTimeParser::new().offset_conflict(OffsetConflict::AlwaysOffset);
        let parsed =
            value.as_str().and_then(|text| text.parse().ok().or_else(|| parser.parse_zoned_datetime(text).ok()));
        parsed.ok_or_else(|| ZONED.to_owned())
    }

    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        let read = Self::decode(value);
        let text = value.as_str().unwrap_or_default();
        let agrees = |read: &Self| text.parse::<Self>().is_ok() || read.to_string() == text;
        match read {
            // A person cannot mean both an offset and a zone that does not have that offset.
            Ok(read) if source == Source::Person && !agrees(&read) => {
                Err("has an offset that its zone does not have at that time".to_owned())
            }
            read => read,
        }
        .map_err(|message| FieldErrors::here(Self::kind().wrong(message)))
    }
}
