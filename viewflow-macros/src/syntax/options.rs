//! Options: `key = value, ..` in an attribute.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, LitBool, LitStr, Meta, Result, Token, Type};

use super::duration::duration;
use super::name::{WAS, stored_name};
use crate::errors::Errors;

/// Options without a value: the only names that can follow a comma without a `=`.
const FLAGS: [&str; 4] = ["column", "index", "unique", "sequential"];

/// `key`, or `key = tokens`.
pub(crate) struct Opt {
    pub(crate) key: Ident,
    pub(crate) value: Option<TokenStream>,
}

impl Opt {
    /// The tokens after `=`.
    pub(crate) fn tokens(&self) -> Result<TokenStream> {
        let missing = || Error::new(self.key.span(), format!("`{0}` needs a value: `{0} = ..`", self.key));
        self.value.clone().filter(|tokens| !tokens.is_empty()).ok_or_else(missing)
    }

    /// The value read as `T`.
    pub(crate) fn parse<T: Parse>(&self) -> Result<T> {
        syn::parse2(self.tokens()?)
    }

    /// The value read as the path of a crate.
    pub(crate) fn path(&self) -> Result<TokenStream> {
        self.read_as::<syn::Path>("a path", "my_name").map(|(tokens, _)| tokens)
    }

    /// The value read as a type.
    pub(crate) fn ty(&self) -> Result<TokenStream> {
        self.read_as::<Type>("a type, without quotes", "MyType").map(|(tokens, _)| tokens)
    }

    /// The value read as text in quotes.
    pub(crate) fn text(&self) -> Result<LitStr> {
        self.read_as("text in quotes", "\"..\"").map(|(_, text)| text)
    }

    /// The value read as a name that is stored: text in quotes that is not empty.
    pub(crate) fn name(&self) -> Result<String> {
        stored_name(&self.text()?)
    }

    /// The value read as a length of time.
    pub(crate) fn duration(&self) -> Result<Duration> {
        duration(&self.text()?)
    }

    /// The value read as `true` or `false`.
    pub(crate) fn yes_or_no(&self) -> Result<bool> {
        self.read_as("`true` or `false`", "false").map(|(_, value): (_, LitBool)| value.value)
    }

    /// Nothing, for an option that is just named.
    pub(crate) fn flag(&self) -> Result<()> {
        match &self.value {
            None => Ok(()),
            Some(value) => Err(Error::new_spanned(value, format!("`{}` takes no value", self.key))),
        }
    }

    /// The value as it is written, and as it is read; or what it `takes`, with an `example`.
    fn read_as<T: Parse>(&self, takes: &str, example: &str) -> Result<(TokenStream, T)> {
        let tokens = self.tokens()?;
        match syn::parse2(tokens.clone()) {
            Ok(value) => Ok((tokens, value)),
            Err(_) => Err(Error::new_spanned(tokens, format!("`{0}` takes {takes}: `{0} = {example}`", self.key))),
        }
    }
}

/// A list of options. A comma ends a value only where another option follows: values may hold commas, as `a::<B, C>()`.
pub(crate) struct Opts(pub(crate) Vec<Opt>);

impl Parse for Opts {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Vec::new();
        while !input.is_empty() {
            let expected = |error: Error| Error::new(error.span(), "expected an option `name = value`");
            let key = input.call(Ident::parse_any).map_err(expected)?;
            let value = if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                Some(value_tokens(input)?)
            } else {
                None
            };
            options.push(Opt { key, value });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self(options))
    }
}

/// The options of all attributes with this name. An option stands once, but for `was`.
pub(crate) fn options(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<Opt> {
    let mut options: Vec<Opt> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        if !matches!(attribute.meta, Meta::Path(_)) {
            options.extend(errors.ok(attribute.parse_args::<Opts>()).into_iter().flat_map(|options| options.0));
        }
    }
    errors.ok(each_once(&options));
    options
}

/// No option stands twice, but for `was`.
pub(crate) fn each_once(options: &[Opt]) -> Result<()> {
    for (index, option) in options.iter().enumerate() {
        if option.key != WAS && options[..index].iter().any(|other| other.key == option.key) {
            return Err(Error::new(option.key.span(), format!("option `{}` is given twice: keep one", option.key)));
        }
    }
    Ok(())
}

/// Attributes of ours that stand where they mean nothing.
pub(crate) fn misplaced(attributes: &[Attribute], names: &[&str], belongs: &str, errors: &mut Errors) {
    for attribute in attributes {
        if let Some(name) = names.iter().find(|name| attribute.path().is_ident(name)) {
            errors.over(attribute.path(), format!("`#[{name}(..)]` belongs {belongs}"));
        }
    }
}

/// An unknown option, with the one that was likely meant.
pub(crate) fn unknown_option(key: &Ident, known: &[&str]) -> Error {
    let name = key.to_string();
    let hint = match viewflow_graph::nearest(&name, known.iter().copied()) {
        Some(nearest) => format!(", did you mean `{nearest}`?"),
        None => format!(": expected {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
    };
    Error::new(key.span(), format!("unknown option `{name}`{hint}"))
}

fn value_tokens(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut value = TokenStream::new();
    while !input.is_empty() {
        if input.peek(Token![,]) && option_follows(input) {
            break;
        }
        value.extend([input.parse::<TokenTree>()?]);
    }
    Ok(value)
}

/// Whether `, key =`, a comma and a flag, or `,` and the end come next.
fn option_follows(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.parse::<Token![,]>().is_err() || ahead.is_empty() {
        return true;
    }
    let Ok(name) = ahead.call(Ident::parse_any) else { return false };
    let assigned = ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]);
    let is_flag = FLAGS.contains(&name.to_string().as_str()) && (ahead.is_empty() || ahead.peek(Token![,]));
    assigned || is_flag
}
