//! Writes the code for an enum that is a decision.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Case, Decision};
use crate::cases::{Way, cases_impl};
use crate::errors::Errors;
use crate::record::expand::expand as expand_record;
use crate::record::model::Record;
use crate::syntax::{hidden, local, option_of, private_items};

pub(super) fn expand(decision: &Decision, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    let structs = decision.cases.iter().filter_map(|case| expand_struct(decision, case));
    let records = decision.cases.iter().filter_map(|case| case.record.as_ref());
    let nested = records.map(|(record, _)| expand_record(record, Errors::default()));
    let (constants, fields) = (expand_constants(decision), expand_own_fields(decision));
    let traits = expand_traits(decision);
    let items = private_items(&decision.krate, &quote!(#constants #fields #traits));
    quote!(#errors #(#structs)* #(#nested)* #items)
}

/// Writes the struct with the fields of a variant.
fn expand_struct(decision: &Decision, case: &Case) -> Option<TokenStream> {
    let ((record, docs), vis) = (case.record.as_ref()?, &decision.vis);
    let Record { ident, fields, .. } = record;
    let doc = format!("What is filled in for [`{1}`]({0}::{1}) of [`{0}`].", decision.ident, case.ident);
    let fields = fields.iter().zip(docs).map(|(field, docs)| {
        let (name, ty) = (&field.ident, &field.ty);
        let named = format!("`{name}`.");
        let docs = if docs.is_empty() { quote!(#[doc = #named]) } else { quote!(#(#docs)*) };
        quote!(#docs #vis #name: #ty)
    });
    Some(quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone)]
        #[allow(missing_debug_implementations, dead_code)]
        #vis struct #ident { #(#fields),* }
    })
}

/// Writes the constants that read and write each case.
fn expand_constants(decision: &Decision) -> TokenStream {
    let constants = decision.cases.iter().enumerate().map(|(number, case)| {
        let (constant, ty) = (constant(number), struct_of(case));
        quote! {
            const #constant: __viewflow::FieldOf<#ty> =
                __viewflow::FieldOf::<#ty>::new().shaped(<#ty as __viewflow::FieldType>::SHAPE);
        }
    });
    quote!(#(#constants)*)
}

fn constant(number: usize) -> Ident {
    format_ident!("__viewflow_CASE_{number}", span = hidden())
}

/// Returns the type that has the fields of a case.
fn struct_of(case: &Case) -> TokenStream {
    match &case.record {
        Some((record, _)) => {
            let ident = &record.ident;
            quote!(#ident)
        }
        None => quote!(__viewflow::NoFields),
    }
}

/// Writes how the decision is read and written: as a struct in which exactly one field has a value.
fn expand_own_fields(decision: &Decision) -> TokenStream {
    let ident = &decision.ident;
    let specs = decision.cases.iter().enumerate().map(|(number, case)| {
        let (Case { name, title, help, was, .. }, constant) = (case, constant(number));
        quote!(__viewflow::FieldSpec {
            help: #help,
            was: &[#(&[#was]),*],
            required: false,
            ..#constant.spec(#name, #title, &[#name])
        })
    });
    let reader = local("reader", hidden());
    let read = decision.cases.iter().enumerate().map(|(number, case)| {
        let (constant, variant) = (constant(number), &case.ident);
        match &case.record {
            Some((record, _)) if decision.whole => {
                let (of, fields) = (&record.ident, idents(record));
                quote!(::core::option::Option::Some(#number) => {
                    let #of { #(#fields),* } = #reader.field(#number, &#constant)?;
                    ::core::option::Option::Some(Self::#variant { #(#fields),* })
                })
            }
            None if decision.whole => quote!(::core::option::Option::Some(#number) => {
                #reader.field(#number, &#constant)?;
                ::core::option::Option::Some(Self::#variant)
            }),
            _ => quote!(::core::option::Option::Some(#number) => ::core::option::Option::None,),
        }
    });
    let writer = local("writer", hidden());
    let write = decision.cases.iter().enumerate().map(|(number, case)| {
        let (constant, (pattern, value)) = (constant(number), taken_apart(case));
        quote!(#pattern => #writer.field(#number, &#constant, &#value),)
    });
    let write = matched(decision, quote!(#(#write)*));
    quote! {
        #[automatically_derived]
        impl __viewflow::Fields for #ident {
            const FIELDS: &'static [__viewflow::FieldSpec] = &[#(#specs),*];

            fn read(#reader: &mut __viewflow::Reader<'_>) -> ::core::option::Option<Self> {
                match #reader.chosen() {
                    #(#read)*
                    _ => ::core::option::Option::None,
                }
            }

            #[allow(unused_variables)]
            fn write(&self, #writer: &mut __viewflow::Writer) {
                #write
            }

            fn check(&self, _: &mut __viewflow::FieldErrors) {}
        }
    }
}

/// Returns the names of a variant's fields.
fn idents(record: &Record) -> Vec<&Ident> {
    record.fields.iter().map(|field| &field.ident).collect()
}

/// Writes the pattern of a variant, and the struct made of its fields.
fn taken_apart(case: &Case) -> (TokenStream, TokenStream) {
    let (variant, of) = (&case.ident, struct_of(case));
    match &case.record {
        Some((record, _)) => {
            let fields = idents(record);
            (
                quote!(Self::#variant { #(#fields),* }),
                quote!(#of { #(#fields: ::core::clone::Clone::clone(#fields)),* }),
            )
        }
        None => (quote!(Self::#variant), of),
    }
}

/// Writes a `match` over the decision.
///
/// If the enum could not be read completely, this avoids further errors.
fn matched(decision: &Decision, arms: TokenStream) -> TokenStream {
    if decision.whole { quote!(match self { #arms }) } else { quote!(::core::unimplemented!()) }
}

fn expand_traits(decision: &Decision) -> TokenStream {
    let ident = &decision.ident;
    let specs = decision.cases.iter().map(|Case { name, title, help, confirm, .. }| {
        let confirm = confirm.as_ref().map(|confirm| quote!(.confirm(#confirm)));
        quote!(__viewflow::CaseSpec::new(#name, #title).help(#help) #confirm)
    });
    let numbers = decision.cases.iter().enumerate().map(|(number, case)| {
        let variant = &case.ident;
        quote!(Self::#variant { .. } => #number,)
    });
    let number = matched(decision, quote!(#(#numbers)*));
    let number = option_of(Some(number));
    let cases = decision.cases.iter().map(|case| {
        let (of, (pattern, value)) = (struct_of(case), taken_apart(case));
        let form = local("form", hidden());
        let taken = quote!(match #form {
            #pattern => ::core::option::Option::Some(#value),
            #[allow(unreachable_patterns)]
            _ => ::core::option::Option::None,
        });
        let taken = if decision.whole { taken } else { quote!(::core::option::Option::None) };
        Way { ident: &case.ident, title: &case.title, fields: of, taken: quote!(|#form: &Self| #taken) }
    });
    let cases = cases_impl(ident, &cases.collect::<Vec<_>>());
    quote! {
        #[automatically_derived]
        impl __viewflow::Form for #ident {
            const CASES: &'static [__viewflow::CaseSpec] = &[#(#specs),*];

            fn case(&self) -> ::core::option::Option<::core::primitive::usize> {
                #number
            }
        }

        #cases
    }
}
