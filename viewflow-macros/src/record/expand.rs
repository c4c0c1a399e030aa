//! Writes the impls for a struct over a document.

mod faces;
mod fields;
mod items;
mod rules;

use proc_macro2::TokenStream;
use quote::quote;

use self::faces::{expand_embedded, expand_entity, expand_form, expand_message, expand_process, expand_task};
use self::fields::{expand_fields, expand_no_fields};
use super::face::Face;
use super::model::Record;
use crate::errors::Errors;
use crate::syntax::private_items;

pub(super) fn expand(record: &Record, errors: Errors) -> TokenStream {
    let fields = if record.usable { expand_fields(record) } else { expand_no_fields(record) };
    let face = match record.face {
        Face::Process => expand_process(record),
        Face::Task => expand_task(record),
        Face::Form => expand_form(record),
        Face::Entity => expand_entity(record),
        Face::Embedded => expand_embedded(record),
        Face::Message => expand_message(record),
    };
    let (errors, impls) = (errors.into_tokens(), private_items(&record.krate, &quote!(#fields #face)));
    quote!(#errors #impls)
}
