//! What stands around the impls that every derive writes.

use proc_macro2::{Span, TokenStream};
use quote::quote;

/// `::viewflow`, or what `crate = path` says.
pub(crate) fn default_crate() -> TokenStream {
    quote!(::viewflow)
}

/// Lints that code from attributes may break where it is put, or that are about style.
pub(crate) fn quiet_lints() -> TokenStream {
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

/// A span that resolves names where the macro is defined, for local variables.
pub(crate) fn hidden() -> Span {
    Span::mixed_site()
}
