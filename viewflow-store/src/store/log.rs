//! The log: all events, in the order of their commits, and by time.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::record::Event;
use crate::id::ProcessId;
use crate::time::Timestamp;

/// A place in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogCursor {
    /// The number of the commit. Numbers may be left out.
    pub commit: u64,
    /// The number of the event within the commit, counted from 0.
    pub index: u32,
}

impl LogCursor {
    /// Returns the place after all events of a commit, and of earlier commits.
    pub fn behind(commit: u64) -> Self {
        Self { commit, index: u32::MAX }
    }
}

/// An event, with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// Its place.
    pub cursor: LogCursor,
    /// The event.
    pub event: Event,
}

impl Deref for Logged {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.event
    }
}

/// A place in the history, which is ordered by time. Events with the same time are ordered by process and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HistoryCursor {
    /// The time when the event happened.
    pub at: Timestamp,
    /// The process in which it happened.
    pub process: ProcessId,
    /// Its number in the process.
    pub number: u32,
}

impl HistoryCursor {
    /// Returns the place of an event.
    pub fn of(event: &Event) -> Self {
        Self { at: event.at, process: event.process, number: event.number }
    }

    /// Returns the place before all events at this time or later.
    pub fn at(at: Timestamp) -> Self {
        Self { at, process: ProcessId(0), number: 0 }
    }
}
