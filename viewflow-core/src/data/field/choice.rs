//! Choices for a field.

use serde::Serialize;
use serde_json::Value;

use super::{FieldKind, FieldType};
use crate::error::{Error, Result};

/// One choice for a field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// The value that is stored.
    pub value: Value,
    /// The text that a person reads.
    pub label: String,
}

/// An enum whose variants can be chosen: `#[derive(Choices)]` implements it.
///
/// ```
/// # use viewflow_core::{Choices, field::{FieldKind, FieldType}, document::Value};
/// # enum Carrier { Post, Courier }
/// # impl FieldType for Carrier {
/// #     type Item = Self;
/// #     fn kind() -> FieldKind { FieldKind::Text }
/// #     fn encode(&self) -> Result<Value, String> { Ok(Value::from(self.stored())) }
/// #     fn decode(_: &Value) -> Result<Self, String> { Ok(Self::Post) }
/// # }
/// # impl Choices for Carrier {
/// #     const ALL: &'static [Self] = &[Self::Post, Self::Courier];
/// #     fn stored(&self) -> &'static str { match self { Self::Post => "post", Self::Courier => "dhl" } }
/// #     fn label(&self) -> &'static str { match self { Self::Post => "Post", Self::Courier => "By courier" } }
/// # }
/// let choices: Vec<_> = Carrier::ALL.iter().map(|carrier| (carrier.stored(), carrier.label())).collect();
/// assert_eq!(choices, [("post", "Post"), ("dhl", "By courier")]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of choices",
    label = "not an enum of choices",
    note = "write `#[derive(Choices)]` above `enum {Self}`"
)]
pub trait Choices: FieldType {
    /// The variants, in the order of their declaration.
    const ALL: &'static [Self];

    /// Returns the name under which a variant is stored.
    fn stored(&self) -> &'static str;

    /// Returns the label that a person reads.
    fn label(&self) -> &'static str;
}

/// Describes a field whose values are the variants of an enum.
#[doc(hidden)]
pub fn kind_of_choices<T: Choices>() -> FieldKind {
    let choice =
        |variant: &T| Choice { value: Value::from(variant.stored()), label: Choices::label(variant).to_owned() };
    FieldKind::Choice(T::ALL.iter().map(choice).collect())
}

/// A value that stands for a choice of type `T`.
///
/// It is a `T` itself, a pair of a value and its label, or an entity for a reference to it.
#[diagnostic::on_unimplemented(
    message = "expected a choice of type `{T}`, found `{Self}`",
    label = "write a `{T}`, or `(value, \"label\")`"
)]
pub trait Choose<T> {
    /// Returns the value to store.
    ///
    /// # Errors
    /// As [`FieldType::encode`].
    fn value(&self) -> Result<Value, String>;

    /// Returns the form in which it is compared with stored values.
    ///
    /// # Errors
    /// As [`FieldType::canonical`].
    fn key(&self) -> Result<Value, String> {
        self.value()
    }

    /// Returns the text that a person reads: the value itself, unless there is something better.
    fn label(&self) -> String {
        self.value().map_or_else(|error| error, |value| super::rule::plain(&value))
    }
}

#[diagnostic::do_not_recommend]
impl<T: FieldType> Choose<T> for T {
    fn value(&self) -> Result<Value, String> {
        self.encode()
    }

    fn key(&self) -> Result<Value, String> {
        self.canonical()
    }
}

#[diagnostic::do_not_recommend]
impl Choose<String> for &str {
    fn value(&self) -> Result<Value, String> {
        Ok(Value::from(*self))
    }
}

impl<T, V: Choose<T>> Choose<T> for (V, &'static str) {
    fn value(&self) -> Result<Value, String> {
        self.0.value()
    }

    fn key(&self) -> Result<Value, String> {
        self.0.key()
    }

    fn label(&self) -> String {
        self.1.to_owned()
    }
}

/// A set of choices that can be listed, and searched for a value.
pub trait ChoiceList {
    /// Returns all choices, in order.
    ///
    /// # Errors
    /// If the store fails.
    fn list(&self) -> Result<Vec<Choice>>;

    /// Returns whether this value, in its [canonical form](FieldType::canonical), can be chosen.
    ///
    /// # Errors
    /// If the store fails.
    fn contains(&self, value: &Value) -> Result<bool>;

    /// The first `most` choices, in their order.
    ///
    /// # Errors
    /// When the store fails.
    fn first(&self, most: usize) -> Result<Vec<Choice>> {
        let mut all = self.list()?;
        all.truncate(most);
        Ok(all)
    }

    /// The choice of this value, in its [canonical form](FieldType::canonical), if it can be chosen.
    ///
    /// # Errors
    /// When the store fails.
    fn choice_of(&self, value: &Value) -> Result<Option<Choice>> {
        Ok(self.list()?.into_iter().find(|choice| choice.value == *value))
    }

    /// Looks at no more than `most` choices that come after a place; 0 is before the first one.
    ///
    /// # Errors
    /// When the store fails.
    fn look(&self, after: u64, most: usize) -> Result<Looked> {
        let (all, skip) = (self.list()?, usize::try_from(after).unwrap_or(usize::MAX));
        let is_over = all.len().saturating_sub(skip) <= most;
        let mut choices: Vec<(u64, Choice)> = (1..).zip(all).skip(skip).collect();
        choices.truncate(most);
        let next = choices.last().map(|(place, _)| *place).filter(|_| !is_over);
        Ok(Looked { choices, next })
    }
}

/// Some of the choices, each with its place among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looked {
    /// The choices among the rows that the search looked at.
    pub choices: Vec<(u64, Choice)>,
    /// The place after which more choices may come; none after the last one.
    pub next: Option<u64>,
}

/// The choices of a list in the code.
pub(crate) fn listed(choices: Vec<Choice>) -> Box<dyn ChoiceList> {
    Box::new(Listed(choices.into_iter().map(|choice| (choice.value.clone(), choice)).collect()))
}

/// A list of choices, each with its canonical form.
struct Listed(Vec<(Value, Choice)>);

impl ChoiceList for Listed {
    fn list(&self) -> Result<Vec<Choice>> {
        Ok(self.0.iter().map(|(_, choice)| choice.clone()).collect())
    }

    fn contains(&self, value: &Value) -> Result<bool> {
        Ok(self.0.iter().any(|(key, _)| key == value))
    }

    fn choice_of(&self, value: &Value) -> Result<Option<Choice>> {
        Ok(self.0.iter().find(|(key, _)| key == value).map(|(_, choice)| choice.clone()))
    }
}

/// The result of a `choices` closure: a query of entities, or a list of choices.
#[diagnostic::on_unimplemented(
    message = "expected choices of type `{T}`, found `{Self}`",
    label = "write a query such as `db.table::<Post>().filter(..)`, or a list of `{T}`"
)]
pub trait ChoiceSource<T> {
    /// Returns the choices.
    ///
    /// # Errors
    /// If one of them cannot be stored.
    fn into_choices(self) -> Result<Box<dyn ChoiceList>>;
}

impl<T, C: Choose<T>> ChoiceSource<T> for Vec<C> {
    fn into_choices(self) -> Result<Box<dyn ChoiceList>> {
        let choice = |choice: &C| {
            let (key, value) = (choice.key().map_err(Error::msg)?, choice.value().map_err(Error::msg)?);
            Ok((key, Choice { value, label: choice.label() }))
        };
        Ok(Box::new(Listed(self.iter().map(choice).collect::<Result<_>>()?)))
    }
}

impl<T, C: Choose<T>, const N: usize> ChoiceSource<T> for [C; N] {
    fn into_choices(self) -> Result<Box<dyn ChoiceList>> {
        Vec::from(self).into_choices()
    }
}
