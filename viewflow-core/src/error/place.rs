//! The place where an error happened.

use std::fmt;

use viewflow_store::{ProcessId, TaskId, TaskRecord};

/// The place where an error happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// At a task of a process.
    Task {
        /// The flow's stored name.
        flow: String,
        /// The node's stored name.
        node: String,
        /// The task.
        task: TaskId,
    },
    /// At a node, before there was a task.
    Node {
        /// The flow's stored name.
        flow: String,
        /// The node's stored name.
        node: String,
    },
    /// In a process.
    Process {
        /// The flow's stored name.
        flow: String,
        /// The process.
        process: ProcessId,
    },
    /// In a process of this flow that is about to be made.
    NewProcess {
        /// The flow's stored name.
        flow: String,
    },
    /// In a message.
    Message {
        /// The message's name.
        name: String,
    },
    /// At the desk of a person who may do nothing, before the engine read anything.
    Desk,
    /// In a row of a table.
    Row {
        /// The table.
        table: String,
        /// The row's number; 0 if it is not stored yet.
        id: u64,
    },
}

impl Place {
    /// Returns the place of this task.
    pub(crate) fn of_task(task: &TaskRecord) -> Box<Self> {
        Box::new(Self::Task { flow: task.flow.clone(), node: task.node.clone(), task: task.id })
    }

    pub(crate) fn of_message(name: &str) -> Box<Self> {
        Box::new(Self::Message { name: name.to_owned() })
    }

    /// Returns a place that is filled in later.
    pub(crate) fn unknown() -> Box<Self> {
        Box::new(Self::Node { flow: String::new(), node: String::new() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task { flow, node, task } => write!(f, "`{flow}.{node}` of process {} (task {task})", task.process),
            Self::Node { flow, .. } if flow.is_empty() => f.write_str("a transaction"),
            Self::Node { flow, node } => write!(f, "`{flow}.{node}`"),
            Self::Process { flow, process } => write!(f, "process {process} (flow `{flow}`)"),
            Self::NewProcess { flow } => write!(f, "new process of flow `{flow}`"),
            Self::Message { name } => write!(f, "message `{name}`"),
            Self::Desk => f.write_str("the desk"),
            Self::Row { table, id: 0 } => write!(f, "new row of `{table}`"),
            Self::Row { table, id } => write!(f, "row {id} of `{table}`"),
        }
    }
}
