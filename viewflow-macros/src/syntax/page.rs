//! Pages of forms: `page("Title")`, as an attribute and inside `#[fields(..)]`.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::{Attribute, Error, LitStr, Result};

/// Returns the title in `#[page("Title")]`.
pub(crate) fn page_title(attribute: &Attribute) -> Result<LitStr> {
    let whole = attribute.path().segments.last().map_or_else(Span::call_site, |name| name.ident.span());
    match attribute.meta.require_list() {
        Ok(list) => list.parse_args_with(|input: ParseStream<'_>| title(input, whole)),
        Err(_) => Err(no_title(whole)),
    }
}

/// Parses the title in the parentheses of `page(..)`.
pub(crate) fn title(input: ParseStream<'_>, whole: Span) -> Result<LitStr> {
    if input.is_empty() {
        return Err(no_title(whole));
    }
    let title = input.parse::<LitStr>().map_err(|error| Error::new(error.span(), NEEDS))?;
    if title.value().trim().is_empty() {
        return Err(no_title(title.span()));
    }
    if input.is_empty() { Ok(title) } else { Err(Error::new(input.span(), "a page has a title and nothing else")) }
}

/// Returns the message for a title that another page has.
pub(crate) fn same_title(title: &LitStr, before: &[&LitStr]) -> Option<String> {
    let value = title.value();
    let same = before.iter().any(|other| other.value() == value);
    same.then(|| format!("a page of this form is called `{value}` already: give each page a title of its own"))
}

const NEEDS: &str = "a page needs a title: `page(\"Title\")`";

fn no_title(at: Span) -> Error {
    Error::new(at, NEEDS)
}
