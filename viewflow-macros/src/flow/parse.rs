//! Parses an annotated flow.

mod attribute;
mod edge;
mod event;
mod handler;
mod node;

use proc_macro2::{Ident, TokenTree};
use quote::ToTokens as _;
use syn::{Data, DeriveInput, Fields, Generics, Result, Type, TypeParam, WherePredicate};
use viewflow_graph::{Attribute, nearest};

use self::node::{led_to, read_field};
use super::model::Flow;
use crate::errors::Errors;
use crate::syntax::{
    Opt, WAS, default_crate, earlier_names, first_sentence, misplaced, options, plain_name, snake_case, title_of,
    unknown_option,
};

/// The options of `#[flow(..)]`.
const OPTIONS: [&str; 5] = ["process", "name", "title", "lock", "crate"];

pub(super) fn parse(input: DeriveInput, errors: &mut Errors) -> Flow {
    let ident = input.ident;
    let own_name = plain_name(&ident);
    let base = own_name.strip_suffix("Flow").filter(|base| !base.is_empty()).unwrap_or(&own_name);
    let mut flow = Flow {
        krate: default_crate(),
        usable: true,
        complete: true,
        process: None,
        no_process: None,
        unbounded: Vec::new(),
        name: snake_case(base),
        title: first_sentence(&input.attrs).unwrap_or_else(|| title_of(&snake_case(base))),
        plain: Vec::new(),
        nodes: Vec::new(),
        misread: Vec::new(),
        vis: input.vis,
        generics: input.generics,
        was: Vec::new(),
        lock: None,
        ident,
    };
    let of_nodes = Attribute::ALL.iter().filter(|attribute| attribute.name() != WAS);
    let of_nodes: Vec<&str> = of_nodes.map(|attribute| attribute.name()).collect();
    misplaced(&input.attrs, &of_nodes, "on a field of the flow", errors);
    flow.was = earlier_names(&input.attrs, errors);
    let before = errors.count();
    for option in options(&input.attrs, "flow", errors) {
        errors.ok(read_flow_option(&mut flow, &option));
    }
    flow.complete = errors.count() == before;
    if flow.process.is_none() && !flow.complete {
        flow.no_process = errors.pop_as_type(&flow.krate);
    }
    check_generics(&mut flow, errors);
    match input.data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => {
            let led_to = led_to(&data.fields);
            data.fields.into_iter().for_each(|field| read_field(&mut flow, field, &led_to, errors));
        }
        _ => {
            errors.over(
                &flow.ident,
                "expected a struct with named fields: each field of a flow is a node, or something its handlers need",
            );
            flow.usable = false;
        }
    }
    resolve_targets(&mut flow, errors);
    flow
}

/// Checks the generic parameters of a flow.
///
/// The engine shares a flow between threads for as long as it lives. Missing bounds are reported once.
fn check_generics(flow: &mut Flow, errors: &mut Errors) {
    if let Some(lifetime) = flow.generics.lifetimes().next() {
        let lifetime = &lifetime.lifetime;
        errors.over(
            lifetime,
            "a flow owns what its handlers need: expected no lifetimes, such as a `String` for a `&str`",
        );
        let lifetimes: Vec<_> = flow.generics.lifetimes().map(|lifetime| lifetime.lifetime.clone()).collect();
        let clause = flow.generics.make_where_clause();
        clause
            .predicates
            .extend(lifetimes.iter().map(|lifetime| -> WherePredicate { syn::parse_quote!(#lifetime: 'static) }));
    }
    let bounded = |name: &Ident, generics: &Generics| {
        let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        predicates
            .filter_map(|predicate| predicate.to_token_stream().into_iter().next())
            .any(|first| matches!(first, TokenTree::Ident(first) if first == *name))
    };
    let without = |parameter: &&TypeParam| parameter.bounds.is_empty() && !bounded(&parameter.ident, &flow.generics);
    let without: Vec<Ident> =
        flow.generics.type_params().filter(without).map(|parameter| parameter.ident.clone()).collect();
    for name in &without {
        let message = format!(
            "a flow is shared between threads: expected `{name}: Send + Sync + 'static`, here and where it is implemented"
        );
        errors.at(name.span(), message);
        // With an unknown type in the predicate, rustc does not report what else the impl lacks.
        if let Some(unknown) = errors.pop_as_type(&flow.krate) {
            flow.unbounded.push((name.clone(), unknown));
        }
    }
}

fn read_flow_option(flow: &mut Flow, option: &Opt) -> Result<()> {
    match option.key.to_string().as_str() {
        "process" => {
            // Messages about the nodes name the process type, even if it is wrongly written in quotes.
            let quoted = option.text().ok().and_then(|text| text.parse::<Type>().ok());
            flow.process = quoted.map(|ty| ty.to_token_stream()).or(flow.process.take());
            flow.process = Some(option.ty()?);
        }
        "name" => flow.name = option.name()?,
        "title" => flow.title = option.text()?.value(),
        "lock" => flow.lock = Some(option.text()?),
        "crate" => flow.krate = option.path()?,
        unknown => {
            // Messages about the nodes name the process type, even if the option's name is mistyped.
            if nearest(unknown, OPTIONS) == Some("process") {
                flow.process = flow.process.take().or(option.ty().ok());
            }
            return Err(unknown_option(&option.key, &OPTIONS));
        }
    }
    Ok(())
}

/// Finds the target node of each edge.
fn resolve_targets(flow: &mut Flow, errors: &mut Errors) {
    let names: Vec<String> = flow.nodes.iter().map(|node| plain_name(&node.ident)).collect();
    for edge in flow.nodes.iter_mut().flat_map(|node| &mut node.edges) {
        let target = plain_name(&edge.target);
        edge.to = names.iter().position(|name| *name == target);
        if edge.to.is_none() && !flow.misread.iter().any(|field| plain_name(field) == target) {
            let hint = match nearest(&target, names.iter().map(String::as_str)) {
                Some(near) => format!(", did you mean `{near}`?"),
                None => format!(": the nodes are the fields of `{}`", flow.ident),
            };
            errors.at(edge.target.span(), format!("unknown node `{target}`{hint} [unknown-target]"));
        }
    }
}
