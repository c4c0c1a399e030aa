//! The small languages inside attributes: options, and data closures.
//!
//! Expressions are kept as the tokens the user wrote: rustc reads them, and tells of mistakes in them at their place.

use std::collections::BTreeSet;
use std::time::Duration;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Error, Expr, ExprLit, Lit, LitStr, Meta, Result, Token, Type};

use crate::errors::Errors;

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
        let tokens = self.tokens()?;
        let message = format!("`{0}` takes a path: `{0} = my_name`", self.key);
        syn::parse2::<syn::Path>(tokens.clone()).map_err(|_| Error::new_spanned(&tokens, message))?;
        Ok(tokens)
    }

    /// The value read as a type.
    pub(crate) fn ty(&self) -> Result<TokenStream> {
        let tokens = self.tokens()?;
        let message = format!("`{0}` takes a type, without quotes: `{0} = MyType`", self.key);
        syn::parse2::<Type>(tokens.clone()).map_err(|_| Error::new_spanned(&tokens, message))?;
        Ok(tokens)
    }

    /// The value read as text in quotes.
    pub(crate) fn text(&self) -> Result<LitStr> {
        let tokens = self.tokens()?;
        let message = format!("`{0}` takes text in quotes: `{0} = \"..\"`", self.key);
        syn::parse2(tokens.clone()).map_err(|_| Error::new_spanned(tokens, message))
    }

    /// The value read as a name that is stored: text in quotes that is not empty.
    pub(crate) fn name(&self) -> Result<String> {
        let text = self.text()?;
        let name = text.value();
        if name.is_empty() { Err(Error::new(text.span(), "a stored name is not empty")) } else { Ok(name) }
    }

    /// The value read as a length of time.
    pub(crate) fn duration(&self) -> Result<Duration> {
        duration(&self.text()?)
    }

    /// The value read as `true` or `false`.
    pub(crate) fn yes_or_no(&self) -> Result<bool> {
        let message = format!("`{0}` takes `true` or `false`: `{0} = false`", self.key);
        let tokens = self.tokens()?;
        match tokens.to_string().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Error::new_spanned(tokens, message)),
        }
    }

    /// Nothing, for an option that is just named.
    pub(crate) fn flag(&self) -> Result<()> {
        match &self.value {
            None => Ok(()),
            Some(value) => Err(Error::new_spanned(value, format!("`{}` takes no value", self.key))),
        }
    }
}

/// A type as a person writes it.
pub(crate) fn told(ty: &TokenStream) -> String {
    let text = ty.to_string();
    text.replace(" :: ", "::")
        .replace(" < ", "<")
        .replace("< ", "<")
        .replace(" <", "<")
        .replace(" >", ">")
        .replace(" ,", ",")
}

/// The same tokens, at another place: rustc points there.
pub(crate) fn located(tokens: &TokenStream, at: Span) -> TokenStream {
    let locate = |mut tree: TokenTree| {
        if let TokenTree::Group(group) = &tree {
            tree = TokenTree::Group(Group::new(group.delimiter(), located(&group.stream(), at)));
        }
        tree.set_span(tree.span().located_at(at));
        tree
    };
    tokens.clone().into_iter().map(locate).collect()
}

/// Reads a length of time such as `"10s"`.
pub(crate) fn duration(text: &LitStr) -> Result<Duration> {
    humantime::parse_duration(&text.value()).map_err(|_| {
        let message = format!("\"{}\" is no length of time: write \"10s\", \"5m\", \"1h 30m\" or \"3d\"", text.value());
        Error::new(text.span(), message)
    })
}

/// A length of time that is not zero, as the only argument of an attribute.
pub(crate) fn some_duration_of(attribute: &Attribute) -> Result<Duration> {
    let tokens: TokenStream = attribute.parse_args()?;
    let expected = "expected a length of time in quotes, such as \"10s\", \"1h 30m\" or \"3d\"";
    let text = syn::parse2::<LitStr>(tokens.clone()).map_err(|_| Error::new_spanned(tokens, expected))?;
    some_duration(&text)
}

/// A length of time that is not zero.
pub(crate) fn some_duration(text: &LitStr) -> Result<Duration> {
    let length = duration(text)?;
    if length.as_millis() == 0 {
        let message = format!("\"{}\" is less than a millisecond, which is no time at all", text.value());
        return Err(Error::new(text.span(), message));
    }
    Ok(length)
}

/// The name of a node of the flow.
pub(crate) fn node_name(input: ParseStream<'_>) -> Result<Ident> {
    let at = input.span();
    let expected = "expected the name of a node: one of the flow's fields, without quotes or path";
    let name = input.call(Ident::parse_any).map_err(|_| Error::new(at, expected))?;
    if input.peek(Token![::]) { Err(Error::new(at, expected)) } else { Ok(name) }
}

/// A length of time in the code that is written.
pub(crate) fn duration_tokens(duration: Duration) -> TokenStream {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#millis))
}

/// A list of options. A comma ends a value only where another option follows: values may hold commas, as `a::<B, C>()`.
pub(crate) struct Opts(pub(crate) Vec<Opt>);

impl Parse for Opts {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Vec::new();
        while !input.is_empty() {
            let expected = |error: Error| Error::new(error.span(), "expected an option, as `name = value`");
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

/// Options without a value: the only names that can follow a comma without a `=`.
const FLAGS: [&str; 4] = ["column", "index", "unique", "sequential"];

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

/// The options of all attributes with this name. An option stands once, but for `was`.
pub(crate) fn options(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<Opt> {
    let mut options: Vec<Opt> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        if let Meta::Path(_) = &attribute.meta {
            continue;
        }
        options.extend(errors.ok(attribute.parse_args::<Opts>()).into_iter().flat_map(|options| options.0));
    }
    errors.ok(each_once(&options));
    options
}

/// No option stands twice, but for `was`.
pub(crate) fn each_once(options: &[Opt]) -> Result<()> {
    for (index, option) in options.iter().enumerate() {
        if option.key != "was" && options[..index].iter().any(|other| other.key == option.key) {
            return Err(Error::new(option.key.span(), format!("a second `{}`: keep one", option.key)));
        }
    }
    Ok(())
}

/// The names in `#[was("..", ..)]`.
pub(crate) fn earlier_names_of(attribute: &Attribute) -> Result<Vec<LitStr>> {
    let expected = "`#[was(..)]` takes earlier names in quotes: `#[was(\"old_name\")]`";
    let tokens = attribute.meta.require_list().map_err(|_| Error::new_spanned(attribute, expected))?.tokens.clone();
    let names = Punctuated::<LitStr, Token![,]>::parse_terminated
        .parse2(tokens)
        .map_err(|error| Error::new(error.span(), expected))?;
    match names.iter().find(|name| name.value().is_empty()) {
        Some(empty) => Err(Error::new(empty.span(), "a stored name is not empty")),
        None if names.is_empty() => Err(Error::new_spanned(attribute, expected)),
        None => Ok(names.into_iter().collect()),
    }
}

/// The names in all of them.
pub(crate) fn earlier_names(attributes: &[Attribute], errors: &mut Errors) -> Vec<LitStr> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("was"));
    ours.filter_map(|attribute| errors.ok(earlier_names_of(attribute))).flatten().collect()
}

/// The type that is told for the parameter of a closure.
pub(crate) fn told_type(parameter: &TokenStream) -> Option<TokenStream> {
    let mut trees = parameter.clone().into_iter();
    trees.find(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':'))?;
    Some(trees.collect())
}

/// Attributes of ours that stand where they mean nothing.
pub(crate) fn misplaced(attributes: &[Attribute], names: &[&str], belongs: &str, errors: &mut Errors) {
    for attribute in attributes {
        if let Some(name) = names.iter().find(|name| attribute.path().is_ident(name)) {
            errors.over(attribute.path(), format!("`#[{name}(..)]` belongs {belongs}"));
        }
    }
}

/// A data closure `|a| EXPR`, or a path to a method that is called instead.
#[derive(Clone)]
pub(crate) enum Closure {
    Inline { parameter: TokenStream, body: TokenStream },
    Path(TokenStream),
}

impl Parse for Closure {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let whole = input.span();
        let tokens = ungrouped(input.parse()?);
        let parse = |input: ParseStream<'_>| Self::parse_tokens(input, whole);
        parse.parse2(without_last_comma(tokens))
    }
}

impl Closure {
    fn parse_tokens(input: ParseStream<'_>, whole: Span) -> Result<Self> {
        let _ = input.parse::<Option<Token![move]>>()?;
        if input.peek(Token![||]) {
            return Err(Error::new(whole, "this closure takes the activation: write `|a| ..`"));
        }
        if !input.peek(Token![|]) {
            return Self::parse_path(input, whole);
        }
        input.parse::<Token![|]>()?;
        let mut parameter = TokenStream::new();
        let mut generics = 0;
        while !input.peek(Token![|]) {
            generics += i32::from(input.peek(Token![<])) - i32::from(input.peek(Token![>]));
            if generics == 0 && input.peek(Token![,]) {
                let message =
                    "a data closure takes the activation alone: `|a| ..`; a method, `Self::name`, also gets `&self`";
                return Err(Error::new(input.span(), message));
            }
            parameter.extend([input.parse::<TokenTree>()?]);
        }
        input.parse::<Token![|]>()?;
        if input.peek(Token![->]) {
            return Err(Error::new(input.span(), "a data closure has no `->`: its type is known from where it stands"));
        }
        let body: TokenStream = input.parse()?;
        if let Some(span) = find_self(&body) {
            let message = "a data closure has no `self`: write a method `fn name(&self, a: &Activation<Self, ..>) -> Result<..>`, and name it here as `Self::name`";
            return Err(Error::new(span, message));
        }
        if body.is_empty() {
            return Err(Error::new(whole, "this closure needs a body: `|a| ..`"));
        }
        Ok(Self::Inline { parameter, body })
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
            Ok(Self::Path(path))
        } else {
            Err(Error::new_spanned(path, expected))
        }
    }
}

/// Where `self` stands in the tokens, but for paths such as `self::name`.
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

/// What stands in the invisible group that a fragment of a `macro_rules!` macro comes in.
pub(crate) fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => ungrouped(group.stream()),
        _ => tokens,
    }
}

fn without_last_comma(tokens: TokenStream) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    if matches!(trees.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == ',') {
        trees.pop();
    }
    trees.into_iter().collect()
}

/// A type without the invisible group and the parentheses it may stand in.
pub(crate) fn plain_type(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain_type(&group.elem),
        Type::Paren(paren) => plain_type(&paren.elem),
        ty => ty,
    }
}

impl Closure {
    /// The closure as a function of flow and activation whose body is wrapped by `wrap`, in which `?` works.
    pub(crate) fn to_function(&self, wrap: impl Fn(&TokenStream) -> TokenStream) -> TokenStream {
        match self {
            Self::Path(path) => path.clone(),
            Self::Inline { parameter, body } => {
                let span = body.span();
                let wrapped = wrap(&grouped(body));
                quote_spanned!(span=> |_, #parameter| ::core::result::Result::Ok(#wrapped))
            }
        }
    }

    /// As [`Closure::to_function`], with the body as it is.
    pub(crate) fn to_plain_function(&self) -> TokenStream {
        self.to_function(Clone::clone)
    }

    /// The body or the path, and whether it is a path.
    pub(crate) fn tokens(&self) -> (&TokenStream, bool) {
        match self {
            Self::Inline { body, .. } => (body, false),
            Self::Path(path) => (path, true),
        }
    }
}

/// Adds the methods of the flow that are called in the tokens, as `Self::name(..)`, or that they name as a path.
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
        // `Self::name`, or `Flow::<Arguments>::name`.
        let mut rest = &trees[at + 1..];
        if let [a, b, TokenTree::Punct(open), ..] = rest
            && is_colon(a)
            && is_colon(b)
            && open.as_char() == '<'
        {
            let Some(close) = rest.iter().rposition(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == '>'))
            else {
                continue;
            };
            rest = &rest[close + 1..];
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

fn is_colon(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':')
}

/// An expression that stays one whatever stands around it, without parentheses that rustc would call superfluous.
fn grouped(body: &TokenStream) -> TokenStream {
    let mut group = Group::new(Delimiter::None, body.clone());
    group.set_span(body.span());
    TokenTree::Group(group).into_token_stream()
}

/// The text of all doc comments of an item, a line each.
pub(crate) fn doc_lines(attributes: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(meta) = &attribute.meta else { continue };
        if let (true, Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = (meta.path.is_ident("doc"), &meta.value) {
            lines.extend(text.value().lines().map(|line| line.trim().to_owned()));
        }
    }
    lines
}

/// The doc attributes, to be put on what is generated.
pub(crate) fn docs(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc"))
}

/// The first sentence of the doc comment, without its full stop.
pub(crate) fn first_sentence(attributes: &[Attribute]) -> Option<String> {
    let lines = doc_lines(attributes);
    let first: Vec<&str> = lines.iter().map(String::as_str).take_while(|line| !line.is_empty()).collect();
    let text = first.join(" ");
    let sentence = text.split_once(". ").map_or(text.as_str(), |(sentence, _)| sentence);
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence).trim();
    (!sentence.is_empty()).then(|| sentence.to_owned())
}

/// `fill_post_label` becomes "Fill post label".
pub(crate) fn title_of(name: &str) -> String {
    let mut title = name.replace('_', " ");
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// `PublishPost` becomes `publish_post`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before_is_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && before_is_lower {
            snake.push('_');
        }
        before_is_lower = letter.is_lowercase() || letter.is_ascii_digit();
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `fill_post_label` becomes `FillPostLabel`.
pub(crate) fn camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    });
    words.collect()
}

/// The name of a field without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `::viewflow`, or what `crate = path` says.
pub(crate) fn default_crate() -> TokenStream {
    quote!(::viewflow)
}

/// An unknown option, with the one that was likely meant.
pub(crate) fn unknown_option(key: &Ident, known: &[&str]) -> Error {
    let name = key.to_string();
    let hint = match viewflow_graph::nearest(&name, known.iter().copied()) {
        Some(nearest) => format!(", did you mean `{nearest}`?"),
        None => format!("; there is {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
    };
    Error::new(key.span(), format!("there is no option `{name}` here{hint}"))
}

/// Lints that code from attributes may break where it is put, or that are about style.
pub(crate) fn quiet_lints() -> TokenStream {
    quote!(
        deprecated,
        non_snake_case,
        non_upper_case_globals,
        unreachable_code,
        unused_braces,
        unused_parens,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::nursery
    )
}

/// A span that resolves names where the macro is defined, for local variables.
pub(crate) fn hidden() -> Span {
    Span::mixed_site()
}
