//! A flow as the engine holds it: without types, so that it is compiled once for all flows.

use std::any::Any;
use std::sync::Arc;

use serde_json::Value;
use viewflow_graph::{Graph, Kind, Role, Sound};

use crate::activation::Closed;
use crate::db::Db;
use crate::document::Document;
use crate::error::{FieldErrors, Result};
use crate::field::FieldSpec;
use crate::id::UserId;
use crate::store::{ProcessRecord, TaskRecord};

/// A flow's value, an activation or an input, each of the type its node knows.
pub(crate) type Erased = dyn Any;

/// Asks something of an activation.
pub(crate) type Ask<R> = Box<dyn Fn(&Erased, &Erased) -> Result<R> + Send + Sync>;

/// Works on an activation, with what was handed in.
pub(crate) type Act = Box<dyn Fn(&Erased, &mut Erased, &Erased) -> Result<()> + Send + Sync>;

pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) graph: Graph,
    /// Which join closes which split; none while the graph was not checked.
    pub(crate) sound: Option<Sound>,
    pub(crate) nodes: Vec<NodeDef>,
    pub(crate) flow: Arc<dyn Any + Send + Sync>,
    pub(crate) process: ProcessDef,
    /// What is wrong with the field rules of its types.
    pub(crate) problems: Vec<String>,
}

impl Definition {
    pub(crate) fn find(&self, stored_name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == stored_name)
    }
}

/// How to lay the flow's proxy over a process.
pub(crate) struct ProcessDef {
    pub(crate) fields: &'static [FieldSpec],
    pub(crate) table: Option<&'static str>,
    pub(crate) open: fn(&ProcessRecord, Option<Document>) -> Result<Box<Erased>>,
    pub(crate) save: fn(&Erased, &mut ProcessRecord) -> Result<Option<(Document, Document)>>,
}

pub(crate) struct NodeDef {
    /// The stored name.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) open: fn(Box<Erased>, &TaskRecord, Db) -> Result<Box<Erased>>,
    pub(crate) close: fn(Box<Erased>, bool) -> Result<Closed>,
    /// The document of a task that was given no data.
    pub(crate) no_data: fn() -> Result<Document, FieldErrors>,
    pub(crate) action: Action,
    pub(crate) form: Option<FormDef>,
    pub(crate) assign: Option<Ask<Option<UserId>>>,
    pub(crate) on_create: Option<Act>,
    pub(crate) edges: Vec<EdgeDef>,
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
}

/// One task for each item.
pub(crate) enum Items {
    Seeds(Ask<Vec<Value>>),
    Data(Ask<Vec<Document>>),
}
