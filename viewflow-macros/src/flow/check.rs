//! Checks a flow: the rules for graphs, and the rules that only a struct can break.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span};
use viewflow_graph::{Graph, Kind, Need, Sound, Spot};

use super::model::{Flow, Node};
use super::people;
use crate::errors::Errors;
use crate::syntax::told;

/// A flow's graph, and the facts about it if it is sound.
pub(super) struct Checked {
    pub(super) graph: Graph,
    pub(super) sound: Option<Sound>,
}

pub(super) fn check(flow: &Flow, errors: &mut Errors) -> Checked {
    check_stored_names(flow, errors);
    check_earlier_names(flow, errors);
    for node in flow.nodes.iter().filter(|node| !node.incomplete) {
        check_handlers(node, errors);
    }
    let (graph, edge_spans) = flow.graph();
    for node in flow.nodes.iter().filter(|node| !node.incomplete) {
        people::check(flow, node, &graph, errors);
    }
    let sound = if flow.usable { check_graph(flow, &graph, &edge_spans, errors) } else { None };
    Checked { graph, sound }
}

/// Checks that no two nodes have the same stored name.
fn check_stored_names(flow: &Flow, errors: &mut Errors) {
    for (index, node) in flow.nodes.iter().enumerate() {
        if let Some(first) = flow.nodes[..index].iter().find(|other| other.name == node.name) {
            errors.at(
                node.ident.span(),
                format!(
                    "`{}` and `{}` are both stored as `{}`: give one of them another `#[node(name = \"..\")]`",
                    first.ident, node.ident, node.name
                ),
            );
        }
    }
}

/// Checks that an earlier name belongs to only one node and is no current name.
fn check_earlier_names(flow: &Flow, errors: &mut Errors) {
    let mut seen: BTreeMap<String, &Ident> = flow.nodes.iter().map(|node| (node.name.clone(), &node.ident)).collect();
    for node in &flow.nodes {
        for was in &node.was {
            let (ident, name) = (&node.ident, was.value());
            match seen.get(&name) {
                Some(other) if **other == *ident => {
                    errors.at(was.span(), format!("`{name}` is already a name of `{ident}`: give each earlier name once"));
                }
                Some(other) => errors.at(
                    was.span(),
                    format!(
                        "`{name}` is already a name of `{other}`: an earlier name belongs to one node, and to no current node"
                    ),
                ),
                None => drop(seen.insert(name, ident)),
            }
        }
    }
    let mut seen = vec![flow.name.clone()];
    for was in &flow.was {
        if seen.contains(&was.value()) {
            errors.at(
                was.span(),
                format!("`{}` is already a name of this flow: give each earlier name once", was.value()),
            );
        }
        seen.push(was.value());
    }
}

/// Checks that a node has the handlers that its kind needs, and that its attributes go together.
fn check_handlers(node: &Node, errors: &mut Errors) {
    let Node { ident, kind, .. } = node;
    let mut missing = |what: &str| {
        errors.at(ident.span(), format!("`{ident}` is {} and needs {what}", kind.with_article()));
    };
    // The check of the graph reports edges that are missing.
    let lacks = |need: &&Need| !need.is_edge() && !need.any_of.iter().any(|attribute| node.given.contains(attribute));
    for need in kind.needs().iter().filter(lacks) {
        missing(&need.words.replace("{task}", &told(&node.task)));
    }
    if node.input.is_some() && node.call.is_none() {
        missing(&format!(
            "`#[call(Self::..)]`: a method `fn name(&self, a: &mut Activation<Self, {}>, input: {}) -> Result<()>`",
            told(&node.task),
            node.input.as_ref().map_or(String::new(), told)
        ));
    }
    if node.form.is_some() && node.submit.is_none() && !node.is_decided() {
        missing(&format!(
            "`#[submit(Self::..)]`: a method `fn name(&self, a: &mut Activation<Self, {}>, form: {}) -> Result<()>`",
            told(&node.task),
            node.form.as_ref().map_or(String::new(), told)
        ));
    }
    if node.every.is_some() && node.cron.is_some() {
        errors.at(ident.span(), format!("`{ident}` has `#[every(..)]` and `#[cron(..)]`: keep one"));
    }
    check_children(node, errors);
}

/// Checks that a node has one child, or one source of items.
fn check_children(node: &Node, errors: &mut Errors) {
    let (Some(child), ident) = (&node.child, &node.ident) else { return };
    let sources = child.given.iter().filter(|(name, _)| name.ends_with("_source")).count();
    let mut wrong = |message: String| errors.at(ident.span(), message);
    match (node.kind, sources) {
        (Kind::Subprocess, 0) | (Kind::NSubprocess, 1) => {}
        (Kind::Subprocess, _) => {
            wrong(format!(
                "`{ident}` is a `Subprocess`, which runs one process: to run one for each item, use `NSubprocess`"
            ));
        }
        (_, 0) => wrong(format!(
            "`{ident}` is an `NSubprocess` and needs a source of items: `process_seed_source = |a| ..`, \
             `process_data_source`, `task_seed_source` or `task_data_source`"
        )),
        _ => {
            wrong(format!(
                "`{ident}` has more than one source of items: keep one, and give the rest without `_source`"
            ));
        }
    }
    if child.sequential && node.kind == Kind::Subprocess {
        errors.at(ident.span(), format!("`{ident}` runs one process: `sequential` belongs on an `NSubprocess`"));
    }
    for (name, _) in &child.given {
        let source = format!("{name}_source");
        if child.given.iter().any(|(other, _)| *other == source) {
            errors.at(
                ident.span(),
                format!("`{source}` gives each process its own, and `{name}` gives all of them the same: keep one"),
            );
        }
    }
}

fn check_graph(flow: &Flow, graph: &Graph, edge_spans: &[Span], errors: &mut Errors) -> Option<Sound> {
    match graph.check() {
        Ok(sound) => Some(sound),
        Err(faults) => {
            for fault in faults {
                // The attributes of a node come before its name.
                let spot = |spot: &Spot| match *spot {
                    Spot::Node(node) => ((node, usize::MAX), flow.nodes[node].ident.span()),
                    Spot::Edge(edge) => ((graph.edges()[edge].from, edge), edge_spans[edge]),
                };
                let mut spots: Vec<_> = fault.spots.iter().map(spot).collect();
                spots.sort_by_key(|(order, _)| *order);
                match spots[..] {
                    [] => errors.at(flow.ident.span(), fault),
                    [(_, place)] => errors.at(place, fault),
                    [(_, first), .., (_, last)] => errors.between(first, last, fault),
                }
            }
            None
        }
    }
}
