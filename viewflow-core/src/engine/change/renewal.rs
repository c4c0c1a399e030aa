//! Stored data in the form of an earlier version. It gets the current form when the engine is built.

use std::fmt;

use crate::error::{Stale, by_fields};

/// Values that the store has in the form of an earlier version: choices that have other names now, or fields of another
/// type. They get the current form when the engine is built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Renewal {
    /// What the values belong to.
    pub of: Stale,
    /// How many rows, or tasks and mailboxes, there are.
    pub count: u64,
    /// Unique values that two rows would share. As long as there are any, the engine is not built.
    pub clashes: Vec<Clash>,
}

/// Two rows that would share a unique value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clash {
    /// The key under which the field is stored.
    pub field: String,
    /// The numbers of the two rows.
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
            Stale::Message(name) => {
                write!(f, "{count} tasks and mailboxes of `{name}` will get keys in the current form")
            }
            of => write!(f, "{count} {of} will be found by the form that their values have now"),
        }?;
        clashes.iter().try_for_each(|Clash { field, rows: (one, other) }| {
            write!(f, "; `{field}` is unique, and rows {one} and {other} would have the same value: give one of them another value first")
        })
    }
}

/// A renewal by another version of the program since this one:
/// [`EngineBuilder::build`](crate::EngineBuilder::build) refuses this version, unless it is to take over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replaced {
    /// What is found in another way.
    pub of: Stale,
    /// The keys under which the differing fields are stored.
    pub fields: Vec<String>,
}

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, fields } = self;
        write!(f, "another version of the program has renewed how {of} are found{}", by_fields(fields))
    }
}

/// Says why a version is not built that another version has replaced.
pub(in crate::engine) fn told_of_replaced(replaced: &[Replaced]) -> Option<String> {
    let named = |Replaced { of, fields }: &Replaced| format!("{of}{}", by_fields(fields));
    let named: Vec<String> = replaced.iter().map(named).collect();
    (!named.is_empty()).then(|| {
        format!(
            "another version of the program has renewed how {} are found, and has replaced this one: start that version; or, to go back \
             to this one, stop that version and build this one with `take_over()`",
            named.join(", and ")
        )
    })
}
