//! Parses the attributes of a node.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::{Result, Type};
use viewflow_graph::{Attribute, Kind, nearest};

use super::edge::{read_boundary, read_edge};
use super::event::{after, message, name_in_quotes};
use super::handler::{call, method, retry};
use crate::flow::model::{FieldsForm, Node};
use crate::flow::people;
use crate::syntax::{Opt, Opts, earlier_names_of, plain_name, some_duration_of};

pub(super) fn known(attribute: &syn::Attribute) -> Option<Attribute> {
    Attribute::ALL.iter().copied().find(|known| attribute.path().is_ident(known.name()))
}

pub(super) fn read_attribute(node: &mut Node, name: Attribute, attribute: &syn::Attribute) -> Result<()> {
    let kind = node.kind;
    if !kind.takes(name) {
        let message =
            format!("`{}` is {}, which takes no `{name}`: {}", node.ident, kind.with_article(), way_out(kind, name));
        return Err(syn::Error::new_spanned(attribute.path(), message));
    }
    match name {
        Attribute::Form => once(&mut node.form, attribute, one_type(attribute)?),
        Attribute::Fields => {
            let form = attribute.parse_args::<FieldsForm>()?;
            once(&mut node.fields, attribute, form)
        }
        Attribute::Decide => once(&mut node.decide, attribute, field_name(attribute)?),
        Attribute::Submit => once(&mut node.submit, attribute, method(attribute)?),
        Attribute::Input => once(&mut node.input, attribute, one_type(attribute)?),
        Attribute::Call => {
            let (path, is_async) = call(attribute, kind)?;
            node.is_async = is_async;
            once(&mut node.call, attribute, path)
        }
        Attribute::Done => once(&mut node.done, attribute, method(attribute)?),
        Attribute::Undo => once(&mut node.undo, attribute, method(attribute)?),
        Attribute::Retry => once(&mut node.retry, attribute, retry(attribute)?),
        Attribute::Timeout => once(&mut node.timeout, attribute, some_duration_of(attribute)?),
        Attribute::Delay => once(&mut node.delay, attribute, after(attribute.parse_args()?)?),
        Attribute::Every => once(&mut node.every, attribute, some_duration_of(attribute)?),
        Attribute::Cron => once(&mut node.cron, attribute, attribute.parse_args()?),
        Attribute::Signal => once(&mut node.signal, attribute, name_in_quotes(attribute)?),
        Attribute::Code => once(&mut node.code, attribute, name_in_quotes(attribute)?),
        Attribute::Outcome => once(&mut node.outcome, attribute, outcome(attribute)?),
        Attribute::Message => once(&mut node.message, attribute, message(attribute, kind)?),
        Attribute::Child => once(&mut node.child, attribute, attribute.parse_args()?),
        Attribute::Until => once(&mut node.until, attribute, attribute.parse_args()?),
        Attribute::Assign => once(&mut node.assign, attribute, attribute.parse_args()?),
        Attribute::Permission => once(&mut node.permission, attribute, attribute.parse_args()?),
        Attribute::Candidates => once(&mut node.candidates, attribute, attribute.parse_args()?),
        Attribute::NotBy => {
            node.not_by.extend(attribute.parse_args_with(people::nodes)?);
            Ok(())
        }
        Attribute::Due => once(&mut node.due, attribute, after(attribute.parse_args()?)?),
        Attribute::Priority => once(&mut node.priority, attribute, attribute.parse_args()?),
        Attribute::OnCreate => once(&mut node.on_create, attribute, attribute.parse_args()?),
        Attribute::Cond => once(&mut node.cond, attribute, attribute.parse_args()?),
        Attribute::Switch => once(&mut node.switch, attribute, attribute.parse_args()?),
        Attribute::Was => {
            node.was.extend(earlier_names_of(attribute)?);
            Ok(())
        }
        Attribute::Node => read_node_options(node, attribute),
        Attribute::Then
        | Attribute::Case
        | Attribute::Default
        | Attribute::Branch
        | Attribute::Otherwise
        | Attribute::Next
        | Attribute::CompensateWith => {
            node.edges.push(read_edge(attribute, name, kind)?);
            Ok(())
        }
        Attribute::OnTimeout | Attribute::OnError | Attribute::OnEscalation => {
            node.edges.push(read_boundary(attribute, name)?);
            Ok(())
        }
    }
}

/// Returns advice about an attribute that a kind does not take.
fn way_out(kind: Kind, name: Attribute) -> String {
    if name == Attribute::Next && kind.is_end() {
        return "nothing comes after an end: remove it".to_owned();
    }
    let meant = [(Attribute::Call, Attribute::Child), (Attribute::Call, Attribute::Submit)];
    if let Some((_, meant)) = meant.iter().find(|(given, meant)| *given == name && kind.takes(*meant)) {
        return format!("did you mean `#[{meant}(..)]`?");
    }
    // The node does have a way on, but under another attribute.
    let ways = [Attribute::Next, Attribute::Then, Attribute::Branch, Attribute::Case];
    if let (true, Some(own)) = (ways.contains(&name), ways.iter().find(|way| kind.takes(**way))) {
        return format!("write `#[{own}(..)]`");
    }
    let kinds: Vec<String> = Kind::ALL.iter().filter(|kind| kind.takes(name)).map(|kind| format!("`{kind}`")).collect();
    match &kinds[..] {
        [] => "remove it".to_owned(),
        [one] => format!("it belongs on {one}"),
        [first @ .., last] if first.len() < 5 => format!("it belongs on {} and {last}", first.join(", ")),
        [..] => "remove it, or make it a node of another kind".to_owned(),
    }
}

/// Parses the name of a field, and nothing else.
fn field_name(attribute: &syn::Attribute) -> Result<Ident> {
    let tokens: TokenStream = attribute.parse_args()?;
    let expected = "expected the name of a field of the form: `#[decide(field)]`";
    Ident::parse_any.parse2(tokens).map_err(|_| syn::Error::new_spanned(attribute, expected))
}

/// Parses a name without quotes, and nothing else.
fn outcome(attribute: &syn::Attribute) -> Result<String> {
    let tokens: TokenStream = attribute.parse_args()?;
    let expected = "expected the name of an outcome, without quotes: `#[outcome(refused)]`";
    match Ident::parse_any.parse2(tokens.clone()) {
        Ok(name) => Ok(plain_name(&name)),
        Err(_) if tokens.is_empty() => Err(syn::Error::new_spanned(attribute, expected)),
        Err(_) => Err(syn::Error::new_spanned(tokens, expected)),
    }
}

/// Parses a type, and nothing else.
fn one_type(attribute: &syn::Attribute) -> Result<TokenStream> {
    let tokens: TokenStream = attribute.parse_args()?;
    let name = attribute.path().to_token_stream();
    match syn::parse2::<Type>(tokens.clone()) {
        Ok(_) => Ok(tokens),
        Err(_) if tokens.is_empty() => {
            Err(syn::Error::new_spanned(attribute, format!("`#[{name}(..)]` needs a type: `#[{name}(MyType)]`")))
        }
        Err(_) => {
            let message =
                format!("`#[{name}(..)]` takes one type: `#[{name}(MyType)]`, a struct where there are several values");
            Err(syn::Error::new_spanned(tokens, message))
        }
    }
}

fn once<T>(place: &mut Option<T>, attribute: &syn::Attribute, value: T) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(attribute)),
    }
}

fn twice(attribute: &syn::Attribute) -> syn::Error {
    let name = attribute.path().to_token_stream();
    syn::Error::new_spanned(attribute.path(), format!("`#[{name}]` is given twice on this node: keep one"))
}

/// The options of `#[node(..)]`.
const OF_A_NODE: [&str; 3] = ["name", "title", KIND];
/// The option for the kind of a node whose type is an alias.
const KIND: &str = "kind";

fn read_node_options(node: &mut Node, attribute: &syn::Attribute) -> Result<()> {
    if node.given.contains(&Attribute::Node) {
        return Err(twice(attribute));
    }
    attribute.parse_args::<Opts>()?.read(&OF_A_NODE, |key, option| {
        match key {
            "name" => node.name = option.name()?,
            "title" => node.title = Some(option.text()?.value()),
            // The kind has been read before.
            _ => {}
        }
        Ok(())
    })
}

/// Returns the kind given by `#[node(kind = View)]`.
///
/// Other mistakes in such an attribute are reported later.
pub(super) fn told_kind(attributes: &[(Attribute, &syn::Attribute)]) -> Result<Option<Kind>> {
    let (mut kind, mut told) = (None, Ok(()));
    for (_, attribute) in attributes.iter().filter(|(name, _)| *name == Attribute::Node) {
        let Ok(options) = attribute.parse_args::<Opts>() else { continue };
        let _ = options.read_all(&OF_A_NODE, |key, option| {
            if key == KIND {
                match kind_named(option) {
                    Ok(known) => kind = Some(known),
                    Err(error) => told = Err(error),
                }
            }
            Ok(())
        });
    }
    told.map(|()| kind)
}

fn kind_named(option: &Opt) -> Result<Kind> {
    let name = option.word("the kind of node that the type is an alias of: `kind = View`")?;
    let hint = || match nearest(&name.to_string(), Kind::ALL.iter().map(|kind| kind.name())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "expected one such as `View`, `Function` or `End`".to_owned(),
    };
    let unknown = || syn::Error::new(name.span(), format!("unknown kind of node `{name}`: {}", hint()));
    Kind::from_name(&name.to_string()).ok_or_else(unknown)
}
