//! All flows of an engine together.

use std::collections::BTreeMap;
use std::sync::Arc;

use viewflow_store::__private::Names;

use super::{Definition, Wait};
use crate::error::{Error, Result};

/// All flows of an engine, by their stored names.
pub(crate) type Flows = BTreeMap<&'static str, Arc<Definition>>;

/// Checks that some flow waits for the signal.
pub(crate) fn check_signal(flows: &Flows, name: &str) -> Result<()> {
    check_awaited(flows, "a signal", name, Wait::signal)
}

/// Checks that some flow waits for the message.
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

/// Returns the earlier names of flows and their nodes.
pub(crate) fn names_of(flows: &Flows) -> Names {
    let mut names = Names::default();
    for def in flows.values() {
        names.flow_was(def.name, def.was);
        def.nodes.iter().for_each(|node| names.node_was(def.name, node.name, node.was));
    }
    names
}
