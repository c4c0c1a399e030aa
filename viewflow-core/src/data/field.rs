//! Field types: how a value is kept in a JSON document, and how a person is asked for it.

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
pub(crate) use choice::listed;
pub use choice::{Choice, ChoiceList, ChoiceSource, Choices, Choose, Looked, kind_of_choices};
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

/// A type that can be a field of a process, task, form or entity, or a seed or artifact.
///
/// To implement it for a type of your own, build on a type that has it: for example, `decode` a string and `encode` to
/// one.
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
    /// The type of one choice: the type itself, or the item of an `Option` or `Vec`.
    type Item: 'static;
    /// Whether a missing value is valid: true for `Option`.
    const OPTIONAL: bool = false;

    /// The shape of its stored values, for lock files. A type that is stored as another type has the shape of that
    /// type: `const SHAPE: Shape = String::SHAPE`.
    const SHAPE: Shape = Shape::Plain(Plain::Other);

    /// Returns what a page needs to know to draw a widget for it.
    fn kind() -> FieldKind;

    /// Returns the value as JSON.
    ///
    /// # Errors
    /// Says what is wrong with a value that JSON cannot hold, such as a float that is not a number.
    fn encode(&self) -> Result<Value, String>;

    /// Reads what `encode` wrote.
    ///
    /// # Errors
    /// Says what the value has to be instead, as the end of the sentence "`field` ...".
    fn decode(value: &Value) -> Result<Self, String>;

    /// Returns the canonical form of the value, as JSON: the form in which it is compared with others.
    ///
    /// Indexes and `unique`, the keys of messages, choices and the history compare canonical forms. Equal values have
    /// the same form, even where `encode` keeps more than counts. The form of the decimals `1.5` and `1.50` is `1.5`,
    /// and the form of a point in time is that in UTC.
    ///
    /// The provided method handles all built-in kinds of values. A type of your own with another notion of equality
    /// needs a form of its own.
    ///
    /// ```
    /// use viewflow_core::{document::Value, field::{FieldKind, FieldType}};
    /// /// A code in which upper and lower case do not differ.
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

    /// Returns the value for which a field counts while nothing valid was filled in, when conditions ask for it. It is
    /// false, zero or empty; none if a type has no such value.
    fn stand_in() -> Option<Self> {
        None
    }

    /// Returns the value as JSON, merged over what is stored already. A nested struct keeps keys that it does not know.
    ///
    /// # Errors
    /// Complaints about the value, each with its path within the value.
    fn merge(&self, _stored: Option<&Value>) -> Result<Value, FieldErrors> {
        self.encode().map_err(FieldErrors::here)
    }

    /// Reads what is stored, or what a person sent.
    ///
    /// A type that consists of others reads them with this method. So all complaints are reported at once, each with
    /// its path.
    ///
    /// # Errors
    /// Complaints about the value, each with its path within the value.
    fn read_from(value: &Value, source: Source) -> Result<Self, FieldErrors> {
        let _ = source;
        Self::decode(value).map_err(|message| FieldErrors::here(Self::kind().wrong(message)))
    }
}

/// The origin of a value that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The store: a field's `encode` wrote it, in this version or an earlier one.
    Store,
    /// A person, or a program in a person's place, sent it. The rules of forms apply.
    Person,
    /// A draft. A person may have written it before the fields had their current names and types.
    Draft,
}

/// The value of a process field without a `default`, before it is set for the first time.
///
/// A process has an initial value, too, and so has a task whose fields all have a default or are optional: the derives
/// implement it. Code that sets only some of the fields takes the others from it.
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
    /// Returns the value: false, zero, empty or none; for a struct, the defaults of its fields.
    fn initial() -> Self;
}

/// [`Initial`], as a bound on the [`FieldType::Item`] of a field type: rustc does not check it for a type that is no
/// field type.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a process field of type `{T}` has no value when the process starts",
    label = "write `Option<{T}>`, or give it `#[field(default = ..)]`"
)]
pub trait InitialOf<T> {
    /// Returns the value: false, zero, empty or none.
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

/// Returns [`OnDelete::SetNone`], for a field that can become none.
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
