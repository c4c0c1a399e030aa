//! Stored data in the form of another version of the program.

use std::fmt;

/// The place of values in another form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stale {
    /// Among the indexed values of the rows of this table.
    Table(String),
    /// Among the columns of the processes of this flow.
    Processes(String),
    /// Among the correlation keys of this message.
    Message(String),
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => write!(f, "rows of `{table}`"),
            Self::Processes(flow) => write!(f, "processes of `{flow}`"),
            Self::Message(name) => write!(f, "tasks and messages of `{name}`"),
        }
    }
}

/// Lists the fields that are indexed in another way, in brackets.
pub(crate) fn by_fields(fields: &[String]) -> String {
    let named: Vec<String> =
        fields.iter().filter(|field| !field.is_empty()).map(|field| format!("`{field}`")).collect();
    match named.len() {
        0 => String::new(),
        1 => format!(" (field {})", named[0]),
        _ => format!(" (fields {})", named.join(", ")),
    }
}
