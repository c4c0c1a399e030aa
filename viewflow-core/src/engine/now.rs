//! The time: by the store's clock if it has one, as the clocks of many hosts need not agree.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use viewflow_store::{Clock, Store, Timestamp};

use super::Engine;
use crate::error::Result;

/// After how long the engine asks the store again.
const EVERY: Duration = Duration::from_secs(10);
/// How far the engine's clock may go wrong meanwhile without being noticed, in milliseconds.
const JUMP: i64 = 500;

/// The engine's clock, and how far it is from the store's.
pub(super) struct Now {
    clock: Box<dyn Clock>,
    /// None when the store has no clock.
    asked: Option<Mutex<Asked>>,
}

/// The result of asking the store last.
struct Asked {
    at: Instant,
    /// The time of the engine's clock then, in milliseconds.
    own: i64,
    /// How far the store's clock was ahead of it, in milliseconds.
    ahead: i64,
}

impl Now {
    pub(super) fn over(clock: Box<dyn Clock>, store: &Arc<dyn Store>) -> Result<Self> {
        let asked = store.clock()?.map(|told| {
            let own = clock.now().as_millis();
            Mutex::new(Asked { at: Instant::now(), own, ahead: told.as_millis().saturating_sub(own) })
        });
        Ok(Self { clock, asked })
    }
}

impl Asked {
    fn ask(&mut self, own: i64, store: &dyn Store) {
        let passed = i64::try_from(self.at.elapsed().as_millis()).unwrap_or(i64::MAX);
        let jumped = own.saturating_sub(self.own).saturating_sub(passed);
        if self.at.elapsed() < EVERY && jumped.abs() <= JUMP {
            return;
        }
        self.ahead = match store.clock() {
            Ok(Some(told)) => told.as_millis().saturating_sub(own),
            // The store's clock has gone on as time does, even if the engine's clock has not.
            _ => self.ahead.saturating_sub(jumped),
        };
        (self.at, self.own) = (Instant::now(), own);
    }
}

impl Engine {
    /// The time that counts for everything.
    pub(super) fn now(&self) -> Timestamp {
        let Now { clock, asked } = &self.0.now;
        let own = clock.now();
        let Some(asked) = asked else { return own };
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.ask(own.as_millis(), &*self.0.store);
        Timestamp::from_millis(own.as_millis().saturating_add(asked.ahead))
    }
}
