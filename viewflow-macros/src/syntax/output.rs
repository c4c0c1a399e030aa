//! The code that every derive writes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

/// Returns `::viewflow`, the default for `crate = path`.
pub(crate) fn default_crate() -> TokenStream {
    quote!(::viewflow)
}

/// Writes items in a scope of their own, so that they cannot clash with the user's names.
///
/// They find the crate as `__viewflow`. Other code can reach them only through traits.
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

/// Returns the lints that code from attributes may break where it is inserted, and lints about style.
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

/// Writes `Some(value)` or `None`, whatever these names mean in the user's code.
pub(crate) fn option_of(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// Returns a local variable that the user's code cannot see, but for which rustc points at the user's code.
///
/// If the user had a constant of this name, the variable would become a pattern that matches it. So nobody else has
/// such a name.
pub(crate) fn local(name: &str, at: Span) -> Ident {
    Ident::new(&format!("__viewflow_{name}"), hidden().located_at(at))
}

/// Returns a span for local variables, which resolves names where the macro is defined.
pub(crate) fn hidden() -> Span {
    Span::mixed_site()
}
