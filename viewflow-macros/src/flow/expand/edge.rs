//! Writes an edge.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::call::{
    DATA, ITEMS, Made, SEED, SEEDS, after, answered, chained, condition, left_out_data, left_out_seed, seed_of, span_of,
};
use super::decide::title_of;
use crate::flow::model::{Edge, Flow, Node, Way};
use crate::syntax::{Closure, local, option_of};

pub(super) fn expand_edge(flow: &Flow, source: &Node, edge: &Edge) -> Option<TokenStream> {
    let target = flow.nodes.get(edge.to?)?;
    let (task, name, at) = (&target.task, &target.name, edge.target.span());
    let (node, variable) = (local("node", at), local("edge", at));
    let role = expand_role(edge);
    let mut calls = vec![quote_spanned!(at=> let #variable = #node.edge::<#task>(#role, #name);)];
    if let Some(time) = &edge.after {
        calls.push(after(source, "edge", "after", time, at));
    }
    if let Some(title) = title_of(source, edge) {
        calls.push(chained("edge", at, "title", &quote!((#title))));
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
    let seed = seed_of(task);
    let is_case = source.is_decided() && matches!(edge.way, Way::Case(_) | Way::Default);
    let made = |made_by: Made, ty: &TokenStream| {
        let ty = ty.clone();
        move |closure: &Closure| answered(source, closure, made_by, Some(&ty))
    };
    if !is_case {
        give("seed", edge.task_seed.as_ref(), &made(SEED, &seed));
        give("data", edge.task_data.as_ref(), &made(DATA, task));
    }
    give("seed_source", edge.task_seed_source.as_ref(), &made(SEEDS, &seed));
    give("data_source", edge.task_data_source.as_ref(), &made(ITEMS, task));
    if edge.task_seed.is_none() && edge.task_seed_source.is_none() {
        calls.push(left_out_seed(task, at, "NoSeedNeeded"));
    }
    if edge.task_data.is_none() && edge.task_data_source.is_none() {
        calls.push(left_out_data(task, at, "NoDataNeeded"));
    }
    let of_case = [(&edge.task_seed, "seed_of_case"), (&edge.task_data, "data_of_case")];
    for (_, method) in of_case.iter().filter(|(given, _)| is_case && given.is_some()) {
        calls.push(chained("edge", at, method, &quote!(())));
    }
    Some(quote!({ #(#calls)* let _ = #variable; }))
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
    option_of(text.map(|text| quote!(__viewflow::String::from(#text))))
}
