//! The small languages inside attributes: options, and data closures.
//!
//! Expressions are kept as the tokens the user wrote: rustc reads them, and tells of mistakes in them at their place.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Attribute, Error, Expr, ExprLit, Lit, LitStr, Meta, Result, Token};

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

    /// The value read as text in quotes.
    pub(crate) fn text(&self) -> Result<LitStr> {
        let tokens = self.tokens()?;
        let message = format!("`{0}` takes text in quotes: `{0} = \"..\"`", self.key);
        syn::parse2(tokens.clone()).map_err(|_| Error::new_spanned(tokens, message))
    }

    /// Nothing, for an option that is just named.
    pub(crate) fn flag(&self) -> Result<()> {
        match &self.value {
            None => Ok(()),
            Some(value) => Err(Error::new_spanned(value, format!("`{}` takes no value", self.key))),
        }
    }
}

/// A list of options. A comma ends a value only where another option follows: values may hold commas, as `a::<B, C>()`.
pub(crate) struct Opts(pub(crate) Vec<Opt>);

impl Parse for Opts {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Vec::new();
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
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

/// Whether `, key =`, `, key,` or `,` and the end come next.
fn option_follows(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.parse::<Token![,]>().is_err() || ahead.is_empty() {
        return true;
    }
    let named = ahead.call(Ident::parse_any).is_ok();
    let assigned = ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]);
    named && (assigned || ahead.is_empty() || ahead.peek(Token![,]))
}

/// The options of an attribute; none for `#[name]`.
pub(crate) fn options(attribute: &Attribute) -> Result<Vec<Opt>> {
    match &attribute.meta {
        Meta::Path(_) => Ok(Vec::new()),
        _ => Ok(attribute.parse_args::<Opts>()?.0),
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
        let _ = input.parse::<Option<Token![move]>>()?;
        if input.peek(Token![||]) {
            return Err(Error::new(whole, "this closure takes the activation: write `|a| ..`"));
        }
        if !input.peek(Token![|]) {
            let path = input.parse::<TokenStream>()?;
            if path.is_empty() {
                return Err(Error::new(whole, "expected a closure `|a| ..` or a method `Self::name`"));
            }
            let looks_like_path = |tree: &TokenTree| match tree {
                TokenTree::Ident(_) => true,
                TokenTree::Punct(punct) => matches!(punct.as_char(), ':' | '<' | '>' | ','),
                _ => false,
            };
            if !path.clone().into_iter().all(|tree| looks_like_path(&tree)) {
                return Err(Error::new_spanned(path, "expected a closure `|a| ..` or a method `Self::name`"));
            }
            return Ok(Self::Path(path));
        }
        input.parse::<Token![|]>()?;
        let mut parameter = TokenStream::new();
        while !input.peek(Token![|]) {
            parameter.extend([input.parse::<TokenTree>()?]);
        }
        input.parse::<Token![|]>()?;
        let body: TokenStream = input.parse()?;
        if body.is_empty() {
            return Err(Error::new(whole, "this closure needs a body: `|a| ..`"));
        }
        Ok(Self::Inline { parameter, body })
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

    /// The method's name, when it is `Self::name`.
    pub(crate) fn method(&self) -> Option<String> {
        match self {
            Self::Inline { .. } => None,
            Self::Path(path) => method_of_self(path),
        }
    }
}

/// `name`, of `Self::name`.
pub(crate) fn method_of_self(path: &TokenStream) -> Option<String> {
    let idents: Vec<String> = path
        .clone()
        .into_iter()
        .filter_map(|tree| if let TokenTree::Ident(ident) = tree { Some(ident.to_string()) } else { None })
        .collect();
    match idents.as_slice() {
        [first, name] if first == "Self" => Some(name.clone()),
        _ => None,
    }
}

/// An expression that stays one whatever stands around it, without parentheses that rustc would call superfluous.
fn grouped(body: &TokenStream) -> TokenStream {
    let mut group = proc_macro2::Group::new(Delimiter::None, body.clone());
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
        let mut word = word.to_owned();
        if let Some(first) = word.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        word
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

/// A span that resolves names where the macro is defined, for local variables.
pub(crate) fn hidden() -> Span {
    Span::mixed_site()
}
