//! The records that a store keeps. All of them are JSON when they are stored.

mod declare;
mod event;
mod process;
mod row;
mod scope;
mod task;
mod way;

use std::fmt;

use serde_json::{Map, Value};

pub use event::{Event, EventKind};
pub use process::{ProcessData, ProcessRecord, ProcessStatus, WholeProcess};
pub use row::{IndexEntry, OnDelete, Reference, RowRecord};
pub use scope::{ScopeId, ScopeRecord};
pub use task::{JobState, Reads, TablePart, TaskError, TaskRecord, TaskStatus, Timeout, WaitsFor, Watched};
pub use way::Way;

/// A JSON object that holds the fields of a process, task or row.
pub type Document = Map<String, Value>;

/// Returns the value at a nested key.
pub fn follow<'d>(document: &'d Document, path: &[&str]) -> Option<&'d Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(document.get(*first)?, |value, key| value.get(*key))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A text is no status of a task or process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no status here: write one of {known}")]
pub struct NotAStatus {
    text: String,
    known: String,
}

impl NotAStatus {
    fn of<S: fmt::Display>(text: &str, all: &[S]) -> Self {
        let known: Vec<String> = all.iter().map(|status| format!("`{status}`")).collect();
        Self { text: text.to_owned(), known: known.join(", ") }
    }
}
