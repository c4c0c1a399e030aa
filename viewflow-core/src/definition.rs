//! A flow as the engine holds it: without types, so that it is compiled once for all flows.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use viewflow_graph::{Detail, Graph, Kind, Role, Sound, lock};

use crate::activation::Closed;
use crate::document::Document;
use crate::entity::RowType;
use crate::error::{Error, FieldErrors, Result};
use crate::field::{FieldKind, FieldSpec};
use crate::id::UserId;
use crate::job::Run;
use crate::message::Letter;
use crate::people::{Candidate, Object, Permission};
use crate::schedule::Schedule;
use crate::store::{Names, ProcessRecord, TaskRecord};
use crate::time::{Moment, Timestamp};
use crate::unit::Db;

/// A flow's value, an activation or an input, each of the type its node knows.
pub(crate) type Erased = dyn Any;

/// Asks something of an activation.
pub(crate) type Ask<R> = Box<dyn Fn(&Erased, &Erased) -> Result<R> + Send + Sync>;

/// Works on an activation, with what was handed in.
pub(crate) type Act = Box<dyn Fn(&Erased, &mut Erased, &Erased) -> Result<()> + Send + Sync>;

pub(crate) struct Definition {
    pub(crate) name: &'static str,
    /// The names that it had before.
    pub(crate) was: &'static [&'static str],
    pub(crate) title: &'static str,
    pub(crate) graph: Graph,
    /// Which join closes which split; none while the graph was not checked.
    pub(crate) sound: Option<Sound>,
    pub(crate) nodes: Vec<NodeDef>,
    pub(crate) flow: Arc<dyn Any + Send + Sync>,
    pub(crate) process: ProcessDef,
    /// What is wrong with the field rules of its types.
    pub(crate) problems: Vec<String>,
    /// The kinds of all of its data: of fields, seeds and artifacts.
    pub(crate) kinds: Vec<fn() -> FieldKind>,
    /// The rules of its fields: what was stored has to keep them, and a lock file does not tell of them.
    pub(crate) rules: Vec<String>,
    /// The fingerprint of what a lock file tells of it; empty while the graph was not checked.
    pub(crate) shape: String,
}

/// All flows of an engine, by their stored names.
pub(crate) type Flows = BTreeMap<&'static str, Arc<Definition>>;

/// Some flow waits for the signal.
pub(crate) fn check_signal(flows: &Flows, name: &str) -> Result<()> {
    check_awaited(flows, "a signal", name, Wait::signal)
}

/// Some flow waits for the message.
pub(crate) fn check_message(flows: &Flows, name: &str) -> Result<()> {
    check_awaited(flows, "the message", name, |wait| wait.message().map(|message| message.name))
}

fn check_awaited(
    flows: &Flows,
    what: &'static str,
    name: &str,
    name_of: impl Fn(&Wait) -> Option<&'static str>,
) -> Result<()> {
    let names = || flows.values().flat_map(|def| &def.nodes).filter_map(|node| name_of(&node.wait));
    if names().any(|known| known == name) {
        return Ok(());
    }
    let near = viewflow_graph::nearest(name, names()).map(str::to_owned);
    Err(Error::NobodyListens { what, name: name.to_owned(), near })
}

/// The names that flows and their nodes had before.
pub(crate) fn names_of(flows: &Flows) -> Names {
    let mut names = Names::default();
    for def in flows.values() {
        names.flow_was(def.name, def.was);
        def.nodes.iter().for_each(|node| names.node_was(def.name, node.name, node.was));
    }
    names
}

impl Definition {
    pub(crate) fn find(&self, stored_name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == stored_name)
    }

    /// What a lock file tells of it, if it is sound.
    pub(crate) fn described(&self) -> Option<lock::Flow> {
        let data = |node: usize| (self.nodes[node].shape)();
        Some(lock::Flow::of(&self.graph, self.sound.as_ref()?, (self.process.shape)(), data))
    }

    /// What is wrong with the earlier names of its nodes.
    pub(crate) fn twice_named(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut seen: BTreeMap<&str, &str> = self.nodes.iter().map(|node| (node.name, node.name)).collect();
        for node in &self.nodes {
            for was in node.was {
                if let Some(other) = seen.insert(was, node.name) {
                    problems.push(format!(
                        "flow `{}`: `{}` was `{was}`, which is a name of `{other}`: an earlier name belongs to one node, and is no name of today",
                        self.name, node.name
                    ));
                }
            }
        }
        problems
    }

    /// The node of this name, or that had it before.
    pub(crate) fn find_renamed(&self, stored_name: &str) -> Option<usize> {
        self.find(stored_name).or_else(|| self.nodes.iter().position(|node| node.was.contains(&stored_name)))
    }
}

/// How to lay the flow's proxy over a process.
pub(crate) struct ProcessDef {
    pub(crate) fields: &'static [FieldSpec],
    pub(crate) table: Option<&'static str>,
    pub(crate) rows: RowType,
    pub(crate) shape: fn() -> lock::Data,
    pub(crate) open: fn(&ProcessRecord, Option<Document>) -> Result<Box<Erased>>,
    pub(crate) save: fn(&Erased, &mut ProcessRecord) -> Result<Option<(Document, Document)>>,
}

impl ProcessDef {
    /// The fields that are columns.
    pub(crate) fn columns(&self) -> Vec<FieldSpec> {
        self.fields.iter().filter(|spec| spec.column).copied().collect()
    }
}

pub(crate) struct NodeDef {
    /// The stored name.
    pub(crate) name: &'static str,
    /// The stored names that it had before.
    pub(crate) was: &'static [&'static str],
    pub(crate) kind: Kind,
    pub(crate) title: String,
    /// What a lock file tells of what its tasks know.
    pub(crate) shape: fn() -> lock::Data,
    pub(crate) open: fn(Box<Erased>, &TaskRecord, Db) -> Result<Box<Erased>>,
    pub(crate) close: fn(Box<Erased>, bool) -> Result<Closed>,
    /// The document of a task that was given no data.
    pub(crate) no_data: fn() -> Result<Document, FieldErrors>,
    pub(crate) action: Action,
    pub(crate) form: Option<FormDef>,
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

/// Who may do a node's tasks, and by when.
#[derive(Default)]
pub(crate) struct PeopleDef {
    pub(crate) permission: Option<PermissionDef>,
    pub(crate) candidates: Option<Ask<Vec<Candidate>>>,
    /// Who gets a task when it is made.
    pub(crate) assign: Option<Ask<Option<UserId>>>,
    /// The node whose doer gets it.
    pub(crate) same_as: Option<&'static str>,
    /// The nodes whose doers may not have it.
    pub(crate) not_by: Vec<&'static str>,
    pub(crate) due: Option<After>,
    pub(crate) priority: Option<Ask<i32>>,
}

pub(crate) struct PermissionDef {
    pub(crate) name: Cow<'static, str>,
    pub(crate) object: Option<Ask<Option<Object>>>,
}

impl PermissionDef {
    /// The permission that an activation takes.
    pub(crate) fn asked(&self, flow: &Erased, activation: &Erased) -> Result<Permission> {
        let object = self.object.as_ref().map_or(Ok(None), |object| object(flow, activation))?;
        Ok(Permission { name: self.name.clone().into_owned(), object })
    }
}

impl PeopleDef {
    /// Whether there is anything to ask when a task is made.
    pub(crate) fn asks(&self) -> bool {
        self.permission.is_some()
            || self.candidates.is_some()
            || self.assign.is_some()
            || self.same_as.is_some()
            || !self.not_by.is_empty()
            || self.due.is_some()
            || self.priority.is_some()
    }
}

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

/// The data of a process: its document, and its columns if it has any.
pub(crate) type Data = (Document, Option<Document>);

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
    /// Reads a message as what the handler takes.
    pub(crate) parse: fn(&Document) -> Result<Box<Erased>, FieldErrors>,
    /// Makes a message of JSON that comes from outside.
    pub(crate) letter: fn(&Document) -> Result<Letter>,
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

pub(crate) struct FormDef {
    pub(crate) fields: &'static [FieldSpec],
    /// Whether its fields are those of the process.
    pub(crate) of_process: bool,
    pub(crate) parse: fn(&Document) -> Result<Box<Erased>, FieldErrors>,
    pub(crate) check: fn(&Erased, &Db) -> Result<FieldErrors>,
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

/// One task for each item.
pub(crate) enum Items {
    Seeds(Ask<Vec<Value>>),
    Data(Ask<Vec<Document>>),
}
