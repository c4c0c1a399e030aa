//! Writes the items of a field that several impls need: its type, its default, its bounds, its choices.
//!
//! Each is written once, so a mistake in it is reported once.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;
use syn::spanned::Spanned as _;

use super::rules::rules_function;
use super::subject::{Item, Subject};
use crate::record::face::Face;
use crate::record::model::{Choices, Field};
use crate::syntax::{Closure, Query, hidden, local, located, plain_name, told, told_type};

/// Writes the items of a field, which are next to the impls.
pub(super) fn items(of: Subject<'_>) -> TokenStream {
    let field = of.field;
    let constant = constant(of);
    let rules = rules_function(of);
    let default = default_value(field).map(|value| function(of, Item::Default, &of.ty(), &value));
    let conversion = field.from.as_ref().map(|from| conversion(of, from));
    let min = field.min.as_ref().map(|bound| function(of, Item::Min, &value_type(of), bound));
    let max = field.max.as_ref().map(|bound| function(of, Item::Max, &value_type(of), bound));
    let length = field.max_length.as_ref().map(|max| {
        let (name, max) = (of.item(Item::Length), of.beside(max));
        quote!(const #name: ::core::primitive::usize = #max;)
    });
    let choices = field.choices.as_ref().map(|choices| choice_function(of, choices));
    let depends = dependence(of);
    let pattern = field.pattern.as_ref().map(|pattern| {
        let name = of.item(Item::Pattern);
        quote!(static #name: __viewflow::Pattern = __viewflow::Pattern::new(#pattern);)
    });
    quote!(#constant #rules #default #conversion #min #max #length #choices #depends #pattern)
}

/// Writes the constant that reads and writes the field.
fn constant(of: Subject<'_>) -> TokenStream {
    let (name, ty) = (of.item(Item::Field), of.ty());
    let of_its_type = quote_spanned!(ty.span()=> __viewflow::FieldOf::<#ty>);
    let new = if of.field.default.is_some() {
        let default = of.item(Item::Default);
        quote_spanned!(ty.span()=> new().begins_with(#default))
    } else if of.field.computed.is_some() {
        let located = located(&ty, ty.span());
        quote_spanned!(ty.span()=> new().begins_with(<#located as __viewflow::NotComputed>::not_computed))
    } else if of.field.only_if.is_some() {
        let located = located(&ty, ty.span());
        quote_spanned!(ty.span()=> new().begins_with(<#located as __viewflow::NotAsked>::not_asked))
    } else if of.record.face == Face::Process && !of.field.incomplete {
        // Both uses of the type have the same span, so rustc reports a wrong type once.
        let located = located(&ty, ty.span());
        quote_spanned!(ty.span()=> initial_of::<<#located as __viewflow::FieldType>::Item>())
    } else {
        quote_spanned!(ty.span()=> new())
    };
    // The shape of a struct that contains itself would be infinite.
    let shape = if of.is_of_itself() {
        quote!(__viewflow::Shape::Plain(__viewflow::Plain::Itself))
    } else {
        // This has the same span as the field's constructor, so rustc reports a wrong type once.
        let located = located(&ty, ty.span());
        quote_spanned!(ty.span()=> <#located as __viewflow::FieldType>::SHAPE)
    };
    let converted = of.field.from.as_ref().map(|_| {
        let convert = of.item(Item::Convert);
        quote!(.converted(#convert))
    });
    quote!(const #name: __viewflow::FieldOf<#ty> = #of_its_type::#new.shaped(#shape) #converted;)
}

/// Writes a function that returns the user's expression.
fn function(of: Subject<'_>, item: Item, returns: &TokenStream, written: &TokenStream) -> TokenStream {
    let (name, body) = (of.item(item), of.beside(written));
    quote! {
        fn #name() -> #returns {
            (#body)
        }
    }
}

/// Returns the type of a field's values, without the `Option` around it.
fn value_type(of: Subject<'_>) -> TokenStream {
    let ty = of.ty();
    quote_spanned!(ty.span()=> <#ty as __viewflow::FieldType>::Item)
}

/// Returns the expression of `default`, which converts text in quotes to the type of the field.
fn default_value(field: &Field) -> Option<TokenStream> {
    let value = field.default.as_ref()?;
    let is_text = syn::parse2::<LitStr>(value.clone()).is_ok();
    Some(match (is_text, field.is_option()) {
        (false, _) => value.clone(),
        (true, false) => quote!(::core::convert::Into::into(#value)),
        (true, true) => quote!(::core::option::Option::Some(::core::convert::Into::into(#value))),
    })
}

fn choice_function(of: Subject<'_>, choices: &Choices) -> TokenStream {
    let (name, ty) = (of.item(Item::Choices), of.ty());
    let (parameters, body) = match choices {
        Choices::List(list) => (TokenStream::new(), list),
        Choices::Query(Query { tables, user, body }) => {
            let user = user.clone().unwrap_or_else(|| quote!(_));
            (quote!(#tables: &__viewflow::Db, #user: &dyn __viewflow::User), body)
        }
    };
    let body = of.beside(body);
    let into =
        quote_spanned!(body.span()=> __viewflow::ChoiceSource::<<#ty as __viewflow::FieldType>::Item>::into_choices);
    quote! {
        fn #name(#parameters) -> __viewflow::Result<__viewflow::Box<dyn __viewflow::ChoiceList>> {
            #into(#body)
        }
    }
}

/// Writes the function that computes the field from the others, or returns whether the field is asked.
fn dependence(of: Subject<'_>) -> Option<TokenStream> {
    let (asked, returns) = match (&of.field.computed, &of.field.only_if) {
        (Some(computed), _) => (computed, of.ty()),
        (None, Some(only_if)) => (only_if, quote!(::core::primitive::bool)),
        (None, None) => return None,
    };
    let (name, record) = (of.item(Item::Depends), &of.record.ident);
    let (parameter, body) = (of.beside(&asked.question.parameter), of.beside(&asked.question.body));
    let [form, question] = ["form", "question"].map(|name| local(name, hidden()));
    let closure = quote_spanned!(body.span()=> |#parameter| #body);
    Some(quote! {
        fn #name(#form: &#record) -> #returns {
            let #question: fn(&#record) -> #returns = #closure;
            #question(#form)
        }
    })
}

/// Writes the function that reads a value of the field's former type and converts it to the present one.
fn conversion(of: Subject<'_>, from: &Closure) -> TokenStream {
    let (name, ty, value) = (of.item(Item::Convert), of.ty(), local("value", hidden()));
    let convert = match from {
        Closure::Path(path) => of.beside(path),
        Closure::Inline { parameter, body, .. } => {
            let (parameter, body) = (of.beside(parameter), of.beside(body));
            quote_spanned!(body.span()=> |#parameter| __viewflow::Result::<#ty>::Ok(#body))
        }
    };
    let refused = never_called(of);
    let old = match from {
        Closure::Inline { parameter, .. } => told_type(parameter).map(|old| of.beside(&old)),
        Closure::Path(_) => None,
    };
    let at = old.as_ref().map_or_else(|| convert.span(), TokenStream::span);
    let old = old.map_or_else(|| quote!(_), |old| located(&old, at));
    let call = quote_spanned!(at=> __viewflow::convert::<#old, #ty, _>(#value, #convert));
    quote! {
        fn #name(#value: &__viewflow::Value) -> ::core::result::Result<#ty, __viewflow::String> {
            #call
        }

        #refused
    }
}

/// Writes the check that the conversion is ever called.
///
/// If the former type can be read as the present one under the same key, it would not be.
fn never_called(of: Subject<'_>) -> Option<TokenStream> {
    let Some(Closure::Inline { parameter, .. }) = &of.field.from else { return None };
    if !of.field.was.is_empty() || of.is_of_itself() {
        return None;
    }
    let old = of.beside(&told_type(parameter)?);
    let message = format!(
        "a stored `{}` can be read as the type of `{}`, and would never be converted: give the field another name or `key`, \
         and name the earlier one by `#[was(\"..\")]`",
        told(&old),
        plain_name(&of.field.ident)
    );
    let shape = |ty: &TokenStream| quote_spanned!(old.span()=> <#ty as __viewflow::FieldType>::SHAPE);
    let (new, before) = (shape(&of.ty()), shape(&located(&old, old.span())));
    Some(quote_spanned!(old.span()=> const _: () = ::core::assert!(!__viewflow::reads(&#new, &#before), #message);))
}
