//! What every derive writes, whatever it is of.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

/// `::viewflow`, or what `crate = path` says.
pub(crate) fn default_crate() -> TokenStream {
    quote!(::viewflow)
}

/// Items that meet none of the user's names: they find the crate as `__viewflow`, and are found through traits alone.
pub(crate) fn private_items(krate: &TokenStream, items: &TokenStream) -> TokenStream {
    let lints = quiet_lints();
    quote! {
        #[allow(#lints)]
        const _: () = {
            use #krate::__private as __viewflow;
            #items
        };
    }
}

/// Lints that code from attributes may break where it is put, or that are about style.
fn quiet_lints() -> TokenStream {
    quote!(
        deprecated,
        non_snake_case,
        non_upper_case_globals,
        unreachable_code,
        unused_braces,
        unused_parens,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )
}

/// `Some(value)` or `None`, whatever those names mean where it is put.
pub(crate) fn option_of(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// A local variable that rustc points at with the user's code, and that their code cannot see. A constant of this name
/// would be meant by its pattern, so that the name is one that nobody has.
pub(crate) fn local(name: &str, at: Span) -> Ident {
    Ident::new(&format!("__viewflow_{name}"), hidden().located_at(at))
}

/// A span that resolves names where the macro is defined, for local variables.
pub(crate) fn hidden() -> Span {
    Span::mixed_site()
}
