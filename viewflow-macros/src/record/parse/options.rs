//! The options of a struct and of a field: each with its derives and its parser.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::token::Paren;
use syn::{Error, LitStr, Result, parenthesized};

use crate::record::face::Face::{self, Embedded, Entity, Form, Message, Process, Task, Variant};
use crate::record::model::{Asked, Choices, Field, Index, Latch, OnDelete, Record, Widget};
use crate::syntax::{Closure, Opt, WAS, some_duration, told_type, ungrouped, unknown_option};

/// The name of an option, the derives that take it, and the function that parses and stores it.
type Known<T> = (&'static str, &'static [Face], fn(&mut T, Face, &Opt) -> Result<()>);

const ALL: &[Face] = &[Process, Task, Form, Entity, Embedded, Message, Variant];
/// The derives whose data is stored for so long that its type may change.
const STORED: &[Face] = &[Process, Task, Entity, Embedded, Message];
/// The derives that have a table.
const TABLES: &[Face] = &[Process, Entity];

/// The derives that forms are made of.
const SHOWN: &[Face] = &[Process, Form, Embedded, Variant];
/// The derives whose fields a person fills in.
const FILLED_IN: &[Face] = &[Form, Embedded, Variant];

/// The options of the attribute on the struct.
const OF_A_STRUCT: [Known<Record>; 9] = [
    ("seed", &[Process, Task], |record, _, option| put(&mut record.seed, option.ty().map(Some))),
    ("artifact", &[Process, Task], |record, _, option| put(&mut record.artifact, option.ty().map(Some))),
    ("table", TABLES, |record, _, option| put(&mut record.table, option.name())),
    ("label", &[Entity], |record, _, option| put(&mut record.label, option.field().map(Some))),
    ("name", &[Message], |record, _, option| put(&mut record.name, option.name())),
    ("key", &[Message], |record, _, option| put(&mut record.key, option.field().map(Some))),
    ("latch", &[Message], |record, _, option| put(&mut record.latch, latch(option))),
    ("expires", &[Message], |record, _, option| {
        put(&mut record.expires, option.text().and_then(|text| some_duration(&text)).map(Some))
    }),
    ("crate", ALL, |record, _, option| put(&mut record.krate, option.path())),
];

/// The options of `#[field(..)]`.
const OF_A_FIELD: [Known<Field>; 19] = [
    ("label", ALL, |field, _, option| put(&mut field.label, option.text().map(|text| text.value()))),
    ("help", ALL, |field, _, option| put(&mut field.help, option.text().map(|text| text.value()))),
    ("default", ALL, |field, _, option| put(&mut field.default, option.expression().map(Some))),
    ("max_length", ALL, |field, _, option| put(&mut field.max_length, option.expression().map(Some))),
    ("min", ALL, |field, _, option| put(&mut field.min, option.expression().map(Some))),
    ("max", ALL, |field, _, option| put(&mut field.max, option.expression().map(Some))),
    ("choices", ALL, |field, face, option| put(&mut field.choices, choices(face, option).map(Some))),
    ("pattern", ALL, |field, _, option| put(&mut field.pattern, option.text().map(Some))),
    ("widget", SHOWN, |field, _, option| put(&mut field.widget, widget(option).map(Some))),
    ("computed", FILLED_IN, |field, _, option| put(&mut field.computed, asked(option).map(Some))),
    ("only_if", FILLED_IN, |field, _, option| put(&mut field.only_if, asked(option).map(Some))),
    ("required", FILLED_IN, |field, _, option| {
        put(&mut field.required, option.flag().map(|()| Some(option.key.clone())))
    }),
    ("key", STORED, |field, _, option| put(&mut field.key, option.text().and_then(|text| key_path(&text)))),
    (WAS, STORED, |field, _, option| key_path(&option.text()?).map(|was| field.was.push(was))),
    ("from", STORED, |field, _, option| put(&mut field.from, conversion(option).map(Some))),
    ("column", &[Process], |field, _, option| put(&mut field.column, option.flag().map(|()| true))),
    ("index", TABLES, |field, _, option| index(field, option, Index::Plain)),
    ("unique", TABLES, |field, _, option| index(field, option, Index::Unique)),
    ("on_delete", TABLES, |field, face, option| put(&mut field.on_delete, on_delete(face, option).map(Some))),
];

pub(super) fn read_option(record: &mut Record, option: &Opt) -> Result<()> {
    read(&OF_A_STRUCT, record.face, record, option)
}

pub(super) fn read_field_option(face: Face, field: &mut Field, option: &Opt) -> Result<()> {
    read(&OF_A_FIELD, face, field, option)
}

/// Parses `"a.b"` as a list of keys.
pub(super) fn key_path(text: &LitStr) -> Result<Vec<String>> {
    let keys: Vec<String> = text.value().split('.').map(str::to_owned).collect();
    if keys.iter().any(String::is_empty) {
        return Err(Error::new(
            text.span(),
            "expected a key of one or more names with dots between them, such as `a.b`",
        ));
    }
    Ok(keys)
}

fn read<T>(known: &[Known<T>], face: Face, of: &mut T, option: &Opt) -> Result<()> {
    let taken: Vec<_> = known.iter().filter(|(_, faces, _)| faces.contains(&face)).collect();
    match taken.iter().find(|(name, ..)| option.key == name) {
        Some((_, _, read)) => read(of, face, option),
        None if ["computed", "only_if", "required"].iter().any(|name| option.key == name) => {
            let message = format!(
                "`{}` belongs on a field of a form, or of what is nested in one: nobody fills this in",
                option.key
            );
            Err(Error::new(option.key.span(), message))
        }
        None => Err(unknown_option(&option.key, &taken.iter().map(|(name, ..)| *name).collect::<Vec<_>>())),
    }
}

fn put<T>(place: &mut T, value: Result<T>) -> Result<()> {
    *place = value?;
    Ok(())
}

/// Sets the index of a field, which can have only one.
fn index(field: &mut Field, option: &Opt, index: Index) -> Result<()> {
    option.flag()?;
    if field.index.is_some() {
        return Err(Error::new(option.key.span(), "`unique` is an index already: keep `unique` or `index`"));
    }
    field.index = Some(index);
    Ok(())
}

fn latch(option: &Opt) -> Result<Latch> {
    let ident = option.word("`keep`, `last` or `drop`")?;
    match ident.to_string().as_str() {
        "keep" => Ok(Latch::Keep),
        "last" => Ok(Latch::Last),
        "drop" => Ok(Latch::Drop),
        _ => Err(Error::new(ident.span(), "`latch` takes `keep`, `last` or `drop`")),
    }
}

/// Parses a list, or `|db| ..`, or `|db, user| ..`.
fn choices(face: Face, option: &Opt) -> Result<Choices> {
    let tokens = ungrouped(option.tokens()?);
    if !starts_a_closure(&tokens) {
        return option.expression().map(Choices::List);
    }
    let query = syn::parse2(tokens)?;
    if !matches!(face, Form | Process | Embedded | Variant) {
        return Err(Error::new(
            option.key.span(),
            "choices from tables belong on fields of forms and processes, and of what is nested in them: only forms are checked \
             against them",
        ));
    }
    Ok(Choices::Query(query))
}

/// Parses `long_text`, or `currency("EUR")`.
fn widget(option: &Opt) -> Result<Widget> {
    const NAMES: [&str; 5] = ["long_text", "radio", "password", "currency", "unit"];
    let tokens = ungrouped(option.tokens()?);
    let read = |input: ParseStream<'_>| {
        let name: Ident = input.parse()?;
        let of = if input.peek(Paren) {
            let inner;
            parenthesized!(inner in input);
            Some(inner.parse::<TokenStream>()?)
        } else {
            None
        };
        Ok((name, of))
    };
    let expected = || format!("`widget` takes one of {}", NAMES.map(|name| format!("`{name}`")).join(", "));
    let (name, of) = read.parse2(tokens.clone()).map_err(|_| Error::new_spanned(&tokens, expected()))?;
    let text = |example: &str| {
        let message = format!("`{name}` needs text in quotes: `widget = {name}({example})`");
        let text = of.clone().and_then(|of| syn::parse2::<LitStr>(of).ok()).filter(|of| !of.value().trim().is_empty());
        text.ok_or_else(|| Error::new_spanned(&tokens, message))
    };
    let value = match name.to_string().as_str() {
        "long_text" => quote!(LongText),
        "radio" => quote!(Radio),
        "password" => quote!(Password),
        "currency" => {
            let code = text("\"EUR\"")?;
            let value = code.value();
            if value.len() != 3 || !value.bytes().all(|letter| letter.is_ascii_uppercase()) {
                let message = "a currency has a code of three capital letters: `widget = currency(\"EUR\")`";
                return Err(Error::new(code.span(), message));
            }
            quote!(Currency(#code))
        }
        "unit" => {
            let unit = text("\"kg\"")?;
            quote!(Unit(#unit))
        }
        other => {
            let message = match viewflow_graph::nearest(other, NAMES) {
                Some(near) => format!("unknown widget `{other}`, did you mean `{near}`?"),
                None => format!("unknown widget `{other}`: {}", expected()),
            };
            return Err(Error::new(name.span(), message));
        }
    };
    if of.is_some() && !matches!(name.to_string().as_str(), "currency" | "unit") {
        return Err(Error::new_spanned(&tokens, format!("`{name}` takes nothing: `widget = {name}`")));
    }
    Ok(Widget { name, value })
}

/// Parses `|form| ..`.
fn asked(option: &Opt) -> Result<Asked> {
    let question = syn::parse2(ungrouped(option.tokens()?))?;
    Ok(Asked { option: option.key.clone(), question })
}

fn starts_a_closure(tokens: &TokenStream) -> bool {
    matches!(tokens.clone().into_iter().next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '|')
}

/// Parses `|old: Type| ..`, or the path of a function.
fn conversion(option: &Opt) -> Result<Closure> {
    let closure: Closure = option.parse()?;
    match &closure {
        Closure::Inline { parameter, .. } if told_type(parameter).is_none() => Err(Error::new_spanned(
            parameter,
            format!("`from` needs the type that the field had before: `from = |{parameter}: OldType| ..`"),
        )),
        _ => Ok(closure),
    }
}

fn on_delete(face: Face, option: &Opt) -> Result<OnDelete> {
    let ident = option.word("`protect`, `set_none` or `cascade`")?;
    match ident.to_string().as_str() {
        "protect" => Ok(OnDelete::Protect(ident)),
        "set_none" => Ok(OnDelete::SetNone(ident)),
        "cascade" if face == Process => Err(Error::new(
            ident.span(),
            "a process is not deleted with a row it refers to: write `on_delete = protect` or `on_delete = set_none`",
        )),
        "cascade" => Ok(OnDelete::Cascade(ident)),
        _ => Err(Error::new(ident.span(), "`on_delete` takes `protect`, `set_none` or `cascade`")),
    }
}
