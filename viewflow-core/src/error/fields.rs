//! Complaints about fields.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Error, Place};

/// Complaints about fields: for each path a list, in the order of the paths.
///
/// A path leads to a field through nested structs, lists and maps: `patient.birth_date`, `rows.417.amount`. Items are
/// counted from 0.
///
/// A handler may report several complaints at once: `?` makes an [`Error`] of them.
///
/// ```
/// # use viewflow_core::{FieldErrors, Result, error::Complaint};
/// fn submit(from: u32, to: u32) -> Result<()> {
///     let mut errors = FieldErrors::default();
///     if from == 0 {
///         errors.add("from", "is a holiday");
///     }
///     if from > to {
///         errors.add("to", Complaint::new("order", "must not be before `from`").with("from", from));
///     }
///     Ok(errors.into_result()?)
/// }
/// let error = submit(7, 3).unwrap_err();
/// let complaint = &error.field_errors().unwrap().of("to")[0];
/// assert_eq!((complaint.code(), complaint.argument("from")), ("order", Some(&7.into())));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FieldErrors(BTreeMap<String, Vec<Complaint>>);

/// A complaint about one value: a code with arguments for programs and other languages, and an English sentence for
/// people.
///
/// The guide lists the codes of the library, in its part about forms. A complaint made from text alone has the code
/// `invalid`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    code: Cow<'static, str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    arguments: BTreeMap<Cow<'static, str>, Value>,
    message: String,
}

impl Complaint {
    /// Makes a complaint with a code, and with the end of the sentence "`field` ...".
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), arguments: BTreeMap::new(), message: message.into() }
    }

    /// Returns the same complaint with one more argument.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.arguments.insert(name.into(), value.into());
        self
    }

    /// Returns the code, which says what kind of mistake it is.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns one argument of the code, such as the `max` of `too_long`.
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name)
    }

    /// Returns all arguments of the code, by name.
    pub fn arguments(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.arguments.iter().map(|(name, value)| (&**name, value))
    }

    /// Returns the end of the English sentence "`field` ...".
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn required() -> Self {
        Self::new("required", "is required")
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<String> for Complaint {
    fn from(message: String) -> Self {
        Self::new("invalid", message)
    }
}

impl From<&str> for Complaint {
    fn from(message: &str) -> Self {
        Self::from(message.to_owned())
    }
}

/// A complaint equals its sentence.
impl PartialEq<str> for Complaint {
    fn eq(&self, message: &str) -> bool {
        self.message == message
    }
}

impl PartialEq<&str> for Complaint {
    fn eq(&self, message: &&str) -> bool {
        self.message == *message
    }
}

impl PartialEq<String> for Complaint {
    fn eq(&self, message: &String) -> bool {
        self.message == *message
    }
}

impl FieldErrors {
    /// Makes one complaint about the value itself.
    pub(crate) fn here(complaint: impl Into<Complaint>) -> Self {
        Self(BTreeMap::from([(String::new(), vec![complaint.into()])]))
    }

    /// Adds a complaint about the field at this path. Text is a complaint with the code `invalid`.
    pub fn add(&mut self, path: impl Into<String>, complaint: impl Into<Complaint>) {
        let (complaint, complaints) = (complaint.into(), self.0.entry(path.into()).or_default());
        if !complaints.contains(&complaint) {
            complaints.push(complaint);
        }
    }

    /// Adds all complaints of others. A complaint that already exists is not added twice.
    pub fn extend(&mut self, others: Self) {
        for (path, complaints) in others.0 {
            complaints.into_iter().for_each(|complaint| self.add(path.clone(), complaint));
        }
    }

    /// Returns the same complaints for a value that is under this name or number in another value.
    #[must_use]
    pub fn under(self, name: impl fmt::Display) -> Self {
        let path = |inner: String| if inner.is_empty() { name.to_string() } else { format!("{name}.{inner}") };
        Self(self.0.into_iter().map(|(inner, complaints)| (path(inner), complaints)).collect())
    }

    /// Returns the complaints whose path is asked for.
    pub(crate) fn filtered(&self, is_asked: impl Fn(&str) -> bool) -> Self {
        let asked = self.0.iter().filter(|(path, _)| is_asked(path));
        Self(asked.map(|(path, complaints)| (path.clone(), complaints.clone())).collect())
    }

    /// Drops the complaints about a field.
    pub(crate) fn forget(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// Drops the complaints about a field, and about what is in it.
    pub(crate) fn forget_within(&mut self, path: &str) {
        let is_within =
            |known: &str| known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.0.retain(|known, _| !is_within(known));
    }

    /// Changes the complaints about the value itself.
    pub(crate) fn map_here(mut self, change: impl FnMut(&mut Complaint)) -> Self {
        self.0.get_mut("").into_iter().flatten().for_each(change);
        self
    }

    /// Returns whether there is no complaint.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the complaints about the field at this path; none if it is valid.
    pub fn of(&self, path: &str) -> &[Complaint] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }

    /// Returns whether there is a complaint about the field at this path, or about something in it.
    pub(crate) fn within(&self, path: &str) -> bool {
        self.0.keys().any(|known| {
            known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || path.is_empty())
        })
    }

    /// Returns all paths with complaints.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Complaint])> {
        self.0.iter().map(|(path, complaints)| (path.as_str(), complaints.as_slice()))
    }

    /// Returns `Ok` if there is no complaint.
    ///
    /// # Errors
    /// The complaints themselves.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (path, complaints)) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "; " })?;
            if !path.is_empty() {
                write!(f, "`{path}` ")?;
            }
            let messages: Vec<&str> = complaints.iter().map(Complaint::message).collect();
            f.write_str(&messages.join(" and "))?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}

impl From<FieldErrors> for Error {
    /// Makes an error about the form that a handler was given. It is reported like a breach of the form's own rules.
    fn from(errors: FieldErrors) -> Self {
        Self::Form { at: Place::unknown(), errors }
    }
}
