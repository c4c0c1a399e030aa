//! Typed flows: what an application writes, and what its handlers see.

pub(crate) mod activation;
pub(crate) mod builder;
pub(crate) mod handler;
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

/// A flow. `#[derive(Flow)]` implements it with calls of [`FlowBuilder`].
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
    /// The title that a person reads.
    const TITLE: &'static str;
    /// The earlier names under which its processes were stored.
    const WAS: &'static [&'static str] = &[];

    /// Describes its nodes, in order.
    fn define(flow: &mut FlowBuilder<Self>);

    /// Returns its graph, for charts.
    fn graph() -> Graph {
        FlowBuilder::<Self>::definition().graph
    }

    /// Returns the process that a permission is on, if it is a process of this flow.
    fn process_in(object: &Object) -> Option<ProcessId> {
        match object {
            Object::Process { flow, id } if flow == Self::NAME => Some(*id),
            _ => None,
        }
    }
}
