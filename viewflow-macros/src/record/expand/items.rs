//! Writes what is said of a field in several places, once.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::rules::check;
use crate::record::face::Face;
use crate::record::model::{Choices, Field, Record};
use crate::syntax::{Closure, changed, hidden, located, plain_name, told, told_type};

/// What is said of a field in several places is generated once, so that a mistake in it is told once: its type, its
/// default, its bounds, its choices.
///
/// These are items beside the impls, where `Self` would mean nothing: it is replaced by the struct's name.
pub(super) fn expand_items(record: &Record, index: usize, field: &Field) -> TokenStream {
    let named = |tokens: &TokenStream| without_self(tokens, &record.ident);
    let ty = named(&field.ty.to_token_stream());
    let of = quote_spanned!(ty.span()=> __viewflow::FieldOf::<#ty>);
    let constant = item("FIELD", index);
    let value_type = quote_spanned!(ty.span()=> <#ty as __viewflow::FieldType>::Item);
    let function = |what: &str, returns: &TokenStream, body: &TokenStream| {
        let name = item(what, index);
        quote! {
            fn #name() -> #returns {
                #body
            }
        }
    };
    let default = default_value(field).map(|value| function("DEFAULT", &ty, &named(&value)));
    let new = match &default {
        Some(_) => {
            let default = item("DEFAULT", index);
            quote!(with_default(#default))
        }
        None if record.face == Face::Process => quote_spanned!(ty.span()=> initial()),
        None => quote_spanned!(ty.span()=> new()),
    };
    let conversion = field.from.as_ref().map(|from| conversion_function(record, index, field, &ty, from));
    let converted = conversion.as_ref().map(|_| {
        let convert = item("CONVERT", index);
        quote!(.converted(#convert))
    });
    // A struct within itself would never come to an end.
    let shape = if names(&field.ty.to_token_stream(), &record.ident) {
        quote!(__viewflow::Shape::Plain(__viewflow::Plain::Itself))
    } else {
        // Told at the same place as by the field's constructor, a type that is none is told once.
        let located = located(&ty, ty.span());
        quote_spanned!(ty.span()=> <#located as __viewflow::FieldType>::SHAPE)
    };
    let min = field.min.as_ref().map(|bound| function("MIN", &value_type, &named(bound)));
    let max = field.max.as_ref().map(|bound| function("MAX", &value_type, &named(bound)));
    let length = field.max_length.as_ref().map(|max| {
        let (name, max) = (item("LENGTH", index), named(max));
        quote!(const #name: ::core::primitive::usize = #max;)
    });
    let choices = field.choices.as_ref().map(|choices| choice_function(record, index, &ty, choices));
    let pattern = field.pattern.as_ref().map(|pattern| {
        let name = item("PATTERN", index);
        quote!(static #name: __viewflow::Pattern = __viewflow::Pattern::new(#pattern);)
    });
    let rules = item("RULES", index);
    let check = check(index, field, &quote!(value), &quote!(at));
    quote! {
        const #constant: __viewflow::FieldOf<#ty> = #of::#new.shaped(#shape) #converted;

        #[allow(unused_variables)]
        fn #rules(value: &#ty, at: __viewflow::At<'_>) {
            #check
        }

        #default
        #conversion
        #min
        #max
        #length
        #choices
        #pattern
    }
}

/// The expression of `default`; text in quotes becomes what the field is.
fn default_value(field: &Field) -> Option<TokenStream> {
    let value = field.default.as_ref()?;
    let is_text = syn::parse2::<syn::LitStr>(value.clone()).is_ok();
    Some(match (is_text, field.is_option()) {
        (false, _) => value.clone(),
        (true, false) => quote!(::core::convert::Into::into(#value)),
        (true, true) => quote!(::core::option::Option::Some(::core::convert::Into::into(#value))),
    })
}

fn choice_function(record: &Record, index: usize, ty: &TokenStream, choices: &Choices) -> TokenStream {
    let name = item("CHOICES", index);
    let (parameter, body) = match choices {
        Choices::List(list) => (TokenStream::new(), list),
        Choices::Query { parameter, body } => (quote!(#parameter: &__viewflow::Db), body),
    };
    let body = without_self(body, &record.ident);
    let into =
        quote_spanned!(body.span()=> __viewflow::ChoiceSource::<<#ty as __viewflow::FieldType>::Item>::into_choices);
    quote! {
        fn #name(#parameter) -> __viewflow::Result<__viewflow::Box<dyn __viewflow::Choices>> {
            #into(#body)
        }
    }
}

/// Reads a value of the type that the field had before, and makes it one of today's.
fn conversion_function(record: &Record, index: usize, field: &Field, ty: &TokenStream, from: &Closure) -> TokenStream {
    let (name, value) = (item("CONVERT", index), Ident::new("value", hidden()));
    let convert = match from {
        Closure::Path(path) => without_self(path, &record.ident),
        Closure::Inline { parameter, body } => {
            let (parameter, body) = (without_self(parameter, &record.ident), without_self(body, &record.ident));
            quote_spanned!(body.span()=> |#parameter| __viewflow::Result::<#ty>::Ok(#body))
        }
    };
    let refused = never_called(record, field, ty);
    quote! {
        fn #name(#value: &__viewflow::Value) -> ::core::result::Result<#ty, __viewflow::String> {
            __viewflow::convert::<_, #ty, _>(#value, #convert)
        }

        #refused
    }
}

/// Refuses the conversion of what can be read as it is, under the same key: it would never be called.
fn never_called(record: &Record, field: &Field, ty: &TokenStream) -> Option<TokenStream> {
    let Some(Closure::Inline { parameter, .. }) = &field.from else { return None };
    if !field.was.is_empty() || names(ty, &record.ident) {
        return None;
    }
    let old = without_self(&told_type(parameter)?, &record.ident);
    let message = format!(
        "what was stored as `{}` can be read as what `{}` is now, and would never be converted: give the field another name or `key`, \
         and tell the one that it had by `#[was(\"..\")]`",
        told(&old),
        plain_name(&field.ident)
    );
    let shape = |ty: &TokenStream| quote!(<#ty as __viewflow::FieldType>::SHAPE);
    let (new, before) = (shape(ty), shape(&old));
    Some(quote_spanned!(old.span()=> const _: () = ::core::assert!(!__viewflow::reads(&#new, &#before), #message);))
}

/// The name of what is generated for a field.
pub(super) fn item(what: &str, index: usize) -> Ident {
    format_ident!("__viewflow_{what}_{index}", span = hidden())
}

/// The tokens with `Self` spelled out.
fn without_self(tokens: &TokenStream, ident: &Ident) -> TokenStream {
    changed(tokens, &|tree| match tree {
        TokenTree::Ident(name) if name == "Self" => {
            let mut named = ident.clone();
            named.set_span(name.span());
            TokenTree::Ident(named)
        }
        tree => tree,
    })
}

/// Whether a type is, or has in it, the struct that it is in.
fn names(ty: &TokenStream, ident: &Ident) -> bool {
    ty.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(name) => name == "Self" || name == *ident,
        TokenTree::Group(group) => names(&group.stream(), ident),
        _ => false,
    })
}
