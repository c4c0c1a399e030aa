//! One node of a flow without types, and the ways from it.

use serde_json::Value;
use viewflow_graph::{Detail, Kind, Role, lock};
use viewflow_store::{Document, TaskRecord};

use super::{Act, After, Ask, Closed, Erased, Letter, PeopleDef, Schedule, Wait};
use crate::data::decision::CaseSpec;
use crate::data::field::{FieldSpec, Source};
use crate::data::form::Kept;
use crate::error::{FieldErrors, Result};
use crate::people::User;
use crate::unit::Db;

pub(crate) struct NodeDef {
    /// The stored name.
    pub(crate) name: &'static str,
    /// The stored names that it had before.
    pub(crate) was: &'static [&'static str],
    pub(crate) kind: Kind,
    pub(crate) title: String,
    /// What a lock file tells of what its tasks know.
    pub(crate) shape: fn() -> lock::Data,
    /// The fields of its tasks, and the canonical form of an artifact.
    pub(crate) fields: &'static [FieldSpec],
    pub(crate) artifact: fn(&Value) -> Option<Value>,
    /// The artifact and the document of a task as they are stored today; none where they cannot be read.
    pub(crate) of_today: fn(&TaskRecord) -> Option<(Value, Document)>,
    pub(crate) open: fn(Box<Erased>, &TaskRecord, Db) -> Result<Box<Erased>>,
    pub(crate) close: fn(Box<Erased>, bool) -> Result<Closed>,
    /// The document of a task that was given no data.
    pub(crate) no_data: fn() -> Result<Document, FieldErrors>,
    pub(crate) action: Action,
    pub(crate) form: Option<FormDef>,
    /// Which way what a person filled in goes on, where that decides.
    pub(crate) decide: Option<Decide>,
    pub(crate) people: PeopleDef,
    pub(crate) on_create: Option<Act>,
    pub(crate) undo: Option<Act>,
    pub(crate) edges: Vec<EdgeDef>,
    pub(crate) wait: Wait,
    /// Whether a join need not wait for the rest.
    pub(crate) until: Option<Ask<bool>>,
    /// The code of an error or escalation.
    pub(crate) code: Option<&'static str>,
    pub(crate) schedule: Option<Schedule>,
    /// Whether it undoes another node: no token comes here.
    pub(crate) undoes: bool,
}

impl NodeDef {
    /// What it waits for or tells, for charts.
    pub(crate) fn detail(&self) -> Option<Detail> {
        let named = |name: &str| Some(Detail::Named(name.to_owned()));
        match (&self.wait, &self.action) {
            (Wait::Time(after), _) => Some(after.detail()),
            (Wait::Signal(name), _) | (_, Action::Signal(name) | Action::Send(name, _)) => named(name),
            (Wait::Message(message), _) => named(message.name),
            _ => self.code.and_then(named).or_else(|| self.schedule.as_ref().map(Schedule::detail)),
        }
    }
}

/// What a node does when its turn comes.
pub(crate) enum Action {
    /// Nothing.
    Pass,
    /// Calls a handler.
    Call(Act),
    /// Answers whether to take `then`.
    Cond(Ask<bool>),
    /// Answers which of its edges to take.
    Switch(Ask<usize>),
    /// Sends a message of this name.
    Send(&'static str, Ask<Letter>),
    /// Sends a signal of this name.
    Signal(&'static str),
}

/// Chooses a way by what was handed in.
pub(crate) type Decide = Box<dyn Fn(&Erased, &Erased, &Erased) -> Result<Chosen> + Send + Sync>;

/// The way that was chosen, and what its task is given.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The number of the edge.
    pub(crate) edge: usize,
    pub(crate) seed: Option<Value>,
    pub(crate) data: Option<Document>,
    /// What was chosen, where the form does not tell it.
    pub(crate) decision: Option<String>,
}

/// See [`FormDef::places`].
pub(crate) type Places = fn(&Erased, &str, &Value) -> Vec<(String, Value)>;

pub(crate) struct FormDef {
    pub(crate) fields: &'static [FieldSpec],
    /// Its cases, if it is a decision.
    pub(crate) cases: &'static [CaseSpec],
    /// The case that was chosen.
    pub(crate) case: fn(&Erased) -> Option<&'static CaseSpec>,
    /// The fields of the process under their names, where those of the form are some of them.
    pub(crate) of_process: Option<fn(&Document, Option<&Document>) -> Document>,
    pub(crate) parse: fn(&Document) -> Result<Box<Erased>, FieldErrors>,
    /// Holds it against its rules, and against what this person can choose; not what was kept as it is.
    pub(crate) check: fn(&Erased, &Db, &dyn User, Option<Kept<'_>>) -> Result<FieldErrors>,
    /// Whether something in it is computed.
    pub(crate) computes: bool,
    /// Where in it a field of this name has a value of this canonical form: the paths, and the value as it was sent.
    pub(crate) places: Places,
    /// What of its fields is in a document, or in columns, and can be read: as it is stored today, by their names.
    pub(crate) of_today: fn(&Document, Option<&Document>, Source) -> Document,
}

pub(crate) struct EdgeDef {
    pub(crate) target: usize,
    pub(crate) role: Role,
    pub(crate) when: Option<Ask<bool>>,
    pub(crate) seed: Option<Ask<Value>>,
    pub(crate) data: Option<Ask<Document>>,
    pub(crate) items: Option<Items>,
    /// When a timeout fires.
    pub(crate) after: Option<After>,
}

impl EdgeDef {
    /// Whether its target is given nothing, so that nothing need be asked.
    pub(crate) fn is_plain(&self) -> bool {
        self.when.is_none() && self.seed.is_none() && self.data.is_none() && self.items.is_none()
    }
}

/// One task for each item.
pub(crate) enum Items {
    Seeds(Ask<Vec<Value>>),
    Data(Ask<Vec<Document>>),
}
