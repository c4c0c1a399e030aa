//! Flows with their types: what an application writes, and what its handlers see.

pub(crate) mod activation;
pub(crate) mod builder;
pub mod handler;
pub(crate) mod in_step;
pub(crate) mod job;
pub mod lock;
pub(crate) mod message;
pub(crate) mod node;
pub(crate) mod object;
pub(crate) mod process;
pub(crate) mod task;
pub(crate) mod unknown;

use viewflow_graph::Graph;
use viewflow_store::{Object, ProcessId};

use crate::flow::builder::FlowBuilder;
use crate::flow::process::Process;

/// A flow: `#[derive(Flow)]` implements it, by calls of [`FlowBuilder`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a flow",
    label = "not a flow",
    note = "write `#[derive(Flow)]` and `#[flow(process = ..)]` above `struct {Self}`"
)]
pub trait Flow: Sized + Send + Sync + 'static {
    /// The proxy of its processes.
    type Process: Process;
    /// The name under which its processes are stored.
    const NAME: &'static str;
    /// What a person reads.
    const TITLE: &'static str;
    /// The names under which its processes were stored before.
    const WAS: &'static [&'static str] = &[];

    /// Tells its nodes, in order.
    fn define(flow: &mut FlowBuilder<Self>);

    /// Its graph, for charts.
    fn graph() -> Graph {
        FlowBuilder::<Self>::definition().graph
    }

    /// The process that a permission is on, if that is a process of this flow.
    fn process_in(object: &Object) -> Option<ProcessId> {
        match object {
            Object::Process { flow, id } if flow == Self::NAME => Some(*id),
            _ => None,
        }
    }
}
