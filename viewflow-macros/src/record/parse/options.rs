//! Reads the options of a struct and of a field.

use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

use crate::record::face::Face;
use crate::record::model::{Choices, Field, Index, Latch, OnDelete, Record};
use crate::syntax::{Closure, Opt, some_duration, told_type, ungrouped, unknown_option};

pub(super) fn read_option(record: &mut Record, option: &Opt) -> syn::Result<()> {
    let name = option.key.to_string();
    if !record.face.options().contains(&name.as_str()) {
        return Err(unknown_option(&option.key, record.face.options()));
    }
    match name.as_str() {
        "seed" => record.seed = Some(option.ty()?),
        "artifact" => record.artifact = Some(option.ty()?),
        "table" => record.table = option.name()?,
        "label" => record.label = Some(option.parse()?),
        "name" => record.name = option.name()?,
        "key" => record.key = Some(option.parse()?),
        "expires" => record.expires = Some(some_duration(&option.text()?)?),
        "latch" => {
            let latch: syn::Ident = option.parse()?;
            record.latch = match latch.to_string().as_str() {
                "keep" => Latch::Keep,
                "last" => Latch::Last,
                "drop" => Latch::Drop,
                _ => return Err(syn::Error::new(latch.span(), "`latch` is one of `keep`, `last`, `drop`")),
            };
        }
        _ => record.krate = option.path()?,
    }
    Ok(())
}

pub(super) fn read_field_option(face: Face, field: &mut Field, option: &Opt) -> syn::Result<()> {
    let known = face.field_options();
    let name = option.key.to_string();
    if !known.contains(&name.as_str()) {
        return Err(unknown_option(&option.key, &known));
    }
    match name.as_str() {
        "label" => field.label = option.text()?.value(),
        "help" => field.help = option.text()?.value(),
        "default" => field.default = Some(option.tokens()?),
        "max_length" => field.max_length = Some(option.tokens()?),
        "min" => field.min = Some(option.tokens()?),
        "max" => field.max = Some(option.tokens()?),
        "pattern" => field.pattern = Some(option.text().map(|text| quote::quote!(#text))?),
        "choices" => {
            let choices = choices(option.tokens()?)?;
            if let (Choices::Query { .. }, false) = (&choices, matches!(face, Face::Form | Face::Process)) {
                let message =
                    "choices from tables go with the fields of forms and processes: only forms are held against them";
                return Err(syn::Error::new(option.key.span(), message));
            }
            field.choices = Some(choices);
        }
        "key" => field.key = path(&option.text()?)?,
        "was" => field.was.push(path(&option.text()?)?),
        "from" => field.from = Some(conversion(option)?),
        "column" => field.column = option.flag().map(|()| true)?,
        "index" => field.index = option.flag().map(|()| Some(Index::Plain))?,
        "unique" => field.index = option.flag().map(|()| Some(Index::Unique))?,
        _ => field.on_delete = Some(on_delete(face, option)?),
    }
    Ok(())
}

/// `"a.b"` as a list of keys.
pub(super) fn path(text: &LitStr) -> syn::Result<Vec<String>> {
    let keys: Vec<String> = text.value().split('.').map(str::to_owned).collect();
    if keys.iter().any(String::is_empty) {
        return Err(syn::Error::new(text.span(), "a key is one or more names with dots between them: `a.b`"));
    }
    Ok(keys)
}

/// `|old: Type| ..`, or the path of a function.
fn conversion(option: &Opt) -> syn::Result<Closure> {
    let closure: Closure = option.parse()?;
    match &closure {
        Closure::Inline { parameter, .. } if told_type(parameter).is_none() => Err(syn::Error::new_spanned(
            parameter,
            format!("tell the type that the field had before: `from = |{parameter}: OldType| ..`"),
        )),
        _ => Ok(closure),
    }
}

fn choices(tokens: TokenStream) -> syn::Result<Choices> {
    let tokens = ungrouped(tokens);
    let first = tokens.clone().into_iter().next();
    if !matches!(&first, Some(TokenTree::Punct(punct)) if punct.as_char() == '|') {
        return Ok(Choices::List(tokens));
    }
    match syn::parse2(tokens)? {
        Closure::Inline { parameter, body } => Ok(Choices::Query { parameter, body }),
        Closure::Path(path) => Ok(Choices::List(path)),
    }
}

fn on_delete(face: Face, option: &Opt) -> syn::Result<OnDelete> {
    let ident: syn::Ident = option.parse()?;
    match ident.to_string().as_str() {
        "protect" => Ok(OnDelete::Protect),
        "set_none" => Ok(OnDelete::SetNone(ident)),
        "cascade" if face == Face::Process => Err(syn::Error::new(
            ident.span(),
            "a process is not deleted with a row it refers to: use `protect` or `set_none`",
        )),
        "cascade" => Ok(OnDelete::Cascade),
        _ => Err(syn::Error::new(ident.span(), "`on_delete` is one of `protect`, `set_none`, `cascade`")),
    }
}
