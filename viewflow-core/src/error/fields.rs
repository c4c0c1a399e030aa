//! Complaints about fields.

use std::collections::BTreeMap;
use std::fmt;

/// Complaints about fields: for each field a list, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(BTreeMap<String, Vec<String>>);

impl FieldErrors {
    /// Adds a complaint about a field.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.entry(field.into()).or_default().push(message.into());
    }

    pub(crate) fn extend(&mut self, others: Self) {
        for (field, messages) in others.0 {
            self.0.entry(field).or_default().extend(messages);
        }
    }

    /// Makes this the only complaint about a field.
    pub(crate) fn replace(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.insert(field.into(), vec![message.into()]);
    }

    /// Whether there is no complaint.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The complaints about one field; none when it is right.
    pub fn of(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }

    /// All fields with complaints.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(field, messages)| (field.as_str(), messages.as_slice()))
    }

    /// `Ok` when there is no complaint.
    ///
    /// # Errors
    /// The complaints themselves.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.0.iter().map(|(field, messages)| format!("`{field}` {}", messages.join(" and ")));
        f.write_str(&fields.collect::<Vec<_>>().join("; "))
    }
}
