//! The changes of a flow that its running processes do not survive.

use super::{Flow, Node, RENEW};
use crate::kind::Kind;
use crate::sound::within;

/// A node as it is now.
#[derive(Clone, Debug)]
pub struct Now<'n> {
    /// The stored name of the node.
    pub name: &'n str,
    /// The names that the node had before.
    pub was: Vec<String>,
    /// The kind of the node.
    pub kind: Kind,
    /// The stored name of the split that the node closes, if it is a join.
    pub closes: Option<&'n str>,
    /// The stored names of the splits around the node, outermost first.
    pub scope: Vec<&'n str>,
}

impl Now<'_> {
    fn had(&self, name: &str) -> bool {
        self.name == name || self.was.iter().any(|was| was == name)
    }
}

/// A change of a flow that its running processes do not survive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The index of the node as it is now, or `None` if the node is gone.
    pub node: Option<usize>,
    /// The message: what has changed, and how to fix it.
    pub message: String,
}

/// Returns the changes of nodes that running processes do not survive.
///
/// Edges, titles and nodes at which nothing ever waits may change freely.
pub fn compare(old: &Flow, now: &[Now<'_>]) -> Vec<Trouble> {
    let find = |name: &str| {
        now.iter().position(|node| node.name == name).or_else(|| now.iter().position(|node| node.had(name)))
    };
    let waiting = old.nodes.iter().filter(|node| holds_tokens(node.kind));
    waiting.filter_map(|node| trouble(old, node, now, &find)).collect()
}

/// Whether a token may rest at a node of this kind, or a scope be open at it.
fn holds_tokens(kind: Kind) -> bool {
    kind.waits() || kind.is_split() || kind == Kind::Join
}

fn trouble(flow: &Flow, old: &Node, now: &[Now<'_>], find: &dyn Fn(&str) -> Option<usize>) -> Option<Trouble> {
    let (flow_name, name, kind) = (&flow.name, &old.name, old.kind);
    let or_renew = format!("where no process has come there yet, renew the lock: `{RENEW}`");
    let Some(index) = find(name) else {
        let (what, way_out) = if kind.waits() {
            (
                "processes may wait at it",
                "keep it until they are done, or renew the lock, build with `keep_obsolete()`, and cancel or \
                 move their tasks",
            )
        } else {
            ("branches may be open at it", "keep it until they are joined")
        };
        let message = format!(
            "flow `{flow_name}`: the node `{name}`, {}, is gone, and {what}: if it has another name now, write \
             `#[was(\"{name}\")]` above it; else {way_out}; {or_renew}",
            kind.with_article()
        );
        return Some(Trouble { node: None, message });
    };
    let node = &now[index];
    if !node.kind.stands_for(kind) {
        let message = format!(
            "flow `{flow_name}`: `{name}` was {} and is {} now, and processes may wait at it: keep the old node until they are \
             done, and give the new one a name of its own; {or_renew}",
            kind.with_article(),
            node.kind.with_article()
        );
        return Some(Trouble { node: Some(index), message });
    }
    // If the split itself is gone, the fault is reported for the split.
    let split = |name: &str| find(name).map(|index| now[index].name);
    if let (Some(was), Some(is)) = (old.closes.as_deref().and_then(split), node.closes)
        && was != is
    {
        let message = format!(
            "flow `{flow_name}`: `{name}` joined the branches of `{was}` and joins those of `{is}` now, and branches may wait at it: \
             keep it where it was until they are joined, and give the new one a name of its own; {or_renew}"
        );
        return Some(Trouble { node: Some(index), message });
    }
    let scope: Option<Vec<&str>> = old.scope.iter().map(|name| split(name)).collect();
    let scope = scope?;
    if scope == node.scope {
        return None;
    }
    let message = format!(
        "flow `{flow_name}`: `{name}` was {} and is {} now, and processes may wait at it: keep it where it was until they are \
         done, and give the one that is elsewhere a name of its own; {or_renew}",
        within(&scope),
        within(&node.scope)
    );
    Some(Trouble { node: Some(index), message })
}
