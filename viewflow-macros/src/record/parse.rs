//! Parses an annotated struct.

mod options;

use syn::{Data, DeriveInput, Fields, Type};

use self::options::{key_path, read_field_option, read_option};
use super::face::Face;
use super::model::{Field, Record};
use crate::errors::Errors;
use crate::syntax::{WAS, doc_lines, earlier_names, misplaced, options, page_title, plain_name, plain_type};

/// The name of a field's attribute.
pub(super) const FIELD: &str = "field";
/// The name of the attribute that begins a page of a form.
pub(super) const PAGE: &str = "page";
/// The name of the attribute on an entity's identity.
const ID: &str = "id";

pub(super) fn parse(input: DeriveInput, face: Face, errors: &mut Errors) -> Record {
    let mut record = Record::new(face, input.ident, input.vis);
    if !input.generics.params.is_empty() {
        errors
            .over(&input.generics, "a struct over a document cannot have generic parameters: give each field one type");
        record.usable = false;
    }
    misplaced(&input.attrs, &[FIELD, ID, WAS, PAGE], "on a field", errors);
    for option in options(&input.attrs, face.attribute(), errors) {
        errors.ok(read_option(&mut record, &option));
    }
    match input.data {
        Data::Struct(data) => match data.fields {
            Fields::Named(named) => named.named.into_iter().for_each(|field| read_field(&mut record, field, errors)),
            Fields::Unit => {}
            Fields::Unnamed(fields) => {
                errors.over(&fields, "expected fields with names: they are the keys in the document");
                record.usable = false;
            }
        },
        Data::Enum(_) | Data::Union(_) => {
            errors.over(&record.ident, "expected a struct: its fields are the keys of a document");
            record.usable = false;
        }
    }
    record
}

/// Checks that the identity is no plain value.
fn check_id(record: &mut Record, ty: &Type, errors: &mut Errors) {
    const VALUES: [&str; 12] =
        ["u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64", "isize", "String", "Uuid"];
    if let Type::Path(path) = plain_type(ty)
        && path.path.segments.last().is_some_and(|last| VALUES.iter().any(|value| last.ident == value))
    {
        errors.over(ty, format!("expected `Id<{}>`: the store gives a row its identity", record.ident));
        record.id = None;
        record.usable = false;
    }
}

/// Parses `#[page("Title")]`, which begins a page with this field.
fn read_page(face: Face, field: &mut Field, attributes: &[syn::Attribute], errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(PAGE)) {
        if !matches!(face, Face::Form | Face::Variant) {
            errors.over(attribute.path(), "`#[page(..)]` belongs on a field of a form: a `#[derive(Form)]` has pages");
        } else if field.page.is_some() {
            errors.over(attribute, "one page begins with a field: keep one `#[page(..)]`");
        } else {
            field.page = errors.ok(page_title(attribute));
        }
    }
}

pub(super) fn read_field(record: &mut Record, field: syn::Field, errors: &mut Errors) {
    let Some(ident) = field.ident else { return };
    let face = record.face;
    misplaced(&field.attrs, &[face.attribute()], face.place(), errors);
    if face == Face::Entity && field.attrs.iter().any(|attribute| attribute.path().is_ident(ID)) {
        let mut ids = field.attrs.iter().filter(|attribute| attribute.path().is_ident(ID));
        if let Some(attribute) = ids.find(|attribute| attribute.meta.require_path_only().is_err()) {
            errors.over(attribute, "`#[id]` takes nothing: the type of the field says what it identifies");
        }
        if record.id.is_none() {
            misplaced(&field.attrs, &[FIELD, WAS], "on a field that is not `#[id]`", errors);
            record.id = Some(ident);
            check_id(record, &field.ty, errors);
            return;
        }
        errors.at(ident.span(), "an entity has one identity: keep one `#[id]`");
    }
    let name = plain_name(&ident);
    if face.built_in().contains(&name.as_str()) {
        let what = face.attribute();
        errors.at(
            ident.span(),
            format!("every {what} has a `{name}` already: give the field another name, and `#[field(key = \"{name}\")]` if its key is to stay"),
        );
    }
    let mut read = Field {
        help: doc_lines(&field.attrs).into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "),
        attribute: field.attrs.iter().find(|attribute| attribute.path().is_ident(FIELD)).cloned(),
        ..Field::new(ident, field.vis, field.ty)
    };
    let before = errors.count();
    for option in options(&field.attrs, FIELD, errors) {
        errors.ok(read_field_option(face, &mut read, &option));
    }
    read.incomplete = errors.count() > before;
    read_page(face, &mut read, &field.attrs, errors);
    for name in earlier_names(&field.attrs, errors) {
        read.was.extend(errors.ok(key_path(&name)));
    }
    record.fields.push(read);
}
