//! Options: `key = value, ..` in an attribute.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, Error, Expr, LitBool, LitStr, Meta, Path, Result, Token, Type};

use super::duration::duration;
use super::name::{WAS, stored_name};
use super::written::{expression, unexpected};
use crate::errors::Errors;

/// An option: `key`, or `key = tokens`.
pub(crate) struct Opt {
    pub(crate) key: Ident,
    pub(crate) value: Option<TokenStream>,
}

impl Opt {
    /// Returns the tokens after `=`.
    pub(crate) fn tokens(&self) -> Result<TokenStream> {
        let missing = || Error::new(self.key.span(), format!("`{0}` needs a value: `{0} = ..`", self.key));
        self.value.clone().filter(|tokens| !tokens.is_empty()).ok_or_else(missing)
    }

    /// Returns the value as an expression.
    pub(crate) fn expression(&self) -> Result<TokenStream> {
        let tokens = self.tokens()?;
        expression(&tokens)?;
        Ok(tokens)
    }

    /// Parses the value as `T`.
    pub(crate) fn parse<T: Parse>(&self) -> Result<T> {
        syn::parse2(self.tokens()?)
    }

    /// Parses the value as the path of a crate.
    pub(crate) fn path(&self) -> Result<TokenStream> {
        self.read_as::<Path>("a path", "my_name").map(|(tokens, _)| tokens)
    }

    /// Parses the value as a type.
    pub(crate) fn ty(&self) -> Result<TokenStream> {
        self.read_as::<Type>("a type, without quotes", "MyType").map(|(tokens, _)| tokens)
    }

    /// Parses the value as the name of a field.
    pub(crate) fn field(&self) -> Result<Ident> {
        let tokens = self.tokens()?;
        let expected =
            || Error::new_spanned(&tokens, format!("`{0}` takes the name of a field: `{0} = name`", self.key));
        Ident::parse_any.parse2(tokens.clone()).map_err(|_| expected())
    }

    /// Parses the value as one of the words that the option `takes`.
    pub(crate) fn word(&self, takes: &str) -> Result<Ident> {
        let tokens = self.tokens()?;
        syn::parse2(tokens.clone()).map_err(|_| Error::new_spanned(tokens, format!("`{}` takes {takes}", self.key)))
    }

    /// Parses the value as text in quotes.
    pub(crate) fn text(&self) -> Result<LitStr> {
        self.read_as("text in quotes", "\"..\"").map(|(_, text)| text)
    }

    /// Parses the value as a stored name: text in quotes that is not empty.
    pub(crate) fn name(&self) -> Result<String> {
        stored_name(&self.text()?)
    }

    /// Parses the value as a length of time.
    pub(crate) fn duration(&self) -> Result<Duration> {
        duration(&self.text()?)
    }

    /// Parses the value as `true` or `false`.
    pub(crate) fn yes_or_no(&self) -> Result<bool> {
        self.read_as("`true` or `false`", "false").map(|(_, value): (_, LitBool)| value.value)
    }

    /// Checks that the option has no value.
    pub(crate) fn flag(&self) -> Result<()> {
        match &self.value {
            None => Ok(()),
            Some(value) => Err(Error::new_spanned(value, format!("`{}` takes no value", self.key))),
        }
    }

    /// Returns the value as written and as parsed.
    ///
    /// The error says what the option `takes`, with an `example`.
    fn read_as<T: Parse>(&self, takes: &str, example: &str) -> Result<(TokenStream, T)> {
        let missing = || Error::new(self.key.span(), format!("`{0}` needs a value: `{0} = {example}`", self.key));
        let tokens = self.tokens().map_err(|_| missing())?;
        match syn::parse2(tokens.clone()) {
            Ok(value) => Ok((tokens, value)),
            Err(_) => Err(Error::new_spanned(tokens, format!("`{0}` takes {takes}: `{0} = {example}`", self.key))),
        }
    }
}

/// A list of options, without the mistaken ones.
///
/// A value is a type or an expression, so it may contain commas, as in `a::<B, C>()`.
#[derive(Default)]
pub(crate) struct Opts {
    list: Vec<Opt>,
    mistakes: Errors,
}

impl Opts {
    /// Reads each `known` option, and returns all mistakes together. Only `was` may be repeated.
    pub(crate) fn read(self, known: &[&str], read: impl FnMut(&str, &Opt) -> Result<()>) -> Result<()> {
        let Self { list, mut mistakes } = self;
        each_once(&list, &mut mistakes);
        Self { list, mistakes }.read_all(known, read)
    }

    /// Removes the options with these names unless they are `known`, and notes where they belong.
    pub(crate) fn refuse(mut self, names: &[&str], known: &[&str], belong: &str) -> Self {
        let (list, mistakes) = (&mut self.list, &mut self.mistakes);
        list.retain(|option| {
            let key = option.key.to_string();
            let is_mistaken = names.contains(&key.as_str()) && !known.contains(&key.as_str());
            if is_mistaken {
                mistakes.at(option.key.span(), format!("`{key}` belongs {belong}"));
            }
            !is_mistaken
        });
        self
    }

    /// Reads the options like [`Opts::read`], but each may be repeated.
    pub(crate) fn read_all(self, known: &[&str], mut read: impl FnMut(&str, &Opt) -> Result<()>) -> Result<()> {
        let Self { list, mut mistakes } = self;
        for option in &list {
            let key = option.key.to_string();
            let is_known = known.contains(&key.as_str());
            mistakes.ok(if is_known { read(&key, option) } else { Err(unknown_option(&option.key, known)) });
        }
        mistakes.into_result()
    }
}

impl Parse for Opts {
    /// Parses the options; after a mistake it continues with the next option.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            match option(input) {
                Ok(option) => options.list.push(option),
                Err(error) => {
                    options.mistakes.push(error);
                    skip(input)?;
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// Parses the options that follow the first argument of an attribute: `, key = value, ..`.
pub(crate) fn options_after(input: ParseStream<'_>) -> Result<Opts> {
    if input.is_empty() {
        return Ok(Opts::default());
    }
    if !input.peek(Token![,]) {
        return Err(unexpected(input, "`,`"));
    }
    input.parse::<Token![,]>()?;
    input.parse()
}

/// Returns the options of all attributes with this name. Only `was` may be repeated.
pub(crate) fn options(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<Opt> {
    let mut options: Vec<Opt> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| gives_options(attribute.path(), name)) {
        if !matches!(attribute.meta, Meta::Path(_))
            && let Some(Opts { list, mistakes }) = errors.ok(attribute.parse_args::<Opts>())
        {
            options.extend(list);
            errors.ok(mistakes.into_result());
        }
    }
    each_once(&options, errors);
    options
}

/// Whether an attribute has this name, as `#[flow(..)]` or `#[viewflow::flow(..)]`.
///
/// The second form below a derive is reported elsewhere as a mistake.
fn gives_options(path: &Path, name: &str) -> bool {
    let is_first = |krate| path.segments.first().is_some_and(|first| first.ident == krate);
    let is_last = || path.segments.last().is_some_and(|last| last.ident == name);
    path.is_ident(name) || (path.segments.len() == 2 && is_first("viewflow") && is_last())
}

/// Checks that no option except `was` is repeated.
fn each_once(options: &[Opt], errors: &mut Errors) {
    for (index, option) in options.iter().enumerate() {
        if option.key != WAS && options[..index].iter().any(|other| other.key == option.key) {
            errors.at(option.key.span(), format!("option `{}` is given twice: keep one", option.key));
        }
    }
}

/// Reports attributes of ours that mean nothing where they are.
pub(crate) fn misplaced(attributes: &[Attribute], names: &[&str], belongs: &str, errors: &mut Errors) {
    for attribute in attributes {
        if let Some(name) = names.iter().find(|name| attribute.path().is_ident(name)) {
            errors.over(attribute.path(), format!("`#[{name}(..)]` belongs {belongs}"));
        }
    }
}

/// Returns the error for an unknown option, with the option that was likely meant.
pub(crate) fn unknown_option(key: &Ident, known: &[&str]) -> Error {
    let name = key.to_string();
    let hint = match viewflow_graph::nearest(&name, known.iter().copied()) {
        Some(nearest) => format!(", did you mean `{nearest}`?"),
        None => format!(": expected {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
    };
    Error::new(key.span(), format!("unknown option `{name}`{hint}"))
}

fn option(input: ParseStream<'_>) -> Result<Opt> {
    let expected = |error: Error| Error::new(error.span(), "expected an option `name = value`");
    let key = input.call(Ident::parse_any).map_err(expected)?;
    let ends = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    if ends(input) {
        return Ok(Opt { key, value: None });
    }
    if !input.peek(Token![=]) || input.peek(Token![==]) || input.peek(Token![=>]) {
        return Err(Error::new(key.span(), format!("expected `=` after `{key}`: `{key} = ..`")));
    }
    input.parse::<Token![=]>()?;
    if ends(input) {
        return Err(Error::new(key.span(), format!("`{key}` needs a value: `{key} = ..`")));
    }
    let value = Some(value(input)?);
    Ok(Opt { key, value })
}

/// Parses a type or an expression, and returns it as written.
fn value(input: ParseStream<'_>) -> Result<TokenStream> {
    let ends = |input: ParseStream<'_>| input.is_empty() || input.peek(Token![,]);
    let ahead = input.fork();
    if ahead.parse::<Type>().is_ok() && ends(&ahead) {
        return up_to(input, &ahead);
    }
    let ahead = input.fork();
    match ahead.parse::<Expr>() {
        Ok(_) if ends(&ahead) => up_to(input, &ahead),
        Ok(_) => Err(unexpected(&ahead, "`,`")),
        Err(error) => {
            let written = skip(&input.fork())?;
            Err(expression(&written).err().unwrap_or(error))
        }
    }
}

/// Returns the tokens between the two positions.
fn up_to(input: ParseStream<'_>, ahead: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && input.cursor() < ahead.cursor() {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// Skips to the next comma, or to the end.
fn skip(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}
