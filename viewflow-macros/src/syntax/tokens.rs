//! Tokens as they are written, moved and told.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Type;

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

/// What stands in the invisible group that a fragment of a `macro_rules!` macro comes in.
pub(crate) fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => ungrouped(group.stream()),
        _ => tokens,
    }
}

/// A type without the invisible group and the parentheses it may stand in.
pub(crate) fn plain_type(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain_type(&group.elem),
        Type::Paren(paren) => plain_type(&paren.elem),
        ty => ty,
    }
}
