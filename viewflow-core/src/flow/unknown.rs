//! Unknown types: rustc has reported them once, and reports nothing about what depends on them.

use crate::data::document::{Fields, Reader, Writer};
use crate::data::field::FieldSpec;
use crate::error::FieldErrors;
use crate::flow::process::Process;
use crate::flow::task::{NoDataNeeded, Task};

/// A stand-in for a type that cannot be known. The derives write `Unknown<{ compile_error!("..") }>`.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Unknown<const TOLD: usize>;

impl<const TOLD: usize> Fields for Unknown<TOLD> {
    const FIELDS: &'static [FieldSpec] = &[];

    fn read(_: &mut Reader<'_>) -> Option<Self> {
        None
    }

    fn write(&self, _: &mut Writer) {}

    fn check(&self, _: &mut FieldErrors) {}
}

#[diagnostic::do_not_recommend]
impl<const TOLD: usize> Process for Unknown<TOLD> {
    type Seed = ();
    type Artifact = ();
}

#[diagnostic::do_not_recommend]
impl<const TOLD: usize> Task for Unknown<TOLD> {
    type Seed = ();
    type Artifact = ();
}

#[diagnostic::do_not_recommend]
impl<const TOLD: usize> NoDataNeeded for Unknown<TOLD> {}

/// A type that is known. If a type depends on an unknown one, rustc reports nothing about it.
#[doc(hidden)]
pub trait Known {
    /// The other type.
    type Is<T>;

    /// Returns the value as it is.
    fn is<T>(value: T) -> Self::Is<T>;
}

impl<K> Known for K {
    type Is<T> = T;

    fn is<T>(value: T) -> T {
        value
    }
}
