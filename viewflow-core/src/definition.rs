//! Flows as the engine holds them: without types, so that the engine is compiled once for all flows.

mod flows;
mod letter;
mod node;
mod people;
mod run;
mod schedule;
mod wait;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use viewflow_graph::{Graph, Sound, lock};
use viewflow_store::{Document, ProcessData, ProcessRecord};

pub(crate) use flows::{Flows, check_message, check_signal, names_of};
pub(crate) use letter::Letter;
pub use letter::{Delivery, Latch};
pub use node::Chosen;
pub(crate) use node::{Behavior, EdgeDef, FormDef, Items, NodeDef, Places};
pub(crate) use people::{PeopleDef, PermissionDef};
#[cfg(feature = "tokio")]
pub use run::BoxFuture;
pub(crate) use run::{Attempt, Run, SharedFlow};
pub(crate) use schedule::{SCHEDULES, Schedule};
pub(crate) use wait::{After, ChildDef, ChildItems, JobDef, MessageDef, Wait};

use crate::data::entity::RowType;
use crate::data::field::{FieldKind, FieldSpec};
use crate::error::{FieldErrors, Result};

/// A flow's value, an activation or an input. Its node knows the type.
pub(crate) type Erased = dyn Any;

/// A question about an activation.
pub(crate) type Ask<R> = Box<dyn Fn(&Erased, &Erased) -> Result<R> + Send + Sync>;

/// Work on an activation, with what was handed in.
pub(crate) type Act = Box<dyn Fn(&Erased, &mut Erased, &Erased) -> Result<()> + Send + Sync>;

/// The data of a process: its document, and its columns if it has any.
pub(crate) type Data = (Document, Option<Document>);

pub(crate) struct Definition {
    pub(crate) name: &'static str,
    /// Its earlier names.
    pub(crate) was: &'static [&'static str],
    pub(crate) title: &'static str,
    pub(crate) graph: Graph,
    /// The findings of the rules, such as the join of each split; none while the graph was not checked.
    pub(crate) sound: Option<Sound>,
    pub(crate) nodes: Vec<NodeDef>,
    /// The nodes by their stored names, and by their earlier names.
    pub(crate) by_name: BTreeMap<&'static str, usize>,
    pub(crate) by_earlier: BTreeMap<&'static str, usize>,
    /// The nodes whose doers another node excludes.
    pub(crate) looked_at: Vec<&'static str>,
    pub(crate) flow: Arc<dyn Any + Send + Sync>,
    /// Whether the flow's value holds anything, which closures may then read.
    pub(crate) has_state: bool,
    pub(crate) process: ProcessDef,
    /// Its problems, in words.
    pub(crate) problems: Vec<String>,
    /// The kinds of all its data: fields, seeds and artifacts.
    pub(crate) kinds: Vec<fn() -> FieldKind>,
    /// The rules of its fields. Stored data has to keep them, and a lock file does not contain them.
    pub(crate) rules: Vec<String>,
    /// The messages that it sends and waits for, by name, each with its type.
    pub(crate) messages: Vec<(&'static str, RowType)>,
    /// The fingerprint of its description in a lock file; empty while the graph was not checked.
    pub(crate) shape: String,
}

impl Definition {
    pub(crate) fn find(&self, stored_name: &str) -> Option<usize> {
        self.by_name.get(stored_name).copied()
    }

    /// Returns its description for a lock file, if it is sound.
    pub(crate) fn described(&self) -> Option<lock::Flow> {
        let data = |node: usize| (self.nodes[node].shape)();
        Some(lock::Flow::of(&self.graph, self.sound.as_ref()?, (self.process.shape)(), data))
    }

    /// Returns the problems with the earlier names of its nodes.
    pub(crate) fn twice_named(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut seen: BTreeMap<&str, &str> = self.nodes.iter().map(|node| (node.name, node.name)).collect();
        for node in &self.nodes {
            for was in node.was {
                if let Some(other) = seen.insert(was, node.name) {
                    problems.push(format!(
                        "flow `{}`: `{}` was `{was}`, which is a name of `{other}`: an earlier name belongs to one node, and is no current name",
                        self.name, node.name
                    ));
                }
            }
        }
        problems
    }

    /// Returns the node that has this name, or had it earlier.
    pub(crate) fn find_renamed(&self, stored_name: &str) -> Option<usize> {
        self.find(stored_name).or_else(|| self.by_earlier.get(stored_name).copied())
    }
}

/// How to lay the flow's proxy over a process.
pub(crate) struct ProcessDef {
    pub(crate) fields: &'static [FieldSpec],
    pub(crate) table: Option<&'static str>,
    pub(crate) rows: RowType,
    pub(crate) shape: fn() -> lock::Data,
    pub(crate) open: fn(&ProcessRecord, &ProcessData, Option<Document>) -> Result<Box<Erased>>,
    pub(crate) save: fn(&Erased, &mut ProcessData) -> Result<Option<(Document, Document)>>,
    /// The stored form of the seed and the data that a person sent, with the fields by their names. Complaints are
    /// under `seed` and `data`.
    pub(crate) sent: fn(&Value, &Document) -> Result<(Value, Data), FieldErrors>,
    /// The canonical forms of a seed and of an artifact.
    pub(crate) ends: [fn(&Value) -> Option<Value>; 2],
    /// The kinds of values of a seed and an artifact.
    pub(crate) end_kinds: [fn() -> FieldKind; 2],
    /// The fields under their names, as a person sees them.
    pub(crate) by_name: fn(&Document, Option<&Document>) -> Document,
}

impl ProcessDef {
    /// Returns the data and the columns of a process in the form in which they would be stored now.
    pub(crate) fn of_today(
        &self,
        process: &ProcessRecord,
        data: &ProcessData,
        columns: Option<Document>,
    ) -> Result<(ProcessData, Option<Document>)> {
        let mut today = ProcessData::default();
        let proxy = (self.open)(process, data, columns)?;
        let columns = (self.save)(&*proxy, &mut today)?;
        Ok((today, columns.map(|(_, columns)| columns)))
    }

    /// Returns the fields that are columns.
    pub(crate) fn columns(&self) -> Vec<FieldSpec> {
        self.fields.iter().filter(|spec| spec.column).copied().collect()
    }
}

/// The remains of a closed activation.
pub(crate) struct Closed {
    pub(crate) process: Box<dyn Any>,
    pub(crate) task: Option<Result<(Value, Document), FieldErrors>>,
}
