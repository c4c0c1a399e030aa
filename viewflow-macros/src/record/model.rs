//! The model of an annotated struct.

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
    /// Whether all fields can be read.
    pub(super) whole: bool,
    /// Whether it is a struct of named fields.
    ///
    /// If not, only the traits are implemented, to avoid more messages.
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
    /// The time for which a message is kept.
    pub(super) expires: Option<Duration>,
    pub(super) fields: Vec<Field>,
}

/// The fate of a message that nobody waits for.
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
    /// The title of the page that begins with this field.
    pub(super) page: Option<LitStr>,
    /// The field's `#[field(..)]`, as the place of messages about all of it.
    pub(super) attribute: Option<Attribute>,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) key: Vec<String>,
    pub(super) was: Vec<Vec<String>>,
    /// The conversion from the type that the field had before.
    pub(super) from: Option<Closure>,
    pub(super) default: Option<TokenStream>,
    pub(super) max_length: Option<TokenStream>,
    pub(super) min: Option<TokenStream>,
    pub(super) max: Option<TokenStream>,
    pub(super) pattern: Option<LitStr>,
    pub(super) choices: Option<Choices>,
    pub(super) widget: Option<Widget>,
    /// The function that computes the field from the others.
    pub(super) computed: Option<Asked>,
    /// The function that returns whether the field is asked, given the others.
    pub(super) only_if: Option<Asked>,
    /// The option `required`, which belongs next to `only_if`.
    pub(super) required: Option<Ident>,
    pub(super) index: Option<Index>,
    pub(super) on_delete: Option<OnDelete>,
    pub(super) column: bool,
    /// Whether some attribute of the field could not be read.
    pub(super) incomplete: bool,
}

/// The widget of a field: its name as written, and the code for it.
pub(super) struct Widget {
    pub(super) name: Ident,
    pub(super) value: TokenStream,
}

/// A question about the struct of a field, and the option that asks it.
pub(super) struct Asked {
    pub(super) option: Ident,
    pub(super) question: OfForm,
}

pub(super) enum Choices {
    /// A list that is known at compile time.
    List(TokenStream),
    /// A query over the tables: `|db| ..`, or `|db, user| ..`.
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
    /// Creates a struct without attributes and fields.
    pub(super) fn new(face: Face, ident: Ident, vis: Visibility) -> Self {
        let name = snake_case(&plain_name(&ident));
        Self {
            face,
            krate: default_crate(),
            usable: true,
            whole: true,
            seed: None,
            artifact: None,
            // The dot keeps the table of a process's columns apart from the tables of entities.
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
    /// Creates a field without attributes.
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
