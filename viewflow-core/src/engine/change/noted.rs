//! What the store was last used with. It is noted, so that the next build can tell what has changed since.

use serde_json::Value;

use crate::engine::Engine;
use crate::error::Result;
use crate::id::stable_hash;
use crate::store::{RowRecord, Store};

/// The shapes of flows.
pub(in crate::engine) const SHAPES: &str = "viewflow.shape";
/// The indexes of tables.
pub(in crate::engine) const INDEXES: &str = "viewflow.index";
/// The correlation keys of messages.
pub(in crate::engine) const KEYS: &str = "viewflow.key";

fn row_of(name: &str) -> u64 {
    stable_hash([name, ""])
}

/// What was noted of a flow or a table.
pub(in crate::engine) fn noted(store: &dyn Store, table: &str, name: &str) -> Result<Option<String>> {
    let row = store.row(table, row_of(name))?;
    Ok(row.and_then(|row| row.record.data.get("noted").and_then(Value::as_str).map(str::to_owned)))
}

/// Something that is noted: of what kind, of which flow or table, and what.
pub(in crate::engine) type Note<'n> = (&'static str, &'static str, &'n str);

impl Engine {
    /// Notes all of this in one step.
    pub(in crate::engine) fn note(&self, notes: &[Note<'_>]) -> Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        self.step(None, None, |db| {
            notes.iter().try_for_each(|(table, name, noted)| {
                let record = RowRecord::of([("name", (*name).into()), ("noted", (*noted).into())]);
                db.unit(|unit| unit.put_row(table, row_of(name), Some(record)))
            })
        })
    }
}
