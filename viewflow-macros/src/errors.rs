//! A collector of mistakes, so that a macro can report all of them at once.

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
    /// Creates a collector that does not report its mistakes, as rustc has already reported the cause.
    pub(crate) fn untold() -> Self {
        Self { untold: true, ..Self::default() }
    }

    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.all.push(Error::new(span, message));
    }

    /// Notes a mistake that spans from one place to a later place in the same item.
    pub(crate) fn between(&mut self, from: Span, to: Span, message: impl Display) {
        let both = [Ident::new("from", from), Ident::new("to", to)];
        self.over(quote!(#(#both)*), message);
    }

    /// Turns the last mistake into a type, which reports it.
    ///
    /// rustc reports nothing about code that depends on such a type.
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

    /// Returns the value, or notes the error and returns `None`.
    pub(crate) fn ok<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns the number of mistakes.
    ///
    /// If it has not grown in the meantime, everything was read without a mistake.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Combines all mistakes into one error, for a parser that is part of another parser.
    pub(crate) fn into_result(self) -> Result<()> {
        let all = self.all.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        all.map_or(Ok(()), Err)
    }

    /// Writes a `compile_error!` for each mistake, unless the mistakes are not to be reported.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let told = self.all.into_iter().filter(|_| !self.untold);
        let errors = told.map(Error::into_compile_error);
        quote!(#(#errors)*)
    }
}
