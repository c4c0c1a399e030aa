//! The functions that `#[derive(Embedded)]` uses for a nested struct: a field type kept as an object of its own.

use super::{Document, FieldErrors, Fields, Reader, Value};
use crate::data::field::Source;
use crate::error::Complaint;

/// Returns the struct as an object.
///
/// # Errors
/// The problems with its fields, as a sentence.
pub fn encode<T: Fields>(value: &T) -> Result<Value, String> {
    merge(value, None).map_err(|errors| sentence(&errors))
}

/// Reads the struct from an object.
///
/// # Errors
/// The problems with its fields, as a sentence.
pub fn decode<T: Fields>(value: &Value) -> Result<T, String> {
    let object = value.as_object().ok_or(NO_OBJECT)?;
    super::read(object).map_err(|errors| sentence(&errors))
}

/// Reads the struct from an object that is stored, or that a person sent.
///
/// # Errors
/// Complaints about its fields, each under its name.
pub fn read_from<T: Fields>(value: &Value, source: Source) -> Result<T, FieldErrors> {
    let no_object = || FieldErrors::here(Complaint::new("type", NO_OBJECT).with("expected", "object"));
    let object = value.as_object().ok_or_else(no_object)?;
    match source {
        Source::Store => super::read(object),
        Source::Person => super::read_sent(object),
        Source::Draft => super::read_draft(object),
    }
}

/// Returns the struct with the stand-in values of its fields, if each field has one.
pub fn stand_in<T: Fields>() -> Option<T> {
    T::read(&mut Reader::of_form(T::FIELDS, &Document::new()))
}

/// Returns the struct as an object, merged over a stored one whose other keys are kept.
///
/// # Errors
/// Complaints about its fields, each under its name.
pub fn merge<T: Fields>(value: &T, stored: Option<&Value>) -> Result<Value, FieldErrors> {
    let mut object = stored.and_then(Value::as_object).cloned().unwrap_or_else(Document::new);
    super::write(value, &mut object)?;
    Ok(Value::Object(object))
}

const NO_OBJECT: &str = "must be an object";

fn sentence(errors: &FieldErrors) -> String {
    format!("is not right inside: {errors}")
}
