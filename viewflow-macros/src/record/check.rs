//! Checks a struct for mistakes that involve more than one option.

use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, Type};

use super::face::Face;
use super::model::{Field, Latch, Record};
use crate::errors::Errors;
use crate::syntax::{plain_name, same_title, told};

/// Checks a struct, and removes the parts for which no code can be written.
pub(super) fn check(record: &mut Record, errors: &mut Errors) {
    if record.face == Face::Process {
        record.fields.iter().for_each(|field| check_column(field, errors));
    }
    record.fields.iter_mut().for_each(|field| check_dependence(field, errors));
    if record.face == Face::Entity && record.id.is_none() && record.usable {
        let ident = &record.ident;
        errors.over(ident, format!("an entity needs an identity: add a field `#[id] id: Id<{ident}>`"));
        record.usable = false;
    }
    check_keys(record, errors);
    check_pages(record, errors);
    check_message(record, errors);
    check_types(record, errors);
    if !record.usable {
        record.fields.clear();
    }
}

/// Checks that nobody fills in a computed field, and that a conditional field can be empty.
fn check_dependence(field: &mut Field, errors: &mut Errors) {
    if let Some(computed) = &field.computed {
        let (default, choices) = (field.default.is_some(), field.choices.is_some());
        let others = [("default", default), ("choices", choices), ("only_if", field.only_if.is_some())];
        if let Some((other, _)) = others.iter().find(|(_, is_there)| *is_there) {
            let message = format!("a computed field is filled in by nobody: remove `{other}`, or `computed`");
            errors.at(computed.option.span(), message);
            (field.computed, field.only_if, field.incomplete) = (None, None, true);
        }
    }
    let Some(required) = &field.required else { return };
    let message = if field.only_if.is_none() {
        "`required` belongs beside `only_if`: without a condition a field is required unless it is an `Option` or has a `default`"
    } else if field.default.is_some() {
        "a field with a `default` is never empty: remove `required`, or the `default`"
    } else if !field.is_option() {
        "`required` belongs on an `Option`, which is filled in where it is asked, and none where it is not"
    } else {
        return;
    };
    errors.at(required.span(), message);
    (field.required, field.incomplete) = (None, true);
}

/// Checks that only a column of a process has an index, as a process is found only by its columns.
fn check_column(field: &Field, errors: &mut Errors) {
    if !field.column && (field.index.is_some() || field.on_delete.is_some()) {
        let message = "only a column of a process can have an index or `on_delete`: write `#[field(column, ..)]`";
        errors.over(&field.attribute, message);
    }
    if field.column && field.key.len() > 1 {
        errors.at(field.ident.span(), "the key of a column must not have dots");
    }
}

/// Checks that no two pages have the same title.
fn check_pages(record: &Record, errors: &mut Errors) {
    let titles: Vec<_> = record.fields.iter().filter_map(|field| field.page.as_ref()).collect();
    for (index, title) in titles.iter().enumerate() {
        if let Some(message) = same_title(title, &titles[..index]) {
            errors.at(title.span(), message);
        }
    }
}

/// Checks that no two fields share a key, and that no key lies within another key.
///
/// Earlier keys count as well.
fn check_keys(record: &Record, errors: &mut Errors) {
    for (index, field) in record.fields.iter().enumerate() {
        check_own_keys(field, errors);
        for other in record.fields[..index].iter().filter(|other| other.column == field.column) {
            if let Some(message) = collision(other, field) {
                errors.at(field.ident.span(), message);
            }
        }
    }
}

/// Checks that a field lists each of its keys only once.
fn check_own_keys(field: &Field, errors: &mut Errors) {
    for (index, was) in field.was.iter().enumerate() {
        if *was == field.key || field.was[..index].contains(was) {
            let (ident, was) = (&field.ident, was.join("."));
            errors.at(ident.span(), format!("`{was}` is already a key of `{ident}`: give each earlier key once"));
        }
    }
}

/// Describes the conflict between the keys of two fields.
fn collision(other: &Field, field: &Field) -> Option<String> {
    let overlap = |a: &[String], b: &[String]| a.starts_with(b) || b.starts_with(a);
    let all = |field: &'_ Field| std::iter::once(&field.key).chain(&field.was).cloned().collect::<Vec<_>>();
    let (own, others) = (all(field), all(other));
    let key = own.iter().find(|key| others.iter().any(|other| overlap(key, other)))?;
    let (first, second, joined) = (&other.ident, &field.ident, key.join("."));
    Some(if *key == field.key && *key == other.key {
        format!("`{first}` and `{second}` are both kept under `{joined}`: give one of them another key")
    } else if *key == field.key && overlap(key, &other.key) {
        format!("one of `{first}` and `{second}` is kept within the other: give one of them another `key`")
    } else {
        format!(
            "`{joined}` is, or once was, the key of both `{first}` and `{second}`: an earlier key belongs to one field"
        )
    })
}

/// Removes fields whose type cannot be stored, so that each is reported once.
fn check_types(record: &mut Record, errors: &mut Errors) {
    let before = record.fields.len();
    record.fields.retain(|field| match unsupported(&field.ty) {
        Some((part, instead)) => {
            errors.over(part, format!("`{}` cannot be a field: {instead}", told(&part.to_token_stream())));
            false
        }
        None => true,
    });
    record.whole = record.fields.len() == before;
}

/// Returns the part of a type that no field can have, and what to write instead.
///
/// A name counts only with its path, except for names that cannot be types of the application.
fn unsupported(ty: &Type) -> Option<(&Type, &'static str)> {
    let instead = match ty {
        Type::Array(_) | Type::Slice(_) => "write `Vec<..>`, with a rule `max_length` where there is a greatest length",
        Type::Tuple(tuple) if !tuple.elems.is_empty() => "write a struct of your own with `#[derive(Embedded)]`",
        Type::Reference(_) => "a field owns its value, such as a `String` for a `&str`",
        Type::Ptr(_) | Type::FnPtr(_) | Type::Never(_) => "a field holds a value that can be stored",
        Type::Group(group) => return unsupported(&group.elem),
        Type::Paren(paren) => return unsupported(&paren.elem),
        Type::Path(path) => {
            let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            match names[..] {
                ["u128" | "i128"] => "write a `Decimal` or a `String`, or an integer of at most 64 bits",
                ["std" | "core", "time", "Duration"] => "write `jiff::SignedDuration`",
                ["std", "time", "SystemTime" | "Instant"] => "write `jiff::Timestamp`",
                _ => {
                    let last = path.path.segments.last()?;
                    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
                    return arguments.args.iter().find_map(|argument| match argument {
                        GenericArgument::Type(ty) => unsupported(ty),
                        _ => None,
                    });
                }
            }
        }
        _ => return None,
    };
    Some((ty, instead))
}

/// Checks that the key of a message is one of its fields.
fn check_message(record: &mut Record, errors: &mut Errors) {
    if let (Latch::Drop, Some(_)) = (record.latch, record.expires) {
        errors.over(
            &record.ident,
            "a message with `latch = drop` is not kept and cannot expire: keep `latch` or `expires`",
        );
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
    errors.at(key.span(), format!("unknown field `{key}`{hint}"));
    record.key = None;
}
