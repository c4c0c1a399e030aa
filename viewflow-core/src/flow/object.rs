//! Objects of permissions: rows and processes, by their types.

use viewflow_store::{Id, Object, Ref};

use crate::data::entity::Entity;

/// The object of a permission, as `object = |a| ..` gives it: a [`Ref`] or an [`Id`], or an `Option` of one. None
/// stands for all objects.
#[diagnostic::on_unimplemented(
    message = "a permission cannot be on a `{Self}`",
    label = "expected a `Ref` or an `Id` of a row, or an `Option` of one"
)]
pub trait IntoObject {
    /// Returns the object, if there is one.
    fn into_object(self) -> Option<Object>;
}

#[diagnostic::do_not_recommend]
impl<E: Entity> IntoObject for Ref<E> {
    fn into_object(self) -> Option<Object> {
        Some(E::object(self))
    }
}

#[diagnostic::do_not_recommend]
impl<E: Entity> IntoObject for Id<E> {
    fn into_object(self) -> Option<Object> {
        Some(E::object(self))
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
