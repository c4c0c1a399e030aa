//! Writes how a struct is read from a document, written into one, and held against its rules.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::items::items;
use super::subject::{Item, Subject};
use crate::record::face::Face;
use crate::record::model::{Choices, Index, OnDelete, Record};
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
    let all = Subject::all(record);
    let items = all.iter().map(|of| items(*of));
    let specs = all.iter().map(|of| spec(*of));
    let shapes = all.iter().map(|of| shape(*of));
    let indexes: Vec<_> = all.iter().map(|of| of.index).collect();
    let idents: Vec<_> = all.iter().map(|of| &of.field.ident).collect();
    let names = idents.iter().map(|ident| plain_name(ident));
    let locals: Vec<_> = indexes.iter().map(|index| format_ident!("field_{index}", span = hidden())).collect();
    let fields: Vec<_> = all.iter().map(|of| of.item(Item::Field)).collect();
    let rules: Vec<_> = all.iter().map(|of| of.item(Item::Rules)).collect();
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

/// What is known of the field while the program runs.
fn spec(of: Subject<'_>) -> TokenStream {
    let Subject { record, field, .. } = of;
    let (name, constant) = (plain_name(&field.ident), of.item(Item::Field));
    let (label, help, key) = (&field.label, &field.help, &field.key);
    let was = field.was.iter().map(|path| quote!(&[#(#path),*]));
    let encoded = |is_given: bool, item: Item| {
        let function = of.item(item);
        option_of(is_given.then(|| quote!(|| __viewflow::encoded(&#function()))))
    };
    let max_length = option_of(field.max_length.as_ref().map(|_| of.item(Item::Length)));
    let pattern = option_of(field.pattern.as_ref());
    let (min, max) = (encoded(field.min.is_some(), Item::Min), encoded(field.max.is_some(), Item::Max));
    let default = encoded(field.default.is_some(), Item::Default);
    let choices = of.item(Item::Choices);
    let choices = option_of(field.choices.as_ref().map(|of| match of {
        Choices::List(_) => quote!(|_| #choices()),
        Choices::Query { .. } => quote!(#choices),
    }));
    let index = option_of(field.index.map(|index| match index {
        Index::Plain => quote!(__viewflow::Index::Plain),
        Index::Unique => quote!(__viewflow::Index::Unique),
    }));
    let (on_delete, column) = (on_delete(of), field.column);
    // In a form, and in what is nested in one, what has a default may be left out.
    let required = (matches!(record.face, Face::Form | Face::Embedded) && field.default.is_some())
        .then(|| quote!(required: false,));
    quote! {
        __viewflow::FieldSpec {
            help: #help,
            was: &[#(#was),*],
            rules: __viewflow::Rules { max_length: #max_length, pattern: #pattern, min: #min, max: #max },
            default: #default,
            choices: #choices,
            index: #index,
            on_delete: #on_delete,
            column: #column,
            #required
            ..#constant.spec(#name, #label, &[#(#key),*])
        }
    }
}

fn on_delete(of: Subject<'_>) -> TokenStream {
    match &of.field.on_delete {
        None | Some(OnDelete::Protect) => quote!(__viewflow::OnDelete::Protect),
        Some(OnDelete::Cascade) => quote!(__viewflow::OnDelete::Cascade),
        Some(OnDelete::SetNone(ident)) => {
            let ty = &of.field.ty;
            quote_spanned!(ident.span()=> __viewflow::set_none::<#ty>())
        }
    }
}

/// What the field is like when it is stored.
fn shape(of: Subject<'_>) -> TokenStream {
    let (constant, key, column) = (of.item(Item::Field), of.field.key.join("."), of.field.column);
    let was = of.field.was.iter().map(|path| path.join("."));
    quote!(__viewflow::FieldShape { was: &[#(#was),*], column: #column, ..#constant.shape(#key) })
}
