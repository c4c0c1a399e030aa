//! The log: what happened, in the order in which it was committed, and by time.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use super::record::Event;
use crate::id::ProcessId;
use crate::time::Timestamp;

/// A place in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogCursor {
    /// The commit. Numbers may be left out.
    pub commit: u64,
    /// Which of the events of the commit, counting from 0.
    pub index: u32,
}

impl LogCursor {
    /// Behind all events of a commit, and of those before it.
    pub fn behind(commit: u64) -> Self {
        Self { commit, index: u32::MAX }
    }
}

/// An event, with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// Its place.
    pub cursor: LogCursor,
    /// What happened.
    pub event: Event,
}

impl Deref for Logged {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.event
    }
}

/// A place in what happened, by time: events of one time are in the order of their processes and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HistoryCursor {
    /// When the event happened.
    pub at: Timestamp,
    /// In which process.
    pub process: ProcessId,
    /// Its number in the process.
    pub number: u32,
}

impl HistoryCursor {
    /// The place of an event.
    pub fn of(event: &Event) -> Self {
        Self { at: event.at, process: event.process, number: event.number }
    }

    /// Before all that happened at this time, or later.
    pub fn at(at: Timestamp) -> Self {
        Self { at, process: ProcessId(0), number: 0 }
    }
}
