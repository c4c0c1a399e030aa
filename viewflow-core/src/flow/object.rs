//! What a permission is asked on: rows and processes, by their types.

use crate::data::entity::Entity;
use crate::flow::Flow;
use crate::id::{Id, ProcessId, Ref};
use crate::people::Object;

/// What a permission is asked on, as `object = |a| ..` gives it: a [`Ref`] or an [`Id`], or an `Option` of one, where none stands for
/// all objects.
#[diagnostic::on_unimplemented(
    message = "a permission cannot be on a `{Self}`",
    label = "expected a `Ref` or an `Id` of a row, or an `Option` of one"
)]
pub trait IntoObject {
    /// The object, if there is one.
    fn into_object(self) -> Option<Object>;
}

#[diagnostic::do_not_recommend]
impl<E: Entity> IntoObject for Ref<E> {
    fn into_object(self) -> Option<Object> {
        Some(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Entity> IntoObject for Id<E> {
    fn into_object(self) -> Option<Object> {
        Some(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl IntoObject for Object {
    fn into_object(self) -> Option<Object> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<O: IntoObject> IntoObject for Option<O> {
    fn into_object(self) -> Option<Object> {
        self.and_then(O::into_object)
    }
}

impl<E: Entity> From<Ref<E>> for Object {
    fn from(row: Ref<E>) -> Self {
        Self::Row { table: E::TABLE.to_owned(), id: row.id().number() }
    }
}

impl<E: Entity> From<Id<E>> for Object {
    fn from(row: Id<E>) -> Self {
        row.to_ref().into()
    }
}

impl Object {
    /// The row, if it is one of the table of `E`.
    pub fn row<E: Entity>(&self) -> Option<Ref<E>> {
        match self {
            Self::Row { table, id } if table == E::TABLE => Some(Id::from_number(*id).to_ref()),
            _ => None,
        }
    }

    /// The process, if it is one of the flow `F`.
    pub fn process<F: Flow>(&self) -> Option<ProcessId> {
        match self {
            Self::Process { flow, id } if flow == F::NAME => Some(*id),
            _ => None,
        }
    }
}
