//! Writes a flow as calls of the typed builder, with handles to its nodes.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use viewflow_graph::{Attribute, Kind, Mark, Sound};

use super::lock::Locked;
use super::model::{After, Child, Cron, Edge, Flow, Message, Node, Retry, Way};
use super::model::{Assign, Candidates, Permission, Priority};
use crate::errors::Errors;
use crate::syntax::{Closure, duration_tokens, hidden, located, methods_named, plain_name, quiet_lints};

pub(super) fn expand(flow: &Flow, sound: Option<&Sound>, locked: &Locked, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    let krate = &flow.krate;
    let forms = flow.nodes.iter().filter_map(|node| expand_fields_form(flow, node));
    let Locked { items, asserts } = locked;
    // What depends on parameters can only be compared where they are known.
    let (within, beside) =
        if flow.generics.params.is_empty() { (&[][..], &asserts[..]) } else { (&asserts[..], &[][..]) };
    let flow_impl = expand_flow(flow, sound, within);
    let inherent = flow.usable.then(|| expand_inherent(flow, sound));
    let lints = quiet_lints();
    quote! {
        #errors
        #(#forms)*
        #[allow(#lints)]
        const _: () = {
            use #krate::__private as __viewflow;
            #flow_impl
            #inherent
            #items
            #(const _: () = #beside;)*
        };
    }
}

fn expand_flow(flow: &Flow, sound: Option<&Sound>, asserts: &[TokenStream]) -> TokenStream {
    let Flow { ident, name, title, was, .. } = flow;
    let process = flow.process_type();
    let (impl_generics, ty_generics, where_clause) = flow.generics.split_for_impl();
    let process = quote_spanned!(process.span()=> #process);
    let builder = Ident::new("builder", hidden());
    // Without the flow's own options, what its nodes say would only be misread.
    let usable = if flow.usable && flow.complete { &flow.nodes[..] } else { &[] };
    let nodes = usable.iter().enumerate().map(|(index, node)| expand_node(flow, sound, index, node, &builder));
    // Reads the fields, so that rustc does not call them unused; names resolve to them in editors.
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
                let _ = |flow: &Self| { #(let _ = &flow.#named;)* };
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
    let task_type = quote_spanned!(task.span()=> #task);
    let title = node.title.as_ref().map(|title| chained("node", at, "title", &quote!((#title))));
    let was = &node.was;
    let was = (!was.is_empty()).then(|| chained("node", at, "was", &quote!((&[#(#was),*]))));
    let begins = kind.is_start().then(|| left_out(task, at, ["StartSeed", "StartData"]));
    let handlers = expand_handlers(flow, node);
    let edges = node.edges.iter().filter_map(|edge| expand_edge(flow, node, edge));
    let join = may_be_empty(flow, sound, index, node);
    let empty = join.map(|join| left_out(&join.task, join.ident.span(), ["EmptySplitSeed", "EmptySplitData"]));
    quote! {
        {
            let #variable = #builder.node::<#task_type>(#name, __viewflow::Kind::#kind_ident);
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

/// `let variable = variable.call;`, where rustc points at the user's code when the call is wrong.
///
/// Receiver and method have one span: rustc points at the macro as a whole where they come from different worlds.
fn chained(variable: &str, at: Span, method: &str, arguments: &TokenStream) -> TokenStream {
    let (variable, method) = (local(variable, at), local(method, at));
    quote_spanned!(at=> let #variable = #variable.#method #arguments;)
}

/// Holds a task that is given neither seed nor data against what may be left out.
fn left_out(task: &TokenStream, at: Span, [seed, data]: [&str; 2]) -> TokenStream {
    let (seed, data) = (left_out_seed(task, at, seed), left_out_data(task, at, data));
    quote!(#seed #data)
}

fn left_out_seed(task: &TokenStream, at: Span, asked: &str) -> TokenStream {
    let (task, asked) = (located(task, at), Ident::new(asked, at));
    quote_spanned!(at=> let () = <<#task as __viewflow::Task>::Seed as __viewflow::#asked>::LEFT_OUT;)
}

fn left_out_data(task: &TokenStream, at: Span, asked: &str) -> TokenStream {
    let (task, asked) = (located(task, at), Ident::new(asked, at));
    quote_spanned!(at=> let () = <#task as __viewflow::#asked>::LEFT_OUT;)
}

/// The join that a split goes on to when its sources have no items.
fn may_be_empty<'f>(flow: &'f Flow, sound: Option<&Sound>, index: usize, node: &Node) -> Option<&'f Node> {
    if !node.kind.is_split() || node.edges.iter().any(|edge| edge.role().is_sure()) {
        return None;
    }
    flow.nodes.get(sound?.join_of(index)?)
}

fn expand_handlers(flow: &Flow, node: &Node) -> TokenStream {
    let mut calls = Vec::new();
    let form_type = node.form.clone().or_else(|| node.form_name().map(|name| quote!(#name)));
    match (&node.fields, &node.submit, form_type) {
        (Some(fields), submit, Some(form)) => {
            calls.push(fields_call(flow, node, &fields.fields, submit.as_ref(), &form));
        }
        (None, Some(submit), Some(form)) => {
            calls.push(chained("node", submit.span(), "form", &handler(node, submit, Some(form))));
        }
        (None, Some(submit), None) => calls.push(chained("node", submit.span(), "call", &handler(node, submit, None))),
        _ => {}
    }
    calls.extend(expand_waiting(node));
    if let (Some(call), false) = (&node.call, node.kind == Kind::Job) {
        let at = call.span();
        let caught = match &node.message {
            Some(Message::Caught { ty, .. }) => Some(ty.clone()),
            _ => None,
        };
        calls.push(match node.input.clone().or(caught) {
            Some(input) => chained("node", at, "call_with", &handler(node, call, Some(input))),
            None => chained("node", at, "call", &handler(node, call, None)),
        });
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

/// Who may do a node's tasks, and by when.
fn expand_people(flow: &Flow, node: &Node) -> Vec<TokenStream> {
    let at = node.ident.span();
    let mut calls = Vec::new();
    let stored = |other: &Ident| {
        let found = flow.nodes.iter().find(|node| plain_name(&node.ident) == plain_name(other));
        found.map_or_else(|| plain_name(other), |node| node.name.clone())
    };
    if let Some(Permission { name, object }) = &node.permission {
        calls.push(match name {
            Some(name) => chained("node", at, "permission", &quote!((#name))),
            None => chained("node", at, "auto_permission", &quote!(())),
        });
        if let Some(object) = object {
            let function = answered(node, object, OBJECT, None);
            calls.push(chained("node", span_of(object), "permission_on", &quote!((#function))));
        }
    }
    match &node.candidates {
        Some(Candidates::Asked(closure)) => {
            let function = answered(node, closure, CANDIDATES, None);
            calls.push(chained("node", span_of(closure), "candidates", &quote!((#function))));
        }
        Some(Candidates::Groups(groups)) => {
            let groups = quote!([#(__viewflow::Candidate::group(#groups)),*]);
            calls.push(chained("node", at, "candidates", &quote!((|_, _| ::core::result::Result::Ok(#groups)))));
        }
        None => {}
    }
    match &node.assign {
        Some(Assign::Asked(closure)) => {
            let function = answered(node, closure, OWNER, None);
            calls.push(chained("node", span_of(closure), "assign", &quote!((#function))));
        }
        Some(Assign::SameAs(other)) => {
            let name = stored(other);
            calls.push(chained("node", at, "assign_same_as", &quote!((#name))));
        }
        None => {}
    }
    if !node.not_by.is_empty() {
        let names = node.not_by.iter().map(stored);
        calls.push(chained("node", at, "not_by", &quote!((&[#(#names),*]))));
    }
    if let Some(due) = &node.due {
        calls.push(after(node, "node", "due", due, at));
    }
    match &node.priority {
        Some(Priority::Asked(closure)) => {
            let function = question(node, closure);
            calls.push(chained("node", span_of(closure), "priority", &quote!((#function))));
        }
        Some(Priority::Fixed(number)) => {
            calls.push(chained("node", at, "priority", &quote!((|_, _| ::core::result::Result::Ok(#number)))));
        }
        None => {}
    }
    calls
}

/// What a node waits for: a worker, a time, a signal, a message, its children.
fn expand_waiting(node: &Node) -> Vec<TokenStream> {
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
        let zone = match zone {
            Some(zone) => quote!(::core::option::Option::Some(#zone)),
            None => quote!(::core::option::Option::None),
        };
        plain("cron", &quote!((#pattern, #zone)));
    }
    if let Some(signal) = &node.signal {
        plain("signal", &quote!((#signal)));
    }
    if let Some(code) = &node.code {
        plain("code", &quote!((#code)));
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

/// The builder's method for a job, and its arguments.
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
        // The value of a future has no name before it is here.
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

/// A call of `method` with a length of time, or of `method_by` with what tells a time.
fn after(node: &Node, variable: &str, method: &str, after: &After, at: Span) -> TokenStream {
    match after {
        After::Fixed(wait) => {
            let wait = duration_tokens(*wait);
            chained(variable, at, method, &quote!((#wait)))
        }
        After::Asked(closure) => {
            let function = answered(node, closure, TIME, None);
            chained(variable, span_of(closure), &format!("{method}_by"), &quote!((#function)))
        }
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

/// The arguments of a builder method that takes a handler.
fn handler(node: &Node, path: &TokenStream, input: Option<TokenStream>) -> TokenStream {
    let method = handler_method(node, path, input.as_ref());
    match input {
        Some(input) => quote!(::<#input>(#method)),
        None => quote!((#method)),
    }
}

/// A method that works on an activation, with what is handed in.
fn handler_method(node: &Node, path: &TokenStream, input: Option<&TokenStream>) -> TokenStream {
    let task = &node.task;
    match input {
        Some(input) => quote_spanned!(path.span()=> __viewflow::InputMethod::<Self, #task, #input, _>::method(#path)),
        None => quote_spanned!(path.span()=> __viewflow::CallMethod::<Self, #task, _>::method(#path)),
    }
}

/// A method that answers a question.
fn question_method(node: &Node, path: &TokenStream, answer: &TokenStream) -> TokenStream {
    let task = &node.task;
    quote_spanned!(path.span()=> __viewflow::QuestionMethod::<Self, #task, #answer, _>::method(#path))
}

/// What makes of an answer what is wanted: a trait, its method, and whether that may fail. Asked for the answer itself, it
/// is told at its place when it is none.
type Made = (&'static str, &'static str, bool);

const SEED: Made = ("IntoSeed", "into_seed", true);
const DATA: Made = ("IntoData", "into_data", false);
const SEEDS: Made = ("SeedItems", "seeds", true);
const ITEMS: Made = ("DataItems", "data", false);
const PROCESS: Made = ("IntoProcess", "into_process", false);
const KEY: Made = ("IntoKey", "into_key", false);
const TIME: Made = ("IntoMoment", "into_moment", false);
const OWNER: Made = ("IntoOwner", "into_owner", false);
const OBJECT: Made = ("IntoObject", "into_object", false);
const CANDIDATES: Made = ("IntoCandidates", "into_candidates", false);

/// A question to the activation, whose answer is made an `of`.
fn answered(node: &Node, closure: &Closure, (made_by, method, fails): Made, of: Option<&TokenStream>) -> TokenStream {
    let of = of.map(|of| quote!(::<#of>));
    let wrap = |body: &TokenStream| {
        let at = body.span();
        let (made_by, method) = (Ident::new(made_by, at), Ident::new(method, at));
        let fails = fails.then(|| quote_spanned!(at=> ?));
        quote_spanned!(at=> __viewflow::#made_by #of::#method(#body)#fails)
    };
    let Closure::Path(path) = closure else { return closure.to_function(wrap) };
    let at = path.span();
    let [method, flow, a] = ["method", "flow", "a"].map(|name| local(name, at));
    let question = question_method(node, path, &quote!(_));
    let answer = wrap(&quote_spanned!(at=> #method(#flow, #a)?));
    quote_spanned!(at=> { let #method = #question; move |#flow, #a| ::core::result::Result::Ok(#answer) })
}

/// A question to the activation, whose answer is taken as it is.
fn question(node: &Node, closure: &Closure) -> TokenStream {
    match closure {
        Closure::Path(path) => question_method(node, path, &quote!(_)),
        Closure::Inline { .. } => closure.to_plain_function(),
    }
}

/// A closure that answers yes or no; rustc says so when it does not.
fn condition(node: &Node, closure: &Closure) -> TokenStream {
    match closure {
        Closure::Path(path) => question_method(node, path, &quote!(::core::primitive::bool)),
        Closure::Inline { .. } => {
            closure.to_function(|body| quote_spanned!(body.span()=> if #body { true } else { false }))
        }
    }
}

/// A handler, which may also be written as a closure.
fn on_create(node: &Node, closure: &Closure) -> TokenStream {
    match closure {
        Closure::Path(path) => handler_method(node, path, None),
        Closure::Inline { .. } => closure.to_plain_function(),
    }
}

/// Writes what was filled in into the process, then calls the handler if there is one.
fn fields_call(
    flow: &Flow,
    node: &Node,
    fields: &[Ident],
    submit: Option<&TokenStream>,
    form: &TokenStream,
) -> TokenStream {
    let process = &flow.process_type();
    let [owner, a, values] = ["flow", "a", "values"].map(|name| Ident::new(name, hidden()));
    let set = fields.iter().map(|field| {
        let index = field_index(process, field);
        quote! {
            <#process as __viewflow::FieldAt<{ #index }>>::set(&mut #a.process, ::core::clone::Clone::clone(&#values.#field));
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

/// `match value { .. }`, so that rustc tells of a value without a case.
fn switch_function(node: &Node, switch: &Closure) -> TokenStream {
    let mut arms = Vec::new();
    let mut default = TokenStream::new();
    // The builder numbers only edges with a target; of the others it is enough that their values are covered.
    let mut next = 0_usize;
    for edge in &node.edges {
        let number = next;
        next += usize::from(edge.to.is_some());
        match &edge.way {
            Way::Case(pattern) => arms.push(quote!(#pattern => #number,)),
            // With the span of the attribute, rustc tells of a default that no value is left for.
            _ => default = quote_spanned!(edge.target.span()=> _ => #number,),
        }
    }
    match switch {
        Closure::Path(path) => {
            let [flow, a] = ["flow", "a"].map(|name| Ident::new(name, hidden()));
            let method = question_method(node, path, &quote!(_));
            quote_spanned!(path.span()=> |#flow, #a| ::core::result::Result::Ok(match (#method)(#flow, #a)? { #(#arms)* #default }))
        }
        Closure::Inline { .. } => {
            switch.to_function(|body| quote_spanned!(body.span()=> match (#body) { #(#arms)* #default }))
        }
    }
}

fn expand_edge(flow: &Flow, source: &Node, edge: &Edge) -> Option<TokenStream> {
    let target = flow.nodes.get(edge.to?)?;
    let (task, name, at) = (&target.task, &target.name, edge.target.span());
    let (node, variable) = (local("node", at), local("edge", at));
    let role = expand_role(edge);
    let mut calls = vec![quote_spanned!(at=> let #variable = #node.edge::<#task>(#role, #name);)];
    if let Some(time) = &edge.after {
        calls.push(after(source, "edge", "after", time, at));
    }
    let mut give = |method: &str, closure: Option<&Closure>, function: &dyn Fn(&Closure) -> TokenStream| {
        if let Some(closure) = closure {
            let span = span_of(closure);
            let function = function(closure);
            calls.push(chained("edge", span, method, &quote!((#function))));
        }
    };
    if let Way::Branch(cond) = &edge.way {
        give("when", cond.as_ref(), &|closure| condition(source, closure));
    }
    let seed = quote!(<#task as __viewflow::Task>::Seed);
    let made = |made_by: Made, ty: &TokenStream| {
        let ty = ty.clone();
        move |closure: &Closure| answered(source, closure, made_by, Some(&ty))
    };
    give("seed", edge.task_seed.as_ref(), &made(SEED, &seed));
    give("data", edge.task_data.as_ref(), &made(DATA, task));
    give("seed_source", edge.task_seed_source.as_ref(), &made(SEEDS, &seed));
    give("data_source", edge.task_data_source.as_ref(), &made(ITEMS, task));
    if edge.task_seed.is_none() && edge.task_seed_source.is_none() {
        calls.push(left_out_seed(task, at, "NoSeedNeeded"));
    }
    if edge.task_data.is_none() && edge.task_data_source.is_none() {
        calls.push(left_out_data(task, at, "NoDataNeeded"));
    }
    Some(quote!({ #(#calls)* let _ = #variable; }))
}

/// The items are collected inside the closure, so that they may borrow from the activation.
fn collected(source: &Node, closure: &Closure) -> TokenStream {
    if let Closure::Path(path) = closure {
        return question_method(source, path, &quote!(__viewflow::Vec<_>));
    }
    closure.to_function(|body| {
        quote_spanned! {body.span()=>
            ::core::iter::Iterator::collect::<__viewflow::Vec<_>>(::core::iter::IntoIterator::into_iter(#body))
        }
    })
}

fn expand_role(edge: &Edge) -> TokenStream {
    match &edge.way {
        Way::Next => quote!(__viewflow::Role::Next),
        Way::Then => quote!(__viewflow::Role::Then),
        Way::Otherwise => quote!(__viewflow::Role::Otherwise),
        Way::Default => quote!(__viewflow::Role::Default),
        Way::Case(_) => {
            let pattern = edge.role().to_string();
            quote!(__viewflow::Role::Case(__viewflow::String::from(#pattern)))
        }
        Way::Branch(_) if edge.is_per_item() => quote!(__viewflow::Role::Branch(__viewflow::Selection::PerItem)),
        Way::Branch(Some(_)) => quote!(__viewflow::Role::Branch(__viewflow::Selection::Conditional)),
        Way::Branch(None) => quote!(__viewflow::Role::Branch(__viewflow::Selection::Always)),
        Way::Timeout { interrupting } => quote!(__viewflow::Role::Timeout { interrupting: #interrupting }),
        Way::OnError(code) => {
            let code = optional_string(code.as_deref());
            quote!(__viewflow::Role::OnError(#code))
        }
        Way::OnEscalation(code) => {
            let code = optional_string(code.as_deref());
            quote!(__viewflow::Role::OnEscalation(#code))
        }
        Way::Compensation => quote!(__viewflow::Role::Compensation),
    }
}

fn optional_string(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(__viewflow::String::from(#text))),
        None => quote!(::core::option::Option::None),
    }
}

/// A local variable that rustc points at with the user's code, and that his code cannot see.
fn local(name: &str, at: Span) -> Ident {
    Ident::new(name, hidden().located_at(at))
}

fn span_of(closure: &Closure) -> Span {
    match closure {
        Closure::Inline { body, .. } => body.span(),
        Closure::Path(path) => path.span(),
    }
}

/// The constructor, and a typed handle to each node.
fn expand_inherent(flow: &Flow, sound: Option<&Sound>) -> TokenStream {
    let Flow { ident, vis, .. } = flow;
    let (impl_generics, ty_generics, where_clause) = flow.generics.split_for_impl();
    let (plain, types): (Vec<_>, Vec<_>) = flow.plain.iter().map(|(ident, ty)| (ident, ty)).unzip();
    let nodes = flow.nodes.iter().map(|node| {
        let Node { ident, ty, .. } = node;
        quote_spanned!(ty.span()=> #ident: <#ty as __viewflow::Marker>::NODE,)
    });
    // Does not compile anyway: so that what uses the flow is right.
    let misread = &flow.misread;
    let methods = methods_of_self(flow);
    let handles = flow.nodes.iter().map(|node| expand_handle(flow, node, &methods));
    let doc = format!("A `{ident}`, with what its handlers need.");
    // A macro that derives has no other place on the flow's page.
    let chart = sound.map(|_| chart(flow));
    let chart = chart.map(|chart| quote!(#[cfg_attr(doc, doc = #chart)]));
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
    }
}

/// The flow's chart as rustdoc shows it, in the colours of the page: HTML without a blank line is left as it is.
fn chart(flow: &Flow) -> String {
    let (graph, _) = flow.graph();
    format!("<div style=\"overflow-x:auto\">{}</div>", graph.svg(|_| Mark::Untouched))
}

fn expand_handle(flow: &Flow, node: &Node, methods: &BTreeSet<String>) -> TokenStream {
    let Flow { vis, .. } = flow;
    let Node { ident, task, name, docs, .. } = node;
    let form = node.form.clone().or_else(|| node.form_name().map(|name| quote!(#name))).unwrap_or_else(|| quote!(()));
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
    // A method of the flow, and `new` is one, may have the name of its node; the handle then makes way.
    let plain = plain_name(ident);
    let handle = if plain == "new" || methods.contains(&plain) {
        format_ident!("{plain}_node", span = ident.span())
    } else {
        ident.clone()
    };
    let what = format!("The {} `{plain}`.", node.kind.name());
    let docs = if docs.is_empty() { quote!(#[doc = #what]) } else { quote!(#(#docs)* #[doc = ""] #[doc = #what]) };
    quote! {
        #docs
        #vis const #handle: #ty = <#ty>::new(#name);
    }
}

/// The methods of the flow that attributes name.
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

fn field_index(process: &TokenStream, field: &Ident) -> TokenStream {
    quote!(<#process as __viewflow::NamedFields>::INDEX.#field)
}

/// The form that `#[fields(..)]` asks for: a struct of those fields of the process.
fn expand_fields_form(flow: &Flow, node: &Node) -> Option<TokenStream> {
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
