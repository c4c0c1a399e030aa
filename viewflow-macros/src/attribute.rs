//! `#[viewflow::flow(..)]` and the other attributes, which expand to the same as a derive.
//!
//! An attribute calls the code of its derive, with its options as the derive's own attribute. It adds the other derives
//! unless a derive below names them. It writes the item unchanged, except for the attributes that it has read. It
//! writes the item whatever the mistakes are, so one mistake gives one message.

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

/// The attributes, with the derives that they stand for.
const ALL: [(&str, &str); 6] = [
    ("flow", "Flow"),
    ("process", "Process"),
    ("task", "Task"),
    ("form", "Form"),
    ("entity", "Entity"),
    ("message", "Message"),
];

/// An attribute.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Flow,
    Record(Face),
}

/// Expands an attribute with these options, including the item.
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

    /// Returns the name of the derive that does the same.
    fn derive(self) -> &'static str {
        ALL.iter().find(|(name, _)| *name == self.name()).map_or("", |(_, derive)| derive)
    }

    fn makes(self) -> &'static str {
        match self {
            Self::Flow => "its fields are the nodes of the flow",
            Self::Record(_) => "its fields are the keys of a document",
        }
    }

    /// Returns the helper attributes of the derive, which mean nothing without it.
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

    /// Returns the expansion of the derive, and the attribute that belongs in the documentation of the item.
    fn write(self, item: DeriveInput, errors: Errors) -> (TokenStream, Option<Attribute>) {
        match self {
            Self::Flow => flow::attribute(item, errors),
            Self::Record(face) => (record::derive(item, face, errors), None),
        }
    }

    fn written(self, given: Option<Attribute>, tokens: TokenStream, read: Read) -> TokenStream {
        let Read { mut item, mut errors, is_mended, .. } = read;
        let (name, own) = (self.name(), self.derive());
        let krate = crate_of(given.iter().chain(&item.attrs), name);
        let above = derived_above();
        if above.is_some() {
            let message = format!("`#[viewflow::{name}]` has to know what is derived: put it above `#[derive(..)]`");
            errors.at(Span::call_site(), message);
        }
        let is_alone = refuse_others(&mut item, name, &mut errors);
        let twice = take_derive(&mut item, own, &krate);
        if let Some(path) = &twice {
            errors.over(path, format!("`#[viewflow::{name}]` derives `{own}`: remove one of the two"));
        }
        let below = derived(&item.attrs);
        let is_derived = |wanted: &str| {
            below.iter().any(|path| is_named(path, wanted)) || above.iter().flatten().any(|above| above == wanted)
        };
        let mut derives = Vec::new();
        // A derive sees only the fields that `cfg` leaves, but an attribute sees all of them. So the derive does the
        // work where there is a `cfg`. It does so after a syntax error, too, where the item stays as it is.
        let has_own = above.iter().flatten().any(|above| above == own);
        let by_derive = (has_cfg(&tokens) || is_mended) && !has_own;
        if by_derive {
            let own = format_ident!("{own}");
            derives.push(quote!(#krate::#own));
        }
        // Nobody prints a flow, so it needs neither. A union cannot have them, and the derive reports it as a mistake.
        if !matches!((self, &item.data), (Self::Flow, _) | (_, Data::Union(_))) {
            derives.extend((!is_derived("Clone")).then(|| quote!(::core::clone::Clone)));
            derives.extend((!is_derived("Debug")).then(|| quote!(::core::fmt::Debug)));
        }
        let derives = (!derives.is_empty()).then(|| quote!(#[derive(#(#derives),*)]));
        if by_derive {
            let is_as_written = is_alone && twice.is_none();
            let (errors, item) = (errors.into_tokens(), if is_as_written { tokens } else { item.into_token_stream() });
            return quote!(#errors #derives #given #item);
        }
        let mut left = without(item.clone(), &self.helpers());
        if has_own {
            let errors = errors.into_tokens();
            return quote!(#errors #derives #left);
        }
        item.attrs.splice(0..0, given);
        let (items, docs) = self.write(item, errors);
        docs.into_iter().for_each(|docs| put_into_docs(&mut left, docs));
        quote!(#derives #left #items)
    }
}

fn is_named(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

/// Removes other attributes of ours from the item and reports them. Returns whether there were none.
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

/// Removes the derive that does the same as the attribute, and returns its path as it was written.
fn take_derive(item: &mut DeriveInput, own: &str, krate: &TokenStream) -> Option<Path> {
    let krate = krate.clone().into_iter().last().map(|name| name.to_string());
    // Another crate may have a derive of this name. It would be written with its path.
    let is_ours = |path: &Path| {
        let first = path.segments.first().map(|first| first.ident.to_string());
        is_named(path, own) && (path.segments.len() == 1 || first == krate)
    };
    let mut taken = None;
    for attribute in &mut item.attrs {
        let (ours, others): (Vec<_>, Vec<_>) =
            derived(std::slice::from_ref(attribute)).into_iter().partition(|path| is_ours(path));
        if let Some(path) = ours.into_iter().next() {
            *attribute = parse_quote!(#[derive(#(#others),*)]);
            taken = Some(path);
        }
    }
    taken
}

/// Returns the path given by `crate = path` in attributes of this name, or the default path.
fn crate_of<'a>(attributes: impl Iterator<Item = &'a Attribute>, name: &str) -> TokenStream {
    let attributes: Vec<Attribute> = attributes.cloned().collect();
    let options = options(&attributes, name, &mut Errors::untold());
    let given = options.iter().find(|option| option.key == "crate").and_then(|option| option.path().ok());
    given.unwrap_or_else(default_crate)
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens as _, quote};
    use syn::{File, Item};

    use super::{Of, attributed};
    use crate::errors::Errors;
    use crate::flow;
    use crate::record::Face;

    #[test]
    fn the_chart_stands_once_behind_the_first_paragraph_of_the_flow_and_by_a_derive_at_its_impl() {
        let flow = quote! {
            /// Write
            /// notes.
            ///
            /// Of all kinds.
            #[must_use]
            struct NoteFlow {
                #[next(end)]
                start: StartHandle,
                end: End,
            }
        };
        let derived = flow::derive(syn::parse2(flow.clone()).unwrap(), Errors::default()).to_string();
        assert_eq!(derived.matches("<svg").count(), 1);
        let written: File = syn::parse2(attributed(quote!(), flow, Of::Flow)).unwrap();
        assert_eq!(written.to_token_stream().to_string().matches("<svg").count(), 1);
        let Item::Struct(flow) = &written.items[0] else { panic!("the struct comes first") };
        let kinds = flow.attrs.iter().map(|attribute| match attribute.to_token_stream().to_string() {
            chart if chart.contains("<svg") => "chart".to_owned(),
            other => other.trim_start_matches("# [doc = ").trim_end_matches(']').to_owned(),
        });
        let kinds: Vec<String> = kinds.collect();
        assert_eq!(kinds, ["r\" Write\"", "r\" notes.\"", "chart", "r\"\"", "r\" Of all kinds.\"", "# [must_use"]);
    }

    #[test]
    fn where_a_field_is_behind_a_cfg_the_derive_is_added_by_its_path() {
        let task = quote! {
            #[derive(PartialEq)]
            struct Work {
                #[cfg(test)]
                part: u8,
            }
        };
        let written = attributed(quote!(crate = renamed), task.clone(), Of::Record(Face::Task)).to_string();
        let derives = quote!(#[derive(renamed::Task, ::core::clone::Clone, ::core::fmt::Debug)]);
        assert_eq!(written, quote!(#derives #[task(crate = renamed)] #task).to_string());
    }
}
