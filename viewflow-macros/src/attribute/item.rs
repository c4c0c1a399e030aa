//! The attributes on an item and inside it.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Path, Token};

use crate::syntax::doc_lines;

/// Returns the paths in the derives, as they are written.
pub(super) fn derived(attributes: &[Attribute]) -> Vec<Path> {
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let paths =
        derives.filter_map(|derive| derive.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok());
    paths.flatten().collect()
}

/// Whether some part of the item depends on a `cfg`.
///
/// rustc has already applied the `cfg`s on the item itself.
pub(super) fn has_cfg(tokens: &TokenStream) -> bool {
    let is_cfg = |tree: TokenTree| matches!(tree, TokenTree::Ident(word) if word == "cfg" || word == "cfg_attr");
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => {
            let is_attribute = group.delimiter() == Delimiter::Bracket;
            is_attribute && group.stream().into_iter().next().is_some_and(is_cfg) || has_cfg(&group.stream())
        }
        _ => false,
    })
}

/// Returns the item without the attributes of these names.
pub(super) fn without(mut item: DeriveInput, names: &[String]) -> DeriveInput {
    let take = |attributes: &mut Vec<Attribute>| {
        attributes.retain(|attribute| !names.iter().any(|name| attribute.path().is_ident(name)));
    };
    let take_from = |fields: &mut Fields| fields.iter_mut().for_each(|field| take(&mut field.attrs));
    take(&mut item.attrs);
    match &mut item.data {
        Data::Struct(data) => take_from(&mut data.fields),
        Data::Enum(data) => data.variants.iter_mut().for_each(|variant| {
            take(&mut variant.attrs);
            take_from(&mut variant.fields);
        }),
        Data::Union(_) => {}
    }
    item
}

/// Puts an attribute after the first paragraph of the item's doc comment.
///
/// rustdoc shows only that paragraph in lists of items.
pub(super) fn put_into_docs(item: &mut DeriveInput, attribute: Attribute) {
    let is_blank = |at: &usize| {
        let lines = doc_lines(std::slice::from_ref(&item.attrs[*at]));
        !lines.is_empty() && lines.iter().all(String::is_empty)
    };
    let docs = item.attrs.iter().enumerate().filter(|(_, attribute)| attribute.path().is_ident("doc"));
    let docs: Vec<usize> = docs.map(|(at, _)| at).collect();
    let blank = docs.iter().copied().skip_while(is_blank).find(is_blank);
    let at = blank.or(docs.last().map(|last| last + 1)).unwrap_or(0);
    item.attrs.insert(at, attribute);
}
