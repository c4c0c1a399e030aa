//! Hearing of what others commit, so that nobody has to look again and again.

use std::sync::{Mutex, PoisonError, Weak};

use super::commit::{Change, Commit};
use crate::time::Timestamp;

/// The table of the mailboxes. Those that have an index entry have a message that somebody waits for.
pub const MAILBOXES: &str = "viewflow.mailbox";
/// The table of the signals that have not reached all who waited for them.
pub const SIGNALS: &str = "viewflow.signal";
/// The table of what was written of which conditions have to be asked.
pub const CHANGED: &str = "viewflow.changed";

/// What a commit leaves to be done, as far as those need to know who do it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The soonest time at which somebody has to look at a task of it.
    pub due: Option<Timestamp>,
    /// Whether a message or a signal can be delivered, or a condition is to be asked.
    pub deliverable: bool,
    /// Whether something stands in the log that was not there.
    pub logged: bool,
    /// Whether a process is over.
    pub ended: bool,
}

impl News {
    /// What this commit leaves to be done.
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

    /// Whether nobody has to know.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who hears of news. It is called in the thread of the commit, and must not ask the store for anything.
pub type Watcher = dyn Fn(&News) + Send + Sync;

/// Those who watch a store, for stores that hear of each commit themselves.
#[derive(Default)]
pub struct Watchers(Mutex<Vec<Weak<Watcher>>>);

impl std::fmt::Debug for Watchers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watchers")
    }
}

impl Watchers {
    /// Adds one. It is forgotten when nobody else has it any more.
    pub fn add(&self, watcher: Weak<Watcher>) {
        let mut watchers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| watcher.strong_count() > 0);
        watchers.push(watcher);
    }

    /// What a commit leaves to be done, if somebody wants to know: to be told once the commit was taken.
    pub fn news(&self, commit: &Commit) -> Option<News> {
        let somebody = !self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        somebody.then(|| News::of(commit)).filter(|news| !news.is_empty())
    }

    /// Tells all who watch. The store must not be locked.
    pub fn tell(&self, news: &News) {
        let watchers = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for watcher in watchers.iter().filter_map(Weak::upgrade) {
            watcher(news);
        }
    }
}
