//! Writes the settings for the people that may do a node's tasks, and for the time they have.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::call::{CANDIDATES, OBJECT, OWNER, after, answered, chained, question, span_of};
use crate::flow::model::{Assign, Candidates, Flow, Node, Permission, Priority};
use crate::syntax::plain_name;

/// Writes the settings for the people that may do a node's tasks, and for the time they have.
pub(super) fn expand_people(flow: &Flow, node: &Node) -> Vec<TokenStream> {
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
        Some(Assign::SameAs(others)) => {
            let names = others.iter().map(stored);
            calls.push(chained("node", at, "assign_same_as_last_of", &quote!((&[#(#names),*]))));
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
