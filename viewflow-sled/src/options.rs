//! How a store is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::writes::Writes;

/// What a step that has returned survives. Both levels survive a killed program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A power cut, too: a step returns when it is on the disk. Steps that run at the same time share a sync.
    #[default]
    Full,
    /// A killed program: a step returns when the operating system has it. A power cut may cost the steps of the last moments;
    /// the store is whole all the same, as it was some moment before.
    Relaxed {
        /// How long it takes at most until a step is on the disk: what a power cut may cost, in time.
        at_most: Duration,
    },
}

/// Is called with what each commit writes.
pub(crate) type Trace = Arc<dyn Fn(&Writes) + Send + Sync>;

/// Is called with how long each commit kept others waiting, and how many keys it writes.
pub(crate) type Timer = Arc<dyn Fn(Moment) + Send + Sync>;

/// When a thread that commits begins or ceases to keep others waiting: for measurements.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Moment {
    /// Nobody else can commit.
    Alone,
    /// Nobody can read, either.
    Holds,
    /// Others can read.
    LetsGo,
    /// Others can commit: so many keys were written.
    Over(usize),
}

/// How a store is opened: [`SledStore::options`](crate::SledStore::options).
///
/// ```
/// use std::time::Duration;
/// use viewflow_sled::{Durability, SledStore};
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("data");
/// let relaxed = Durability::Relaxed { at_most: Duration::from_millis(200) };
/// let store = SledStore::options().durability(relaxed).cache(16 << 20).open(&path)?;
/// # Ok::<(), viewflow_store::StoreError>(())
/// ```
#[derive(Clone)]
pub struct Options {
    pub(crate) durability: Durability,
    pub(crate) cache: u64,
    pub(crate) journal: usize,
    pub(crate) accept_loss: bool,
    pub(crate) trace: Option<Trace>,
    pub(crate) timer: Option<Timer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            cache: 64 << 20,
            journal: 4 << 20,
            accept_loss: false,
            trace: None,
            timer: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Options");
        shown.field("durability", &self.durability).field("cache", &self.cache).field("journal", &self.journal);
        shown.field("accept_loss", &self.accept_loss).finish_non_exhaustive()
    }
}

impl Options {
    /// What a step that has returned survives; [`Durability::Full`] if this is not called.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How much of the data is kept in memory, in bytes: 64 MiB if this is not called. The store needs somewhat more.
    pub fn cache(mut self, bytes: u64) -> Self {
        self.cache = bytes;
        self
    }

    /// How much is written to the journal until it is put into the tree, in bytes: 4 MiB if this is not called. The more, the
    /// less is written in all, and the more memory is taken: some times as much. After a disk ran full the store needs room of some
    /// times as much to be opened again. What is there is put into the tree, too, when nothing was committed for a second, unless
    /// this is `usize::MAX`: then that happens only when the store is closed.
    pub fn journal(mut self, bytes: usize) -> Self {
        self.journal = bytes;
        self
    }

    /// Opens a store that has lost its newest commits, as far as they are there: after
    /// [`StoreError::LostCommits`](viewflow_store::StoreError::LostCommits), when there is no backup.
    pub fn accept_loss(mut self) -> Self {
        self.accept_loss = true;
        self
    }

    /// Calls `trace` with what each commit writes: for measurements.
    #[doc(hidden)]
    pub fn traced(mut self, trace: Arc<dyn Fn(&Writes) + Send + Sync>) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Calls `timer` when a commit begins or ceases to keep others waiting: for measurements.
    #[doc(hidden)]
    pub fn timed(mut self, timer: Arc<dyn Fn(Moment) + Send + Sync>) -> Self {
        self.timer = Some(timer);
        self
    }
}
