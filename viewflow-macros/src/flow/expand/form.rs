//! Writes the forms of `#[fields(..)]`.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{LitStr, Visibility, parse_quote};

use crate::flow::model::{FieldsForm, Flow, Node};
use crate::syntax::{Accessor, fields_impl, option_of, plain_name, private_items, snake_case};

/// Returns the type of the form with which a node's tasks are submitted, if there is one.
pub(super) fn form_type(flow: &Flow, node: &Node) -> Option<TokenStream> {
    let own = || node.form_name().map(|name| form_path(flow, &name));
    node.form.clone().or_else(own)
}

/// Writes the forms of `#[fields(..)]`: structs with fields of the process, in a module of the flow's own.
///
/// The flow imports the module with a glob. So a form has a short name where only one flow has a form of that name.
/// Where two flows do, each form still has its path. The flow may be inside a function, whose items the module cannot
/// see. So a private trait tells the module the fields and their types.
pub(super) fn expand_forms(flow: &Flow) -> TokenStream {
    let nodes = || flow.nodes.iter().filter(|node| node.fields.is_some());
    if nodes().next().is_none() {
        return TokenStream::new();
    }
    let Flow { vis, krate, .. } = flow;
    let (module, inner) = (module(flow), seen_within(vis));
    let process = &flow.process_type();
    let fields: BTreeMap<String, &Ident> =
        nodes().flat_map(|node| node.fields.iter().flat_map(|form| &form.fields)).map(|f| (plain_name(f), f)).collect();
    let fields: Vec<_> = fields.values().collect();
    let at = fields.iter().map(|field| field_at(flow, field));
    let structs = nodes().filter_map(|node| expand_form(flow, node, &inner));
    let impls = nodes().filter_map(|node| expand_impls(flow, node));
    let impls = quote! {
        impl #module::__Fields for #module::__Of {
            #(const #fields: ::core::primitive::usize = <#process as __viewflow::NamedFields>::INDEX.#fields;)*
            #(type #fields = #at::Type;)*
        }
        #(#impls)*
    };
    let impls = private_items(krate, &impls);
    let doc = format!("The forms of [`{0}`](super::{0}) that are made of fields of its process.", flow.ident);
    quote! {
        #[doc = #doc]
        #[allow(deprecated, non_camel_case_types, non_snake_case, non_upper_case_globals, dead_code, unreachable_pub, unnameable_types, missing_docs, missing_debug_implementations)]
        #vis mod #module {
            #[doc(hidden)]
            #inner struct __Of;

            #[doc(hidden)]
            #inner trait __Fields { #(const #fields: ::core::primitive::usize; type #fields;)* }

            #(#structs)*
        }

        #[doc(inline)]
        #[allow(unused_imports, unreachable_pub, ambiguous_glob_reexports, hidden_glob_reexports, clippy::wildcard_imports)]
        #vis use #module::*;

        #impls
    }
}

fn expand_form(flow: &Flow, node: &Node, inner: &Visibility) -> Option<TokenStream> {
    let (fields, form) = (&node.fields.as_ref()?.fields, node.form_name()?);
    let doc = format!("What a person fills in at `{}` of [`{}`](super::{1}).", plain_name(&node.ident), flow.ident);
    let docs = fields.iter().map(|field| format!("The process's `{}`.", plain_name(field)));
    Some(quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone)]
        #inner struct #form { #(#[doc = #docs] #inner #fields: <__Of as __Fields>::#fields,)* }
    })
}

fn expand_impls(flow: &Flow, node: &Node) -> Option<TokenStream> {
    let FieldsForm { fields, empty, pages, .. } = node.fields.as_ref()?;
    let form = form_path(flow, &node.form_name()?);
    let page = |field| pages.iter().find(|(first, _)| first == field).map(|(_, title)| title);
    let accessors: Vec<_> =
        fields.iter().map(|field| accessor(flow, field, empty.contains(field), page(field))).collect();
    let fields_impl = fields_impl(&form, &accessors, &TokenStream::new(), Some(&TokenStream::new()));
    Some(quote! {
        #fields_impl

        #[automatically_derived]
        impl __viewflow::Form for #form {}
    })
}

fn form_path(flow: &Flow, form: &Ident) -> TokenStream {
    let module = module(flow);
    quote!(#module::#form)
}

/// Returns the name of the module with a flow's forms: `publish_flow_forms`.
fn module(flow: &Flow) -> Ident {
    format_ident!("{}_forms", snake_case(&plain_name(&flow.ident)), span = flow.ident.span())
}

/// Returns the visibility as it has to be written inside a module.
fn seen_within(vis: &Visibility) -> Visibility {
    match vis {
        Visibility::Public(_) => vis.clone(),
        Visibility::Inherited => parse_quote!(pub(super)),
        Visibility::Restricted(restricted) => {
            let path = &restricted.path;
            match path.segments.first().map(|first| first.ident.to_string()).as_deref() {
                Some("self") if path.segments.len() == 1 => parse_quote!(pub(super)),
                Some("self" | "super") => parse_quote!(pub(in super::#path)),
                _ => vis.clone(),
            }
        }
    }
}

fn accessor<'f>(flow: &Flow, field: &'f Ident, begins_empty: bool, page: Option<&LitStr>) -> Accessor<'f> {
    let process = &flow.process_type();
    let (index, at) = (field_index(flow, field), field_at(flow, field));
    let spec = quote!(<#process as __viewflow::Fields>::FIELDS[#index]);
    let none = quote!(::core::option::Option::None);
    let page_of = option_of(page);
    Accessor {
        ident: field,
        spec: match (begins_empty, page) {
            (false, None) => spec,
            (true, None) => quote!(__viewflow::FieldSpec { begins_empty: true, default: #none, ..#spec }),
            (false, Some(_)) => quote!(__viewflow::FieldSpec { page: #page_of, ..#spec }),
            (true, Some(_)) => {
                quote!(__viewflow::FieldSpec { begins_empty: true, default: #none, page: #page_of, ..#spec })
            }
        },
        read: quote!(#at::FIELD.without_default()),
        write: quote!(#at::FIELD),
        rules: quote!(#at::check),
        depends: None,
    }
}

/// Writes the place of the field in the process.
pub(super) fn field_at(flow: &Flow, field: &Ident) -> TokenStream {
    let (process, index) = (flow.process_type(), field_index(flow, field));
    quote!(<#process as __viewflow::FieldAt<{ #index }>>)
}

/// Writes the type of a field of the process.
pub(super) fn field_type(flow: &Flow, field: &Ident) -> TokenStream {
    let module = module(flow);
    quote!(<#module::__Of as #module::__Fields>::#field)
}

/// Writes the index of the field in the process.
///
/// The code looks up the name in one place only, so rustc reports a wrong name once.
fn field_index(flow: &Flow, field: &Ident) -> TokenStream {
    let module = module(flow);
    quote!(<#module::__Of as #module::__Fields>::#field)
}
