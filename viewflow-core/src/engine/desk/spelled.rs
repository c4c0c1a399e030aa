//! How times, ids and states are spelled in answers of the desk: as text.

use std::fmt::Display;

use serde::{Serialize, Serializer};
use viewflow_store::Timestamp;

/// A time as RFC 3339 text; beyond the year 9999, where there is no such text, in milliseconds.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
pub(super) fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    match time.to_text() {
        Some(text) => serializer.serialize_str(&text),
        None => time.serialize(serializer),
    }
}

/// The same of a time that need not be there.
#[expect(clippy::ref_option, reason = "the signature is serde's")]
pub(super) fn some_time<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => time(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// What has a name for people, by that.
pub(super) fn text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
