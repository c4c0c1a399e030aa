//! Field types: how a value is kept in a JSON document, and how it is asked of a person.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use viewflow_graph::{FieldShape, Plain, Shape};

use crate::data::document::Document;
use crate::data::entity::{Entity, TableSpec};
use crate::error::Result;
use crate::id::{Id, Ref};
use crate::store::{OnDelete, follow};
use crate::unit::Db;

mod basic;
#[cfg(feature = "jiff")]
mod calendar;
mod choice;
#[cfg(feature = "decimal")]
mod decimal;
mod rule;
#[cfg(feature = "uuid")]
mod uuid;

pub use basic::Bytes;
pub use choice::{Choice, ChoiceSource, Choices, Choose};
pub use rule::{At, Bounded, HasLength, HasText, Pattern, Rules, encoded};
pub(crate) use rule::{check_pattern, each_item, plain};

/// A type that can be a field of a process, task, form or entity, and a seed or artifact.
///
/// Implement it for a type of your own by way of one that has it: `decode` a string, say, and `encode` to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field",
    label = "not a field type",
    note = "field types are bool, integers of up to 64 bits, floats, String, `Ref<Entity>`, `Bytes`, `serde_json::Value`; \
            `Option`, `Vec`, `BTreeMap<String, _>` and `HashMap<String, _>` of them; \
            dates, decimals and UUIDs of `viewflow::jiff`, `viewflow::rust_decimal` and `viewflow::uuid`",
    note = "for an enum of your own write `#[derive(Choices)]`, for a struct `#[derive(Embedded)]`"
)]
pub trait FieldType: Sized + 'static {
    /// What one choice picks: the type itself, or what an `Option` or `Vec` of it holds.
    type Item: 'static;
    /// Whether a missing value is a value: true for `Option`.
    const OPTIONAL: bool = false;

    /// What its values are like when they are stored, for lock files. A type that is kept as another one tells that of the
    /// other one: `const SHAPE: Shape = String::SHAPE`.
    const SHAPE: Shape = Shape::Plain(Plain::Other);

    /// What a page needs to know to draw a widget for it.
    fn kind() -> FieldKind;

    /// The value as JSON.
    ///
    /// # Errors
    /// What is wrong with a value JSON cannot hold, such as a float that is no number.
    fn encode(&self) -> Result<Value, String>;

    /// Reads what `encode` wrote.
    ///
    /// # Errors
    /// What the value has to be instead, as the end of the sentence "`field` ...".
    fn decode(value: &Value) -> Result<Self, String>;

    /// The value as JSON, over what is stored already: a nested struct keeps keys it does not know.
    ///
    /// # Errors
    /// As `encode`.
    fn merge(&self, _stored: Option<&Value>) -> Result<Value, String> {
        self.encode()
    }
}

/// A field type with a value for the time before anybody set it: what a process field without `default` starts with.
#[diagnostic::on_unimplemented(
    message = "a process field of type `{Self}` has no value when the process starts",
    label = "write `Option<{Self}>`, or give it `#[field(default = ..)]`",
    note = "a type of your own needs `#[derive(Choices)]` if it is an enum, `#[derive(Embedded)]` if it is a struct"
)]
pub trait Initial: Sized {
    /// The value: false, zero, empty or none.
    fn initial() -> Self;
}

/// What kind of value a field takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FieldKind {
    /// Nothing at all: `()`.
    Nothing,
    /// True or false.
    Bool,
    /// A whole number within these bounds.
    Integer {
        /// The least value of the type.
        min: i128,
        /// The greatest value of the type.
        max: i128,
    },
    /// A number.
    Float,
    /// Text.
    Text,
    /// A decimal number, as text.
    Decimal,
    /// A date, as `2026-11-22`.
    Date,
    /// A time of day, as `13:45:00`.
    Time,
    /// A date and time without a zone, as `2026-11-22T13:45:00`.
    DateTime,
    /// A point in time, as `2026-11-22T13:45:00Z`.
    Timestamp,
    /// A duration, in ISO 8601, as `PT1H30M`.
    Duration,
    /// A UUID, as text with hyphens.
    Uuid,
    /// Bytes, as base64.
    Bytes,
    /// One of a fixed list.
    Choice(Vec<Choice>),
    /// A row of this table, by number.
    Reference(TableSpec),
    /// Any number of such values.
    List(Box<FieldKind>),
    /// Such values, each with a name.
    Map(Box<FieldKind>),
    /// A nested struct.
    Embedded(&'static [FieldSpec]),
    /// Any JSON.
    Json,
}

impl FieldKind {
    /// Calls `visit` with the table and number of each row that `value` refers to.
    pub(crate) fn references(&self, value: &Value, visit: &mut dyn FnMut(&'static str, u64)) {
        match (self, value) {
            (Self::Reference(table), Value::Number(number)) => {
                if let Some(id) = number.as_u64() {
                    visit(table.name, id);
                }
            }
            (Self::List(kind), Value::Array(items)) => items.iter().for_each(|item| kind.references(item, visit)),
            (Self::Map(kind), Value::Object(items)) => items.values().for_each(|item| kind.references(item, visit)),
            (Self::Embedded(specs), Value::Object(document)) => {
                for spec in *specs {
                    if let Some(value) = spec.lookup(document) {
                        (spec.kind)().references(value, visit);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The tables to which values of these kinds refer, each once for each type of its rows.
pub(crate) fn tables_of(kinds: impl IntoIterator<Item = FieldKind>) -> Vec<TableSpec> {
    let (mut tables, mut open) = (BTreeMap::new(), kinds.into_iter().collect::<Vec<_>>());
    // A struct may be within itself.
    let mut seen = BTreeSet::new();
    while let Some(kind) = open.pop() {
        match kind {
            FieldKind::Reference(table) => drop(tables.insert((table.name, table.rows.id), table)),
            FieldKind::List(inner) | FieldKind::Map(inner) => open.push(*inner),
            FieldKind::Embedded(specs) if seen.insert(specs.as_ptr().addr()) => {
                open.extend(specs.iter().map(|spec| (spec.kind)()));
            }
            _ => {}
        }
    }
    tables.into_values().collect()
}

/// One field, described as data: what the derive macros make of `#[field(..)]`.
#[derive(Clone, Copy)]
pub struct FieldSpec {
    /// The field's name in the struct.
    pub name: &'static str,
    /// Where it is in the document: the keys to follow.
    pub key: &'static [&'static str],
    /// Keys under which earlier versions kept it.
    pub was: &'static [&'static [&'static str]],
    /// What a person reads.
    pub label: &'static str,
    /// A sentence of help for whoever fills it in.
    pub help: &'static str,
    /// Whether a person has to fill it in.
    pub required: bool,
    /// What kind of value it takes.
    pub kind: fn() -> FieldKind,
    /// The rules of its value.
    pub rules: Rules,
    /// What it is at first.
    pub default: Option<fn() -> Value>,
    /// What can be chosen, where that is limited.
    pub choices: Option<fn(&Db) -> Result<Box<dyn Choices>>>,
    /// Whether and how rows are found by it.
    pub index: Option<Index>,
    /// What happens to this row when the row it refers to is deleted.
    pub on_delete: OnDelete,
    /// Whether it is a column of a process: kept in a table of its own beside the process's document.
    pub column: bool,
}

/// How a field of type `T` is read, written and described: what the macros hand to [`Reader`](crate::Reader) and
/// [`Writer`](crate::Writer).
pub struct FieldOf<T> {
    pub(crate) decode: fn(&Value) -> Result<T, String>,
    pub(crate) merge: fn(&T, Option<&Value>) -> Result<Value, String>,
    pub(crate) optional: bool,
    /// What it is read as where it is missing.
    pub(crate) default: Option<fn() -> T>,
    /// How a value of the type that it had before is read.
    pub(crate) convert: Option<fn(&Value) -> Result<T, String>>,
    kind: fn() -> FieldKind,
    shape: Shape,
}

// The bounds are on the methods, so that a type that is none is told of once, in the words of its trait.
impl<T> FieldOf<T> {
    /// A field that has to be there, unless its type is an `Option`.
    pub const fn new() -> Self
    where
        T: FieldType,
    {
        Self {
            decode: T::decode,
            merge: T::merge,
            optional: T::OPTIONAL,
            default: None,
            convert: None,
            kind: T::kind,
            shape: Shape::Plain(Plain::Other),
        }
    }

    /// A field that has the type's initial value where it is missing.
    pub const fn initial() -> Self
    where
        T: FieldType + Initial,
    {
        Self::with_default(T::initial)
    }

    /// A field that has this value where it is missing.
    pub const fn with_default(default: fn() -> T) -> Self
    where
        T: FieldType,
    {
        Self { default: Some(default), ..Self::new() }
    }

    /// The same field, which is read in this way where what is stored is no `T`: [`convert`] makes such functions.
    pub const fn converted(&self, convert: fn(&Value) -> Result<T, String>) -> Self {
        Self { convert: Some(convert), ..*self }
    }

    /// The same field, whose values are stored like this: [`FieldType::SHAPE`].
    pub const fn shaped(&self, shape: Shape) -> Self {
        Self { shape, ..*self }
    }

    /// What the field is like when it is stored under this key, for lock files.
    pub const fn shape(&self, key: &'static str) -> FieldShape {
        let optional = self.optional || self.default.is_some();
        FieldShape { key, was: &[], shape: self.shape, optional, converted: self.convert.is_some(), column: false }
    }

    /// The same field, that has to be there even if it has a default.
    pub const fn without_default(&self) -> Self {
        Self { default: None, ..*self }
    }

    /// The field's description, without options.
    ///
    /// ```
    /// use viewflow_core::{FieldOf, FieldSpec};
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
            index: None,
            on_delete: OnDelete::Protect,
            column: false,
        }
    }
}

/// Reads what was written as an `Old`, and makes a `T` of it: what `#[field(from = ..)]` stands for.
///
/// ```
/// use viewflow_core::{convert, document::Value};
/// let minutes = convert(&Value::from(90), |minutes: u32| Ok::<_, String>(format!("{minutes} min")));
/// assert_eq!(minutes.unwrap(), "90 min");
/// ```
///
/// # Errors
/// When it is no `Old`, and what `make` fails with.
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
    /// The field's value, in the columns if it is one, else in the document: there too if it became a column since.
    pub(crate) fn find<'d>(&self, document: &'d Document, columns: Option<&'d Document>) -> Option<&'d Value> {
        let in_columns = columns.filter(|_| self.column).and_then(|columns| self.lookup(columns));
        in_columns.or_else(|| self.lookup(document))
    }

    /// The field's value in a document, under its key or one it had before.
    pub(crate) fn lookup<'d>(&self, document: &'d Document) -> Option<&'d Value> {
        follow(document, self.key).or_else(|| self.was.iter().find_map(|path| follow(document, path)))
    }

    /// Whether a value that was found is under a key of today.
    pub(crate) fn has_key_of_today(&self, document: &Document, columns: Option<&Document>) -> bool {
        columns.filter(|_| self.column).is_some_and(|columns| follow(columns, self.key).is_some())
            || follow(document, self.key).is_some()
    }
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

/// A reference that can become none: `Option<Ref<..>>`, or a list of references.
#[diagnostic::on_unimplemented(
    message = "`on_delete = set_none` goes with an `Option<Ref<..>>` or a `Vec<Ref<..>>`, not with `{Self}`",
    label = "a `{Self}` cannot become none"
)]
pub trait SetNone {}

#[diagnostic::do_not_recommend]
impl<E> SetNone for Option<Ref<E>> {}
#[diagnostic::do_not_recommend]
impl<E> SetNone for Vec<Ref<E>> {}

/// [`OnDelete::SetNone`], for a field that can become none.
#[doc(hidden)]
pub const fn set_none<T: SetNone>() -> OnDelete {
    OnDelete::SetNone
}

#[diagnostic::do_not_recommend]
impl<E: Entity> FieldType for Ref<E> {
    type Item = Self;
    const SHAPE: Shape = Shape::Reference(E::TABLE);

    fn kind() -> FieldKind {
        FieldKind::Reference(TableSpec::of::<E>())
    }

    fn encode(&self) -> Result<Value, String> {
        match self.id().number() {
            0 => Err("refers to a row that is not stored yet: insert it first".to_owned()),
            number => Ok(number.into()),
        }
    }

    fn decode(value: &Value) -> Result<Self, String> {
        match value.as_u64() {
            Some(number) if number > 0 => Ok(Id::from_number(number).to_ref()),
            _ => Err(format!("must be the number of a row of `{}`", E::TABLE)),
        }
    }
}
