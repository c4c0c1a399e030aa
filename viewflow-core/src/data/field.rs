//! Field types: how a value is kept in a JSON document, and how it is asked of a person.

mod basic;
#[cfg(feature = "jiff")]
mod calendar;
mod canonical;
mod choice;
#[cfg(feature = "decimal")]
mod decimal;
mod identity;
mod kind;
mod problem;
mod rule;
mod spec;
#[cfg(feature = "uuid")]
mod uuid;
mod widget;

use serde_json::Value;
use viewflow_graph::{Plain, Shape};
use viewflow_store::{Id, OnDelete, ProcessId, Ref};

pub use basic::Bytes;
pub(crate) use canonical::{canonical, canonical_fields, form_of};
pub use choice::{Choice, ChoiceSource, Choices, Choose};
pub(crate) use kind::tables_of;
pub use kind::{FieldKind, ValueKind};
pub(crate) use problem::problems;
pub use rule::{At, Bounded, HasLength, HasText, Pattern, Rules, encoded};
pub(crate) use rule::{check_pattern, each_item, items_at, plain, whole};
pub use spec::{Depends, FieldOf, FieldSpec, Index, NotAsked, NotComputed, Settled, convert};
pub use widget::Widget;
pub(crate) use widget::{forget_secrets, forget_secrets_of};

use crate::data::entity::{Entity, TableSpec};
use crate::error::FieldErrors;

/// A type that can be a field of a process, task, form or entity, and a seed or artifact.
///
/// Implement it for a type of your own by way of one that has it: `decode` a string, say, and `encode` to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field",
    label = "not a field type",
    note = "field types are bool, integers of up to 64 bits, floats, String, `Ref<Entity>`, `Bytes`, `serde_json::Value`; \
            `UserId`, `ProcessId`, `TaskId`, `Timestamp`; \
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

    /// The value as JSON, as it is compared with others: in indexes and for `unique`, as the key of a message, among choices, in the
    /// history. Values that are equal have one such form, even where `encode` keeps more than counts: of the decimals `1.5` and
    /// `1.50` it is `1.5`, of a point in time it is that in UTC.
    ///
    /// What is provided knows the kinds of values; a type of your own, of which other values are equal too, has a form of its own.
    ///
    /// ```
    /// use viewflow_core::{document::Value, field::{FieldKind, FieldType}};
    /// /// A code for which capital letters are those that are not.
    /// struct Code(String);
    /// impl FieldType for Code {
    ///     type Item = Self;
    ///     fn kind() -> FieldKind { FieldKind::Text }
    ///     fn encode(&self) -> Result<Value, String> { self.0.encode() }
    ///     fn decode(value: &Value) -> Result<Self, String> { String::decode(value).map(Code) }
    ///     fn canonical(&self) -> Result<Value, String> { self.0.to_lowercase().encode() }
    /// }
    /// assert_eq!(Code("AB1".into()).canonical(), Code("ab1".into()).canonical());
    /// assert_eq!((-0.0_f64).canonical(), 0.0_f64.canonical());
    /// ```
    ///
    /// # Errors
    /// As `encode`.
    fn canonical(&self) -> Result<Value, String> {
        Ok(Self::kind().canonical(self.encode()?))
    }

    /// What a field counts as while nothing right was filled in, for conditions that ask it: false, zero or empty. None where a type has no
    /// such value.
    fn stand_in() -> Option<Self> {
        None
    }

    /// The value as JSON, over what is stored already: a nested struct keeps keys it does not know.
    ///
    /// # Errors
    /// What is wrong with the value, each complaint with its path in it.
    fn merge(&self, _stored: Option<&Value>) -> Result<Value, FieldErrors> {
        self.encode().map_err(FieldErrors::here)
    }

    /// Reads what is stored, or what a person sent. A type that is made of others reads them in this way, so that all complaints
    /// are told at once, each with its path.
    ///
    /// # Errors
    /// What is wrong with the value, each complaint with its path in it.
    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        let _ = source;
        Self::decode(value).map_err(|message| FieldErrors::here(Self::kind().wrong(message)))
    }
}

/// Where a value that is read comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was stored: as a field's `encode` wrote it, now or in an earlier version.
    Store,
    /// A person, or a program in a person's place, sent it: the rules of forms hold.
    Person,
    /// It is of a draft, which a person may have written before the fields had the names and types of today.
    Draft,
}

/// A value for the time before anybody set one: what a process field without `default` starts with.
///
/// A process has one, too, and so has a task whose fields all have a default or are optional: the derives implement it. Code that
/// gives some of the fields takes the others from it.
///
/// ```
/// # use viewflow_core::field::Initial;
/// struct Item { title: String, pieces: u32 }
///
/// // As `#[derive(Process)]` does it, with `#[field(default = 1)]` on `pieces`.
/// impl Initial for Item {
///     fn initial() -> Self { Item { title: String::initial(), pieces: 1 } }
/// }
///
/// assert_eq!(Item { title: "cup".into(), ..Item::initial() }.pieces, 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "a process field of type `{Self}` has no value when the process starts",
    label = "write `Option<{Self}>`, or give it `#[field(default = ..)]`",
    note = "a type of your own needs `#[derive(Choices)]` if it is an enum, `#[derive(Embedded)]` if it is a struct"
)]
pub trait Initial: Sized {
    /// The value: false, zero, empty or none; of a struct, the defaults of its fields.
    fn initial() -> Self;
}

/// [`Initial`], asked of the [`FieldType::Item`] of a field type: rustc does not ask it of a type that is none.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a process field of type `{T}` has no value when the process starts",
    label = "write `Option<{T}>`, or give it `#[field(default = ..)]`"
)]
pub trait InitialOf<T> {
    /// The value: false, zero, empty or none.
    fn initial() -> T;
}

#[diagnostic::do_not_recommend]
impl<T: Initial, Item> InitialOf<T> for Item {
    fn initial() -> T {
        T::initial()
    }
}

/// A reference that can become none: an `Option` or a list of `Ref<..>` or `ProcessId`.
#[diagnostic::on_unimplemented(
    message = "`on_delete = set_none` belongs on an `Option<Ref<..>>` or a `Vec<Ref<..>>`, not on `{Self}`",
    label = "a `{Self}` cannot become none"
)]
pub trait SetNone {}

#[diagnostic::do_not_recommend]
impl<E> SetNone for Option<Ref<E>> {}
#[diagnostic::do_not_recommend]
impl<E> SetNone for Vec<Ref<E>> {}
#[diagnostic::do_not_recommend]
impl SetNone for Option<ProcessId> {}
#[diagnostic::do_not_recommend]
impl SetNone for Vec<ProcessId> {}

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
