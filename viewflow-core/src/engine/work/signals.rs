//! Signals reach the tasks that waited when they were thrown.

use super::pending::Pass;
use crate::engine::Engine;
use crate::error::Result;
use crate::kernel::signal::{self, SIGNALS};

impl Engine {
    /// Lets the tasks in a row hear their signal.
    pub(super) fn deliver_signal(&self, row: u64) -> Result<usize> {
        let Some(record) = self.0.store.row(SIGNALS, row)? else { return Ok(0) };
        let (name, tasks) = signal::read(&record);
        let all = tasks.len();
        let (mut heard, mut left) = (Pass::default(), Vec::new());
        for task in tasks {
            let result = self.background(Some(task.process), |step, _| step.hear(task, &name).map(usize::from));
            left.extend(result.is_err().then_some(task));
            heard.note(result);
        }
        // Only the tasks that could not be reached are tried again, so no task hears the signal twice.
        if left.len() < all || all == 0 {
            let rest = (!left.is_empty()).then(|| signal::row(&name, &left));
            self.step(None, None, |db| db.unit(|unit| unit.put_row(SIGNALS, row, rest.clone())))?;
        }
        // A signal whose tasks have gone on in another way still counts as work.
        Ok(heard.result()?.max(1))
    }
}
