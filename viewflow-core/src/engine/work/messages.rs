//! Messages that lie in a mailbox are handed to the tasks that wait for them.

use serde_json::Value;

use super::pending::BATCH;
use crate::engine::Engine;
use crate::error::Result;
use crate::kernel::mailbox::{self, MAILBOXES, READY};
use crate::store::index_key;

impl Engine {
    pub(super) fn ready_mailboxes(&self, after: u64, limit: usize) -> Result<Vec<u64>> {
        let ready = index_key(&Value::Bool(true)).unwrap_or_default();
        Ok(self.0.store.rows_by(MAILBOXES, READY, &ready, after, limit)?)
    }

    /// Delivers what can be delivered of a row of mailboxes.
    pub(super) fn deliver_messages(&self, row: u64) -> Result<usize> {
        let mut delivered = 0;
        while self.background(None, |step, _| step.deliver(row))? {
            delivered += 1;
        }
        Ok(delivered)
    }

    /// Forgets messages that were kept too long: a few mailboxes each time.
    pub(super) fn sweep_mailboxes(&self) -> Result<()> {
        let Ok(mut swept) = self.0.pending.swept.try_lock() else { return Ok(()) };
        if self.0.store.row_ids(MAILBOXES, *swept, 1)?.is_empty() && *swept == 0 {
            return Ok(());
        }
        let after = *swept;
        let last = self.step(None, None, |db| db.unit(|unit| mailbox::sweep(unit, after, BATCH)))?;
        *swept = last.unwrap_or(0);
        Ok(())
    }
}
