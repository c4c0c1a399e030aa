//! Signals reach the tasks that waited when they were thrown.

use super::pending::{BATCH, Claim, Pass};
use crate::engine::Engine;
use crate::kernel::signal::{self, SIGNALS};

impl Engine {
    pub(super) fn deliver_signals(&self) -> Pass {
        let store = &self.0.store;
        let rows = |after| Ok(store.rows(SIGNALS, after, BATCH)?.into_iter().map(|(row, _)| row).collect());
        self.batches(rows, |row| {
            self.claimed(Claim::Signal(row), || {
                let Some(record) = store.row(SIGNALS, row)? else { return Ok(0) };
                let (name, tasks) = signal::read(&record);
                let mut heard = Pass::default();
                for task in tasks {
                    heard.note(self.background(Some(task.process), |step, _| step.hear(task, &name).map(usize::from)));
                }
                // Who could not be reached is tried again, and nobody hears it twice.
                let heard = heard.result()?;
                self.step(None, None, |db| db.unit(|unit| unit.put_row(SIGNALS, row, None)))?;
                // A signal whose tasks have gone on in another way was work all the same.
                Ok(heard.max(1))
            })
        })
    }
}
