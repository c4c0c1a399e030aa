//! What the tasks of a node wait for.

use std::time::Duration;

use serde_json::Value;
use viewflow_graph::Detail;
use viewflow_store::{Document, Timestamp};

use super::{Ask, Data, Erased, Latch, Letter, Run};
use crate::error::{FieldErrors, Result};
use crate::moment::Moment;

/// What a task of the node waits for, beside somebody who does it.
pub(crate) enum Wait {
    /// Nothing.
    Nothing,
    /// A time.
    Time(After),
    /// A worker.
    Worker(JobDef),
    /// Its children.
    Children(ChildDef),
    /// A signal of this name.
    Signal(&'static str),
    /// A message.
    Message(MessageDef),
    /// That a condition holds.
    Condition(Ask<bool>),
}

impl Wait {
    /// The signal that is waited for.
    pub(crate) fn signal(&self) -> Option<&'static str> {
        match self {
            Self::Signal(name) => Some(name),
            _ => None,
        }
    }

    /// The message that is waited for.
    pub(crate) fn message(&self) -> Option<&MessageDef> {
        match self {
            Self::Message(message) => Some(message),
            _ => None,
        }
    }
}

/// From when on something may happen.
pub(crate) enum After {
    Fixed(Duration),
    Asked(Ask<Moment>),
}

pub(crate) struct JobDef {
    pub(crate) run: Run,
    pub(crate) attempts: u32,
    pub(crate) backoff: Duration,
    pub(crate) max: Duration,
    /// How long an attempt may take.
    pub(crate) timeout: Option<Duration>,
    pub(crate) delay: After,
}

impl JobDef {
    /// How long to wait after so many failures: twice as long each time.
    pub(crate) fn wait_after(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.backoff.saturating_mul(factor).min(self.max)
    }
}

pub(crate) struct ChildDef {
    /// The stored names of the flow and its start.
    pub(crate) flow: &'static str,
    pub(crate) start: &'static str,
    /// One child after the other.
    pub(crate) sequential: bool,
    pub(crate) process_seed: Option<Ask<Value>>,
    pub(crate) process_data: Option<Ask<Data>>,
    pub(crate) task_seed: Option<Ask<Value>>,
    pub(crate) task_data: Option<Ask<Document>>,
    pub(crate) items: Option<ChildItems>,
}

/// One child for each item.
pub(crate) enum ChildItems {
    ProcessSeeds(Ask<Vec<Value>>),
    ProcessData(Ask<Vec<Data>>),
    TaskSeeds(Ask<Vec<Value>>),
    TaskData(Ask<Vec<Document>>),
}

pub(crate) struct MessageDef {
    pub(crate) name: &'static str,
    /// The correlation key, as JSON text.
    pub(crate) key: Ask<String>,
    /// What happens to one that nobody waits for.
    pub(crate) latch: Latch,
    /// In which form keys are stored.
    pub(crate) form: fn() -> String,
    /// A key that was stored in another form, which is told if it is known, as one of today; none where it cannot be read.
    pub(crate) key_of_today: fn(&str, Option<&str>) -> Option<String>,
    /// Reads a message as what the handler takes.
    pub(crate) parse: fn(&Document) -> Result<Box<Erased>, FieldErrors>,
    /// Makes a message of JSON that comes from outside.
    pub(crate) letter: fn(&Document) -> Result<Letter>,
}

impl After {
    /// For charts.
    pub(crate) fn detail(&self) -> Detail {
        match self {
            Self::Fixed(wait) => Detail::After(*wait),
            Self::Asked(_) => Detail::Asked,
        }
    }

    /// The point in time that is meant.
    pub(crate) fn at(&self, now: Timestamp, flow: &Erased, activation: &Erased) -> Result<Timestamp> {
        Ok(match self {
            Self::Fixed(wait) => now.after(*wait),
            Self::Asked(ask) => match ask(flow, activation)? {
                Moment::In(wait) => now.after(wait),
                Moment::At(time) => time,
            },
        })
    }
}
