//! Writes the form that `#[fields(..)]` asks for.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::flow::model::{FieldsForm, Flow, Node};
use crate::syntax::{Accessor, fields_impl, plain_name, private_items};

/// The form that `#[fields(..)]` asks for: a struct of those fields of the process.
pub(super) fn expand_fields_form(flow: &Flow, node: &Node) -> Option<TokenStream> {
    let FieldsForm { fields, empty, .. } = node.fields.as_ref()?;
    let form = node.form_name()?;
    let Flow { vis, krate, .. } = flow;
    let process = &flow.process_type();
    let private = quote!(#krate::__private);
    let types = fields.iter().map(
        |field| quote!(<#process as #private::FieldAt<{ <#process as #private::NamedFields>::INDEX.#field }>>::Type),
    );
    let doc = format!("What a person fills in at `{}` of [`{}`].", plain_name(&node.ident), flow.ident);
    let field_docs = fields.iter().map(|field| format!("The process's `{}`.", plain_name(field)));
    let accessors: Vec<_> = fields.iter().map(|field| accessor(process, field, empty.contains(field))).collect();
    let fields_impl = fields_impl(&form, &accessors, &TokenStream::new(), Some(&TokenStream::new()));
    let form_impl = quote! {
        #fields_impl

        #[automatically_derived]
        impl __viewflow::Form for #form {}
    };
    let impls = private_items(krate, &form_impl);
    Some(quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone)]
        #[allow(deprecated, non_camel_case_types)]
        #vis struct #form { #(#[doc = #field_docs] #vis #fields: #types,)* }

        #impls
    })
}

fn accessor<'f>(process: &TokenStream, field: &'f Ident, begins_empty: bool) -> Accessor<'f> {
    let index = field_index(process, field);
    let at = quote!(<#process as __viewflow::FieldAt<{ #index }>>);
    let spec = quote!(<#process as __viewflow::Fields>::FIELDS[#index]);
    let none = quote!(::core::option::Option::None);
    Accessor {
        ident: field,
        spec: if begins_empty {
            quote!(__viewflow::FieldSpec { begins_empty: true, default: #none, ..#spec })
        } else {
            spec
        },
        read: quote!(#at::FIELD.without_default()),
        write: quote!(#at::FIELD),
        rules: quote!(#at::check),
    }
}

pub(super) fn field_index(process: &TokenStream, field: &Ident) -> TokenStream {
    quote!(<#process as __viewflow::NamedFields>::INDEX.#field)
}
