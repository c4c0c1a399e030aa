//! Writes the impls for a struct over a document.

mod faces;
mod fields;
mod items;
mod rules;
mod subject;

use proc_macro2::TokenStream;
use quote::quote;

use self::faces::expand_face;
use self::fields::{expand_fields, expand_no_fields};
use super::model::Record;
use crate::errors::Errors;
use crate::syntax::private_items;

pub(super) fn expand(record: &Record, errors: Errors) -> TokenStream {
    let fields = if record.usable { expand_fields(record) } else { expand_no_fields(record) };
    let face = expand_face(record);
    let (errors, impls) = (errors.into_tokens(), private_items(&record.krate, &quote!(#fields #face)));
    quote!(#errors #impls)
}
