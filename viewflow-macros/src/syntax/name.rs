//! Names of fields and nodes, and the names that they had before.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, LitStr, Result, Token};

use crate::errors::Errors;

/// The name of the attribute, and of the option, for earlier names.
pub(crate) const WAS: &str = "was";

/// Parses the name of a node of the flow.
pub(crate) fn node_name(input: ParseStream<'_>) -> Result<Ident> {
    let at = input.span();
    let expected = "expected the name of a node: one of the flow's fields, without quotes or path";
    let name = input.call(Ident::parse_any).map_err(|_| Error::new(at, expected))?;
    if input.peek(Token![::]) { Err(Error::new(at, expected)) } else { Ok(name) }
}

/// Returns the earlier names of an item, from all of its `#[was(..)]`.
pub(crate) fn earlier_names(attributes: &[Attribute], errors: &mut Errors) -> Vec<LitStr> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident(WAS));
    ours.filter_map(|attribute| errors.ok(earlier_names_of(attribute))).flatten().collect()
}

/// Returns the names in one `#[was("..", ..)]`.
pub(crate) fn earlier_names_of(attribute: &Attribute) -> Result<Vec<LitStr>> {
    let expected = "`#[was(..)]` takes earlier names in quotes: `#[was(\"old_name\")]`";
    let tokens = attribute.meta.require_list().map_err(|_| Error::new_spanned(attribute, expected))?.tokens.clone();
    let names = Punctuated::<LitStr, Token![,]>::parse_terminated
        .parse2(tokens)
        .map_err(|error| Error::new(error.span(), expected))?;
    if names.is_empty() {
        return Err(Error::new_spanned(attribute, expected));
    }
    names.into_iter().map(|name| stored_name(&name).map(|_| name)).collect()
}

/// Returns a stored name, which must not be empty.
pub(crate) fn stored_name(text: &LitStr) -> Result<String> {
    let name = text.value();
    if name.is_empty() { Err(Error::new(text.span(), "a stored name must not be empty")) } else { Ok(name) }
}

/// Makes a title of a name: `fill_post_label` becomes "Fill post label".
pub(crate) fn title_of(name: &str) -> String {
    let mut title = name.replace('_', " ");
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// Converts `PublishPost` to `publish_post`.
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

/// Converts `fill_post_label` to `FillPostLabel`.
pub(crate) fn camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    });
    words.collect()
}

/// Returns the name of a field without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}
