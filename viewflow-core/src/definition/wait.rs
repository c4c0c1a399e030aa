//! The waits of a node.

use std::time::Duration;

use serde_json::Value;
use viewflow_graph::Detail;
use viewflow_store::{Document, Timestamp};

use super::{Ask, Data, Erased, Latch, Letter, Run};
use crate::error::{FieldErrors, Result};
use crate::moment::Moment;

/// The event for which a task of the node waits, apart from a person that does it.
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
    /// A condition that holds.
    Condition(Ask<bool>),
}

impl Wait {
    /// Returns the signal that the task waits for.
    pub(crate) fn signal(&self) -> Option<&'static str> {
        match self {
            Self::Signal(name) => Some(name),
            _ => None,
        }
    }

    /// The flow that a sub-process runs.
    pub(crate) fn children(&self) -> Option<&ChildDef> {
        match self {
            Self::Children(child) => Some(child),
            _ => None,
        }
    }

    /// Returns the message that the task waits for.
    pub(crate) fn message(&self) -> Option<&MessageDef> {
        match self {
            Self::Message(message) => Some(message),
            _ => None,
        }
    }
}

/// The time from which on something may happen.
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
    /// Returns how long to wait after this number of failures: twice as long each time.
    pub(crate) fn wait_after(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.backoff.saturating_mul(factor).min(self.max)
    }
}

pub(crate) struct ChildDef {
    /// The stored names of the flow and its start.
    pub(crate) flow: &'static str,
    pub(crate) start: &'static str,
    /// Whether the children run one after the other.
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
    /// The treatment of a message for which no task waits.
    pub(crate) latch: Latch,
    /// Returns the form in which keys are stored.
    pub(crate) form: fn() -> String,
    /// Converts a key that was stored in another form to the current form. The old form is given if it is known.
    /// Returns none if the key cannot be read.
    pub(crate) key_of_today: fn(&str, Option<&str>) -> Option<String>,
    /// Reads a message as the handler's input.
    pub(crate) parse: fn(&Document) -> Result<Box<Erased>, FieldErrors>,
    /// Makes a message of the JSON in which it is stored.
    pub(crate) letter: fn(&Document) -> Result<Letter>,
    /// Makes a message of the JSON that a person sends: the fields by their names.
    pub(crate) sent: fn(&Document) -> Result<Letter>,
}

impl After {
    /// Returns its description for charts.
    pub(crate) fn detail(&self) -> Detail {
        match self {
            Self::Fixed(wait) => Detail::After(*wait),
            Self::Asked(_) => Detail::Asked,
        }
    }

    /// Returns the point in time.
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
