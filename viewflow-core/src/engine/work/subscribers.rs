//! Subscribers: each gets all events in the order in which they were committed, at least once.
//!
//! A row of the table `viewflow.subscriber` says how far a subscriber has come. A step of its own moves it after the
//! handler returned, and no event is handed over before it is durable. So after a crash a subscriber may get some
//! events again, and misses none.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use viewflow_store::__private::stable_hash;
use viewflow_store::{Commit, Event, LogCursor, Logged, ProcessId, RowRecord, StoreError, Timestamp};

use super::duties::{OnDuty, forget_duty};
use super::pending::try_lock;
use crate::engine::Engine;
use crate::engine::call::call;
use crate::engine::step::refuse_in_step;
use crate::error::{Error, Result};

/// The table of how far subscribers have come.
pub(super) const SUBSCRIBERS: &str = "viewflow.subscriber";
/// How many events are read at a time.
pub(super) const BATCH: usize = 256;
/// The longest time until the engine stores how far a subscriber has come, unless one event takes longer.
const UNWRITTEN: Duration = Duration::from_millis(100);
/// How long a subscriber that failed is left alone: twice as long each time.
const SHORTEST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_mins(1);

type Handler = Box<dyn Fn(&Engine, &Event) -> Result<()> + Send + Sync>;

/// Gets all events in the order in which they were committed, at least once: for
/// [`EngineBuilder::subscriber`](crate::EngineBuilder::subscriber).
///
/// A subscriber has a name, under which the store keeps how far it has come. If its handler fails, it stops there and
/// tries again: after a second, and then after twice as long each time, up to a minute. Other subscribers go on
/// meanwhile.
///
/// The handler runs outside of steps, on its own thread of [`Engine::workers`], or in [`Engine::run_pending`]. It may
/// start steps. After a crash it may get some events again: it can recognise them by the process and number of an
/// event.
///
/// ```
/// use viewflow_core::{Engine, MemoryStore, engine::Subscriber};
///
/// let mailer = Subscriber::from_now_on("mailer", |_engine, event| {
///     println!("process {}: {}", event.process, event.kind);
///     Ok(())
/// });
/// let engine = Engine::builder(MemoryStore::new()).subscriber(mailer).build()?;
/// engine.run_pending()?;
/// # Ok::<(), viewflow_core::Error>(())
/// ```
pub struct Subscriber {
    name: String,
    from_now_on: bool,
    handler: Handler,
}

impl Subscriber {
    /// Makes a subscriber that begins with the first existing event if it is new to the store.
    pub fn from_the_beginning(
        name: impl Into<String>,
        handler: impl Fn(&Engine, &Event) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), from_now_on: false, handler: Box::new(handler) }
    }

    /// Makes a subscriber that begins with events after the engine was built if it is new to the store.
    pub fn from_now_on(
        name: impl Into<String>,
        handler: impl Fn(&Engine, &Event) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), from_now_on: true, handler: Box::new(handler) }
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscriber({})", self.name)
    }
}

/// How far a subscriber has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// The place of the last event that it got.
    pub cursor: LogCursor,
    /// Whether there is an event that it has not got.
    pub behind: bool,
}

/// A subscriber of an engine, and what the engine knows of it.
pub(in crate::engine) struct Subscribed {
    subscriber: Subscriber,
    pace: Mutex<Pace>,
}

/// How an engine gets on with a subscriber.
#[derive(Default)]
struct Pace {
    failures: u32,
    /// When it failed, and until when it is left alone.
    rests: Option<(Timestamp, Timestamp)>,
}

impl Pace {
    fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        // After a clock was set back, the time of the failure means nothing.
        self.rests.filter(|(failed, until)| *failed <= now && now < *until).map(|(_, until)| until)
    }
}

impl Subscribed {
    pub(in crate::engine) fn name(&self) -> &str {
        &self.subscriber.name
    }
}

/// Puts subscribers together, and collects problems with them.
pub(in crate::engine) fn subscribed(subscribers: Vec<Subscriber>, problems: &mut Vec<String>) -> Vec<Subscribed> {
    for (index, subscriber) in subscribers.iter().enumerate() {
        if subscribers[..index].iter().any(|other| other.name == subscriber.name) {
            problems.push(format!("two subscribers have the name `{}`: give one of them another", subscriber.name));
        }
    }
    let subscribed = |subscriber| Subscribed { subscriber, pace: Mutex::default() };
    subscribers.into_iter().map(subscribed).collect()
}

impl Engine {
    /// Returns how far each subscriber of the store has come, of this engine or not.
    ///
    /// # Errors
    /// When the store fails.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>> {
        let rows = self.0.store.rows(SUBSCRIBERS, 0, usize::MAX)?;
        let mut found = Vec::with_capacity(rows.len());
        for (_, row) in rows {
            let cursor = cursor_of(&row);
            let name = row.data.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            found.push(Subscription { name, cursor, behind: self.has_news(cursor)? });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Forgets how far a subscriber has come. Nothing is kept for it any longer, and it gets no events until an engine
    /// is built with it again. Returns whether there was a subscriber of this name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn unsubscribe(&self, name: &str) -> Result<bool> {
        self.step(None, None, |db| {
            db.unit(|unit| {
                let known = unit.row(SUBSCRIBERS, row_of(name))?.is_some();
                if known {
                    unit.put_row(SUBSCRIBERS, row_of(name), None)?;
                    forget_duty(unit, &duty_of(name))?;
                }
                Ok(known)
            })
        })
    }

    /// Lets subscribers that are new to the store begin.
    pub(in crate::engine) fn subscribe(&self) -> Result<()> {
        for subscribed in &self.0.subscribers {
            let Subscriber { name, from_now_on, .. } = &subscribed.subscriber;
            if self.0.store.row(SUBSCRIBERS, row_of(name))?.is_some() {
                continue;
            }
            let cursor = if *from_now_on { LogCursor::behind(self.0.store.log_end()?) } else { LogCursor::default() };
            self.step(None, None, |db| {
                db.unit(|unit| match unit.row(SUBSCRIBERS, row_of(name))? {
                    Some(_) => Ok(()),
                    None => unit.put_row(SUBSCRIBERS, row_of(name), Some(row(name, cursor))),
                })
            })?;
        }
        Ok(())
    }

    /// Hands over some of the events that subscribers have not got. Returns how many events it handed over.
    pub(super) fn tell_subscribers(&self, report: &mut dyn FnMut(Error)) -> usize {
        (0..self.0.subscribers.len()).map(|index| self.tell_subscriber(index, report)).sum()
    }

    /// Hands over some of the events that a subscriber has not got, unless another thread or engine does so, or it has
    /// just failed.
    pub(super) fn tell_subscriber(&self, index: usize, report: &mut dyn FnMut(Error)) -> usize {
        let Some(subscribed) = self.0.subscribers.get(index) else { return 0 };
        let Some(mut pace) = try_lock(&subscribed.pace) else { return 0 };
        let now = self.now();
        if pace.rests_until(now).is_some() {
            return 0;
        }
        let mut told = 0;
        match self.hand_over(&subscribed.subscriber, &mut told) {
            Ok(()) => *pace = Pace::default(),
            Err(error) => {
                pace.failures = if told > 0 { 1 } else { pace.failures.saturating_add(1) };
                let rest = SHORTEST_REST.saturating_mul(1 << (pace.failures - 1).min(16)).min(LONGEST_REST);
                pace.rests = Some((now, now.after(rest)));
                drop(pace);
                if error.is_of_another_version() {
                    self.0.duties.leave(&*self.0.store, &duty_of(subscribed.name()));
                }
                report(error);
            }
        }
        told
    }

    fn hand_over(&self, subscriber: &Subscriber, told: &mut usize) -> Result<()> {
        refuse_in_step()?;
        let store = &self.0.store;
        // Without a row, it has been unsubscribed.
        let Some(row) = store.row(SUBSCRIBERS, row_of(&subscriber.name))? else { return Ok(()) };
        if !self.has_news(cursor_of(&row))? {
            return Ok(());
        }
        let Some(duty) = self.on_duty(&duty_of(&subscriber.name))? else { return Ok(()) };
        // Another engine may have handed it more events before that.
        let Some(row) = store.row(SUBSCRIBERS, row_of(&subscriber.name))? else { return Ok(()) };
        let page = self.next_events(&duty, subscriber, cursor_of(&row))?;
        if page.is_empty() {
            return Ok(());
        }
        // A power cut must not lose events that others have heard.
        store.commit(Commit::default())?.wait()?;
        let (mut last, mut failure) = (None, None);
        let begun = Instant::now();
        for logged in &page {
            let result = call(|| (subscriber.handler)(self, &logged.event))
                .unwrap_or_else(|message| Err(Error::msg(format!("panicked: {message}"))));
            if let Err(error) = result {
                failure = Some(Error::Subscriber {
                    name: subscriber.name.clone(),
                    process: logged.process,
                    number: logged.number,
                    source: Box::new(error),
                });
                break;
            }
            last = Some(logged.cursor);
            *told += 1;
            if begun.elapsed() >= UNWRITTEN || !duty.lasts() {
                break;
            }
        }
        let moved = last.map_or(Ok(()), |last| self.move_on(&duty, &subscriber.name, last));
        failure.map_or(moved, Err)
    }

    /// Returns some events behind a place. Skips an event that cannot be read, once the events before it were handed
    /// over.
    fn next_events(&self, duty: &OnDuty, subscriber: &Subscriber, after: LogCursor) -> Result<Vec<Logged>> {
        let store = &self.0.store;
        match store.log(Some(after), BATCH) {
            Err(StoreError::Damaged { .. }) => {}
            read => return Ok(read?),
        }
        let damaged = match store.log(Some(after), 1) {
            Err(error @ StoreError::Damaged { .. }) => error,
            read => return Ok(read?),
        };
        if let Some(place) = store.log_places(Some(after), 1)?.pop() {
            self.move_on(duty, &subscriber.name, place)?;
        }
        Err(damaged.into())
    }

    /// Stores how far a subscriber has come, unless another engine has its duty by now.
    fn move_on(&self, duty: &OnDuty, name: &str, to: LogCursor) -> Result<()> {
        self.step(None, None, |db| {
            db.unit(|unit| {
                if !duty.is_held(unit)? {
                    return Ok(());
                }
                // It may have been unsubscribed.
                let goes_on = unit.row(SUBSCRIBERS, row_of(name))?.is_some_and(|row| cursor_of(row) < to);
                if goes_on { unit.put_row(SUBSCRIBERS, row_of(name), Some(row(name, to))) } else { Ok(()) }
            })
        })
    }

    fn has_news(&self, cursor: LogCursor) -> Result<bool> {
        Ok(!self.0.store.log_places(Some(cursor), 1)?.is_empty())
    }

    /// Returns when there is something for a subscriber; now if no later time is known. Returns none if there is
    /// nothing, or if another thread works for it.
    pub(super) fn next_to_tell(&self, index: usize) -> Result<Option<Timestamp>> {
        let Some(subscribed) = self.0.subscribers.get(index) else { return Ok(None) };
        let Some(pace) = try_lock(&subscribed.pace) else { return Ok(None) };
        let now = self.now();
        if let Some(until) = pace.rests_until(now) {
            return Ok(Some(until));
        }
        let Some(row) = self.0.store.row(SUBSCRIBERS, row_of(subscribed.name()))? else { return Ok(None) };
        if !self.has_news(cursor_of(&row))? {
            return Ok(None);
        }
        Ok(self.0.duties.free_at(&duty_of(subscribed.name()), now))
    }

    /// Returns whether some subscriber has not got all events of these processes.
    pub(in crate::engine) fn is_untold(&self, processes: &[ProcessId]) -> Result<bool> {
        let store = &self.0.store;
        let rows = store.rows(SUBSCRIBERS, 0, usize::MAX)?;
        let Some(least) = rows.iter().map(|(_, row)| cursor_of(row)).min() else { return Ok(false) };
        for id in processes {
            let Some(process) = store.process(*id)? else { continue };
            let newest = store.events(*id, process.events.saturating_sub(1), 1)?;
            if newest.iter().any(|logged| logged.cursor > least) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The duty of handing events to a subscriber.
fn duty_of(name: &str) -> String {
    format!("subscriber {name}")
}

fn row_of(name: &str) -> u64 {
    stable_hash(["subscriber", name])
}

fn row(name: &str, cursor: LogCursor) -> RowRecord {
    RowRecord::of([("name", name.into()), ("commit", cursor.commit.into()), ("index", cursor.index.into())])
}

fn cursor_of(row: &RowRecord) -> LogCursor {
    let number = |key: &str| row.data.get(key).and_then(Value::as_u64).unwrap_or(0);
    LogCursor { commit: number("commit"), index: u32::try_from(number("index")).unwrap_or(u32::MAX) }
}
