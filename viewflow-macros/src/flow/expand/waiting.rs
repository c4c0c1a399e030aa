//! Writes the events that a node waits for or triggers.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use viewflow_graph::Kind;

use super::call::{KEY, PROCESS, SEED, SEEDS, after, answered, chained, collected, question, span_of};
use crate::flow::model::{Child, Cron, Message, Node, Retry};
use crate::syntax::{duration_tokens, local, option_of};

/// Writes what a node waits for or tells: a worker, a time, a signal, a message, or its children.
pub(super) fn expand_waiting(node: &Node) -> Vec<TokenStream> {
    let at = node.ident.span();
    let mut calls = Vec::new();
    let mut plain = |method: &str, arguments: &TokenStream| calls.push(chained("node", at, method, arguments));
    if let (Some(call), Kind::Job) = (&node.call, node.kind) {
        let (method, arguments) = job(node, call);
        plain(method, &arguments);
    }
    if let Some(Retry { attempts, backoff, max }) = &node.retry {
        let (backoff, max) = (duration_tokens(*backoff), duration_tokens(*max));
        plain("retry", &quote!((#attempts, #backoff, #max)));
    }
    if let Some(timeout) = node.timeout {
        let timeout = duration_tokens(timeout);
        plain("timeout", &quote!((#timeout)));
    }
    if let Some(every) = node.every {
        let every = duration_tokens(every);
        plain("every", &quote!((#every)));
    }
    if let Some(Cron { pattern, zone }) = &node.cron {
        let zone = option_of(zone.as_ref());
        plain("cron", &quote!((#pattern, #zone)));
    }
    if let Some(signal) = &node.signal {
        plain("signal", &quote!((#signal)));
    }
    if let Some(code) = &node.code {
        plain("code", &quote!((#code)));
    }
    if let Some(outcome) = &node.outcome {
        plain("outcome", &quote!((#outcome)));
    }
    if let Some(delay) = &node.delay {
        calls.push(after(node, "node", "delay", delay, at));
    }
    match &node.message {
        Some(Message::Sent(message)) => {
            let function = question(node, message);
            calls.push(chained("node", span_of(message), "send", &quote!((#function))));
        }
        Some(Message::Caught { ty, key }) => {
            let key_type = quote_spanned!(ty.span()=> <#ty as __viewflow::Message>::Key);
            let function = match key {
                Some(key) => answered(node, key, KEY, Some(&key_type)),
                None => {
                    let key = quote_spanned!(ty.span()=> ());
                    quote_spanned!(ty.span()=> |_, _| ::core::result::Result::Ok(__viewflow::IntoKey::<#key_type>::into_key(#key)))
                }
            };
            calls.push(chained("node", ty.span(), "message", &quote_spanned!(ty.span()=> ::<#ty, _>(#function))));
        }
        None => {}
    }
    calls.extend(node.child.as_ref().map(|child| expand_child(node, child)));
    calls
}

/// Returns the builder's method for a job, and its arguments.
fn job(node: &Node, call: &TokenStream) -> (&'static str, TokenStream) {
    let (task, at) = (&node.task, call.span());
    let run = if node.is_async {
        let [flow, job, future] = ["flow", "job", "future"].map(|name| local(name, at));
        quote_spanned! {at=>
            |#flow: __viewflow::Arc<Self>, #job: __viewflow::JobRun<Self, #task>| {
                let #future: __viewflow::BoxFuture<__viewflow::Result<_>> =
                    __viewflow::Box::pin(async move { (#call)(&#flow, &#job).await });
                #future
            }
        }
    } else {
        quote_spanned!(at=> __viewflow::JobMethod::<Self, #task, _, _>::method(#call))
    };
    match (&node.done, node.is_async) {
        // The output type of a future cannot be named before this point.
        (Some(done), true) => ("future_done", quote!((#run, #done))),
        (Some(done), false) => {
            let value = quote_spanned!(at=> __viewflow::value_of::<Self, #task, _>(&#run));
            let method = quote_spanned! {done.span()=>
                __viewflow::DoneMethod::<Self, #task, _, _>::method(#value, #done)
            };
            ("job_done", quote!((#run, #method)))
        }
        (None, true) => ("future", quote!((#run))),
        (None, false) => ("job", quote!((#run))),
    }
}

fn expand_child(node: &Node, child: &Child) -> TokenStream {
    let at = child.start.span();
    let (variable, start, flow, builder) = (local("node", at), &child.start, &child.flow, local("child", at));
    let mut calls = vec![quote_spanned!(at=> let #builder = #variable.child(#start);)];
    if child.sequential {
        calls.push(chained("child", at, "sequential", &quote!(())));
    }
    for (name, closure) in &child.given {
        let process = quote!(<#flow as __viewflow::Flow>::Process);
        let seed = quote!(<#process as __viewflow::Process>::Seed);
        let function = match *name {
            "process_seed" => answered(node, closure, SEED, Some(&seed)),
            "process_data" => answered(node, closure, PROCESS, Some(&process)),
            "process_seed_source" => answered(node, closure, SEEDS, Some(&seed)),
            _ if name.ends_with("_source") => collected(node, closure),
            _ => question(node, closure),
        };
        calls.push(chained("child", span_of(closure), name, &quote!((#function))));
    }
    quote! {
        #(#calls)*
        let #variable = #builder.node();
    }
}
