//! Collects mistakes, so that all of them are told at once.

use std::fmt::Display;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Error, Result};

#[derive(Default)]
pub(crate) struct Errors {
    all: Vec<Error>,
    untold: bool,
}

impl Errors {
    /// Mistakes that are noted and not told: rustc has told what is wrong.
    pub(crate) fn untold() -> Self {
        Self { untold: true, ..Self::default() }
    }

    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.all.push(Error::new(span, message));
    }

    /// As [`Errors::at`], from one place to another that comes later in the same item.
    pub(crate) fn between(&mut self, from: Span, to: Span, message: impl Display) {
        let both = [Ident::new("from", from), Ident::new("to", to)];
        self.over(quote!(#(#both)*), message);
    }

    /// Takes the last mistake out, to be told by a type: rustc tells nothing of what depends on that type.
    pub(crate) fn pop_as_type(&mut self, krate: &TokenStream) -> Option<TokenStream> {
        if self.untold {
            return None;
        }
        let error = self.all.pop()?.into_compile_error();
        Some(quote!(#krate::__private::Unknown<{ #error }>))
    }

    pub(crate) fn over(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.all.push(Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: Error) {
        self.all.push(error);
    }

    /// The value; or nothing, with the error noted.
    pub(crate) fn ok<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many there are: what was read since then could be read as a whole if there are no more.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// All mistakes as one error, for what is read as a part of something else.
    pub(crate) fn into_result(self) -> Result<()> {
        let all = self.all.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        all.map_or(Ok(()), Err)
    }

    /// A `compile_error!` for each mistake that is told.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let told = self.all.into_iter().filter(|_| !self.untold);
        let errors = told.map(Error::into_compile_error);
        quote!(#(#errors)*)
    }
}
