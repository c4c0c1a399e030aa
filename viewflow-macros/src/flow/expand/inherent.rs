//! Writes the constructor of the flow, and a node handle for each node.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::parse_quote;
use syn::spanned::Spanned as _;
use viewflow_graph::{Attribute, Mark};

use super::decide::expand_ways;
use super::form::form_type;
use crate::flow::check::Checked;
use crate::flow::model::{After, Flow, Message, Node, Way};
use crate::syntax::{Closure, located, methods_named, plain_name};

/// Writes the constructor of the flow, and a node handle for each node.
pub(super) fn expand_inherent(flow: &Flow, chart: Option<&syn::Attribute>) -> TokenStream {
    let Flow { ident, vis, .. } = flow;
    let (impl_generics, ty_generics, where_clause) = flow.generics.split_for_impl();
    let (plain, types): (Vec<_>, Vec<_>) = flow.plain.iter().map(|(ident, ty)| (ident, ty)).unzip();
    let nodes = flow.nodes.iter().map(|node| {
        let Node { ident, ty, .. } = node;
        if let Some(kind) = node.alias_of {
            // If the kind in the attribute is wrong, the types differ and rustc reports it.
            let kind = format_ident!("{}", kind.name(), span = ty.span());
            return quote_spanned!(ty.span()=> #ident: <__viewflow::nodes::#kind<_> as __viewflow::Marker>::NODE,);
        }
        quote_spanned!(ty.span()=> #ident: <#ty as __viewflow::Marker>::NODE,)
    });
    // The flow does not compile anyway. This only keeps code that uses the flow from causing more errors.
    let misread = &flow.misread;
    let methods = methods_of_self(flow);
    let handles = flow.nodes.iter().map(|node| expand_handle(flow, node, &methods));
    let doc = format!("A `{ident}`, with what its handlers need.");
    let ways: Vec<_> = flow.nodes.iter().filter_map(|node| expand_ways(flow, node)).collect();
    let ways = (!ways.is_empty()).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #ident #ty_generics #where_clause {
                #(#ways)*
            }
        }
    });
    quote! {
        #chart
        #[automatically_derived]
        #[allow(dead_code)]
        impl #impl_generics #ident #ty_generics #where_clause {
            #[doc = #doc]
            #vis fn new(#(#plain: #types),*) -> Self {
                Self { #(#plain,)* #(#misread: ::core::unimplemented!(),)* #(#nodes)* }
            }

            #(#handles)*
        }

        #ways
    }
}

/// Returns the chart of a sound flow for rustdoc, in the colours of the page.
///
/// rustdoc leaves HTML as it is, as long as it has no blank line.
pub(in crate::flow) fn chart(checked: &Checked) -> Option<syn::Attribute> {
    let sound = checked.sound.as_ref()?;
    let svg = checked.graph.svg_with(Some(sound), |_| Mark::Untouched);
    let chart = format!("<div style=\"overflow-x:auto\">{svg}</div>");
    Some(parse_quote!(#[cfg_attr(doc, doc = "", doc = #chart, doc = "")]))
}

fn expand_handle(flow: &Flow, node: &Node, methods: &BTreeSet<String>) -> TokenStream {
    let Flow { vis, .. } = flow;
    let Node { ident, task, name, docs, .. } = node;
    let form = form_type(flow, node).unwrap_or_else(|| quote!(()));
    let input = node.input.clone().unwrap_or_else(|| quote!(()));
    let ty = match node.kind {
        kind if kind.is_task_of_a_person() => quote!(__viewflow::ViewNode<Self, #task, #form>),
        kind if kind.is_human() => quote!(__viewflow::StartNode<Self, #task, #form>),
        kind if kind.takes(Attribute::Input) && kind.is_start() => {
            quote!(__viewflow::StartHandleNode<Self, #task, #input>)
        }
        kind if kind.takes(Attribute::Input) => quote!(__viewflow::HandleNode<Self, #task, #input>),
        kind if kind.has_children() && node.child.is_some() => {
            let flow = node.child.as_ref().map(|child| &child.flow);
            quote!(__viewflow::SubprocessNode<Self, #task, #flow>)
        }
        _ => quote!(__viewflow::InnerNode<Self, #task>),
    };
    // A method of the flow, such as `new`, may have the name of a node. The node handle then gets another name.
    let plain = plain_name(ident);
    let handle = if plain == "new" || methods.contains(&plain) {
        format_ident!("{plain}_node", span = ident.span())
    } else {
        ident.clone()
    };
    let what = format!("The {} `{plain}`.", node.kind.name());
    let docs = if docs.is_empty() { quote!(#[doc = #what]) } else { quote!(#(#docs)* #[doc = ""] #[doc = #what]) };
    // With the span of the node, rustc points there if something else has the same name.
    let vis = located(&vis.to_token_stream(), ident.span());
    let constant = quote_spanned!(ident.span()=> #vis const #handle: #ty = <#ty>::new(#name););
    quote!(#docs #constant)
}

/// Returns the methods of the flow that attributes name.
fn methods_of_self(flow: &Flow) -> BTreeSet<String> {
    let mut methods = BTreeSet::new();
    let own = plain_name(&flow.ident);
    for node in &flow.nodes {
        let handlers = [&node.submit, &node.call, &node.done, &node.undo].into_iter().flatten();
        let mut closures: Vec<&Closure> =
            [&node.cond, &node.switch, &node.on_create, &node.until].into_iter().flatten().collect();
        closures.extend(node.people_closures());
        closures.extend(node.child.iter().flat_map(|child| child.given.iter().map(|(_, closure)| closure)));
        if let Some(After::Asked(delay)) = &node.delay {
            closures.push(delay);
        }
        match &node.message {
            Some(Message::Sent(message)) => closures.push(message),
            Some(Message::Caught { key: Some(key), .. }) => closures.push(key),
            _ => {}
        }
        for edge in &node.edges {
            closures.extend(
                [&edge.task_seed, &edge.task_data, &edge.task_seed_source, &edge.task_data_source]
                    .into_iter()
                    .flatten(),
            );
            if let Way::Branch(Some(cond)) = &edge.way {
                closures.push(cond);
            }
            if let Some(After::Asked(after)) = &edge.after {
                closures.push(after);
            }
        }
        let handlers = handlers.map(|path| (path, true));
        for (tokens, is_path) in handlers.chain(closures.into_iter().map(Closure::tokens)) {
            methods_named(tokens, &own, is_path, &mut methods);
        }
    }
    methods
}
