//! Parses a field of the struct: a node, or a value for the handlers.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericArgument, Meta, PathArguments, Type};
use viewflow_graph::{Attribute, Kind, nearest};

use super::attribute::{known, read_attribute, told_kind};
use crate::errors::Errors;
use crate::flow::model::{Flow, Node};
use crate::syntax::{KEYWORDS, docs, first_sentence, misplaced, plain_name, plain_type, told};

/// The attributes that name the next node.
const TO_NODES: [Attribute; 10] = [
    Attribute::Next,
    Attribute::Then,
    Attribute::Otherwise,
    Attribute::Case,
    Attribute::Default,
    Attribute::Branch,
    Attribute::OnTimeout,
    Attribute::OnError,
    Attribute::OnEscalation,
    Attribute::CompensateWith,
];

pub(super) fn read_field(flow: &mut Flow, field: syn::Field, led_to: &BTreeSet<String>, errors: &mut Errors) {
    let Some(ident) = field.ident else { return };
    misplaced(&field.attrs, &["flow"], "on the struct", errors);
    let ours: Vec<(Attribute, &syn::Attribute)> =
        field.attrs.iter().filter_map(|attribute| Some((known(attribute)?, attribute))).collect();
    let is_led_to = led_to.contains(&plain_name(&ident));
    let told_kind = match told_kind(&ours) {
        Ok(kind) => kind,
        Err(error) => {
            errors.push(error);
            flow.misread.push(ident);
            return;
        }
    };
    let by_name = || node_type(plain_type(&field.ty), &flow.krate, !ours.is_empty() || is_led_to);
    let node_type = told_kind.map_or_else(by_name, |kind| Some((kind, task_of(&field.ty, &flow.krate))));
    let Some((kind, task)) = node_type else {
        if let Some((attribute, _)) = ours.first() {
            errors.over(&field.ty, no_node(&field.ty, &format!("`#[{attribute}]` belongs to a node")));
            flow.misread.push(ident);
        } else if is_led_to {
            errors.over(&field.ty, no_node(&field.ty, &format!("an edge leads to `{ident}`")));
            flow.misread.push(ident);
        } else {
            flow.plain.push((ident, field.ty));
        }
        return;
    };
    let mut node = Node::new(ident, kind, field.ty, task);
    node.alias_of = told_kind;
    node.docs = docs(&field.attrs).cloned().collect();
    node.title = first_sentence(&field.attrs);
    check_task(flow, &mut node, errors);
    // rustc reports an unknown attribute. If the node then lacks something, that is no mistake of its own.
    node.incomplete |= field.attrs.iter().any(is_mistyped);
    for (attribute, meant) in field.attrs.iter().filter_map(keyword) {
        errors.over(attribute.path(), format!("there is no such attribute: did you mean `#[{meant}(..)]`?"));
        node.incomplete = true;
    }
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
    check_decision(&mut node, errors);
    flow.nodes.push(node);
}

/// Returns the message for a field that should be a node, but does not have the type of one.
fn no_node(ty: &Type, why: &str) -> String {
    let written = told(&ty.to_token_stream());
    let like = ["Event", "Node", "Task"].iter().find_map(|word| written.strip_suffix(word));
    if let Some(kind) = like.and_then(Kind::from_name) {
        return format!("{why}, and `{written}` is not the type of a node: did you mean `{kind}`?");
    }
    let hint = match nearest(&written, Kind::ALL.iter().map(|kind| kind.name())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write the type of a node, such as `View`, `Function` or `End`; where it is an alias of one, \
                 `#[node(kind = View)]`"
            .to_owned(),
    };
    format!("{why}, and `{written}` is not the type of a node: {hint}")
}

/// Checks that the task type is a struct; a plain value has to be marked as seed or artifact.
fn check_task(flow: &Flow, node: &mut Node, errors: &mut Errors) {
    let krate = &flow.krate;
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

/// Names that other libraries use for attributes of ours.
const OTHER_WORDS: [&str; 16] = [
    "after",
    "wait",
    "when",
    "condition",
    "goto",
    "to",
    "run",
    "handler",
    "schedule",
    "interval",
    "deadline",
    "group",
    "groups",
    "role",
    "subprocess",
    "key",
];

/// Whether an attribute seems to be one of ours that is mistyped, or has another library's name.
fn is_mistyped(attribute: &syn::Attribute) -> bool {
    const RUST: [&str; 8] = ["doc", "cfg", "cfg_attr", "allow", "warn", "deny", "forbid", "expect"];
    let Some(name) = attribute.path().get_ident().map(Ident::to_string) else { return false };
    known(attribute).is_none()
        && !RUST.contains(&name.as_str())
        && (OTHER_WORDS.contains(&name.as_str())
            || nearest(&name, Attribute::ALL.iter().map(|known| known.name())).is_some())
}

/// Returns an attribute whose name is a keyword, and the attribute that was likely meant.
fn keyword(attribute: &syn::Attribute) -> Option<(&syn::Attribute, &'static str)> {
    let name = attribute.path().get_ident()?;
    let (_, meant) = KEYWORDS.iter().find(|(keyword, _)| *name == format!("r#{keyword}"))?;
    Some((attribute, meant))
}

/// Returns the names of the nodes that edges may lead to, as attributes of ours write them.
pub(super) fn led_to(fields: &syn::Fields) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for attribute in fields.iter().flat_map(|field| &field.attrs) {
        let is_edge = known(attribute).is_some_and(|known| TO_NODES.contains(&known));
        if let (true, Meta::List(list)) = (is_edge, &attribute.meta) {
            names_in(list.tokens.clone(), &mut names);
        }
    }
    names
}

/// Adds the targets in the arguments of an edge: a name that comes first, or after `=>`, or after `then =`.
fn names_in(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let sign =
        |at: usize, sign: char| matches!(&trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
    let then = |at: usize| matches!(&trees.get(at), Some(TokenTree::Ident(word)) if word == "then");
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Ident(name) = tree else { continue };
        let after_arrow = at > 1 && sign(at - 1, '>') && sign(at - 2, '=');
        let after_then = at > 1 && sign(at - 1, '=') && then(at - 2);
        let is_alone = trees.len() == at + 1 || sign(at + 1, ',');
        if is_alone && (at == 0 || after_arrow || after_then) {
            names.insert(plain_name(name));
        }
    }
}

/// Removes a `#[fields(..)]` that cannot be a form, so that it is reported once.
fn check_fields(flow: &mut Flow, node: &mut Node, errors: &mut Errors) {
    let Some(fields) = &node.fields else { return };
    let at = fields.fields.first().map_or_else(|| node.ident.span(), Ident::span);
    let name = node.form_name();
    let process = flow.process.as_ref().map(told);
    let named_like = |ident: &Ident| {
        let process = process.as_deref().and_then(|process| process.rsplit("::").next());
        *ident == flow.ident || process.is_some_and(|process| ident == process)
    };
    let twin = flow.nodes.iter().find(|other| other.form_name() == name);
    let message = if node.form.is_some() {
        "`#[form(..)]` and `#[fields(..)]` both give this node a form: keep one".to_owned()
    } else if flow.process.is_none() {
        node.fields = None;
        let is_told = !flow.complete || flow.nodes.iter().any(|node| node.lacks_process);
        node.lacks_process = true;
        if !is_told {
            let message = "`#[fields(..)]` names fields of the process, and this flow has no process: add `#[flow(process = ..)]`";
            errors.at(at, message);
            flow.no_process = errors.pop_as_type(&flow.krate);
        }
        return;
    } else if let Some(name) = name.as_ref().filter(|name| named_like(name)) {
        let own = &node.ident;
        format!("the form of `{own}` cannot be called `{name}`, as the process or the flow is: write `as = OtherName`")
    } else if let (Some(twin), Some(name)) = (twin, name) {
        let (first, second) = (&twin.ident, &node.ident);
        format!("the forms of `{first}` and `{second}` are both called `{name}`: add `as = OtherName` to one of them")
    } else {
        return;
    };
    errors.at(at, message);
    node.fields = None;
    node.incomplete = true;
}

/// Checks that a decision is made by something that a person fills in.
///
/// It reports nothing about nodes that could not be read completely.
fn check_decision(node: &mut Node, errors: &mut Errors) {
    let (ident, decided) = (&node.ident, node.is_decided());
    let (at, message) = match (&node.decide, &node.fields) {
        _ if node.incomplete => return,
        (Some(decide), Some(fields)) if !fields.fields.contains(decide) => {
            let names: Vec<String> = fields.fields.iter().map(plain_name).collect();
            let hint = match nearest(&plain_name(decide), names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", names.join(", ")),
            };
            (decide.span(), format!("`{decide}` is no field of this form: {hint}"))
        }
        (Some(decide), None) => {
            let message =
                "`#[decide(..)]` names one of `#[fields(..)]`; a form of your own decides as an enum, by its variants";
            (decide.span(), message.to_owned())
        }
        (Some(decide), Some(_)) if !decided => (
            decide.span(),
            format!("`{ident}` goes on by this field: add `#[case(Variant => node)]` for each of its values"),
        ),
        (None, Some(_)) if decided => (
            ident.span(),
            format!("`{ident}` goes on by a case of one of its fields: add `#[decide(field)]` to say which"),
        ),
        (None, None) if decided && node.form.is_none() => (
            ident.span(),
            format!(
                "`{ident}` goes on by what a person decides: add `#[form(..)]` with an enum, or `#[fields(..)]` and `#[decide(field)]`"
            ),
        ),
        _ => return,
    };
    errors.at(at, message);
    node.decide = None;
    node.incomplete = true;
}

/// Returns the kind that a type names, and the type's parameter.
///
/// A type of the application may have the same name. If it is written with its path, such as `tokio::runtime::Handle`,
/// and has no attribute of ours, it is not a node.
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

/// Writes the task type of a node whose type is an alias, which a macro cannot resolve.
fn task_of(ty: &Type, krate: &TokenStream) -> TokenStream {
    quote!(<#ty as #krate::nodes::Marker>::Task)
}

/// Whether a type is a plain value, not a struct of the application.
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
