//! What was read from an annotated struct.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, LitStr, Type, Visibility};

use super::face::Face;
use crate::syntax::{Closure, OfForm, Query, default_crate, plain_name, plain_type, snake_case, title_of};

pub(super) struct Record {
    pub(super) face: Face,
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) krate: TokenStream,
    /// Whether all its fields can be read.
    pub(super) whole: bool,
    /// Whether it is a struct of named fields: else only the traits are implemented, for the sake of the messages.
    pub(super) usable: bool,
    pub(super) seed: Option<TokenStream>,
    pub(super) artifact: Option<TokenStream>,
    pub(super) table: String,
    pub(super) label: Option<Ident>,
    pub(super) id: Option<Ident>,
    /// The stored name of a message.
    pub(super) name: String,
    /// The field of a message that is its correlation key.
    pub(super) key: Option<Ident>,
    pub(super) latch: Latch,
    /// How long a message is kept.
    pub(super) expires: Option<Duration>,
    pub(super) fields: Vec<Field>,
}

/// What happens to a message that nobody waits for.
#[derive(Clone, Copy)]
pub(super) enum Latch {
    Keep,
    Last,
    Drop,
}

pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) ty: Type,
    /// The title of the page that begins with it.
    pub(super) page: Option<LitStr>,
    /// Its `#[field(..)]`, for what is said of it as a whole.
    pub(super) attribute: Option<Attribute>,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) key: Vec<String>,
    pub(super) was: Vec<Vec<String>>,
    /// What makes a value of one of the type that it had before.
    pub(super) from: Option<Closure>,
    pub(super) default: Option<TokenStream>,
    pub(super) max_length: Option<TokenStream>,
    pub(super) min: Option<TokenStream>,
    pub(super) max: Option<TokenStream>,
    pub(super) pattern: Option<LitStr>,
    pub(super) choices: Option<Choices>,
    pub(super) widget: Option<Widget>,
    /// What computes it from the others.
    pub(super) computed: Option<Asked>,
    /// Whether it is asked, by the others.
    pub(super) only_if: Option<Asked>,
    /// `required`, beside a condition.
    pub(super) required: Option<Ident>,
    pub(super) index: Option<Index>,
    pub(super) on_delete: Option<OnDelete>,
    pub(super) column: bool,
    /// Whether something that is said of it could not be read.
    pub(super) incomplete: bool,
}

/// A hint with what a field is best filled in: as it is written, and what is written of it.
pub(super) struct Widget {
    pub(super) name: Ident,
    pub(super) value: TokenStream,
}

/// A question to the struct of a field, and the option that asks it.
pub(super) struct Asked {
    pub(super) option: Ident,
    pub(super) question: OfForm,
}

pub(super) enum Choices {
    /// A list, known beforehand.
    List(TokenStream),
    /// A question to the tables: `|db| ..`, or `|db, user| ..`.
    Query(Query),
}

#[derive(Clone, Copy)]
pub(super) enum Index {
    Plain,
    Unique,
}

#[derive(Clone)]
pub(super) enum OnDelete {
    Protect(Ident),
    SetNone(Ident),
    Cascade(Ident),
}

impl Record {
    /// A struct of which no more is known than its name.
    pub(super) fn new(face: Face, ident: Ident, vis: Visibility) -> Self {
        let name = snake_case(&plain_name(&ident));
        Self {
            face,
            krate: default_crate(),
            usable: true,
            whole: true,
            seed: None,
            artifact: None,
            // With a dot in it, the table of a process's columns is no entity's.
            table: if face == Face::Process { format!("{name}.columns") } else { name.clone() },
            label: None,
            id: None,
            name,
            key: None,
            latch: Latch::Keep,
            expires: None,
            fields: Vec::new(),
            ident,
            vis,
        }
    }
}

impl Field {
    /// A field of which no more is known than its name and type.
    pub(super) fn new(ident: Ident, vis: Visibility, ty: Type) -> Self {
        let name = plain_name(&ident);
        Self {
            page: None,
            attribute: None,
            label: title_of(&name),
            help: String::new(),
            key: vec![name],
            was: Vec::new(),
            from: None,
            default: None,
            max_length: None,
            min: None,
            max: None,
            pattern: None,
            choices: None,
            widget: None,
            computed: None,
            only_if: None,
            required: None,
            index: None,
            on_delete: None,
            column: false,
            incomplete: false,
            ident,
            vis,
            ty,
        }
    }

    /// Whether the type is written as `Option<..>`.
    pub(super) fn is_option(&self) -> bool {
        matches!(plain_type(&self.ty), Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
    }
}
