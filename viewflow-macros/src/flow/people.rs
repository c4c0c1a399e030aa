//! Parses and checks the attributes about the people that may do a task.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::token::{Bracket, Paren};
use syn::{LitInt, LitStr, Result, Token, parenthesized};
use viewflow_graph::{Graph, nearest};

use super::model::{Assign, Candidates, Flow, Node, Permission, Priority};
use crate::errors::Errors;
use crate::syntax::{Opts, node_name, options_after, plain_name, unknown_option};

impl Parse for Permission {
    /// Parses `auto` or a name in quotes, and `object = |a| ..`.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let usage = "expected `auto`, or the name of a permission in quotes: `#[permission(\"bills.sign\")]`";
        let name = if input.peek(LitStr) {
            let text: LitStr = input.parse()?;
            if text.value().trim().is_empty() {
                return Err(syn::Error::new(text.span(), "the name in `#[permission(..)]` is empty"));
            }
            Some(text.value())
        } else {
            let at = input.span();
            let word = input.call(Ident::parse_any).map_err(|_| syn::Error::new(at, usage))?;
            if word != "auto" {
                return Err(syn::Error::new(at, usage));
            }
            None
        };
        let mut object = None;
        options_after(input)?.read(&["object"], |_, option| {
            object = Some(option.parse()?);
            Ok(())
        })?;
        Ok(Self { name, object })
    }
}

impl Parse for Assign {
    /// Parses a closure, or `same_as = node`, or `same_as(node, other)`.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let is_list = input.peek2(Paren);
        if !input.peek(syn::Ident) || !(is_list || input.peek2(Token![=])) {
            return input.parse().map(Self::Asked);
        }
        let key: Ident = input.parse()?;
        if key != "same_as" {
            return Err(unknown_option(&key, &["same_as"]));
        }
        if !is_list {
            input.parse::<Token![=]>()?;
            if input.peek(Bracket) {
                return Err(input.error("expected one node: of several write `same_as(accept, sign)`"));
            }
            return Ok(Self::SameAs(vec![node_name(input)?]));
        }
        let list;
        parenthesized!(list in input);
        if list.is_empty() {
            return Err(syn::Error::new(
                key.span(),
                "`same_as` needs a node: `same_as = accept` or `same_as(accept, sign)`",
            ));
        }
        nodes(&list).map(Self::SameAs)
    }
}

impl Parse for Candidates {
    /// Parses `group = ".."`, once for each group, or a closure.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !(input.peek(syn::Ident) && input.peek2(Token![=])) {
            return input.parse().map(Self::Asked);
        }
        let mut groups = Vec::new();
        Opts::parse(input)?.read_all(&["group"], |_, option| {
            groups.push(option.name()?);
            Ok(())
        })?;
        Ok(Self::Groups(groups))
    }
}

impl Parse for Priority {
    /// Parses a whole number, or a closure.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let negative = input.peek(Token![-]) && input.peek2(LitInt);
        if !negative && !input.peek(LitInt) {
            return input.parse().map(Self::Asked);
        }
        let sign = if negative {
            input.parse::<Token![-]>()?;
            "-"
        } else {
            ""
        };
        let number: LitInt = input.parse()?;
        let value = format!("{sign}{}", number.base10_digits()).parse();
        value.map(Self::Fixed).map_err(|_| syn::Error::new(number.span(), "a priority is an integer of 32 bits"))
    }
}

/// Parses names of nodes.
pub(super) fn nodes(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let mut nodes = vec![node_name(input)?];
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if !input.is_empty() {
            nodes.push(node_name(input)?);
        }
    }
    Ok(nodes)
}

/// Checks the attributes about people against the graph.
pub(super) fn check(flow: &Flow, node: &Node, graph: &Graph, errors: &mut Errors) {
    if node.permission.is_some() && node.candidates.is_some() {
        let message = format!(
            "`{}` has `#[permission(..)]` and `#[candidates(..)]`, and each of them says who may take its tasks: keep one",
            node.ident
        );
        errors.at(node.ident.span(), message);
    }
    let same_as = match &node.assign {
        Some(Assign::SameAs(others)) => &others[..],
        _ => &[],
    };
    let assigned = if same_as.len() > 1 { "assign(same_as(..))" } else { "assign(same_as = ..)" };
    let others = node.not_by.iter().map(|other| ("not_by", other));
    for (attribute, other) in others.chain(same_as.iter().map(|other| (assigned, other))) {
        if let Err(message) = check_other(flow, node, other, graph) {
            errors.at(other.span(), format!("`#[{attribute}]` of `{}`: {message}", node.ident));
        }
    }
    for same_as in same_as.iter().filter(|other| node.not_by.contains(other)) {
        let message = format!(
            "`{}` is assigned to the person of `{same_as}`, and `#[not_by(..)]` forbids that: keep one of the two",
            node.ident
        );
        errors.at(same_as.span(), message);
    }
}

/// Checks that a person can have done the other node before this one.
fn check_other(flow: &Flow, node: &Node, other: &Ident, graph: &Graph) -> core::result::Result<(), String> {
    let name = plain_name(other);
    let Some(index) = graph.find(&name) else {
        let known = flow.nodes.iter().filter(|node| node.kind.is_human()).map(|node| plain_name(&node.ident));
        let known: Vec<String> = known.collect();
        let hint = match nearest(&name, known.iter().map(String::as_str)) {
            Some(near) => format!(", did you mean `{near}`?"),
            None => String::new(),
        };
        return Err(format!("unknown node `{name}`{hint}"));
    };
    let kind = flow.nodes[index].kind;
    if !kind.is_human() {
        return Err(format!("`{name}` is {}, and no person does its tasks", kind.with_article()));
    }
    let own = graph.find(&plain_name(&node.ident));
    if own.is_some_and(|own| !graph.leads_to(index, own)) && flow.nodes.iter().all(|node| !node.incomplete) {
        return Err(format!("no way leads from `{name}` to it: nobody can have done `{name}` before"));
    }
    Ok(())
}
