//! Signals and messages from the program itself.

use std::any::TypeId;

use crate::definition::{Delivery, Letter, check_message, check_signal};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::flow::message::Message;
use crate::kernel::{mailbox, signal};

impl Engine {
    /// Sends a signal to all tasks that wait for it now. Workers, or [`Engine::run_pending`], let them go on. Returns
    /// the number of those tasks.
    ///
    /// # Errors
    /// [`Error::NobodyListens`] when no flow here has a catch for it.
    pub fn signal(&self, name: &str) -> Result<usize> {
        check_signal(&self.0.flows, name)?;
        self.step(None, None, |db| db.unit(|unit| signal::throw(unit, name)))
    }

    /// Sends a message.
    ///
    /// A task that waits for it with its key gets it from a worker, or from [`Engine::run_pending`].
    /// A task of a suspended process gets it after the process was resumed, however long that takes.
    /// If no task waits for it, the message itself says whether the store keeps or drops it.
    ///
    /// # Errors
    /// [`Error::NobodyListens`] when no flow here has a catch for it. [`Error::Data`] when a field is against its
    /// rules.
    pub fn send<M: Message>(&self, message: &M) -> Result<Delivery> {
        check_message(&self.0.flows, M::NAME)?;
        let known = self.0.flows.values().flat_map(|def| &def.messages);
        if let Some((name, other)) = known.into_iter().find(|(name, of)| *name == M::NAME && of.id != TypeId::of::<M>())
        {
            let (sent, other) = (std::any::type_name::<M>(), other.name);
            return Err(Error::msg(format!(
                "`{sent}` is no `{other}`, for which the flows here wait under the name `{name}`"
            )));
        }
        let letter = Letter::of(message)?;
        self.step(None, None, |db| db.unit(|unit| mailbox::post(unit, &letter)))
    }
}
