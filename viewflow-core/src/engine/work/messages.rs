//! Messages that lie in a mailbox are handed to waiting tasks, and forgotten when no task waits for too long.

use serde_json::Value;
use viewflow_store::index_key;

use super::pending::{BATCH, lock, try_lock};
use crate::engine::Engine;
use crate::engine::change::noted::noted;
use crate::engine::desk::once::{self, ONCE, is_over};
use crate::error::Result;
use crate::kernel::mailbox::{self, EXPIRIES, MAILBOXES, READY};
use crate::unit::versions::About;

/// The note that all mailboxes are in the list by which they are swept.
const LISTED: &str = "expiry";
/// The duty of sweeping them.
const SWEEP: &str = "messages";

/// Where sweeping goes on.
#[derive(Default)]
pub(super) struct Sweep {
    /// The last mailbox row of an earlier release that has been entered in the list; none when all have been.
    listed: Option<u64>,
    /// The row behind which sweeping goes on, after rows that could not be read.
    after: u64,
    /// The same of what was done once.
    once: u64,
}

impl Engine {
    pub(super) fn ready_mailboxes(&self, after: u64, limit: usize) -> Result<Vec<u64>> {
        let ready = index_key(&Value::Bool(true)).unwrap_or_default();
        Ok(self.0.store.rows_by(MAILBOXES, READY, &ready, after, limit)?)
    }

    /// Delivers some messages of a row of mailboxes. The rest is another piece of work.
    pub(super) fn deliver_messages(&self, row: u64) -> Result<usize> {
        let mut delivered = 0;
        while delivered < BATCH && self.background(None, |step, _| step.deliver(row))? {
            delivered += 1;
        }
        Ok(delivered)
    }

    /// Checks whether there are mailboxes that are not in the list for sweeping.
    pub(in crate::engine) fn begin_to_sweep(&self) -> Result<()> {
        let store = &*self.0.store;
        if noted(store, About::Rows, MAILBOXES)?.is_some_and(|note| note.noted == LISTED) {
            return Ok(());
        }
        if !store.row_ids(MAILBOXES, 0, 1)?.is_empty() {
            lock(&self.0.pending.sweep).listed = Some(0);
        } else if self.0.flows.values().any(|def| !def.messages.is_empty()) {
            self.note(About::Rows, MAILBOXES, LISTED)?;
        }
        Ok(())
    }

    /// Forgets some of the messages that were kept too long and for which no task waits.
    pub(super) fn sweep_mailboxes(&self) -> Result<usize> {
        let Some(mut sweep) = try_lock(&self.0.pending.sweep) else { return Ok(0) };
        if let Some(after) = sweep.listed {
            let Some(_duty) = self.on_duty(SWEEP)? else { return Ok(0) };
            sweep.listed = self.step(None, None, |db| db.unit(|unit| mailbox::enter_all(unit, after, BATCH)))?;
            if sweep.listed.is_none() {
                self.note(About::Rows, MAILBOXES, LISTED)?;
            }
            return Ok(1);
        }
        let (now, after) = (self.now(), std::mem::take(&mut sweep.after));
        let next = self.0.store.row_ids(EXPIRIES, after, 1)?;
        if !next.first().is_some_and(|entry| mailbox::is_due(*entry, now)) {
            return Ok(0);
        }
        let Some(duty) = self.on_duty(SWEEP)? else { return Ok(0) };
        let swept = self.step(None, None, |db| {
            db.unit(
                |unit| if duty.is_held(unit)? { mailbox::sweep(unit, after) } else { Ok(mailbox::Swept::default()) },
            )
        })?;
        if swept.done == 0 {
            sweep.after = swept.last.unwrap_or(0);
        }
        Ok(swept.done)
    }

    /// Forgets a part of the results that were kept for repeated calls and are no longer needed.
    pub(super) fn sweep_once(&self) -> Result<usize> {
        let Some(mut sweep) = try_lock(&self.0.pending.sweep) else { return Ok(0) };
        let (now, after) = (self.now(), std::mem::take(&mut sweep.once));
        let next = self.0.store.row_ids(ONCE, after, 1)?;
        if !next.first().is_some_and(|row| is_over(*row, now)) {
            return Ok(0);
        }
        let Some(duty) = self.on_duty(SWEEP)? else { return Ok(0) };
        let (done, last) = self.step(None, None, |db| {
            db.unit(|unit| if duty.is_held(unit)? { once::sweep(unit, after) } else { Ok((0, 0)) })
        })?;
        if done == 0 {
            sweep.once = last;
        }
        Ok(done)
    }
}
