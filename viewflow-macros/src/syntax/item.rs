//! The item of a derive or an attribute, which may contain a syntax error.
//!
//! rustc reports the error and passes the tokens on as they were written. If the item had no impls, rustc would also
//! report all code that uses it. So this module repairs the item, and the macros report nothing else about it.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser as _;
use syn::{Attribute, DeriveInput, Field, Type, Variant};

use crate::errors::Errors;

/// Keywords, which cannot be names of attributes, with the attributes that are likely meant.
pub(crate) const KEYWORDS: [(&str, &str); 5] =
    [("if", "cond"), ("else", "otherwise"), ("match", "switch"), ("for", "branch"), ("fn", "call")];

/// An item that was read.
pub(crate) struct Read {
    pub(crate) item: DeriveInput,
    /// Whether the item was repaired after a syntax error. rustc has reported the error, so nothing else is reported.
    pub(crate) is_mended: bool,
    pub(crate) errors: Errors,
    /// The message for a syntax error that may be valid Rust in a later release.
    pub(crate) told: Option<TokenStream>,
}

/// Reads an item, even if it has a syntax error.
pub(crate) fn read(tokens: TokenStream) -> Result<Read, TokenStream> {
    match syn::parse2(tokens.clone()) {
        Ok(item) => Ok(Read { item, is_mended: false, errors: Errors::default(), told: None }),
        Err(error) => {
            let Some((tokens, is_known)) = mended(tokens) else { return Err(error.into_compile_error()) };
            let Ok(item) = syn::parse2(tokens) else { return Err(error.into_compile_error()) };
            // An item that is unknown here may be valid Rust of a later release.
            let told = (!is_known).then(|| error.into_compile_error());
            Ok(Read { item, is_mended: true, errors: Errors::untold(), told })
        }
    }
}

/// Expands a derive for the item.
pub(crate) fn derived(tokens: TokenStream, derive: impl FnOnce(DeriveInput, Errors) -> TokenStream) -> TokenStream {
    match read(tokens) {
        Ok(Read { item, errors, told, .. }) => {
            let derived = derive(item, errors);
            quote!(#told #derived)
        }
        Err(told) => told,
    }
}

/// Repairs an item, and also returns whether one of its errors is a known one.
///
/// Returns `None` if the item has neither fields nor variants.
fn mended(tokens: TokenStream) -> Option<(TokenStream, bool)> {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    let is_enum = trees.iter().any(|tree| matches!(tree, TokenTree::Ident(word) if word == "enum"));
    let is_body =
        |tree: &&mut TokenTree| matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let Some(TokenTree::Group(body)) = trees.iter_mut().rfind(is_body) else { return None };
    let mut mending = Mending { is_enum, slipped: false, parts: Vec::new(), part: Part::default() };
    mending.read(body.stream().into_iter().collect());
    let mut mended = Group::new(Delimiter::Brace, mending.parts.into_iter().collect());
    mended.set_span(body.span());
    *body = mended;
    Some((trees.into_iter().collect(), mending.slipped))
}

/// Reads and repairs the fields or variants of an item.
struct Mending {
    is_enum: bool,
    /// Whether it found an error that rustc rejects.
    slipped: bool,
    parts: Vec<TokenStream>,
    part: Part,
}

/// A field or variant, as far as it has been read.
#[derive(Default)]
struct Part {
    attributes: TokenStream,
    rest: Vec<TokenTree>,
    /// The number of `<` that are open.
    angles: usize,
}

impl Mending {
    fn read(&mut self, trees: Vec<TokenTree>) {
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            at += 1;
            match tree {
                TokenTree::Punct(sign) if sign.as_char() == ',' && self.part.angles == 0 => {
                    self.slipped |= self.part.rest.is_empty();
                    self.end();
                }
                TokenTree::Punct(sign) if sign.as_char() == ';' => {
                    self.slipped = true;
                    self.end();
                }
                TokenTree::Punct(sign) if sign.as_char() == '#' => {
                    self.begin_another();
                    if matches!(trees.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == '!') {
                        self.slipped = true;
                        at += 1;
                    }
                    at += self.attributes(sign, &trees[at..]);
                }
                TokenTree::Group(group) if self.part.rest.is_empty() && group.delimiter() == Delimiter::Bracket => {
                    self.slipped = true;
                    self.attributes(&Punct::new('#', Spacing::Alone), &trees[at - 1..]);
                }
                TokenTree::Ident(word) => {
                    if self.begins(word, &trees[at..]) {
                        self.begin_another();
                    }
                    self.part.rest.push(tree.clone());
                }
                tree => self.part.push(tree.clone()),
            }
        }
        self.slipped |= self.part.rest.is_empty() && !self.part.attributes.is_empty();
        self.end();
    }

    /// Whether a field or variant begins with this word, although the previous one has not ended.
    fn begins(&self, word: &Ident, next: &[TokenTree]) -> bool {
        if self.part.angles > 0 {
            return false;
        }
        let Some(last) = self.part.rest.last() else { return false };
        if self.is_enum {
            return matches!(last, TokenTree::Ident(_) | TokenTree::Group(_));
        }
        let is_named = matches!(next.first(), Some(TokenTree::Punct(sign)) if sign.as_char() == ':' && sign.spacing() == Spacing::Alone);
        let ends_a_type = match last {
            TokenTree::Punct(sign) => sign.as_char() == '>',
            _ => self.part.is_typed(),
        };
        ends_a_type && (is_named || word == "pub")
    }

    fn begin_another(&mut self) {
        if !self.part.rest.is_empty() {
            self.slipped = true;
            self.end();
        }
    }

    /// Reads one attribute, several attributes in one pair of brackets, or one without brackets.
    ///
    /// Returns the number of trees that it takes.
    fn attributes(&mut self, sign: &Punct, trees: &[TokenTree]) -> usize {
        match trees {
            [TokenTree::Group(group), ..] if self.attribute(sign, group.stream(), group.span()) => 1,
            [TokenTree::Group(group), ..] => {
                self.slipped = true;
                let trees: Vec<TokenTree> = group.stream().into_iter().collect();
                for trees in trees.split(|tree| matches!(tree, TokenTree::Punct(sign) if sign.as_char() == ',')) {
                    self.attribute(sign, unkeyworded(trees).into_iter().collect(), group.span());
                }
                1
            }
            [TokenTree::Ident(_), TokenTree::Group(group), ..] => {
                self.slipped = true;
                self.attribute(sign, trees[..2].iter().cloned().collect(), group.span());
                2
            }
            _ => 0,
        }
    }

    /// Adds an attribute, and returns whether it is a valid one.
    fn attribute(&mut self, sign: &Punct, content: TokenStream, at: Span) -> bool {
        let mut group = Group::new(Delimiter::Bracket, content);
        group.set_span(at);
        let attribute = quote!(#sign #group);
        let reads = Attribute::parse_outer.parse2(attribute.clone()).is_ok();
        if reads {
            self.part.attributes.extend(attribute);
        }
        reads
    }

    /// Ends a field or variant.
    ///
    /// One that cannot be read is left out. Attributes without a field belong to the next field.
    fn end(&mut self) {
        if self.part.rest.is_empty() {
            return;
        }
        let Part { attributes, rest, .. } = std::mem::take(&mut self.part);
        let reads = |part: TokenStream| {
            if self.is_enum { syn::parse2::<Variant>(part).is_ok() } else { Field::parse_named.parse2(part).is_ok() }
        };
        let whole = |rest: Vec<TokenTree>| attributes.clone().into_iter().chain(rest).collect::<TokenStream>();
        let candidates = [Some(rest.clone()), Some(unkeyworded(&rest)), field(&rest)];
        let found = candidates.into_iter().flatten().map(whole).enumerate().find(|(_, part)| reads(part.clone()));
        self.slipped |= found.as_ref().is_some_and(|(number, _)| *number > 0);
        self.slipped |= matches!(rest.first(), Some(TokenTree::Punct(_)));
        if let Some((_, part)) = found {
            self.parts.push(quote!(#part,));
        }
    }
}

/// Replaces a keyword at the beginning with the name that may have been meant.
fn unkeyworded(trees: &[TokenTree]) -> Vec<TokenTree> {
    let mut trees = trees.to_vec();
    let visibility = |tree: &&mut TokenTree| !matches!(tree, TokenTree::Ident(word) if word == "pub");
    if let Some(TokenTree::Ident(word)) = trees.iter_mut().find(visibility) {
        let name = word.to_string();
        if let Some((_, meant)) = KEYWORDS.iter().find(|(keyword, _)| *keyword == name) {
            *word = Ident::new(meant, word.span());
        } else if is_keyword(&name) {
            *word = Ident::new_raw(&name, word.span());
        }
    }
    trees
}

/// Whether a word is a keyword that can be used as a name, as `r#word`.
fn is_keyword(word: &str) -> bool {
    syn::parse_str::<Ident>(word).is_err() && syn::parse_str::<Ident>(&format!("r#{word}")).is_ok()
}

/// Returns the name and the type of a field, whatever stands between, before or after them.
fn field(trees: &[TokenTree]) -> Option<Vec<TokenTree>> {
    if let [TokenTree::Group(group)] = trees {
        return field(&group.stream().into_iter().collect::<Vec<_>>());
    }
    let is_name = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if !is_keyword(&word.to_string()));
    let name = trees.iter().position(is_name)?;
    let sign = |tree: &TokenTree| !matches!(tree, TokenTree::Punct(_));
    let first = name + 1 + trees[name + 1..].iter().position(sign)?;
    // This may be a function, for example.
    if matches!(trees.get(name + 1), Some(TokenTree::Group(_))) {
        return None;
    }
    let types = (first + 1..=trees.len()).rev().map(|end| trees[first..end].iter().cloned().collect::<TokenStream>());
    let ty = types.into_iter().find(|ty| syn::parse2::<Type>(ty.clone()).is_ok())?;
    let name = &trees[name];
    Some(quote!(#name: #ty).into_iter().collect())
}

impl Part {
    fn push(&mut self, tree: TokenTree) {
        if let TokenTree::Punct(sign) = &tree {
            let is_arrow = matches!(self.rest.last(), Some(TokenTree::Punct(before)) if before.as_char() == '-');
            match sign.as_char() {
                '<' => self.angles += 1,
                '>' if !is_arrow => self.angles = self.angles.saturating_sub(1),
                _ => {}
            }
        }
        self.rest.push(tree);
    }

    /// Whether the name and the colon were read.
    fn is_typed(&self) -> bool {
        self.rest.iter().any(|tree| matches!(tree, TokenTree::Punct(sign) if sign.as_char() == ':'))
    }
}
