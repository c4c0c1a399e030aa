//! A field, described as data.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde_json::Value;
use viewflow_graph::{FieldShape, Plain, Shape};
use viewflow_store::__private::follow;
use viewflow_store::{Document, OnDelete};

use super::{ChoiceList, FieldKind, FieldType, Initial, InitialOf, Rules, Source, Widget, canonical, whole};
use crate::error::{FieldErrors, Result};
use crate::people::User;
use crate::unit::Db;

/// One field, described as data. The derive macros make it from `#[field(..)]`.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct FieldSpec {
    /// The field's name in the struct.
    pub name: &'static str,
    /// Its place in the document: the keys to follow.
    pub key: &'static [&'static str],
    /// Keys under which earlier versions kept it.
    pub was: &'static [&'static [&'static str]],
    /// The text that a person reads.
    pub label: &'static str,
    /// A sentence of help for the person that fills it in.
    pub help: &'static str,
    /// Whether a person has to fill it in.
    pub required: bool,
    /// The kind of value that it takes.
    pub kind: fn() -> FieldKind,
    /// The rules of its value.
    pub rules: Rules,
    /// Its value at first.
    pub default: Option<fn() -> Value>,
    /// The values that a person can choose, if they are limited.
    pub choices: Option<fn(&Db, &dyn User) -> Result<Box<dyn ChoiceList>>>,
    /// Whether a form shows it empty at first, even if something is stored or there is a default. It has to be sent
    /// again.
    pub begins_empty: bool,
    /// The widget that suits it best.
    pub widget: Option<Widget>,
    /// The title of the page of a form that begins with it.
    pub page: Option<&'static str>,
    /// How it depends on the other fields of its struct, if it does.
    pub depends: Option<Depends>,
    /// Determines which fields of its struct are asked, and the computed ones, if it depends on others.
    pub settle: Option<fn(&Document) -> Settled>,
    /// Whether and how rows are indexed by it.
    pub index: Option<Index>,
    /// The effect on this row when the row or process that it refers to is deleted.
    pub on_delete: OnDelete,
    /// Whether the processes whose numbers it holds count as referred to, as rows do: then they are kept.
    pub holds_processes: bool,
    /// Whether it is a column of a process: kept in a table of its own beside the process's document.
    pub column: bool,
    /// The shape of its stored values: [`FieldType::SHAPE`].
    pub shape: Shape,
    /// Whether it converts values of the type that it had before.
    pub converted: bool,
    /// Returns the canonical form ([`FieldType::canonical`]) of a value in the current stored form; none if it is not
    /// valid.
    pub canonical: fn(&Value) -> Option<Value>,
}

/// How a field depends on the other fields of its struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Depends {
    /// It is computed from them. Anything sent for it is ignored.
    Computed,
    /// It is asked only if a condition over them holds. If it is not asked, anything sent for it is a complaint.
    OnlyIf {
        /// Whether it has to be filled in when it is asked.
        required: bool,
    },
}

/// The outcome of the dependent fields of one struct, as far as it can be determined.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// For each conditional field, whether it is asked.
    pub(crate) asked: BTreeMap<&'static str, bool>,
    /// The values of computed fields.
    pub(crate) computed: BTreeMap<&'static str, Value>,
}

/// The value of a field that is not asked.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be empty when it is not asked: `only_if` needs an `Option`, a list or a map, or a `default = ..`",
    label = "write `Option<{Self}>`, or give it `#[field(default = ..)]`"
)]
pub trait NotAsked {
    /// Returns the value: none or empty.
    fn not_asked() -> Self;
}

macro_rules! not_asked {
    ($([$($generic:tt)*] $type:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generic)*> NotAsked for $type {
            fn not_asked() -> Self {
                Self::default()
            }
        }
    )*};
}
not_asked! {
    [T] Option<T>;
    [T] Vec<T>;
    [T] BTreeMap<String, T>;
    [T, H: Default] HashMap<String, T, H>;
}

/// The value of a computed field before it is computed.
#[diagnostic::on_unimplemented(
    message = "a computed field of type `{Self}` has no value before it is computed",
    label = "write `Option<{Self}>`: the closure gives `Some(..)`, or `None`"
)]
pub trait NotComputed {
    /// Returns the value: false, zero, empty or none.
    fn not_computed() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Initial> NotComputed for T {
    fn not_computed() -> Self {
        T::initial()
    }
}

/// How a field of type `T` is read, written and described. The macros pass it to
/// [`Reader`](crate::document::Reader) and [`Writer`](crate::document::Writer).
pub struct FieldOf<T> {
    pub(crate) read: fn(&Value, Source) -> Result<T, FieldErrors>,
    pub(crate) merge: fn(&T, Option<&Value>) -> Result<Value, FieldErrors>,
    pub(crate) optional: bool,
    /// The value if the field is missing.
    pub(crate) default: Option<fn() -> T>,
    /// The value for conditions, while nothing valid was filled in.
    pub(crate) stand_in: fn() -> Option<T>,
    /// Reads a value of the type that the field had before.
    pub(crate) convert: Option<fn(&Value) -> Result<T, String>>,
    kind: fn() -> FieldKind,
    canonical: fn(&Value) -> Option<Value>,
    shape: Shape,
}

impl<T> fmt::Debug for FieldOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldOf").field("optional", &self.optional).field("shape", &self.shape).finish_non_exhaustive()
    }
}

// The bounds are on the methods. So a type that is no field type causes one message, in the words of its trait.
impl<T> FieldOf<T> {
    /// Makes a field that must be present, unless its type is an `Option`.
    pub const fn new() -> Self
    where
        T: FieldType,
    {
        Self {
            read: T::read_from,
            merge: T::merge,
            optional: T::OPTIONAL,
            default: None,
            stand_in: T::stand_in,
            convert: None,
            kind: T::kind,
            canonical: canonical::<T>,
            shape: Shape::Plain(Plain::Other),
        }
    }

    /// Makes a field that has the type's initial value if it is missing.
    pub const fn initial() -> Self
    where
        T: FieldType + Initial,
    {
        Self::with_default(T::initial)
    }

    /// As [`FieldOf::initial`]. If `T` is no field type, its `Item` is not known, and rustc reports only that.
    #[doc(hidden)]
    pub const fn initial_of<Item>() -> Self
    where
        T: FieldType,
        Item: InitialOf<T>,
    {
        Self::with_default(Item::initial)
    }

    /// Returns the same field with this default.
    #[doc(hidden)]
    pub const fn begins_with(&self, default: fn() -> T) -> Self {
        Self { default: Some(default), ..*self }
    }

    /// Makes a field that has this value if it is missing.
    pub const fn with_default(default: fn() -> T) -> Self
    where
        T: FieldType,
    {
        Self { default: Some(default), ..Self::new() }
    }

    /// Returns the same field with a conversion, for stored values that are no `T`. [`convert`] makes such functions.
    pub const fn converted(&self, convert: fn(&Value) -> Result<T, String>) -> Self {
        Self { convert: Some(convert), ..*self }
    }

    /// Returns the same field with this shape of its stored values: [`FieldType::SHAPE`].
    pub const fn shaped(&self, shape: Shape) -> Self {
        Self { shape, ..*self }
    }

    /// Returns the shape of the field when it is stored under this key, for lock files.
    pub const fn shape(&self, key: &'static str) -> FieldShape {
        let optional = self.optional || self.default.is_some();
        FieldShape { key, was: &[], shape: self.shape, optional, converted: self.convert.is_some(), column: false }
    }

    /// Returns the function that makes the field's first value. For the macros, which call it for fields that have one.
    #[doc(hidden)]
    pub const fn at_first(&self) -> fn() -> T {
        match self.default {
            Some(default) => default,
            None => panic!("this field has no value at first"),
        }
    }

    /// Returns a value as JSON, for the field's description.
    #[doc(hidden)]
    pub fn described(&self, value: &T) -> Value {
        (self.merge)(value, None).unwrap_or_default()
    }

    /// Returns the same field without its default, so that it must be present.
    pub const fn without_default(&self) -> Self {
        Self { default: None, ..*self }
    }

    /// Returns the field's description, without options.
    ///
    /// ```
    /// use viewflow_core::field::{FieldOf, FieldSpec};
    /// const REMARK: FieldSpec = FieldOf::<Option<String>>::new().spec("remark", "Remark", &["remark"]);
    /// assert!(!REMARK.required);
    /// ```
    pub const fn spec(&self, name: &'static str, label: &'static str, key: &'static [&'static str]) -> FieldSpec {
        FieldSpec {
            name,
            key,
            was: &[],
            label,
            help: "",
            required: !self.optional,
            kind: self.kind,
            rules: Rules::NONE,
            default: None,
            choices: None,
            begins_empty: false,
            widget: None,
            page: None,
            depends: None,
            settle: None,
            index: None,
            on_delete: OnDelete::Protect,
            holds_processes: false,
            column: false,
            shape: self.shape,
            converted: self.convert.is_some(),
            canonical: self.canonical,
        }
    }
}

/// Reads a value that was written as an `Old`, and makes a `T` of it. This is what `#[field(from = ..)]` stands for.
///
/// ```
/// use viewflow_core::{field::convert, document::Value};
/// let minutes = convert(&Value::from(90), |minutes: u32| Ok::<_, String>(format!("{minutes} min")));
/// assert_eq!(minutes.unwrap(), "90 min");
/// ```
///
/// # Errors
/// If it is no `Old`, or if `make` fails.
pub fn convert<Old: FieldType, T, E: fmt::Display>(
    stored: &Value,
    make: impl FnOnce(Old) -> Result<T, E>,
) -> Result<T, String> {
    make(Old::decode(stored)?).map_err(|error| error.to_string())
}

impl<T: FieldType> Default for FieldOf<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl FieldSpec {
    /// Returns whether its value must not be shown to any person.
    pub(crate) fn is_secret(&self) -> bool {
        self.widget == Some(Widget::Password)
    }

    /// Returns whether it is computed from others.
    pub(crate) fn is_computed(&self) -> bool {
        self.depends == Some(Depends::Computed)
    }

    /// Returns the field's value. For a column, looks in the columns first and then in the document, as it may have
    /// become a column since.
    pub(crate) fn find<'d>(&self, document: &'d Document, columns: Option<&'d Document>) -> Option<&'d Value> {
        let in_columns = columns.filter(|_| self.column).and_then(|columns| self.lookup(columns));
        in_columns.or_else(|| self.lookup(document))
    }

    /// Returns the field's value in a document, under its key or an earlier one.
    pub(crate) fn lookup<'d>(&self, document: &'d Document) -> Option<&'d Value> {
        follow(document, self.key).or_else(|| self.was.iter().find_map(|path| follow(document, path)))
    }

    /// Returns the field's value in a draft, under an earlier name.
    pub(crate) fn named_before<'d>(&self, draft: &'d Document) -> Option<&'d Value> {
        self.was.iter().filter(|path| path.len() == 1).find_map(|path| draft.get(path[0]))
    }

    /// Returns the canonical form of a value that one choice picks: a value of the field, or of one of its items.
    pub(crate) fn key_of_item(&self, item: &Value) -> Option<Value> {
        (self.canonical)(item).or_else(|| match (self.canonical)(&Value::Array(vec![item.clone()]))? {
            Value::Array(mut items) => items.pop(),
            _ => None,
        })
    }

    /// Puts the bounds of the field into complaints about a wrong type, if they are narrower than those of the type.
    pub(crate) fn with_its_bounds(&self, errors: FieldErrors) -> FieldErrors {
        let FieldKind::Integer { min, max } = (self.kind)() else { return errors };
        let own = |bound: Option<fn() -> Value>| whole(&bound?());
        let (min, max) = (own(self.rules.min).unwrap_or(min), own(self.rules.max).unwrap_or(max));
        errors.map_here(|complaint| *complaint = FieldKind::Integer { min, max }.wrong(whole_number(min, max)))
    }

    /// Returns whether a value is found under the current key.
    pub(crate) fn has_key_of_today(&self, document: &Document, columns: Option<&Document>) -> bool {
        columns.filter(|_| self.column).is_some_and(|columns| follow(columns, self.key).is_some())
            || follow(document, self.key).is_some()
    }
}

/// Returns the complaint that a value must be a whole number within bounds.
pub(crate) fn whole_number(min: impl fmt::Display, max: impl fmt::Display) -> String {
    format!("must be a whole number from {min} to {max}")
}

impl fmt::Debug for FieldSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldSpec").field("name", &self.name).field("kind", &(self.kind)()).finish_non_exhaustive()
    }
}

/// How rows are found by a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// Any number of rows may have the same value.
    Plain,
    /// No two rows may have the same value; rows without one do not count.
    Unique,
}
