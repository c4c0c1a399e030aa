//! Reads a field of the struct: a node, or what handlers need.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericArgument, PathArguments, Type};
use viewflow_graph::{Attribute, Kind, nearest};

use super::attribute::{known, read_attribute};
use crate::errors::Errors;
use crate::flow::model::{Flow, Node};
use crate::syntax::{docs, first_sentence, misplaced, plain_type, told};

pub(super) fn read_field(flow: &mut Flow, field: syn::Field, errors: &mut Errors) {
    let Some(ident) = field.ident else { return };
    misplaced(&field.attrs, &["flow"], "on the struct", errors);
    let ours: Vec<(Attribute, &syn::Attribute)> =
        field.attrs.iter().filter_map(|attribute| Some((known(attribute)?, attribute))).collect();
    let node_type = node_type(plain_type(&field.ty), &flow.krate, !ours.is_empty());
    let Some((kind, task)) = node_type else {
        if let Some((attribute, _)) = ours.first() {
            errors.over(&field.ty, no_node(&field.ty, *attribute));
            flow.misread.push(ident);
        } else {
            flow.plain.push((ident, field.ty));
        }
        return;
    };
    let mut node = Node::new(ident, kind, field.ty, task);
    node.docs = docs(&field.attrs).cloned().collect();
    node.title = first_sentence(&field.attrs);
    check_task(&mut node, &flow.krate, errors);
    for (name, attribute) in ours {
        match read_attribute(&mut node, name, attribute) {
            Ok(()) => node.given.push(name),
            Err(error) => {
                errors.push(error);
                node.incomplete = true;
            }
        }
    }
    check_fields(flow, &mut node, errors);
    flow.nodes.push(node);
}

/// What is wrong with a field that has an attribute of a node, and the type of none.
fn no_node(ty: &Type, attribute: Attribute) -> String {
    let written = ty.to_token_stream().to_string();
    let hint = match nearest(&written, Kind::ALL.iter().map(|kind| kind.name())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write the type of a node, such as `View`, `Function` or `End`".to_owned(),
    };
    format!("`#[{attribute}]` belongs to a node, and `{written}` is not the type of a node: {hint}")
}

/// What a task knows is a struct: values are told to be its seed or artifact.
fn check_task(node: &mut Node, krate: &TokenStream, errors: &mut Errors) {
    if is_plain_value(&node.task) {
        let (name, task) = (node.kind.name(), node.task.clone());
        node.task = quote!(#krate::Seed<#task>);
        let written = told(&task);
        let message = format!(
            "`{written}` is not a task type: write `{name}<Seed<{written}>>` if the task starts from it, or \
             `{name}<Artifact<{written}>>` if the task brings it about"
        );
        errors.over(task, message);
        node.incomplete = true;
    }
}

/// `#[fields(..)]` that cannot be a form are left out, so that they are told of once.
fn check_fields(flow: &Flow, node: &mut Node, errors: &mut Errors) {
    let Some(fields) = &node.fields else { return };
    let at = fields.fields.first().map_or_else(|| node.ident.span(), Ident::span);
    let name = node.form_name();
    let twin = flow.nodes.iter().find(|other| other.form_name() == name);
    let message = if node.form.is_some() {
        "`#[form(..)]` and `#[fields(..)]` both give this node a form: keep one".to_owned()
    } else if flow.process.is_none() {
        "`#[fields(..)]` names fields of the process, and this flow has no process: add `#[flow(process = ..)]`"
            .to_owned()
    } else if let (Some(twin), Some(name)) = (twin, name) {
        let (first, second) = (&twin.ident, &node.ident);
        format!("the forms of `{first}` and `{second}` are both called `{name}`: add `as = OtherName` to one of them")
    } else {
        return;
    };
    errors.at(at, message);
    node.fields = None;
}

/// The kind a type names, and its parameter.
///
/// A type of the application's own may have such a name too: with its path, as `tokio::runtime::Handle`, and without an
/// attribute of ours it is none of ours.
fn node_type(ty: &Type, krate: &TokenStream, has_attributes: bool) -> Option<(Kind, TokenStream)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let kind = Kind::from_name(&last.ident.to_string())?;
    let first = &path.path.segments.first()?.ident;
    let crate_name = krate
        .clone()
        .into_iter()
        .filter_map(|tree| if let TokenTree::Ident(name) = tree { Some(name) } else { None })
        .last();
    if path.path.segments.len() > 1 && crate_name.is_none_or(|name| *first != name) && !has_attributes {
        return None;
    }
    let task = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty.to_token_stream()),
            _ => None,
        }),
        _ => None,
    };
    Some((kind, task.unwrap_or_else(|| quote!(()))))
}

/// Whether a type is a value, and none that a struct of the application's could be.
fn is_plain_value(ty: &TokenStream) -> bool {
    const VALUES: [&str; 23] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
        "f64", "String", "Vec", "Option", "Ref", "Id", "HashMap", "BTreeMap",
    ];
    let mut trees = ty.clone().into_iter();
    let first = trees.next();
    let path = trees.next().is_some_and(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':'));
    matches!(first, Some(TokenTree::Ident(name)) if !path && VALUES.iter().any(|value| name == value))
}
