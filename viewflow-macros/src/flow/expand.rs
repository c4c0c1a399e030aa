//! Writes a flow as calls of the typed builder, with its node handles.

mod call;
mod decide;
mod edge;
mod form;
mod handler;
mod inherent;
mod people;
mod waiting;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, WherePredicate, parse_quote};
use viewflow_graph::Sound;

use self::call::{chained, left_out, seed_of};
use self::decide::expand_coverage;
use self::edge::expand_edge;
use self::form::expand_forms;
use self::handler::expand_handlers;
pub(super) use self::inherent::chart;
use self::inherent::expand_inherent;
use super::check::Checked;
use super::lock::Locked;
use super::model::{Flow, Node};
use crate::errors::Errors;
use crate::syntax::{hidden, local, plain_name, private_items};

/// Writes the flow and its node handles. The chart goes to the head of their `impl`.
pub(super) fn expand(
    flow: &Flow,
    checked: &Checked,
    locked: &Locked,
    chart: Option<&Attribute>,
    errors: Errors,
) -> TokenStream {
    let errors = errors.into_tokens();
    let forms = expand_forms(flow);
    let Locked { items, asserts } = locked;
    let covered = flow.nodes.iter().filter_map(|node| expand_coverage(flow, node));
    let asserts: Vec<_> = asserts.iter().cloned().chain(covered).collect();
    // Data that depends on type parameters can be compared only where the parameters are known.
    let (within, beside) =
        if flow.generics.params.is_empty() { (&[][..], &asserts[..]) } else { (&asserts[..], &[][..]) };
    let flow_impl = expand_flow(flow, checked.sound.as_ref(), within);
    let inherent = flow.usable.then(|| expand_inherent(flow, chart));
    let traits = quote!(
        #[allow(unused_imports)]
        use __viewflow::OtherInput as _;
    );
    let items = quote!(#traits #flow_impl #inherent #items #(const _: () = #beside;)*);
    let items = private_items(&flow.krate, &items);
    quote!(#errors #forms #items)
}

fn expand_flow(flow: &Flow, sound: Option<&Sound>, asserts: &[TokenStream]) -> TokenStream {
    let Flow { ident, name, title, was, .. } = flow;
    let process = flow.process_type();
    let mut generics = flow.generics.clone();
    let unbounded = flow.unbounded.iter().flat_map(|(name, unknown)| -> [WherePredicate; 2] {
        [parse_quote!(#unknown: __viewflow::Known), parse_quote!(#name: 'static)]
    });
    generics.make_where_clause().predicates.extend(unbounded);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let process = flow.no_process.clone().unwrap_or_else(|| quote_spanned!(process.span()=> #process));
    let builder = local("builder", hidden());
    // If the options of the flow could not be read, its nodes would only cause more errors.
    let usable = if flow.usable && flow.complete { &flow.nodes[..] } else { &[] };
    let nodes = usable.iter().enumerate().map(|(index, node)| expand_node(flow, sound, index, node, &builder));
    // Reads the fields, so that rustc does not call them unused and editors can resolve the names.
    let targets = flow.nodes.iter().flat_map(|node| &node.edges).filter(|edge| edge.to.is_some());
    let targets = targets.filter_map(|edge| {
        let mut ident = flow.nodes.get(edge.to?)?.ident.clone();
        ident.set_span(edge.target.span());
        Some(ident)
    });
    let people = flow.nodes.iter().flat_map(Node::others).filter_map(|other| {
        let known = flow.nodes.iter().any(|node| plain_name(&node.ident) == plain_name(other));
        known.then(|| other.clone())
    });
    let named = flow.nodes.iter().map(|node| node.ident.clone()).chain(targets).chain(people);
    quote! {
        #[automatically_derived]
        impl #impl_generics __viewflow::Flow for #ident #ty_generics #where_clause {
            type Process = #process;
            const NAME: &'static ::core::primitive::str = #name;
            const TITLE: &'static ::core::primitive::str = #title;
            const WAS: &'static [&'static ::core::primitive::str] = &[#(#was),*];

            #[allow(unused_variables)]
            fn define(#builder: &mut __viewflow::FlowBuilder<Self>) {
                let _ = |__viewflow_flow: &Self| { #(let _ = &__viewflow_flow.#named;)* };
                #(const { #asserts })*
                #(#nodes)*
            }
        }
    }
}

fn expand_node(flow: &Flow, sound: Option<&Sound>, index: usize, node: &Node, builder: &Ident) -> TokenStream {
    let Node { task, name, kind, .. } = node;
    let at = node.ident.span();
    let kind_ident = format_ident!("{}", kind.name());
    let variable = local("node", hidden());
    let (task_type, seed) = (quote_spanned!(task.span()=> #task), seed_of(task));
    let title = node.title.as_ref().map(|title| chained("node", at, "title", &quote!((#title))));
    let was = &node.was;
    let was = (!was.is_empty()).then(|| chained("node", at, "was", &quote!((&[#(#was),*]))));
    let begins = kind.is_start().then(|| left_out(task, at, ["StartSeed", "StartData"]));
    // The handlers of a node that could not be read completely would only cause more errors.
    let handlers = if node.incomplete { TokenStream::new() } else { expand_handlers(flow, node) };
    let edges = node.edges.iter().filter_map(|edge| expand_edge(flow, node, edge));
    let join = may_be_empty(flow, sound, index, node);
    let empty = join.map(|join| left_out(&join.task, join.ident.span(), ["EmptySplitSeed", "EmptySplitData"]));
    quote! {
        {
            let #variable = #builder.known_node::<#task_type, #seed>(#name, __viewflow::Kind::#kind_ident);
            #title
            #was
            #begins
            #handlers
            #empty
            #[allow(unused_mut)]
            let mut #variable = #variable;
            #(#edges)*
        }
    }
}

/// Returns the join that a split goes on to when its sources have no items.
fn may_be_empty<'f>(flow: &'f Flow, sound: Option<&Sound>, index: usize, node: &Node) -> Option<&'f Node> {
    if !node.kind.is_split() || node.edges.iter().any(|edge| edge.role().is_sure()) {
        return None;
    }
    flow.nodes.get(sound?.join_of(index)?)
}
