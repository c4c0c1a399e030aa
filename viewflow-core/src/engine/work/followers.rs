//! Listeners that follow the log. Each engine passes the events of all engines to its own listeners.

use std::sync::Mutex;

use viewflow_store::{Commit, Event, LogCursor, StoreError};

use super::pending::try_lock;
use super::subscribers::BATCH;
use crate::engine::Engine;
use crate::engine::call::call;
use crate::engine::step::refuse_in_step;
use crate::error::{Error, Result};

pub(in crate::engine) type Listener = Box<dyn Fn(&Event) + Send + Sync>;

/// The listeners, and how far they have come. None of this is stored.
pub(in crate::engine) struct Followers {
    listeners: Vec<Listener>,
    place: Mutex<LogCursor>,
}

impl Followers {
    pub(in crate::engine) fn new(listeners: Vec<Listener>, place: LogCursor) -> Self {
        Self { listeners, place: Mutex::new(place) }
    }

    pub(in crate::engine) fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }
}

impl Engine {
    /// Passes some of the events that the listeners have not heard to them, unless another thread does so. Returns how
    /// many events it passed.
    /// events that were.
    pub(super) fn follow_log(&self, report: &mut dyn FnMut(Error)) -> usize {
        if self.0.followers.is_empty() {
            return 0;
        }
        let Some(mut place) = try_lock(&self.0.followers.place) else { return 0 };
        let mut told = 0;
        self.follow_from(&mut place, &mut told).unwrap_or_else(report);
        told
    }

    fn follow_from(&self, place: &mut LogCursor, told: &mut usize) -> Result<()> {
        refuse_in_step()?;
        let store = &self.0.store;
        let page = match store.log(Some(*place), BATCH) {
            Err(StoreError::Damaged { .. }) => match store.log(Some(*place), 1) {
                Err(damaged @ StoreError::Damaged { .. }) => {
                    // An event that cannot be read is skipped, once the events before it were passed on.
                    *place = store.log_places(Some(*place), 1)?.pop().unwrap_or(*place);
                    return Err(damaged.into());
                }
                read => read?,
            },
            read => read?,
        };
        if page.is_empty() {
            return Ok(());
        }
        store.commit(Commit::default())?.wait()?;
        for logged in page {
            *place = logged.cursor;
            *told += 1;
            for listener in &self.0.followers.listeners {
                if let Err(message) = call(|| listener(&logged.event)) {
                    self.report(&Error::Other(format!("a listener panicked: {message}").into()));
                }
            }
        }
        Ok(())
    }

    /// Returns whether there is an event that the listeners have not heard, and no other thread passes events to them.
    pub(super) fn has_to_follow(&self) -> Result<bool> {
        if self.0.followers.is_empty() {
            return Ok(false);
        }
        let Ok(place) = self.0.followers.place.try_lock() else { return Ok(false) };
        Ok(!self.0.store.log_places(Some(*place), 1)?.is_empty())
    }
}
