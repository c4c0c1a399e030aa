//! `#[derive(Flow)]`: a struct whose fields are the nodes of a flow.

mod check;
mod expand;
mod lock;
mod model;
mod parse;
mod people;

use proc_macro2::TokenStream;
use syn::{Attribute, DeriveInput};

use crate::errors::Errors;

/// What the derive writes. Its chart stands at the head of the flow's `impl`, as a derive has no other place on the page.
pub(crate) fn derive(input: DeriveInput, errors: Errors) -> TokenStream {
    write(input, errors, false).0
}

/// The same for an attribute, and the chart, which belongs at the head of the page.
pub(crate) fn attribute(input: DeriveInput, errors: Errors) -> (TokenStream, Option<Attribute>) {
    write(input, errors, true)
}

fn write(input: DeriveInput, mut errors: Errors, is_apart: bool) -> (TokenStream, Option<Attribute>) {
    let flow = parse::parse(input, &mut errors);
    let checked = check::check(&flow, &mut errors);
    let locked = lock::check(&flow, checked.sound.as_ref(), &mut errors);
    let chart = expand::chart(&checked);
    let within = if is_apart { None } else { chart.as_ref() };
    (expand::expand(&flow, &checked, &locked, within, errors), chart)
}
