//! News of commits, so that no engine has to look for work all the time.

use std::sync::{Mutex, PoisonError, Weak};

use super::commit::{Change, Commit};
use crate::time::Timestamp;

/// The table of the mailboxes. Mailboxes with an index entry have a message for a waiting task.
pub const MAILBOXES: &str = "viewflow.mailbox";
/// The table of the signals that have not reached all waiting tasks.
pub const SIGNALS: &str = "viewflow.signal";
/// The table of writes for which conditions have to be evaluated.
pub const CHANGED: &str = "viewflow.changed";

/// The work that a commit leaves, as far as the engines that do it need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The earliest time at which an engine has to look at a task of the commit.
    pub due: Option<Timestamp>,
    /// Whether a message or a signal can be delivered, or a condition is to be evaluated.
    pub deliverable: bool,
    /// Whether the log has a new event.
    pub logged: bool,
    /// Whether a process is over.
    pub ended: bool,
}

impl News {
    /// Returns the work that this commit leaves.
    pub fn of(commit: &Commit) -> Self {
        let mut news = Self { logged: !commit.events.is_empty(), ..Self::default() };
        for change in &commit.changes {
            match change {
                Change::Task { old, new } => {
                    let before = old.as_ref().filter(|old| !old.suspended).and_then(|old| old.due);
                    let due = new.due.filter(|due| !new.suspended && before != Some(*due));
                    news.due = news.due.into_iter().chain(due).min();
                }
                Change::Process { new, .. } => news.ended |= new.status.is_final() && new.parent.is_none(),
                Change::Row { table, new: Some(new), .. } if table == MAILBOXES => {
                    news.deliverable |= !new.index.is_empty();
                }
                Change::Row { table, new, .. } if table == SIGNALS || table == CHANGED => {
                    news.deliverable |= new.is_some();
                }
                _ => {}
            }
        }
        news
    }

    /// Returns whether there is nothing to know.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A listener for news. The store calls it in the thread of the commit. It must not call the store.
pub type Watcher = dyn Fn(&News) + Send + Sync;

/// The watchers of a store, for stores that see each commit themselves.
#[derive(Default)]
pub struct Watchers(Mutex<Vec<Weak<Watcher>>>);

impl std::fmt::Debug for Watchers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watchers")
    }
}

impl Watchers {
    /// Adds a watcher. The store drops it when it has no other owner.
    pub fn add(&self, watcher: Weak<Watcher>) {
        let mut watchers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| watcher.strong_count() > 0);
        watchers.push(watcher);
    }

    /// Returns the work that a commit leaves, if there is a watcher and any work. Tell it once the commit was taken.
    pub fn news(&self, commit: &Commit) -> Option<News> {
        let somebody = !self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        somebody.then(|| News::of(commit)).filter(|news| !news.is_empty())
    }

    /// Tells all watchers. The store must not be locked.
    pub fn tell(&self, news: &News) {
        let watchers = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for watcher in watchers.iter().filter_map(Weak::upgrade) {
            watcher(news);
        }
    }
}
