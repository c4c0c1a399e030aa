//! One node of a flow without types, and its edges.

use serde_json::Value;
use viewflow_graph::{Detail, Kind, Role, lock};
use viewflow_store::{Document, TaskRecord};

use super::{Act, After, Ask, Closed, Erased, Letter, PeopleDef, Schedule, Wait};
use crate::data::decision::CaseSpec;
use crate::data::field::{FieldKind, FieldSpec, Source};
use crate::data::form::Kept;
use crate::error::{FieldErrors, Result};
use crate::people::User;
use crate::unit::Db;

pub(crate) struct NodeDef {
    /// The stored name.
    pub(crate) name: &'static str,
    /// Its earlier stored names.
    pub(crate) was: &'static [&'static str],
    pub(crate) kind: Kind,
    pub(crate) title: String,
    /// Describes the data of its tasks for a lock file.
    pub(crate) shape: fn() -> lock::Data,
    /// The fields of its tasks, and the canonical form of an artifact.
    pub(crate) fields: &'static [FieldSpec],
    pub(crate) artifact: fn(&Value) -> Option<Value>,
    /// The kinds of values of a seed and an artifact.
    pub(crate) end_kinds: [fn() -> FieldKind; 2],
    /// The fields under their names, as a person sees them.
    pub(crate) by_name: fn(&Document, Option<&Document>) -> Document,
    /// Returns the artifact and the document of a task in the form in which they would be stored now; none if they
    /// cannot be read.
    pub(crate) of_today: fn(&TaskRecord) -> Option<(Value, Document)>,
    pub(crate) open: fn(Box<Erased>, &TaskRecord, Db) -> Result<Box<Erased>>,
    pub(crate) close: fn(Box<Erased>, bool) -> Result<Closed>,
    /// The document of a task that was given no data.
    pub(crate) no_data: fn() -> Result<Document, FieldErrors>,
    pub(crate) behavior: Behavior,
    /// The form that a person fills in; of a node for code: its input, if that is a form.
    pub(crate) form: Option<FormDef>,
    /// The type of what code gives.
    pub(crate) input: &'static str,
    /// Chooses the edge by what a person filled in, if that decides.
    pub(crate) decide: Option<Decide>,
    pub(crate) people: PeopleDef,
    pub(crate) on_create: Option<Act>,
    pub(crate) undo: Option<Act>,
    pub(crate) edges: Vec<EdgeDef>,
    pub(crate) wait: Wait,
    /// Returns whether a join need not wait for the rest.
    pub(crate) until: Option<Ask<bool>>,
    /// The code of an error or escalation.
    pub(crate) code: Option<&'static str>,
    /// The outcome of a process that ends here, if it is not the name of the node.
    pub(crate) outcome: Option<&'static str>,
    pub(crate) schedule: Option<Schedule>,
    /// Whether it is the compensation of another node. No token comes to it.
    pub(crate) undoes: bool,
}

impl NodeDef {
    /// Returns what it waits for or sends, for charts.
    pub(crate) fn detail(&self) -> Option<Detail> {
        let named = |name: &str| Some(Detail::Named(name.to_owned()));
        match (&self.wait, &self.behavior) {
            (Wait::Time(after), _) => Some(after.detail()),
            (Wait::Signal(name), _) | (_, Behavior::Signal(name) | Behavior::Send(name, _)) => named(name),
            (Wait::Message(message), _) => named(message.name),
            _ => self.code.and_then(named).or_else(|| self.schedule.as_ref().map(Schedule::detail)),
        }
    }
}

/// The work of a node when a token comes to it.
pub(crate) enum Behavior {
    /// Nothing.
    Pass,
    /// Calls a handler.
    Call(Act),
    /// Says whether to take the edge `then`.
    Cond(Ask<bool>),
    /// Says which edge to take.
    Switch(Ask<usize>),
    /// Sends a message of this name.
    Send(&'static str, Ask<Letter>),
    /// Sends a signal of this name.
    Signal(&'static str),
}

/// Chooses an edge by what was handed in.
pub(crate) type Decide = Box<dyn Fn(&Erased, &Erased, &Erased) -> Result<Chosen> + Send + Sync>;

/// The chosen edge, and what its task is given.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The number of the edge.
    pub(crate) edge: usize,
    pub(crate) seed: Option<Value>,
    pub(crate) data: Option<Document>,
    /// The decision, if the form does not say it.
    pub(crate) decision: Option<String>,
}

/// See [`FormDef::places`].
pub(crate) type Places = fn(&Erased, &str, &Value) -> Vec<(String, Value)>;

pub(crate) struct FormDef {
    pub(crate) fields: &'static [FieldSpec],
    /// Its cases, if it is a decision.
    pub(crate) cases: &'static [CaseSpec],
    /// Returns the case that was chosen.
    pub(crate) case: fn(&Erased) -> Option<&'static CaseSpec>,
    /// Returns the fields of the process under their names, if the form consists of some of them.
    pub(crate) of_process: Option<fn(&Document, Option<&Document>) -> Document>,
    pub(crate) parse: fn(&Document) -> Result<Box<Erased>, FieldErrors>,
    /// Checks it against its rules, and against the choices of this person. Kept values are exempt from the choices.
    pub(crate) check: fn(&Erased, &Db, &dyn User, Option<Kept<'_>>) -> Result<FieldErrors>,
    /// Whether some field in it is computed.
    pub(crate) computes: bool,
    /// Finds a canonical value in fields of this name. Returns the paths, and the value as it was sent.
    pub(crate) places: Places,
    /// Returns the readable fields of the form in a document, or in columns, by their names. They have the form in
    /// which they would be stored now.
    pub(crate) of_today: fn(&Document, Option<&Document>, Source) -> Document,
}

pub(crate) struct EdgeDef {
    pub(crate) target: usize,
    pub(crate) role: Role,
    pub(crate) when: Option<Ask<bool>>,
    pub(crate) seed: Option<Ask<Value>>,
    pub(crate) data: Option<Ask<Document>>,
    pub(crate) items: Option<Items>,
    /// The time of a timeout.
    pub(crate) after: Option<After>,
}

impl EdgeDef {
    /// Returns whether its target is given nothing, so that there is no question to ask.
    pub(crate) fn is_plain(&self) -> bool {
        self.when.is_none() && self.seed.is_none() && self.data.is_none() && self.items.is_none()
    }
}

/// One task for each item.
pub(crate) enum Items {
    Seeds(Ask<Vec<Value>>),
    Data(Ask<Vec<Document>>),
}
