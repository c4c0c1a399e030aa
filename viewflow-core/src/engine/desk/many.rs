//! Many tasks or starts at once.

use std::cell::Cell;

use serde::Serialize;
use serde::de::DeserializeOwned;
use viewflow_store::{Document, NodeName, ProcessId, TaskId};

use super::once::Asked;
use super::{Acted, Desk, TaskCommand};
use crate::engine::act::input::{self, Sent};
use crate::error::Result;
use crate::kernel::Step;
use crate::lifecycle::Action;
use crate::unit::Db;

/// How many are carried out in one commit, where each succeeds or fails for itself.
const TOGETHER: usize = 256;

impl Desk<'_> {
    /// Carries out commands on many tasks. Each command succeeds or fails for itself: it returns a result for each, in
    /// their order.
    ///
    /// The gate is asked for each, and the history is as if they had come one after the other.
    /// Some hundred share a commit, so that they are durable together.
    /// A program that is killed meanwhile has carried out a part. With [`Desk::once`], you can repeat the call as it
    /// was.
    ///
    /// ```
    /// # use viewflow_core::{Engine, Error, MemoryStore, ProcessId, Superuser, TaskId, desk::TaskCommand};
    /// # let engine = Engine::builder(MemoryStore::new()).build()?;
    /// let tasks = [1, 2].map(|process| TaskId { process: ProcessId(process), ordinal: 2 });
    /// let commands = tasks.map(|task| (task, TaskCommand::Assign));
    /// let results = engine.desk(&Superuser::new("ann")).act_on_each(&commands);
    /// assert!(results.iter().all(|result| matches!(result, Err(Error::NoTask(_)))), "the store is empty");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn act_on_each(&self, commands: &[(TaskId, TaskCommand)]) -> Vec<Result<Acted>> {
        self.each(&ActOn(self), commands)
    }

    /// Carries out commands on many tasks in one commit: all of them, or none.
    ///
    /// A commit holds every change in memory, and other commits wait while it is taken: ten thousand tasks are a lot.
    ///
    /// # Errors
    /// That of the first command that fails, as [`Desk::act`].
    pub fn act_on_all(&self, commands: &[(TaskId, TaskCommand)]) -> Result<Vec<Acted>> {
        self.together(&ActOn(self), 0, commands, &Cell::new(None))
    }

    /// Starts many processes. Each start succeeds or fails for itself, as in [`Desk::act_on_each`].
    pub fn start_each(&self, start: &NodeName, forms: &[Document]) -> Vec<Result<ProcessId>> {
        self.each(&StartAt(self, start), forms)
    }

    /// Starts many processes in one commit: all of them, or none.
    ///
    /// # Errors
    /// That of the first start that fails, as [`Desk::start`].
    pub fn start_all(&self, start: &NodeName, forms: &[Document]) -> Result<Vec<ProcessId>> {
        self.together(&StartAt(self, start), 0, forms, &Cell::new(None))
    }

    fn each<M: Many>(&self, many: &M, items: &[M::Item]) -> Vec<Result<M::Done>> {
        let mut results = Vec::with_capacity(items.len());
        let mut size = TOGETHER;
        while results.len() < items.len() {
            let rest = &items[results.len()..];
            let some = &rest[..size.min(rest.len())];
            let failed = Cell::new(None);
            match self.together(many, results.len(), some, &failed) {
                Ok(done) => {
                    results.extend(done.into_iter().map(Ok));
                    size = (2 * size).min(TOGETHER);
                }
                // The first one fails, or the only one cannot be committed: that is its result.
                Err(error) if failed.get() == Some(0) || some.len() == 1 => {
                    results.push(Err(error));
                    size = 1;
                }
                // Those before the one that fails are carried out without it, and then it is the first.
                Err(_) => size = failed.get().unwrap_or(some.len() / 2),
            }
        }
        results
    }

    /// Carries all of them out in one step. If one fails, `failed` says which; `from` is the place of the first one.
    fn together<M: Many>(
        &self,
        many: &M,
        from: usize,
        items: &[M::Item],
        failed: &Cell<Option<usize>>,
    ) -> Result<Vec<M::Done>> {
        let asked = |(at, item)| many.asked(from + at, item);
        let asked: Vec<Option<Asked>> = items.iter().enumerate().map(asked).collect::<Result<_>>()?;
        let sent = Sent::default();
        let done = self.engine.foreground(None, Some(self), |step, db| {
            failed.set(None);
            let each = items.iter().zip(&asked).enumerate().map(|(at, (item, asked))| {
                step.begin_anew();
                let work = || many.carry_out(step, db, item, &sent);
                let done = self.once_within(asked.as_ref(), db, work);
                done.inspect_err(|_| failed.set(Some(at)))
            });
            each.collect()
        });
        done.map_err(|error| sent.complaint(error))
    }
}

/// What is done many times in one call.
trait Many {
    type Item;
    type Done: Serialize + DeserializeOwned;

    /// Returns what is asked for under a key: the same as for the item alone.
    fn asked(&self, at: usize, item: &Self::Item) -> Result<Option<Asked>>;

    fn carry_out(&self, step: &mut Step, db: &Db, item: &Self::Item, sent: &Sent) -> Result<Self::Done>;
}

struct ActOn<'d>(&'d Desk<'d>);

impl Many for ActOn<'_> {
    type Item = (TaskId, TaskCommand);
    type Done = Acted;

    fn asked(&self, at: usize, (task, command): &Self::Item) -> Result<Option<Asked>> {
        self.0.asked(command.action(), Some(at), &("task", task, command))
    }

    fn carry_out(&self, step: &mut Step, db: &Db, (task, command): &Self::Item, sent: &Sent) -> Result<Acted> {
        self.0.act_within(step, db, *task, command, sent)
    }
}

struct StartAt<'d>(&'d Desk<'d>, &'d NodeName);

impl Many for StartAt<'_> {
    type Item = Document;
    type Done = ProcessId;

    fn asked(&self, at: usize, form: &Document) -> Result<Option<Asked>> {
        let Self(desk, node) = self;
        desk.asked(Action::Start, Some(at), &("start", &node.flow, &node.node, form))
    }

    fn carry_out(&self, step: &mut Step, db: &Db, form: &Document, sent: &Sent) -> Result<ProcessId> {
        let Self(desk, node) = self;
        let start = desk.engine.start_of_a_person(node)?;
        start.begin(step, db, Some(*desk), &|asked: &input::Asked<'_>| asked.parse(*desk, form), sent)
    }
}
