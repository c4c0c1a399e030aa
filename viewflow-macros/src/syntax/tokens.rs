//! Functions that move, change and format tokens.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Type;

/// Formats a type as a person writes it.
pub(crate) fn told(ty: &TokenStream) -> String {
    let text = ty.to_string();
    text.replace(" :: ", "::")
        .replace(" as::", " as ::")
        .replace(" < ", "<")
        .replace("< ", "<")
        .replace(" <", "<")
        .replace(" >", ">")
        .replace(" ,", ",")
}

/// Returns the same tokens with another span, at which rustc points.
pub(crate) fn located(tokens: &TokenStream, at: Span) -> TokenStream {
    changed(tokens, &|mut tree| {
        tree.set_span(tree.span().located_at(at));
        tree
    })
}

/// Returns the tokens with each tree changed. Trees in a group are changed before the group.
pub(crate) fn changed(tokens: &TokenStream, change: &impl Fn(TokenTree) -> TokenTree) -> TokenStream {
    let deep = |tree: TokenTree| match tree {
        TokenTree::Group(group) => {
            let mut deep = Group::new(group.delimiter(), changed(&group.stream(), change));
            deep.set_span(group.span());
            change(TokenTree::Group(deep))
        }
        tree => change(tree),
    };
    tokens.clone().into_iter().map(deep).collect()
}

/// Returns the content of the invisible group in which a fragment of a `macro_rules!` macro comes.
pub(crate) fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => ungrouped(group.stream()),
        _ => tokens,
    }
}

/// Returns a type without the invisible group and the parentheses around it.
pub(crate) fn plain_type(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain_type(&group.elem),
        Type::Paren(paren) => plain_type(&paren.elem),
        ty => ty,
    }
}
