//! A field that code is written for, and the names of that code.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident};

use crate::record::model::{Field, Record};
use crate::syntax::{changed, hidden};

/// An item that is written once for a field, next to the impls that name it.
#[derive(Clone, Copy)]
pub(super) enum Item {
    /// The constant that reads and writes the field.
    Field,
    /// The function that checks a value against the field's rules.
    Rules,
    Default,
    Min,
    Max,
    Length,
    Choices,
    /// The function that computes the field, or returns whether it is asked.
    Depends,
    Pattern,
    Convert,
}

/// A field of a struct.
#[derive(Clone, Copy)]
pub(super) struct Subject<'r> {
    pub(super) record: &'r Record,
    pub(super) field: &'r Field,
    pub(super) index: usize,
}

impl<'r> Subject<'r> {
    /// Returns all fields of a struct.
    pub(super) fn all(record: &'r Record) -> Vec<Self> {
        record.fields.iter().enumerate().map(|(index, field)| Self { record, field, index }).collect()
    }

    /// Returns the name of an item of this field.
    pub(super) fn item(self, item: Item) -> Ident {
        let what = match item {
            Item::Field => "FIELD",
            Item::Rules => "RULES",
            Item::Default => "DEFAULT",
            Item::Min => "MIN",
            Item::Max => "MAX",
            Item::Length => "LENGTH",
            Item::Choices => "CHOICES",
            Item::Depends => "DEPENDS",
            Item::Pattern => "PATTERN",
            Item::Convert => "CONVERT",
        };
        format_ident!("__viewflow_{what}_{}", self.index, span = hidden())
    }

    /// Returns the field's type, for an item next to the impls.
    pub(super) fn ty(self) -> TokenStream {
        self.beside(&self.field.ty.to_token_stream())
    }

    /// Returns the tokens for an item next to the impls, with `Self` replaced by the struct's name.
    pub(super) fn beside(self, tokens: &TokenStream) -> TokenStream {
        changed(tokens, &|tree| match tree {
            TokenTree::Ident(name) if name == "Self" => {
                let mut named = self.record.ident.clone();
                named.set_span(name.span());
                TokenTree::Ident(named)
            }
            tree => tree,
        })
    }

    /// Whether the field's type is, or contains, the struct that has the field.
    pub(super) fn is_of_itself(self) -> bool {
        has(&self.ty(), &self.record.ident)
    }
}

fn has(tokens: &TokenStream, ident: &Ident) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(name) => name == *ident,
        TokenTree::Group(group) => has(&group.stream(), ident),
        _ => false,
    })
}
