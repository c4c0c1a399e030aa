//! `#[derive(Form)]` on an enum: a decision, whose variants are the cases that a person chooses from.
//!
//! The fields of each variant become a struct of their own, which is read and written as a nested struct is. The decision itself has
//! a field for each case, of which one is there.

mod expand;
mod parse;

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, DeriveInput, Visibility};

use super::model::Record;
use crate::errors::Errors;

/// What was read from an enum.
struct Decision {
    ident: Ident,
    vis: Visibility,
    krate: TokenStream,
    cases: Vec<Case>,
    /// Whether all of it could be read.
    whole: bool,
}

/// A variant.
struct Case {
    ident: Ident,
    /// The name under which its fields are sent.
    name: String,
    /// What stands on the button.
    title: String,
    help: String,
    /// What a person is asked before it is submitted.
    confirm: Option<String>,
    /// The names that it had before.
    was: Vec<String>,
    /// Its fields, if it has any, each with its doc comment.
    record: Option<(Record, Vec<Vec<Attribute>>)>,
}

pub(super) fn derive(input: DeriveInput, mut errors: Errors) -> TokenStream {
    if !input.generics.params.is_empty() {
        errors.over(&input.generics, "a decision cannot have generic parameters: give each field one type");
        // Without the parameters, rustc would tell of the impls, too.
        return errors.into_tokens();
    }
    let decision = parse::parse(input, &mut errors);
    expand::expand(&decision, errors)
}
