//! A field that is written about, and the names of what is written for it.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident};

use crate::record::model::{Field, Record};
use crate::syntax::{changed, hidden};

/// What is written for a field once, beside the impls that name it.
#[derive(Clone, Copy)]
pub(super) enum Item {
    /// The constant by which it is read and written.
    Field,
    /// The function that holds a value against its rules.
    Rules,
    Default,
    Min,
    Max,
    Length,
    Choices,
    /// The function that computes it, or asks whether it is asked.
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
    /// All fields of a struct.
    pub(super) fn all(record: &'r Record) -> Vec<Self> {
        record.fields.iter().enumerate().map(|(index, field)| Self { record, field, index }).collect()
    }

    /// The name of an item of this field's.
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

    /// The field's type, for an item beside the impls.
    pub(super) fn ty(self) -> TokenStream {
        self.beside(&self.field.ty.to_token_stream())
    }

    /// Tokens for an item beside the impls, where `Self` would mean nothing: it is replaced by the struct's name.
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

    /// Whether the field's type is, or has in it, the struct that it is in.
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
