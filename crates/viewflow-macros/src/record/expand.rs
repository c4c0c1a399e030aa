//! Writes the impls for a struct over a document.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::Face;
use super::model::{Choices, Field, Index, OnDelete, Record};
use crate::errors::Errors;
use crate::syntax::{hidden, plain_name};

pub(super) fn expand(record: &Record, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    let krate = &record.krate;
    let fields = if record.usable { expand_fields(record) } else { expand_no_fields(record) };
    let face = match record.face {
        Face::Process => expand_process(record),
        Face::Task => expand_task(record),
        Face::Form => expand_form(record),
        Face::Entity => expand_entity(record),
        Face::Embedded => expand_embedded(record),
    };
    quote! {
        #errors
        const _: () = {
            use #krate::__private as vf;
            #fields
            #face
        };
    }
}

/// The trait for a struct that cannot have it, so that nothing else is said of it.
fn expand_no_fields(record: &Record) -> TokenStream {
    let ident = &record.ident;
    quote! {
        #[automatically_derived]
        impl vf::Fields for #ident {
            const FIELDS: &'static [vf::FieldSpec] = &[];
            fn read(_: &mut vf::Reader<'_>) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
            fn write(&self, _: &mut vf::Writer) {}
            fn check(&self, _: &mut vf::FieldErrors) {}
        }
    }
}

fn expand_fields(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let specs = record.fields.iter().map(|field| spec(record, field));
    let idents: Vec<_> = record.fields.iter().map(|field| &field.ident).collect();
    let locals: Vec<_> = (0..idents.len()).map(|index| format_ident!("field_{index}", span = hidden())).collect();
    let reads = record.fields.iter().enumerate().map(|(index, field)| {
        let (ty, default) = (&field.ty, default(record.face, field));
        quote_spanned!(ty.span()=> reader.field::<#ty>(#index, #default))
    });
    let indexes = 0..idents.len();
    let checks = record.fields.iter().enumerate().map(|(index, field)| {
        let name = plain_name(&field.ident);
        let value = &field.ident;
        if record.face == Face::Process {
            quote!(<Self as vf::FieldAt<#index>>::check(&self.#value, vf::At::new(#name, errors));)
        } else {
            check(field, &quote!(&self.#value), &quote!(vf::At::new(#name, errors)))
        }
    });
    let id = record.id.as_ref().map(|id| quote!(#id: vf::Id::NEW,));
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl vf::Fields for #ident {
            const FIELDS: &'static [vf::FieldSpec] = &[#(#specs),*];

            #[allow(unused_variables)]
            fn read(reader: &mut vf::Reader<'_>) -> ::core::option::Option<Self> {
                #(let #locals = #reads;)*
                ::core::option::Option::Some(Self { #(#idents: #locals?,)* #id })
            }

            #[allow(unused_variables)]
            fn write(&self, writer: &mut vf::Writer) {
                #(writer.field(#indexes, &self.#idents);)*
            }

            #[allow(unused_variables)]
            fn check(&self, errors: &mut vf::FieldErrors) {
                #(#checks)*
            }
        }
    }
}

/// The default to read a missing field as.
fn default(face: Face, field: &Field) -> TokenStream {
    let ty = &field.ty;
    match default_value(field) {
        Some(value) => quote!(::core::option::Option::Some(&|| -> #ty { #value })),
        None if face == Face::Process => {
            let initial = quote_spanned!(ty.span()=> <#ty as vf::Initial>::initial);
            quote!(::core::option::Option::Some(&#initial))
        }
        None => quote!(::core::option::Option::None),
    }
}

/// The expression of `default`; text in quotes becomes what the field is.
fn default_value(field: &Field) -> Option<TokenStream> {
    let value = field.default.as_ref()?;
    let is_text = syn::parse2::<syn::LitStr>(value.clone()).is_ok();
    Some(if is_text { quote!(::core::convert::Into::into(#value)) } else { value.clone() })
}

fn spec(record: &Record, field: &Field) -> TokenStream {
    let ty = &field.ty;
    let name = plain_name(&field.ident);
    let (label, help, key) = (&field.label, &field.help, &field.key);
    let was = field.was.iter().map(|path| quote!(&[#(#path),*]));
    let some = |tokens: Option<TokenStream>| match tokens {
        Some(tokens) => quote!(::core::option::Option::Some(#tokens)),
        None => quote!(::core::option::Option::None),
    };
    let max_length = some(field.max_length.clone());
    let pattern = some(field.pattern.clone());
    let bound = |bound: &Option<TokenStream>| some(bound.as_ref().map(|bound| quote!(|| vf::bound::<#ty, _>(#bound))));
    let (min, max) = (bound(&field.min), bound(&field.max));
    let default_value = some(default_value(field).map(|value| quote!(|| vf::encoded::<#ty>(&{ #value }))));
    let choices = some(field.choices.as_ref().map(|choices| choice_function(ty, choices)));
    let index = some(field.index.map(|index| match index {
        Index::Plain => quote!(vf::Index::Plain),
        Index::Unique => quote!(vf::Index::Unique),
    }));
    let on_delete = match &field.on_delete {
        None | Some(OnDelete::Protect) => quote!(vf::OnDelete::Protect),
        Some(OnDelete::Cascade) => quote!(vf::OnDelete::Cascade),
        Some(OnDelete::SetNone(ident)) => quote_spanned!(ident.span()=> vf::set_none::<#ty>()),
    };
    let column = field.column && record.face == Face::Process;
    let new = quote_spanned!(ty.span()=> vf::FieldSpec::new::<#ty>);
    quote! {
        vf::FieldSpec {
            help: #help,
            was: &[#(#was),*],
            rules: vf::Rules { max_length: #max_length, pattern: #pattern, min: #min, max: #max },
            default: #default_value,
            choices: #choices,
            index: #index,
            on_delete: #on_delete,
            column: #column,
            ..#new(#name, #label, &[#(#key),*])
        }
    }
}

fn choice_function(ty: &syn::Type, choices: &Choices) -> TokenStream {
    let (parameter, body) = match choices {
        Choices::List(list) => (quote!(_), list),
        Choices::Query { parameter, body } => (parameter.clone(), body),
    };
    let into = quote_spanned!(body.span()=> vf::ChoiceSource::<<#ty as vf::FieldType>::Item>::into_choices);
    quote!(|#parameter: &vf::Db| #into(#body))
}

/// Holds a value against the rules of its field.
fn check(field: &Field, value: &TokenStream, at: &TokenStream) -> TokenStream {
    let mut rules = Vec::new();
    if let Some(max) = &field.max_length {
        rules.push(quote_spanned!(max.span()=> let at = at.max_length(#value, #max);));
    }
    if let Some(min) = &field.min {
        rules.push(quote_spanned!(min.span()=> let at = at.min(#value, #min);));
    }
    if let Some(max) = &field.max {
        rules.push(quote_spanned!(max.span()=> let at = at.max(#value, #max);));
    }
    if let Some(pattern) = &field.pattern {
        rules.push(quote_spanned! {pattern.span()=>
            static PATTERN: vf::Pattern = vf::Pattern::new(#pattern);
            let at = at.pattern(#value, &PATTERN);
        });
    }
    if let Some(Choices::List(list)) = &field.choices {
        rules.push(quote_spanned!(list.span()=> let at = at.one_of(#value, #list);));
    }
    if rules.is_empty() {
        return TokenStream::new();
    }
    quote!({
        let at = #at;
        #(#rules)*
        let _ = at;
    })
}

fn expand_process(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let (seed, artifact) = (or_unit(record.seed.as_ref()), or_unit(record.artifact.as_ref()));
    let table = record.fields.iter().any(|field| field.column).then(|| {
        let name = &record.table;
        quote!(const TABLE: ::core::option::Option<&'static str> = ::core::option::Option::Some(#name);)
    });
    let names = record.fields.iter().map(|field| &field.ident);
    let indexes = 0..record.fields.len();
    let index_type = format_ident!("{}Fields", plain_name(ident), span = ident.span());
    let at = record.fields.iter().enumerate().map(|(index, field)| {
        let ty = &field.ty;
        let check = check(field, &quote!(value), &quote!(at));
        quote! {
            #[automatically_derived]
            impl vf::FieldAt<#index> for #ident {
                type Type = #ty;

                #[allow(unused_variables)]
                fn check(value: &#ty, at: vf::At<'_>) {
                    #check
                }
            }
        }
    });
    let lookups = lookups(record);
    let fields = names.clone();
    quote! {
        #[automatically_derived]
        impl vf::Process for #ident {
            type Seed = #seed;
            type Artifact = #artifact;
            #table
        }

        pub struct #index_type { #(pub #fields: usize,)* }

        #[automatically_derived]
        impl vf::NamedFields for #ident {
            type Index = #index_type;
            const INDEX: #index_type = #index_type { #(#names: #indexes,)* };
        }

        #(#at)*
        #lookups
    }
}

fn expand_task(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let (seed, artifact) = (or_unit(record.seed.as_ref()), or_unit(record.artifact.as_ref()));
    let complete = record.fields.iter().all(|field| field.default.is_some() || field.is_option());
    let no_data_needed = complete.then(|| {
        quote! {
            #[automatically_derived]
            impl vf::NoDataNeeded for #ident {}
        }
    });
    quote! {
        #[automatically_derived]
        impl vf::Task for #ident {
            type Seed = #seed;
            type Artifact = #artifact;
        }
        #no_data_needed
    }
}

fn expand_form(record: &Record) -> TokenStream {
    let ident = &record.ident;
    quote! {
        #[automatically_derived]
        impl vf::Form for #ident {}
    }
}

fn expand_entity(record: &Record) -> TokenStream {
    let (ident, table) = (&record.ident, &record.table);
    let (get, set) = match &record.id {
        Some(id) => (quote!(self.#id), quote!(self.#id = id;)),
        None => (quote!(vf::Id::NEW), quote!(let _ = id;)),
    };
    let label = record.label.as_ref().map(|label| {
        quote! {
            fn label(&self) -> vf::String {
                vf::ToString::to_string(&self.#label)
            }
        }
    });
    let lookups = lookups(record);
    quote! {
        #[automatically_derived]
        impl vf::Entity for #ident {
            const TABLE: &'static str = #table;

            fn id(&self) -> vf::Id<Self> {
                #get
            }

            fn set_id(&mut self, id: vf::Id<Self>) {
                #set
            }

            #label
        }
        #lookups
    }
}

/// `BY_NAME` for each indexed field.
fn lookups(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let lookups = record.fields.iter().filter(|field| field.index.is_some()).map(|field| {
        let (vis, ty, name) = (&field.vis, &field.ty, plain_name(&field.ident));
        let constant = format_ident!("BY_{}", name.to_uppercase(), span = field.ident.span());
        let (doc, key) = (format!("Finds by `{name}`."), field.key.join("."));
        quote! {
            #[doc = #doc]
            #vis const #constant: vf::IndexOf<Self, #ty> = vf::IndexOf::new(#key);
        }
    });
    quote! {
        #[automatically_derived]
        #[allow(dead_code)]
        impl #ident {
            #(#lookups)*
        }
    }
}

fn expand_embedded(record: &Record) -> TokenStream {
    let ident = &record.ident;
    quote! {
        #[automatically_derived]
        impl vf::FieldType for #ident {
            type Item = Self;

            fn kind() -> vf::FieldKind {
                vf::FieldKind::Embedded(<Self as vf::Fields>::FIELDS)
            }

            fn encode(&self) -> ::core::result::Result<vf::Value, vf::String> {
                vf::embedded::encode(self)
            }

            fn decode(value: &vf::Value) -> ::core::result::Result<Self, vf::String> {
                vf::embedded::decode(value)
            }

            fn merge(&self, stored: ::core::option::Option<&vf::Value>) -> ::core::result::Result<vf::Value, vf::String> {
                vf::embedded::merge(self, stored)
            }
        }
    }
}

fn or_unit(ty: Option<&TokenStream>) -> TokenStream {
    ty.cloned().unwrap_or_else(|| quote!(()))
}
