//! Reads an annotated struct.

mod options;

use syn::{Data, DeriveInput, Fields};

use self::options::{path, read_field_option, read_option};
use super::check::{check_column, check_keys, check_message};
use super::face::Face;
use super::model::{Field, Latch, Record};
use crate::errors::Errors;
use crate::syntax::{default_crate, doc_lines, earlier_names, misplaced, options, plain_name, snake_case, title_of};

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
