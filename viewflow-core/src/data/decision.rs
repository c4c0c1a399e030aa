//! Decisions: forms in which a person chooses a case.

use crate::data::document::{self, Document, Fields, Reader, Value, Writer};
use crate::data::field::{FieldKind, FieldSpec, FieldType, Source};
use crate::error::FieldErrors;

/// One case of a form that is a decision: its button, and the texts that go with it.
///
/// The fields of the case are in the kind of the form's field with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseSpec {
    /// The name of the variant, under which its fields are sent.
    pub name: &'static str,
    /// The text on the button.
    pub title: &'static str,
    /// A sentence of help; empty if there is none.
    pub help: &'static str,
    /// A question to confirm before the case is submitted, if there is one.
    pub confirm: Option<&'static str>,
}

impl CaseSpec {
    /// Makes a case without help and without a question to confirm.
    pub const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title, help: "", confirm: None }
    }

    /// Returns the same case with a sentence of help.
    #[must_use]
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// Returns the same case with a question to confirm before it is submitted.
    #[must_use]
    pub const fn confirm(self, question: &'static str) -> Self {
        Self { confirm: Some(question), ..self }
    }
}

/// An enum whose variants decide how a node goes on. `#[derive(Form)]` on an enum implements it, and so does
/// `#[derive(Choices)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no cases, and `#[case(..)]` goes on by one",
    label = "expected an enum: a form with `#[derive(Form, Clone)]`, a field with `#[derive(Choices)]`",
    note = "for a form that is a struct write `#[next(..)]`; to go on by one of the process's fields write `#[fields(..)]` and `#[decide(field)]`"
)]
pub trait Cases: Sized + 'static {
    /// A struct with a [`CaseOf`] for each variant, under its name.
    type ByName;
    /// The cases by their names.
    const BY_NAME: Self::ByName;
    /// The message for each case that has no edge.
    const WITHOUT_A_WAY: &'static [&'static str];
}

/// One case of the enum `D`. Its fields have the type `V`.
#[derive(Debug)]
pub struct CaseOf<D, V> {
    number: usize,
    title: &'static str,
    fields: fn(&D) -> Option<V>,
}

impl<D, V> CaseOf<D, V> {
    /// Makes the case with this number and title. `fields` returns what was filled in, if this case was chosen.
    pub const fn new(number: usize, title: &'static str, fields: fn(&D) -> Option<V>) -> Self {
        Self { number, title, fields }
    }

    /// Returns its number among the variants.
    pub const fn number(&self) -> usize {
        self.number
    }

    /// Returns the text on the button.
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// Returns what was filled in, if this case was chosen.
    pub fn fields(&self, of: &D) -> Option<V> {
        (self.fields)(of)
    }
}

/// The fields of a case that asks for nothing.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct NoFields;

impl Fields for NoFields {
    const FIELDS: &'static [FieldSpec] = &[];

    fn read(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }

    fn write(&self, _: &mut Writer) {}

    fn check(&self, _: &mut FieldErrors) {}
}

impl FieldType for NoFields {
    type Item = Self;

    fn kind() -> FieldKind {
        FieldKind::Embedded(Self::FIELDS)
    }

    fn encode(&self) -> Result<Value, String> {
        document::embedded::encode(self)
    }

    fn decode(value: &Value) -> Result<Self, String> {
        document::embedded::decode(value)
    }

    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        document::embedded::read_from(value, source)
    }
}

/// Merges what was sent of a decision over what it held before. If it names another case, nothing of the old one stays.
pub(crate) fn decided(cases: &[CaseSpec], mut before: Document, sent: &Document) -> Document {
    let chosen = |name: &str| sent.get(name).is_some_and(|value| !value.is_null());
    if cases.iter().any(|case| chosen(case.name)) {
        before.retain(|name, _| chosen(name));
    }
    before
}
