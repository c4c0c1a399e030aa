//! Writes the form that `#[fields(..)]` asks for.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::flow::model::{Flow, Node};
use crate::syntax::{hidden, plain_name, quiet_lints};

/// The form that `#[fields(..)]` asks for: a struct of those fields of the process.
pub(super) fn expand_fields_form(flow: &Flow, node: &Node) -> Option<TokenStream> {
    let fields = &node.fields.as_ref()?.fields;
    let form = node.form_name()?;
    let Flow { vis, krate, .. } = flow;
    let process = &flow.process_type();
    let private = quote!(#krate::__private);
    let index = |field: &Ident| quote!(<#process as #private::NamedFields>::INDEX.#field);
    let types: Vec<_> = fields
        .iter()
        .map(|field| {
            let index = index(field);
            quote!(<#process as #private::FieldAt<{ #index }>>::Type)
        })
        .collect();
    let doc = format!("What a person fills in at `{}` of [`{}`].", plain_name(&node.ident), flow.ident);
    let locals: Vec<_> = (0..fields.len()).map(|index| format_ident!("field_{index}", span = hidden())).collect();
    let lints = quiet_lints();
    let numbers: Vec<_> = (0..fields.len()).collect();
    let positions = numbers.clone();
    let names = fields.iter().map(plain_name);
    let indexes: Vec<_> = fields.iter().map(|field| field_index(process, field)).collect();
    let field_docs = fields.iter().map(|field| format!("The process's `{}`.", plain_name(field)));
    Some(quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone)]
        #[allow(deprecated, non_camel_case_types)]
        #vis struct #form { #(#[doc = #field_docs] #vis #fields: #types,)* }

        #[allow(#lints)]
        const _: () = {
            use #private as __viewflow;

            #[automatically_derived]
            impl __viewflow::Fields for #form {
                const FIELDS: &'static [__viewflow::FieldSpec] = &[#(<#process as __viewflow::Fields>::FIELDS[#indexes]),*];

                fn read(reader: &mut __viewflow::Reader<'_>) -> ::core::option::Option<Self> {
                    #(
                        let #locals = reader.field(#numbers, &<#process as __viewflow::FieldAt<{ #indexes }>>::FIELD.without_default());
                        reader.check(
                            #numbers,
                            ::core::option::Option::as_ref(&#locals),
                            <#process as __viewflow::FieldAt<{ #indexes }>>::check,
                        );
                    )*
                    ::core::option::Option::Some(Self { #(#fields: #locals?,)* })
                }

                fn write(&self, writer: &mut __viewflow::Writer) {
                    #(writer.field(#positions, &<#process as __viewflow::FieldAt<{ #indexes }>>::FIELD, &self.#fields);)*
                }

                fn check(&self, errors: &mut __viewflow::FieldErrors) {
                    #(<#process as __viewflow::FieldAt<{ #indexes }>>::check(&self.#fields, __viewflow::At::new(#names, errors));)*
                }
            }

            #[automatically_derived]
            impl __viewflow::Form for #form {}
        };
    })
}

pub(super) fn field_index(process: &TokenStream, field: &Ident) -> TokenStream {
    quote!(<#process as __viewflow::NamedFields>::INDEX.#field)
}
