//! The cases of an enum, by name: the ways that a decision can take.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::syntax::plain_name;

/// A variant of the enum, and so a way that a decision can take.
pub(crate) struct Way<'v> {
    pub(crate) ident: &'v Ident,
    pub(crate) title: &'v str,
    /// The type of the variant's fields.
    pub(crate) fields: TokenStream,
    /// A function that returns the fields, if the value is this variant.
    pub(crate) taken: TokenStream,
}

/// Writes an impl of `Cases` for an enum with these variants.
pub(crate) fn cases_impl(of: &Ident, ways: &[Way<'_>]) -> TokenStream {
    let by_name = format_ident!("CasesOf{}", plain_name(of), span = of.span());
    let numbers = 0..ways.len();
    let idents: Vec<_> = ways.iter().map(|way| way.ident).collect();
    let titles = ways.iter().map(|way| way.title);
    let fields = ways.iter().map(|way| &way.fields);
    let taken = ways.iter().map(|way| &way.taken);
    let without = idents.iter().map(|ident| {
        format!("`{ident}` of `{of}` has no way on: write `#[case({ident} => ..)]`, with the node to go on to")
    });
    quote! {
        #[allow(unnameable_types, missing_debug_implementations)]
        pub struct #by_name {
            #(pub #idents: __viewflow::CaseOf<#of, #fields>,)*
        }

        #[automatically_derived]
        impl __viewflow::Cases for #of {
            type ByName = #by_name;
            const BY_NAME: #by_name = #by_name { #(#idents: __viewflow::CaseOf::new(#numbers, #titles, #taken),)* };
            const WITHOUT_A_WAY: &'static [&'static ::core::primitive::str] = &[#(#without),*];
        }
    }
}
