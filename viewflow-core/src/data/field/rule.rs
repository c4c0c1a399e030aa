//! Rules on a field's value: length, bounds, pattern, choices.

use std::sync::OnceLock;

use regex_lite::Regex;
use serde_json::Value;

use super::{Bytes, ChoiceList, FieldType};
use crate::error::{Complaint, FieldErrors, Result};

/// The rules of one field, as data for code that draws a form.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The greatest number of characters, items or bytes.
    pub max_length: Option<usize>,
    /// A regular expression that the whole text must match.
    pub pattern: Option<&'static str>,
    /// The least value.
    pub min: Option<fn() -> Value>,
    /// The greatest value.
    pub max: Option<fn() -> Value>,
}

impl Rules {
    /// No rules.
    pub const NONE: Self = Self { max_length: None, pattern: None, min: None, max: None };
}

/// Collects complaints about one field. The options of `#[field(..)]` become calls of its methods.
#[derive(Debug)]
pub struct At<'e> {
    field: &'static str,
    errors: &'e mut FieldErrors,
}

impl<'e> At<'e> {
    /// Collects complaints about `field` in `errors`.
    pub fn new(field: &'static str, errors: &'e mut FieldErrors) -> Self {
        Self { field, errors }
    }

    fn require<C: Into<Complaint>>(self, holds: bool, complaint: impl FnOnce() -> C) -> Self {
        if !holds {
            self.errors.add(self.field, complaint());
        }
        self
    }

    /// Requires at most `max` characters, items or bytes.
    pub fn max_length<T: HasLength>(self, value: &T, max: usize) -> Self {
        let length = value.length();
        self.require(length <= max, || {
            let message = format!("must not be longer than {max} (it is {length} long)");
            Complaint::new("too_long", message).with("max", max).with("length", length)
        })
    }

    /// Requires at least `min`.
    pub fn min<B: FieldType>(self, value: &impl Bounded<B>, min: B) -> Self {
        self.require(value.at_least(&min), || {
            let message = format!("must be at least {}", shown(&min));
            Complaint::new("too_small", message).with("min", encoded(&min))
        })
    }

    /// Requires at most `max`.
    pub fn max<B: FieldType>(self, value: &impl Bounded<B>, max: B) -> Self {
        self.require(value.at_most(&max), || {
            let message = format!("must be at most {}", shown(&max));
            Complaint::new("too_great", message).with("max", encoded(&max))
        })
    }

    /// Requires that the whole text matches the pattern.
    pub fn pattern<T: HasText>(self, value: &T, pattern: &'static Pattern) -> Self {
        let Some(text) = value.text() else { return self };
        match pattern.matches(text) {
            Ok(true) => self,
            Ok(false) => self.require(false, || {
                Complaint::new("pattern", format!("must look like `{}`", pattern.text)).with("pattern", pattern.text)
            }),
            Err(message) => self.require(false, || message),
        }
    }

    /// Requires that the value, or each of its items, is in a list of choices known beforehand.
    pub fn one_of<T: FieldType>(self, value: &T, choices: Result<Box<dyn ChoiceList>>) -> Self {
        let (encoded, canonical) = match (value.encode(), value.canonical()) {
            (Ok(encoded), Ok(canonical)) => (encoded, canonical),
            (Err(message), _) | (_, Err(message)) => return self.require(false, || message),
        };
        let unknown = choices.and_then(|choices| {
            let mut unknown = Vec::new();
            for (item, key) in each_item(&encoded).into_iter().zip(each_item(&canonical)) {
                if !choices.contains(key)? {
                    unknown.push(item);
                }
            }
            Ok((unknown, choices.list()?))
        });
        let (unknown, list) = match unknown {
            Ok(unknown) => unknown,
            Err(error) => return self.require(false, || error.to_string()),
        };
        for item in unknown {
            let known: Vec<String> = list.iter().map(|choice| plain(&choice.value)).collect();
            let message = format!("must be one of {} (it is {})", known.join(", "), plain(item));
            let choices: Vec<Value> = list.iter().map(|choice| choice.value.clone()).collect();
            let complaint = Complaint::new("not_a_choice", message).with("value", item.clone());
            self.errors.add(self.field, complaint.with("choices", choices));
        }
        self
    }
}

/// Returns the items for which a choice is made: none for null, all items of a list and of lists in it, else the value.
pub(crate) fn each_item(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(each_item).collect(),
        value => vec![value],
    }
}

/// Returns the items of a value that is at `path`, each with its path.
pub(crate) fn items_at<'v>(path: &str, value: &'v Value) -> Vec<(String, &'v Value)> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.flat_map(|(index, item)| items_at(&format!("{path}.{index}"), item)).collect()
        }
        value => vec![(path.to_owned(), value)],
    }
}

fn shown<B: FieldType>(bound: &B) -> String {
    bound.encode().map_or_else(|error| error, |value| plain(&value))
}

/// Returns a whole number of any size.
pub(crate) fn whole(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns a value as JSON, for its description.
#[doc(hidden)]
pub fn encoded<T: FieldType>(value: &T) -> Value {
    value.encode().unwrap_or_default()
}

/// A value that can be compared with a lower and an upper bound. A missing value satisfies every bound.
#[diagnostic::on_unimplemented(
    message = "`min` and `max` belong on values that have an order, not on `{Self}`",
    label = "a `{Self}` is neither less nor greater than another"
)]
pub trait Bounded<B> {
    /// Returns whether it is `bound` or more.
    fn at_least(&self, bound: &B) -> bool;
    /// Returns whether it is `bound` or less.
    fn at_most(&self, bound: &B) -> bool;
}

#[diagnostic::do_not_recommend]
impl<T: PartialOrd> Bounded<T> for T {
    fn at_least(&self, bound: &T) -> bool {
        self >= bound
    }

    fn at_most(&self, bound: &T) -> bool {
        self <= bound
    }
}

#[diagnostic::do_not_recommend]
impl<T: PartialOrd> Bounded<T> for Option<T> {
    fn at_least(&self, bound: &T) -> bool {
        self.as_ref().is_none_or(|value| value >= bound)
    }

    fn at_most(&self, bound: &T) -> bool {
        self.as_ref().is_none_or(|value| value <= bound)
    }
}

/// A value with a length, to which `max_length` applies.
#[diagnostic::on_unimplemented(
    message = "`max_length` belongs on text, bytes and lists, not on `{Self}`",
    label = "a `{Self}` has no length: for a number write `max = ..`"
)]
pub trait HasLength {
    /// Returns its length: characters of a text, items of a list, or bytes.
    fn length(&self) -> usize;
}

#[diagnostic::do_not_recommend]
impl HasLength for String {
    fn length(&self) -> usize {
        self.chars().count()
    }
}

#[diagnostic::do_not_recommend]
impl HasLength for Bytes {
    fn length(&self) -> usize {
        self.0.len()
    }
}

#[diagnostic::do_not_recommend]
impl<T> HasLength for Vec<T> {
    fn length(&self) -> usize {
        self.len()
    }
}

#[diagnostic::do_not_recommend]
impl<T: HasLength> HasLength for Option<T> {
    fn length(&self) -> usize {
        self.as_ref().map_or(0, T::length)
    }
}

/// A value that is text, to which `pattern` applies.
#[diagnostic::on_unimplemented(message = "`pattern` belongs on text, not on `{Self}`", label = "not text")]
pub trait HasText {
    /// Returns the text, if there is one.
    fn text(&self) -> Option<&str>;
}

#[diagnostic::do_not_recommend]
impl HasText for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: HasText> HasText for Option<T> {
    fn text(&self) -> Option<&str> {
        self.as_ref().and_then(T::text)
    }
}

/// A regular expression that is compiled when it is first used.
#[derive(Debug)]
pub struct Pattern {
    text: &'static str,
    compiled: OnceLock<Result<Regex, String>>,
}

impl Pattern {
    /// Makes the pattern with this text. It has to match from the first to the last character.
    pub const fn new(text: &'static str) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    fn matches(&self, text: &str) -> Result<bool, String> {
        self.compiled
            .get_or_init(|| compiled(self.text))
            .as_ref()
            .map(|regex| regex.is_match(text))
            .map_err(Clone::clone)
    }
}

/// Checks that a pattern can be compiled as it is used.
pub(crate) fn check_pattern(text: &str) -> Result<(), String> {
    compiled(text).map(drop)
}

/// Compiles the pattern, which has to match from the first to the last character.
fn compiled(text: &str) -> Result<Regex, String> {
    let whole = || {
        Regex::new(text)?;
        // With `(?x)`, a pattern may end in a comment, which would hide what follows on its line.
        Regex::new(&format!("^(?:{text})$")).or_else(|_| Regex::new(&format!("^(?:{text}\n)$")))
    };
    whole()
        .map_err(|error: regex_lite::Error| format!("has a pattern, `{text}`, that is no regular expression: {error}"))
}
