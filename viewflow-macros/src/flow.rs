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

/// Expands the derive.
///
/// The chart is in the documentation of the flow's `impl`, since a derive cannot write to the struct's own page.
pub(crate) fn derive(input: DeriveInput, errors: Errors) -> TokenStream {
    write(input, errors, false).0
}

/// Expands the attribute, and returns the chart separately, for the head of the struct's page.
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
