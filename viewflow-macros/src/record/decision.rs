//! `#[derive(Form)]` on an enum: a decision, whose variants are the cases that a person chooses from.
//!
//! The fields of each variant become a struct of their own, which is read and written like a nested struct. The
//! decision itself has a field for each case, and exactly one of these fields has a value.

mod expand;
mod parse;

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, DeriveInput, Visibility};

use super::model::Record;
use crate::errors::Errors;

/// The model of an enum.
struct Decision {
    ident: Ident,
    vis: Visibility,
    krate: TokenStream,
    cases: Vec<Case>,
    /// Whether the whole enum could be read.
    whole: bool,
}

/// A variant.
struct Case {
    ident: Ident,
    /// The name under which the fields of the case are sent.
    name: String,
    /// The title of the button.
    title: String,
    help: String,
    /// The question that a person has to confirm before the form is submitted.
    confirm: Option<String>,
    /// The names that the case had before.
    was: Vec<String>,
    /// The fields of the case, if it has any, each with its doc comment.
    record: Option<(Record, Vec<Vec<Attribute>>)>,
}

pub(super) fn derive(input: DeriveInput, mut errors: Errors) -> TokenStream {
    if !input.generics.params.is_empty() {
        errors.over(&input.generics, "a decision cannot have generic parameters: give each field one type");
        // Without the parameters, rustc would report the impls, too.
        return errors.into_tokens();
    }
    let decision = parse::parse(input, &mut errors);
    expand::expand(&decision, errors)
}
