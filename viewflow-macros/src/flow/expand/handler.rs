//! Writes the calls of the application's code at a node.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use viewflow_graph::Kind;

use super::call::{chained, condition, handler, handler_method, question_method, span_of};
use super::decide::expand_decision;
use super::form::{field_at, form_type};
use super::people::expand_people;
use super::waiting::expand_waiting;
use crate::flow::model::{Flow, Message, Node, Way};
use crate::syntax::{Closure, hidden, local};

pub(super) fn expand_handlers(flow: &Flow, node: &Node) -> TokenStream {
    let mut calls = Vec::new();
    match (&node.fields, &node.submit, form_type(flow, node)) {
        (Some(fields), submit, Some(form)) => {
            calls.push(fields_call(flow, node, &fields.fields, submit.as_ref(), &form));
        }
        (None, Some(submit), Some(form)) => {
            calls.push(chained("node", submit.span(), "form", &handler(node, submit, Some(form))));
        }
        (None, Some(submit), None) => calls.push(chained("node", submit.span(), "call", &handler(node, submit, None))),
        _ => {}
    }
    calls.extend(expand_decision(node));
    calls.extend(expand_waiting(node));
    if let (Some(call), false) = (&node.call, node.kind == Kind::Job) {
        let at = call.span();
        let caught = match &node.message {
            Some(Message::Caught { ty, .. }) => Some(ty.clone()),
            _ => None,
        };
        let told = node.input.as_ref().map(input_told);
        calls.push(match node.input.clone().or(caught) {
            Some(input) => chained("node", at, "call_with", &handler(node, call, Some(input))),
            None => chained("node", at, "call", &handler(node, call, None)),
        });
        calls.extend(told);
    }
    if let (Some(done), true) = (&node.done, node.kind.has_children()) {
        calls.push(chained("node", done.span(), "call", &handler(node, done, None)));
    }
    if let Some(undo) = &node.undo {
        calls.push(chained("node", undo.span(), "undo", &handler(node, undo, None)));
    }
    let switch = node.switch.as_ref().filter(|_| !node.incomplete);
    let questions = [
        ("cond", node.cond.as_ref().map(|cond| (cond, condition(node, cond)))),
        ("switch", switch.map(|switch| (switch, switch_function(node, switch)))),
        ("on_create", node.on_create.as_ref().map(|call| (call, on_create(node, call)))),
        ("until", node.until.as_ref().map(|until| (until, condition(node, until)))),
    ];
    for (method, question) in questions {
        if let Some((closure, function)) = question {
            calls.push(chained("node", span_of(closure), method, &quote!((#function))));
        }
    }
    calls.extend(expand_people(flow, node));
    quote!(#(#calls)*)
}

/// Tells the builder whether the input is a form: the compiler knows.
fn input_told(input: &TokenStream) -> TokenStream {
    let node = local("node", hidden());
    quote_spanned!(input.span()=> let #node = __viewflow::InputOf::<#input>::tell(#node);)
}

/// Writes the form's values into the process, then calls the handler if there is one.
fn fields_call(
    flow: &Flow,
    node: &Node,
    fields: &[Ident],
    submit: Option<&TokenStream>,
    form: &TokenStream,
) -> TokenStream {
    let [owner, a, values] = ["flow", "a", "values"].map(|name| local(name, hidden()));
    let set = fields.iter().map(|field| {
        let at = field_at(flow, field);
        quote! {
            #at::set(&mut #a.process, ::core::clone::Clone::clone(&#values.#field));
        }
    });
    let then = match submit {
        Some(submit) => {
            let method = handler_method(node, submit, Some(form));
            quote_spanned!(submit.span()=> (#method)(#owner, #a, #values))
        }
        None => quote!(::core::result::Result::Ok(())),
    };
    let call = quote! {
        ::<#form>(|#owner: &Self, #a, #values| {
            #(#set)*
            #then
        })
    };
    chained("node", hidden(), "fields", &call)
}

/// Writes `match value { .. }`, so that rustc reports a value without a case.
fn switch_function(node: &Node, switch: &Closure) -> TokenStream {
    let mut arms = Vec::new();
    let mut default = TokenStream::new();
    // The builder numbers only edges with a target. The others only need to cover their values.
    let mut next = 0_usize;
    for edge in &node.edges {
        let number = next;
        next += usize::from(edge.to.is_some());
        match &edge.way {
            Way::Case(pattern) => arms.push(quote!(#pattern => #number,)),
            // With the span of the attribute, rustc reports a default that no value is left for.
            _ => default = quote_spanned!(edge.target.span()=> _ => #number,),
        }
    }
    match switch {
        Closure::Path(path) => {
            let [flow, a] = ["flow", "a"].map(|name| local(name, hidden()));
            let method = question_method(node, path, &quote!(_));
            quote_spanned!(path.span()=> |#flow, #a| ::core::result::Result::Ok(match (#method)(#flow, #a)? { #(#arms)* #default }))
        }
        Closure::Inline { .. } => {
            switch.to_function(|body| quote_spanned!(body.span()=> match (#body) { #(#arms)* #default }))
        }
    }
}

/// Writes a handler that may also be a closure.
fn on_create(node: &Node, closure: &Closure) -> TokenStream {
    match closure {
        Closure::Path(path) => handler_method(node, path, None),
        Closure::Inline { .. } => closure.to_plain_function(),
    }
}
