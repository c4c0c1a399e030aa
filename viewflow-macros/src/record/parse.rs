//! Reads an annotated struct.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Data, DeriveInput, Fields, LitStr};

use super::Face;
use super::model::{Choices, Field, Index, Latch, OnDelete, Record};
use crate::errors::Errors;
use crate::syntax::{
    Closure, Opt, default_crate, doc_lines, earlier_names, misplaced, options, plain_name, snake_case, some_duration,
    title_of, told_type, ungrouped, unknown_option,
};

pub(super) fn parse(input: DeriveInput, face: Face, errors: &mut Errors) -> Record {
    let mut record = Record {
        face,
        krate: default_crate(),
        usable: true,
        seed: None,
        artifact: None,
        // With a dot in it, the table of a process's columns is no entity's.
        table: snake_case(&plain_name(&input.ident)) + if face == Face::Process { ".columns" } else { "" },
        label: None,
        id: None,
        name: snake_case(&plain_name(&input.ident)),
        key: None,
        latch: Latch::Keep,
        expires: None,
        fields: Vec::new(),
        vis: input.vis,
        ident: input.ident,
    };
    if !input.generics.params.is_empty() {
        errors
            .over(&input.generics, "a struct over a document has no generic parameters: its fields have one type each");
        record.usable = false;
    }
    misplaced(&input.attrs, &["field", "id", "was"], "on a field", errors);
    for option in options(&input.attrs, face.attribute(), errors) {
        let read = read_option(&mut record, &option);
        errors.ok(read);
    }
    match input.data {
        Data::Struct(data) => match data.fields {
            Fields::Named(named) => named.named.into_iter().for_each(|field| read_field(&mut record, field, errors)),
            Fields::Unit => {}
            Fields::Unnamed(fields) => {
                errors.over(&fields, "fields need names here: they are the keys in the document");
                record.usable = false;
            }
        },
        Data::Enum(_) | Data::Union(_) => {
            errors.over(&record.ident, "this is derived for a struct: its fields are the keys of a document");
            record.usable = false;
        }
    }
    if face == Face::Entity && record.id.is_none() && record.usable {
        let ident = &record.ident;
        errors.over(ident, format!("an entity has an identity: add a field `#[id] id: Id<{ident}>`"));
        record.usable = false;
    }
    check_keys(&record, errors);
    check_message(&mut record, errors);
    if !record.usable {
        record.fields.clear();
    }
    record
}

fn read_option(record: &mut Record, option: &Opt) -> syn::Result<()> {
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

fn read_field(record: &mut Record, field: syn::Field, errors: &mut Errors) {
    let Some(ident) = field.ident else { return };
    let face = record.face;
    misplaced(&field.attrs, &[face.attribute()], "on the struct", errors);
    if face == Face::Entity && field.attrs.iter().any(|attribute| attribute.path().is_ident("id")) {
        if record.id.is_none() {
            misplaced(&field.attrs, &["field"], "on a field that is not `#[id]`", errors);
            record.id = Some(ident);
            return;
        }
        errors.at(ident.span(), "an entity has one identity: only one field is `#[id]`");
    }
    let name = plain_name(&ident);
    if face.built_in().contains(&name.as_str()) {
        let what = face.attribute();
        errors.at(
            ident.span(),
            format!("every {what} has a `{name}` already: give the field another name (its key may stay: `#[field(key = \"{name}\")]`)"),
        );
    }
    let mut read = Field {
        label: title_of(&name),
        help: doc_lines(&field.attrs).join(" ").trim().to_owned(),
        key: vec![name],
        was: Vec::new(),
        from: None,
        default: None,
        max_length: None,
        min: None,
        max: None,
        pattern: None,
        choices: None,
        index: None,
        on_delete: None,
        column: false,
        ident,
        vis: field.vis,
        ty: field.ty,
    };
    for option in options(&field.attrs, "field", errors) {
        let result = read_field_option(face, &mut read, &option);
        errors.ok(result);
    }
    for name in earlier_names(&field.attrs, errors) {
        let was = path(&name);
        read.was.extend(errors.ok(was));
    }
    check_column(face, &read, &field.attrs, errors);
    record.fields.push(read);
}

fn read_field_option(face: Face, field: &mut Field, option: &Opt) -> syn::Result<()> {
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
fn path(text: &LitStr) -> syn::Result<Vec<String>> {
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

/// A process is found only by its columns.
fn check_column(face: Face, field: &Field, attributes: &[Attribute], errors: &mut Errors) {
    if face == Face::Process && !field.column && (field.index.is_some() || field.on_delete.is_some()) {
        let at = attributes.iter().find(|attribute| attribute.path().is_ident("field"));
        errors.over(at, "only a column of a process has an index or `on_delete`: write `#[field(column, ..)]`");
    }
    if field.column && field.key.len() > 1 {
        errors.at(field.ident.span(), "a column has a key without dots");
    }
}

/// The key of a message is one of its fields.
fn check_message(record: &mut Record, errors: &mut Errors) {
    if let (Latch::Drop, Some(_)) = (record.latch, record.expires) {
        errors.over(&record.ident, "a message that is dropped when nobody waits does not expire: keep one of the two");
    }
    let Some(key) = &record.key else { return };
    if record.fields.iter().any(|field| field.ident == *key) {
        return;
    }
    let names: Vec<String> = record.fields.iter().map(|field| plain_name(&field.ident)).collect();
    let hint = match viewflow_graph::nearest(&plain_name(key), names.iter().map(String::as_str)) {
        Some(near) => format!(", did you mean `{near}`?"),
        None => format!(": the key is one of the fields of `{}`", record.ident),
    };
    errors.at(key.span(), format!("there is no field `{key}` here{hint}"));
    record.key = None;
}

/// A field tells each key that it had once.
fn check_own_keys(field: &Field, errors: &mut Errors) {
    for (index, was) in field.was.iter().enumerate() {
        if *was == field.key || field.was[..index].contains(was) {
            let (ident, was) = (&field.ident, was.join("."));
            errors.at(ident.span(), format!("`{ident}` is or was kept under `{was}` anyway: tell an earlier key once"));
        }
    }
}

/// No two fields share a key, and none lies below another: the keys that they had before included.
fn check_keys(record: &Record, errors: &mut Errors) {
    let overlap = |a: &[String], b: &[String]| a.starts_with(b) || b.starts_with(a);
    for (index, field) in record.fields.iter().enumerate() {
        check_own_keys(field, errors);
        for other in record.fields[..index].iter().filter(|other| other.column == field.column) {
            let keys = |field: &'_ Field| -> Vec<Vec<String>> {
                std::iter::once(&field.key).chain(&field.was).cloned().collect()
            };
            let (own, others) = (keys(field), keys(other));
            if let Some(key) = own.iter().find(|key| others.iter().any(|other| overlap(key, other))) {
                let (first, second, joined) = (&other.ident, &field.ident, key.join("."));
                let message = if *key == field.key && *key == other.key {
                    format!("`{first}` and `{second}` are both kept under `{joined}`: give one of them another key")
                } else if *key == field.key && others.first().is_some_and(|other| overlap(key, other)) {
                    format!("of `{first}` and `{second}` one is kept within the other: give one of them another `key`")
                } else {
                    format!(
                        "`{first}` and `{second}` are, or once were, both kept under `{joined}`: an old key of one is not the key of another"
                    )
                };
                errors.at(field.ident.span(), message);
            }
        }
    }
}
