//! `#[derive(Flow)]`: a struct whose fields are the nodes of a flow.

mod check;
mod expand;
mod lock;
mod model;
mod parse;
mod people;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::Errors;

pub(crate) fn derive(input: DeriveInput, mut errors: Errors) -> TokenStream {
    let flow = parse::parse(input, &mut errors);
    let checked = check::check(&flow, &mut errors);
    let locked = lock::check(&flow, checked.sound.as_ref(), &mut errors);
    expand::expand(&flow, &checked, &locked, errors)
}
