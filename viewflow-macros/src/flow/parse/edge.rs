//! Parses the attributes that are edges.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Result, Token};
use viewflow_graph::{Attribute, Kind};

use super::event::after;
use crate::errors::Errors;
use crate::flow::model::{Edge, Way};
use crate::syntax::{CaseClosure, Closure, Opt, Opts, node_name, options_after, pattern};

const EDGE_OPTIONS: &[&str] = &["task_seed", "task_data"];

const BRANCH_OPTIONS: &[&str] = &["cond", "task_seed", "task_data", "task_seed_source", "task_data_source"];

pub(super) fn read_edge(attribute: &syn::Attribute, name: Attribute, kind: Kind) -> Result<Edge> {
    let plain = |input: ParseStream<'_>| EdgeArguments::parse_plain(input, None);
    let decides = kind.is_human() && matches!(name, Attribute::Case | Attribute::Default);
    let arguments = match name {
        Attribute::Case if decides => attribute.parse_args_with(EdgeArguments::parse_decision)?,
        Attribute::Case => attribute.parse_args_with(EdgeArguments::parse_case)?,
        _ => attribute.parse_args_with(plain)?,
    };
    let way = match (name, arguments.pattern) {
        (Attribute::Case, Some(pattern)) => Way::Case(pattern),
        (Attribute::Then, _) => Way::Then,
        (Attribute::Otherwise, _) => Way::Otherwise,
        (Attribute::Default, _) => Way::Default,
        (Attribute::Branch, _) => Way::Branch(None),
        (Attribute::CompensateWith, _) => Way::Compensation,
        _ => Way::Next,
    };
    let mut edge = Edge::new(arguments.target, way);
    let known = if name == Attribute::Branch { BRANCH_OPTIONS } else { EDGE_OPTIONS };
    let elsewhere: &[&str] = if name == Attribute::Branch { &[] } else { BRANCH_OPTIONS };
    let options = arguments.options.refuse(elsewhere, known, "in the `#[branch(..)]` of a `Split`");
    let takes_case = match (decides, name) {
        (true, Attribute::Case) => Takes::Case,
        (true, _) => Takes::NoCase,
        _ => Takes::Activation,
    };
    options.read(known, |_, option| read_edge_option(&mut edge, option, takes_case))?;
    Ok(edge)
}

/// Parses `code = "..", then = target, options` and similar arguments.
pub(super) fn read_boundary(attribute: &syn::Attribute, name: Attribute) -> Result<Edge> {
    let usage = match name {
        Attribute::OnTimeout => "`#[on_timeout(after = \"3d\", then = node)]`".to_owned(),
        _ => format!("`#[{name}(then = node)]`, with `code = \"..\"` for one code"),
    };
    let mut written = attribute.parse_args::<TokenStream>()?.into_iter();
    let first = written.next();
    let is_named = matches!(written.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=');
    if let (Some(first), false) = (first, is_named) {
        return Err(syn::Error::new(first.span(), format!("expected {usage}")));
    }
    let options = attribute.parse_args::<Opts>();
    let options = options.map_err(|error| syn::Error::new(error.span(), format!("expected {usage}")))?;
    let known: &[&str] = match name {
        Attribute::OnTimeout => &["after", "then", "interrupting", "task_seed", "task_data"],
        _ => &["code", "then", "task_seed", "task_data"],
    };
    let (mut then, mut time, mut code, mut interrupting) = (None, None, None, true);
    let mut edge = Edge::new(Ident::new("_", Span::call_site()), Way::Next);
    let options = options.refuse(BRANCH_OPTIONS, known, "in the `#[branch(..)]` of a `Split`");
    options.read(known, |key, option| {
        match key {
            "then" => {
                let expected = "expected the name of a node: one of the flow's fields, without quotes or path";
                let target = option.tokens()?;
                let parsed = Ident::parse_any.parse2(target.clone());
                then = Some(parsed.map_err(|_| syn::Error::new_spanned(target, expected))?);
            }
            "after" => time = Some(after(option.tokens()?)?),
            "code" => code = Some(option.name()?),
            "interrupting" => interrupting = option.yes_or_no()?,
            _ => read_edge_option(&mut edge, option, Takes::Activation)?,
        }
        Ok(())
    })?;
    let missing = |what: &str| syn::Error::new_spanned(attribute.path(), format!("`#[{name}(..)]` needs {what}"));
    let mut mistakes = Errors::default();
    if name == Attribute::OnTimeout && time.is_none() {
        mistakes.push(missing("`after = ..`, a length of time such as \"3d\", or a closure that tells a time"));
    }
    let target = mistakes.ok(then.ok_or_else(|| missing("`then = ..`, the node it leads to")));
    mistakes.into_result()?;
    let way = match name {
        Attribute::OnTimeout => Way::Timeout { interrupting },
        Attribute::OnError => Way::OnError(code),
        _ => Way::OnEscalation(code),
    };
    Ok(Edge { target: target.unwrap_or(edge.target), way, after: time, ..edge })
}

/// The parameters of the closures of an edge.
#[derive(Clone, Copy)]
enum Takes {
    Activation,
    /// The activation, and the case that a person chose.
    Case,
    /// The activation alone, for the default of a decision.
    NoCase,
}

fn read_edge_option(edge: &mut Edge, option: &Opt, takes: Takes) -> Result<()> {
    let name = option.key.to_string();
    let closure = match takes {
        Takes::Activation => option.parse()?,
        Takes::Case | Takes::NoCase => option.parse::<CaseClosure>()?.0,
    };
    if let (Takes::NoCase, Closure::Inline { case: Some(case), .. }) = (takes, &closure) {
        let message = "`#[default(..)]` is for several cases, so its closure takes the activation alone: `|a| ..`";
        return Err(syn::Error::new_spanned(case, message));
    }
    let slot = match name.as_str() {
        "task_seed" => &mut edge.task_seed,
        "task_data" => &mut edge.task_data,
        "task_seed_source" => &mut edge.task_seed_source,
        "task_data_source" => &mut edge.task_data_source,
        _ => {
            edge.way = Way::Branch(Some(closure));
            return Ok(());
        }
    };
    *slot = Some(closure);
    for (source, plain) in [("task_seed_source", "task_seed"), ("task_data_source", "task_data")] {
        let both = match source {
            "task_seed_source" => edge.task_seed_source.is_some() && edge.task_seed.is_some(),
            _ => edge.task_data_source.is_some() && edge.task_data.is_some(),
        };
        if both {
            let message =
                format!("`{source}` gives each task its own, and `{plain}` gives all of them the same: keep one");
            return Err(syn::Error::new(option.key.span(), message));
        }
    }
    if edge.task_seed_source.is_some() && edge.task_data_source.is_some() {
        let message = "a branch has one source of items: give the rest with `task_seed` or `task_data`";
        return Err(syn::Error::new(option.key.span(), message));
    }
    Ok(())
}

/// Arguments such as `target, options`, or `pattern => target, options` for a case.
struct EdgeArguments {
    pattern: Option<TokenStream>,
    target: Ident,
    options: Opts,
}

impl EdgeArguments {
    fn parse_plain(input: ParseStream<'_>, pattern: Option<TokenStream>) -> Result<Self> {
        let target = node_name(input)?;
        let options = options_after(input)?;
        Ok(Self { pattern, target, options })
    }

    /// Parses `Variant => target`. The form knows the enum, so the variant's name is enough.
    fn parse_decision(input: ParseStream<'_>) -> Result<Self> {
        let written = Self::before_arrow(
            input,
            "expected a variant of the form and the node it leads to: `#[case(Approve => pay)]`",
        )?;
        if syn::parse2::<Ident>(written.clone()).is_err() {
            let message =
                "expected the name of one variant, without its enum and its fields: `#[case(Approve => pay)]`";
            return Err(syn::Error::new_spanned(written, message));
        }
        Self::parse_plain(input, Some(written))
    }

    fn parse_case(input: ParseStream<'_>) -> Result<Self> {
        let written =
            Self::before_arrow(input, "expected a pattern and the node it leads to: `#[case(Kind::Post => end)]`")?;
        pattern(&written)?;
        Self::parse_plain(input, Some(written))
    }

    fn before_arrow(input: ParseStream<'_>, message: &str) -> Result<TokenStream> {
        let mut written = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![=>]) {
            written.extend([input.parse::<TokenTree>()?]);
        }
        if written.is_empty() || input.parse::<Token![=>]>().is_err() {
            return Err(if written.is_empty() {
                syn::Error::new(input.span(), message)
            } else {
                syn::Error::new_spanned(written, message)
            });
        }
        Ok(written)
    }
}
