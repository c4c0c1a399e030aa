//! Options for opening a store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::writes::Writes;

/// The failures that a finished step survives. At both levels it survives a killed program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A step also survives a power cut: it returns when it is on the disk. Steps that run at the same time share a
    /// sync.
    #[default]
    Full,
    /// A step survives only a killed program: it returns when the operating system has it. A power cut may cost the
    /// steps of the last moments. The store is still whole, in the state of some earlier moment.
    Relaxed {
        /// The longest time until a step is on the disk, and so the longest time that a power cut can cost.
        at_most: Duration,
    },
}

/// A callback that receives the writes of each commit.
pub(crate) type Trace = Arc<dyn Fn(&Writes) + Send + Sync>;

/// A callback that receives the [`Moment`]s of each commit.
pub(crate) type Timer = Arc<dyn Fn(Moment) + Send + Sync>;

/// A moment at which a committing thread begins or ceases to keep other threads waiting. For measurements.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Moment {
    /// From now on no other thread can commit.
    Alone,
    /// From now on no other thread can read, either.
    Holds,
    /// Other threads can read again.
    LetsGo,
    /// Other threads can commit again. Carries the number of keys that were written.
    Over(usize),
}

/// Options for opening a store, from [`SledStore::options`](crate::SledStore::options).
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
    /// Sets which failures a finished step survives. The default is [`Durability::Full`].
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets how much of the data is kept in memory, in bytes. The default is 64 MiB. The store needs somewhat more
    /// memory than this.
    pub fn cache(mut self, bytes: u64) -> Self {
        self.cache = bytes;
        self
    }

    /// Sets how many bytes the journal takes before the store moves them into the tree. The default is 4 MiB.
    ///
    /// A greater number means fewer writes in all and more memory: several times this number. After the disk ran
    /// full, the store also needs several times this number of free bytes to open again. The store moves the
    /// journal into the tree earlier when nothing was committed for a second. With `usize::MAX` it does so only
    /// when it is closed.
    pub fn journal(mut self, bytes: usize) -> Self {
        self.journal = bytes;
        self
    }

    /// Opens a store that has lost its newest commits, with the commits that are still there. Use it after
    /// [`StoreError::LostCommits`](viewflow_store::StoreError::LostCommits) when there is no backup.
    pub fn accept_loss(mut self) -> Self {
        self.accept_loss = true;
        self
    }

    /// Calls `trace` with the writes of each commit. For measurements.
    #[doc(hidden)]
    pub fn traced(mut self, trace: Arc<dyn Fn(&Writes) + Send + Sync>) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Calls `timer` when a commit begins or ceases to keep other threads waiting. For measurements.
    #[doc(hidden)]
    pub fn timed(mut self, timer: Arc<dyn Fn(Moment) + Send + Sync>) -> Self {
        self.timer = Some(timer);
        self
    }
}
