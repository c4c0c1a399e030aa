//! The history: the events of processes with their authors, times and reasons, by process, by person, by time.

use viewflow_store::{Event, HistoryCursor, Logged, ProcessId, Timestamp, UserId};

use crate::engine::{Engine, Page};
use crate::error::Result;
use crate::people::User;

/// How many events are read at a time where some of them are not wanted.
const CHUNK: usize = 256;

/// What happened, newest first. Nothing is read before it is asked for.
///
/// It costs what it reads, at any place: the events of the process asked for, or of the person.
/// Without these it reads all events of the time asked for.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    engine: Engine,
    process: Option<ProcessId>,
    by: Option<UserId>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Engine {
    /// All events in all processes. An event is kept as long as its process: see
    /// [`Retention`](crate::engine::Retention).
    ///
    /// ```
    /// # use viewflow_core::{Engine, MemoryStore, Timestamp, UserId};
    /// let engine = Engine::builder(MemoryStore::new()).build()?;
    /// let day = Timestamp::from_millis(0)..Timestamp::from_millis(24 * 3600 * 1000);
    /// let page = engine.history().by(&UserId::new("ann")).between(day.start, day.end).page(None, 50)?;
    /// for event in &page.items {
    ///     println!("{} {} in process {}", event.at, event.kind, event.process);
    /// }
    /// # Ok::<(), viewflow_core::Error>(())
    /// ```
    pub fn history(&self) -> HistoryQuery {
        HistoryQuery { engine: self.clone(), process: None, by: None, from: None, to: None }
    }
}

impl HistoryQuery {
    /// Only the events of this process. The newest first are those with the greatest numbers, whatever the clock said.
    pub fn of_process(mut self, process: ProcessId) -> Self {
        self.process = Some(process);
        self
    }

    /// Only what this person did.
    pub fn by(mut self, user: &(impl User + ?Sized)) -> Self {
        self.by = Some(user.id());
        self
    }

    /// Only what happened at `from` or later, and before `to`.
    pub fn between(mut self, from: Timestamp, to: Timestamp) -> Self {
        (self.from, self.to) = (Some(from), Some(to));
        self
    }

    /// All of it. For what can be long, see [`HistoryQuery::page`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn list(&self) -> Result<Vec<Event>> {
        Ok(self.page(None, usize::MAX)?.items)
    }

    /// At most `limit` events that come after `after`, which is where a page ended. If the event at that place was
    /// forgotten, the page goes on with the next event.
    ///
    /// # Errors
    /// When the store fails.
    pub fn page(&self, after: Option<HistoryCursor>, limit: usize) -> Result<Page<Event, HistoryCursor>> {
        let mut items = Vec::new();
        let mut after = after;
        while items.len() < limit {
            let left = limit - items.len();
            let found = match self.process {
                // Some of them may not be wanted.
                Some(process) => self.before_number(process, after, left.saturating_mul(8).min(CHUNK))?,
                None => self.before_time(after, left.min(CHUNK))?,
            };
            if found.is_empty() {
                return Ok(Page { items, next: None, is_cut: false });
            }
            for logged in found {
                // The store's list is by time: nothing of what was asked for comes later.
                if self.process.is_none() && self.from.is_some_and(|from| logged.at < from) {
                    return Ok(Page { items, next: None, is_cut: false });
                }
                after = Some(HistoryCursor::of(&logged));
                if self.wants(&logged) {
                    items.push(logged.event);
                }
                if items.len() == limit {
                    break;
                }
            }
        }
        Ok(Page { items, next: after, is_cut: false })
    }

    fn wants(&self, event: &Event) -> bool {
        let in_time = self.from.is_none_or(|from| event.at >= from) && self.to.is_none_or(|to| event.at < to);
        in_time && self.by.as_ref().is_none_or(|by| event.actor.as_ref() == Some(by))
    }

    fn before_time(&self, after: Option<HistoryCursor>, limit: usize) -> Result<Vec<Logged>> {
        let before = after.into_iter().chain(self.to.map(HistoryCursor::at)).min();
        Ok(self.engine.0.store.history(self.by.as_ref(), before, limit)?)
    }

    /// Events of a process, from the last one down.
    fn before_number(&self, process: ProcessId, after: Option<HistoryCursor>, limit: usize) -> Result<Vec<Logged>> {
        let store = &self.engine.0.store;
        let last = match after {
            Some(after) => after.number.saturating_sub(1),
            None => store.process(process)?.map_or(0, |process| process.events),
        };
        let first = last.saturating_sub(u32::try_from(limit).unwrap_or(u32::MAX));
        let mut found = store.events(process, first, limit)?;
        found.retain(|event| event.number <= last);
        found.reverse();
        Ok(found)
    }
}
