//! Checks a flow against its lock file: a change that running processes would not survive does not compile.

use std::fs;
use std::path::PathBuf;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::LitStr;
use syn::spanned::Spanned;
use viewflow_graph::lock::{self, Data, Lock, Now, RENEW, Type};
use viewflow_graph::{Kind, Sound};

use super::model::{Flow, Node, Way};
use crate::errors::Errors;
use crate::syntax::{plain_name, told};

/// The name of a crate's lock file, next to its `Cargo.toml`.
const FILE: &str = "flow.lock";

/// The part of the expansion that comes from a lock file.
#[derive(Default)]
pub(super) struct Locked {
    /// Items that make cargo compile the flow again when the file or `VIEWFLOW_LOCK` changes, and the locked fields.
    pub(super) items: TokenStream,
    /// Assertions with which the compiler compares the fields. Only the compiler knows their types.
    pub(super) asserts: Vec<TokenStream>,
}

/// Compares the nodes, and returns the code that compares the fields.
pub(super) fn check(flow: &Flow, sound: Option<&Sound>, errors: &mut Errors) -> Locked {
    let name = flow.lock.as_ref().map_or(FILE.to_owned(), LitStr::value);
    let Ok(directory) = std::env::var("CARGO_MANIFEST_DIR") else { return Locked::default() };
    let path = PathBuf::from(directory).join(&name);
    if !path.exists() {
        return Locked::default();
    }
    let at = flow.lock.as_ref().map_or_else(|| flow.ident.span(), LitStr::span);
    let with_separator = format!("/{name}");
    let items = quote! {
        const _: &::core::primitive::str =
            ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #with_separator));
        const _: ::core::option::Option<&::core::primitive::str> = ::core::option_env!("VIEWFLOW_LOCK");
    };
    let mut locked = Locked { items, asserts: Vec::new() };
    if std::env::var_os("VIEWFLOW_LOCK").is_some_and(|mode| mode == "update") {
        return locked;
    }
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            errors.at(at, format!("the lock file `{name}` cannot be read: {error}"));
            return Locked::default();
        }
    };
    let lock: Lock = match text.parse() {
        Ok(lock) => lock,
        Err(error) => {
            errors.at(at, format!("the lock file `{name}`, {error}"));
            return locked;
        }
    };
    let mut names = std::iter::once(flow.name.clone()).chain(flow.was.iter().map(LitStr::value));
    let old = names.find_map(|name| lock.flows.iter().find(|flow| flow.name == name));
    if let (Some(old), Some(sound)) = (old, sound)
        && !check_nodes(flow, old, sound, errors)
    {
        check_fields(flow, old, &mut locked);
    }
    locked
}

/// Compares the nodes, and returns whether there were mistakes.
fn check_nodes(flow: &Flow, old: &lock::Flow, sound: &Sound, errors: &mut Errors) -> bool {
    let names = |nodes: Vec<usize>| nodes.into_iter().map(|node| flow.nodes[node].name.as_str()).collect();
    let now: Vec<Now<'_>> = flow
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| Now {
            name: &node.name,
            was: node.was.iter().map(LitStr::value).collect(),
            kind: node.kind,
            closes: sound.split_of(index).map(|split| flow.nodes[split].name.as_str()),
            scope: names(sound.scope(index)),
        })
        .collect();
    let troubles = lock::compare(old, &now);
    for trouble in &troubles {
        let at = trouble.node.map_or_else(|| flow.ident.span(), |node| flow.nodes[node].ident.span());
        errors.at(at, &trouble.message);
    }
    !troubles.is_empty()
}

fn check_fields(flow: &Flow, old: &lock::Flow, locked: &mut Locked) {
    let process = flow.process_type();
    let at = flow.process.as_ref().map_or_else(|| flow.ident.span(), Spanned::span);
    let known = Known { flow: &old.name, whose: "the process".to_owned(), at };
    known.hold(&old.process, &process, "Process", locked);
    locked.asserts.extend(known.column_asserts(&old.process, &process));
    for node in &flow.nodes {
        let had = |name: &str| node.name == name || node.was.iter().any(|was| was.value() == name);
        let Some(old_node) = old.nodes.iter().find(|old| had(&old.name)).filter(|old| is_read_again(old.kind, node))
        else {
            continue;
        };
        let whose = format!("the tasks of `{}`", plain_name(&node.ident));
        let known = Known { flow: &old.name, whose, at: node.ident.span() };
        known.hold(&old_node.data, &node.task, "Task", locked);
    }
}

/// Whether a later step may read the data of a task: while the task waits, or when the task is undone.
fn is_read_again(kind: Kind, node: &Node) -> bool {
    let is_undone = || node.undo.is_some() || node.edges.iter().any(|edge| matches!(edge.way, Way::Compensation));
    kind.waits() || kind.is_split() || kind == Kind::Join || is_undone()
}

fn renew() -> String {
    format!("where nothing is stored yet, renew the lock: `{RENEW}`")
}

/// The owner of the data that is compared.
struct Known<'f> {
    flow: &'f str,
    whose: String,
    at: Span,
}

impl Known<'_> {
    fn assert(&self, holds: TokenStream, message: String) -> TokenStream {
        quote_spanned!(self.at=> ::core::assert!(#holds, #message))
    }

    /// Writes assertions that columns are still found in their table.
    fn column_asserts(&self, old: &Data, ty: &TokenStream) -> Vec<TokenStream> {
        let (Self { flow, whose, .. }, renew) = (self, renew());
        let table = old.table.iter().map(|table| {
            self.assert(
                quote!(__viewflow::finds_columns(<#ty as __viewflow::Process>::TABLE, #table)),
                format!(
                    "flow `{flow}`: the columns of {whose} are stored in the table `{table}`, which is not its table now: keep the \
                     table's name, `#[process(table = \"{table}\")]`, and a column; {renew}"
                ),
            )
        });
        let columns = old.fields.iter().filter(|field| field.column).map(|lock::Field { key, .. }| {
            self.assert(
                quote!(__viewflow::stays_column(<#ty as __viewflow::Fields>::SHAPES, #key)),
                format!(
                    "flow `{flow}`: the field `{key}` of {whose} was a column, and what is stored in it would no longer \
                     be read: keep `#[field(column)]`; {renew}"
                ),
            )
        });
        table.chain(columns).collect()
    }

    /// Writes an assertion for each field, the seed and the artifact.
    fn hold(&self, old: &Data, ty: &TokenStream, of: &str, locked: &mut Locked) {
        let Self { flow, whose, .. } = self;
        let renew = renew();
        let of = syn::Ident::new(of, crate::syntax::hidden());
        let assert = |holds, message| self.assert(holds, message);
        let Locked { items, asserts } = locked;
        for (what, item, old) in [("seed", quote!(Seed), &old.seed), ("artifact", quote!(Artifact), &old.artifact)] {
            let shape = shape(old);
            let now = quote!(<<#ty as __viewflow::#of>::#item as __viewflow::FieldType>::SHAPE);
            // Only the seed of a task has to be given; everything else may be missing.
            let is_there = what == "seed" && of == "Task";
            let now = if is_there { now } else { quote!(__viewflow::Shape::Optional(&#now)) };
            asserts.push(assert(
                quote!(__viewflow::reads(&#now, &#shape)),
                format!(
                    "flow `{flow}`: the {what} of {whose} was stored as `{old}`, which cannot be read as what it is now: keep its \
                     type until they are done; {renew}"
                ),
            ));
        }
        let all = format_ident!("WAS_{}", asserts.len(), span = crate::syntax::hidden());
        let were = fields(&old.fields);
        items.extend(quote!(const #all: &[__viewflow::FieldShape] = &[#(#were),*];));
        for (index, field) in old.fields.iter().enumerate() {
            let key = &field.key;
            asserts.push(assert(
                quote!(!__viewflow::seems_renamed(<#ty as __viewflow::Fields>::SHAPES, #all, #key, &#all[#index].shape)),
                format!(
                    "flow `{flow}`: the field `{key}` of {whose} is gone, and one of its type is new: if that has its value now, write \
                     `#[was(\"{key}\")]` above it; if not, renew the lock: `{RENEW}`"
                ),
            ));
            let mends = match field.ty {
                Type::Choice(_) => {
                    "where a choice has another name now, write `#[was(\"..\")]` above it; else give the field"
                }
                _ => "give it",
            };
            asserts.push(assert(
                quote!(__viewflow::reads_field(<#ty as __viewflow::Fields>::SHAPES, #key, &#all[#index].shape)),
                format!(
                    "flow `{flow}`: the field `{key}` of {whose} was stored as `{}`, which cannot be read as what it is now: {mends} \
                     `#[field(from = |old: ..| ..)]`, or keep its type; {renew}",
                    field.ty
                ),
            ));
        }
        asserts.push(assert(
            quote!(__viewflow::needs_nothing_new(<#ty as __viewflow::Fields>::SHAPES, #all)),
            format!(
                "flow `{flow}`: a field of {whose} (`{}`) is new and has to be there, and what is stored does not have it: make \
                 it an `Option`, give it a default, or tell with `#[was(\"..\")]` which one it was; {renew}",
                told(ty)
            ),
        ));
    }
}

fn fields(fields: &[lock::Field]) -> Vec<TokenStream> {
    fields
        .iter()
        .map(|field| {
            let (key, shape) = (&field.key, shape(&field.ty));
            quote!(__viewflow::FieldShape { key: #key, was: &[], shape: #shape, optional: true, converted: false, column: false })
        })
        .collect()
}

/// Writes a type of the lock file as the constant that it is compared with.
fn shape(ty: &Type) -> TokenStream {
    let of = |variant: TokenStream| quote!(__viewflow::Shape::#variant);
    match ty {
        Type::Plain(plain) => {
            let plain = format_ident!("{plain:?}");
            of(quote!(Plain(__viewflow::Plain::#plain)))
        }
        Type::Integer { min, max } => of(quote!(Integer { min: #min, max: #max })),
        Type::Choice(values) => of(quote!(Choice(&[#(&[#values]),*]))),
        Type::Reference(table) => of(quote!(Reference(#table))),
        Type::List(item) => {
            let item = shape(item);
            of(quote!(List(&#item)))
        }
        Type::Map(item) => {
            let item = shape(item);
            of(quote!(Map(&#item)))
        }
        Type::Optional(value) => {
            let value = shape(value);
            of(quote!(Optional(&#value)))
        }
        Type::Embedded(inner) => {
            let inner = fields(inner);
            of(quote!(Embedded(&[#(#inner),*])))
        }
        // A type that this release does not know can be read by the release that wrote it.
        _ => of(quote!(Plain(__viewflow::Plain::Nothing))),
    }
}
