//! A look at the work there is, which does none of it.

use viewflow_store::{TaskId, TaskList, TaskRecord, Timestamp, due_of_sort, due_sort};

use super::pending::{BATCH, Claim, Pass, lock, readable};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::kernel::signal::SIGNALS;

/// How many batches of due tasks one call looks through while no worker is free.
const PAGES: usize = 16;

/// The work there is.
#[derive(Default)]
pub(super) struct Looked {
    /// The pieces that no thread works on.
    pub(super) pieces: Vec<Claim>,
    /// The earliest time to look again, for work that is not due yet or is left alone.
    next: Option<Timestamp>,
}

impl Engine {
    /// Returns whether there is something to do, for the thread that keeps the time.
    pub(super) fn look_ahead(&self) -> (bool, Pass) {
        let mut pass = self.look_at_clock();
        let looked = self.look(true, &mut pass);
        pass.note(self.sweep_mailboxes());
        pass.note(self.sweep_once());
        (pass.done > 0 || !looked.pieces.is_empty(), pass)
    }

    /// Returns the work that no thread does yet, some of each kind. Jobs are included if `jobs` is set.
    pub(super) fn look(&self, jobs: bool, pass: &mut Pass) -> Looked {
        let (store, now) = (&self.0.store, self.now());
        let mut looked = Looked::default();
        let (due, next) = self.due_starts(now);
        looked.next = next;
        due.into_iter().for_each(|node| self.take_note(&mut looked, Claim::Start(node)));
        self.take_notes(&mut looked, pass, Claim::Mailbox, |after| self.ready_mailboxes(after, BATCH));
        self.take_notes(&mut looked, pass, Claim::Signal, |after| Ok(store.row_ids(SIGNALS, after, BATCH)?));
        match self.has_to_ask().map(|has_to| has_to || self.has_to_ask_all()) {
            Ok(true) => self.take_note(&mut looked, Claim::Conditions),
            no => pass.note(no.map(|_| 0)),
        }
        self.look_at_due(jobs, &mut looked).unwrap_or_else(|error| pass.note(Err(error)));
        if let Some(next) = looked.next {
            self.0.pending.bell.plan(next, now);
        }
        looked
    }

    /// Notes the due tasks of the first page that has some.
    fn look_at_due(&self, jobs: bool, looked: &mut Looked) -> Result<()> {
        let (store, now) = (&self.0.store, self.now());
        // While no worker is free, jobs may stand in front of other work: each call looks some pages further.
        let mut after = if jobs { None } else { lock(&self.0.pending.walked).take() };
        for _ in 0..if jobs { usize::MAX } else { PAGES } {
            let from = after;
            let page = store.list_tasks(&TaskList::Due, after, BATCH)?;
            let before = looked.pieces.len();
            for listed in page.iter().take_while(|listed| listed.sort <= due_sort(now)) {
                if jobs || !self.is_for_a_worker(listed.task, now)? {
                    self.take_note(looked, Claim::Task(*listed));
                }
            }
            let next = page.iter().find(|listed| listed.sort > due_sort(now)).map(|listed| due_of_sort(listed.sort));
            looked.next = looked.next.into_iter().chain(next).min();
            // After a whole batch that others work on, there may still be work for this engine.
            if page.len() < BATCH || next.is_some() || looked.pieces.len() > before {
                if !jobs && looked.pieces.len() > before {
                    *lock(&self.0.pending.walked) = from;
                }
                return Ok(());
            }
            after = page.last().copied();
        }
        *lock(&self.0.pending.walked) = after;
        looked.next = Some(now);
        Ok(())
    }

    /// Returns whether a due task is a job, and nothing else of it is due.
    fn is_for_a_worker(&self, id: TaskId, now: Timestamp) -> Result<bool> {
        let task = readable(self.0.store.task(id).map_err(Error::Store))?.flatten();
        Ok(task.is_some_and(|task| is_due_job(&task, now)))
    }

    /// Notes the pieces of the first batch of rows that has some, or of the last batch.
    fn take_notes(
        &self,
        looked: &mut Looked,
        pass: &mut Pass,
        piece: impl Fn(u64) -> Claim,
        rows: impl Fn(u64) -> Result<Vec<u64>>,
    ) {
        let mut after = 0;
        loop {
            let batch = match rows(after) {
                Ok(batch) => batch,
                Err(error) => return pass.note(Err(error)),
            };
            let before = looked.pieces.len();
            batch.iter().for_each(|row| self.take_note(looked, piece(*row)));
            match batch.last() {
                Some(last) if batch.len() == BATCH && looked.pieces.len() == before => after = *last,
                _ => return,
            }
        }
    }

    /// Notes a piece of work, unless some thread works on it, or it is left alone.
    fn take_note(&self, looked: &mut Looked, piece: Claim) {
        match self.0.pending.is_taken(&piece) {
            None => looked.pieces.push(piece),
            Some(left) => looked.next = looked.next.into_iter().chain([self.now().after(left)]).min(),
        }
    }
}

/// Returns whether a worker can begin the job of a task, and nothing else of it is due.
pub(super) fn is_due_job(task: &TaskRecord, now: Timestamp) -> bool {
    let is_due = task.job.is_some_and(|job| job.at.is_some_and(|at| at <= now));
    is_due && !task.timeouts.iter().any(|timeout| timeout.at <= now)
}
