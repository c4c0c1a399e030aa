//! What a store holds in the form of an earlier version, and gets that of today when the engine is built.

use std::fmt;

/// Values that the store has in the form of an earlier version: of choices that have other names now, of fields of another type. They
/// are given that of today when the engine is built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Renewal {
    /// Where they are.
    pub of: Stale,
    /// How many rows, or tasks and mailboxes, there are.
    pub count: u64,
    /// Values that are unique, and that two rows would have. As long as there are any, the engine is not built.
    pub clashes: Vec<Clash>,
}

/// Where values of an earlier form are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stale {
    /// Among the indexed values of the rows of this table.
    Table(String),
    /// Among the correlation keys of this message.
    Message(String),
}

/// Two rows that would have one unique value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clash {
    /// The key under which the field is stored.
    pub field: String,
    /// Two of the rows.
    pub rows: (u64, u64),
}

impl Renewal {
    pub(super) fn new(of: Stale) -> Self {
        Self { of, count: 0, clashes: Vec::new() }
    }
}

impl fmt::Display for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, count, clashes } = self;
        match of {
            Stale::Table(table) => {
                write!(f, "{count} rows of `{table}` will be found by the form that values have now")
            }
            Stale::Message(name) => {
                write!(f, "{count} tasks and mailboxes of `{name}` will have keys of the form of today")
            }
        }?;
        clashes.iter().try_for_each(|Clash { field, rows: (one, other) }| {
            write!(f, "; `{field}` is unique, and rows {one} and {other} would have the same: give one of them another one first")
        })
    }
}
