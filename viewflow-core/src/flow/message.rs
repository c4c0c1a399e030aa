//! Messages between processes, and between them and the rest of the program.

use crate::data::document::{self, Fields};
use crate::data::field::FieldType;
use crate::definition::{Latch, Letter};
use crate::error::{Error, Place, Result};
use crate::store::{Document, MAX_CORRELATION};

/// A message: a struct whose one field tells which of those who wait for it is meant. `#[derive(Message)]` implements
/// it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no message",
    label = "not a message",
    note = "a message is a struct of yours with `#[derive(Message, Clone)]`; with `#[message(key = field)]` a catch waits for \
            one of many"
)]
pub trait Message: Fields + Clone {
    /// The name under which it is sent.
    const NAME: &'static str;
    /// What happens to one that nobody waits for.
    const LATCH: Latch;
    /// The type of the correlation key.
    type Key: FieldType;

    /// The correlation key.
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

/// A correlation key as it is compared: JSON text.
pub(crate) fn correlation<K: FieldType>(key: &K) -> Result<String> {
    let value = key.encode().map_err(|message| Error::msg(format!("the correlation key {message}")))?;
    let key = value.to_string();
    if key.len() > MAX_CORRELATION {
        let length = key.len();
        return Err(Error::msg(format!(
            "the correlation key must not be longer than {MAX_CORRELATION} bytes (as JSON, it is {length} long)"
        )));
    }
    Ok(key)
}
