//! `#[viewflow::flow(..)]` and the others: what a derive writes, asked for by an attribute.
//!
//! An attribute calls what the derive calls. It hands its options on as the derive's own attribute, adds the other
//! derives that none below it names, and leaves the item as it is, but for the attributes that it has read. The item is
//! written whatever is wrong, so that one mistake is one message.

mod above;
mod item;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Error, Path, parse_quote};

use self::above::derived_above;
use self::item::{derived, has_cfg, put_into_docs, without};
use crate::errors::Errors;
use crate::flow;
use crate::record::{self, Face};
use crate::syntax::{KEYWORDS, Read, default_crate, options, read};

/// All of them, and what they derive.
const ALL: [(&str, &str); 6] = [
    ("flow", "Flow"),
    ("process", "Process"),
    ("task", "Task"),
    ("form", "Form"),
    ("entity", "Entity"),
    ("message", "Message"),
];

/// Which attribute it is.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Flow,
    Record(Face),
}

/// What the attribute with these options writes, the item included.
pub(crate) fn attributed(given: TokenStream, tokens: TokenStream, of: Of) -> TokenStream {
    let name = of.name();
    let given: Option<Attribute> = (!given.is_empty()).then(|| {
        let name = format_ident!("{name}");
        parse_quote!(#[#name(#given)])
    });
    match read(tokens.clone()) {
        Ok(read) => of.written(given, tokens, read),
        Err(told) => {
            let is_type =
                tokens.clone().into_iter().any(|tree| ["struct", "enum", "union"].contains(&&*tree.to_string()));
            let what = format!("`#[viewflow::{name}]` belongs on a struct: {}", of.makes());
            let told = if is_type { told } else { Error::new(Span::call_site(), what).into_compile_error() };
            quote!(#told #tokens)
        }
    }
}

impl Of {
    fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Record(face) => face.attribute(),
        }
    }

    /// The derive that does the same.
    fn derive(self) -> &'static str {
        ALL.iter().find(|(name, _)| *name == self.name()).map_or("", |(_, derive)| derive)
    }

    fn makes(self) -> &'static str {
        match self {
            Self::Flow => "its fields are the nodes of the flow",
            Self::Record(_) => "its fields are the keys of a document",
        }
    }

    /// The attributes that the derive has, which would mean nothing without it.
    pub(crate) fn helpers(self) -> Vec<String> {
        match self {
            Self::Flow => {
                let nodes = viewflow_graph::Attribute::ALL.iter().map(|attribute| attribute.name().to_owned());
                let keywords = KEYWORDS.iter().map(|(keyword, _)| format!("r#{keyword}"));
                nodes.chain(keywords).chain(["flow".to_owned()]).collect()
            }
            Self::Record(face) => face.helpers().iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// What the derive writes, and what belongs into the documentation of the item.
    fn write(self, item: DeriveInput, errors: Errors) -> (TokenStream, Option<Attribute>) {
        match self {
            Self::Flow => flow::attribute(item, errors),
            Self::Record(face) => (record::derive(item, face, errors), None),
        }
    }

    fn written(self, given: Option<Attribute>, tokens: TokenStream, read: Read) -> TokenStream {
        let Read { mut item, mut errors, told } = read;
        let (name, own) = (self.name(), self.derive());
        let above = derived_above();
        if above.is_some() {
            let message = format!("`#[viewflow::{name}]` has to know what is derived: put it above `#[derive(..)]`");
            errors.at(Span::call_site(), message);
        }
        let is_right = refuse_others(&mut item, name, &mut errors) & refuse_derive(&mut item, name, own, &mut errors);
        let below = derived(&item.attrs);
        let is_derived = |wanted: &str| {
            below.iter().any(|path| is_named(path, wanted)) || above.iter().flatten().any(|above| above == wanted)
        };
        let mut derives = Vec::new();
        // A derive sees what `cfg` leaves of the fields, and an attribute does not.
        let by_derive = has_cfg(&tokens) && !is_derived(own);
        if by_derive {
            let (krate, own) = (crate_of(given.iter().chain(&item.attrs), name), format_ident!("{own}"));
            derives.push(quote!(#krate::#own));
        }
        // A flow is not printed. A union is told of, and cannot be.
        if !matches!((self, &item.data), (Self::Flow, _) | (_, Data::Union(_))) {
            derives.extend((!is_derived("Clone")).then(|| quote!(::core::clone::Clone)));
            derives.extend((!is_derived("Debug")).then(|| quote!(::core::fmt::Debug)));
        }
        let derives = (!derives.is_empty()).then(|| quote!(#[derive(#(#derives),*)]));
        if by_derive {
            let (errors, item) = (errors.into_tokens(), if is_right { tokens } else { item.into_token_stream() });
            return quote!(#errors #derives #given #item);
        }
        let mut left = without(item.clone(), &self.helpers());
        if is_derived(own) {
            let errors = errors.into_tokens();
            return quote!(#errors #told #derives #left);
        }
        item.attrs.splice(0..0, given);
        let (items, docs) = self.write(item, errors);
        docs.into_iter().for_each(|docs| put_into_docs(&mut left, docs));
        quote!(#derives #left #told #items)
    }
}

fn is_named(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

/// Takes away attributes of ours that stand below the one of this name, and tells of them. Returns whether there are none.
fn refuse_others(item: &mut DeriveInput, of: &str, errors: &mut Errors) -> bool {
    let before = item.attrs.len();
    item.attrs.retain(|attribute| {
        let names: Vec<String> = attribute.path().segments.iter().map(|part| part.ident.to_string()).collect();
        let [krate, name] = &names[..] else { return true };
        let is_ours = krate == "viewflow" && ALL.iter().any(|(ours, _)| ours == name);
        if is_ours && name == of {
            errors.over(attribute.path(), format!("`#[viewflow::{name}]` is given twice: keep one"));
        } else if is_ours {
            let message = format!("a struct is one thing: keep `#[viewflow::{of}]` or `#[viewflow::{name}]`");
            errors.over(attribute.path(), message);
        }
        !is_ours
    });
    item.attrs.len() == before
}

/// Takes away the derive that does the same, and tells of it. Returns whether there is none.
fn refuse_derive(item: &mut DeriveInput, name: &str, own: &str, errors: &mut Errors) -> bool {
    let mut is_right = true;
    for attribute in &mut item.attrs {
        let (twice, others): (Vec<_>, Vec<_>) =
            derived(std::slice::from_ref(attribute)).into_iter().partition(|path| is_named(path, own));
        if let Some(path) = twice.first() {
            errors.over(path, format!("`#[viewflow::{name}]` derives `{own}`: remove one of the two"));
            *attribute = parse_quote!(#[derive(#(#others),*)]);
            is_right = false;
        }
    }
    is_right
}

/// What `crate = path` says in attributes of this name.
fn crate_of<'a>(attributes: impl Iterator<Item = &'a Attribute>, name: &str) -> TokenStream {
    let attributes: Vec<Attribute> = attributes.cloned().collect();
    let options = options(&attributes, name, &mut Errors::untold());
    let given = options.iter().find(|option| option.key == "crate").and_then(|option| option.path().ok());
    given.unwrap_or_else(default_crate)
}
