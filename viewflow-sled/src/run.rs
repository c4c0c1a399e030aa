//! Keeps events that happened to a process in one commit as one record: docs/format.md, "Runs of events".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use viewflow_store::{
    Commit, DataChange, Document, Event, EventKind, HistoryCursor, LogCursor, Logged, ProcessId, StoreResult,
    Timestamp, UserId,
};

use crate::entry;
use crate::json::{What, cut_short, json, parse};
use crate::key;

/// The most events in one record.
pub(crate) const EVENTS: u32 = 32;
/// Stands for the number of the commit that writes the run, as long as that is not known.
pub(crate) const OWN: u64 = 0;

/// A run as it is stored. Its key has the process and the number of the last event; its revision is its commit in
/// the log.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The place of the last event in the commit.
    index: u32,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<UserId>,
    #[serde(rename = "what")]
    kinds: Vec<EventKind>,
    /// The changes in data, by the numbers of the events.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    changes: BTreeMap<u32, Vec<DataChange>>,
    /// Fields of the events that this release does not know.
    #[serde(default, skip_serializing_if = "Document::is_empty")]
    more: Document,
}

/// The process and the place of a run.
#[derive(Clone, Copy)]
pub(crate) struct Whose {
    pub(crate) process: ProcessId,
    /// The number of the last event.
    pub(crate) last: u32,
    /// The commit in the log.
    pub(crate) commit: u64,
}

impl Whose {
    /// The key of the run.
    pub(crate) fn key(self) -> Vec<u8> {
        key::events_through(self.process, self.last)
    }

    /// Reads the process and the place from a record's key and revision.
    pub(crate) fn of(key: &[u8], commit: u64) -> StoreResult<Self> {
        let (process, last) = key::of_events(key).ok_or_else(|| cut_short("the key of an event"))?;
        Ok(Self { process, last, commit })
    }
}

impl Run {
    /// The runs of a commit.
    pub(crate) fn all(commit: &Commit) -> Vec<(Whose, Self)> {
        let mut runs: Vec<(Whose, Self)> = Vec::new();
        for (cursor, event) in commit.logged(OWN) {
            match runs.last_mut().filter(|(whose, run)| run.goes_on_with(*whose, cursor, event)) {
                Some((whose, run)) => {
                    (whose.last, run.index) = (event.number, cursor.index);
                    run.kinds.push(event.kind.clone());
                }
                None => {
                    let whose = Whose { process: event.process, last: event.number, commit: cursor.commit };
                    runs.push((whose, Self::of(cursor.index, event)));
                }
            }
            if let Some((_, run)) = runs.last_mut().filter(|_| !event.changes.is_empty()) {
                run.changes.insert(event.number, event.changes.clone());
            }
        }
        runs
    }

    fn goes_on_with(&self, whose: Whose, cursor: LogCursor, event: &Event) -> bool {
        self.kinds.len() < EVENTS as usize
            && (whose.process, whose.commit) == (event.process, cursor.commit)
            && (whose.last.checked_add(1), self.index.checked_add(1)) == (Some(event.number), Some(cursor.index))
            && (self.at, &self.actor, &self.reason) == (event.at, &event.actor, &event.reason)
            && (&self.on_behalf_of, &self.more) == (&event.on_behalf_of, &event.unknown)
    }

    /// A run of one event.
    fn of(index: u32, event: &Event) -> Self {
        Self {
            index,
            at: event.at,
            actor: event.actor.clone(),
            reason: event.reason.clone(),
            on_behalf_of: event.on_behalf_of.clone(),
            kinds: vec![event.kind.clone()],
            changes: BTreeMap::new(),
            more: event.unknown.clone(),
        }
    }

    pub(crate) fn read(content: &[u8], what: What) -> StoreResult<Self> {
        parse(content, what)
    }

    pub(crate) fn content(&self) -> StoreResult<Vec<u8>> {
        json(self)
    }

    /// How many events the run has.
    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The events of the run, in order.
    pub(crate) fn events(self, whose: Whose) -> impl DoubleEndedIterator<Item = Logged> {
        let Self { index, at, actor, reason, on_behalf_of, kinds, mut changes, more } = self;
        let count = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
        let events = kinds.into_iter().enumerate();
        events.map(move |(nth, kind)| {
            let left = (count - 1).saturating_sub(u32::try_from(nth).unwrap_or(u32::MAX));
            let number = whose.last.saturating_sub(left);
            let cursor = LogCursor { commit: whose.commit, index: index.saturating_sub(left) };
            let event = Event {
                actor: actor.clone(),
                reason: reason.clone(),
                on_behalf_of: on_behalf_of.clone(),
                changes: changes.remove(&number).unwrap_or_default(),
                unknown: more.clone(),
                ..Event::new(whose.process, number, at, kind)
            };
            Logged { cursor, event }
        })
    }

    /// The rest of the run without the events up to a number; `None` if nothing is left.
    pub(crate) fn without(mut self, whose: Whose, through: u32) -> Option<Self> {
        let left = usize::try_from(whose.last.checked_sub(through)?).ok().filter(|left| *left > 0)?;
        drop(self.kinds.drain(..self.kinds.len().saturating_sub(left)));
        self.changes.retain(|number, _| *number > through);
        Some(self)
    }

    /// The entry of the run in the log.
    pub(crate) fn in_log(&self, whose: Whose) -> Vec<u8> {
        entry::log(LogCursor { commit: whose.commit, index: self.index }, whose.process, whose.last)
    }

    /// The entries of the run in the histories.
    pub(crate) fn in_history(&self, whose: Whose) -> Vec<Vec<u8>> {
        let place = HistoryCursor { at: self.at, process: whose.process, number: whose.last };
        let lists = [None].into_iter().chain(self.actor.iter().map(Some));
        lists.map(|by| entry::in_history(entry::history(by), place)).collect()
    }
}
