//! Signals reach the tasks that waited when they were thrown.

use super::pending::Pass;
use crate::engine::Engine;
use crate::error::Result;
use crate::kernel::signal::{self, SIGNALS};

impl Engine {
    /// Lets those hear a signal whom a row tells of.
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
        // Whoever could not be reached is tried again, alone; and nobody hears it twice.
        if left.len() < all || all == 0 {
            let rest = (!left.is_empty()).then(|| signal::row(&name, &left));
            self.step(None, None, |db| db.unit(|unit| unit.put_row(SIGNALS, row, rest.clone())))?;
        }
        // A signal whose tasks have gone on in another way was work all the same.
        Ok(heard.result()?.max(1))
    }
}
