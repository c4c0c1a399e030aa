//! Choices for a field.

use serde::Serialize;
use serde_json::Value;

use super::FieldType;
use crate::error::{Error, Result};

/// One choice for a field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// The value that is stored.
    pub value: Value,
    /// The text that a person reads.
    pub label: String,
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
pub trait Choices {
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
}

/// A list of choices, each with its canonical form.
struct Listed(Vec<(Value, Choice)>);

impl Choices for Listed {
    fn list(&self) -> Result<Vec<Choice>> {
        Ok(self.0.iter().map(|(_, choice)| choice.clone()).collect())
    }

    fn contains(&self, value: &Value) -> Result<bool> {
        Ok(self.0.iter().any(|(key, _)| key == value))
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
    fn into_choices(self) -> Result<Box<dyn Choices>>;
}

impl<T, C: Choose<T>> ChoiceSource<T> for Vec<C> {
    fn into_choices(self) -> Result<Box<dyn Choices>> {
        let choice = |choice: &C| {
            let (key, value) = (choice.key().map_err(Error::msg)?, choice.value().map_err(Error::msg)?);
            Ok((key, Choice { value, label: choice.label() }))
        };
        Ok(Box::new(Listed(self.iter().map(choice).collect::<Result<_>>()?)))
    }
}

impl<T, C: Choose<T>, const N: usize> ChoiceSource<T> for [C; N] {
    fn into_choices(self) -> Result<Box<dyn Choices>> {
        Vec::from(self).into_choices()
    }
}
