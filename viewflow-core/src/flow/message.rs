//! Messages between processes, and between them and the rest of the program.

use serde_json::Value;
use viewflow_store::{Document, MAX_CORRELATION};

use crate::data::document::{self, Fields};
use crate::data::field::{FieldOf, FieldSpec, FieldType, Source, canonical, form_of};
use crate::definition::{Latch, Letter};
use crate::error::{Error, Place, Result};

/// A message. `#[derive(Message)]` implements it for a struct. One of its fields can be the correlation key, which says
/// which of the waiting tasks is meant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "a message is a struct of your own with `#[derive(Message, Clone)]`; with `#[message(key = field)]` a catch waits for \
            one of many"
)]
pub trait Message: Fields + Clone {
    /// The name under which it is sent.
    const NAME: &'static str;
    /// The treatment of a message for which no task waits.
    const LATCH: Latch;
    /// The type of the correlation key.
    type Key: FieldType;
    /// The name of the field that is the correlation key, if there is one. With it the engine finds keys that were
    /// stored when the field had another name or type.
    const KEY: Option<&'static str> = None;

    /// Returns the correlation key.
    fn key(&self) -> &Self::Key;
}

impl Letter {
    pub(crate) fn of<M: Message>(message: &M) -> Result<Self> {
        let mut content = Document::new();
        document::write(message, &mut content)
            .map_err(|errors| Error::Data { at: Place::of_message(M::NAME), errors })?;
        Ok(Self { name: M::NAME, key: correlation(message.key())?, latch: M::LATCH, content })
    }
}

/// Returns a text that changes if stored keys may have another form now. It begins with the place of the key in the
/// message.
pub(crate) fn form_of_key<M: Message>() -> String {
    match key_field::<M>() {
        Some(spec) => format!("{} {}", spec.key.join("."), form_of(spec)),
        None => format!(" {}", form_of(&FieldOf::<M::Key>::new().shaped(M::Key::SHAPE).spec("", "", &[]))),
    }
}

/// Converts a stored correlation key to its current canonical form. `form` is what [`form_of_key`] returned when it was
/// stored, if that is known. Returns none if the key cannot be read.
pub(crate) fn key_of_today<M: Message>(stored: &str, form: Option<&str>) -> Option<String> {
    let stored: Value = serde_json::from_str(stored).ok()?;
    let value = match key_field::<M>() {
        Some(spec) => {
            let was = form.and_then(|form| form.split(' ').next());
            let was = spec.was.iter().find(|path| was.is_some_and(|was| path.join(".") == was));
            let mut message = Document::new();
            document::put(&mut message, was.unwrap_or(&spec.key), stored).ok()?;
            document::of_today::<M>(&message, None, Source::Store).remove(spec.name)?
        }
        None => stored,
    };
    canonical::<M::Key>(&value).map(|key| key.to_string()).filter(|key| key.len() <= MAX_CORRELATION)
}

fn key_field<M: Message>() -> Option<&'static FieldSpec> {
    M::FIELDS.iter().find(|spec| Some(spec.name) == M::KEY)
}

/// Returns a correlation key as it is compared: its canonical form, as JSON text.
pub(crate) fn correlation<K: FieldType>(key: &K) -> Result<String> {
    let value = key.canonical().map_err(|message| Error::msg(format!("the correlation key {message}")))?;
    let key = value.to_string();
    if key.len() > MAX_CORRELATION {
        let length = key.len();
        return Err(Error::msg(format!(
            "the correlation key must not be longer than {MAX_CORRELATION} bytes (as JSON, it is {length} long)"
        )));
    }
    Ok(key)
}
