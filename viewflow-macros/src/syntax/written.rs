//! Checks the syntax of the user's Rust code, and keeps the code as it is.
//!
//! Invalid Rust would make the whole expansion unreadable, and rustc would report that at the name of the struct.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Expr, ExprPath, Pat, Result, Token};

/// Checks that the tokens are an expression.
pub(crate) fn expression(tokens: &TokenStream) -> Result<()> {
    whole(tokens, |input| input.parse::<Expr>().map(drop), "unfinished expression", "an operator")
}

/// Checks that the tokens are a path that can be called.
pub(crate) fn path(tokens: &TokenStream) -> Result<()> {
    // After an empty group from a macro, a path is parsed only as a path, not as an expression.
    whole(tokens, |input| input.parse::<ExprPath>().map(drop), "unfinished path", "`::`")?;
    expression(tokens)
}

/// Checks that the tokens are a pattern of a `match`, with or without a guard.
pub(crate) fn pattern(tokens: &TokenStream) -> Result<()> {
    let read = |input: ParseStream<'_>| {
        Pat::parse_multi_with_leading_vert(input)?;
        if input.parse::<Option<Token![if]>>()?.is_some() {
            input.parse::<Expr>()?;
        }
        Ok(())
    };
    whole(tokens, read, "unfinished pattern", "`=>`")
}

/// Checks that the tokens are the parameter of a closure.
pub(super) fn parameter(tokens: &TokenStream) -> Result<()> {
    let read = |input: ParseStream<'_>| {
        Pat::parse_single(input)?;
        if input.parse::<Option<Token![:]>>()?.is_some() {
            input.parse::<syn::Type>()?;
        }
        Ok(())
    };
    whole(tokens, read, "unfinished parameter", "`|`")
}

/// Parses all of the tokens.
///
/// If something is missing at the end, the error points at all tokens, as it has no place of its own.
fn whole(
    tokens: &TokenStream,
    read: impl FnOnce(ParseStream<'_>) -> Result<()>,
    unfinished: &str,
    goes_on: &str,
) -> Result<()> {
    let all = |input: ParseStream<'_>| {
        read(input)?;
        if input.is_empty() { Ok(()) } else { Err(unexpected(input, goes_on)) }
    };
    all.parse2(tokens.clone()).map_err(|error| told_of(tokens, error, unfinished))
}

/// Returns the error for a token that cannot follow where something else could.
pub(super) fn unexpected(input: ParseStream<'_>, goes_on: &str) -> Error {
    match input.cursor().token_tree() {
        Some((tree, _)) => {
            Error::new(tree.span(), format!("unexpected `{}`: expected {goes_on} before it", told(&tree)))
        }
        None => input.error(format!("expected {goes_on}")),
    }
}

fn told(tree: &proc_macro2::TokenTree) -> String {
    match tree {
        proc_macro2::TokenTree::Group(group) => match group.delimiter() {
            proc_macro2::Delimiter::Parenthesis => "(".to_owned(),
            proc_macro2::Delimiter::Brace => "{".to_owned(),
            proc_macro2::Delimiter::Bracket => "[".to_owned(),
            proc_macro2::Delimiter::None => group.stream().to_string(),
        },
        tree => tree.to_string(),
    }
}

fn told_of(tokens: &TokenStream, error: Error, unfinished: &str) -> Error {
    let is_at_the_end = error.to_string().starts_with("unexpected end of input");
    if is_at_the_end { Error::new_spanned(tokens, unfinished) } else { error }
}
