//! Messages from people.

use viewflow_store::Document;

use super::Desk;
use crate::definition::{Delivery, check_message};
use crate::engine::gate;
use crate::error::{Error, Result};
use crate::kernel::mailbox;
use crate::lifecycle::Action;
use crate::people::Person;

impl Desk<'_> {
    /// Sends a message, as [`Engine::send`](crate::Engine::send) does: by its stored name, with its fields by their
    /// names.
    ///
    /// That takes the permission `NAME.send`, such as `payment.send` for the message `payment`.
    ///
    /// # Errors
    /// [`Error::NobodyListens`] when no flow here has a catch for it; [`Error::Forbidden`] without the permission;
    /// [`Error::Form`] when a field is missing or against its rules.
    pub fn send(&self, name: &str, message: &Document) -> Result<Delivery> {
        check_message(&self.engine.0.flows, name)?;
        let nodes = self.engine.0.flows.values().flat_map(|def| &def.nodes);
        let waits = nodes.filter_map(|node| node.wait.message()).find(|message| message.name == name);
        let waits = waits.ok_or(Error::Internal("a message"))?;
        self.step_once(Action::Send, None, &("send", name, message), |_, db| {
            gate::pass_send(&Person::of(self), name)?;
            let letter = (waits.sent)(message)?;
            db.unit(|unit| mailbox::post(unit, &letter))
        })
    }
}
