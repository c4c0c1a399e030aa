//! Writes how a struct is read from a document, written into one, and held against its rules.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::items::{expand_items, item};
use crate::record::face::Face;
use crate::record::model::{Choices, Field, Index, OnDelete, Record};
use crate::syntax::{hidden, option_of, plain_name};

/// The trait for a struct that cannot have it, so that nothing else is said of it.
pub(super) fn expand_no_fields(record: &Record) -> TokenStream {
    let ident = &record.ident;
    quote! {
        #[automatically_derived]
        impl __viewflow::Fields for #ident {
            const FIELDS: &'static [__viewflow::FieldSpec] = &[];
            fn read(_: &mut __viewflow::Reader<'_>) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
            fn write(&self, _: &mut __viewflow::Writer) {}
            fn check(&self, _: &mut __viewflow::FieldErrors) {}
        }
    }
}

pub(super) fn expand_fields(record: &Record) -> TokenStream {
    let ident = &record.ident;
    let items = record.fields.iter().enumerate().map(|(index, field)| expand_items(record, index, field));
    let specs = record.fields.iter().enumerate().map(|(index, field)| spec(record, index, field));
    let shapes = record.fields.iter().enumerate().map(|(index, field)| shape(record, index, field));
    let idents: Vec<_> = record.fields.iter().map(|field| &field.ident).collect();
    let locals: Vec<_> = (0..idents.len()).map(|index| format_ident!("field_{index}", span = hidden())).collect();
    let fields: Vec<_> = (0..idents.len()).map(|index| item("FIELD", index)).collect();
    let rules: Vec<_> = (0..idents.len()).map(|index| item("RULES", index)).collect();
    let indexes: Vec<_> = (0..idents.len()).collect();
    let names = idents.iter().map(|ident| plain_name(ident));
    let id = record.id.as_ref().map(|id| quote!(#id: __viewflow::Id::NEW,));
    quote! {
        #(#items)*

        #[automatically_derived]
        impl __viewflow::Fields for #ident {
            const FIELDS: &'static [__viewflow::FieldSpec] = &[#(#specs),*];
            const SHAPES: &'static [__viewflow::FieldShape] = &[#(#shapes),*];

            #[allow(unused_variables)]
            fn read(reader: &mut __viewflow::Reader<'_>) -> ::core::option::Option<Self> {
                #(
                    let #locals = reader.field(#indexes, &#fields);
                    reader.check(#indexes, ::core::option::Option::as_ref(&#locals), #rules);
                )*
                ::core::option::Option::Some(Self { #(#idents: #locals?,)* #id })
            }

            #[allow(unused_variables)]
            fn write(&self, writer: &mut __viewflow::Writer) {
                #(writer.field(#indexes, &#fields, &self.#idents);)*
            }

            #[allow(unused_variables)]
            fn check(&self, errors: &mut __viewflow::FieldErrors) {
                #(#rules(&self.#idents, __viewflow::At::new(#names, errors));)*
            }
        }
    }
}

fn spec(record: &Record, index: usize, field: &Field) -> TokenStream {
    let name = plain_name(&field.ident);
    let (label, help, key) = (&field.label, &field.help, &field.key);
    let was = field.was.iter().map(|path| quote!(&[#(#path),*]));
    let encoded = |is_given: bool, what: &str| {
        let function = item(what, index);
        option_of(is_given.then(|| quote!(|| __viewflow::encoded(&#function()))))
    };
    let length = item("LENGTH", index);
    let max_length = option_of(field.max_length.as_ref().map(|_| quote!(#length)));
    let pattern = option_of(field.pattern.clone());
    let (min, max) = (encoded(field.min.is_some(), "MIN"), encoded(field.max.is_some(), "MAX"));
    let default = encoded(field.default.is_some(), "DEFAULT");
    let choices = item("CHOICES", index);
    let choices = option_of(field.choices.as_ref().map(|of| match of {
        Choices::List(_) => quote!(|_| #choices()),
        Choices::Query { .. } => quote!(#choices),
    }));
    let lookup = option_of(field.index.map(|index| match index {
        Index::Plain => quote!(__viewflow::Index::Plain),
        Index::Unique => quote!(__viewflow::Index::Unique),
    }));
    let on_delete = match &field.on_delete {
        None | Some(OnDelete::Protect) => quote!(__viewflow::OnDelete::Protect),
        Some(OnDelete::Cascade) => quote!(__viewflow::OnDelete::Cascade),
        Some(OnDelete::SetNone(ident)) => {
            let ty = &field.ty;
            quote_spanned!(ident.span()=> __viewflow::set_none::<#ty>())
        }
    };
    let column = field.column && record.face == Face::Process;
    // In a form, what has a default may be left out.
    let required = (record.face == Face::Form && field.default.is_some()).then(|| quote!(required: false,));
    let constant = item("FIELD", index);
    quote! {
        __viewflow::FieldSpec {
            help: #help,
            was: &[#(#was),*],
            rules: __viewflow::Rules { max_length: #max_length, pattern: #pattern, min: #min, max: #max },
            default: #default,
            choices: #choices,
            index: #lookup,
            on_delete: #on_delete,
            column: #column,
            #required
            ..#constant.spec(#name, #label, &[#(#key),*])
        }
    }
}

/// What the field is like when it is stored.
fn shape(record: &Record, index: usize, field: &Field) -> TokenStream {
    let (constant, key) = (item("FIELD", index), field.key.join("."));
    let column = field.column && record.face == Face::Process;
    let was = field.was.iter().map(|path| path.join("."));
    quote!(__viewflow::FieldShape { was: &[#(#was),*], column: #column, ..#constant.shape(#key) })
}
