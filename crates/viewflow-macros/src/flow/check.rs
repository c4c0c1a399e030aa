//! Holds a flow against its rules: those of graphs, and those that only a struct can break.

use viewflow_graph::{Kind, Sound};

use super::model::{Flow, Node};
use crate::errors::Errors;

/// Answers with what is known of a sound graph.
pub(super) fn check(flow: &Flow, errors: &mut Errors) -> Option<Sound> {
    check_stored_names(flow, errors);
    if let Some(node) = flow.nodes.iter().find(|node| node.ident == "new") {
        errors.at(node.ident.span(), "`new` makes the flow: give the node another name");
    }
    for node in flow.nodes.iter().filter(|node| !node.incomplete) {
        check_handlers(node, errors);
    }
    if flow.usable { check_graph(flow, errors) } else { None }
}

/// No two nodes are stored under one name.
fn check_stored_names(flow: &Flow, errors: &mut Errors) {
    for (index, node) in flow.nodes.iter().enumerate() {
        if let Some(first) = flow.nodes[..index].iter().find(|other| other.name == node.name) {
            errors.at(
                node.ident.span(),
                format!(
                    "`{}` and `{}` are both stored as `{}`: give one another `#[node(name = \"..\")]`",
                    first.ident, node.ident, node.name
                ),
            );
        }
    }
}

/// A node has the handlers its kind needs, and none that go without each other.
fn check_handlers(node: &Node, errors: &mut Errors) {
    let Node { ident, kind, .. } = node;
    let mut missing = |what: &str| {
        errors.at(ident.span(), format!("`{ident}` is {} and needs {what}", kind.with_article()));
    };
    match kind {
        Kind::If if node.cond.is_none() => missing("`#[cond(|a| ..)]`: the condition"),
        Kind::Switch if node.switch.is_none() => missing("`#[switch(|a| ..)]`: the value that its cases match"),
        Kind::Function if node.call.is_none() => missing("`#[call(Self::..)]`: the method to call"),
        _ => {}
    }
    if node.input.is_some() && node.call.is_none() {
        missing("`#[call(Self::..)]`: a method that takes the input");
    }
    if node.form.is_some() && node.submit.is_none() {
        missing("`#[submit(Self::..)]`: a method that takes what the form brings");
    }
}

fn check_graph(flow: &Flow, errors: &mut Errors) -> Option<Sound> {
    let (graph, edge_spans) = flow.graph();
    match graph.check() {
        Ok(sound) => Some(sound),
        Err(faults) => {
            for fault in faults {
                let node = fault.node.and_then(|node| flow.nodes.get(node)).map(|node| node.ident.span());
                let edge = fault.edge.and_then(|edge| edge_spans.get(edge)).copied();
                errors.at(edge.or(node).unwrap_or_else(|| flow.ident.span()), fault);
            }
            None
        }
    }
}
