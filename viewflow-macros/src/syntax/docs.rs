//! Doc comments.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the first sentence of the doc comment, without its full stop.
pub(crate) fn first_sentence(attributes: &[Attribute]) -> Option<String> {
    let lines = doc_lines(attributes);
    let first: Vec<&str> = lines
        .iter()
        .map(String::as_str)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect();
    let text = first.join(" ");
    let sentence = text.split_once(". ").map_or(text.as_str(), |(sentence, _)| sentence);
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence).trim();
    (!sentence.is_empty()).then(|| sentence.to_owned())
}

/// Returns the lines of all doc comments of an item.
pub(crate) fn doc_lines(attributes: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in docs(attributes) {
        if let Meta::NameValue(meta) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value
        {
            // A `#[doc = ""]` counts as one empty line, although `str::lines` would return none.
            lines.extend(text.value().split('\n').map(|line| line.trim().to_owned()));
        }
    }
    lines
}

/// Returns the doc attributes, for generated code.
pub(crate) fn docs(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc"))
}

#[cfg(test)]
mod tests {
    use syn::{DeriveInput, parse_quote};

    use super::first_sentence;

    #[test]
    fn the_first_sentence_ends_with_a_full_stop_or_with_its_paragraph() {
        let sentence = |item: DeriveInput| first_sentence(&item.attrs);
        let with_a_stop: DeriveInput = parse_quote! {
            /// Publish a
            /// post. And more.
            struct Flow;
        };
        assert_eq!(sentence(with_a_stop).as_deref(), Some("Publish a post"));
        let without_one: DeriveInput = parse_quote! {
            ///
            /// Publish a post
            ///
            /// And more
            struct Flow;
        };
        assert_eq!(sentence(without_one).as_deref(), Some("Publish a post"));
    }
}
