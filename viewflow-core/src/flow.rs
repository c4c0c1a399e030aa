//! What a flow is to the engine.

use viewflow_graph::Graph;

use crate::builder::FlowBuilder;
use crate::process::Process;

/// A flow: `#[derive(Flow)]` implements it, by calls of [`FlowBuilder`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no flow",
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
}
