//! Data closures, and paths of methods that replace them.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Error, Pat, Result, Token};

use super::name::plain_name;
use super::tokens::ungrouped;
use super::written;

/// A data closure `|a| EXPR`, or the path of a method to call instead.
#[derive(Clone)]
pub(crate) enum Closure {
    Inline {
        parameter: TokenStream,
        /// The parameter for the case of a decision, if there is one.
        case: Option<TokenStream>,
        body: TokenStream,
    },
    Path(TokenStream),
}

impl Closure {
    /// Writes a function of flow and activation. `wrap` wraps its body, in which `?` works.
    pub(crate) fn to_function(&self, wrap: impl Fn(&TokenStream) -> TokenStream) -> TokenStream {
        match self {
            Self::Path(path) => path.clone(),
            Self::Inline { parameter, body, .. } => {
                let span = body.span();
                let wrapped = wrap(&grouped(body));
                quote_spanned!(span=> |_, #parameter| ::core::result::Result::Ok(#wrapped))
            }
        }
    }

    /// Writes the same function as [`Closure::to_function`], with the body as it is.
    pub(crate) fn to_plain_function(&self) -> TokenStream {
        self.to_function(Clone::clone)
    }

    /// Returns the body or the path, and whether it is a path.
    pub(crate) fn tokens(&self) -> (&TokenStream, bool) {
        match self {
            Self::Inline { body, .. } => (body, false),
            Self::Path(path) => (path, true),
        }
    }
}

impl Parse for Closure {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let whole = input.span();
        let tokens = ungrouped(input.parse()?);
        let parse = |input: ParseStream<'_>| Self::parse_tokens(input, whole, false);
        parse.parse2(without_last_comma(tokens))
    }
}

/// A data closure that also takes the case that a person chose: `|a, v| EXPR`.
pub(crate) struct CaseClosure(pub(crate) Closure);

impl Parse for CaseClosure {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let whole = input.span();
        let tokens = ungrouped(input.parse()?);
        let parse = |input: ParseStream<'_>| Closure::parse_tokens(input, whole, true);
        parse.parse2(without_last_comma(tokens)).map(Self)
    }
}

impl Closure {
    fn parse_tokens(input: ParseStream<'_>, whole: Span, takes_case: bool) -> Result<Self> {
        let moved = input.parse::<Option<Token![move]>>()?;
        if input.peek(Token![||]) {
            return Err(Error::new(whole, "this closure takes the activation: `|a| ..`"));
        }
        match moved {
            _ if input.peek(Token![|]) => Self::parse_inline(input, whole, takes_case),
            Some(moved) => {
                Err(Error::new(moved.span, "only a closure is `move`: remove it before the name of a method"))
            }
            None => Self::parse_path(input, whole),
        }
    }

    fn parse_inline(input: ParseStream<'_>, whole: Span, takes_case: bool) -> Result<Self> {
        input.parse::<Token![|]>()?;
        let usage = if takes_case { "`|a, v| ..`" } else { "`|a| ..`" };
        let message = if takes_case {
            "a closure of a case takes the activation and the case: `|a, v| ..`; a method `Self::name` also gets `&self`"
        } else {
            "a closure in an attribute takes the activation alone: `|a| ..`; a method `Self::name` also gets `&self`"
        };
        let parameter = parse_parameter(input, whole, usage)?;
        let mut case = None;
        if takes_case && input.parse::<Option<Token![,]>>()?.is_some() && !input.peek(Token![|]) {
            case = Some(parse_parameter(input, whole, usage)?);
        }
        if input.peek(Token![,]) {
            return Err(Error::new(input.span(), message));
        }
        let body = parse_body(input, whole)?;
        [Some(&parameter), case.as_ref()].into_iter().flatten().try_for_each(written::parameter)?;
        Ok(Self::Inline { parameter, case, body })
    }

    fn parse_path(input: ParseStream<'_>, whole: Span) -> Result<Self> {
        let path = input.parse::<TokenStream>()?;
        let expected = "expected a closure `|a| ..` or a method `Self::name`";
        if path.is_empty() {
            return Err(Error::new(whole, expected));
        }
        let looks_like_path = |tree: &TokenTree| match tree {
            TokenTree::Ident(_) => true,
            TokenTree::Punct(punct) => matches!(punct.as_char(), ':' | '<' | '>' | ','),
            TokenTree::Group(group) => group.delimiter() == Delimiter::None,
            TokenTree::Literal(_) => false,
        };
        if path.clone().into_iter().all(|tree| looks_like_path(&tree)) {
            written::path(&path)?;
            Ok(Self::Path(path))
        } else {
            Err(Error::new_spanned(path, expected))
        }
    }
}

/// Returns the type that is written for the parameter of a closure.
pub(crate) fn told_type(parameter: &TokenStream) -> Option<TokenStream> {
    let read = |input: ParseStream<'_>| {
        Pat::parse_single(input)?;
        input.parse::<Token![:]>()?;
        input.parse::<TokenStream>()
    };
    read.parse2(parameter.clone()).ok()
}

/// Adds the methods of the flow that the tokens call, as `Self::name(..)`, or name as a path.
pub(crate) fn methods_named(tokens: &TokenStream, own: &str, is_path: bool, names: &mut BTreeSet<String>) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for tree in &trees {
        if let TokenTree::Group(group) = tree {
            methods_named(&group.stream(), own, false, names);
        }
    }
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Ident(of) = tree else { continue };
        let part_of_a_path = at > 0 && is_colon(&trees[at - 1]);
        if (of != "Self" && plain_name(of) != own) || part_of_a_path {
            continue;
        }
        // Either `Self::name` or `Flow::<Arguments>::name`.
        let mut rest = &trees[at + 1..];
        if let [a, b, TokenTree::Punct(open), ..] = rest
            && is_colon(a)
            && is_colon(b)
            && open.as_char() == '<'
        {
            let Some(length) = length_of_arguments(&rest[2..]) else { continue };
            rest = &rest[2 + length..];
        }
        if let [a, b, TokenTree::Ident(name), after @ ..] = rest {
            let called = match after.first() {
                None => is_path && at == 0,
                Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
                Some(next) => is_colon(next),
            };
            if is_colon(a) && is_colon(b) && called {
                names.insert(plain_name(name));
            }
        }
    }
}

/// Returns the number of trees in the `<..>` with which the trees begin.
fn length_of_arguments(trees: &[TokenTree]) -> Option<usize> {
    let (mut depth, mut after_minus) = (0_usize, false);
    for (index, tree) in trees.iter().enumerate() {
        let sign = if let TokenTree::Punct(punct) = tree { punct.as_char() } else { ' ' };
        match sign {
            '<' => depth += 1,
            // The `>` of `->` does not count.
            '>' if !after_minus => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index + 1);
        }
        after_minus = sign == '-';
    }
    None
}

fn without_last_comma(tokens: TokenStream) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    if matches!(trees.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == ',') {
        trees.pop();
    }
    trees.into_iter().collect()
}

/// Parses a parameter, up to a bar or a comma.
fn parse_parameter(input: ParseStream<'_>, whole: Span, usage: &str) -> Result<TokenStream> {
    let mut parameter = TokenStream::new();
    let mut generics = 0;
    while !input.peek(Token![|]) {
        if input.is_empty() {
            let message = format!("expected a second `|` after the parameter of this closure: {usage}");
            return Err(Error::new(whole, message));
        }
        generics += i32::from(input.peek(Token![<])) - i32::from(input.peek(Token![>]));
        if generics == 0 && input.peek(Token![,]) {
            break;
        }
        parameter.extend([input.parse::<TokenTree>()?]);
    }
    Ok(parameter)
}

/// Parses the second bar and the body after it.
fn parse_body(input: ParseStream<'_>, whole: Span) -> Result<TokenStream> {
    input.parse::<Token![|]>()?;
    if input.peek(Token![->]) {
        return Err(Error::new(input.span(), "a closure in an attribute has no return type: remove the `->`"));
    }
    let body: TokenStream = input.parse()?;
    if let Some(span) = find_self(&body) {
        let message = "a closure in an attribute has no `self`: write a method `fn name(&self, a: &Activation<Self, ..>) -> Result<..>`, and name it here as `Self::name`";
        return Err(Error::new(span, message));
    }
    if body.is_empty() {
        return Err(Error::new(whole, "this closure needs a body: `|a| ..`"));
    }
    written::expression(&body)?;
    Ok(body)
}

/// A query over the tables, perhaps with the person that fills in the form: `|db| ..` or `|db, user| ..`.
pub(crate) struct Query {
    pub(crate) tables: TokenStream,
    pub(crate) user: Option<TokenStream>,
    pub(crate) body: TokenStream,
}

impl Parse for Query {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        const USAGE: &str = "`|db| ..` or `|db, user| ..`";
        let whole = input.span();
        if input.peek(Token![||]) {
            return Err(Error::new(whole, format!("a closure of `choices` takes the tables: {USAGE}")));
        }
        input.parse::<Token![|]>()?;
        let tables = parse_parameter(input, whole, USAGE)?;
        let mut user = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.peek(Token![|]) {
            user = Some(parse_parameter(input, whole, USAGE)?);
            if input.peek(Token![,]) {
                let message = format!("a closure of `choices` takes the tables and the user: {USAGE}");
                return Err(Error::new(input.span(), message));
            }
        }
        let body = parse_body(input, whole)?;
        [Some(&tables), user.as_ref()].into_iter().flatten().try_for_each(written::parameter)?;
        Ok(Self { tables, user, body })
    }
}

/// A question about the struct that has the field: `|form| ..`.
pub(crate) struct OfForm {
    pub(crate) parameter: TokenStream,
    pub(crate) body: TokenStream,
}

impl Parse for OfForm {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        const USAGE: &str = "`|form| ..`";
        let whole = input.span();
        if !input.peek(Token![|]) || input.peek(Token![||]) {
            let message = format!("expected a closure that takes the form: {USAGE}");
            return Err(Error::new_spanned(input.parse::<TokenStream>()?, message));
        }
        input.parse::<Token![|]>()?;
        let parameter = parse_parameter(input, whole, USAGE)?;
        if parameter.is_empty() || input.peek(Token![,]) {
            return Err(Error::new(whole, format!("this closure takes the form alone: {USAGE}")));
        }
        let body = parse_body(input, whole)?;
        written::parameter(&parameter)?;
        Ok(Self { parameter, body })
    }
}

/// Returns the span of a `self` in the tokens, except in paths such as `self::name`.
fn find_self(tokens: &TokenStream) -> Option<Span> {
    let mut trees = tokens.clone().into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Ident(name) if name == "self" && !trees.peek().is_some_and(is_colon) => {
                return Some(name.span());
            }
            TokenTree::Group(group) => {
                if let Some(span) = find_self(&group.stream()) {
                    return Some(span);
                }
            }
            _ => {}
        }
    }
    None
}

/// Groups an expression so that no operator next to it can split it.
///
/// Parentheses would do the same, but rustc would call them superfluous.
fn grouped(body: &TokenStream) -> TokenStream {
    let mut group = Group::new(Delimiter::None, body.clone());
    group.set_span(body.span());
    TokenTree::Group(group).into_token_stream()
}

fn is_colon(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':')
}
