//! Parses the names of handlers and the options for their input.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::token::Paren;
use syn::{Result, Token, parenthesized};
use viewflow_graph::Kind;

use crate::flow::model::{FieldsForm, Retry};
use crate::syntax::{Closure, Opts, same_title, title};

/// Parses the method of a handler, and whether `async` precedes it.
pub(super) fn call(attribute: &syn::Attribute, kind: Kind) -> Result<(TokenStream, bool)> {
    let tokens: TokenStream = attribute.parse_args()?;
    let mut trees = tokens.clone().into_iter();
    match trees.next() {
        Some(TokenTree::Ident(word)) if word == "async" => {
            if kind != Kind::Job {
                let message = "only the handler of a `Job` can be `async`: all others run within the step";
                return Err(syn::Error::new(word.span(), message));
            }
            if cfg!(not(feature = "tokio")) {
                let message = "an `async` job needs the feature `tokio` of `viewflow`: add it in `Cargo.toml`";
                return Err(syn::Error::new(word.span(), message));
            }
            Ok((method_of(trees.collect())?, true))
        }
        _ => Ok((method_of(tokens)?, false)),
    }
}

/// Parses the method of a handler: `Self::name`.
pub(super) fn method(attribute: &syn::Attribute) -> Result<TokenStream> {
    method_of(attribute.parse_args()?)
}

fn method_of(tokens: TokenStream) -> Result<TokenStream> {
    let mut trees = tokens.clone().into_iter();
    let message = match (trees.next(), trees.next()) {
        (Some(TokenTree::Punct(punct)), _) if punct.as_char() == '|' => {
            "expected a method of the flow: `Self::name`".to_owned()
        }
        (Some(TokenTree::Ident(name)), None) => format!("expected a method of the flow: did you mean `Self::{name}`?"),
        _ => match syn::parse2(tokens.clone())? {
            Closure::Path(path) => return Ok(path),
            Closure::Inline { .. } => "expected a method of the flow: `Self::name`".to_owned(),
        },
    };
    Err(syn::Error::new_spanned(tokens, message))
}

/// Parses `attempts = 3, backoff = "10s", max = "5m"`.
pub(super) fn retry(attribute: &syn::Attribute) -> Result<Retry> {
    let mut retry = Retry { attempts: 0, backoff: Duration::from_secs(1), max: Duration::from_hours(1) };
    attribute.parse_args::<Opts>()?.read(&["attempts", "backoff", "max"], |key, option| {
        match key {
            "attempts" => {
                let tokens = option.tokens()?;
                let number = syn::parse2::<syn::LitInt>(tokens.clone()).and_then(|number| number.base10_parse());
                let message = "`attempts` takes a number from 1 on, how often the job is tried in all: `attempts = 3`";
                let number = number.ok().filter(|number| *number > 0);
                retry.attempts = number.ok_or_else(|| syn::Error::new_spanned(tokens, message))?;
            }
            "backoff" => retry.backoff = option.duration()?,
            _ => retry.max = option.duration()?,
        }
        Ok(())
    })?;
    if retry.attempts == 0 {
        let message = "`#[retry(..)]` needs `attempts = ..`, how often the job is tried in all";
        return Err(syn::Error::new_spanned(attribute.path(), message));
    }
    Ok(retry)
}

impl Parse for FieldsForm {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut form = Self { fields: Vec::new(), empty: Vec::new(), pages: Vec::new(), name: None };
        let mut page = None;
        while !input.is_empty() {
            if input.peek(Token![as]) && input.peek2(Token![=]) {
                input.parse::<Token![as]>()?;
                input.parse::<Token![=]>()?;
                form.name = Some(input.parse()?);
            } else {
                let field: Ident = input.parse()?;
                if field == "page" && input.peek(Paren) {
                    let inner;
                    parenthesized!(inner in input);
                    let title = title(&inner, field.span())?;
                    let before: Vec<_> = form.pages.iter().map(|(_, title)| title).collect();
                    if let Some(message) = same_title(&title, &before) {
                        return Err(syn::Error::new(title.span(), message));
                    }
                    if page.replace((field.span(), title)).is_some() || input.is_empty() {
                        return Err(no_fields(field.span()));
                    }
                    input.parse::<Token![,]>()?;
                    continue;
                }
                if let Some((_, title)) = page.take() {
                    form.pages.push((field.clone(), title));
                }
                if form.fields.contains(&field) {
                    return Err(syn::Error::new(
                        field.span(),
                        format!("`{field}` is named twice in this form: keep one"),
                    ));
                }
                if input.peek(Token![=]) {
                    begins_empty(input, &field)?;
                    form.empty.push(field.clone());
                }
                form.fields.push(field);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if let Some((at, _)) = page {
            return Err(no_fields(at));
        }
        Ok(form)
    }
}

fn no_fields(at: Span) -> syn::Error {
    syn::Error::new(at, "a page has fields: name them after it, as in `#[fields(page(\"Papers\"), passport, photo)]`")
}

/// Parses `= empty`: the form does not show the present value, and a person has to enter one.
fn begins_empty(input: ParseStream<'_>, field: &Ident) -> Result<()> {
    input.parse::<Token![=]>()?;
    let at = input.span();
    let message = format!("`{field}` takes `empty`: a form with `{field} = empty` shows nothing there at first");
    match input.parse::<Ident>() {
        Ok(word) if word == "empty" => Ok(()),
        _ => Err(syn::Error::new(at, message)),
    }
}
