//! Rows of tables as they are stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Document;
use super::declare::record;
use crate::store::list::index_key;

record! {
    /// A row of a table as it is stored. It carries its own index entries and references, so that a store can find and
    /// delete rows without knowing their Rust type.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct RowRecord {
        /// The fields.
        pub data: Document,
        /// The values under which it can be found.
        pub index: Vec<IndexEntry> = default,
        /// The rows it refers to. Here `table` and `id` are those of the other row.
        pub references: Vec<Reference> = default,
    }
}

impl RowRecord {
    /// Makes a row with these fields, which is found only by its number.
    pub fn of<'f>(fields: impl IntoIterator<Item = (&'f str, Value)>) -> Self {
        let data = fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
        Self { data, ..Self::default() }
    }

    /// Returns its unique values, as field and key.
    pub fn unique_keys(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        let unique = self.index.iter().filter(|entry| entry.unique);
        unique.filter_map(|entry| Some((entry.field.as_str(), index_key(&entry.value)?)))
    }

    /// Returns whether the row is found under this key of an indexed field.
    pub fn has(&self, field: &str, key: &[u8]) -> bool {
        self.index.iter().any(|entry| entry.field == field && index_key(&entry.value).as_deref() == Some(key))
    }
}

/// One value under which a row can be found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The indexed field.
    pub field: String,
    /// The value.
    pub value: Value,
    /// Whether no other row may have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
}

/// A reference between two rows, seen from one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The table of the row at the other end.
    pub table: String,
    /// The number of the row at the other end.
    pub id: u64,
    /// The field that refers.
    pub field: String,
    /// The effect on the referring row when the other row is deleted.
    pub on_delete: OnDelete,
}

/// The effect on a row when a row it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The other row cannot be deleted.
    Protect,
    /// The field becomes none.
    SetNone,
    /// This row is deleted too.
    Cascade,
}
