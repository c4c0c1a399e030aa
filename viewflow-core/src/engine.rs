//! The engine: runs flows over a store.
//!
//! Look here for what its methods take and return: queries and their pages, open tasks, subscribers, retention, clocks.

mod act;
mod builder;
mod call;
pub(crate) mod change;
pub(crate) mod desk;
mod gate;
mod keep;
mod lanes;
mod now;
mod read;
mod step;
mod work;

use std::fmt;
use std::sync::{Arc, OnceLock};

pub use act::open::{AssignedTask, OpenHandle, OpenSubprocess, OpenTask, Waiting};
pub use builder::EngineBuilder;
pub use desk::Desk;
pub use keep::retention::Retention;
pub use read::history::HistoryQuery;
pub use read::look::TaskCursor;
pub use read::processes::{Page, ProcessQuery};
pub use read::tasks::TaskQuery;
pub use work::subscribers::{Subscriber, Subscription};
pub use work::workers::Workers;

pub use crate::definition::Delivery;
pub use viewflow_store::{Clock, ManualClock, SystemClock};

use crate::definition::{Definition, Flows};
use crate::error::{Error, Result};
use crate::people::Directory;
use crate::unit::Db;
use crate::unit::versions::Versions;
use keep::retention::Retaining;
use lanes::Lanes;
use now::Now;
use viewflow_store::{News, NodeName, Store, Watcher};
use work::duties::Duties;
use work::followers::{Followers, Listener};
use work::pending::Pending;
use work::subscribers::Subscribed;

/// Runs flows over a store. Cheap to clone; all clones are one engine, and any number of threads may use it.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    now: Now,
    flows: Arc<Flows>,
    /// Steps of one process take turns, so that they seldom overtake each other. Nothing depends on it.
    lanes: Lanes,
    listeners: Vec<Listener>,
    followers: Followers,
    subscribers: Vec<Subscribed>,
    pending: Pending,
    versions: Arc<Versions>,
    watching: OnceLock<Watching>,
    duties: Duties,
    retaining: Retaining,
    people: Option<Box<dyn Directory>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.duties.give_back(&*self.store);
    }
}

/// How an engine hears of what is committed.
struct Watching {
    /// The store tells this one, as long as it is here.
    _watcher: Arc<Watcher>,
    /// Whether the store does.
    is_told: bool,
}

impl Engine {
    /// Begins an engine over this store.
    pub fn builder(store: impl Store) -> EngineBuilder {
        EngineBuilder::over(Arc::new(store))
    }

    /// Reads and writes tables outside of any process. `work` may run several times, as a step may.
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore};
    /// let engine = Engine::builder(MemoryStore::new()).build()?;
    /// let now = engine.transaction(|db| Ok(db.now()))?;
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// What `work` fails with; nothing is written then.
    pub fn transaction<R>(&self, work: impl Fn(&Db) -> Result<R>) -> Result<R> {
        self.step(None, None, work)
    }

    /// The names of the flows, in alphabetical order.
    pub fn flows(&self) -> impl Iterator<Item = &'static str> {
        self.0.flows.keys().copied()
    }

    /// The title of a flow.
    ///
    /// # Errors
    /// [`Error::NoFlow`].
    pub fn title(&self, flow: &str) -> Result<&'static str> {
        Ok(self.definition(flow)?.title)
    }

    /// Hears of what is committed from here on.
    fn watch(&self) -> Result<()> {
        let inner = Arc::downgrade(&self.0);
        let hear = move |news: &News| inner.upgrade().into_iter().for_each(|inner| Self(inner).hear(news));
        let watcher: Arc<Watcher> = Arc::new(hear);
        let is_told = self.0.store.watch(Arc::downgrade(&watcher))?;
        self.0.watching.get_or_init(|| Watching { _watcher: watcher, is_told });
        Ok(())
    }

    fn definition(&self, flow: &str) -> Result<Arc<Definition>> {
        self.0.flows.get(flow).cloned().ok_or_else(|| Error::NoFlow(flow.to_owned()))
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.flows().collect::<Vec<_>>()).finish()
    }
}

fn no_node(node: &NodeName, what: &'static str) -> Error {
    Error::NoNode { flow: node.flow.clone(), node: node.node.clone(), what }
}
