//! Signals reach the tasks that waited when they were thrown.

use super::pending::{BATCH, Claim, Pass};
use crate::engine::Engine;
use crate::kernel::signal::{self, SIGNALS};

impl Engine {
    pub(super) fn deliver_signals(&self) -> Pass {
        let store = &self.0.store;
        let rows = |after| Ok(store.row_ids(SIGNALS, after, BATCH)?);
        self.batches(rows, |row| {
            self.claimed(Claim::Signal(row), || {
                let Some(record) = store.row(SIGNALS, row)? else { return Ok(0) };
                let (name, tasks) = signal::read(&record);
                let all = tasks.len();
                let (mut heard, mut left) = (Pass::default(), Vec::new());
                for task in tasks {
                    let result = self.background(Some(task.process), |step, _| step.hear(task, &name).map(usize::from));
                    left.extend(result.is_err().then_some(task));
                    heard.note(result);
                }
                // Whoever could not be reached is tried again, alone; and nobody hears it twice.
                if left.len() < all || all == 0 {
                    let rest = (!left.is_empty()).then(|| signal::row(&name, &left));
                    self.step(None, None, |db| db.unit(|unit| unit.put_row(SIGNALS, row, rest.clone())))?;
                }
                // A signal whose tasks have gone on in another way was work all the same.
                Ok(heard.result()?.max(1))
            })
        })
    }
}
