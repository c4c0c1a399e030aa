//! The derives `Process`, `Task`, `Form`, `Entity`, `Embedded` and `Message`: structs over documents.

mod check;
mod decision;
mod expand;
mod face;
mod model;
mod parse;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput};

pub(crate) use self::face::Face;
use crate::errors::Errors;

pub(crate) fn derive(input: DeriveInput, face: Face, mut errors: Errors) -> TokenStream {
    if face == Face::Form && matches!(input.data, Data::Enum(_)) {
        return decision::derive(input, errors);
    }
    let mut record = parse::parse(input, face, &mut errors);
    check::check(&mut record, &mut errors);
    expand::expand(&record, errors)
}
