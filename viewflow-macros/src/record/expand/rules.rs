//! Writes how a value is checked against the rules of its field.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::subject::{Item, Subject};
use crate::record::model::{Choices, Field};
use crate::syntax::{hidden, local, located};

/// Writes the function that checks a value against the rules of its field.
pub(super) fn rules_function(of: Subject<'_>) -> TokenStream {
    let (name, ty, rules) = (of.item(Item::Rules), of.ty(), rules(of));
    let check = (!rules.is_empty()).then(|| {
        let at = local("at", hidden());
        quote!({
            let #at = __viewflow_at;
            #(#rules)*
            let _ = #at;
        })
    });
    quote! {
        #[allow(unused_variables)]
        fn #name(__viewflow_value: &#ty, __viewflow_at: __viewflow::At<'_>) {
            #check
        }
    }
}

fn rules(of: Subject<'_>) -> Vec<TokenStream> {
    let Field { max_length, min, max, pattern, choices, .. } = of.field;
    let list = match choices {
        Some(Choices::List(list)) => Some(list),
        _ => None,
    };
    let [length, min_of, max_of, compiled, choices_of] =
        [Item::Length, Item::Min, Item::Max, Item::Pattern, Item::Choices].map(|item| of.item(item));
    let rules = [
        max_length.as_ref().map(|written| rule("max_length", written, &quote!(#length))),
        min.as_ref().map(|written| rule("min", written, &quote!(#min_of()))),
        max.as_ref().map(|written| rule("max", written, &quote!(#max_of()))),
        pattern.as_ref().map(|written| rule("pattern", written, &quote!(&#compiled))),
        list.map(|written| rule("one_of", written, &quote!(#choices_of()))),
    ];
    rules.into_iter().flatten().collect()
}

/// Writes `let at = at.method(value, bound);` with the span of the user's code.
///
/// Receiver and method share one span. If they had different hygiene, rustc would point at the whole macro.
fn rule(method: &str, written: &impl ToTokens, bound: &TokenStream) -> TokenStream {
    let span = written.span();
    let (at, method) = (local("at", span), Ident::new(method, hidden().located_at(span)));
    let (value, bound) = (located(&quote!(__viewflow_value), span), located(bound, span));
    quote_spanned!(span=> let #at = #at.#method(#value, #bound);)
}
