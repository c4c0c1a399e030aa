//! Writes how a value is held against the rules of its field.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::items::item;
use crate::record::model::{Choices, Field};
use crate::syntax::{hidden, located};

/// Holds a value against the rules of its field.
pub(super) fn check(index: usize, field: &Field, value: &TokenStream, at: &TokenStream) -> TokenStream {
    let local = |span: Span| Ident::new("at", hidden().located_at(span));
    let mut rules = Vec::new();
    if let Some(max) = &field.max_length {
        let at = local(max.span());
        let (method, value) = (Ident::new("max_length", at.span()), located(value, max.span()));
        let length = item("LENGTH", index);
        rules.push(quote_spanned!(max.span()=> let #at = #at.#method(#value, #length);));
    }
    for (bound, method, what) in [(&field.min, "min", "MIN"), (&field.max, "max", "MAX")] {
        if let Some(bound) = bound {
            let (at, function) = (local(bound.span()), item(what, index));
            let (method, value) = (Ident::new(method, at.span()), located(value, bound.span()));
            rules.push(quote_spanned!(bound.span()=> let #at = #at.#method(#value, #function());));
        }
    }
    if let Some(pattern) = &field.pattern {
        let (at, compiled) = (local(pattern.span()), item("PATTERN", index));
        let (method, value) = (Ident::new("pattern", at.span()), located(value, pattern.span()));
        rules.push(quote_spanned!(pattern.span()=> let #at = #at.#method(#value, &#compiled);));
    }
    if let Some(Choices::List(list)) = &field.choices {
        let (at, function) = (local(list.span()), item("CHOICES", index));
        rules.push(quote_spanned!(list.span()=> let #at = #at.one_of(#value, #function());));
    }
    if rules.is_empty() {
        return TokenStream::new();
    }
    let local = local(hidden());
    quote!({
        let #local = #at;
        #(#rules)*
        let _ = #local;
    })
}
