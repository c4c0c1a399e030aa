//! Writes and reads records as JSON, and makes the errors for unreadable ones.

use serde::Serialize;
use serde::de::DeserializeOwned;
use viewflow_store::{MAX_RECORD_DEPTH, StoreError, StoreResult};

/// How deep a document may be nested. A deeper one could not be read back.
pub(crate) const MAX_DEPTH: usize = MAX_RECORD_DEPTH;

/// Describes a record, for errors.
pub(crate) type What<'w> = &'w dyn Fn() -> String;

/// Writes a record as JSON. Refuses a document that is nested too deep to be read back.
pub(crate) fn json(record: &impl Serialize) -> StoreResult<Vec<u8>> {
    let content = serde_json::to_vec(record).map_err(StoreError::io)?;
    // Counting brackets is cheap, and most documents have fewer brackets than the allowed depth.
    if content.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > MAX_DEPTH && depth(&content) > MAX_DEPTH {
        let detail = format!("it is nested more than {MAX_DEPTH} deep");
        return Err(StoreError::TooLarge { what: "a document".to_owned(), detail });
    }
    Ok(content)
}

/// Reads the JSON text of a record.
pub(crate) fn parse<R: DeserializeOwned>(bytes: &[u8], what: What) -> StoreResult<R> {
    serde_json::from_slice(bytes).map_err(|error| damaged(what(), error.to_string()))
}

/// The error for stored data that is not consistent.
pub(crate) fn damaged(what: String, detail: String) -> StoreError {
    StoreError::Damaged { what, detail }
}

/// The error for a key or a number that ends too early.
pub(crate) fn cut_short(what: &str) -> StoreError {
    damaged(what.to_owned(), "it is too short".to_owned())
}

/// How deep the arrays and objects of a JSON text are nested.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
