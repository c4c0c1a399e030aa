//! Business data: rows in typed tables of the same store.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use serde_json::Value;
use viewflow_store::{Id, Object, Ref, RowRecord};

use crate::data::document::Fields;
use crate::data::field::{Choice, ChoiceList, ChoiceSource, Choose, FieldSpec, FieldType, Looked};
use crate::data::table::Query;
use crate::error::{Error, Result};
use crate::unit::Db;

/// A struct whose values are rows of a table. `#[derive(Entity)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    label = "not the type of a table's rows",
    note = "write `#[derive(Entity)]` above `struct {Self}`, with a field `#[id] id: Id<{Self}>`"
)]
pub trait Entity: Fields {
    /// The stored name of its table.
    const TABLE: &'static str;

    /// Returns the row's identity, or [`Id::NEW`] if it is not stored yet.
    fn id(&self) -> Id<Self>;

    /// Sets the row's identity.
    fn set_id(&mut self, id: Id<Self>);

    /// Returns the text by which a person knows the row when choosing one.
    fn label(&self) -> String {
        format!("{} {}", Self::TABLE, self.id())
    }

    /// Returns the row as the object of a permission: `Permission::on("bills.sign", Department::object(department))`.
    fn object(row: impl Into<Ref<Self>>) -> Object {
        Object::Row { table: Self::TABLE.to_owned(), id: row.into().id().number() }
    }

    /// Returns the row that a permission is on, if it is a row of this table.
    fn row_in(object: &Object) -> Option<Ref<Self>> {
        match object {
            Object::Row { table, id } if table == Self::TABLE => Some(Id::from_number(*id).to_ref()),
            _ => None,
        }
    }
}

/// A table without the type of its rows.
#[derive(Clone, Copy)]
pub struct TableSpec {
    /// Its stored name.
    pub name: &'static str,
    /// The fields of its rows.
    pub fields: &'static [FieldSpec],
    pub(crate) rows: RowType,
    /// Converts a row to the form in which it would be stored now.
    pub(crate) of_today: fn(u64, RowRecord) -> Option<RowRecord>,
    /// All of its rows, as what can be chosen for a reference to it.
    pub(crate) choices: fn(&Db) -> Box<dyn ChoiceList>,
}

impl TableSpec {
    /// Describes the table of `E`.
    pub fn of<E: Entity>() -> Self {
        Self {
            name: E::TABLE,
            fields: E::FIELDS,
            rows: RowType::of::<E>(),
            of_today: crate::data::table::of_today::<E>,
            choices: |db| Box::new(db.table::<E>().all()),
        }
    }
}

impl fmt::Debug for TableSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableSpec").field("name", &self.name).field("rows", &self.rows.name).finish_non_exhaustive()
    }
}

/// The type of the rows of a table.
#[derive(Clone, Copy)]
pub(crate) struct RowType {
    pub(crate) id: TypeId,
    pub(crate) name: &'static str,
}

impl RowType {
    pub(crate) fn of<T: 'static>() -> Self {
        Self { id: TypeId::of::<T>(), name: std::any::type_name::<T>() }
    }
}

/// An index of the table of `E` on a field of type `V`, such as `Post::BY_SLUG`. `#[field(index)]` and
/// `#[field(unique)]` make it.
pub struct IndexOf<E, V> {
    field: &'static str,
    _types: PhantomData<fn() -> (E, V)>,
}

impl<E, V> fmt::Debug for IndexOf<E, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IndexOf").field(&self.field).finish()
    }
}

impl<E, V: FieldType> IndexOf<E, V> {
    /// Makes the index on the field that is stored under this key (`a.b` for a nested field).
    pub const fn new(field: &'static str) -> Self {
        Self { field, _types: PhantomData }
    }

    /// Returns the key under which the field is stored.
    pub const fn field(&self) -> &'static str {
        self.field
    }
}

impl<E: Entity> Choose<Ref<E>> for E {
    fn value(&self) -> Result<Value, String> {
        self.id().to_ref().encode()
    }

    fn label(&self) -> String {
        Entity::label(self)
    }
}

impl<E: Entity> ChoiceSource<Ref<E>> for Query<E> {
    fn into_choices(self) -> Result<Box<dyn ChoiceList>> {
        Ok(Box::new(self))
    }
}

impl<E: Entity> ChoiceSource<Ref<E>> for Result<Query<E>> {
    fn into_choices(self) -> Result<Box<dyn ChoiceList>> {
        self?.into_choices()
    }
}

impl<E: Entity> ChoiceList for Query<E> {
    fn list(&self) -> Result<Vec<Choice>> {
        Self::list(self)?.iter().map(choice_of).collect()
    }

    fn first(&self, most: usize) -> Result<Vec<Choice>> {
        self.page(None, most)?.iter().map(choice_of).collect()
    }

    fn choice_of(&self, value: &Value) -> Result<Option<Choice>> {
        let Ok(reference) = Ref::<E>::decode(value) else { return Ok(None) };
        self.held(reference)?.as_ref().map(choice_of).transpose()
    }

    fn look(&self, after: u64, most: usize) -> Result<Looked> {
        let (rows, next) = self.look_at(after, most)?;
        let choices = rows.iter().map(|row| Ok((row.id().number(), choice_of(row)?))).collect::<Result<_>>()?;
        Ok(Looked { choices, next })
    }

    fn contains(&self, value: &Value) -> Result<bool> {
        match Ref::<E>::decode(value) {
            Ok(reference) => Ok(self.held(reference)?.is_some()),
            Err(_) => Ok(false),
        }
    }
}

fn choice_of<E: Entity>(row: &E) -> Result<Choice> {
    Ok(Choice { value: Choose::value(row).map_err(Error::msg)?, label: Entity::label(row) })
}

/// A value that names a row to load: a reference, an id, or an optional one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not refer to a row",
    label = "expected a `Ref<..>`, an `Id<..>`, or an `Option` of one"
)]
pub trait ToRef {
    /// The type of the row.
    type Entity: Entity;

    /// Returns the reference.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) if there is none.
    fn to_ref(&self) -> Result<Ref<Self::Entity>>;
}

impl<E: Entity> ToRef for Ref<E> {
    type Entity = E;

    fn to_ref(&self) -> Result<Self> {
        Ok(*self)
    }
}

impl<E: Entity> ToRef for Id<E> {
    type Entity = E;

    fn to_ref(&self) -> Result<Ref<E>> {
        Ok(Id::to_ref(*self))
    }
}

impl<R: ToRef> ToRef for Option<R> {
    type Entity = R::Entity;

    fn to_ref(&self) -> Result<Ref<R::Entity>> {
        self.as_ref().ok_or(Error::Empty("the reference"))?.to_ref()
    }
}

impl<R: ToRef> ToRef for &R {
    type Entity = R::Entity;

    fn to_ref(&self) -> Result<Ref<R::Entity>> {
        (**self).to_ref()
    }
}
