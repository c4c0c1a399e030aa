//! `#[derive(Process)]`, `Task`, `Form`, `Entity`, `Embedded` and `Message`: structs laid over documents.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::Errors;

/// Which of the derives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Process,
    Task,
    Form,
    Entity,
    Embedded,
    Message,
}

impl Face {
    /// The attribute on the struct.
    fn attribute(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Task => "task",
            Self::Form => "form",
            Self::Entity => "entity",
            Self::Embedded => "embedded",
            Self::Message => "message",
        }
    }

    /// The options of that attribute.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Process => &["seed", "artifact", "table", "crate"],
            Self::Task => &["seed", "artifact", "crate"],
            Self::Form | Self::Embedded => &["crate"],
            Self::Entity => &["table", "label", "crate"],
            Self::Message => &["name", "key", "latch", "expires", "crate"],
        }
    }

    /// Names that each of them has anyway.
    fn built_in(self) -> &'static [&'static str] {
        match self {
            Self::Process => &["id", "status", "created", "finished", "seed", "artifact"],
            Self::Task => &["id", "status", "owner", "seed", "artifact"],
            _ => &[],
        }
    }

    /// The options of `#[field(..)]`.
    fn field_options(self) -> Vec<&'static str> {
        let mut options = vec!["label", "help", "default", "max_length", "min", "max", "choices", "pattern"];
        if self != Self::Form {
            options.extend(["key", "was", "from"]);
        }
        match self {
            Self::Entity => options.extend(["index", "unique", "on_delete"]),
            Self::Process => options.extend(["column", "index", "unique", "on_delete"]),
            _ => {}
        }
        options
    }
}

pub(crate) fn derive(input: DeriveInput, face: Face) -> TokenStream {
    let mut errors = Errors::default();
    let record = parse::parse(input, face, &mut errors);
    expand::expand(&record, errors)
}
